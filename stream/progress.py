"""What is done and when: the ground for lag in seconds, for the health answer and for the watch on a stalled worker."""

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator

from stream.batches import TP
from stream.metrics import PartitionLag


class Progress:
    """Keeps, per assigned partition, the log times of what is held and what was done last, and a clock of its own.

    The clock starts when something waits in a partition, and starts anew with every step there: work in one partition does not hide
    that another is stuck.
    """

    def __init__(self, lag_of: Callable[[TP], int | None]) -> None:
        """lag_of: records of a partition not done yet, None if unknown."""
        self._lag_of = lag_of
        self._held_ms: dict[TP, deque[int]] = {}
        self._log_ms: dict[TP, int] = {}
        self._done_s: dict[TP, float] = {}
        self._since_s: dict[TP, float] = {}
        self.partitions: frozenset[TP] = frozenset()

    def assign(self, partitions: Iterable[TP]) -> None:
        """Start with an assignment: series of partitions that left are forgotten, all clocks start anew."""
        self.partitions = frozenset(partitions)
        self._log_ms = {tp: value for tp, value in self._log_ms.items() if tp in self.partitions}
        now_s = time.time()
        self._done_s = {tp: self._done_s.get(tp, now_s) for tp in self.partitions}
        self._held_ms = {tp: deque() for tp in self.partitions}
        self._since_s = {}

    def taken(self, tp: TP, log_ms: int) -> None:
        """Note a batch to be worked on and the log time of its first record, so that lag has an age before anything is done."""
        held = self._held_ms.get(tp)
        if held is not None:
            if not held:
                self.moved([tp])
            held.append(log_ms)

    def moved(self, partitions: Iterable[TP]) -> None:
        """Note that these partitions are not stuck: a part of a batch is done, or their turn has not come."""
        self._since_s.update(dict.fromkeys(partitions, time.monotonic()))

    def done(self, tp: TP, log_ms: int) -> None:
        """Note that the oldest batch taken is done, and with it all records of its partition up to one of this log time."""
        if held := self._held_ms.get(tp):
            held.popleft()
        self._log_ms[tp] = log_ms
        if tp in self._done_s:
            self._done_s[tp] = time.time()
        self.moved([tp])

    def lags(self) -> Iterator[PartitionLag]:
        """Yield the lag of every assigned partition, as of now."""
        now_s = time.time()
        for tp in sorted(self.partitions):
            records = self._lag_of(tp)
            held = self._held_ms[tp]
            log_ms = held[0] if held else self._log_ms.get(tp)
            seconds = 0.0 if records == 0 else None if log_ms is None else max(0.0, now_s - log_ms / 1_000)
            done_ms = self._log_ms.get(tp)
            done_log_s = None if done_ms is None else done_ms / 1_000
            yield PartitionLag(tp.topic, tp.partition, records, seconds, self._done_s[tp], done_log_s)

    def stalled_s(self) -> float:
        """Return for how long something has waited in a partition without a step there, the longest of all; 0 without lag.

        To be asked every few seconds: a clock starts at the first look that finds lag.
        """
        now_s = time.monotonic()
        waiting = [tp for tp in self.partitions if self._lag_of(tp)]
        self._since_s = {tp: self._since_s.get(tp, now_s) for tp in waiting}
        return max((now_s - since_s for since_s in self._since_s.values()), default=0.0)
