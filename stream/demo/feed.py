"""Sends history and day, the day never faster than the worker follows, and remembers when each record was handed over."""

import threading
import time
from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping

from connectors.cluster import Where
from connectors.pacing import OutboundRecord
from models.records import Source
from stream.bulk_load import bulk_load
from stream.demo.scenario import Message
from stream.partitioning import partition_of

PARTITIONS = 4
"""Of every topic of the demo: what the embedded broker gives, and nothing else."""

UNPROCESSED_MAX = 5_000
"""Records under way at most in the day: 3 MB in four partitions, of which the embedded broker keeps 5 MB each. Source: ours."""

RECORD_OVERHEAD_BYTES = 24
"""What a record takes beside key and value, at most."""

_LOOK_AGAIN_S = 0.05


class Feed:
    """Sends messages to fresh topics, so that the n-th record of a partition lies at offset n.

    stopping: ends the sending early. processed: how many records the worker is done with.
    The counts may be read from other threads while `send` runs in one.
    """

    def __init__(
        self,
        bootstrap: Where,
        prefix: str,
        stopping: threading.Event,
        processed: Callable[[], int],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Prepare; nothing is sent yet."""
        self._bootstrap, self._prefix = bootstrap, prefix
        self._stopping, self._processed, self._clock = stopping, processed, clock
        self._handed_s: dict[tuple[str, int], array[float]] = {}
        self.handed_count = 0
        self.at_us: int | None = None

    def load(self, messages: Iterable[Message]) -> None:
        """Send messages as fast as the broker takes them; return when it has acknowledged them all.

        For a time when no worker reads yet: partitions are not in step meanwhile. Returns early if `stopping` is set.
        Errors: BrokerError.
        """
        bulk_load(self._bootstrap, self._records(messages))

    def send(self, messages: Iterable[Message], rate: float) -> None:
        """Send messages in their order at a rate (records/s), and return when the broker has acknowledged them all.

        Waits, and so falls behind the rate, while the worker has too much before it. Returns early if `stopping` is set.
        Errors: BrokerError.
        """
        bulk_load(
            self._bootstrap,
            self._records(messages),
            rate=rate,
            on_progress=self._wait_for_worker,
            clock=self._clock,
            sleep=self._sleep,
        )

    def handed_over_s(self, source: Source) -> float | None:
        """Return when the record at a place in the log was handed to the client, by the clock; None for one we did not send."""
        times = self._handed_s.get((source.topic, source.partition))
        return times[source.offset] if times is not None and source.offset < len(times) else None

    def _records(self, messages: Iterable[Message]) -> Iterator[OutboundRecord]:
        for message in messages:
            if self._stopping.is_set():
                return
            topic = self._prefix + message.topic
            place = topic, partition_of(message.key, PARTITIONS)
            # Noted before the wait for the record's turn, so that a latency comes out too long (by 1 / rate), never too short.
            self._handed_s.setdefault(place, array("d")).append(self._clock())
            self.handed_count += 1
            self.at_us = message.arrival_us
            yield topic, message.key, message.value, message.arrival_us // 1_000

    def _wait_for_worker(self, acknowledged: Mapping[str, int]) -> None:
        while self.handed_count - self._processed() > UNPROCESSED_MAX and not self._stopping.is_set():
            self._sleep(_LOOK_AGAIN_S)

    def _sleep(self, seconds: float) -> None:
        self._stopping.wait(seconds)


def largest_partition_bytes(messages: Iterable[Message]) -> int:
    """Return what the fullest partition of any topic will hold of these messages, before compression."""
    sizes: Counter[tuple[str, int]] = Counter()
    for message in messages:
        place = message.topic, partition_of(message.key, PARTITIONS)
        sizes[place] += len(message.key) + len(message.value) + RECORD_OVERHEAD_BYTES
    return max(sizes.values(), default=0)
