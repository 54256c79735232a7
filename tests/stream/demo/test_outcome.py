"""Caught or not, when, and with how much still there; and who was suspected wrongly."""

import msgspec
import pytest

from models.records import Subject
from stream.demo.outcome import StoryOutcome, day_alerts, false_alarms, quantile, story_outcomes
from tests.stream.demo.told import COLLEAGUE, MULE, SHOP, VICTIM, alert, request, told_day


def outcome(*alerts: object, requests: tuple[object, ...] = (), kind: str = "M1", reported: str | None = "15:00") -> StoryOutcome:
    (found,) = story_outcomes(told_day(kind, reported), alerts, requests)  # type: ignore[arg-type]
    return found


def test_the_first_alert_counts_with_the_money_that_was_there_then() -> None:
    first = outcome(alert("14:31", MULE, typology="W1"), alert("14:06:10", MULE)).first
    assert first is not None
    assert (first.typology, first.tier, first.role, first.after_s) == ("M1", 3, "MULE_SUSPECTED", 370.0)
    assert (first.taken_minor, first.left_minor) == (5_000_000, 200_000)


def test_an_alert_is_no_earlier_than_the_last_event_it_rests_on() -> None:
    first = outcome(alert("14:00", MULE, trigger_event_id="t-1", evidence=("t-1", "t-3"))).first
    assert first is not None
    assert first.after_s == 1_800.0


def test_an_alert_before_the_victim_has_paid_comes_before_the_money() -> None:
    warned = outcome(alert("13:59:55", VICTIM, trigger_event_id="t-9", evidence=()), kind="V1")
    assert warned.first is None, "it rests on no event of the story"
    told_early = msgspec.structs.replace(alert("13:59:55", VICTIM, tier=2), trigger_event_id="t-1", evidence=())
    first = outcome(told_early, kind="V1").first
    assert first is not None
    assert first.after_s == 0.0, "its trigger reached the bank at 14:00"


@pytest.mark.parametrize("late", ["15:00", "18:00"])
def test_what_is_raised_after_the_police_was_told_is_not_caught(late: str) -> None:
    assert outcome(alert(late, MULE)).first is None
    assert outcome(alert(late, MULE), reported=None).first is not None


def test_a_reminder_does_not_catch_a_fraud() -> None:
    assert outcome(alert("14:06", MULE, tier=1)).first is None


def test_an_alert_about_a_bystander_does_not_catch_a_fraud() -> None:
    assert outcome(alert("14:06", SHOP)).first is None


def test_a_mule_story_seen_on_the_victim_only_breaks_the_promise() -> None:
    seen = outcome(alert("14:06", VICTIM, tier=2))
    assert seen.first is not None
    assert seen.is_missed
    assert not outcome(alert("14:06", MULE, tier=2)).is_missed


@pytest.mark.parametrize("kind", ["V1", "V2", "X1"])
def test_a_story_on_the_victims_side_is_not_promised(kind: str) -> None:
    assert not outcome(kind=kind).is_missed


def test_the_machine_of_a_story_counts_as_its_receiving_side() -> None:
    machine = Subject(role="TERMINAL", kind="TERMINAL", id="ATM-1")
    assert outcome(alert("14:06", MULE, subject=machine)).on_mule is not None


def test_the_first_freeze_request_counts_and_a_withdrawal_does_not() -> None:
    asked = outcome(
        requests=(
            request("14:01", MULE, state="WITHDRAWN"),
            request("14:20", MULE, sequence=2, requested_amount_minor=7),
            request("14:10", MULE),
            request("14:10", "b-91"),
            request("14:00", SHOP),
        )
    ).asked
    assert asked is not None
    assert (asked.after_s, asked.amount_minor, asked.left_minor, asked.count) == (600.0, 1_370_068, 200_000, 2)


def test_false_alarms_are_alerts_about_people_in_no_story_by_the_highest_tier_each_reached() -> None:
    alerts = [
        alert("-1d 20:00", COLLEAGUE, tier=2, trigger_event_id="t-0", evidence=("t-0",)),
        alert("16:00", SHOP, tier=1, trigger_event_id="t-4", evidence=("t-4",)),
        alert("16:01", SHOP, tier=2, revision=2, trigger_event_id="t-4", evidence=("t-4",)),
        alert("14:06", MULE),
        alert("14:06", VICTIM, tier=2),
    ]
    wrong = false_alarms(told_day(), alerts)
    assert (wrong.in_day, wrong.in_history) == ({3: 0, 2: 1, 1: 0}, {3: 0, 2: 1, 1: 0})


def test_an_innocent_account_is_a_false_alarm_even_if_stolen_money_passed_it() -> None:
    assert false_alarms(told_day(), [alert("14:06", SHOP)]).in_day[3] == 1


def test_a_machine_is_a_false_alarm_only_where_no_stolen_money_was_drawn() -> None:
    machine = Subject(role="TERMINAL", kind="TERMINAL", id="ATM-2")
    rightly = alert("14:06", MULE, alert_id="a-1", subject=machine)
    wrongly = alert("16:00", MULE, alert_id="a-2", subject=machine, trigger_event_id="t-4", evidence=("t-4",))
    assert false_alarms(told_day(), [rightly, wrongly]).in_day == {3: 1, 2: 0, 1: 0}


def test_the_alerts_of_the_day_are_counted_once_each() -> None:
    statements = [alert("-1d 20:00", SHOP), alert("14:06", MULE, tier=2), alert("14:07", MULE, tier=3, revision=2)]
    assert day_alerts(told_day(), statements) == {3: 1, 2: 0, 1: 0}


def test_the_99th_percentile_of_a_hundred_values_is_the_99th() -> None:
    values = [float(number) for number in range(100, 0, -1)]
    assert (quantile(values, 0.99), quantile(values, 0.5)) == (99.0, 50.0)
