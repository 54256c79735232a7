"""`goldenhour recall`."""

import sys
from collections.abc import Iterator
from pathlib import Path

import click

from connectors.contract_json import decode
from connectors.errors import DecodeError
from connectors.iso20022.fields import institution
from connectors.iso20022.originals import Original, originals
from connectors.iso20022.recall import VERSIONS, write_recall
from connectors.kafka_reader import read_topic
from connectors.table_files import ReplayFileError
from models.records import FreezeRequest, TraceRecord
from stream.cli.common import broker_options, settings_from
from stream.message_folder import chunks_of, messages_in
from stream.recalls import recall_of, wanted_of
from stream.settings import Settings, SettingsError

_FILES = {"freeze-requests": "freeze_requests.jsonl", "traces": "traces.jsonl"}


def from_topics(settings: Settings) -> Iterator[FreezeRequest | TraceRecord]:
    """Yield all freeze requests and traces of the topics. Errors: BrokerError."""
    for topic in _FILES:
        for raw in read_topic(settings.cluster, settings.topic_prefix + topic):
            yield _record(topic, raw, topic)


def from_files(paths: tuple[Path, ...]) -> Iterator[FreezeRequest | TraceRecord]:
    """Yield the freeze requests and traces of replay folders and files. Errors: ReplayFileError."""
    for path in paths:
        for file in [path / name for name in _FILES.values() if (path / name).is_file()] if path.is_dir() else [path]:
            topic = "traces" if file.name.startswith("traces") else "freeze-requests"
            with file.open("rb") as lines:
                for number, raw in enumerate(lines, 1):
                    yield _record(topic, raw, f"{file.name}, line {number}")


def _record(topic: str, raw: bytes, place: str) -> FreezeRequest | TraceRecord:
    try:
        found = decode(topic, raw.strip(), record_bytes_max=1 << 20)
    except DecodeError as error:
        raise ReplayFileError(f"{place}: {error}") from error
    assert isinstance(found, FreezeRequest | TraceRecord)
    return found


@click.command()
@click.argument("requests", nargs=-1, type=click.Path(exists=True, path_type=Path))
@click.option(
    "--originals",
    "folders",
    required=True,
    multiple=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder of the pacs.008 that asked for the payments: the `done` of ingest.",
)
@click.option("--out", required=True, type=click.Path(file_okay=False, path_type=Path), help="Folder for the messages.")
@click.option("--own-bics", help="This bank's BICs, joined by commas: only what it has sent is recalled.")
@click.option("--edition", type=click.Choice(VERSIONS), default="12", show_default=True, help="Version of camt.056 to write.")
@broker_options
@click.pass_context
def recall(
    context: click.Context, /, requests: tuple[Path, ...], folders: tuple[Path, ...], out: Path, edition: str, **given: object
) -> None:
    """Write a camt.056 (reason FRAD) for every payment that other banks shall send back.

    REQUESTS are replay folders, or their freeze_requests.jsonl and traces.jsonl; left out, the topics are read. One message for
    each payment, named by its id; one that lies there already is not written again. The messages hold account numbers in clear.
    Exit status 1: a payment's own message was not found, or does not say which bank to ask.
    """
    settings = settings_from(context, **given)
    own = frozenset(institution(bic.strip()) for bic in settings.own_bics.split(",") if bic.strip())
    if not own:
        raise SettingsError(["own_bics: which bank this is must be told"])
    wanted, foreign = wanted_of(from_files(requests) if requests else from_topics(settings))
    found = _found(folders, {payment.payment for payment in wanted})
    written = there = left_out = 0
    out.mkdir(parents=True, exist_ok=True)
    for payment in wanted:
        original = found.get(payment.payment)
        message = recall_of(payment, original, own, edition) if original is not None else None
        if message is None:
            left_out += 1
            continue
        path = out / f"{message.assignment}.xml"
        there += path.exists()
        if not path.exists():
            _write(path, write_recall(message))
            written += 1
    click.echo(f"{written:,} recalls written, {there:,} there already")
    if left_out or foreign:
        click.echo(f"{left_out:,} left out: no message of ours to another bank; {foreign:,} of other connectors", err=True)
        sys.exit(1)


def _found(folders: tuple[Path, ...], wanted: set[str]) -> dict[str, Original]:
    found: dict[str, Original] = {}
    for folder in folders:
        for path in messages_in(folder):
            try:
                found.update(originals(chunks_of(path), wanted))
            except DecodeError as error:
                raise ReplayFileError(f"{path.name}: {error}") from error
    return found


def _write(path: Path, raw: bytes) -> None:
    """Write a whole file or none, for the owner's eyes alone."""
    half = path.with_name(f".{path.name}")
    half.touch(mode=0o600)
    half.write_bytes(raw)
    half.replace(path)
