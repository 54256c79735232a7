"""W1: a stranger's money is drawn as cash as soon as it arrives."""

import pytest

from tests.models.examine import codes, detector, examined, explained, highest, tiers
from tests.scenario import events_of, shifted

MULE = "A:mule"
W1 = detector("cash_out_after_credit")


def cash_out(
    credit: str = "30000.00",
    draws: int = 1,
    drawn: str = "9000.00",
    first_at: str = "10:05:00",
    opening: str = " balance=10.00",
    extra: str = "",
) -> str:
    """Return a stranger's credit at ten o'clock and withdrawals a minute apart from `first_at` on."""
    minute = int(first_at[3:5])
    lines = [
        f"account mule type=PERSON customer=c-1{opening}",
        f"10:00:00 transfer victim -> mule {credit} CNY mobile id=in payer.type=PERSON",
    ]
    for number in range(draws):
        at = f"{first_at[:2]}:{minute + number:02}{first_at[5:]}"
        lines.append(f"{at} withdrawal mule {drawn} CNY ATM-1 id=w{number} {extra}")
    return "\n".join(lines) + "\n"


CAPPED = cash_out(draws=4, drawn="4500.00")
CAUGHT = (CAPPED, MULE, 3)
"""A story it must catch, at which key, and the tier it ends at: for the contract suite."""


def test_a_third_drawn_within_ten_minutes_is_tier_2() -> None:
    signals = examined(W1, cash_out(), MULE)

    assert tiers(signals) == {"w0": 2}
    assert codes(signals["w0"]) == ["CREDIT_TO_CASH_S"]
    assert (signals["w0"].reasons[0].value, signals["w0"].reasons[0].threshold) == (300, 600)
    assert signals["w0"].evidence == ("in", "w0")
    assert signals["w0"].at_risk_minor == 2_100_000


def test_drawing_to_the_cap_with_no_money_of_ones_own_is_a_police_matter() -> None:
    signals = examined(W1, CAPPED, MULE)

    assert tiers(signals) == {"w0": 0, "w1": 2, "w2": 2, "w3": 3}
    assert "CAP_RATIO" in codes(signals["w3"])


def test_drawing_on_right_after_midnight_is_a_police_matter() -> None:
    story = (
        "account mule type=PERSON balance=10.00\n23:30:00 transfer victim -> mule 30000.00 CNY mobile\n"
        "23:36:00 withdrawal mule 5000.00 CNY ATM-1 id=before\n+1d 00:05:00 withdrawal mule 5000.00 CNY ATM-1 id=after\n"
    )
    signals = examined(W1, story, MULE)

    assert tiers(signals) == {"before": 0, "after": 3}
    assert "AFTER_MIDNIGHT" in codes(signals["after"])


def test_the_cap_is_that_of_the_local_day() -> None:
    story = (
        "account mule type=PERSON balance=10.00\n23:50:00 transfer victim -> mule 30000.00 CNY mobile\n"
        "23:55:00 withdrawal mule 17900.00 CNY ATM-1 id=before\n+1d 01:00:00 withdrawal mule 11000.00 CNY ATM-1 id=after\n"
    )

    assert all("CAP_RATIO" not in codes(signal) for signal in examined(W1, story, MULE).values())


@pytest.mark.parametrize(
    "story",
    [
        cash_out(credit="4999.99", drawn="4000.00"),
        cash_out(drawn="8999.99"),
        cash_out(first_at="10:10:01"),
    ],
    ids=["below the smallest credit", "below three tenths", "after ten minutes"],
)
def test_just_under_a_threshold_it_is_support(story: str) -> None:
    (signal,) = examined(W1, story, MULE).values()

    assert signal.tier == 0
    assert signal.nats > 0.0


@pytest.mark.parametrize(
    "story",
    [cash_out(credit="2499.99", drawn="2000.00"), cash_out(drawn="4499.99"), cash_out(first_at="10:20:01")],
    ids=["below half the smallest credit", "below half the share", "after twenty minutes"],
)
def test_below_half_of_a_threshold_nothing_is_said(story: str) -> None:
    assert examined(W1, story, MULE) == {}


def test_a_longer_wait_counts_less_and_less() -> None:
    strengths = [examined(W1, cash_out(first_at=f"10:{at}:00"), MULE)["w0"].strength for at in (10, 11, 14, 19)]

    assert strengths == sorted(strengths, reverse=True)
    assert len(set(strengths)) == 4


def test_small_withdrawals_add_up_whatever_their_number() -> None:
    """Slices of a thousand yuan, none of them remarkable."""
    assert highest(examined(W1, cash_out(draws=9, drawn="1000.00", first_at="10:01:00"), MULE)) == 2


def test_an_account_in_quiet_use_for_years_is_caught_all_the_same() -> None:
    warm = "".join(f"-{40 - n}d 12:00:00 withdrawal mule 200.00 CNY ATM-1\n" for n in range(30))

    assert highest(examined(W1, warm + CAPPED, MULE)) == 3


@pytest.mark.parametrize(
    "story",
    [cash_out(credit="5000.00", drawn="4000.00"), cash_out(first_at="10:10:00")],
    ids=["the smallest credit", "just within ten minutes"],
)
def test_on_the_threshold_it_is_said(story: str) -> None:
    assert highest(examined(W1, story, MULE)) == 2


LATER = cash_out(draws=4, drawn="4500.00", first_at="14:20:00")


def test_hours_later_the_cap_from_strangers_money_alone_is_tier_2_and_never_more() -> None:
    signals = examined(W1, LATER, MULE)

    assert tiers(signals) == {"w3": 2}
    assert codes(signals["w3"]) == ["CREDIT_TO_CASH_S", "CAP_RATIO"]
    assert "260 min" in signals["w3"].reasons[0].en
    assert signals["w3"].at_risk_minor == 1_200_000
    assert tiers(examined(W1, LATER.replace("balance=10.00", "balance=6000.00"), MULE)) == {"w3": 2}


@pytest.mark.parametrize(
    "story",
    [
        cash_out(draws=4, drawn="4499.99", first_at="14:20:00"),
        cash_out(draws=4, drawn="4500.00", first_at="14:20:00", opening=" balance=6000.01"),
        cash_out(draws=4, drawn="4500.00", first_at="14:20:00", opening=""),
        LATER.replace("10:00:00 transfer", "-20d 10:00:00 withdrawal mule 12000.00 CNY ATM-1\n10:00:00 transfer", 1),
        cash_out(credit="17000.00", draws=4, drawn="4500.00", first_at="14:20:00", opening=" balance=1500.00"),
    ],
    ids=["below the cap", "own money", "balance unknown", "drew much before", "more than came"],
)
def test_hours_later_one_of_its_marks_missing_nothing_is_said(story: str) -> None:
    assert examined(W1, story, MULE) == {}


def test_just_under_the_cap_it_is_no_police_matter() -> None:
    assert highest(examined(W1, cash_out(draws=4, drawn="4499.99"), MULE)) == 2


@pytest.mark.parametrize("opening", ["", " balance=40000.00"], ids=["balance unknown", "own savings"])
def test_somebody_with_own_money_or_an_unknown_balance_is_no_police_matter(opening: str) -> None:
    assert highest(examined(W1, cash_out(draws=4, drawn="4500.00", opening=opening), MULE)) == 2


@pytest.mark.parametrize("hours", [0, 3, 6, 9])
def test_the_hour_does_not_matter(hours: int) -> None:
    assert highest(examined(W1, shifted(events_of(CAPPED), hours), MULE)) == 3


def test_small_change_from_a_friend_starts_no_clock_for_older_money() -> None:
    story = (
        "account mule type=PERSON balance=10.00\n09:00:00 transfer victim -> mule 6000.00 CNY mobile\n"
        "12:00:00 transfer friend -> mule 20.00 CNY mobile\n12:05:00 withdrawal mule 4000.00 CNY ATM-1\n"
    )

    assert examined(W1, story, MULE) == {}


def test_money_in_small_parts_counts_together() -> None:
    story = (
        "account mule type=PERSON balance=10.00\n10:00:00 transfer a -> mule 2000.00 CNY mobile\n"
        "10:01:00 transfer b -> mule 2000.00 CNY mobile\n10:02:00 transfer c -> mule 2000.00 CNY mobile\n"
        "10:08:00 withdrawal mule 5000.00 CNY ATM-1 id=w\n"
    )

    assert tiers(examined(W1, story, MULE)) == {"w": 2}


def test_a_requested_withdrawal_counts_and_enters_no_sum() -> None:
    assert tiers(examined(W1, cash_out(extra="status=REQUESTED"), MULE)) == {"w0": 2}
    assert examined(W1, cash_out(draws=3, drawn="4000.00", extra="status=REQUESTED"), MULE) == {}


def test_a_declined_withdrawal_is_no_money() -> None:
    assert examined(W1, cash_out(extra="status=DECLINED"), MULE) == {}


def test_a_reversed_credit_leaves_nothing_to_say() -> None:
    reversal = "10:03:00 transfer victim -> mule 30000.00 CNY mobile status=REVERSED of=in\n"

    assert examined(W1, cash_out().replace("10:05:00", reversal + "10:05:00"), MULE) == {}


def test_a_wage_drawn_at_once_is_no_strangers_money() -> None:
    wage = cash_out(credit="6000.00", drawn="5900.00").replace("payer.type=PERSON", "payer.type=CORPORATE purpose=SALA")

    assert examined(W1, wage, MULE) == {}


def test_money_of_the_same_name_is_no_strangers_money() -> None:
    assert examined(W1, cash_out().replace("payer.type=PERSON", "payer.customer=c-1"), MULE) == {}


def test_a_wage_explains_only_the_cash_it_covers() -> None:
    wage = "09:00:00 transfer firm -> mule {yuan} CNY batch purpose=SALA payer.type=CORPORATE\n"
    head, _, tail = cash_out().partition("10:00:00")

    assert explained("pay_day_queue", W1, head + wage.format(yuan="9000.00") + "10:00:00" + tail, MULE).share >= 0.5
    assert explained("pay_day_queue", W1, head + wage.format(yuan="10.00") + "10:00:00" + tail, MULE).share < 0.01
