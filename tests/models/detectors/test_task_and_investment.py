"""V9: small returns first, then growing payments for days."""

import pytest

from tests.models.examine import codes, detector, examined, explained, highest, tiers
from tests.scenario import events_of, shifted

VICTIM = "A:victim"
V9 = detector("task_and_investment")
HEAD = "account victim type=PERSON customer=c-1 balance=200000.00\n"
BAIT = (
    "09:00:00 transfer victim -> shop1 100.00 CNY mobile id=b1 payee.type=PERSON\n"
    "09:30:00 transfer shop1 -> victim 130.00 CNY mobile id=r1 payer.type=PERSON\n"
)
AGAIN = (
    "11:00:00 transfer victim -> shop1 300.00 CNY mobile id=b2 payee.type=PERSON\n"
    "11:30:00 transfer shop1 -> victim 390.00 CNY mobile id=r2 payer.type=PERSON\n"
)


def episode(*paid: tuple[str, str, str], bait: str = BAIT + AGAIN, before: str = "", extra: str = "payee.type=PERSON") -> str:
    """Return small returns, then payments (when, payee, yuan), the last of which is "out"."""
    lines = [
        f"{at} transfer victim -> {to} {yuan} CNY mobile id={'out' if n == len(paid) - 1 else f'p{n}'} {extra}\n"
        for n, (at, to, yuan) in enumerate(paid)
    ]
    return HEAD + before + bait + "".join(lines)


FIRST, SECOND, THIRD = (
    ("+1d 10:00:00", "shop1", "6000.00"),
    ("+2d 10:00:00", "shop2", "9000.00"),
    ("+3d 10:00:00", "shop3", "20000.00"),
)
PLAIN = episode(FIRST, SECOND, THIRD)
CAUGHT = (PLAIN, VICTIM, 2)
"""A story it must catch, at which key, and the tier it ends at: for the contract suite."""


def test_the_payment_that_leaves_the_returns_behind_is_tier_2_after_two_of_them() -> None:
    signals = examined(V9, PLAIN, VICTIM)

    assert tiers(signals) == {"p0": 2, "p1": 2, "out": 2}
    assert codes(signals["p0"]) == ["OUT_TO_RETURNS", "SMALL_RETURNS"]
    assert signals["p0"].reasons[0].value == round(6000 / 390, 4)
    assert codes(signals["out"]) == ["OUT_TO_RETURNS", "SMALL_RETURNS", "DISTINCT_PAYEES", "RISING_PAYMENTS"]
    assert [(also.id, also.role, also.tier) for also in signals["out"].also] == [("shop3", "MULE_SUSPECTED", 0)]


def test_after_one_return_it_is_a_reminder() -> None:
    assert tiers(examined(V9, episode(FIRST, bait=BAIT), VICTIM)) == {"out": 1}


@pytest.mark.parametrize(
    "story",
    [
        episode(("+1d 10:00:00", "shop1", "1999.99"), bait=BAIT),
        episode(FIRST, bait=BAIT.splitlines(keepends=True)[0]),
        episode(FIRST, bait=BAIT.replace("130.00", "201.00")),
        episode(("+1d 10:00:00", "shop1", "2000.00"), bait=BAIT.replace("100.00", "700.00").replace("130.00", "910.00")),
    ],
    ids=["a small sum", "nothing came back", "more than double is no return", "hardly more than before"],
)
def test_just_under_a_threshold_nothing_is_said(story: str) -> None:
    assert examined(V9, story, VICTIM) == {}


def test_less_than_five_times_supports_a_case_or_reminds_at_most() -> None:
    near = episode(
        ("+1d 10:00:00", "shop1", "1700.00"),
        ("+1d 10:05:00", "shop1", "2000.00"),
        bait=BAIT.replace("100.00", "800.00").replace("130.00", "900.00"),
    )

    assert tiers(examined(V9, near, VICTIM)) == {"out": 0}
    assert examined(V9, near, VICTIM)["out"].also == ()


def test_below_the_sum_that_friends_pay_each_other_the_evidence_counts_in_part() -> None:
    assert tiers(examined(V9, episode(("+1d 10:00:00", "shop1", "3000.00"), bait=BAIT), VICTIM)) == {"out": 0}
    assert tiers(examined(V9, episode(("+1d 10:00:00", "shop1", "5000.00"), bait=BAIT), VICTIM)) == {"out": 1}


def test_slices_of_a_day_add_up() -> None:
    slices = episode(*((f"+1d 1{n}:00:00", "shop1", "1200.00") for n in range(6)))

    assert highest(examined(V9, slices, VICTIM)) == 2


def test_returns_from_another_account_count_half_and_need_a_gain() -> None:
    other = (BAIT + AGAIN).replace("transfer shop1 -> victim", "transfer payer -> victim")
    repaid = BAIT.replace("transfer shop1 -> victim", "transfer payer -> victim").replace("130.00", "100.00")

    assert highest(examined(V9, episode(FIRST, bait=other), VICTIM)) == 1
    assert highest(examined(V9, episode(FIRST, SECOND, THIRD, bait=other), VICTIM)) == 2
    assert examined(V9, episode(FIRST, bait=repaid), VICTIM) == {}


def test_a_first_wage_before_anything_was_paid_is_half_a_return() -> None:
    gift = "09:30:00 transfer shop1 -> victim 60.00 CNY mobile payer.type=PERSON\n"

    assert highest(examined(V9, episode(FIRST, bait=gift), VICTIM)) == 0
    assert examined(V9, episode(FIRST, bait=gift), VICTIM)["out"].tier == 0
    assert highest(examined(V9, episode(FIRST, bait=gift, extra="payee.name_match=NO"), VICTIM)) == 1


def test_an_episode_stretched_over_weeks_fades_and_does_not_end() -> None:
    soon = examined(V9, episode(FIRST), VICTIM)["out"]
    late = examined(V9, episode(("+14d 10:00:00", "shop1", "6000.00")), VICTIM)["out"]

    assert 0 < late.strength < soon.strength
    assert (late.tier, soon.tier) == (1, 2)


@pytest.mark.parametrize("hours", [0, 6, 12, 18])
def test_the_hour_does_not_matter(hours: int) -> None:
    assert highest(examined(V9, shifted(events_of(PLAIN), hours), VICTIM)) == 2


def test_a_request_is_judged_before_the_money_moves_and_a_refusal_is_none() -> None:
    asked = examined(V9, episode(FIRST, extra="status=REQUESTED"), VICTIM)["out"]

    assert (asked.tier, asked.money) == (2, "REQUESTED")
    assert examined(V9, episode(FIRST, extra="status=DECLINED"), VICTIM) == {}


def test_a_friend_of_old_is_left_alone() -> None:
    known = "-60d 10:00:00 transfer victim -> shop1 50.00 CNY mobile\n"

    assert examined(V9, episode(FIRST, before=known), VICTIM) == {}


def test_a_mule_that_passes_a_probe_and_then_a_load_is_no_victim() -> None:
    load = "+1d 09:50:00 transfer stranger -> victim 6000.00 CNY mobile payer.type=PERSON\n"

    assert examined(V9, episode(FIRST, bait=BAIT + AGAIN + load), VICTIM) == {}


def test_an_institution_explains_it_in_part() -> None:
    fund = episode(FIRST, extra="payee.type=CORPORATE")

    assert 0.5 <= explained("saving_plan", V9, fund, VICTIM).share < 0.8
    assert explained("saving_plan", V9, PLAIN, VICTIM).share == 0.0


def test_a_companys_payments_are_another_patterns_business() -> None:
    assert examined(V9, PLAIN.replace("victim type=PERSON", "victim type=CORPORATE"), VICTIM) == {}
