"""A bank day through Kafka and the worker, and the same file through replay.

With one partition the stream is the file in its order, so alerts, freeze requests, traces, dead letters and scores are the same
bytes, chains included. With several, the partitions' logs interleave: what is said on the
way may differ, what is said at last may not.
"""

import csv
import re
from pathlib import Path

import pytest

from stream.brokers import KafkaBroker
from tests.bank import shipped_rulebook
from tests.integration.worker_tools import Site
from tests.parity.days import produce, replay, small_day, with_words, write_day
from tests.parity.exactness import assert_exact, last_alerts, last_requests

pytestmark = pytest.mark.broker

OUTPUTS = {
    "alerts": "alerts.jsonl",
    "freeze-requests": "freeze_requests.jsonl",
    "traces": "traces.jsonl",
    "dead-letters": "dead_letters.jsonl",
}


def lines(folder: Path, topic: str) -> list[bytes]:
    return (folder / OUTPUTS[topic]).read_bytes().splitlines()


def final_scores(site: Site) -> dict[str, tuple[int, float]]:
    """Return tier and score of every transaction, as the contract says: the last record of each party, of those the highest."""
    last: dict[str, dict[str | None, tuple[int, float]]] = {}
    for score in site.scores():
        last.setdefault(score.event_id, {})[score.seen_as] = (score.tier, score.score)
    return {event_id: max(by_party.values()) for event_id, by_party in last.items()}


def replayed_scores(folder: Path) -> dict[str, tuple[int, float]]:
    with (folder / "scores.csv").open(newline="") as file:
        return {row["event_id"]: (int(row["tier"]), float(row["score"])) for row in csv.DictReader(file)}


@pytest.mark.parametrize(("transport", "seed"), [("batch", 7), ("batch", 11), ("stock", 7)])
def test_with_one_partition_the_stream_publishes_the_bytes_of_the_replay(
    kafka: KafkaBroker, topic_prefix: str, tmp_path: Path, transport: str, seed: int
) -> None:
    site = Site(kafka.bootstrap, topic_prefix, tmp_path, transport=transport, scores=True).make_topics()
    day = write_day(tmp_path / "day.jsonl", small_day(seed, malformed=6))
    produce(site, day)
    site.work_to_the_end()
    replayed = replay(day, tmp_path / "replayed", topic_prefix)
    for topic in OUTPUTS:
        assert lines(replayed, topic), "an empty output proves nothing"
        assert [record.value for record in site.read(topic)] == lines(replayed, topic), topic
    assert final_scores(site) == replayed_scores(replayed)


@pytest.mark.parametrize("partitions", [1, 4])
def test_what_people_say_moves_the_same_cases_in_stream_and_replay(
    kafka: KafkaBroker, topic_prefix: str, tmp_path: Path, partitions: int
) -> None:
    site = Site(kafka.bootstrap, topic_prefix, tmp_path, partitions=partitions).make_topics()
    plain = write_day(tmp_path / "plain.jsonl", small_day(11))
    day = with_words(plain, replay(plain, tmp_path / "first"), tmp_path / "day.jsonl")
    produce(site, day)
    site.work_to_the_end()
    replayed = replay(day, tmp_path / "replayed", topic_prefix)
    codes = set(re.findall(rb"\"code\":\"([A-Z_]+)\"", (replayed / OUTPUTS["alerts"]).read_bytes()))
    assert {b"DISPOSED_LEGITIMATE", b"DISPOSED_FRAUD", b"REMINDER_REFUSED", b"MANAGER_REFUSED", b"SNOOZED"} <= codes
    assert last_alerts(site.values("alerts")) == last_alerts(lines(replayed, "alerts"))
    assert last_requests(site.values("freeze-requests")) == last_requests(lines(replayed, "freeze-requests"))
    if partitions == 1:
        assert [record.value for record in site.read("alerts")] == lines(replayed, "alerts")
    assert_exact(site, shipped_rulebook())


def test_with_four_partitions_stream_and_replay_end_in_the_same_alerts_and_freeze_requests(
    kafka: KafkaBroker, topic_prefix: str, tmp_path: Path
) -> None:
    site = Site(kafka.bootstrap, topic_prefix, tmp_path, partitions=4, scores=True).make_topics()
    day = write_day(tmp_path / "day.jsonl", small_day(11, malformed=6))
    produce(site, day)
    site.work_to_the_end()
    replayed = replay(day, tmp_path / "replayed")
    assert last_alerts(site.values("alerts")) == last_alerts(lines(replayed, "alerts"))
    assert last_requests(site.values("freeze-requests")) == last_requests(lines(replayed, "freeze-requests"))
    tiers = {event: tier for event, (tier, _) in final_scores(site).items()}
    assert tiers == {event: tier for event, (tier, _) in replayed_scores(replayed).items()}
    assert_exact(site, shipped_rulebook())
