"""State on a real broker: whole or not at all, and right for every key whatever happens to its workers."""

import asyncio
from pathlib import Path

import aiokafka
import pytest

from stream.batches import TP
from stream.brokers import KafkaBroker
from stream.faust_settings import STATE_BATCH_BYTES_MAX
from stream.outbox import Outbox, StateChange
from stream.partition_writer import PartitionWriter
from stream.store import Loaded, changes_size_bytes, load, value_of
from tests.integration.counting_check import Ledger
from tests.integration.kafka_tools import COMPACTED, make_topics, run, wait_until_read
from tests.integration.worker_process import WorkerProcess
from tests.waiting import wait_until

pytestmark = pytest.mark.broker

EXIT_WRITE_FAILED = 70
SESSION_S = 6  # the shortest that a broker allows by default

# A state batch holds 12 of these slices at most (OutboxOptions.depth). So the second one of a partition, which a stopping
# worker has in hand, ends before the last 500 of the partition's 3,000 events, among which every key has one.
EVENTS = 12_000
SLICE = "batch=100"


def test_after_kill_9_in_mid_batch_every_event_is_counted_once_and_no_batch_is_torn(
    kafka: KafkaBroker, topic_prefix: str, tmp_path: Path
) -> None:
    ledger = Ledger(kafka.bootstrap, topic_prefix)
    run(ledger.begin(EVENTS))
    arguments = *ledger.arguments, SLICE, "instance=one"
    for moment in ("before", "after"):
        with WorkerProcess(tmp_path / moment, "counting_worker", *arguments, f"stop={moment}") as worker:
            worker.wait_for_stop("STOPS")
            worker.kill()
    with WorkerProcess(tmp_path / "last", "counting_worker", *arguments):
        run(wait_until_read(ledger.bootstrap, ledger.group, [ledger.source]))
    run(ledger.assert_exact())
    assert run(ledger.torn_batches()) == 0


def owned(worker: WorkerProcess) -> int:
    """Return how many partitions it was assigned last."""
    return len(worker.lines("ASSIGNED")[-1]) if worker.lines("ASSIGNED") else 0


def test_a_worker_that_slept_through_its_session_cannot_win_over_its_successor(
    kafka: KafkaBroker, topic_prefix: str, tmp_path: Path
) -> None:
    ledger = Ledger(kafka.bootstrap, topic_prefix)
    run(ledger.begin(0))
    # no lease and no deadline of an ack: the sleeper lives on after its late write, as if it had never slept
    arguments = *ledger.arguments, SLICE, f"session={SESSION_S}", "lease=1000", "ack=1000"
    with (
        WorkerProcess(tmp_path / "sleeper", "counting_worker", *arguments, "stop=around") as sleeper,
        WorkerProcess(tmp_path / "successor", "counting_worker", *arguments) as successor,
    ):
        wait_until(lambda: owned(sleeper) == owned(successor) == 2)
        run(ledger.add(0, EVENTS))
        _, _, keys_in_hand = sleeper.wait_for_stop("STOPS")
        wait_until(lambda: owned(successor) == ledger.partitions)
        run(wait_until_read(ledger.bootstrap, ledger.group, [ledger.source]))
        assert run(ledger.stale_keys()) == 0
        sleeper.resume()
        sleeper.wait_for_stop("LANDED")  # and holds still: its next writes may be as new as the successor's and cover this one
        assert run(ledger.stale_keys()) >= int(keys_in_hand) > 0
        run(ledger.assert_exact())
        sleeper.resume()
        wait_until(lambda: owned(successor) == 2)
        run(ledger.add(EVENTS, 2_000))
        run(wait_until_read(ledger.bootstrap, ledger.group, [ledger.source]))
        assert (sleeper.terminate(), successor.terminate()) == (0, 0)
    run(ledger.assert_exact())


@pytest.mark.parametrize("topic", ["state", "alerts"])
def test_a_write_that_the_broker_refuses_ends_the_worker_and_commits_nothing(
    kafka: KafkaBroker, topic_prefix: str, tmp_path: Path, topic: str
) -> None:
    ledger = Ledger(kafka.bootstrap, topic_prefix)
    run(ledger.begin(2_000, **{topic: {"max.message.bytes": "1"}}))
    with WorkerProcess(tmp_path / "log", "counting_worker", *ledger.arguments) as worker:
        assert worker.wait() == EXIT_WRITE_FAILED
        assert "MessageSizeTooLarge" in " ".join(worker.lines("FAILED")[0])
    assert sum(run(ledger.committed()).values()) == 0


async def writes(bootstrap: str, topic: str, changes: list[StateChange]) -> list[BaseException]:
    """Write state as a worker does, one batch for each change; return the failures."""
    failures: list[BaseException] = []
    producer = aiokafka.AIOKafkaProducer(
        bootstrap_servers=bootstrap, enable_idempotence=True, max_batch_size=STATE_BATCH_BYTES_MAX + (64 << 10)
    )
    async with producer:
        writer = PartitionWriter(Outbox(lambda: producer, failures.append), TP(topic, 0))
        for change in changes:
            await writer.add([], change, lambda: None)
            await writer.drain()
    return failures


@pytest.fixture
def topic(kafka: KafkaBroker, topic_prefix: str) -> str:
    name = f"{topic_prefix}state"
    run(make_topics(kafka.bootstrap, {name: 2}, {name: COMPACTED}))
    return name


def change(position: int, changed: dict[bytes, bytes | None]) -> StateChange:
    values = {key: payload if payload is None else value_of(position, payload) for key, payload in changed.items()}
    return StateChange(values, position, b"marker")


def test_the_largest_state_batch_is_one_batch_and_reads_back(kafka: KafkaBroker, topic: str) -> None:
    values = {b"key-%06d" % n: n.to_bytes(4, "little") * 200 for n in range(18_700)}
    size_bytes = changes_size_bytes(dict(change(5, dict(values)).changed), b"marker")
    assert STATE_BATCH_BYTES_MAX - 100_000 < size_bytes <= STATE_BATCH_BYTES_MAX
    assert run(writes(kafka.bootstrap, topic, [change(5, dict(values))])) == []
    loaded = run(load(kafka.bootstrap, topic, 0))
    assert loaded.values == {key: value_of(5, payload) for key, payload in values.items()}
    assert (loaded.position, loaded.marker, loaded.records) == (5, b"marker", 18_701)


def test_deleted_keys_stay_deleted_when_a_late_write_comes_after(kafka: KafkaBroker, topic: str) -> None:
    run(writes(kafka.bootstrap, topic, [change(5, {b"a": b"1", b"b": b"1"}), change(9, {b"a": None})]))
    run(writes(kafka.bootstrap, topic, [change(7, {b"a": b"late", b"b": b"2"})]))
    loaded = run(load(kafka.bootstrap, topic, 0))
    assert (loaded.values, loaded.position, loaded.stale_last) == ({b"b": value_of(7, b"2")}, 9, {b"a"})


def test_several_partitions_are_loaded_side_by_side_and_an_empty_one_is_empty(kafka: KafkaBroker, topic: str) -> None:
    run(writes(kafka.bootstrap, topic, [change(5, {b"a": b"1"})]))

    async def both() -> list[Loaded]:
        return list(await asyncio.gather(*(load(kafka.bootstrap, topic, partition) for partition in (0, 1))))

    first, second = run(both())
    assert (len(first.values), second.values, second.marker, second.position) == (1, {}, None, -1)


def test_what_compaction_took_away_does_not_keep_the_reader_waiting(kafka: KafkaBroker, topic_prefix: str) -> None:
    name = f"{topic_prefix}compacted"
    quick = {"segment.ms": "100", "min.cleanable.dirty.ratio": "0.01", "min.compaction.lag.ms": "0", **COMPACTED}
    run(make_topics(kafka.bootstrap, {name: 1}, {name: quick}))

    async def written_until_compacted() -> Loaded:
        position = 0
        while True:
            changes = [change(position + n, {b"a": b"%d" % (position + n)}) for n in range(20)]
            assert await writes(kafka.bootstrap, name, changes) == []
            position += 20
            loaded = await load(kafka.bootstrap, name, 0)
            assert loaded.values == {b"a": value_of(position - 1, b"%d" % (position - 1))}
            if loaded.records < 2 * position:
                return loaded
            await asyncio.sleep(0.5)

    assert run(written_until_compacted()).position > 0
