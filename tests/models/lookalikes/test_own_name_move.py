"""N10: a person moves money between accounts of the same name."""

import pytest

from tests.models.examine import detector, explained

DRAIN, PASS = detector("rapid_new_payee_drain"), detector("pass_through")


def move(customer: str = "c-1") -> str:
    return (
        "account holder type=PERSON customer=c-1 balance=200000.00\n"
        f"10:00:00 transfer holder -> elsewhere 150000.00 CNY mobile payee.customer={customer}\n"
    )


EXPLAINED = (move(), "rapid_new_payee_drain", "A:holder", 0.8)


def test_a_move_to_the_own_name_costs_two_tiers_but_not_all() -> None:
    assert 0.8 <= explained("own_name_move", DRAIN, move(), "A:holder").share < 1.0


def test_somebody_elses_name_explains_nothing() -> None:
    assert explained("own_name_move", DRAIN, move("c-2"), "A:holder").share == 0.0


def test_it_explains_only_the_part_that_went_to_the_own_name() -> None:
    half = move() + "11:00:00 transfer holder -> stranger 50000.00 CNY mobile\n"

    assert explained("own_name_move", DRAIN, half, "A:holder").share == pytest.approx(0.85 * 0.75)


def test_strangers_money_to_the_own_name_is_explained_for_one_tier_only() -> None:
    story = (
        "account holder type=PERSON customer=c-1 balance=5.00\n"
        "09:00:00 transfer stranger -> holder 20000.00 CNY mobile\n"
        "09:05:00 transfer holder -> elsewhere 20000.00 CNY mobile payee.customer=c-1\n"
    )

    assert 0.5 <= explained("own_name_move", PASS, story, "A:holder").share < 0.8
