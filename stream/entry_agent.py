"""The entry agent: source batches in, bundles on `keyed` and dead letters out. Thin: it aligns, hands over and waits."""

import asyncio
import time
from collections.abc import Callable, Iterable

import msgspec

from models.rulebook import Rulebook
from stream.alignment import Aligner, Slice
from stream.batches import TP, Batch, Edge
from stream.entry_processor import EntryProcessor
from stream.metrics import Metrics
from stream.outbox import Outbox, Publish
from stream.partition_writer import PartitionWriter
from stream.progress import Progress


class EntryAgent:
    """Runs `EntryProcessor` over the input topics.

    keyed_topic, dead_letter_topic: full names. align_wait_s: how long a lagging partition is waited for.
    """

    def __init__(
        self,
        edge: Edge,
        processor: EntryProcessor,
        outbox: Outbox,
        metrics: Metrics,
        progress: Progress,
        *,
        keyed_topic: str,
        dead_letter_topic: str,
        align_wait_s: float,
        is_input: Callable[[TP], bool],
    ) -> None:
        """Wire the agent; nothing runs before the worker does."""
        self._edge, self._processor, self._outbox = edge, processor, outbox
        self._metrics, self._progress = metrics, progress
        self._keyed_topic, self._dead_letter_topic = keyed_topic, dead_letter_topic
        self._align_wait_s = align_wait_s
        self._is_input = is_input
        self._aligner = Aligner(self._is_more_to_come)
        self._unfinished: dict[TP, int] = {}
        self._writer = PartitionWriter(outbox)
        self._turn = asyncio.Lock()
        self._blocked_s: float | None = None

    def adopt(self, rulebook: Rulebook) -> None:
        """Address records by another policy from now on."""
        self._processor.limits = msgspec.structs.replace(self._processor.limits, with_tills=rulebook.learning.with_tills)

    def on_assigned(self, partitions: Iterable[TP]) -> None:
        """Start anew with the partitions of this assignment."""
        self._blocked_s = None
        self._unfinished = {}
        self._aligner.assign(partition for partition in partitions if self._is_input(partition))

    def on_revoked(self) -> None:
        """Give up what is merely held, so that the rebalance need not wait for it."""
        for batch in self._aligner.drop():
            self._edge.give_up(batch)

    async def take(self, batch: Batch) -> None:
        """Hold a batch and work on all that is due."""
        if not self._edge.is_current(batch):
            self._edge.give_up(batch)
            return
        self._progress.taken(batch.tp, batch.records[0].timestamp)
        self._unfinished[batch.tp] = self._unfinished.get(batch.tp, 0) + len(batch.records)
        self._aligner.add(batch)
        await self.advance()

    async def advance(self) -> None:
        """Work on what is due. Called for every batch, and by a timer for what has waited long enough."""
        async with self._turn:
            while len(self._aligner):
                due = self._aligner.take(is_overdue=self._is_overdue())
                if due is None:
                    self._blocked_s = self._blocked_s or time.monotonic()
                    return
                self._blocked_s = None
                await self._work(due)
                await asyncio.sleep(0)

    def _is_more_to_come(self, tp: TP) -> bool | None:
        """Return whether a partition has records that did not reach us yet, at the broker or in Faust's queues; None if unknown."""
        lag = self._edge.lag(tp)
        return None if lag is None else lag > self._unfinished.get(tp, 0)

    def _is_overdue(self) -> bool:
        """Return whether a lagging partition has been waited for long enough; it must not stop the others for ever."""
        if self._blocked_s is None or time.monotonic() - self._blocked_s < self._align_wait_s:
            return False
        self._metrics.aligned_waits.inc()
        return True

    async def _work(self, due: Slice) -> None:
        started_s = time.perf_counter()
        output = self._processor.process(due.records)
        publishes = [
            Publish(self._keyed_topic, partition, b"", value) for partition, values in output.bundles.items() for value in values
        ]
        publishes += [Publish(self._dead_letter_topic, None, key, value) for key, value in output.dead_letters]
        for code in output.codes:
            self._metrics.dead_letters.labels(code).inc()
        worked_s = time.perf_counter()
        self._metrics.batch_seconds.labels("entry").observe(worked_s - started_s)
        self._metrics.batch_records.labels("entry").observe(len(due.records))

        def done() -> None:
            self._metrics.write_seconds.labels("entry").observe(time.perf_counter() - worked_s)
            for batch in due.completed:
                if self._edge.is_of_this_assignment(batch):
                    self._unfinished[batch.tp] -= len(batch.records)
                    self._progress.done(batch.tp, batch.records[-1].timestamp)
                self._edge.finish(batch)
            self._progress.moved(self._aligner.held())  # a batch that waits for its turn is not stuck

        await self._writer.add(publishes, None, done)
