"""N18: a saving plan, tuition: a fixed order, a known institution."""

import pytest

from tests.models.examine import detector, examined, explained

V4 = detector("advance_fee")
V9 = detector("task_and_investment")
BAIT = (
    "-2d 09:00:00 transfer saver -> {to} 100.00 CNY mobile payee.type=CORPORATE\n"
    "-2d 09:30:00 transfer {to} -> saver 130.00 CNY mobile payer.type=CORPORATE\n"
)


def plan(channel: str = "mobile", extra: str = "payee.type=CORPORATE", sums: tuple[int, ...] = (1000, 2000, 4000)) -> str:
    """Return growing payments to a school or a fund, a day apart."""
    return "account saver type=PERSON balance=90000.00\n" + "".join(
        f"+{n}d 10:00:00 transfer saver -> fund {yuan}.00 CNY {channel} {extra}\n" for n, yuan in enumerate(sums)
    )


SAME = "account saver type=PERSON balance=90000.00\n" + BAIT.format(to="club") + plan(sums=(3000, 3000, 3000)).split("\n", 1)[1]
EXPLAINED = (SAME, "task_and_investment", "A:saver", 0.8)


def test_a_firm_costs_one_tier_and_always_the_same_sum_beside_it_two() -> None:
    assert 0.5 <= explained("saving_plan", V4, plan(), "A:saver").share < 0.8
    assert explained("saving_plan", V9, SAME, "A:saver").share >= 0.8
    assert (
        0.0
        < explained(
            "saving_plan", V9, SAME.replace("fund 3000.00 CNY mobile payee.type=CORPORATE", "fund 3000.00 CNY mobile"), "A:saver"
        ).share
        < 0.5
    )


def test_a_standing_order_is_not_held_against_anybody() -> None:
    assert examined(V4, plan("batch"), "A:saver") == {}
    assert examined(V9, SAME.replace("mobile", "batch"), "A:saver") == {}


def test_a_public_body_costs_two_tiers() -> None:
    story = (
        "account saver type=PERSON balance=90000.00\n"
        + BAIT.format(to="club")
        + "10:00:00 transfer saver -> school 3000.00 CNY mobile "
        "payee.type=GOVERNMENT\n"
    )

    assert explained("saving_plan", V9, story, "A:saver").share >= 0.8


def test_sums_that_grow_are_no_order() -> None:
    grown = SAME.replace("+2d 10:00:00 transfer saver -> fund 3000", "+2d 10:00:00 transfer saver -> fund 3001").replace(
        "fund 3001.00 CNY mobile payee.type=CORPORATE", "fund 3001.00 CNY mobile"
    )

    assert explained("saving_plan", V9, grown, "A:saver").share == 0.0


@pytest.mark.parametrize("sign", ["session.call_active=true", "payee.name_match=NO", "payee.opened_on=2026-02-20"])
def test_a_call_a_wrong_name_or_a_young_firm_explains_nothing(sign: str) -> None:
    assert explained("saving_plan", V4, plan(extra=f"payee.type=CORPORATE {sign}"), "A:saver").share == 0.0


def test_a_person_is_no_institution_whatever_the_purpose_says() -> None:
    assert explained("saving_plan", V4, plan(extra="payee.type=PERSON purpose=GOVT"), "A:saver").share == 0.0
