"""V8: a loan goes on at once to somebody new."""

import pytest

from tests.models.examine import codes, detector, examined, explained, highest, tiers
from tests.scenario import events_of, shifted

VICTIM = "A:victim"
V8 = detector("loan_fee")
LENDER = "purpose=LOAN payer.type=CORPORATE"


def loan(
    credit: str = LENDER,
    lent: str = "30000.00",
    paid: str = "26000.00",
    at: str = "10:20:00",
    extra: str = "payee.type=PERSON",
    before: str = "",
) -> str:
    """Return a loan at ten and what is sent on of it."""
    head = f"account victim type=PERSON customer=c-1 balance=800.00\n{before}"
    lent_line = f"10:00:00 transfer lender -> victim {lent} CNY web id=loan {credit}\n"
    return f"{head}{lent_line}{at} transfer victim -> agent {paid} CNY mobile id=out {extra}\n"


PLAIN = loan(credit="payer.type=CORPORATE", extra="payee.type=PERSON session.call_active=true")
CAUGHT = (PLAIN, VICTIM, 0)
"""A story it must catch, at which key, and the tier it ends at: without the purpose it supports a case and no more."""


def test_four_fifths_of_a_loan_within_the_hour_is_tier_2() -> None:
    signal = examined(V8, loan(), VICTIM)["out"]

    assert signal.tier == 2
    assert codes(signal) == ["OUT_IN_RATIO"]
    assert signal.reasons[0].value == 0.8667
    assert "20 min" in signal.reasons[0].en
    assert signal.evidence == ("loan", "out")
    assert signal.at_risk_minor == 2_600_000
    assert [(also.id, also.role, also.tier) for also in signal.also] == [("agent", "MULE_SUSPECTED", 0)]


@pytest.mark.parametrize(
    ("story", "tier"),
    [
        (loan(paid="24000.00"), 2),
        (loan(paid="23999.99"), 1),
        (loan(at="11:00:00"), 2),
        (loan(at="11:00:01"), 1),
        (loan(at="19:00:00"), 1),
        (loan(at="+1d 02:00:00"), 0),
        (loan(paid="12000.00"), 0),
    ],
    ids=["four fifths", "just less", "within the hour", "just after it", "in the evening", "in the night", "less than half"],
)
def test_share_and_time_fade_and_are_no_cliffs(story: str, tier: int) -> None:
    assert tiers(examined(V8, story, VICTIM)) == {"out": tier}


@pytest.mark.parametrize(
    "story",
    [loan(paid="6000.00"), loan(lent="1999.99", paid="1999.00"), loan(at="+1d 09:59:00")],
    ids=["a small part", "a small sum", "a day later"],
)
def test_just_under_a_threshold_nothing_is_said(story: str) -> None:
    assert examined(V8, story, VICTIM) == {}


def test_slices_and_split_payees_add_up() -> None:
    slices = "10:30:00 transfer victim -> agent2 13000.00 CNY mobile id=two payee.type=PERSON\n"
    signals = examined(V8, loan(paid="13000.00") + slices, VICTIM)

    assert tiers(signals) == {"out": 0, "two": 2}
    assert [also.id for also in signals["two"].also] == ["agent", "agent2"]


def test_a_payee_first_paid_a_little_yesterday_is_caught_all_the_same() -> None:
    warmed = "-1d 10:00:00 transfer victim -> agent 20.00 CNY mobile\n"

    assert highest(examined(V8, loan(before=warmed), VICTIM)) == 2


@pytest.mark.parametrize("credit", ["payer.type=CORPORATE", "purpose=LOAN", ""])
def test_without_a_companys_word_for_a_loan_it_is_support_only_and_frees_no_mule(credit: str) -> None:
    assert tiers(examined(V8, loan(credit=credit, extra="session.call_active=true"), VICTIM)) == {"out": 0}


def test_a_payer_of_unknown_kind_needs_a_strong_sign() -> None:
    assert examined(V8, loan(credit="purpose=LOAN"), VICTIM) == {}


def test_a_persons_money_is_no_loan_whatever_its_purpose() -> None:
    assert examined(V8, loan(credit="purpose=LOAN payer.type=PERSON"), VICTIM) == {}


@pytest.mark.parametrize("hours", [0, 6, 12, 18])
def test_the_hour_does_not_matter(hours: int) -> None:
    assert highest(examined(V8, shifted(events_of(loan()), hours), VICTIM)) == 2


def test_a_request_is_judged_before_the_money_moves_and_a_refusal_is_none() -> None:
    asked = examined(V8, loan(extra="status=REQUESTED"), VICTIM)["out"]

    assert (asked.tier, asked.money) == (2, "REQUESTED")
    assert examined(V8, loan(extra="status=DECLINED"), VICTIM) == {}


def test_a_payee_of_old_is_left_alone() -> None:
    known = "-40d 10:00:00 transfer victim -> agent 100.00 CNY mobile\n"

    assert examined(V8, loan(before=known), VICTIM) == {}


def test_what_the_loan_was_taken_for_and_the_own_name_explain_it() -> None:
    assert explained("large_life_payment", V8, loan(extra="payee.type=CORPORATE"), VICTIM).share >= 0.5
    assert explained("own_name_move", V8, loan(extra="payee.customer=c-1"), VICTIM).share >= 0.8
    assert explained("large_life_payment", V8, loan(), VICTIM).share == 0.0


def test_a_companys_payments_are_another_patterns_business() -> None:
    assert examined(V8, loan().replace("victim type=PERSON", "victim type=CORPORATE"), VICTIM) == {}
