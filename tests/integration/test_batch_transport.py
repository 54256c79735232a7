"""The transport on a real broker: nothing lost, nothing committed early, nobody starved."""

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest

from stream.brokers import KafkaBroker
from tests.integration.counting_check import Ledger
from tests.integration.kafka_tools import committed, fill, make_topics, run, wait_until_read
from tests.integration.worker_process import WorkerProcess

pytestmark = pytest.mark.broker

HELD_MAX = 1_000
HELD_EVENTS = 6_000
OTHER_EVENTS = 3_000
FETCH_RECORDS = 300  # more than the worker's fetch of 20,000 bytes, and a batch on top, holds of these records


def read(ledger: Ledger) -> None:
    run(wait_until_read(ledger.bootstrap, ledger.group, [ledger.source]))


def test_both_transports_deliver_the_same_records_and_commit_the_same_offsets(
    kafka: KafkaBroker, topic_prefix: str, tmp_path: Path
) -> None:
    ledgers = {kind: Ledger(kafka.bootstrap, f"{topic_prefix}{kind}-") for kind in ("batch", "stock")}
    for ledger in ledgers.values():
        run(ledger.begin(3_000))
    with ExitStack() as stack:
        for kind, ledger in ledgers.items():
            worker = WorkerProcess(tmp_path / kind, "counting_worker", *ledger.arguments, f"transport={kind}")
            stack.enter_context(worker)
        for ledger in ledgers.values():
            read(ledger)
    batch, stock = (run(ledger.found()) for ledger in ledgers.values())
    offsets = [[offset for _, offset in sorted(run(ledger.committed()).items())] for ledger in ledgers.values()]
    assert batch[:2] == stock[:2]
    assert sorted(set(batch[2])) == sorted(set(stock[2]))
    assert offsets[0] == offsets[1]
    run(ledgers["batch"].assert_exact())


@pytest.fixture
def topics(kafka: KafkaBroker, topic_prefix: str) -> tuple[str, str]:
    """Two filled topics: the first has a partition that the worker holds, with HELD_EVENTS in it."""
    held, other = f"{topic_prefix}held", f"{topic_prefix}other"
    run(make_topics(kafka.bootstrap, {held: 2, other: 2}))
    run(fill(kafka.bootstrap, ((held, 0, b"k", b"%0100d" % n) for n in range(HELD_EVENTS)), batch_bytes_max=10_000))
    rest = [(held, 1), (other, 0), (other, 1)]
    run(fill(kafka.bootstrap, ((*rest[n % 3], b"k", b"%0100d" % n) for n in range(OTHER_EVENTS))))
    return held, other


def next_report(worker: WorkerProcess, meets: Callable[[list[str]], bool]) -> list[str]:
    """Return how it stands as soon as that meets a condition."""
    while not meets(report := worker.wait_for("STANDS", len(worker.lines("STANDS")) + 1)):
        pass
    return report


def test_an_agent_that_holds_one_partition_gets_the_others_and_loses_nothing(
    kafka: KafkaBroker, topics: tuple[str, str], topic_prefix: str, tmp_path: Path
) -> None:
    group = f"{topic_prefix}holder"
    with WorkerProcess(tmp_path / "log", "holding_worker", kafka.bootstrap, group, *topics, str(HELD_MAX)) as worker:
        next_report(worker, lambda report: int(report[0]) >= HELD_MAX and report[3] == str(OTHER_EVENTS))
        held, behind, lag, _, others_are_at_their_end = worker.wait_for("STANDS", len(worker.lines("STANDS")) + 5)
        assert worker.terminate() == 0
    assert HELD_MAX <= int(held) <= HELD_MAX + FETCH_RECORDS
    assert (behind, lag, others_are_at_their_end) == ("True", str(HELD_EVENTS), "True")
    offsets = run(committed(kafka.bootstrap, group, topics))
    assert offsets.pop((topics[0], 0)) == 0
    assert sum(offsets.values()) == OTHER_EVENTS
    with WorkerProcess(tmp_path / "again", "holding_worker", kafka.bootstrap, group, *topics, "1000000") as worker:
        next_report(worker, lambda report: report[0] == str(HELD_EVENTS))
        assert worker.terminate() == 0


def test_a_worker_asked_to_end_finishes_what_it_began_and_commits_it(kafka: KafkaBroker, topic_prefix: str, tmp_path: Path) -> None:
    ledger = Ledger(kafka.bootstrap, topic_prefix)
    run(ledger.begin(12_000))
    with WorkerProcess(tmp_path / "log", "counting_worker", *ledger.arguments, "batch=100", "stop=before") as worker:
        worker.wait_for_stop("STOPS")
        assert worker.terminate() == 0
    _, markers, _ = run(ledger.found())
    offsets = run(ledger.committed())
    assert {tp[1]: offset for tp, offset in offsets.items() if offset} == {p: n for p, n in markers.items() if n}
    assert 0 < sum(offsets.values()) < 12_000


def test_workers_that_join_and_leave_lose_and_repeat_nothing(kafka: KafkaBroker, topic_prefix: str, tmp_path: Path) -> None:
    ledger = Ledger(kafka.bootstrap, topic_prefix)
    run(ledger.begin(20_000))
    arguments = *ledger.arguments, "work_us=150", "batch=200"
    with WorkerProcess(tmp_path / "first", "counting_worker", *arguments) as first:
        with ledger.under_load(20_000):
            first.wait_for("SAVED")
            with WorkerProcess(tmp_path / "second", "counting_worker", *arguments) as second:
                second.wait_for("LOADED", 2)
                assert second.terminate() == 0
        read(ledger)
        assert first.terminate() == 0
    run(ledger.assert_exact())
    _, _, raised = run(ledger.found())
    assert len(raised) == len(set(raised))
