"""V4: a row of rising payments to somebody met lately."""

import pytest

from tests.models.examine import codes, detector, examined, explained, highest, tiers
from tests.scenario import events_of, shifted

VICTIM = "A:victim"
V4 = detector("advance_fee")
HABIT = "".join(f"-{60 - n}d 12:00:00 transfer victim -> friend {200 + 10 * n}.00 CNY mobile\n" for n in range(25))


def row(*paid: tuple[str, str], to: str = "prize", extra: str = "payee.type=PERSON", before: str = "") -> str:
    """Return payments (when, yuan) to one payee, the last of which is "out"."""
    lines = [
        f"{at} transfer victim -> {to} {yuan} CNY mobile id={'out' if (at, yuan) == paid[-1] else f'p{n}'} {extra}\n"
        for n, (at, yuan) in enumerate(paid)
    ]
    return "account victim type=PERSON customer=c-1 balance=400000.00\n" + before + "".join(lines)


ONE, TWO, THREE, FOUR = (
    ("10:00:00", "2000.00"),
    ("+1d 11:00:00", "5000.00"),
    ("+2d 09:00:00", "12000.00"),
    ("+3d 16:00:00", "30000.00"),
)
PLAIN = row(ONE, TWO, THREE, FOUR)
FAR = "payer.region=330106 payee.region=440300"
CAUGHT = (PLAIN, VICTIM, 2)
"""A story it must catch, at which key, and the tier it ends at: for the contract suite."""


def test_the_third_rising_payment_is_a_reminder_and_the_fourth_tier_2() -> None:
    signals = examined(V4, PLAIN, VICTIM)

    assert tiers(signals) == {"p1": 0, "p2": 1, "out": 2}
    assert codes(signals["out"]) == ["RISING_PAYMENTS"]
    assert signals["out"].reasons[0].value == 4.0
    assert signals["out"].at_risk_minor == 4_900_000
    assert [(also.id, also.role, also.tier) for also in signals["out"].also] == [("prize", "MULE_SUSPECTED", 0)]
    assert signals["p1"].also == ()


@pytest.mark.parametrize(
    ("story", "signs"),
    [
        (row(ONE, TWO, extra="session.call_active=true"), ["COACHED"]),
        (row(ONE, TWO, extra="payee.name_match=NO"), ["NAME_MATCH"]),
        (row(ONE, TWO, extra=FAR, before=HABIT), ["CROSS_REGION", "ABOVE_OWN"]),
    ],
)
def test_a_rare_sign_or_two_make_the_second_payment_a_reminder_and_the_third_tier_2(story: str, signs: list[str]) -> None:
    signals = examined(V4, story, VICTIM)

    assert tiers(signals) == {"out": 1}
    assert codes(signals["out"]) == ["RISING_PAYMENTS", *signs]
    assert highest(examined(V4, row(ONE, TWO, THREE, extra="payee.name_match=NO"), VICTIM)) == 2


@pytest.mark.parametrize(
    ("story", "code"),
    [
        (row(ONE, TWO, extra=FAR), "CROSS_REGION"),
        (row(ONE, TWO, extra="payee.opened_on=2026-02-20"), "PAYEE_AGE_D"),
        (row(ONE, TWO, before=HABIT), "ABOVE_OWN"),
    ],
)
def test_one_sign_that_daily_life_has_too_makes_the_second_payment_support_and_no_more(story: str, code: str) -> None:
    signals = examined(V4, story, VICTIM)

    assert tiers(signals) == {"out": 0}
    assert codes(signals["out"]) == ["RISING_PAYMENTS", code]


@pytest.mark.parametrize(
    "story",
    [
        row(ONE, ("+1d 11:00:00", "2499.99")),
        row(ONE, ("+1d 11:00:00", "1500.00")),
        row(("10:00:00", "499.99"), TWO),
        row(ONE),
    ],
    ids=["hardly larger", "smaller", "a payment that tries out the account", "a single one"],
)
def test_just_under_a_threshold_nothing_is_said(story: str) -> None:
    assert examined(V4, story, VICTIM) == {}


def test_a_lesser_growth_counts_in_part() -> None:
    full = examined(V4, row(ONE, ("+1d 11:00:00", "3000.00")), VICTIM)["out"]
    part = examined(V4, row(ONE, ("+1d 11:00:00", "2800.00")), VICTIM)["out"]

    assert part.tier == full.tier == 0
    assert 0.0 < part.strength < full.strength


def test_a_pause_just_beyond_the_span_lets_the_row_fade_and_does_not_end_it() -> None:
    within = examined(V4, row(ONE, ("+3d 10:00:00", "5000.00")), VICTIM)["out"]
    beyond = examined(V4, row(ONE, ("+3d 14:00:00", "5000.00")), VICTIM)["out"]

    assert 0.9 * within.strength < beyond.strength < within.strength
    assert highest(examined(V4, row(ONE, ("+7d 10:00:00", "5000.00")), VICTIM)) == 0
    slow = row(*((f"+{4 * n}d 10:00:00", f"{1000 * 2**n}.00") for n in range(7)))
    assert highest(examined(V4, slow, VICTIM)) == 1
    assert highest(examined(V4, slow.replace("PERSON\n", "PERSON payee.name_match=NO\n"), VICTIM)) == 2


def test_slices_of_one_sum_are_one_payment() -> None:
    slices = row(ONE, ("10:20:00", "2900.00"), ("10:40:00", "4000.00"))
    signals = examined(V4, slices, VICTIM)
    sliced = row(
        ONE, ("+1d 11:00:00", "2500.00"), ("+1d 11:20:00", "2500.00"), ("+2d 09:00:00", "6000.00"), ("+2d 09:20:00", "6001.00")
    )

    assert signals == {}
    assert tiers(examined(V4, sliced, VICTIM))["out"] == 1


def test_a_decoy_in_between_does_not_hide_the_row() -> None:
    decoy = ("+1d 12:00:01", "600.00")

    assert highest(examined(V4, row(ONE, TWO, decoy, THREE, FOUR), VICTIM)) == 2


def test_a_row_over_several_payees_counts_in_part_and_over_accounts_of_one_person_in_full() -> None:
    story = "account victim type=PERSON customer=c-1 balance=400000.00\n" + "".join(
        f"{at} transfer victim -> p{n} {yuan} CNY mobile id=e{n} payee.type=PERSON {{}}\n"
        for n, (at, yuan) in enumerate((ONE, TWO, THREE, FOUR))
    )
    split, one = story.replace("{}", ""), story.replace("{}", "payee.customer=c-9")

    assert tiers(examined(V4, split, VICTIM)) == {"e1": 0, "e2": 0, "e3": 1}
    assert tiers(examined(V4, one, VICTIM)) == {"e1": 0, "e2": 1, "e3": 2}


@pytest.mark.parametrize("hours", [0, 6, 12, 18])
def test_the_hour_does_not_matter(hours: int) -> None:
    assert highest(examined(V4, shifted(events_of(PLAIN), hours), VICTIM)) == 2


def test_a_request_is_judged_before_the_money_moves_and_a_refusal_is_none() -> None:
    asked = PLAIN.replace("id=out", "id=out status=REQUESTED")
    refused = PLAIN.replace("id=out", "id=out status=DECLINED")

    assert (examined(V4, asked, VICTIM)["out"].tier, examined(V4, asked, VICTIM)["out"].money) == (2, "REQUESTED")
    assert "out" not in examined(V4, refused, VICTIM)


def test_a_payee_of_old_is_left_alone() -> None:
    known = "-40d 10:00:00 transfer victim -> prize 100.00 CNY mobile\n"

    assert examined(V4, row(ONE, TWO, THREE, FOUR, before=known), VICTIM) == {}


def test_a_payee_first_paid_a_little_last_week_is_caught_all_the_same() -> None:
    warmed = "-9d 10:00:00 transfer victim -> prize 20.00 CNY mobile\n"

    assert highest(examined(V4, row(ONE, TWO, THREE, FOUR, before=warmed), VICTIM)) == 2


def test_strangers_money_that_moves_on_is_a_mules_pattern() -> None:
    fed = "".join(
        f"{at} transfer s{n} -> victim {yuan} CNY mobile payer.type=PERSON\n"
        for n, (at, yuan) in enumerate((("09:50:00", "2000.00"), ("+1d 10:50:00", "5000.00"), ("+2d 08:50:00", "12000.00")))
    )

    assert highest(examined(V4, row(ONE, TWO, THREE, before=fed), VICTIM)) == 0
    assert examined(V4, row(ONE, TWO, before=fed), VICTIM) == {}


def test_an_institution_explains_a_row_in_part_and_a_public_body_or_the_own_name_make_none() -> None:
    firm, own = row(ONE, TWO, THREE, extra="payee.type=CORPORATE"), row(ONE, TWO, THREE, extra="payee.customer=c-1")

    assert examined(V4, row(ONE, TWO, THREE, extra="payee.type=GOVERNMENT"), VICTIM) == {}
    assert examined(V4, own, VICTIM) == {}
    assert 0.5 <= explained("saving_plan", V4, firm, VICTIM).share < 0.8
    assert explained("saving_plan", V4, PLAIN, VICTIM).share == 0.0


def test_a_companys_payments_are_another_patterns_business() -> None:
    assert examined(V4, PLAIN.replace("victim type=PERSON", "victim type=CORPORATE"), VICTIM) == {}
