"""One alert per subject, role and episode, with revisions; what several keys say meets there."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import pairwise, permutations
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.keys import KeyKind
from models.profile import decode_profile
from models.records import Alert, Party, Source, Terminal, Transaction
from models.units import time_us
from stream.store import payload_of
from tests.bank import Bank, Event, is_taken_back, rulebook_with, shipped_rulebook
from tests.scenario import SCENARIOS, events_of, read_story

NOWHERE = Source(topic="-", partition=0, offset=0)
DAY = "account payer type=PERSON customer=c-1 balance=100000.00\naccount mule type=PERSON customer=c-2 on_us=true balance=0.00\n"
DRAIN = "09:10:00 deposit-broken payer id=broken\n09:14:05 transfer payer -> mule 60000.00 CNY mobile id=paid\n"
PASSED = "09:20:00 transfer mule -> next 57500.00 CNY mobile id=passed\n"


def lasting(alert: Alert) -> Alert:
    """Return an alert without what depends on the order of arrival: how often and when it was said."""
    return msgspec.structs.replace(alert, revision=1, raised_at=alert.event_time, source=NOWHERE)


def ends(events: Iterable[Event], partitions: int = 1) -> dict[str, Alert]:
    """Return what the last revisions say."""
    return {alert_id: lasting(alert) for alert_id, alert in Bank(partitions).take(events).final_alerts().items()}


def in_any_order(story: str) -> list[list[Event]]:
    return [list(order) for order in permutations(events_of(story))]


# ---- one alert, with revisions ---------------------------------------------------------------------------


def test_one_episode_is_one_alert_with_growing_revisions() -> None:
    bank = Bank().take(events_of((SCENARIOS / "v1_safe_account.txt").read_text(encoding="utf-8")))
    alerts = bank.alerts_on("a-771")

    assert len({alert.alert_id for alert in alerts}) == 1
    assert [alert.revision for alert in alerts] == [1, 2, 3]
    assert {alert.case_id for alert in alerts} == {alerts[0].case_id}


def test_a_day_without_any_sign_ends_the_episode() -> None:
    again = (
        "{day} 10:00:00 transfer payer -> safe2 39000.00 CNY mobile "
        "payer.balance_after=1000.00 payer.type=PERSON session.call_active=true\n"
    )
    story = DAY.replace(" balance=100000.00", "") + DRAIN.replace("id=paid", "id=paid payer.balance_after=40000.00")
    near, far = Bank().take(events_of(story + again.format(day="+1d").replace("10:00:00", "09:00:00"))), Bank()
    far.take(events_of(story + again.format(day="+3d").replace("39000.00", "90000.00")))

    assert len({alert.alert_id for alert in near.alerts_on("payer")}) == 1
    assert len({alert.alert_id for alert in far.alerts_on("payer")}) == 2
    assert len({alert.case_id for alert in far.alerts_on("payer")}) == 2


def test_the_same_statement_is_not_said_twice() -> None:
    events = events_of(DAY + DRAIN + PASSED)
    bank = Bank().take(events)
    said = len(bank.alerts)
    bank.take(events)

    assert len(bank.alerts) == said


def gathering(payers: int, amount: str = "900.00", **values: object) -> list[Alert]:
    """Return the alerts on an account that so many strangers have paid, a little each, five seconds apart.

    values: of the policy's budget, where they differ from the shipped ones.
    """
    times = [f"08:{5 * n // 60:02}:{5 * n % 60:02}" for n in range(payers)]
    lines = [f"{at} transfer v{n} -> till {amount} CNY mobile id=g{n:03}\n" for n, at in enumerate(times)]
    rulebook = rulebook_with("budget", **values)
    return Bank(rulebook=rulebook).take(events_of("account till type=PERSON balance=10.00\n" + "".join(lines))).alerts_on("till")


def test_a_reminder_is_repeated_only_when_much_has_changed() -> None:
    found, bounds = gathering(120, remind_s=0), shipped_rulebook().cases

    assert {(alert.typology, alert.tier) for alert in found} == {("V7", 1)}
    assert 3 <= len(found) < 12
    for earlier, later in pairwise(found):
        has_grown = later.amount_at_risk_minor > (1 + bounds.repeat_change_share) * earlier.amount_at_risk_minor
        is_checked_anew = [line.lookalike for line in later.counter_evidence] != [
            line.lookalike for line in earlier.counter_evidence
        ]
        assert has_grown or is_checked_anew or len(later.evidence) >= bounds.repeat_evidence_growth * len(earlier.evidence)


def test_a_customer_is_reminded_of_one_pattern_once_a_day() -> None:
    assert [(alert.typology, alert.tier) for alert in gathering(120)] == [("V7", 1)]


def test_a_reminder_held_back_is_told_when_the_day_is_over() -> None:
    assert len(gathering(120, remind_s=300)) > len(gathering(120, remind_s=86_400))


def test_a_flood_at_a_manager_is_told_in_full_at_first_and_then_when_much_has_changed() -> None:
    found, bounds = [alert for alert in gathering(120, "3000.00") if alert.tier == 2], shipped_rulebook().cases

    assert bounds.told_in_full_max <= len(found) < bounds.told_in_full_max + 8
    for earlier, later in pairwise(found[bounds.told_in_full_max - 1 :]):
        has_grown = later.amount_at_risk_minor > (1 + bounds.repeat_change_share) * earlier.amount_at_risk_minor
        assert has_grown or len(later.evidence) >= bounds.repeat_evidence_growth * len(earlier.evidence)


def test_what_a_manager_must_act_on_is_told_at_every_change() -> None:
    story = "".join(f"08:{n:02}:00 transfer v{n} -> till 3000.00 CNY mobile\n" for n in range(12))
    found = Bank().take(events_of("account till type=PERSON balance=10.00\n" + story)).alerts_on("till")

    assert {alert.tier for alert in found} == {2}
    assert [alert.amount_at_risk_minor for alert in found] == [300_000 * n for n in range(13 - len(found), 13)]
    assert len(found) > 5


# ---- the record ------------------------------------------------------------------------------------------


def test_the_alert_says_when_where_from_and_about_what() -> None:
    bank = Bank()
    for event in events_of(DAY + DRAIN):
        bank.take_one(event, delay_ms=2_500)
    paid = next(event for event in events_of(DAY + DRAIN) if event.event_id == "paid")
    (alert,) = bank.alerts

    assert alert.event_time == paid.event_time
    assert time_us(alert.raised_at) == time_us(paid.event_time) + 2_500_000
    assert (alert.trigger_event_id, alert.source.topic, alert.source.partition, alert.source.offset) == (
        "paid",
        "transactions",
        0,
        1,
    )
    assert (alert.subject.role, alert.subject.kind, alert.subject.id) == ("VICTIM_SUSPECTED", "ACCOUNT", "payer")
    assert (alert.typology, alert.tier, alert.recommended_action) == ("V1", 2, "CALL_BACK")
    assert (alert.detector.name, alert.detector.version) == ("rapid_new_payee_drain", "1")
    assert alert.detector.policy_version == shipped_rulebook().version
    assert (alert.amount_at_risk_minor, alert.currency) == (6_000_000, "CNY")
    assert alert.evidence == ("paid",)
    assert {line.lookalike for line in alert.counter_evidence} == {"N9", "N10", "N14"}
    assert 0.0 < alert.score <= 1.0


def test_the_source_is_that_of_the_record_that_raised_the_revision() -> None:
    """The payee's alert follows from the payee's own event; what the payer's key adds later names the payer's record."""
    paid, *rest = (event for event in events_of(DAY + DRAIN + PASSED) if event.event_id != "broken")
    (broken,) = (event for event in events_of(DAY + DRAIN) if event.event_id == "broken")
    bank = Bank(partitions=4).take([paid, *rest, broken])
    first, *_, last = bank.alerts_on("mule")

    assert (first.source.topic, first.source.offset, first.trigger_event_id) == ("transactions", 1, "passed")
    assert last.source.topic == "account-events"
    assert bank.alerts_on("payer")[-1].source.topic == "account-events"


def test_the_trigger_is_always_among_the_evidence() -> None:
    for path in sorted(SCENARIOS.glob("*.txt")):
        bank = Bank()
        for step in read_story(path.read_text(encoding="utf-8")):
            bank.take_one(step.event, delay_ms=step.late_ms)
        for alert in bank.alerts:
            if not is_taken_back(alert):
                assert alert.trigger_event_id in alert.evidence, path.stem
                assert len(alert.evidence) == len(set(alert.evidence))
                assert alert.counter_evidence or alert.subject.kind == "DEVICE" or alert.typology == "M7"  # a report is no pattern


# ---- several keys, one case ------------------------------------------------------------------------------


@pytest.mark.parametrize("partitions", [1, 6])
def test_the_payers_word_makes_the_mule_a_police_matter_whatever_the_order(partitions: int) -> None:
    expected = ends(events_of(DAY + DRAIN + PASSED), partitions)
    tiers = {alert.subject.id: alert.tier for alert in expected.values()}

    assert tiers == {"payer": 2, "mule": 3}
    for order in in_any_order(DAY + DRAIN + PASSED):
        assert ends(order, partitions) == expected


def test_without_the_payers_word_it_stays_at_tier_2() -> None:
    poor = DAY.replace("100000.00", "61000.00").replace("customer=c-1", "customer=c-1 type=PERSON")
    small = "09:14:05 transfer payer -> mule 20000.00 CNY mobile\n09:20:00 transfer mule -> next 19500.00 CNY mobile\n"
    (alert,) = Bank().take(events_of(poor + small)).final_alerts().values()

    assert (alert.subject.id, alert.tier) == ("mule", 2)


def test_the_payers_reasons_are_told_as_the_payers() -> None:
    mule = Bank().take(events_of(DAY + DRAIN + PASSED)).alerts_on("mule")[-1]
    told = {reason.code: reason for reason in mule.reasons}

    assert "DRAIN_24H" not in told
    assert told["PAYER_DRAIN_24H"].en.startswith("Of the payer:")
    assert told["PAYER_DRAIN_24H"].zh.startswith("付款方：")


def test_a_shared_devices_word_reaches_the_payers_case() -> None:
    logins = "".join(f"-{n}d 10:00:00 login other{n} device=farm customer=k{n}\n" for n in (3, 2))
    story = DAY + logins + DRAIN.replace("id=paid", "id=paid session.device=farm")
    with_farm, without = Bank().take(events_of(story)), Bank().take(events_of(DAY + DRAIN))
    alone, supported = without.alerts_on("payer")[-1], with_farm.alerts_on("payer", "VICTIM")[-1]

    assert "DEVICE_HOLDERS" in [reason.code for reason in supported.reasons]
    assert supported.score > alone.score
    assert supported.tier == alone.tier


def test_both_words_of_one_payer_about_one_payment_leave_the_stronger() -> None:
    taken = "09:12:00 device-bound payer\n09:12:30 password-reset payer\n"
    mule = (
        Bank().take(events_of(DAY + taken + DRAIN.replace("id=paid", "id=paid session.otp_count_10m=3") + PASSED)).account("mule")
    )
    (case,) = (case for case in mule.cases if case.role == "MULE_SUSPECTED")
    payers = [said.signal for said in case.said if said.origin == b"A:payer"]

    assert len(payers) == 1


# ---- taking back -----------------------------------------------------------------------------------------


def test_a_reversal_takes_a_suspicion_back_at_both_ends() -> None:
    """What seemed a stranger's credit was reversed at its bank; the word to the next account goes as well."""
    story = (
        "account mule type=PERSON balance=0.00\naccount next type=PERSON balance=0.00\n"
        "09:14:00 transfer payer -> mule 45000.00 CNY mobile id=paid\n"
        "09:20:00 transfer mule -> next 44000.00 CNY mobile id=passed\n"
    )
    reversal = "09:21:00 transfer payer -> mule 45000.00 CNY mobile status=REVERSED of=paid\n"
    before, after = Bank().take(events_of(story)), Bank().take(events_of(story + reversal))

    assert [case.said != [] for case in before.account("next").cases] == [True]
    assert [case.said for case in after.account("next").cases] == [[]]
    last = after.alerts_on("mule")[-1]
    assert [reason.code for reason in last.reasons] == ["WITHDRAWN"]
    assert (last.tier, last.recommended_action, last.amount_at_risk_minor, last.revision) == (1, "REMIND", 0, 2)


def test_what_was_taken_back_can_be_said_again() -> None:
    story = DAY + DRAIN + "09:20:00 transfer payer -> mule 60000.00 CNY mobile status=REVERSED of=paid\n"
    again = "09:40:00 transfer payer -> mule 70000.00 CNY mobile id=again\n"
    alerts = Bank().take(events_of(story + again)).alerts_on("payer")

    assert [alert.revision for alert in alerts] == [1, 2, 3]
    assert [alert.reasons[0].code for alert in alerts] == ["DRAIN_24H", "WITHDRAWN", "DRAIN_24H"]
    assert len({alert.alert_id for alert in alerts}) == 1


def test_taking_back_an_old_word_opens_no_new_episode() -> None:
    """Two days on, the payment that supported the case is reversed late; the old alert stays the old alert."""
    later = "+2d 12:00:00 transfer salary -> mule 10.00 CNY mobile\n"
    bank = Bank().take(events_of(DAY + DRAIN + PASSED + later))
    cases = [case.case_id for case in bank.account("mule").cases]
    bank.take(events_of("+2d 12:30:00 transfer payer -> mule 60000.00 CNY mobile status=REVERSED of=paid\n"))

    assert [case.case_id for case in bank.account("mule").cases] == cases


# ---- ids -------------------------------------------------------------------------------------------------


STORY = events_of((SCENARIOS / "w2_after_a_chain.txt").read_text(encoding="utf-8"))


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_a_shuffle_within_the_lateness_ends_in_the_same_alerts_under_the_same_ids(data: Any) -> None:
    """Each record arrives up to nine minutes late."""
    late_s = data.draw(st.lists(st.integers(0, 540), min_size=len(STORY), max_size=len(STORY)))
    arrivals = sorted(
        zip(STORY, late_s, strict=True), key=lambda one: (time_us(one[0].event_time) + one[1] * 1_000_000, one[0].event_id)
    )

    assert ends(event for event, _ in arrivals) == ends(STORY)


@pytest.mark.parametrize(("first", "second", "is_same"), [("23:58:00", "23:59:30", True), ("07:59:50", "08:00:10", False)])
def test_the_order_of_the_first_triggers_shows_in_the_ids_only_across_utc_midnight(
    first: str, second: str, *, is_same: bool
) -> None:
    """The documented limit; the case is one and the same, and once open it keeps its ids."""
    day = "account payer type=PERSON\n07:50:00 deposit-broken payer\n"
    sums = ["50000.00 CNY mobile payer.balance_after=60000.00", "55000.00 CNY mobile payer.balance_after=5000.00"]
    broken, *paid = events_of(day + f"{first} transfer payer -> x-1 {sums[0]}\n{second} transfer payer -> x-2 {sums[1]}\n")
    ahead, swapped = Bank().take([broken, *paid]), Bank().take([broken, *paid[::-1]])

    assert len({alert.alert_id for alert in swapped.alerts_on("payer")}) == 1
    assert (ahead.final_alerts().keys() == swapped.final_alerts().keys()) is is_same


def test_alerts_differ_by_subject_and_role_and_a_ring_is_one_case() -> None:
    alerts = Bank().take(STORY).final_alerts().values()

    assert (
        len({alert.alert_id for alert in alerts})
        == len(alerts)
        == len({(alert.subject.id, alert.subject.role) for alert in alerts})
    )
    assert len({alert.case_id for alert in alerts}) == 1


def test_a_flood_of_one_pattern_leaves_the_case_bounded_and_drowns_no_other_word() -> None:
    """One victim's word, then two hundred more payers."""
    victim = "account old type=PERSON balance=90000.00\n07:58:00 transfer old -> till 60000.00 CNY mobile\n"
    story = "account till type=PERSON balance=10.00\n" + victim
    story += "".join(f"{8 + n // 30:02}:{n * 2 % 60:02}:00 transfer v{n} -> till 3000.00 CNY mobile\n" for n in range(200))
    bank, bounds = Bank().take(events_of(story)), shipped_rulebook().cases
    (case,) = (case for case in bank.account("till").cases if case.role == "MULE_SUSPECTED")

    assert 20 <= len(case.said) <= bounds.signals_max
    assert {said.signal.typology for said in case.said} == {"M2", "V1", "V7"}
    assert all(len(alert.evidence) <= bounds.evidence_max for alert in bank.alerts)
    assert len(bank.state()[b"A:till"]) < 45_000


CASH_OUT = (
    "account till type=PERSON customer=c-8 balance=0.00\n10:00:00 transfer x-1 -> till 60000.00 CNY mobile\n{flood}"
    "10:05:00 withdrawal till 9000.00 CNY ATM-1\n10:06:00 withdrawal till 9000.00 CNY ATM-1\n"
    "10:07:00 transfer till -> y-1 41000.00 CNY mobile\n"
)


@pytest.mark.parametrize("trifles", [0, 60, 130, 300])
def test_trifles_hide_no_cash_out(trifles: int) -> None:
    flood = f"for n in 1..{trifles} | 10:01:00.{{n:06}} transfer t-{{n}} -> till 0.01 CNY mobile\n"
    last = Bank().take(events_of(CASH_OUT.format(flood=flood if trifles else ""))).alerts_on("till")[-1]
    told = {reason.code: reason for reason in last.reasons}

    assert last.tier == 3
    assert "CAP_RATIO" in told
    assert ("WINDOW_INCOMPLETE" in told) is (trifles > shipped_rulebook().bounds.entries_max)


# ---- copies of old events --------------------------------------------------------------------------------


def _daily_life(events: list[Event]) -> list[Event]:
    """Return something ordinary at every key of a story, 28 hours after its end."""
    at = max(event.event_time for event in events) + timedelta(hours=28)
    payments = [event for event in events if isinstance(event, Transaction)]
    parties = [party for event in payments for party in (event.payer, event.payee) if party is not None]
    machines = {event.terminal.id for event in payments if event.terminal is not None and event.kind == "CASH_WITHDRAWAL"}
    payers = {party.account: None for party in parties}
    found: list[Event] = [_payment(at, "PURCHASE", account, payee=Party(account="shop", type="MERCHANT")) for account in payers]
    return found + [_payment(at, "CASH_WITHDRAWAL", f"guest-{machine}", terminal=Terminal(id=machine)) for machine in machines]


def _payment(at: datetime, kind: str, account: str, **more: Any) -> Transaction:
    channel = "ATM" if kind == "CASH_WITHDRAWAL" else "MOBILE"
    common = {"event_id": f"later-{account}", "event_time": at, "kind": kind, "status": "APPROVED", "channel": channel}
    return Transaction(**common, amount_minor=1_000, currency="CNY", payer=Party(account=account), **more)


@pytest.mark.parametrize("partitions", [1, 4])
@pytest.mark.parametrize("path", sorted(SCENARIOS.glob("*.txt")), ids=lambda path: path.stem)
def test_a_copy_that_comes_a_day_later_changes_nothing_that_was_said(path: Path, partitions: int) -> None:
    """Every account has moved on so far that no window remembers the events that come again."""
    events = events_of(path.read_text(encoding="utf-8"))
    bank = Bank(partitions).take(events).take(_daily_life(events))
    before, alerts, requests = words(bank), len(bank.alerts), len(bank.requests)
    for event in events:
        bank.take_one(event, delay_ms=90_000_000)

    assert bank.requests[requests:] == []
    assert bank.alerts[alerts:] == []
    assert words(bank) == before


def words(bank: Bank) -> dict[bytes, Any]:
    """Return all cases as stored."""
    kinds: dict[bytes, KeyKind] = {b"A": "ACCOUNT", b"T": "TERMINAL", b"D": "DEVICE"}
    return {key: decode_profile(kinds[key[:1]], payload_of(value)).cases for key, value in bank.state().items() if key[:1] in kinds}
