"""M5: an account that nobody used suddenly gets and sends large money."""

import re

import pytest

from tests.models.examine import codes, detector, examined, explained, highest, tiers
from tests.scenario import events_of, shifted

SLEEPER = "A:sleeper"
M5 = detector("sleeper_wakes")


def woken(
    credits: tuple[str, ...] = ("30000.00", "12000.00"),
    out: str = "41500.00",
    out_at: str = "15:00:00",
    opened_on: str = " opened_on=2015-01-01",
    asleep_d: int = 240,
    facts: str = "payee.type=PERSON",
    payer: str = "payer.type=PERSON",
) -> str:
    """Return an account asleep for so long, filled by strangers in the morning and emptied in the afternoon."""
    lines = [f"account sleeper type=PERSON customer=c-0{opened_on} balance=40.00"]
    if asleep_d:
        lines.append(f"-{asleep_d}d 10:00:00 withdrawal sleeper 10.00 CNY ATM-1 id=last")
    for n, yuan in enumerate(credits):
        lines.append(f"10:{20 * n:02}:00 transfer v{n} -> sleeper {yuan} CNY mobile id=in{n} {payer} payer.customer=k{n}")
    lines.append(f"{out_at} transfer sleeper -> next {out} CNY mobile id=out {facts}")
    return "\n".join(lines) + "\n"


CAUGHT = (woken(), SLEEPER, 3)
"""A story it must catch, at which key, and the tier it ends at: for the contract suite."""


def test_the_first_large_credit_reminds_and_the_outflow_of_two_strangers_money_is_a_police_matter() -> None:
    signals = examined(M5, woken(), SLEEPER)

    assert tiers(signals) == {"in0": 1, "in1": 1, "out": 3}
    assert codes(signals["out"]) == ["DORMANT_D"]
    assert signals["out"].reasons[0].value == 240
    assert signals["out"].evidence == ("in0", "in1", "out")
    assert [also.id for also in signals["out"].also] == ["next"]


def test_one_strangers_money_is_the_managers() -> None:
    assert highest(examined(M5, woken(credits=("42000.00",)), SLEEPER)) == 2


def test_an_account_opened_this_month_is_as_fresh() -> None:
    signals = examined(M5, woken(opened_on=" opened_on=2026-02-10", asleep_d=0), SLEEPER)

    assert highest(signals) == 3
    assert codes(signals["out"]) == ["OWN_AGE_D"]


def test_cash_counts_like_a_transfer() -> None:
    cash = woken().replace("transfer sleeper -> next 41500.00 CNY mobile", "withdrawal sleeper 41500.00 CNY ATM-9")

    assert highest(examined(M5, cash.replace(" payee.type=PERSON", ""), SLEEPER)) == 3


@pytest.mark.parametrize("hours", [0, 6, 12, 18])
def test_the_hour_does_not_matter(hours: int) -> None:
    assert highest(examined(M5, shifted(events_of(woken(out_at="12:00:00")), hours), SLEEPER)) == 3


def test_a_login_just_before_does_not_make_it_a_used_account() -> None:
    lines = woken().splitlines()
    awake = "\n".join([*lines[:2], "-1d 20:00:00 login sleeper", *lines[2:]])

    assert highest(examined(M5, awake, SLEEPER)) == 3


@pytest.mark.parametrize(
    "story",
    [
        woken(asleep_d=160),
        woken(credits=("4900.00", "4900.00"), out="9700.00"),
        woken(out="32000.00"),
        woken(opened_on=" opened_on=2026-01-20", asleep_d=0),
    ],
    ids=["asleep for 160 days", "9,800 in two slices", "three quarters left", "open for 41 days"],
)
def test_short_of_a_line_it_reminds(story: str) -> None:
    assert highest(examined(M5, story, SLEEPER)) == 1


@pytest.mark.parametrize(
    "story",
    [
        woken(asleep_d=60),
        woken(asleep_d=0),
        woken(asleep_d=0, opened_on=" opened_on=2025-11-01"),
        woken(credits=("4900.00",), out="4900.00"),
        woken(payer="payer.type=GOVERNMENT purpose=GOVT"),
        woken(payer="payer.type=CORPORATE purpose=SALA"),
        re.sub(r"payer\.customer=k\d", "payer.customer=c-0", woken()),
    ],
    ids=["two months", "an old account in use", "121 days", "small money", "public money", "wages", "own money"],
)
def test_what_is_no_sleeper_is_left_alone(story: str) -> None:
    assert examined(M5, story, SLEEPER) == {}


def test_an_account_of_untold_age_is_no_new_one_but_may_be_a_sleeper() -> None:
    assert examined(M5, woken(asleep_d=0, opened_on=""), SLEEPER) == {}
    assert highest(examined(M5, woken(opened_on=""), SLEEPER)) == 3


def test_money_that_goes_to_a_hospital_or_stays_is_a_reminder_at_most() -> None:
    assert highest(examined(M5, woken(facts="payee.type=GOVERNMENT"), SLEEPER)) == 1
    assert highest(examined(M5, woken(out="500.00"), SLEEPER)) == 1


def test_without_balances_it_is_no_police_matter() -> None:
    assert highest(examined(M5, woken().replace(" balance=40.00", ""), SLEEPER)) == 2


def test_the_strength_fades_with_the_age_of_the_account() -> None:
    ages = ("2026-02-10", "2026-01-30", "2026-01-20", "2026-01-10", "2025-12-30")
    strengths = [
        max(signal.strength for signal in examined(M5, woken(opened_on=f" opened_on={day}", asleep_d=0), SLEEPER).values())
        for day in ages
    ]

    assert strengths == sorted(strengths, reverse=True)


def test_public_money_beside_explains_its_part() -> None:
    fund = "09:30:00 transfer fund -> sleeper 90000.00 CNY web payer.type=GOVERNMENT\n"
    lines = woken().splitlines()
    story = "\n".join([*lines[:2], fund, *lines[2:]])

    assert explained("public_money", M5, story, SLEEPER).share >= 0.5
    assert explained("public_money", M5, woken(), SLEEPER).share == 0.0
