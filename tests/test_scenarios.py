"""Every file of `tests/scenarios` as a story through the whole bank: what must follow follows, and nothing else of importance.

An event without an arrow must raise no tier 2 or 3, take none back, and cause no freeze request. Files that begin with `n` tell of
people who did nothing wrong.
"""

import pytest

from tests.bank import Bank, told_at
from tests.scenario import (
    SCENARIOS,
    Step,
    changes,
    enriched,
    optional_fields,
    read_story,
    requested,
    satisfies,
    traced,
    with_purpose,
    without,
)

STORIES = sorted(path.stem for path in SCENARIOS.glob("*.txt"))
INNOCENT = [name for name in STORIES if name.startswith("n")]


def story(name: str) -> list[Step]:
    return read_story((SCENARIOS / f"{name}.txt").read_text(encoding="utf-8"))


def check(steps: list[Step], bank: Bank, copies: int = 1) -> None:
    """Let the story happen; compare what each arrival publishes with what its line expects."""
    known: dict[str, tuple[str, int, str]] = {}
    known_traces: dict[str, dict[str, str]] = {}
    for step in steps:
        alerts, requests, traces = len(bank.alerts), len(bank.requests), len(bank.traces)
        for _ in range(copies):
            bank.take_one(step.event, delay_ms=step.late_ms)
        at = told_at(step.event)
        told = changes(bank.alerts[alerts:], known) + requested(bank.requests[requests:])
        told += traced(bank.traces[traces:], known_traces)
        expected = list(step.expected)
        for said in told:
            met = next((line for line in expected if satisfies(line, said)), None)
            assert met is not None, f"{at:%H:%M:%S}: unexpected {said}"
            expected.remove(met)
        assert not expected, f"{at:%H:%M:%S}: missing {expected}, told {told}"
    assert not bank.dead_letters


def test_there_are_stories() -> None:
    assert len(STORIES) >= 15
    assert {"n1", "n3", "n6", "n10", "n11"} <= {name.split("_")[0] for name in INNOCENT}


@pytest.mark.parametrize("partitions", [1, 5])
@pytest.mark.parametrize("name", STORIES)
def test_the_story_ends_as_it_says(name: str, partitions: int) -> None:
    check(story(name), Bank(partitions))


@pytest.mark.parametrize("name", STORIES)
def test_a_second_copy_of_every_event_changes_nothing(name: str) -> None:
    check(story(name), Bank(), copies=2)


@pytest.mark.parametrize("name", STORIES)
def test_the_same_story_gives_the_same_records_and_state(name: str) -> None:
    banks = [Bank(), Bank()]
    for bank in banks:
        for step in story(name):
            bank.take_one(step.event, delay_ms=step.late_ms)

    assert banks[0].alerts == banks[1].alerts
    assert banks[0].requests == banks[1].requests
    assert banks[0].state() == banks[1].state()


@pytest.mark.parametrize("purpose", ["SALA", "LOAN", "TAXS"])
@pytest.mark.parametrize("name", [name for name in STORIES if name not in INNOCENT])
def test_no_purpose_the_sender_may_choose_lowers_the_tier_of_a_fraud(name: str, purpose: str) -> None:
    plain, claimed = Bank(), Bank()
    for step in story(name):
        plain.take_one(step.event, delay_ms=step.late_ms)
        claimed.take_one(with_purpose(step.event, purpose), delay_ms=step.late_ms)

    assert claimed.highest_tier() >= plain.highest_tier()


@pytest.mark.parametrize("name", INNOCENT)
def test_whoever_did_nothing_wrong_is_never_a_police_matter_whatever_field_is_absent(name: str) -> None:
    steps = [step._replace(event=enriched(step.event)) for step in story(name)]
    for field in optional_fields(step.event for step in steps):
        bank = Bank()
        for step in steps:
            bank.take_one(without(step.event, field), delay_ms=step.late_ms)
        assert not bank.requests, field
        assert all(alert.tier < 3 for alert in bank.alerts if alert.subject.kind == "ACCOUNT"), field
