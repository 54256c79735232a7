"""The keyed agent: no record is worked on before its state is there, none is let go before all it caused is safe."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from stream.batches import TP, Batch, LoneRecord
from stream.continuity import RecordsGoneError
from stream.entry_processor import EntryProcessor, Limits
from stream.keyed_agent import SLICE_BOUNDS, KeyedAgent, StateUnreachableError, TopicNames
from stream.keyed_processor import Faults, SliceBounds
from stream.metrics import Metrics, build_metrics
from stream.outbox import Outbox
from stream.policy.document import read_policy
from stream.progress import Progress
from stream.settings import Settings
from stream.store import MARKER_KEY, Loaded, payload_of, position_of, value_of
from tests.stream.fake_edge import FakeEdge, batch_of
from tests.stream.fake_producer import FakeProducer
from tests.stream.test_entry_agent import run, settle
from tests.stream.test_entry_processor import log, transfers

KEYED = TP("keyed", 0)


def bundles(count: int, first: int = 0) -> list[LoneRecord]:
    """Return records of `keyed`, each a bundle of one transfer by a payer of its own."""
    entry = EntryProcessor(1, Limits())
    events = [
        event | {"payer": {"account": f"p-{n}"}, "session": {"device": f"d-{n}"}}
        for n, event in enumerate(transfers(first + count))
    ][first:]
    values = [entry.process(log("transactions", event, first=first + n)).bundles[0][0] for n, event in enumerate(events)]
    return [LoneRecord(*KEYED, first + number, 0, None, value) for number, value in enumerate(values)]


async def nothing_yet(partition: int) -> Loaded:
    return Loaded()


class Desk:
    """A keyed agent between a fake transport and a fake producer."""

    def __init__(
        self,
        load: Callable[[int], Awaitable[Loaded]] = nothing_yet,
        *,
        acks_itself: bool = True,
        slice_records_max: int = 1,
        slice_bounds: SliceBounds = SLICE_BOUNDS,
    ) -> None:
        self.edge = FakeEdge()
        self.producer = FakeProducer(acks_itself=acks_itself, partitions=1)
        self.failures: list[BaseException] = []
        self.metrics: Metrics = build_metrics()
        self.progress = Progress(self.edge.lag)
        edge: Any = self.edge
        self.agent = KeyedAgent(
            edge,
            read_policy(Settings()),
            Faults(),
            Outbox(lambda: self.producer, self.failures.append),
            self.metrics,
            self.progress,
            load,
            names=TopicNames(""),
            topic_prefix="",
            partitions=1,
            slice_records_max=slice_records_max,
            live_max=100,
            with_scores=True,
            slice_bounds=slice_bounds,
        )

    def saved(self) -> dict[bytes, bytes | None]:
        """Return the state as the log of the state topic has it now."""
        return {key: value for batch in self.producer.batches("state") for key, value in batch.records}

    def position(self) -> int:
        marker = self.saved()[MARKER_KEY]
        assert marker is not None
        return position_of(marker)


def test_outputs_come_before_state_and_state_before_the_source() -> None:
    async def test() -> None:
        desk = Desk(acks_itself=False, slice_records_max=1_000)
        desk.agent.on_assigned([KEYED], 1)
        batch = batch_of(bundles(3))
        await desk.agent.take(batch)
        await settle()
        assert (len(desk.producer.batches("scores")), desk.producer.batches("state")) == (1, [])
        desk.producer.ack("policy-changes")
        desk.producer.ack("scores")
        await settle()
        assert desk.position() == 2
        assert desk.edge.finished == []
        desk.producer.ack("state")
        await settle()
        assert desk.edge.finished == [batch]

    run(test)


def test_a_batch_of_several_slices_is_finished_with_the_last_of_them() -> None:
    async def test() -> None:
        desk = Desk(acks_itself=False)
        desk.agent.on_assigned([KEYED], 1)
        batch = batch_of(bundles(3))
        await desk.agent.take(batch)
        _, _, _, first_scores = desk.producer.sent[0]
        first_scores.set_result(None)
        desk.producer.ack("policy-changes")
        await settle()
        desk.producer.ack("state")
        await settle()
        assert desk.position() < 2
        assert desk.edge.finished == []
        desk.producer.acks_itself = True
        desk.producer.ack("scores")
        await settle()
        assert desk.position() == 2
        assert desk.edge.finished == [batch]

    run(test)


def test_a_slice_ends_before_it_changes_more_state_than_a_batch_takes() -> None:
    async def test() -> None:
        whole, sliced = (Desk(slice_records_max=1_000, slice_bounds=bounds) for bounds in (SLICE_BOUNDS, SliceBounds(1, 200)))
        batch = batch_of(bundles(60))
        for desk in (whole, sliced):
            desk.agent.on_assigned([KEYED], 1)
            await desk.agent.take(batch)
            await settle()
            assert desk.edge.finished == [batch]
        assert len(whole.producer.batches("state")) == 1
        assert len(sliced.producer.batches("state")) > 1
        assert payloads(sliced) == payloads(whole)

    run(test)


def payloads(desk: Desk) -> dict[bytes, bytes]:
    return {key: payload_of(value) for key, value in desk.saved().items() if value is not None}


def test_a_batch_that_was_worked_off_before_is_finished_once() -> None:
    async def test() -> None:
        desk = Desk()
        desk.agent.on_assigned([KEYED], 1)
        batch, again = batch_of(bundles(10)), batch_of(bundles(10))
        for each in (batch, again):
            await desk.agent.take(each)
            await settle()
        assert desk.edge.finished == [batch, again]

    run(test)


def test_a_batch_waits_until_its_state_is_loaded_and_goes_on_from_it() -> None:
    async def test() -> None:
        first = Desk()
        first.agent.on_assigned([KEYED], 1)
        await first.agent.take(batch_of(bundles(5)))
        await settle()
        may_load = asyncio.Event()
        marker = first.saved().pop(MARKER_KEY)
        assert marker is not None
        values = {key: value for key, value in first.saved().items() if value is not None and key != MARKER_KEY}

        async def load(partition: int) -> Loaded:
            await may_load.wait()
            return Loaded(values, marker[8:], position_of(marker))

        second = Desk(load)
        second.agent.on_assigned([KEYED], 1)
        assert second.agent.is_recovering
        taking = asyncio.create_task(second.agent.take(batch_of(bundles(8))))
        await settle()
        assert second.producer.sent == []
        may_load.set()
        await taking
        await settle()
        assert not second.agent.is_recovering
        assert second.position() == 7
        assert events_counted(second) == 3

    run(test)


def events_counted(desk: Desk) -> float:
    outcomes = ("accepted", "duplicate", "late", "too_late")
    labels = ({"topic": "transactions", "kind": "TRANSFER", "outcome": outcome} for outcome in outcomes)
    return sum(desk.metrics.registry.get_sample_value("goldenhour_events_total", label) or 0.0 for label in labels)


def test_a_state_that_cannot_be_loaded_stops_the_worker() -> None:
    async def test() -> None:
        async def load(partition: int) -> Loaded:
            raise OSError("no broker")

        desk = Desk(load)
        desk.agent.on_assigned([KEYED], 1)
        batch = batch_of(bundles(1))
        await desk.agent.take(batch)
        assert [str(failure) for failure in desk.failures] == ["the state of partition 0 could not be read: OSError"]
        assert isinstance(desk.failures[0], StateUnreachableError)
        assert (desk.edge.finished, desk.producer.sent) == ([], [])

    run(test)


def test_a_state_that_cannot_be_understood_is_not_taken_for_a_fault_of_the_network() -> None:
    async def test() -> None:
        async def load(partition: int) -> Loaded:
            return Loaded({}, b"\xff no marker of ours", 4)

        desk = Desk(load)
        desk.agent.on_assigned([KEYED], 1)
        await desk.agent.take(batch_of(bundles(1)))
        assert [isinstance(failure, StateUnreachableError) for failure in desk.failures] == [False]

    run(test)


@pytest.mark.parametrize(
    ("offsets", "missing"),
    [((5, 6, 7), "records 3 to 4 were removed"), ((0, 1, 4), "records between 0 and 4 were removed")],
    ids=["behind the state", "within a batch"],
)
def test_a_gap_in_the_log_stops_the_worker_before_it_goes_on_as_if_nothing_had_happened(
    offsets: tuple[int, ...], missing: str
) -> None:
    async def test() -> None:
        async def load(partition: int) -> Loaded:
            return Loaded({}, None, 2)

        desk = Desk(load)
        desk.agent.on_assigned([KEYED], 1)
        records = [record for record in bundles(8) if record.offset in offsets]
        with pytest.raises(RecordsGoneError, match=f"keyed partition 0: {missing}.*goldenhour reset"):
            await desk.agent.take(batch_of(records))
        assert (desk.edge.finished, desk.producer.sent) == ([], [])

    run(test)


def test_a_batch_that_begins_before_the_state_and_reaches_beyond_it_is_no_gap() -> None:
    async def test() -> None:
        async def load(partition: int) -> Loaded:
            return Loaded({}, None, 2)

        desk = Desk(load)
        desk.agent.on_assigned([KEYED], 1)
        for first, count in ((1, 2), (2, 3), (5, 1)):
            await desk.agent.take(batch_of(bundles(count, first=first)))
            await settle()
        assert desk.position() == 5
        assert events_counted(desk) == 3

    run(test)


def test_partitions_that_stood_behind_one_that_was_loading_are_not_taken_for_stuck() -> None:
    async def test() -> None:
        may_load = asyncio.Event()

        async def load(partition: int) -> Loaded:
            if partition == 1:
                await may_load.wait()
            return Loaded()

        desk, other = Desk(load), TP("keyed", 1)
        desk.edge.lags |= {KEYED: 1, other: 1}
        desk.progress.assign([KEYED, other])
        desk.agent.on_assigned([KEYED, other], 1)
        await settle()
        desk.progress.stalled_s()
        time.sleep(0.05)
        before_s = time.monotonic()
        may_load.set()
        await settle()
        stalled_s = desk.progress.stalled_s()
        assert not desk.agent.is_recovering
        assert stalled_s <= time.monotonic() - before_s

    run(test)


def test_a_partition_revoked_while_its_state_is_loaded_gives_its_batch_up() -> None:
    async def test() -> None:
        async def load(partition: int) -> Loaded:
            await asyncio.Event().wait()
            raise AssertionError

        desk = Desk(load)
        desk.agent.on_assigned([KEYED], 1)
        batch = batch_of(bundles(1))
        taking = asyncio.create_task(desk.agent.take(batch))
        await settle()
        desk.edge.current = False
        desk.agent.on_revoked()
        await taking
        assert desk.edge.given_up == [batch]
        assert desk.failures == []

    run(test)


@pytest.mark.parametrize(("generation", "loads"), [(1, 1), (2, 1), (3, 2)])
def test_state_is_kept_only_over_directly_following_generations(generation: int, loads: int) -> None:
    async def test() -> None:
        loaded: list[int] = []

        async def load(partition: int) -> Loaded:
            loaded.append(partition)
            return Loaded()

        desk = Desk(load)
        desk.agent.on_assigned([KEYED], 1)
        await settle()
        desk.agent.on_revoked()
        desk.agent.on_assigned([KEYED], generation)
        await settle()
        assert loaded == [0] * loads

    run(test)


def test_a_partition_taken_away_in_mid_batch_is_neither_worked_on_nor_finished() -> None:
    async def test() -> None:
        desk = Desk(acks_itself=False)
        desk.agent.on_assigned([KEYED], 1)
        batch = batch_of(bundles(30))
        taking = asyncio.create_task(desk.agent.take(batch))
        await settle()
        desk.edge.current = False
        desk.agent.on_assigned([], 2)
        desk.producer.acks_itself = True
        desk.producer.ack("scores")
        await taking
        await settle()
        assert desk.edge.given_up == [batch]
        assert (desk.edge.finished, desk.producer.batches("state"), desk.failures) == ([], [], [])

    run(test)


def test_keys_whose_last_record_is_not_their_best_are_saved_again() -> None:
    async def test() -> None:
        better = value_of(4, b"kept")

        async def load(partition: int) -> Loaded:
            return Loaded({b"R:r-1": better}, None, 4, {b"R:r-1", b"R:gone"})

        desk = Desk(load, slice_records_max=1_000)
        desk.agent.on_assigned([KEYED], 1)
        await desk.agent.take(batch_of(bundles(2, first=5)))
        await settle()
        saved = desk.saved()
        assert saved[b"R:r-1"] == better
        assert (b"R:gone" in saved, saved[b"R:gone"]) == (True, None)
        assert desk.position() == 6

    run(test)


def test_many_such_keys_are_saved_again_a_part_with_each_slice() -> None:
    async def test() -> None:
        stored = {b"R:%d" % number: value_of(4, b"x" * 200_000) for number in range(20)}

        async def load(partition: int) -> Loaded:
            return Loaded(dict(stored), None, 4, set(stored))

        desk = Desk(load)
        desk.agent.on_assigned([KEYED], 1)
        for first in range(5, 10):
            await desk.agent.take(batch_of(bundles(1, first=first)))
            await settle()
        sizes = [sum(len(value or b"") for _, value in batch.records) for batch in desk.producer.batches("state")]
        assert max(sizes) < 2_000_000
        assert stored.items() <= desk.saved().items()

    run(test)


def test_alerts_are_counted_when_they_are_acknowledged() -> None:
    """What is published twice after a crash is counted by each life; what never arrived by none."""

    async def test() -> None:
        desk = Desk(acks_itself=False, slice_records_max=1_000)
        desk.agent.on_assigned([KEYED], 1)
        batch: Batch = batch_of(bundles(2))
        await desk.agent.take(batch)
        await settle()
        assert desk.metrics.registry.get_sample_value("goldenhour_write_seconds_count", {"agent": "keyed"}) in (None, 0)
        desk.producer.ack("policy-changes")
        desk.producer.ack("scores")
        await settle()
        desk.producer.ack("state")
        await settle()
        assert desk.metrics.registry.get_sample_value("goldenhour_write_seconds_count", {"agent": "keyed"}) == 1

    run(test)
