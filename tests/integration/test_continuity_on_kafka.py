"""State and log that no longer continue each other: refused by name, and made anew by `goldenhour reset`."""

import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest
from kafka import KafkaAdminClient, TopicPartition

from connectors.kafka_admin import ensure_topics
from stream.brokers import KafkaBroker
from stream.simulator.load import load
from stream.store import payload_of
from tests.bank import shipped_rulebook
from tests.integration.kafka_tools import fill, run
from tests.integration.worker_tools import Site
from tests.parity.days import MONDAY
from tests.parity.exactness import assert_exact

pytestmark = pytest.mark.broker

EXIT_USAGE = 2
EVENTS = 800
ADVICE = "Stop all workers"


@pytest.fixture
def site(kafka: KafkaBroker, topic_prefix: str, tmp_path: Path) -> Site:
    """An installation that has worked through a load and was stopped."""
    site = Site(kafka.bootstrap, topic_prefix, tmp_path, scores=True).make_topics()
    site.send(load(3, 200, EVENTS, 40.0, MONDAY))
    site.work_to_the_end()
    return site


def make_anew(site: Site, topics: Iterable[str]) -> None:
    """Delete topics and create them again, as an operator might."""
    names = [site.name(topic) for topic in topics]
    with KafkaAdminClient(bootstrap_servers=site.bootstrap) as admin:
        admin.delete_topics(names)
        while any(answer["error_code"] == 0 for answer in admin.describe_topics(names)):
            pass
    ensure_topics(site.bootstrap, [site.specs()[topic] for topic in topics])


def reset(site: Site) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "stream", "reset", "--yes"]
    return subprocess.run(command, cwd=site.folder, env=site.environ(), capture_output=True, text=True, check=False)


def refusal(site: Site) -> str:
    """Start a worker that must refuse; return what it said."""
    with site.worker("refusal.log") as worker:
        assert worker.wait() == EXIT_USAGE, worker.said()
    assert ADVICE in worker.said()
    assert "goldenhour reset" in worker.said()
    assert "Traceback" not in worker.said()
    return worker.said()


def payloads(site: Site) -> dict[bytes, bytes]:
    return {key: payload_of(value) for loaded in site.loaded() for key, value in loaded.values.items()}


@pytest.mark.parametrize(
    ("topics", "told"),
    [
        (["state"], "its state stands for offset -1, but"),
        (["keyed"], "would not read its inputs again"),
        (["keyed", "state"], "would not read its inputs again"),
    ],
    ids=["state", "keyed", "both"],
)
def test_a_worker_whose_internal_topics_were_made_anew_refuses_and_after_a_reset_rebuilds_its_state(
    site: Site, topics: list[str], told: str
) -> None:
    before, alerts = payloads(site), {alert.alert_id for alert in site.alerts()}
    make_anew(site, topics)
    assert told in refusal(site)
    done = reset(site)
    assert (done.returncode, done.stderr) == (0, "")
    site.work_to_the_end()
    assert payloads(site) == before
    assert {alert.alert_id for alert in site.alerts()} == alerts
    assert before
    assert_exact(site, shipped_rulebook())


def test_a_worker_whose_records_were_removed_before_it_came_to_them_refuses(site: Site) -> None:
    keyed, ends = site.name("keyed"), len(site.read("keyed"))
    value = site.read("keyed")[0].value
    run(fill(site.bootstrap, [(keyed, 0, b"", value)] * 3))
    with KafkaAdminClient(bootstrap_servers=site.bootstrap) as admin:
        admin.delete_records({TopicPartition(keyed, 0): ends})
    site.work_to_the_end()
    run(fill(site.bootstrap, [(keyed, 0, b"", value)] * 3))
    with KafkaAdminClient(bootstrap_servers=site.bootstrap) as admin:
        admin.delete_records({TopicPartition(keyed, 0): ends + 5})
    assert f"records {ends + 3} to {ends + 4} were removed before they reached the state" in refusal(site)


def test_nothing_is_reset_while_a_worker_runs(site: Site) -> None:
    records = len(site.read("keyed"))
    with site.worker("running.log") as worker:
        worker.wait_ready()
        done = reset(site)
        assert (done.returncode, done.stdout) == (2, "")
        assert f"A worker is still a member of group {site.group}" in done.stderr
        assert worker.terminate() == 0
    assert len(site.read("keyed")) == records


def test_a_reset_keeps_how_the_operator_has_set_the_topics(kafka: KafkaBroker, topic_prefix: str, tmp_path: Path) -> None:
    site = Site(kafka.bootstrap, topic_prefix, tmp_path).make_topics()
    site.change("keyed", "retention.ms", "123456789")
    assert reset(site).returncode == 0
    spec = site.specs()["keyed"]
    (report,) = ensure_topics(site.bootstrap, [spec])
    assert [(difference.setting, difference.have) for difference in report.differences] == [("retention.ms", "123456789")]


def test_a_reset_that_is_repeated_or_comes_before_the_first_worker_does_no_harm(
    kafka: KafkaBroker, topic_prefix: str, tmp_path: Path
) -> None:
    site = Site(kafka.bootstrap, topic_prefix, tmp_path)
    for _ in range(2):
        assert reset(site).returncode == 0
    site.make_topics()
    with site.worker() as worker:
        worker.wait_ready()
        assert worker.terminate() == 0


def test_a_reset_that_is_not_confirmed_changes_nothing(kafka: KafkaBroker, topic_prefix: str, tmp_path: Path) -> None:
    site = Site(kafka.bootstrap, topic_prefix, tmp_path).make_topics()
    run(fill(site.bootstrap, [(site.name("keyed"), 0, b"", b"kept")]))
    command = [sys.executable, "-m", "stream", "reset"]
    done = subprocess.run(command, cwd=site.folder, env=site.environ(), input="n\n", capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert [record.value for record in site.read("keyed")] == [b"kept"]
