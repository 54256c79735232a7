"""Hands outputs and state to the broker in few requests, and remembers the first failure.

A writer of each partition (partition_writer.py) brings them into order. In doubt nothing is done: after the first
failure of any writer no work of any partition is marked done any more, `on_failure` is called once, and the process is
expected to end.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol
from weakref import WeakSet

from stream.batches import TP
from stream.faust_settings import STATE_BATCH_BYTES_MAX
from stream.output_lane import (
    BATCH_OVERHEAD_BYTES,
    Ack,
    Headers,
    OutputLane,
    Producer,
    RecordTooLargeError,
    append,
    record_size_bytes,
)
from stream.partitioning import partition_of
from stream.store import state_batch


class WriteFailedError(RuntimeError):
    """The broker refused a write, or did not acknowledge it in time: the network's fault, or the topic's limits."""


class LeaseLostError(RuntimeError):
    """The group may have given our partitions to somebody else: nothing may be written any more."""


class StateTooLargeError(ValueError):
    """The state of one job does not fit a batch, which must stay whole: ours to solve, by smaller slices."""


class Publish(NamedTuple):
    """A record to be written. partition: None to choose it by the key. timestamp_ms: None for the time of writing."""

    topic: str
    partition: int | None
    key: bytes
    value: bytes | None
    timestamp_ms: int | None = None


@dataclass(frozen=True, slots=True)
class StateChange:
    """Changed keys of one slice, values as `store.value_of` makes them, None to delete; and the marker's payload."""

    changed: Mapping[bytes, bytes | None]
    position: int
    marker: bytes


@dataclass(frozen=True, slots=True)
class OutboxOptions:
    """Bounds of the outbox.

    depth: jobs in progress in one partition; more hides longer round trips, and repeats more after a crash.
    ack_timeout_s: age at which a write without an ack has failed. An idempotent producer never gives up by itself.
    batch_bytes_max: batch of outputs before compression, under the broker's usual record limit of 1 MB;
        `batch_bytes_max_of` has the topics that differ.
    state_batch_bytes_max: batch of states before compression. The producer's max_batch_size, and max.message.bytes of
        the topic, must be larger.
    headers_of: full name of a topic -> what gives the headers of its records by their values; the others have none.
    Source: ours, measured.
    """

    depth: int = 12
    ack_timeout_s: float = 30.0
    batch_bytes_max: int = 900_000
    batch_bytes_max_of: Mapping[str, int] = field(default_factory=dict)
    state_batch_bytes_max: int = STATE_BATCH_BYTES_MAX
    headers_of: Mapping[str, Callable[[bytes], Headers]] = field(default_factory=dict)


class Waker(Protocol):
    """Whoever waits for the broker and must hear of a failure."""

    def wake(self) -> None: ...


class Outbox:
    """What the writers of all partitions share: the producer, the lease, and the first failure."""

    def __init__(
        self,
        producer: Callable[[], Producer],
        on_failure: Callable[[BaseException], None],
        lease: Callable[[], bool] = lambda: True,
        options: OutboxOptions = OutboxOptions(),
    ) -> None:
        """producer: gives the started producer. lease: whether we may still write state.

        on_failure: called once, with the first failure; must end the process, or nothing is ever written again.
        """
        self.producer, self.lease, self.options = producer, lease, options
        self.failure: BaseException | None = None
        self._on_failure = on_failure
        self._writers: WeakSet[Waker] = WeakSet()
        self._partition_counts: dict[str, int] = {}
        self._lanes: dict[TP, OutputLane] = {}

    def admit(self, writer: Waker) -> None:
        """Take note of a writer, to wake it at a failure."""
        self._writers.add(writer)

    def fail(self, error: BaseException) -> None:
        """Stop everything. Only the first failure is told."""
        if self.failure is None:
            self.failure = error
            for writer in self._writers:
                writer.wake()
            self._on_failure(error)

    def check(self) -> None:
        """Return if nothing has failed. Errors: WriteFailedError."""
        if self.failure is not None:
            raise WriteFailedError("an earlier write failed; nothing is written any more") from self.failure

    async def publish(self, publishes: Iterable[Publish]) -> list[Ack]:
        """Hand the records to the producer in as few batches as may be; return the acks to come.

        Records of one partition keep their order. All are checked before the first is sent.
        Errors: RecordTooLargeError.
        """
        addressed = []
        for record in publishes:
            headers = self._headers(record)
            self._check_fits(record, headers)
            partition = record.partition
            if partition is None:
                partition = partition_of(record.key, await self._partition_count(record.topic))
            addressed.append((TP(record.topic, partition), record, headers))
        acks = {self._lane(tp).add(record.key, record.value, record.timestamp_ms, headers) for tp, record, headers in addressed}
        return list(acks)

    def _limit(self, topic: str) -> int:
        return self.options.batch_bytes_max_of.get(topic, self.options.batch_bytes_max)

    def _headers(self, record: Publish) -> Headers:
        give = self.options.headers_of.get(record.topic)
        return [] if give is None or record.value is None else give(record.value)

    def _check_fits(self, record: Publish, headers: Headers) -> None:
        size = record_size_bytes(record.key, record.value, headers) + BATCH_OVERHEAD_BYTES
        if size > (limit := self._limit(record.topic)):
            raise RecordTooLargeError(f"a record of {size} bytes for {record.topic}, which takes {limit}")

    async def _partition_count(self, topic: str) -> int:
        count = self._partition_counts.get(topic)
        if count is None:
            count = self._partition_counts[topic] = len(await self.producer().partitions_for(topic))
        return count

    def _lane(self, tp: TP) -> OutputLane:
        lane = self._lanes.get(tp)
        if lane is None:
            lane = self._lanes[tp] = OutputLane(self.producer(), tp, self._limit(tp.topic))
        return lane

    async def save(self, tp: TP, state: StateChange) -> Ack:
        """Hand one state batch to the producer; return the ack to come."""
        batch = self.producer().create_batch()
        for key, value, headers in state_batch(state.changed, state.position, state.marker):
            append(batch, tp.topic, None, key, value, headers)
        batch.close()
        return await self.producer().send_batch(batch, tp.topic, partition=tp.partition)


def named_failure(error: BaseException, what: str) -> WriteFailedError:
    """Return the failure of a write, saying what was to be written and why it was not."""
    return WriteFailedError(f"{what}: {type(error).__name__}: {error}")
