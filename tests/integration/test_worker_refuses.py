"""A worker that cannot be right does not start: status 2, and a sentence that says what to do."""

import socket
from pathlib import Path

import pytest

from stream.brokers import KafkaBroker
from tests.integration.worker_tools import Site

pytestmark = pytest.mark.broker

EXIT_USAGE = 2


def test_a_missing_topic_keeps_the_worker_from_starting(kafka: KafkaBroker, topic_prefix: str, tmp_path: Path) -> None:
    site = Site(kafka.bootstrap, topic_prefix, tmp_path).make_topics(leave_out=["state", "dispositions"])
    with site.worker() as worker:
        assert worker.wait() == EXIT_USAGE
    for topic in ("state", "dispositions"):
        assert f"goldenhour: Topic {site.name(topic)} is missing. Create it with: goldenhour topics" in worker.said()
    assert "Traceback" not in worker.said()


def test_another_number_of_partitions_keeps_the_worker_from_starting(kafka: KafkaBroker, topic_prefix: str, tmp_path: Path) -> None:
    site = Site(kafka.bootstrap, topic_prefix, tmp_path, partitions=2).make_topics()
    with site.worker(partitions=3) as worker:
        assert worker.wait() == EXIT_USAGE
    for topic in ("keyed", "state"):
        assert f"Topic {site.name(topic)} has partitions = 2, not 3." in worker.said()
    assert "goldenhour reset" in worker.said()


def test_a_taken_port_ends_the_worker_with_a_sentence(kafka: KafkaBroker, topic_prefix: str, tmp_path: Path) -> None:
    site = Site(kafka.bootstrap, topic_prefix, tmp_path).make_topics()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with site.worker(http_port=port) as worker:
            assert worker.wait() == EXIT_USAGE
    assert f"cannot listen on 127.0.0.1:{port}: set http_host or http_port" in worker.said()
    assert "Traceback" not in worker.said()
