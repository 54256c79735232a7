"""Another policy while the state is at work: what is open stays open, and what happens next is judged by the new one."""

from collections.abc import Callable
from typing import Any

import pytest

from connectors.contract_json import encode
from models.records import Record
from models.rulebook import Rulebook, build_rulebook
from tests.bank import Bank, policy_mapping, shipped_rulebook
from tests.scenario import SCENARIOS, Step, read_story

STORIES = (
    "v1_safe_account",
    "m1_two_cycles",
    "w2_run_of_cards",
    "r_chain_reported_after_20_minutes",
    "f_review_only",
    "a3_skimming_point",
)


def another(**values: Any) -> Rulebook:
    """Return the shipped policy with other values; `fusion__victim_tier_max` is a key of a section."""
    mapping = policy_mapping()
    mapping["version"] = "another"
    for path, value in values.items():
        section, key = path.split("__")
        mapping[section][key]["value"] = value
    return build_rulebook(mapping)


def changed_everywhere() -> Rulebook:
    """Return a policy that differs in every section that a processor keeps something of."""
    return another(
        fusion__victim_tier_max=1,
        fusion__prevalence=0.01,
        budget__tier_2_per_minute=1,
        ladder__alert_keep_s=60,
        trace__floor_minor=4_000_000,
        remedies__revocable_s=60,
        freeze_guard__review_only=True,
        freeze__amount_min_minor=600_000,
        skimming__cards_min=2,
        learning__source_nats_max=0.1,
        learning__rate=0.9,
    )


def story(name: str) -> list[Step]:
    return read_story((SCENARIOS / f"{name}.txt").read_text(encoding="utf-8"))


def told(bank: Bank) -> list[bytes]:
    records: list[Record] = [*bank.alerts, *bank.requests, *bank.traces]
    return [encode(record) for record in records]  # type: ignore[arg-type]


def through(steps: list[Step], switch: Callable[[Bank], None], at: int) -> Bank:
    bank = Bank(partitions=2, with_scores=True)
    for number, step in enumerate(steps):
        if number == at:
            switch(bank)
        bank.take_one(step.event, delay_ms=step.late_ms)
    return bank


@pytest.mark.parametrize("name", STORIES)
def test_a_policy_adopted_at_work_judges_as_after_a_restart_under_it(name: str) -> None:
    steps, newer = story(name), changed_everywhere()
    for at in range(1, len(steps), max(1, len(steps) // 6)):
        adopted = through(steps, lambda bank: bank.adopt(newer), at)
        restarted = through(steps, lambda bank: bank.restart(newer), at)
        assert told(adopted) == told(restarted)


def test_the_switch_matters_in_these_stories() -> None:
    """Else the test above would compare nothing."""
    newer = changed_everywhere()
    for name in STORIES:
        assert told(through(story(name), lambda bank: bank.adopt(newer), 1)) != told(through(story(name), lambda bank: None, 1)), (
            name
        )


def test_an_open_case_stays_and_is_judged_anew_when_something_of_it_happens() -> None:
    """A victim's case at tier 2; then victims are reminded at most: nothing is said before the next payment, and then tier 1."""
    steps = story("v1_safe_account")
    payments = [number for number, step in enumerate(steps) if step.expected]
    bank = Bank().take(step.event for step in steps[: payments[0] + 1])
    of_victim = [alert for alert in bank.alerts if alert.subject.role == "VICTIM_SUSPECTED"]
    first, before = of_victim[-1], len(bank.alerts)
    bank.adopt(another(fusion__victim_tier_max=1))
    assert len(bank.alerts) == before
    bank.take(step.event for step in steps[payments[0] + 1 :])
    later = [alert for alert in bank.alerts[before:] if alert.subject.role == "VICTIM_SUSPECTED"]

    assert (first.tier, {alert.tier for alert in later}) == (2, {1})
    assert {alert.case_id for alert in later} == {first.case_id}
    assert (later[0].alert_id, later[0].revision) == (first.alert_id, first.revision + 1)
    assert set(first.evidence) <= set(later[-1].evidence)
    assert (first.detector.policy_version, later[-1].detector.policy_version) == (shipped_rulebook().version, "another")


def test_review_only_holds_from_the_next_record_on_and_what_it_held_goes_when_it_ends() -> None:
    steps = [step for step in story("f_review_only") if step.event.__class__.__name__ == "Transaction"]
    calm, stopped = shipped_rulebook(), another(freeze_guard__review_only=True)
    bank = Bank().take(step.event for step in steps[:3])
    bank.adopt(stopped)
    bank.take_one(steps[3].event)
    assert (bank.alerts[-1].tier, bank.requests) == (3, [])
    bank.adopt(calm)
    bank.take_one(steps[4].event)
    assert [request.sequence for request in bank.requests] == list(range(1, len(bank.requests) + 1)) != []
    assert {request.state for request in bank.requests} == {"PROPOSED"}
