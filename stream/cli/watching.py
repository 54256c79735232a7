"""What the ways of taking in share: records to Kafka, folders that are watched, signals that end it."""

import signal
import threading
from collections.abc import Callable
from pathlib import Path

from connectors.kafka_producer import Sender
from connectors.pacing import OutboundRecord
from stream.ingest import Send
from stream.message_folder import Seen, messages_in
from stream.settings import Settings


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
