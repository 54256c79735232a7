"""Two workers are restarted one after the other while there is work: nothing is lost, nothing is told twice."""

import sys
import time
from contextlib import ExitStack
from dataclasses import replace
from typing import NamedTuple

import pytest

from stream.bench.pauses import longest_pauses_s, saved
from stream.bench.sizing import disk_bytes
from stream.brokers import KafkaBroker
from stream.sizing import read_measured, size
from tests.bank import shipped_rulebook
from tests.integration.lasting_load import under_load
from tests.integration.test_worker_rebalance import share_the_work
from tests.integration.worker_tools import Site, WorkerRun
from tests.parity.exactness import assert_exact

pytestmark = pytest.mark.broker

EVENTS = 3_000
KEPT_A_SECOND = {"min.compaction.lag.ms": "500", "segment.ms": "500"}  # all that was written lies there once


class Restarted(NamedTuple):
    """An installation of two workers after a rolling restart, and how its workers ended."""

    site: Site
    statuses: list[int]


@pytest.fixture(scope="module")
def restarted(kafka: KafkaBroker, tmp_path_factory: pytest.TempPathFactory) -> Restarted:
    folder = tmp_path_factory.mktemp("rolling")
    site = Site(kafka.bootstrap, f"{folder.name}-", folder, partitions=4, slice_records_max=100)
    site.make_topics()
    statuses: list[int] = []
    with ExitStack() as until_the_end:

        def started(name: str) -> WorkerRun:
            return until_the_end.enter_context(site.worker(f"{name}-{time.monotonic_ns()}.log"))

        workers = {name: started(name) for name in ("worker-1", "worker-2")}
        with under_load(site, EVENTS):
            share_the_work(*workers.values())
            began_ms = int(time.time() * 1_000)
            for name in workers:
                statuses.append(workers[name].terminate())
                workers[name] = started(name)
                share_the_work(*workers.values())
            ended_ms = int(time.time() * 1_000)
        site.wait_until_done()
        pauses = longest_pauses_s(saved(site.bootstrap, site.name("state")).times_ms, began_ms, ended_ms)
        sys.stdout.write(f"longest pause of each partition, s: {pauses}\n")
        statuses += [worker.terminate() for worker in workers.values()]
    return Restarted(site, statuses)


def test_a_rolling_restart_under_load_loses_nothing_and_tells_nothing_twice(restarted: Restarted) -> None:
    assert restarted.statuses == [0, 0, 0, 0]
    assert assert_exact(restarted.site, shipped_rulebook()) == 0


def test_the_sizes_that_are_told_are_those_of_a_real_run(restarted: Restarted) -> None:
    """Within a factor of two and a half: small batches compress less, and the load of a test is not the bench's."""
    site, measured = restarted.site, read_measured()
    events = len(site.read("transactions"))
    found = disk_bytes(site.bootstrap, site.prefix)
    for topic in ("transactions", "keyed"):
        told = measured.topic_bytes[topic] * events
        assert told / 2.5 < found[topic] < told * 2.5, topic
    accounts = sum(key.startswith(b"A:") for loaded in site.loaded() for key in loaded.values)
    specs = {name: replace(spec, config=KEPT_A_SECOND | {"retention.ms": "1000"}) for name, spec in site.specs().items()}
    asked = size(measured, specs, events_per_s=events, accounts=accounts, peak_factor=1.0, replication=1)
    assert found["state"] < asked.disk_bytes["state"] * 2.5
    assert asked.disk_bytes["keyed"] == int(measured.topic_bytes["keyed"] * events)
