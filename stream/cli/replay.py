"""`goldenhour replay`."""

import logging
import time
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from connectors import mapping as column_mapping
from connectors.labels import mapped_labels as labels_of
from connectors.labels import read_labels, write_labels
from connectors.replay_files import read, total
from stream.app import read_rulebook
from stream.cli.common import collect_seldom, settings_from, tokens_for
from stream.cli.progress_bar import progress_bar
from stream.entry_processor import Limits
from stream.label_feed import with_dispositions
from stream.quality import quality_figures
from stream.replay import Replay, Sinks, report_bytes
from stream.score_file import write_scores
from stream.transaction_file import TransactionFile, open_transaction_file
from stream.versions import versions

log = logging.getLogger("goldenhour.replay")


@click.command()
@click.argument("inputs", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--out", required=True, type=click.Path(file_okay=False, path_type=Path), help="Folder for the outputs.")
@click.option("--mapping", metavar="NAME|FILE.toml", help="How foreign columns become transactions.")
@click.option(
    "--scores",
    is_flag=True,
    help="Write scores.csv and transactions.csv: every transaction once, with its final score and what it moved.",
)
@click.option(
    "--labels", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="event_id,label: adds quality figures."
)
@click.option("--mapped-labels", is_flag=True, help="Take the labels from the column that the mapping names.")
@click.option(
    "--labels-after",
    metavar="DAYS",
    type=click.FloatRange(min=0.0),
    help="Let the labels arrive as dispositions so many days after their events, to be learnt from.",
)
@click.option(
    "--policy-overlay",
    "policy_overlay_file",
    type=click.Path(exists=True, dir_okay=False),
    help="Sections laid over the policy's; the setting policy_overlay_file.",
)
@click.option(
    "--until", metavar="TIME", help="Let time pass so far after the last record: what its clocks bring. RFC 3339, with offset."
)
@click.option("--json", "as_json", is_flag=True, help="Print report.json instead of a summary.")
@click.pass_context
def replay(
    context: click.Context,
    inputs: tuple[Path, ...],
    out: Path,
    mapping: str | None,
    scores: bool,
    labels: Path | None,
    mapped_labels: bool,
    labels_after: float | None,
    policy_overlay_file: str | None,
    until: str | None,
    as_json: bool,
) -> None:
    """Run files through the detection without a broker.

    Several INPUTS (.jsonl, .jsonl.gz, .csv, .parquet) are merged by arrival time. Writes alerts.jsonl, freeze_requests.jsonl,
    dead_letters.jsonl and report.json to the folder. The same input and policy give the same bytes.
    """
    settings = settings_from(context, policy_overlay_file=policy_overlay_file)
    rules = column_mapping.load(mapping) if mapping is not None else None
    tokens = tokens_for(rules, settings) if rules is not None else None
    if mapped_labels and (rules is None or rules.label is None):
        raise click.UsageError("--mapped-labels needs a --mapping that names a label column")
    if labels_after is not None and labels is None and not mapped_labels:
        raise click.UsageError("--labels-after needs --labels or --mapped-labels")
    until_ms = _moment_ms(until) if until is not None else None
    rulebook = read_rulebook(settings)
    log.debug("versions %s", " ".join(f"{name}={version}" for name, version in versions().items()))
    out.mkdir(parents=True, exist_ok=True)
    if mapped_labels and rules is not None:
        labels = out / "labels.csv"
        write_labels(labels, (label for path in inputs for label in labels_of(rules, path)))
    known = read_labels(labels) if labels is not None else None
    collect_seldom()
    started_s = time.monotonic()
    with ExitStack() as files:
        sinks = Sinks(*(files.enter_context((out / f"{name}.jsonl").open("wb")) for name in Sinks._fields))
        run = Replay(
            rulebook,
            sinks,
            limits=Limits(settings.record_bytes_max, settings.future_skew_s, rulebook.learning.with_tills),
            with_scores=scores or labels is not None or mapped_labels,
            isolated=settings.isolated,
            topic_prefix=settings.topic_prefix,
            on_transaction=TransactionFile(files.enter_context(open_transaction_file(out))).write if scores else None,
        )
        show = files.enter_context(progress_bar("replay", total(inputs).records))
        records = read(inputs, mapping=rules, warn=lambda text: click.echo(text, err=True), tokens=tokens)
        if known is not None and labels_after is not None:
            records = with_dispositions(records, known, round(labels_after * 86_400_000))
        run.run(records, show, until_ms=until_ms)
    report: dict[str, Any] = {"policy": rulebook.version, **run.figures()}
    if known is not None:
        report["quality"] = quality_figures(run.score_lines(), known)
    if scores:
        write_scores(out / "scores.csv", run.score_lines())
    (out / "report.json").write_bytes(report_bytes(report))
    if as_json:
        click.echo(report_bytes(report).decode(), nl=False)
        return
    _summarise(report, time.monotonic() - started_s, out)


def _moment_ms(text: str) -> int:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise click.BadParameter("a time with offset, like 2026-03-04T18:00:00+08:00", param_hint="--until")
    return round(moment.timestamp() * 1_000)


def _summarise(report: dict[str, Any], seconds: float, out: Path) -> None:
    records, rate = report["records"], report["records"] / max(seconds, 1e-9)
    click.echo(f"{records:,} records in {seconds:.1f} s ({rate:,.0f}/s), policy {report['policy']}")
    for row in report["alerts"]:
        click.echo(f"{row['count']:>9,}  alerts {row['typology']} tier {row['tier']}")
    for tier, count in report["alerts_held_back"].items():
        click.echo(f"{count:>9,}  alerts held back {tier}")
    for state, count in report["freeze_requests"].items():
        click.echo(f"{count:>9,}  freeze requests {state}")
    if report["traces"]:
        click.echo(f"{report['traces']:>9,}  records of traces")
    for code, count in report["dead_letters"].items():
        click.echo(f"{count:>9,}  dead letters {code}")
    quality = report.get("quality")
    if quality is not None:
        for line in quality["lines"]:
            click.echo(line)
    click.echo(f"written to {out}")
