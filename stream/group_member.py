"""What both transports share: membership in the consumer group, seen from the event loop of the application.

Hooks around a rebalance, the age of the last accepted heartbeat, the positions of the present assignment, and a
start at the beginning for partitions of which nothing was ever committed.
"""

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from aiokafka.errors import ConsumerStoppedError
from faust.exceptions import ImproperlyConfigured
from faust.transport.drivers import aiokafka as driver

from stream.batches import TP, Record, TransportHooks, TransportOptions

_POSITIONS_EVERY_S = 0.1  # how often the positions of quiet partitions are looked at


@dataclass(frozen=True, slots=True)
class Fetched:
    """Records drained from one assignment, and the offsets at which aiokafka goes on reading its partitions.

    A position may lie behind the last record: what ends a transaction, or was compacted away, takes offsets too.
    """

    records: Mapping[TP, list[Record]]
    positions: Mapping[TP, int]
    assignment: object


class MemberThread(driver.AIOKafkaConsumerThread):  # type: ignore[misc] # faust has no types
    """The thread in which the aiokafka consumer lives."""

    heartbeat_s = 0.0  # time.monotonic() when the last accepted heartbeat was sent; at first, when this thread started
    _positions_s = 0.0

    async def on_start(self) -> None:
        self.heartbeat_s = time.monotonic()
        await super().on_start()
        coordinator = self._consumer._coordinator
        send = coordinator._do_heartbeat

        async def heartbeat() -> bool:
            sent_s = time.monotonic()
            accepted: bool = await send()
            if accepted:
                self.heartbeat_s = sent_s
            return accepted

        coordinator._do_heartbeat = heartbeat

    def _create_worker_consumer(self, transport: Any) -> Any:
        if self.app.conf.consumer_auto_offset_reset != "earliest":
            raise ImproperlyConfigured("consumer_auto_offset_reset must be earliest: a new group starts at the beginning")
        consumer = super()._create_worker_consumer(transport)
        consumer._fetch_max_wait_ms = self.transport.options.fetch_wait_ms  # Faust has 1500 in its code
        return consumer

    async def on_partitions_assigned(self, assigned: set[TP], generation_id: int = 0) -> None:
        self.heartbeat_s = time.monotonic()  # joining the group counts as a heartbeat
        await super().on_partitions_assigned(assigned, generation_id)

    async def seek_to_committed(self) -> Mapping[TP, int]:
        offsets: Mapping[TP, int] = await self.call_thread(self._seek_to_committed)
        return offsets

    async def _seek_to_committed(self) -> Mapping[TP, int]:
        consumer = self._ensure_consumer()
        committed: Mapping[TP, int] = await consumer.seek_to_committed()
        # aiokafka leaves a partition without a committed offset where it is, even if records were drained from it
        # and dropped since: they would never be read.
        if untouched := [tp for tp, offset in committed.items() if not offset]:
            for tp, begin in (await consumer.beginning_offsets(untouched)).items():
                consumer.seek(tp, begin)
        return committed

    def is_assigned_by(self, assignment: object) -> bool:
        subscription = self._ensure_consumer()._subscription.subscription
        return subscription is not None and subscription.assignment is assignment

    async def fetch(self, partitions: set[TP], timeout: float) -> Fetched | None:
        """Return what was fetched of these partitions, waiting up to `timeout` seconds; None while the flow is off."""
        fetched: Fetched | None = await self.call_thread(self._fetch, partitions, timeout)
        return fetched

    async def _fetch(self, partitions: set[TP], timeout: float) -> Fetched | None:
        if not self.consumer.flow_active:  # else a fetch waiting for an assignment would block the calls behind it
            return None
        consumer = self._ensure_consumer()
        if consumer._closed or consumer._fetcher._closed:
            raise ConsumerStoppedError
        with consumer._fetcher._subscriptions.fetch_context():
            records = await consumer._fetcher.fetched_records(partitions, timeout=timeout)
        # Nothing awaits between the draining inside fetched_records and here: assignment, positions and records agree.
        subscription = consumer._subscription.subscription
        if subscription is None or subscription.assignment is None:
            return None
        return Fetched(records, self._positions(subscription.assignment, records), subscription.assignment)

    def _positions(self, assignment: Any, records: Mapping[TP, list[Record]]) -> Mapping[TP, int]:
        now_s = time.monotonic()
        looked_at: Iterable[TP] = records
        if not records or now_s - self._positions_s > _POSITIONS_EVERY_S:
            self._positions_s, looked_at = now_s, assignment.tps
        states = {tp: assignment.state_value(tp) for tp in looked_at}
        return {tp: state.position for tp, state in states.items() if state.has_valid_position}


class GroupMember(driver.Consumer):  # type: ignore[misc] # faust has no types
    """Faust's consumer with hooks, epochs and positions. An epoch lasts from one assignment to the next.

    Generations do not do for that: a member that rejoins a group which did not change keeps its generation, but its
    queues were emptied and its positions set back.
    """

    _thread: MemberThread
    options: TransportOptions
    hooks: TransportHooks

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.epoch = 0
        self.delivered: dict[TP, int] = {}  # offset after the last one handed over in this epoch
        super().__init__(*args, **kwargs)
        self.options, self.hooks = self.transport.options, self.transport.hooks

    def _new_consumer_thread(self) -> MemberThread:
        return MemberThread(self, loop=self.loop, beacon=self.beacon)

    async def subscribe(self, topics: Iterable[str]) -> None:
        if strange := set(topics) - self.transport.topics:
            raise ImproperlyConfigured(f"not a topic of the installed transport: {', '.join(sorted(strange))}")
        await super().subscribe(topics)

    def stop_flow(self) -> None:
        super().stop_flow()
        self.hooks.on_revoked(frozenset(TP(*tp) for tp in self.assignment()))

    async def on_partitions_assigned(self, assigned: set[TP], generation_id: int = 0) -> None:
        super().stop_flow()  # on already after an empty assignment; Faust resumes it when the new one is ready
        self.begin_epoch()
        self.hooks.on_assigned(frozenset(TP(*tp) for tp in assigned), generation_id)
        await super().on_partitions_assigned(assigned, generation_id)

    def begin_epoch(self) -> None:
        self.epoch += 1
        self.delivered.clear()

    def is_current(self, message: Any) -> bool:
        return bool(self.flow_active and message.epoch == self.epoch)

    def delivered_position(self, tp: TP) -> int | None:
        return self.delivered.get(tp)

    def end_offset(self, tp: TP) -> int | None:
        """Return the offset after the last record at the broker, as of the last fetch; None if never fetched."""
        subscription = self._thread._ensure_consumer()._subscription.subscription
        assignment = subscription.assignment if subscription is not None else None
        if assignment is None or tp not in assignment.tps:
            return None
        end: int | None = assignment.state_value(tp).highwater
        return end

    def held_records(self, tp: TP) -> int:
        raise NotImplementedError

    def seconds_since_heartbeat(self) -> float:
        return time.monotonic() - self._thread.heartbeat_s
