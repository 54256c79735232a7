"""`goldenhour evidence`."""

import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

import click

from stream.cli.common import broker_options, settings_from
from stream.evidence.form import Limits, encode_bundle, sha256
from stream.evidence.gathering import Arrived
from stream.evidence.making import Making, Opening, make_bundle, sole_policy
from stream.evidence.openings import audit_opening, note_opening
from stream.evidence.page import page
from stream.evidence.policies import in_order, topic_changes
from stream.evidence.printing import print_pdf
from stream.evidence.sources import file_inputs, folder_outputs, topic_inputs, topic_outputs
from stream.policy.document import read_policy
from stream.settings import Settings
from stream.versions import versions

_FILE = click.Path(dir_okay=False, path_type=Path)


@click.command()
@click.argument("case")
@click.option("--out", required=True, type=_FILE, help="The bundle, as JSON.")
@click.option("--html", type=_FILE, help="A page that prints well, with everything in it.")
@click.option("--pdf", type=_FILE, help="The page as PDF; needs Chromium.")
@click.option(
    "--from",
    "folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder of a replay. Left out: the topics of the cluster.",
)
@click.option(
    "--transactions",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Replay file that the folder was made from; may be given several times.",
)
@click.option("--case-ref", help="Open the identifiers under this reference; needs --reason.")
@click.option("--reason", help="Why they are opened; it is logged.")
@click.option("--openings", default=Path("openings.jsonl"), show_default=True, type=_FILE, help="Log of openings; lines are added.")
@broker_options
@click.pass_context
def evidence(
    context: click.Context,
    /,
    case: str,
    out: Path,
    html: Path | None,
    pdf: Path | None,
    folder: Path | None,
    transactions: tuple[Path, ...],
    case_ref: str | None,
    reason: str | None,
    openings: Path,
    **given: object,
) -> None:
    """Gather the evidence of a CASE into one file that `goldenhour verify` can check and derive again.

    All revisions of its alerts and freeze requests, where the money is, the transactions they rest on as they came in, what people
    said, the policy, and the hashes that chain it all. Identifiers are masked unless they are opened by --case-ref and --reason.
    """
    settings = settings_from(context, **given)
    opening = _opening(case_ref, reason)
    if transactions and folder is None:
        raise click.UsageError("--transactions goes with --from; a cluster has its own")
    making = _making(settings, opening, is_replay=folder is not None)
    arrived: Iterable[Arrived] | None
    if folder is not None:
        outputs, arrived = folder_outputs(folder), file_inputs(transactions) if transactions else None
    else:
        outputs = topic_outputs(settings.cluster, settings.topic_prefix)
        arrived = topic_inputs(settings.cluster, settings.topic_prefix)
    bundle = make_bundle(case, outputs, arrived, making)
    written = tuple(str(path) for path in (out, html, pdf) if path is not None)
    if opening is not None:
        now = datetime.now(UTC)
        note_opening(openings, now, case, opening.case_ref, opening.reason, written)
        if folder is None:
            audit_opening(settings.cluster, settings.topic_prefix, now, case, opening.case_ref, opening.reason)
    raw = encode_bundle(bundle)
    out.write_bytes(raw)
    if html is not None or pdf is not None:
        text = page(bundle, sha256(raw))
        if html is not None:
            html.write_text(text, encoding="utf-8")
        if pdf is not None:
            print_pdf(text, pdf)
    click.echo(
        f"case {case}: {len(bundle.alerts)} statements of alerts, {len(bundle.freeze_requests)} of freeze requests, "
        f"{len(bundle.traces)} of traces, {len(bundle.inputs)} inputs; identifiers {bundle.case.identifiers.lower()}"
    )
    click.echo(f"SHA-256 {sha256(raw)}  {out}")
    if bundle.case.missing_events:
        where = "were not found" if bundle.case.has_inputs else "are left out, for no transactions were given"
        click.echo(f"{len(bundle.case.missing_events)} events that the case rests on {where}", err=True)
        sys.exit(1)


def _opening(case_ref: str | None, reason: str | None) -> Opening | None:
    if case_ref is None and reason is None:
        return None
    if not case_ref or not reason:
        raise click.UsageError("identifiers are opened by --case-ref and --reason together")
    return Opening(case_ref, reason)


def _making(settings: Settings, opening: Opening | None, *, is_replay: bool) -> Making:
    held = None if is_replay else in_order(topic_changes(settings.cluster, settings.topic_prefix))
    limits = Limits(
        partitions=1 if is_replay else settings.partitions,
        topic_prefix=settings.topic_prefix,
        record_bytes_max=settings.record_bytes_max,
        future_skew_s=settings.future_skew_s,
        isolate=tuple(sorted(settings.isolated)),
    )
    made_with = {name: versions()[name] for name in ("goldenhour", "model")}
    return Making(held or sole_policy(read_policy(settings)), limits, made_with, opening)
