"""The events that are measured with, and what a replay of them raises: the truth that a worker's alerts are compared with."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Final

import msgspec

from connectors.pacing import OutboundRecord
from connectors.replay_files import InputRecord
from models.rulebook import Rulebook
from models.units import time_us
from stream.replay import Replay, Sinks
from stream.simulator.load import load

START: Final = datetime(2025, 3, 3, tzinfo=UTC)
"""Log time of the first event: long past, because a broker refuses records dated ahead of its clock."""
EVENTS_PER_ACCOUNT_DAY: Final = 7
"""Ours: 5 to 10 events of an average active account in a day, both directions."""
ACCOUNTS_PER_EVENT: Final = 1.5
"""In the load of two parties: half of the events are transfers, which concern two accounts."""

Event = tuple[int, str, bytes, bytes]
"""Log time in ms, topic, key, value; as the simulator makes them."""


def day_rate(accounts: int) -> float:
    """Return the events per second of log time at which the average account has its events of a day."""
    return accounts * EVENTS_PER_ACCOUNT_DAY / ACCOUNTS_PER_EVENT / 86_400


def events_of(seed: int, accounts: int, count: int, start: datetime = START) -> Iterator[Event]:
    """Yield events of two parties on average, spread as `day_rate` says."""
    return load(seed, accounts, count, day_rate(accounts), start)


def outbound(events: Iterable[Event], prefix: str) -> Iterator[OutboundRecord]:
    """Yield events as records for `bulk_load`."""
    for log_ms, topic, key, value in events:
        yield prefix + topic, key, value, log_ms


def write_jsonl(path: Path, events: Iterable[Event]) -> None:
    """Write events as a replay file. Their arrival is their own time, so no member is added."""
    with path.open("wb") as file:
        file.writelines(value + b"\n" for _, _, _, value in events)


class Stated(msgspec.Struct):
    """What the benchmark reads of an alert or a freeze request."""

    alert_id: str = ""
    request_id: str = ""
    revision: int = 0
    sequence: int = 0

    @property
    def id(self) -> str:
        """Return the record's own id."""
        return self.alert_id or self.request_id


read_stated = msgspec.json.Decoder(Stated).decode


def replayed_ids(rulebook: Rulebook, events: Iterable[Event]) -> set[str]:
    """Return the ids of all alerts and freeze requests that a replay of these events raises."""
    sinks = Sinks(BytesIO(), BytesIO(), BytesIO(), BytesIO())
    records = (InputRecord(topic, value, log_ms, offset) for offset, (log_ms, topic, _, value) in enumerate(events))
    Replay(rulebook, sinks).run(records)
    return {read_stated(line).id for sink in (sinks.alerts, sinks.freeze_requests) for line in _lines(sink)}


def _lines(sink: object) -> list[bytes]:
    assert isinstance(sink, BytesIO)
    return sink.getvalue().splitlines()


def span_us(accounts: int, count: int) -> int:
    """Return how much log time so many events take."""
    return int(count / day_rate(accounts) * 1_000_000)


START_S: Final = time_us(START) // 1_000_000
