"""Workers that come, go, die and oversleep: the partitions change hands, and every key's state stays exact."""

import sys
from pathlib import Path

import pytest

from stream.brokers import KafkaBroker
from stream.simulator.load import load
from tests.bank import shipped_rulebook
from tests.integration.lasting_load import under_load
from tests.integration.worker_tools import Site, WorkerRun
from tests.parity.days import MONDAY
from tests.parity.exactness import assert_exact
from tests.waiting import wait_until

pytestmark = pytest.mark.broker

EVENTS = 6_000


@pytest.fixture
def site(kafka: KafkaBroker, topic_prefix: str, tmp_path: Path) -> Site:
    return Site(kafka.bootstrap, topic_prefix, tmp_path, partitions=4, slice_records_max=100).make_topics()


def share_the_work(*workers: WorkerRun) -> None:
    """Wait until every one of the workers owns a part of `keyed` and has its state."""
    wait_until(lambda: all(worker.metric("assigned_partitions") > 0 for worker in workers))
    wait_until(lambda: all(worker.metric("state_keys") > 0 for worker in workers))


def test_a_worker_that_joins_and_leaves_again_loses_and_repeats_nothing(site: Site) -> None:
    with site.worker("first.log") as first:
        with under_load(site, EVENTS):
            first.wait_ready()
            with site.worker("second.log") as second:
                share_the_work(first, second)
                assert second.terminate() == 0
        site.wait_until_done()
        assert first.terminate() == 0
    assert assert_exact(site, shipped_rulebook()) == 0


def test_when_one_of_two_workers_dies_the_other_takes_over_what_it_had(site: Site) -> None:
    with site.worker("first.log") as first:
        with under_load(site, EVENTS):
            first.wait_ready()
            with site.worker("second.log") as second:
                share_the_work(first, second)
                second.kill()
        site.wait_until_done()
        assert first.terminate() == 0
    assert_exact(site, shipped_rulebook())


def test_a_worker_that_slept_through_its_session_never_wins_over_its_successor(site: Site) -> None:
    with site.worker("sleeper.log") as sleeper, site.worker("successor.log") as successor:
        with under_load(site, EVENTS):
            share_the_work(sleeper, successor)
            assignments = successor.metric("rebalances_total")
            sleeper.stop()
            wait_until(lambda: successor.metric("rebalances_total") > assignments)
            sleeper.resume()
        site.wait_until_done()
        assert sleeper.process.poll() in (None, 74), sleeper.said()
    assert_exact(site, shipped_rulebook())


def patient_worker(site: Site, log: str) -> WorkerRun:
    return WorkerRun(site.folder / log, site.environ(), [sys.executable, "-m", "tests.integration.patient_worker"])


def test_a_worker_that_slept_while_there_was_nothing_to_do_reads_its_state_anew(site: Site) -> None:
    """It holds no write that could betray it; only the generation it missed tells that its state is old."""
    parts = [list(load(7, 400, EVENTS, 40.0, MONDAY))[first : first + 2_000] for first in (0, 2_000, 4_000)]
    with patient_worker(site, "sleeper.log") as sleeper, site.worker("successor.log") as successor:
        sleeper.wait_ready()
        successor.wait_ready()
        site.send(parts[0])
        share_the_work(sleeper, successor)
        site.wait_until_done()
        assignments = successor.metric("rebalances_total")
        sleeper.stop()
        wait_until(lambda: successor.metric("rebalances_total") > assignments)
        site.send(parts[1])
        site.wait_until_done()
        sleeper.resume()
        wait_until(lambda: successor.metric("rebalances_total") > assignments + 1)
        wait_until(lambda: sleeper.metric("assigned_partitions") > 0 and sleeper.get("/ready")[0] == 200)
        site.send(parts[2])
        site.wait_until_done()
        assert sleeper.terminate() == 0
        assert successor.terminate() == 0
    assert_exact(site, shipped_rulebook())
