"""The order of writes: outputs, their acks, state, its ack, and only then the source may go."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from stream.batches import TP
from stream.outbox import (
    LeaseLostError,
    Outbox,
    OutboxOptions,
    Publish,
    StateChange,
    StateTooLargeError,
    WriteFailedError,
)
from stream.output_lane import RecordTooLargeError
from stream.partition_writer import PartitionWriter
from stream.partitioning import partition_of
from stream.store import MARKER_KEY, value_of
from tests.stream.fake_producer import FakeProducer

STATE = TP("state", 3)


def run(test: Callable[[], Coroutine[Any, Any, None]]) -> None:
    async def bounded() -> None:
        await asyncio.wait_for(test(), 10)

    asyncio.run(bounded())


async def settle() -> None:
    """Let everything happen that waits for nobody."""
    for _ in range(20):
        await asyncio.sleep(0)


class Bench:
    """An outbox over a fake producer, and what it reported."""

    def __init__(self, producer: FakeProducer, lease: Callable[[], bool] = lambda: True, **options: Any) -> None:
        self.producer = producer
        self.failures: list[BaseException] = []
        self.done: list[object] = []
        self.outbox = Outbox(lambda: producer, self.failures.append, lease, OutboxOptions(**options))

    def writer(self, state: TP | None = STATE) -> PartitionWriter:
        return PartitionWriter(self.outbox, state)

    def mark(self, name: object) -> Callable[[], None]:
        return lambda: self.done.append(name)


def alert(text: bytes = b"a", partition: int | None = 0) -> Publish:
    return Publish("alerts", partition, b"key", text)


def change(position: int, **values: bytes | None) -> StateChange:
    changed = {key.encode(): value if value is None else value_of(position, value) for key, value in values.items()}
    return StateChange(changed, position, b"marker %d" % position)


def test_state_is_written_only_after_the_outputs_are_acknowledged() -> None:
    async def test() -> None:
        bench = Bench(FakeProducer(acks_itself=False))
        await bench.writer().add([alert()], change(7, k=b"v"), bench.mark("job"))
        await settle()
        before = bench.producer.batches("state")
        bench.producer.ack("alerts")
        await settle()
        assert (before, len(bench.producer.batches("state"))) == ([], 1)

    run(test)


def test_the_source_goes_only_after_the_state_is_acknowledged() -> None:
    async def test() -> None:
        bench = Bench(FakeProducer(acks_itself=False))
        await bench.writer().add([], change(7, k=b"v"), bench.mark("job"))
        await settle()
        before = list(bench.done)
        bench.producer.ack("state")
        await settle()
        assert (before, bench.done) == ([], ["job"])

    run(test)


def test_a_job_without_state_is_done_when_its_outputs_are_acknowledged() -> None:
    async def test() -> None:
        bench = Bench(FakeProducer())
        await bench.writer(state=None).add([alert()], None, bench.mark("job"))
        await settle()
        assert (bench.done, bench.producer.batches("state")) == (["job"], [])

    run(test)


def test_a_state_batch_ends_with_the_marker_of_its_position() -> None:
    async def test() -> None:
        bench = Bench(FakeProducer())
        await bench.writer().add([], change(7, k=b"v"), bench.mark("job"))
        await settle()
        (batch,) = bench.producer.batches("state")
        assert batch.records == [(b"k", value_of(7, b"v")), (MARKER_KEY, value_of(7, b"marker 7"))]

    run(test)


def test_a_deleted_key_carries_the_position_of_its_deletion() -> None:
    async def test() -> None:
        bench = Bench(FakeProducer())
        await bench.writer().add([], change(7, k=None), bench.mark("job"))
        await settle()
        (batch,) = bench.producer.batches("state")
        assert (batch.records[0], batch.headers[0]) == ((b"k", None), [("position", value_of(7, b""))])

    run(test)


def test_jobs_that_wait_for_an_earlier_state_share_one_batch_in_which_later_values_win() -> None:
    async def test() -> None:
        bench = Bench(FakeProducer(acks_itself=False))
        writer = bench.writer()
        for position in (1, 2, 3):
            await writer.add([], change(position, k=b"%d" % position, **{f"k{position}": b"v"}), bench.mark(position))
            await settle()
        bench.producer.ack("state")
        await settle()
        _, second = bench.producer.batches("state")
        assert dict(second.records) == {
            b"k": value_of(3, b"3"),
            b"k2": value_of(2, b"v"),
            b"k3": value_of(3, b"v"),
            MARKER_KEY: value_of(3, b"marker 3"),
        }

    run(test)


def test_the_next_state_waits_for_the_ack_of_the_previous_one() -> None:
    async def test() -> None:
        bench = Bench(FakeProducer(acks_itself=False))
        writer = bench.writer()
        await writer.add([], change(1, k=b"v"), bench.mark(1))
        await settle()
        await writer.add([], change(2, k=b"w"), bench.mark(2))
        await settle()
        assert len(bench.producer.batches("state")) == 1

    run(test)


def test_a_job_whose_outputs_are_not_acknowledged_stays_out_of_the_shared_batch() -> None:
    async def test() -> None:
        bench = Bench(FakeProducer(acks_itself=False))
        writer = bench.writer()
        await writer.add([], change(1, k=b"v"), bench.mark(1))
        await settle()
        await writer.add([alert()], change(2, k=b"w"), bench.mark(2))
        await settle()
        bench.producer.ack("state")
        await settle()
        assert (bench.done, len(bench.producer.batches("state"))) == ([1], 1)

    run(test)


def test_a_shared_state_batch_stays_within_its_limit() -> None:
    async def test() -> None:
        bench = Bench(FakeProducer(acks_itself=False), state_batch_bytes_max=1_000)
        writer = bench.writer()
        for position in (1, 2, 3):
            await writer.add([], change(position, **{f"k{position}": bytes(300)}), bench.mark(position))
            await settle()
        bench.producer.ack("state")
        await settle()
        assert [len(batch.records) for batch in bench.producer.batches("state")] == [2, 2 + 1]
        assert all(batch.size() <= 1_000 for batch in bench.producer.batches("state"))

    run(test)


def test_jobs_are_done_in_the_order_in_which_they_were_added() -> None:
    async def test() -> None:
        bench = Bench(FakeProducer())
        writer = bench.writer()
        for number in range(30):
            await writer.add([alert()], change(number, k=b"v") if number % 3 else None, bench.mark(number))
        await writer.drain()
        assert bench.done == list(range(30))

    run(test)


def test_adding_waits_while_the_chain_is_full() -> None:
    async def test() -> None:
        bench = Bench(FakeProducer(acks_itself=False), depth=2)
        writer = bench.writer()
        adding = [asyncio.create_task(writer.add([], change(n, k=b"v"), bench.mark(n))) for n in range(3)]
        await settle()
        full = [task.done() for task in adding]
        bench.producer.ack("state")
        await settle()
        assert (full, adding[2].done()) == ([True, True, False], True)

    run(test)


def test_a_refused_output_fails_once_and_nothing_is_done_afterwards() -> None:
    async def test() -> None:
        bench = Bench(FakeProducer(acks_itself=False))
        writer, other = bench.writer(), bench.writer()
        await writer.add([alert()], change(1, k=b"v"), bench.mark("refused"))
        await other.add([], change(1, k=b"v"), bench.mark("other"))
        await settle()
        bench.producer.ack("alerts", OSError("no"))
        await settle()
        bench.producer.ack("state")
        await settle()
        assert bench.done == []
        assert [type(failure) for failure in bench.failures] == [WriteFailedError]

    run(test)


def test_a_refused_state_fails_and_names_its_partition() -> None:
    async def test() -> None:
        bench = Bench(FakeProducer(acks_itself=False))
        await bench.writer().add([], change(1, k=b"v"), bench.mark("job"))
        await settle()
        bench.producer.ack("state", OSError("message too large"))
        await settle()
        assert bench.done == []
        assert str(bench.failures[0]) == "state to state:3: OSError: message too large"

    run(test)


def test_a_producer_that_takes_nothing_fails_the_job() -> None:
    async def test() -> None:
        bench = Bench(FakeProducer())
        bench.producer.refusal = OSError("closed")
        await bench.writer().add([alert()], None, bench.mark("job"))
        await settle()
        assert bench.done == []
        assert "closed" in str(bench.failures[0])

    run(test)


def test_an_ack_that_never_comes_is_a_failure() -> None:
    async def test() -> None:
        bench = Bench(FakeProducer(acks_itself=False), ack_timeout_s=0.05)
        writer = bench.writer()
        await writer.add([alert()], None, bench.mark("job"))
        with pytest.raises(WriteFailedError):
            await writer.drain()
        assert (bench.done, len(bench.failures)) == ([], 1)

    run(test)


def test_after_a_failure_no_job_is_taken() -> None:
    async def test() -> None:
        bench = Bench(FakeProducer())
        bench.outbox.fail(OSError("no"))
        with pytest.raises(WriteFailedError):
            await bench.writer().add([alert()], None, bench.mark("job"))
        assert bench.producer.sent == []

    run(test)


def test_whoever_waits_for_room_hears_of_another_partitions_failure() -> None:
    async def test() -> None:
        bench = Bench(FakeProducer(acks_itself=False), depth=1)
        writer = bench.writer()
        await writer.add([], change(1, k=b"v"), bench.mark(1))
        waiting = asyncio.create_task(writer.add([], change(2, k=b"v"), bench.mark(2)))
        await settle()
        bench.outbox.fail(OSError("no"))
        with pytest.raises(WriteFailedError):
            await waiting

    run(test)


def test_without_the_lease_no_state_is_written() -> None:
    async def test() -> None:
        bench = Bench(FakeProducer(), lease=lambda: False)
        await bench.writer().add([alert()], change(1, k=b"v"), bench.mark("job"))
        await settle()
        assert (bench.producer.batches("state"), bench.done) == ([], [])
        assert [type(failure) for failure in bench.failures] == [LeaseLostError]

    run(test)


def test_a_failing_end_of_a_job_is_a_failure() -> None:
    async def test() -> None:
        bench = Bench(FakeProducer())
        await bench.writer().add([alert()], None, lambda: [][1])
        await settle()
        assert [type(failure) for failure in bench.failures] == [IndexError]

    run(test)


def test_an_abandoned_chain_marks_nothing_done_and_takes_no_more() -> None:
    async def test() -> None:
        bench = Bench(FakeProducer(acks_itself=False))
        writer = bench.writer()
        await writer.add([], change(1, k=b"v"), bench.mark(1))
        await settle()
        writer.abandon()
        bench.producer.ack("state")
        await writer.add([alert()], change(2, k=b"v"), bench.mark(2))
        await writer.drain()
        assert (bench.done, bench.failures, bench.producer.batches("alerts")) == ([], [], [])

    run(test)


def test_an_output_larger_than_its_topic_takes_is_told_before_anything_is_sent() -> None:
    async def test() -> None:
        bench = Bench(FakeProducer(), batch_bytes_max_of={"alerts": 1_000})
        with pytest.raises(RecordTooLargeError, match="alerts, which takes 1000"):
            await bench.writer().add([alert(), alert(bytes(1_000))], None, bench.mark("job"))
        await settle()
        assert (bench.producer.sent, bench.failures) == ([], [])

    run(test)


def test_a_state_too_large_for_one_batch_is_told_before_anything_is_sent() -> None:
    async def test() -> None:
        bench = Bench(FakeProducer(), state_batch_bytes_max=1_000)
        with pytest.raises(StateTooLargeError):
            await bench.writer().add([alert()], change(1, k=bytes(1_000)), bench.mark("job"))
        await settle()
        assert bench.producer.sent == []

    run(test)


def test_a_position_that_goes_back_is_refused() -> None:
    async def test() -> None:
        bench = Bench(FakeProducer())
        writer = bench.writer()
        await writer.add([], change(5, k=b"v"), bench.mark(5))
        with pytest.raises(ValueError, match="position 4 after 5"):
            await writer.add([], change(4, k=b"v"), bench.mark(4))

    run(test)


def test_a_first_position_behind_the_loaded_state_is_refused() -> None:
    async def test() -> None:
        bench = Bench(FakeProducer())
        with pytest.raises(ValueError, match="position 4 after 9"):
            await PartitionWriter(bench.outbox, STATE, 9).add([], change(4, k=b"v"), bench.mark(4))

    run(test)


def test_state_without_a_changelog_is_refused() -> None:
    async def test() -> None:
        bench = Bench(FakeProducer())
        with pytest.raises(ValueError, match="no changelog"):
            await bench.writer(state=None).add([], change(1, k=b"v"), bench.mark("job"))

    run(test)


def test_outputs_of_several_jobs_for_one_partition_ride_in_one_batch() -> None:
    async def test() -> None:
        bench = Bench(FakeProducer())
        writers = [bench.writer(state=None) for _ in range(5)]
        await asyncio.gather(*[w.add([alert(b"%d" % n)], None, bench.mark(n)) for n, w in enumerate(writers)])
        await settle()
        (batch,) = bench.producer.batches("alerts")
        assert [value for _, value in batch.records] == [b"0", b"1", b"2", b"3", b"4"]
        assert bench.done == [0, 1, 2, 3, 4]

    run(test)


def test_batches_of_outputs_are_cut_at_the_limit_and_keep_their_order() -> None:
    async def test() -> None:
        bench = Bench(FakeProducer(), batch_bytes_max=500)
        await bench.writer(state=None).add([alert(b"%03d" % n + bytes(100)) for n in range(20)], None, bench.mark(1))
        await settle()
        values = [value[:3] for batch in bench.producer.batches("alerts") for _, value in batch.records if value]
        assert values == [b"%03d" % n for n in range(20)]
        assert all(batch.size() <= 500 for batch in bench.producer.batches("alerts"))

    run(test)


def test_an_output_without_a_partition_goes_where_its_key_belongs() -> None:
    async def test() -> None:
        bench = Bench(FakeProducer(partitions=8))
        keys = [b"account-%d" % n for n in range(40)]
        outputs = [Publish("alerts", None, key, b"v", 1_700_000_000_000) for key in keys]
        await bench.writer(state=None).add(outputs, None, bench.mark(1))
        await settle()
        placed = {key: partition for _, partition, batch, _ in bench.producer.sent for key, _ in batch.records}
        assert placed == {key: partition_of(key, 8) for key in keys}
        assert {stamp for batch in bench.producer.batches("alerts") for stamp in batch.timestamps} == {1_700_000_000_000}

    run(test)


def test_records_bear_the_headers_of_their_topic_and_count_them_in_the_size_of_a_batch() -> None:
    async def test() -> None:
        bench = Bench(FakeProducer(), batch_bytes_max=400, headers_of={"alerts": lambda raw: [("ce_id", raw)]})
        other = Publish("traces", 0, b"key", b"t")
        await bench.outbox.publish([alert(b"a" * 90), alert(b"b" * 90), other])
        await settle()
        batches = bench.producer.batches("alerts")
        assert [batch.headers for batch in batches] == [[[("ce_id", b"a" * 90)]], [[("ce_id", b"b" * 90)]]]
        assert [list(batch.headers[0]) for batch in bench.producer.batches("traces")] == [[]]

    run(test)


def test_a_record_that_fits_only_without_its_headers_is_refused() -> None:
    async def test() -> None:
        bench = Bench(FakeProducer(), batch_bytes_max=200, headers_of={"alerts": lambda raw: [("ce_id", b"x" * 100)]})
        with pytest.raises(RecordTooLargeError):
            await bench.outbox.publish([alert(b"a" * 100)])

    run(test)
