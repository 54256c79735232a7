"""kill -9, as often as you like: nothing is lost, nothing is counted twice, and a repeat says the same as before."""

import threading
from pathlib import Path
from random import Random

import pytest

from stream.brokers import KafkaBroker
from stream.policy.changes import KEY as POLICY_KEY
from stream.simulator.load import load
from tests.bank import shipped_rulebook
from tests.integration.worker_tools import Site
from tests.parity.days import MONDAY, produce, replay, small_day, write_day
from tests.parity.exactness import assert_exact, keyed_log_of, last_alerts, last_requests, run_over, sources_of

pytestmark = pytest.mark.broker

SEED = 20260302
EVENTS = 6_000


def kill_in_turn(site: Site, deaths: list[int], **settings: object) -> None:
    """Run workers one after the other; each is killed when so many scores have been published."""
    for number, records in enumerate(deaths):
        with site.worker(f"life{number}.log", instance_id="one", **settings) as worker:
            site.wait_until_written("scores", records)
            worker.kill()


def test_kill_9_under_load_loses_no_alert_and_leaves_every_state_as_if_nothing_had_happened(
    kafka: KafkaBroker, topic_prefix: str, tmp_path: Path
) -> None:
    site = Site(kafka.bootstrap, topic_prefix, tmp_path, scores=True, slice_records_max=100).make_topics()
    records = [(at_ms, topic, key, value) for at_ms, topic, key, value in load(SEED, 400, EVENTS, 40.0, MONDAY)]
    sender = threading.Thread(target=site.send, args=(records,), kwargs={"rate": 600.0})
    sender.start()
    random = Random(SEED)
    kill_in_turn(site, sorted(random.sample(range(50, EVENTS), 3)))
    sender.join()
    site.work_to_the_end(instance_id="one")
    undisturbed = run_over(keyed_log_of(sources_of(site), site.prefix), shipped_rulebook(), site.prefix, with_scores=True)
    assert {record.value for record in site.read("alerts")} == undisturbed.alerts
    assert {record.value for record in site.read("freeze-requests")} == undisturbed.requests
    assert undisturbed.alerts
    assert undisturbed.requests
    (loaded,) = site.loaded()
    wrong = [key for key, payload in undisturbed.state.items() if loaded.values.get(key, b"")[8:] != payload]
    assert (wrong, loaded.values.keys() - undisturbed.state.keys()) == ([], {POLICY_KEY})
    assert_exact(site, shipped_rulebook())


def test_kill_9_while_catching_up_over_four_partitions_ends_in_the_alerts_of_the_replay(
    kafka: KafkaBroker, topic_prefix: str, tmp_path: Path
) -> None:
    site = Site(kafka.bootstrap, topic_prefix, tmp_path, partitions=4, scores=True).make_topics()
    day = write_day(tmp_path / "day.jsonl", small_day(11, accounts=300))
    produce(site, day)
    random = Random(SEED + 1)
    kill_in_turn(site, sorted(random.sample(range(50, 800), 2)), slice_records_max=10, writes_in_flight_max=2)
    site.work_to_the_end(instance_id="one")
    replayed = replay(day, tmp_path / "replayed")
    alerts, requests = site.values("alerts"), site.values("freeze-requests")
    assert last_alerts(alerts) == last_alerts((replayed / "alerts.jsonl").read_bytes().splitlines())
    assert last_requests(requests) == last_requests((replayed / "freeze_requests.jsonl").read_bytes().splitlines())
    assert_exact(site, shipped_rulebook())
