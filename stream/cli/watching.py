"""What the ways of taking in share: options, records to Kafka, folders that are watched, signals that end it."""

import signal
import threading
from collections.abc import Callable
from pathlib import Path

import click

from connectors.kafka_producer import Sender
from connectors.pacing import OutboundRecord
from stream.ingest import Send
from stream.ingest_file import IngestFile
from stream.message_folder import Seen, messages_in
from stream.settings import Settings

out_option = click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), help="Write a replay file (.jsonl) instead of to Kafka."
)
watch_option = click.option("--watch", is_flag=True, help="Go on with what comes into the folders, until SIGTERM or Ctrl-C.")
every_option = click.option(
    "--every", type=click.FloatRange(0.01), default=1.0, show_default=True, help="Seconds between two looks."
)
token_key_option = click.option(
    "--token-key-file", metavar="FILE", help="The key for tokens of account numbers, at least 32 random bytes."
)


def folders_and_files(inputs: tuple[Path, ...], out: Path | None, *, watch: bool) -> tuple[list[Path], list[Path]]:
    """Return the folders and the single files among inputs. Errors: UsageError for an output or a watch that cannot be."""
    if out is not None and not out.name.endswith(".jsonl"):
        raise click.UsageError("--out: a replay file ends in .jsonl")
    folders = [path for path in inputs if path.is_dir()]
    if watch and not folders:
        raise click.UsageError("--watch needs a folder")
    return folders, [path for path in inputs if not path.is_dir()]


def to_file_or_kafka(out: Path | None, settings: Settings) -> Send:
    """Return what takes records down: into a replay file, if one is named, else at the brokers."""
    return IngestFile(out).send if out is not None else to_kafka(settings)


def to_kafka(settings: Settings) -> Send:
    """Return what writes records to Kafka at their own times, and returns when the brokers have them."""
    sender = Sender(settings.cluster)

    def send(records: list[OutboundRecord]) -> None:
        sender.send((settings.topic_prefix + topic, *rest) for topic, *rest in records)  # type: ignore[misc]

    return send


def ended_by_signal() -> threading.Event:
    """Return what is set by SIGTERM or Ctrl-C."""
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    return ended


def watch_folders(
    folders: list[Path],
    suffixes: tuple[str, ...],
    every_s: float,
    look: Callable[[list[Path]], None],
    count: Callable[[], int],
    tell: Callable[[], None],
) -> None:
    """Give `look` the files that have come to rest, until a signal; `tell` whenever `count` has changed."""
    ended, seen, told = ended_by_signal(), Seen(), -1
    while not ended.is_set():
        look(seen.at_rest([path for folder in folders for path in messages_in(folder, suffixes)]))
        if count() != told:
            told = count()
            tell()
        ended.wait(every_s)
