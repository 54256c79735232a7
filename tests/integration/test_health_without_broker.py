"""A worker whose broker is gone says so, even if nothing was waiting when it left."""

from pathlib import Path

import pytest

from stream.brokers import local_kafka
from stream.simulator.load import load
from tests.integration.worker_tools import Site
from tests.parity.days import MONDAY
from tests.waiting import wait_until

pytestmark = pytest.mark.broker


def test_a_worker_with_nothing_to_do_is_not_healthy_once_its_broker_is_gone(topic_prefix: str, tmp_path: Path) -> None:
    with local_kafka(tmp_path / "kafka") as broker:
        site = Site(broker.bootstrap, topic_prefix, tmp_path).make_topics()
        site.send(load(3, 100, 100, 40.0, MONDAY))
        with site.worker() as worker:
            site.wait_until_done()
            worker.wait_ready()
            assert worker.get("/healthy") == (200, "ok\n")
            assert worker.metrics("consumer_lag_records", "topic")[site.name("transactions")] == 0
            broker.__exit__(None, None, None)
            wait_until(lambda: worker.get("/healthy")[0] == 503)
            assert "the group has accepted no heartbeat for " in worker.get("/healthy")[1]
            assert worker.get("/ready")[0] == 503
            assert worker.metrics("consumer_lag_records", "topic") == {}
