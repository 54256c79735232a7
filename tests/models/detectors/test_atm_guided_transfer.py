"""V3: somebody is talked through a transfer at a cash machine."""

import pytest

from tests.models.examine import codes, detector, examined, explained, highest, tiers
from tests.scenario import events_of, shifted

VICTIM = "A:victim"
V3 = detector("atm_guided_transfer")
WATCHED = "-60d 10:00:00 purchase victim -> shop 30.00 CNY POS-1\n"
OLDER = " holder_age=68"


def guided(
    age: str = OLDER,
    before: str = WATCHED,
    paid: str = "5871.36",
    at: str = "10:00:00",
    extra: str = "arrival_mode=REVOCABLE_24H payee.type=PERSON",
) -> str:
    """Return a transfer at a machine to somebody new."""
    return f"account victim type=PERSON customer=c-1{age}\n{before}{at} transfer victim -> refund {paid} CNY ATM-9 id=out {extra}\n"


REFUSED = "".join(f"09:5{n}:00 transfer victim -> refund 5871.36 CNY ATM-9 status=DECLINED\n" for n in range(5, 7))
PLAIN = guided()
CAUGHT = (guided(before=WATCHED + REFUSED), VICTIM, 2)
"""A story it must catch, at which key, and the tier it ends at: for the contract suite."""


def test_an_older_customers_first_odd_sum_at_a_machine_is_tier_2_while_it_can_be_revoked() -> None:
    signal = examined(V3, PLAIN, VICTIM)["out"]

    assert (signal.tier, signal.money) == (2, "REVOCABLE")
    assert codes(signal) == ["ATM_NEW_PAYEE", "HOLDER_AGE", "ODD_SUM"]
    assert "revoke" in signal.reasons[0].en
    assert signal.at_risk_minor == 587_136
    assert [(also.id, also.tier) for also in signal.also] == [("refund", 0)]


def test_once_the_money_has_moved_it_is_a_reminder_unless_one_sign_more_speaks() -> None:
    moved = examined(V3, guided(extra="arrival_mode=REALTIME"), VICTIM)["out"]

    assert moved.tier == 1
    assert "revoke" not in moved.reasons[0].en
    assert highest(examined(V3, guided(before=WATCHED + REFUSED, extra="arrival_mode=REALTIME"), VICTIM)) == 2


def test_two_refused_attempts_within_ten_minutes_are_a_sign() -> None:
    early = REFUSED.replace("09:55", "09:49")

    assert "DECLINED_10M" in codes(examined(V3, guided(before=WATCHED + REFUSED), VICTIM)["out"])
    assert "DECLINED_10M" not in codes(examined(V3, guided(before=WATCHED + early), VICTIM)["out"])


def test_neither_age_nor_a_first_use_of_the_machine_speaks_alone() -> None:
    used = WATCHED + "-40d 10:00:00 transfer victim -> son 500.00 CNY ATM-9\n"

    assert examined(V3, guided(age=" holder_age=64", paid="5800.00"), VICTIM) == {}
    assert "out" not in examined(V3, guided(before=used, paid="5800.00", age=" holder_age=64"), VICTIM)
    assert tiers(examined(V3, guided(paid="5800.00"), VICTIM)) == {"out": 1}


def test_a_younger_victim_and_a_round_sum_are_caught_by_the_other_signs() -> None:
    story = guided(age=" holder_age=35", paid="5800.00", before=WATCHED + REFUSED)

    assert tiers(examined(V3, story, VICTIM)) == {"out": 1}
    young_payee = story.replace("payee.type=PERSON", "payee.type=PERSON payee.opened_on=2026-02-20")
    assert tiers(examined(V3, young_payee, VICTIM)) == {"out": 2}


def test_who_pays_at_machines_needs_more_signs() -> None:
    used = WATCHED + "-40d 10:00:00 transfer victim -> son 500.00 CNY ATM-9\n"

    assert examined(V3, guided(before=used), VICTIM)["out"].tier == 1
    assert examined(V3, guided(before=used + REFUSED), VICTIM)["out"].tier == 2


def test_a_use_of_machines_a_year_ago_is_forgotten() -> None:
    used = "-{}d 09:00:00 transfer victim -> son 500.00 CNY ATM-9\n"

    long = WATCHED.replace("-60d", "-400d")
    assert examined(V3, guided(before=long + used.format(366)), VICTIM)["out"].tier == 2
    assert examined(V3, guided(before=long + used.format(364)), VICTIM)["out"].tier == 1


def test_an_account_we_have_not_watched_for_long_says_less() -> None:
    assert tiers(examined(V3, guided(before=""), VICTIM)) == {"out": 1}


def test_slices_of_a_day_and_of_the_days_after_stay_the_same_story() -> None:
    slices = "".join(
        f"{at} transfer victim -> refund 480.00 CNY ATM-9 id=s{n} arrival_mode=REVOCABLE_24H\n"
        for n, at in enumerate(("10:00:00", "10:05:00", "+1d 10:04:00", "+1d 10:30:00"))
    )
    signals = examined(V3, f"account victim type=PERSON{OLDER}\n" + WATCHED + slices, VICTIM)

    assert tiers(signals) == {"s1": 2, "s2": 2, "s3": 2}


def test_a_small_sum_is_nothing() -> None:
    assert examined(V3, guided(paid="499.99"), VICTIM) == {}
    assert examined(V3, guided(paid="500.01"), VICTIM)["out"].tier == 2


@pytest.mark.parametrize("hours", [0, 6, 12, 18])
def test_the_hour_does_not_matter(hours: int) -> None:
    assert highest(examined(V3, shifted(events_of(PLAIN), hours), VICTIM)) == 2


def test_a_request_is_judged_before_the_money_moves_and_a_refusal_is_none() -> None:
    asked = examined(V3, guided(extra="status=REQUESTED"), VICTIM)["out"]

    assert (asked.tier, asked.money) == (2, "REQUESTED")
    assert examined(V3, guided(extra="status=DECLINED"), VICTIM) == {}


def test_a_relative_of_old_a_mobile_payment_and_a_company_are_left_alone() -> None:
    known = WATCHED + "-10d 10:00:00 transfer victim -> refund 300.00 CNY mobile\n"

    assert examined(V3, guided(before=known), VICTIM) == {}
    assert examined(V3, PLAIN.replace("ATM-9", "mobile"), VICTIM) == {}
    assert examined(V3, PLAIN.replace("victim type=PERSON", "victim type=CORPORATE"), VICTIM) == {}


def test_strangers_money_that_moves_on_is_a_mules_pattern() -> None:
    fed = "-1d 09:00:00 transfer stranger -> victim 6000.00 CNY mobile payer.type=PERSON\n"

    assert examined(V3, guided(before=WATCHED + fed), VICTIM) == {}


def test_a_relative_who_has_long_been_paying_the_customer_explains_it() -> None:
    helped = WATCHED + "-50d 10:00:00 transfer refund -> victim 800.00 CNY mobile\n"

    assert explained("seasonal_habit", V3, guided(before=helped), VICTIM).share >= 0.5
    assert explained("seasonal_habit", V3, PLAIN, VICTIM).share == 0.0
