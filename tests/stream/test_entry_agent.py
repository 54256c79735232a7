"""The entry agent: holds what is not due, lets a source go only when all it caused is acknowledged."""

import asyncio
import time
from collections.abc import Callable, Coroutine
from typing import Any

from stream.batches import TP, Batch
from stream.bundle import decode_bundle
from stream.entry_agent import EntryAgent
from stream.entry_processor import EntryProcessor, Limits
from stream.metrics import Metrics, build_metrics
from stream.outbox import Outbox
from stream.progress import Progress
from tests.stream.fake_edge import FakeEdge, batch_of
from tests.stream.fake_producer import FakeProducer
from tests.stream.test_entry_processor import AT_MS, log, transfers

TRANSACTIONS, EVENTS = TP("transactions", 3), TP("account-events", 3)
LOGIN = {"event_id": "l-1", "event_time": "2025-03-03T10:00:00Z", "account": "a-1", "type": "LOGIN"}
NEVER_S, AT_ONCE_S = 1e9, 1e-9


class Desk:
    """An entry agent between a fake transport and a fake producer."""

    def __init__(self, *, acks_itself: bool = True, align_wait_s: float = NEVER_S) -> None:
        self.edge = FakeEdge()
        self.producer = FakeProducer(acks_itself=acks_itself)
        self.failures: list[BaseException] = []
        self.metrics: Metrics = build_metrics()
        self.progress = Progress(self.edge.lag)
        edge: Any = self.edge
        self.agent = EntryAgent(
            edge,
            EntryProcessor(4, Limits()),
            Outbox(lambda: self.producer, self.failures.append),
            self.metrics,
            self.progress,
            keyed_topic="keyed",
            dead_letter_topic="dead-letters",
            align_wait_s=align_wait_s,
            is_input=lambda tp: tp.topic != "keyed",
        )
        self.agent.on_assigned([TRANSACTIONS, EVENTS, TP("keyed", 0)])

    def sent(self) -> set[int]:
        """Return the offsets of the transactions that were sent on."""
        values = [value for batch in self.producer.batches("keyed") for _, value in batch.records]
        return {item.offset for value in values if value is not None for item in decode_bundle(value).events if item.source == 0}


def run(test: Callable[[], Coroutine[Any, Any, None]]) -> None:
    async def bounded() -> None:
        await asyncio.wait_for(test(), 10)

    asyncio.run(bounded())


async def settle() -> None:
    for _ in range(50):
        await asyncio.sleep(0)


def money(count: int, first: int = 0, log_ms: int = AT_MS) -> Batch:
    return batch_of(log("transactions", *transfers(count), first=first, log_ms=log_ms))


def test_a_batch_is_finished_when_all_it_caused_is_acknowledged_and_not_before() -> None:
    async def test() -> None:
        desk = Desk(acks_itself=False)
        batch = batch_of(log("transactions", *transfers(20), b"nonsense"))
        taking = asyncio.create_task(desk.agent.take(batch))
        await settle()
        assert desk.sent() == set(range(20))
        desk.producer.ack("keyed")
        await settle()
        assert desk.edge.finished == []
        desk.producer.ack("dead-letters")
        await settle()
        assert desk.edge.finished == [batch]
        await taking

    run(test)


def test_after_a_failed_write_nothing_is_finished() -> None:
    async def test() -> None:
        desk = Desk(acks_itself=False)
        taking = asyncio.create_task(desk.agent.take(money(5)))
        await settle()
        desk.producer.ack("keyed", OSError("broker gone"))
        await settle()
        assert desk.edge.finished == []
        assert len(desk.failures) == 1
        taking.cancel()

    run(test)


def test_a_batch_waits_for_a_partition_whose_records_are_still_on_their_way() -> None:
    async def test() -> None:
        desk = Desk()
        desk.edge.lags[EVENTS] = 1
        await desk.agent.take(money(5, log_ms=AT_MS + 1_000))
        assert desk.sent() == set()
        await desk.agent.take(batch_of(log("account-events", LOGIN)))
        desk.edge.lags[EVENTS] = 0
        await desk.agent.advance()
        await settle()
        assert desk.sent() == set(range(5))

    run(test)


def test_records_that_it_holds_itself_are_not_waited_for() -> None:
    """A partition's lag counts what the agent holds; only what did not reach it yet is to come."""

    async def test() -> None:
        desk = Desk()
        desk.edge.lags |= {EVENTS: 1, TRANSACTIONS: 5}
        await desk.agent.take(money(5))
        assert desk.sent() == set()
        await desk.agent.take(batch_of(log("account-events", LOGIN)))
        await settle()
        assert desk.sent() == set(range(5))

    run(test)


def test_a_partition_that_does_not_come_forward_is_waited_for_only_so_long() -> None:
    async def test() -> None:
        desk = Desk(align_wait_s=AT_ONCE_S)
        desk.edge.lags[EVENTS] = 1
        await desk.agent.take(money(5))
        assert desk.sent() == set()
        await desk.agent.advance()
        await settle()
        assert desk.sent() == set(range(5))
        assert desk.metrics.registry.get_sample_value("goldenhour_alignment_timeouts_total") == 1

    run(test)


def test_a_partition_that_cannot_be_read_costs_one_wait_and_not_one_for_each_batch() -> None:
    async def test() -> None:
        desk = Desk(align_wait_s=AT_ONCE_S)
        desk.edge.lags[EVENTS] = 1
        await desk.agent.take(money(5))
        await desk.agent.advance()
        for first in (5, 10, 15):
            await desk.agent.take(money(5, first=first))
        await settle()
        assert desk.sent() == set(range(20))
        assert desk.metrics.registry.get_sample_value("goldenhour_alignment_timeouts_total") == 1

    run(test)


def test_a_batch_that_waits_for_its_turn_is_not_taken_for_stuck() -> None:
    async def test() -> None:
        desk = Desk()
        desk.edge.lags |= {EVENTS: 1, TRANSACTIONS: 5}
        desk.progress.assign([TRANSACTIONS, EVENTS])
        await desk.agent.take(money(5, log_ms=AT_MS + 1_000))
        desk.progress.stalled_s()
        time.sleep(0.05)
        before_s = time.monotonic()
        desk.edge.lags[EVENTS] = 2
        await desk.agent.take(batch_of(log("account-events", LOGIN)))
        await settle()
        desk.edge.lags[EVENTS] = 1
        assert (len(desk.edge.finished), desk.sent()) == (1, set())
        stalled_s = desk.progress.stalled_s()
        assert stalled_s <= time.monotonic() - before_s

    run(test)


def test_at_a_revocation_what_is_merely_held_is_given_up_and_what_was_sent_is_finished() -> None:
    async def test() -> None:
        desk = Desk(acks_itself=False)
        sent, held = money(5), money(3, first=5)
        taking = asyncio.create_task(desk.agent.take(sent))
        await settle()
        desk.edge.lags[EVENTS] = 1
        await desk.agent.take(held)
        desk.agent.on_revoked()
        assert desk.edge.given_up == [held]
        desk.producer.ack("keyed")
        await settle()
        assert desk.edge.finished == [sent]
        assert desk.sent() == set(range(5))
        await taking

    run(test)


def test_a_batch_of_an_earlier_assignment_is_given_up_unread() -> None:
    async def test() -> None:
        desk = Desk()
        desk.edge.current = False
        batch = money(5)
        await desk.agent.take(batch)
        assert desk.edge.given_up == [batch]
        assert desk.sent() == set()

    run(test)


def test_dead_letters_are_counted_by_their_code() -> None:
    async def test() -> None:
        desk = Desk()
        await desk.agent.take(batch_of(log("transactions", b"nonsense", b"[]", b"{")))
        counted = {
            code: desk.metrics.registry.get_sample_value("goldenhour_dead_letters_total", {"reason": code})
            for code in ("not_json", "wrong_type", "oversize")
        }
        assert counted == {"not_json": 2, "wrong_type": 1, "oversize": 0}

    run(test)
