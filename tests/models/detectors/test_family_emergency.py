"""V5: one urgent payment to somebody new, unlike the customer in several ways."""

import pytest

from tests.models.examine import codes, detector, examined, explained, highest, tiers
from tests.scenario import events_of, shifted

VICTIM = "A:victim"
V5 = detector("family_emergency")
HABIT = "".join(f"-{60 - n}d 12:{n:02}:00 transfer victim -> friend {200 + 10 * n}.00 CNY mobile\n" for n in range(25))


def urgent(
    before: str = HABIT,
    paid: str = "30000.00",
    at: str = "12:30:00",
    balance: str = "200000.00",
    extra: str = "payer.region=330106 payee.region=440300",
) -> str:
    """Return a first payment at an hour the customer knows, in another province."""
    head = f"account victim type=PERSON customer=c-1 balance={balance}\n{before}"
    return f"{head}{at} transfer victim -> hospital {paid} CNY mobile id=out payee.type=PERSON {extra}\n"


PLAIN = urgent(at="22:30:00")
CAUGHT = (PLAIN, VICTIM, 1)
"""A story it must catch, at which key, and the tier it ends at: for the contract suite."""


def test_a_far_unusual_sum_to_another_province_at_a_strange_hour_is_a_reminder() -> None:
    signal = examined(V5, PLAIN, VICTIM)["out"]

    assert signal.tier == 1
    assert codes(signal) == ["NEW_PAYEE", "CROSS_REGION", "OUTSIDE_OWN_HOURS"]
    assert "another province" in signal.reasons[0].en
    assert [(also.id, also.tier) for also in signal.also] == [("hospital", 0)]


def test_by_day_a_large_part_of_the_balance_or_a_call_stands_for_the_hour() -> None:
    assert codes(examined(V5, urgent(balance="60000.00"), VICTIM)["out"]) == ["NEW_PAYEE", "CROSS_REGION", "DRAIN_24H"]
    assert highest(examined(V5, urgent(balance="60000.00"), VICTIM)) == 1
    called = urgent(extra="session.call_active=true payer.region=330106 payee.region=440300")
    assert highest(examined(V5, called, VICTIM)) == 1


def test_one_sign_supports_a_case_and_none_says_nothing() -> None:
    assert tiers(examined(V5, urgent(), VICTIM)) == {"out": 0}
    assert examined(V5, urgent(), VICTIM)["out"].also == ()
    assert examined(V5, urgent(extra=""), VICTIM) == {}


def test_all_signs_together_stay_a_reminder() -> None:
    story = urgent(
        before=HABIT + "22:00:00 deposit-broken victim\n22:01:00 limit-raised victim\n",
        at="22:30:00",
        balance="40000.00",
        extra="payer.region=330106 payee.region=440300 session.call_active=true payee.name_match=NO payee.opened_on=2026-02-20",
    )
    signal = examined(V5, story, VICTIM)["out"]

    assert signal.tier == 1
    assert signal.strength == 1.0


@pytest.mark.parametrize(
    "story",
    [
        urgent(at="22:30:00", paid="2999.99"),
        urgent(at="22:30:00", before=HABIT.split("\n", 6)[6]),
        urgent(at="22:30:00", paid="4000.00", before=HABIT.replace("0.00 CNY", "00.00 CNY")),
    ],
    ids=["a small sum", "fewer than twenty debits known", "a usual sum"],
)
def test_just_under_a_threshold_nothing_is_said(story: str) -> None:
    assert examined(V5, story, VICTIM) == {}


def test_slices_of_a_day_add_up() -> None:
    slices = "".join(
        f"22:{n}0:00 transfer victim -> hospital 2900.00 CNY mobile id=s{n} payer.region=330106 payee.region=440300\n"
        for n in range(4)
    )
    signals = examined(V5, "account victim type=PERSON balance=200000.00\n" + HABIT + slices, VICTIM)

    assert tiers(signals) == {"s1": 1, "s2": 1, "s3": 1}
    assert signals["s3"].at_risk_minor == 1_160_000


@pytest.mark.parametrize("hours", [2, 6, 10, 14, 18, 22])
def test_every_hour_that_is_not_the_customers_own_is_strange(hours: int) -> None:
    *habit, last = events_of(urgent())

    assert highest(examined(V5, [*habit, *shifted([last], hours)], VICTIM)) == 1


def test_a_request_is_judged_before_the_money_moves_and_a_refusal_is_none() -> None:
    asked = examined(V5, PLAIN.replace("id=out", "id=out status=REQUESTED"), VICTIM)["out"]

    assert (asked.tier, asked.money) == (1, "REQUESTED")
    assert examined(V5, PLAIN.replace("id=out", "id=out status=DECLINED"), VICTIM) == {}


def test_a_relative_paid_before_is_left_alone() -> None:
    known = HABIT + "-2d 12:00:00 transfer victim -> hospital 300.00 CNY mobile\n"

    assert examined(V5, urgent(before=known, at="22:30:00"), VICTIM) == {}


def test_strangers_money_that_moves_on_is_a_mules_pattern() -> None:
    fed = HABIT + "-1d 09:00:00 transfer stranger -> victim 29000.00 CNY mobile payer.type=PERSON\n"

    assert examined(V5, urgent(before=fed, at="22:30:00"), VICTIM) == {}


def test_a_relative_who_pays_the_customer_explains_it() -> None:
    family = HABIT + "-50d 10:00:00 transfer hospital -> victim 800.00 CNY mobile\n"

    assert explained("seasonal_habit", V5, urgent(before=family, at="22:30:00"), VICTIM).share >= 0.5
    assert explained("seasonal_habit", V5, PLAIN, VICTIM).share == 0.0
