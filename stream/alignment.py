"""Log-time alignment: source partitions are read in step, so that catching up does not tear time apart.

A key hears from several source partitions. If one of them is read hours ahead of the others, the others' events come too late for
exact windows. So records are handed on in the order of their log time across all partitions of all input topics, as far as every
partition that has more to give has given it. In service, with nothing waiting at the broker, records pass at once.

Within a partition the log's order stands, whatever its times say: a record counts as no later than any that follows it. So one
record from a broken clock, far ahead, holds nothing up behind itself.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import accumulate
from operator import attrgetter
from typing import NamedTuple

from stream.batches import TP, Batch, Record

_log_time = attrgetter("timestamp")


class Slice(NamedTuple):
    """Records in the order to work on them, and the batches that are used up with them."""

    records: Sequence[Record]
    completed: list[Batch]


class _Waiting:
    """A batch, its records' log times made to rise, and how many of its records are used."""

    __slots__ = ("batch", "times", "used")

    def __init__(self, batch: Batch) -> None:
        self.batch = batch
        self.times = list(accumulate(map(_log_time, reversed(batch.records)), min))[::-1]
        self.used = 0

    def lower(self, until_ms: int) -> bool:
        """Let no time be above that of a record which follows; return whether every time was."""
        times = self.times
        index = len(times)
        while index and times[index - 1] > until_ms:
            index -= 1
            times[index] = until_ms
        return index == 0


class Aligner:
    """Holds batches until they are due.

    behind: whether a partition has records that were not added here yet (None: not known yet, taken as yes).
    """

    def __init__(self, behind: Callable[[TP], bool | None]) -> None:
        """Start with nothing held and nothing assigned."""
        self._behind = behind
        self._waiting: dict[TP, deque[_Waiting]] = {}
        self._overdue: set[TP] = set()

    def assign(self, partitions: Iterable[TP]) -> None:
        """Take note of the source partitions of a new assignment; whatever is held belongs to an earlier one."""
        self._waiting = {TP(*partition): deque() for partition in sorted(partitions)}
        self._overdue = set()

    def add(self, batch: Batch) -> None:
        """Hold a batch of an assigned partition."""
        waiting = _Waiting(batch)
        self._overdue.discard(batch.tp)
        queue = self._waiting.setdefault(batch.tp, deque())
        for before in reversed(queue):
            if not before.lower(waiting.times[0]):
                break
        queue.append(waiting)

    def __len__(self) -> int:
        """Return the number of batches held."""
        return sum(map(len, self._waiting.values()))

    def held(self) -> Iterator[TP]:
        """Yield the partitions of which something is held."""
        return (partition for partition, queue in self._waiting.items() if queue)

    def drop(self) -> list[Batch]:
        """Let everything go and return it: the partitions are being revoked."""
        held = [waiting.batch for queue in self._waiting.values() for waiting in queue]
        for queue in self._waiting.values():
            queue.clear()
        return held

    def take(self, *, is_overdue: bool = False) -> Slice | None:
        """Return the next records in log-time order, or None if some partition has to be waited for.

        Looks at the first batch of each partition only, so the cost of a slice does not grow with what is held.
        is_overdue: the wait has been long enough; do not wait for partitions of which nothing is at hand, now or later, until they
            deliver or have no more to give. Else one that cannot be read would cost the whole wait for each slice.
        """
        heads = [queue[0] for queue in self._waiting.values() if queue]
        if not heads:
            return None
        until_ms = None
        for partition, queue in self._waiting.items():
            if len(queue) > 1:
                limit = queue[0].times[-1]
            elif self._behind(partition) is False:
                self._overdue.discard(partition)
                continue
            elif queue:
                limit = queue[0].times[-1]
            elif is_overdue or partition in self._overdue:
                self._overdue.add(partition)
                continue
            else:
                return None
            until_ms = limit if until_ms is None else min(until_ms, limit)
        return self._merge(heads, until_ms)

    def _merge(self, heads: list[_Waiting], until_ms: int | None) -> Slice | None:
        parts: list[tuple[int, int, int, Record]] = []
        completed = []
        for number, head in enumerate(heads):
            times, records, index = head.times, head.batch.records, head.used
            while index < len(times) and (until_ms is None or times[index] <= until_ms):
                parts.append((times[index], number, index, records[index]))
                index += 1
            head.used = index
            if index == len(times):
                completed.append(head.batch)
                self._waiting[head.batch.tp].popleft()
        if len(heads) > 1:
            parts.sort()
        return Slice([part[3] for part in parts], completed)
