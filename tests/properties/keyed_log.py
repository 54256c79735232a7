"""The logs of `keyed` that a day leaves, and processors that work them off: at once, in slices, or from a saved state."""

from collections import deque
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from connectors.contract_json import encode
from models.units import time_us
from stream.batches import LoneRecord
from stream.entry_processor import EntryProcessor, Limits
from stream.keyed_processor import Faults, KeyedOutput, KeyedProcessor
from stream.store import payload_of
from tests.bank import Arrival, rulebook_with, told_at, topic_of

PARTITIONS = 2
NARROW = rulebook_with("budget", tier_2_per_minute=2, tier_3_per_minute=1, waiting_max=3)
"""So little room that alerts wait in most of the days, and that some days have too many to wait."""


class Said(NamedTuple):
    """All that a processor gave out, in order."""

    alerts: list[Any]
    requests: list[Any]
    scores: list[Any]
    statements: list[Any]


def said(outputs: Iterable[KeyedOutput]) -> Said:
    """Return outputs as one, whatever the slices they came in."""
    together = Said([], [], [], [])
    for output in outputs:
        together.alerts.extend(output.alerts)
        together.requests.extend(output.requests)
        together.scores.extend(output.scores)
        together.statements.extend(sorted(output.statements.items()))
    return together


def processor(partition: int, *, values: dict[bytes, bytes] | None = None, position: int = -1, marker: bytes | None = None) -> Any:
    """Return a processor of one of two partitions, empty or with a saved state."""
    return KeyedProcessor(
        partition,
        PARTITIONS,
        NARROW,
        Faults(),
        values=values,
        position=position,
        marker=marker,
        with_scores=True,
        live_max=3,  # profiles go to their stored form and back all the time
    )


def restarted(running: KeyedProcessor) -> KeyedProcessor:
    """Return a processor with nothing but what was saved: the values, the position and the marker."""
    running.take_changes()
    again: KeyedProcessor = processor(
        running.partition, values=dict(running.values), position=running.position, marker=running.marker()
    )
    return again


def payloads(running: KeyedProcessor) -> dict[bytes, bytes]:
    """Return the whole state without the positions of its changes."""
    running.take_changes()
    return {key: payload_of(value) for key, value in running.values.items()}


def logs_of(events: Sequence[Arrival]) -> list[list[LoneRecord]]:
    """Return the log of each partition after a day: the events by twos, and what the partitions tell each other."""
    entry = EntryProcessor(PARTITIONS, Limits())
    running = [processor(partition) for partition in range(PARTITIONS)]
    logs: list[list[LoneRecord]] = [[] for _ in running]
    for first in range(0, len(events), 2):
        records = [_record(event, first + number) for number, event in enumerate(events[first : first + 2])]
        waiting = deque((partition, value) for partition, values in entry.process(records).bundles.items() for value in values)
        while waiting:
            partition, value = waiting.popleft()
            record = LoneRecord("keyed", partition, len(logs[partition]), records[-1].timestamp, None, value)
            logs[partition].append(record)
            waiting.extend(running[partition].process([record]).bundles())
    return logs


def _record(event: Arrival, offset: int) -> LoneRecord:
    return LoneRecord(topic_of(event), 0, offset, time_us(told_at(event)) // 1_000, None, encode(event))
