"""Every story of `tests/scenarios` through one real broker and one run of the worker: what it publishes is what the replay does.

The stories happen in one bank on the same days, each among names of its own.
"""

import io
from pathlib import Path

import pytest

from connectors.contract_json import decode, encode
from connectors.replay_files import InputRecord
from models.records import Alert, CaseControl, FreezeRequest
from models.units import time_us
from stream.brokers import KafkaBroker
from stream.replay import Replay, Sinks
from tests.bank import shipped_rulebook, told_at, topic_of
from tests.integration.worker_tools import Site
from tests.scenario import SCENARIOS, Step, read_story

pytestmark = pytest.mark.broker

SECTION_F = (
    "l_three_steps",
    "r_chain_reported_after_20_minutes",
    "r_salary_beside_the_money",
    "f_released_innocent",
    "r_innocent_seller",
    "r_wrong_report",
    "f_second_stop_and_no_third",
    "r_report_before_the_transfer",
    "r_other_bank_in_the_middle",
)
"""The golden half hour, as it goes well and as it goes wrong."""


def is_for_all(step: Step) -> bool:
    return isinstance(step.event, CaseControl) and step.event.subject is None


def stories() -> dict[str, list[Step]]:
    """Return all stories by name, but those in which somebody switches all freeze requests off, the other stories' too."""
    found = {}
    for number, path in enumerate(sorted(SCENARIOS.glob("*.txt"))):
        steps = read_story(path.read_text("utf-8"), f".{number}")
        if not any(is_for_all(step) for step in steps):
            found[path.stem] = steps
    return found


def arrivals(told: dict[str, list[Step]]) -> list[InputRecord]:
    """Return the records of all stories in the order of arrival, no two within a millisecond: the order of topics is nobody's."""
    ends: dict[str, int] = {}
    found: list[InputRecord] = []
    steps = [step for story in told.values() for step in story]
    for step in sorted(steps, key=lambda step: time_us(told_at(step.event)) + step.late_ms * 1_000):
        topic = topic_of(step.event)
        at_ms = time_us(told_at(step.event)) // 1_000 + step.late_ms
        after_ms = found[-1].arrival_ms + 1 if found else 0
        found.append(InputRecord(topic, encode(step.event), max(at_ms, after_ms), ends.setdefault(topic, 0)))
        ends[topic] += 1
    return found


def test_all_stories_end_on_a_real_broker_as_they_do_in_a_replay(kafka: KafkaBroker, topic_prefix: str, tmp_path: Path) -> None:
    told = stories()
    assert set(SECTION_F) <= told.keys()
    records = arrivals(told)
    site = Site(kafka.bootstrap, topic_prefix, tmp_path).make_topics()
    site.send((record.arrival_ms, record.topic, b"k", record.raw) for record in records)
    site.work_to_the_end()
    sinks = Sinks(*(io.BytesIO() for _ in Sinks._fields))
    Replay(shipped_rulebook(), sinks, topic_prefix=topic_prefix).run(records)
    assert [record.value for record in site.read("alerts")] == sinks.alerts.getvalue().splitlines()
    assert [record.value for record in site.read("freeze-requests")] == sinks.freeze_requests.getvalue().splitlines()
    assert [record.value for record in site.read("traces")] == sinks.traces.getvalue().splitlines()
    assert site.read("dead-letters") == []
    assert_each_story_has_its_say(told, site.alerts(), site.requests())


def assert_each_story_has_its_say(told: dict[str, list[Step]], alerts: list[Alert], requests: list[FreezeRequest]) -> None:
    """Each request that a story expects is there, with its sum, and each subject that it expects an alert about."""
    asked: dict[str, set[str]] = {}
    for request in requests:
        asked.setdefault(request.target.account, set()).add(f"amount={request.requested_amount_minor / 100:.2f}")
    named = {alert.subject.id for alert in alerts}
    for number, path in enumerate(sorted(SCENARIOS.glob("*.txt"))):
        for line in [line for step in told.get(path.stem, ()) for line in step.expected]:
            words = [f"{word}.{number}" if "=" not in word else word for word in line.split()]
            if line.startswith("alert "):
                assert named & set(words), (path.stem, line)
            if line.startswith("freeze-request "):
                sums = asked.get(words[1], set())
                assert sums & set(words) if "amount=" in line else sums, (path.stem, line)


def test_the_stories_hold_every_kind_of_record() -> None:
    found = {record.topic for record in arrivals(stories())}
    assert found == {"transactions", "account-events", "dispositions", "case-controls", "victim-reports", "freeze-responses"}
    assert all(decode(record.topic, record.raw) for record in arrivals(stories())[:50])
