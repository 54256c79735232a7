"""What is done and when: the ground for lag in seconds, for the health answer and for the watch on a stalled worker."""

import time
from collections.abc import Callable, Iterable, Iterator

from stream.batches import TP
from stream.metrics import PartitionLag


class Progress:
    """Keeps, per assigned partition, the log time of the last record done and the moment it was done."""

    def __init__(self, lag_of: Callable[[TP], int | None]) -> None:
        """lag_of: records of a partition not done yet, None if unknown."""
        self._lag_of = lag_of
        self._log_ms: dict[TP, int] = {}
        self._done_s: dict[TP, float] = {}
        self._since_s = time.monotonic()
        self.partitions: frozenset[TP] = frozenset()

    def assign(self, partitions: Iterable[TP]) -> None:
        """Start with an assignment: series of partitions that left are forgotten, the clock of progress starts anew."""
        self.partitions = frozenset(partitions)
        self._log_ms = {tp: value for tp, value in self._log_ms.items() if tp in self.partitions}
        now_s = time.time()
        self._done_s = {tp: self._done_s.get(tp, now_s) for tp in self.partitions}
        self._since_s = time.monotonic()

    def taken(self, tp: TP, log_ms: int) -> None:
        """Note the log time of a batch being worked on, so that lag has an age before anything is done."""
        self._log_ms.setdefault(tp, log_ms)

    def done(self, tp: TP, log_ms: int) -> None:
        """Note that all records of a partition up to one of this log time are done."""
        self._log_ms[tp] = log_ms
        if tp in self._done_s:
            self._done_s[tp] = time.time()
        self._since_s = time.monotonic()

    def lags(self) -> Iterator[PartitionLag]:
        """Yield the lag of every assigned partition, as of now."""
        now_s = time.time()
        for tp in sorted(self.partitions):
            records = self._lag_of(tp)
            log_ms = self._log_ms.get(tp)
            seconds = 0.0 if records == 0 else None if log_ms is None else max(0.0, now_s - log_ms / 1_000)
            yield PartitionLag(tp.topic, tp.partition, records, seconds, self._done_s[tp])

    def stalled_s(self) -> float:
        """Return for how long nothing was done although something waits; 0 without lag."""
        if not any(self._lag_of(tp) for tp in self.partitions):
            self._since_s = time.monotonic()
            return 0.0
        return time.monotonic() - self._since_s
