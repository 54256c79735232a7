"""N14: the holidays, the way home, the night shift."""

import pytest

from tests.models.examine import detector, explained

V1 = detector("rapid_new_payee_drain")
V5 = detector("family_emergency")
NIGHT = "".join(f"-{60 - n}d 02:{n:02}:00 transfer worker -> friend {2900 + 20 * n}.00 CNY mobile\n" for n in range(25))
FIRM = "-50d 09:00:00 transfer factory -> worker 6000.00 CNY batch purpose=SALA payer.type=CORPORATE\n"


def home(before: str = "", paid: str = "60000.00", at: str = "10:00:00", extra: str = "") -> str:
    """Return savings sent home to a relative never paid before."""
    return (
        f"account worker type=PERSON customer=c-1 balance=70000.00\n{before}"
        f"{at} transfer worker -> mother {paid} CNY mobile id=out payee.type=PERSON {extra}\n"
    )


RELATIVE = "-50d 09:00:00 transfer mother -> worker 300.00 CNY mobile payer.type=PERSON\n"
WAGE = "09:00:00 transfer factory -> worker 60000.00 CNY batch purpose=BONU payer.type=CORPORATE\n"
EXPLAINED = (home(RELATIVE + FIRM + WAGE, paid="70000.00"), "rapid_new_payee_drain", "A:worker", 0.8)


def test_a_relative_who_has_long_been_paying_the_customer_costs_one_tier_and_a_wage_beside_it_two() -> None:
    assert 0.5 <= explained("seasonal_habit", V1, home(RELATIVE), "A:worker").share < 0.8
    assert explained("seasonal_habit", V1, home(RELATIVE + FIRM + WAGE, paid="70000.00"), "A:worker").share >= 0.8


def test_a_wage_explains_as_much_as_it_covers() -> None:
    whole = explained("seasonal_habit", V1, home(FIRM + WAGE, paid="70000.00"), "A:worker").share
    token = explained("seasonal_habit", V1, home(FIRM + WAGE.replace("60000", "600")), "A:worker").share

    assert token < 0.01 < 0.5 <= whole


def test_a_usual_sum_in_the_night_shift_explains_a_little_and_by_day_nothing() -> None:
    by_night = home(NIGHT, at="02:30:00", paid="3500.00").replace("balance=70000.00", "balance=84000.00")
    v1 = detector("rapid_new_payee_drain", balance_min_minor=100_000)

    assert 0.0 < explained("seasonal_habit", v1, by_night, "A:worker").share < 0.5
    assert explained("seasonal_habit", v1, by_night.replace("\n02:30:00", "\n14:30:00"), "A:worker").share == 0.0


@pytest.mark.parametrize("sign", ["session.call_active=true", "payee.name_match=NO"])
def test_a_call_or_a_wrong_name_leaves_nothing_explained(sign: str) -> None:
    assert explained("seasonal_habit", V1, home(RELATIVE, extra=sign), "A:worker").share == 0.0


@pytest.mark.parametrize("event", ["deposit-broken", "limit-raised"])
def test_a_broken_deposit_or_a_raised_limit_leaves_nothing_explained(event: str) -> None:
    assert explained("seasonal_habit", V1, home(RELATIVE + f"09:50:00 {event} worker\n"), "A:worker").share == 0.0


def test_money_that_calls_itself_a_wage_explains_nothing() -> None:
    claimed = home(FIRM + WAGE.replace("payer.type=CORPORATE", "payer.customer=c-1"), paid="70000.00")

    assert explained("seasonal_habit", V1, claimed, "A:worker").share == 0.0
