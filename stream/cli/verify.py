"""`goldenhour verify`."""

import sys
from pathlib import Path

import click

from connectors.replay_files import read
from stream.cli.common import collect_seldom
from stream.evidence.checks import check
from stream.evidence.form import ChangedBundleError, EvidenceError, NoBundleError, bundle_of, sha256, take_apart
from stream.evidence.rederiving import rederive
from stream.versions import versions


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--log",
    "logs",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Replay file of what came in, from the beginning; may be given several times. The case is decided anew from it.",
)
@click.option("--sha256", "noted", metavar="HEX", help="The SHA-256 that `goldenhour evidence` told when it wrote the file.")
def verify(file: Path, logs: tuple[Path, ...], noted: str | None) -> None:
    """Check a bundle of evidence, offline: every hash and chain in it, and with --log what is decided from the transactions.

    Says what differs and where. Ends with status 0 if nothing does, 1 if something does, 2 if it cannot be checked.
    """
    raw = file.read_bytes()
    try:
        found = check(raw)
    except NoBundleError as error:
        raise EvidenceError(f"{file.name}: {error}") from None
    if noted is not None and noted.lower() != sha256(raw):
        found.append("the file is not the one whose SHA-256 was noted")
    for finding in found:
        click.echo(f"differs: {finding}")
    if not found:
        click.echo(f"every byte, hash and chain of {file.name} is right")
    differs = bool(found)
    if logs:
        differs |= _rederive(raw, logs)
    sys.exit(1 if differs else 0)


def _rederive(raw: bytes, logs: tuple[Path, ...]) -> bool:
    """Decide the case anew from the logs; return whether anything differs."""
    try:
        bundle = bundle_of(take_apart(raw))
    except ChangedBundleError as error:
        click.echo(f"cannot be derived again: {error}")
        return True
    collect_seldom()
    ours = versions()["model"]
    if bundle.case.made_with.get("model") != ours:
        click.echo(
            f"note: made with model {bundle.case.made_with.get('model')}, checked with {ours}; what differs may come from that"
        )
    result = rederive(bundle, read(logs))
    for difference in result.differences:
        click.echo(f"differs: {difference}")
    if not result.differences:
        exactly = "byte for byte" if result.is_exact else "in its last statements"
        click.echo(f"the log gives the case again, {exactly}: {result.compared} statements, policy {bundle.policy.version}")
    return bool(result.differences)
