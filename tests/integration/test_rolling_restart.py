"""Two workers are restarted one after the other while there is work: nothing is lost, nothing is told twice."""

import sys
import time
from contextlib import ExitStack
from pathlib import Path

import pytest

from stream.bench.pauses import longest_pauses_s, saved_at_ms
from stream.brokers import KafkaBroker
from tests.bank import shipped_rulebook
from tests.integration.lasting_load import under_load
from tests.integration.test_worker_rebalance import share_the_work
from tests.integration.worker_tools import Site, WorkerRun
from tests.parity.exactness import assert_exact

pytestmark = pytest.mark.broker

EVENTS = 3_000
# As long as a start may take on a busy machine: the partitions of a member with a name wait for it.
SESSION_S = 30


@pytest.fixture
def site(kafka: KafkaBroker, topic_prefix: str, tmp_path: Path) -> Site:
    return Site(
        kafka.bootstrap, topic_prefix, tmp_path, partitions=4, slice_records_max=100, session_timeout_s=SESSION_S
    ).make_topics()


def test_a_rolling_restart_under_load_loses_nothing_and_tells_nothing_twice(site: Site) -> None:
    with ExitStack() as open_until_the_end:

        def started(name: str) -> WorkerRun:
            return open_until_the_end.enter_context(site.worker(f"{name}-{time.monotonic_ns()}.log", instance_id=name))

        workers = {name: started(name) for name in ("worker-1", "worker-2")}
        with under_load(site, EVENTS):
            share_the_work(*workers.values())
            began_ms = int(time.time() * 1_000)
            for name in workers:
                (other,) = (worker for each, worker in workers.items() if each != name)
                rebalances = other.metric("rebalances_total")
                assert workers[name].terminate() == 0
                workers[name] = started(name)
                share_the_work(*workers.values())
                assert other.metric("rebalances_total") == rebalances  # its name kept its partitions: nobody else was disturbed
            ended_ms = int(time.time() * 1_000)
        site.wait_until_done()
        pauses = longest_pauses_s(saved_at_ms(site.bootstrap, site.name("state")), began_ms, ended_ms)
        sys.stdout.write(f"longest pause of each partition, s: {pauses}\n")
        assert [worker.terminate() for worker in workers.values()] == [0, 0]
    assert assert_exact(site, shipped_rulebook()) == 0
