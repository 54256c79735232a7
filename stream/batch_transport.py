"""Batch transport for faust-streaming 0.15.3 on aiokafka 0.14.0: one Faust event for a whole fetch of a partition.

Stock Faust makes four asyncio tasks for each record and keeps its acknowledgements as trees of gaps, which after a
rebalance may commit past records that nobody worked on. Here

- an event carries a list of raw records, and grows while the agent has not taken it;
- a partition's batches stand in one queue, and the committed position is the end of its finished head;
- records count only within the assignment in which aiokafka drained them, told by the assignment object itself;
- a partition with too many unfinished records is left out of the fetch, the others go on.

This replaces private parts of two libraries: `upstream.check_upstream` refuses to start on any other source.
"""

import asyncio
from collections import deque
from collections.abc import Coroutine, Generator, Iterable, Mapping
from typing import Any

from faust.transport.drivers import aiokafka as driver
from faust.types.tuples import ConsumerMessage
from mode.utils.futures import notify

from stream.batches import TP, Edge, Record, TransportHooks, TransportOptions
from stream.group_member import Fetched, GroupMember
from stream.stock_transport import StockConsumer
from stream.upstream import check_upstream

_POLL_FULL_S = 0.02  # how long a partition that has room again may wait while the others are being fetched


class BatchMessage(ConsumerMessage):  # type: ignore[misc] # faust has no types
    """The message behind an event: `value` is the list of raw records, `offset` that of the last one."""

    def __init__(self, tp: Any, records: list[Record], generation: int, epoch: int) -> None:
        last = records[-1]
        super().__init__(
            tp.topic, tp.partition, last.offset, last.timestamp / 1000, 0, None, b"", records, None, 0, 0, tp,
            generation_id=generation,
        )  # fmt: skip
        self.epoch = epoch
        self.done = False

    def has_room_for(self, count: int, epoch: int, records_max: int) -> bool:
        """Whether the agent has not taken this message yet, so that `count` more records may ride along."""
        return not self.tracked and not self.acked and self.epoch == epoch and len(self.value) + count <= records_max

    def extend(self, records: list[Record]) -> None:
        self.value.extend(records)  # the very list that the event carries
        self.offset = records[-1].offset


class BatchConsumer(GroupMember):
    """Faust's consumer with our fetch loop and our bookkeeping of what is done."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._open: dict[TP, deque[BatchMessage]] = {}  # handed over, oldest first; the head is the first not finished
        self._held: dict[TP, int] = {}  # records handed over and neither finished nor given up
        self._full: set[TP] = set()
        self._next: dict[TP, int] = {}  # offset to commit: everything before it is done
        self._room = asyncio.Event()
        super().__init__(*args, **kwargs)

    # ---- what is done -----------------------------------------------------------------------------------------------

    def finish(self, message: BatchMessage) -> None:
        message.done = not message.acked and message.epoch == self.epoch
        message.ack(self)

    def give_up(self, message: BatchMessage) -> None:
        message.ack(self)

    def ack(self, message: BatchMessage) -> bool:
        """Called by Faust for the last reference to a message, be it finished, given up or skipped by the stream."""
        if message.acked:
            return False
        message.acked = True
        self._unacked_messages.discard(message)
        if message.epoch == self.epoch:
            self._release(message)
        notify(self._waiting_for_ack)
        return True

    def _release(self, message: BatchMessage) -> None:
        tp = message.tp
        self._held[tp] -= len(message.value)
        if self._held[tp] < self._held_max(tp) and tp in self._full:
            self._full.discard(tp)
            self._room.set()
        queue = self._open[tp]
        while queue and queue[0].done:
            self._next[tp] = queue.popleft().offset + 1

    def held_records(self, tp: TP) -> int:
        return self._held.get(tp, 0)

    def _held_max(self, tp: TP) -> int:
        return self.options.held_records_max_of.get(tp.topic, self.options.held_records_max)

    # ---- commit: one integer for each partition ---------------------------------------------------------------------

    def _filter_tps_with_pending_acks(self, topics: Any = None) -> Iterable[TP]:
        return [tp for tp in self._next if topics is None or tp in topics or tp.topic in topics]

    def _new_offset(self, tp: TP) -> int | None:
        return self._next.get(tp)

    async def _commit_offsets(self, offsets: Mapping[TP, int], start_new_transaction: bool = True) -> bool:
        committed = bool(await super()._commit_offsets(offsets, start_new_transaction))
        if committed:
            for tp, offset in offsets.items():
                if self._next.get(tp) == offset:
                    del self._next[tp]
        return committed

    async def commit_and_end_transactions(self) -> None:
        # A commit that finds another one under way waits for it and does nothing, which would leave out what was
        # finished meanwhile; the last commit before a rebalance must not.
        await self.commit()
        if self._next:
            await self.commit()

    def begin_epoch(self) -> None:
        super().begin_epoch()
        for mapping in (self._open, self._held, self._next):
            mapping.clear()
        self._full.clear()
        self._room.set()

    # ---- fetch loop: replaces Consumer._drain_messages --------------------------------------------------------------

    async def _drain_messages(self, fetcher: Any) -> None:
        try:
            while not (self._stopped.is_set() or fetcher._stopped.is_set()):
                if await self._flow_is_on():
                    fetched = await self._fetch()
                    if fetched is not None:
                        await self._hand_over(fetched)
        except (asyncio.CancelledError, *self.consumer_stopped_errors):
            if not self.app.should_stop:
                raise

    async def _flow_is_on(self) -> bool:
        if not self.flow_active:
            await self.wait(self.can_resume_flow, timeout=1.0)
        return bool(self.flow_active)

    async def _fetch(self) -> Fetched | None:
        active = self._get_active_partitions()
        if not active:
            await self.sleep(0.1)
            return None
        wanted = active - self._full if self._full else set(active)
        if not wanted:
            self._room.clear()
            await self.wait(self._room, timeout=0.1)
            return None
        fetched: Fetched | None = await self._thread.fetch(wanted, _POLL_FULL_S if self._full else 1.0)
        if self.options.pause_s:
            await asyncio.sleep(self.options.pause_s)
        return fetched

    async def _hand_over(self, fetched: Fetched) -> None:
        """Deliver a fetch. Every return before the end leaves records to the next assignment, which reads them again.

        A fetch that meets a stopped flow is kept: its records were drained from the present assignment, whose
        position is already behind them. Only another assignment makes it void.
        """
        for tp, records in fetched.records.items():
            self.app.monitor.track_tp_end_offset(tp, self.end_offset(tp))
            wanted = self.delivered.get(tp, 0)
            if records[0].offset < wanted:  # read again after a seek
                records = [record for record in records if record.offset >= wanted]
            while records:
                while not await self._flow_is_on():
                    if self.should_stop:
                        return
                if not self._thread.is_assigned_by(fetched.assignment):
                    return
                records = records[await self._deliver_some(tp, records) :]
        if self._thread.is_assigned_by(fetched.assignment):
            for tp, position in fetched.positions.items():
                self.delivered[tp] = max(position, self.delivered.get(tp, 0))

    async def _deliver_some(self, tp: TP, records: list[Record]) -> int:
        """Hand over a part of the records, as one more message or within the last one; return how many."""
        options, epoch = self.options, self.epoch
        queue = self._open.setdefault(tp, deque())
        if queue and queue[-1].has_room_for(len(records), epoch, options.batch_records_max):
            part = records
            queue[-1].extend(part)
            self._count(tp, part)
            return len(part)
        part = records[: options.batch_records_max]
        message = BatchMessage(tp, list(part), self.app.consumer_generation_id, epoch)
        queue.append(message)
        self._count(tp, part)
        await self._call_conductor(message)
        return len(part)

    def _count(self, tp: TP, part: list[Record]) -> None:
        self.delivered[tp] = part[-1].offset + 1
        self._held[tp] = self._held.get(tp, 0) + len(part)
        if self._held[tp] >= self._held_max(tp):
            self._full.add(tp)

    async def _call_conductor(self, message: BatchMessage) -> None:
        """Put a message into its channel, paying for tasks only if that really has to wait."""
        delivery = self.callback(message)
        try:
            future = delivery.send(None)
        except StopIteration:
            return
        await self.wait_first(_Continued(delivery, future), self.suspend_flow.wait())


class _Continued:
    """Awaits the rest of a coroutine that has already been started."""

    def __init__(self, coroutine: Coroutine[Any, Any, None], future: Any) -> None:
        self._coroutine, self._future = coroutine, future

    def __await__(self) -> Generator[Any, Any, None]:
        future = self._future
        try:
            while True:
                try:
                    value = yield future
                except BaseException as error:
                    future = self._coroutine.throw(error)
                else:
                    future = self._coroutine.send(value)
        except StopIteration:
            return


class BatchProducer(driver.Producer):  # type: ignore[misc] # faust has no types
    """Faust's producer, idempotent and acknowledged by all replicas, which Faust has only inside its transactions."""

    def _settings_extra(self) -> Mapping[str, Any]:
        return {"acks": "all", "enable_idempotence": True}


class BatchTransport(driver.Transport):  # type: ignore[misc] # faust has no types
    Consumer = BatchConsumer
    Producer = BatchProducer
    topics: frozenset[str]
    options: TransportOptions
    hooks: TransportHooks


class StockTransport(BatchTransport):
    Consumer = StockConsumer


def install(
    app: Any,
    topics: Iterable[str],
    options: TransportOptions = TransportOptions(),  # noqa: B008 # frozen
    hooks: TransportHooks = TransportHooks(),  # noqa: B008 # frozen
) -> Edge:
    """Make `app` consume `topics`, all it ever consumes, through our transport; return the agents' side of it.

    To be called before the worker starts and before anything touches `app.topics`.
    Errors: UpstreamChangedError if faust or aiokafka is not the source that the transport was written for.
    """
    check_upstream()
    kind = BatchTransport if options.transport == "batch" else StockTransport
    names = frozenset(topics)

    def make() -> BatchTransport:
        # Built when Faust asks for it, and without loop=: a loop bound at import makes a worker deaf to SIGTERM.
        transport = kind(app.conf.broker_consumer, app)
        transport.topics, transport.options, transport.hooks = names, options, hooks
        return transport

    app._new_transport = make
    app._new_producer_transport = make
    return Edge(app)
