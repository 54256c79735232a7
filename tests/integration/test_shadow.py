"""A shadow beside a live worker on a real broker: it changes nothing of the live one's, and the report tells what it would."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from stream.brokers import KafkaBroker
from stream.bundle import INPUT_TOPICS
from tests.bank import shipped_rulebook
from tests.integration.kafka_tools import committed, run
from tests.integration.worker_tools import _GUARDED, Site, WorkerRun
from tests.parity.days import produce, replay, run_cli, small_day, write_day
from tests.parity.exactness import run_over
from tests.stream.shadow.test_report_of_folders import trial_policy
from tests.waiting import wait_until

pytestmark = pytest.mark.broker
OURS = ("keyed", "state", "alerts", "freeze-requests", "dead-letters", "traces")


def shadow_to_the_end(site: Site, policy: Path) -> None:
    """Run a shadow until its own group has read everything, then end it the polite way."""
    command = [sys.executable, "-c", _GUARDED, "shadow", "run", "--policy", str(policy)]
    beside = _Shadow(site)
    with WorkerRun(site.folder / "shadow.log", site.environ(), command) as worker:
        worker.wait_ready()
        beside.wait_until_done()
        assert worker.terminate() == 0, worker.said()


class _Shadow(Site):
    """The same installation as the shadow's group sees it."""

    def __init__(self, live: Site) -> None:
        super().__init__(live.bootstrap, live.prefix, live.folder, live.partitions, application_id=f"{live.group}-shadow")

    def name(self, topic: str) -> str:
        return self.prefix + ("shadow-" if topic in OURS else "") + topic


def test_a_shadow_touches_nothing_live_and_its_report_is_that_of_two_replays(
    kafka: KafkaBroker, topic_prefix: str, tmp_path: Path
) -> None:
    site = Site(kafka.bootstrap, topic_prefix, tmp_path).make_topics()
    day, trial = write_day(tmp_path / "day.jsonl", small_day(11)), trial_policy(tmp_path)
    produce(site, day)
    site.work_to_the_end()
    before = {topic: site.read(topic) for topic in OURS}, site.committed()
    shadow_to_the_end(site, trial)

    assert ({topic: site.read(topic) for topic in OURS}, site.committed()) == before
    live = replay(day, tmp_path / "live")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("GOLDENHOUR_POLICY_FILE", str(trial))
        tried = replay(day, tmp_path / "tried")
    of_replays = json.loads(run_cli("shadow", "report", str(live), str(tried), "--json"))
    broker = ("--bootstrap", site.bootstrap, "--topic-prefix", site.prefix)
    of_topics = json.loads(run_cli("shadow", "report", *broker, "--json"))
    assert of_topics.pop("until")
    assert of_topics == of_replays
    assert of_topics["alerts"]["changed"] == 3

    inputs = [site.name(topic) for topic in INPUT_TOPICS]
    group = f"{site.group}-shadow"
    assert sum(run(committed(site.bootstrap, group, inputs)).values())
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("GOLDENHOUR_APPLICATION_ID", site.group)
        removed = run_cli("shadow", "remove", "--yes", *broker)
        again = run_cli("shadow", "remove", "--yes", *broker)
    assert (removed.count("deleted"), f"deleted {site.prefix}shadow-alerts" in removed, again) == (9, True, "")
    assert not sum(run(committed(site.bootstrap, group, inputs)).values())
    assert ({topic: site.read(topic) for topic in OURS}, site.committed()) == before


def unversioned(value: bytes) -> dict[str, Any]:
    """Return an alert without what tells the policy's version, which the hashes of the chain hold too."""
    alert: dict[str, Any] = json.loads(value.replace(b'"next-', b'"'))
    assert alert.pop("chain")
    return alert


def test_a_policy_is_promoted_and_rolled_back_while_the_worker_runs(kafka: KafkaBroker, topic_prefix: str, tmp_path: Path) -> None:
    """The day in three parts, the middle one under another version: every alert is told once, as if nothing had happened."""
    site = Site(kafka.bootstrap, topic_prefix, tmp_path).make_topics()
    day = write_day(tmp_path / "day.jsonl", small_day(11))
    promoted = tmp_path / "promoted.toml"
    promoted.write_text(
        Path(trial_policy(tmp_path))
        .read_text("utf-8")
        .replace('version = "', 'version = "next-', 1)
        .replace("victim_tier_max = { value = 1", "victim_tier_max = { value = 2")
    )
    lines = day.read_bytes().splitlines(keepends=True)
    third = len(lines) // 3
    where = ("--actor", "chief", "--bootstrap", site.bootstrap, "--topic-prefix", site.prefix)
    with site.worker() as worker:
        for number, order in enumerate(((), ("apply", str(promoted)), ("rollback",))):
            if order:
                run_cli("policy", *order, *where)
                wait_until(lambda number=number: worker.metrics("policy_info", "number") == {str(number + 1): 1.0})
            part = tmp_path / f"part{number}.jsonl"
            part.write_bytes(b"".join(lines[number * third : (number + 1) * third if number < 2 else None]))
            produce(site, part)
            site.wait_until_done()
        assert worker.terminate() == 0, worker.said()
    versions = [alert.detector.policy_version for alert in site.alerts()]
    undisturbed = run_over(site.read("keyed"), shipped_rulebook(), site.prefix)

    assert {version.startswith("next-") for version in versions} == {True, False}
    assert versions[0] == versions[-1]
    told = [unversioned(record.value) for record in site.read("alerts")]
    assert sorted(told, key=str) == sorted(map(unversioned, undisturbed.alerts), key=str)
