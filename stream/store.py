"""Keyed state in a compacted topic: its format, and its own fast reader.

A record is a key and a value of 8 bytes position, little endian and signed, then the payload. The position is the
source offset at which the key was last changed. On load the highest position of a key wins, not its last record, so
that the late write of a worker that lost its partition cannot win; of equal positions the later record wins. A deletion
is a tombstone whose position stands in a header.

All changes of a slice and a marker record, which says what position they stand for, are one record batch. A batch is
appended whole or not at all: state and position never disagree.
"""

import asyncio
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import aiokafka

from connectors.cluster import Where, aiokafka_arguments

MARKER_KEY = b"\x00position"  # no state key starts with NUL
POSITION_BYTES = 8
_POSITION_HEADER = "position"
_RECORD_BYTES = 48  # the most that one record takes in a batch beside key and value, the header of a tombstone included
_FETCH_BYTES = 8 << 20
_POLL_MS = 500


def value_of(position: int, payload: bytes) -> bytes:
    """Return the value that says: this payload, as of the source offset `position`."""
    return position.to_bytes(POSITION_BYTES, "little", signed=True) + payload


def position_of(value: bytes) -> int:
    """Return the source offset at which a value was last changed."""
    return int.from_bytes(value[:POSITION_BYTES], "little", signed=True)


def payload_of(value: bytes) -> bytes:
    return value[POSITION_BYTES:]


StateRecord = tuple[bytes, bytes | None, list[tuple[str, bytes]]]


def state_batch(changed: Mapping[bytes, bytes | None], position: int, marker: bytes) -> Iterator[StateRecord]:
    """Yield (key, value, headers) of one batch: the changed values, None for deleted keys, and the marker, last."""
    prefix = value_of(position, b"")
    tombstone, plain = [(_POSITION_HEADER, prefix)], list[tuple[str, bytes]]()
    for key, value in changed.items():
        yield key, value, plain if value is not None else tombstone
    yield MARKER_KEY, prefix + marker, plain


def changes_size_bytes(changed: Mapping[bytes, bytes | None], marker: bytes) -> int:
    """Return an upper bound of the size of the batch, before compression."""
    values = sum(len(value) for value in changed.values() if value is not None)
    keys = sum(map(len, changed))
    return keys + values + len(marker) + (len(changed) + 2) * _RECORD_BYTES


@dataclass(slots=True)
class Loaded:
    """A partition's state as of one moment.

    values: key -> value with its position in front; the marker is not among them.
    marker: payload of the marker, None if there is none. position: what the state stands for, -1 without a marker.
    stale_last: keys whose last record is not the winning one. Their owner rewrites them, those not among `values` as
        deleted, before compaction drops the better record.
    records, seconds: how much was read, and how long it took.
    """

    values: dict[bytes, bytes] = field(default_factory=dict)
    marker: bytes | None = None
    position: int = -1
    stale_last: set[bytes] = field(default_factory=set)
    records: int = 0
    seconds: float = 0.0


class Winner:
    """Takes the records of one partition in log order and keeps the winner of each key."""

    def __init__(self) -> None:
        self.values: dict[bytes, bytes] = {}
        self.stale_last: set[bytes] = set()
        self._deleted: dict[bytes, int] = {}

    def take(self, key: bytes, value: bytes) -> None:
        known = self.values.get(key)
        if known is None and not self._deleted:
            self.values[key] = value
        elif position_of(value) >= (position_of(known) if known is not None else self._deleted.get(key, -1)):
            self.values[key] = value
            self._deleted.pop(key, None)
            self.stale_last.discard(key)
        else:
            self.stale_last.add(key)

    def take_tombstone(self, key: bytes, position: int | None) -> None:
        known = self.values.get(key)
        last = position_of(known) if known is not None else self._deleted.get(key, -1)
        if position is None or position >= last:
            self.values.pop(key, None)
            self._deleted[key] = last if position is None else position
            self.stale_last.discard(key)
        else:
            self.stale_last.add(key)

    def loaded(self, records: int, seconds: float) -> Loaded:
        marker = self.values.pop(MARKER_KEY, None)
        self.stale_last.discard(MARKER_KEY)
        if marker is None:
            return Loaded(self.values, None, -1, self.stale_last, records, seconds)
        return Loaded(self.values, payload_of(marker), position_of(marker), self.stale_last, records, seconds)


async def load(bootstrap: Where, topic: str, partition: int, **client_settings: Any) -> Loaded:
    """Read one partition of a state topic up to its present end.

    client_settings: further settings of aiokafka's consumer, such as those of its security.
    Errors: aiokafka's, when the broker cannot be reached or the topic is not there.
    """
    started_s, tp = time.monotonic(), aiokafka.TopicPartition(topic, partition)
    consumer = aiokafka.AIOKafkaConsumer(
        **aiokafka_arguments(bootstrap),
        group_id=None,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        max_partition_fetch_bytes=_FETCH_BYTES,
        **client_settings,
    )
    winner, count = Winner(), 0
    await consumer.start()
    try:
        consumer.assign([tp])
        end, begin = (await consumer.end_offsets([tp]))[tp], (await consumer.beginning_offsets([tp]))[tp]
        consumer.seek(tp, begin)  # seek_to_beginning() races with the automatic reset and may read nothing
        while await consumer.position(tp) < end:  # by position: the last record may be compacted away
            for records in (await consumer.getmany(tp, timeout_ms=_POLL_MS)).values():
                count += len(records)
                _take_all(winner, records)
            await asyncio.sleep(0)
    finally:
        await consumer.stop()
    return winner.loaded(count, time.monotonic() - started_s)


def _take_all(winner: Winner, records: Iterable[Any]) -> None:
    take = winner.take
    for record in records:
        if record.value is not None:
            take(record.key, record.value)
        else:
            header = dict(record.headers).get(_POSITION_HEADER)
            winner.take_tombstone(record.key, None if header is None else position_of(header))


class Ownership:
    """Which partitions' state may be kept at an assignment.

    Only what was ours in the directly preceding generation: then nobody else can have written in between. To be asked
    before the first record of an assignment; deciding later keeps stale state, which no commit and no output shows.
    """

    def __init__(self) -> None:
        self._generation: int | None = None
        self._ours: frozenset[int] = frozenset()

    def on_assigned(self, partitions: Iterable[int], generation: int) -> frozenset[int]:
        """Take note of an assignment; return the partitions whose state must be loaded.

        The state of the other `partitions` is kept, all else dropped.
        """
        ours = frozenset(partitions)
        follows = self._generation is not None and 0 <= generation - self._generation <= 1
        kept = self._ours & ours if follows else frozenset()
        self._generation, self._ours = generation, ours
        return ours - kept
