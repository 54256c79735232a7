"""N12: a company pays back expenses and a bonus to its own people."""

import pytest

from tests.models.examine import detector, explained

V2 = detector("fake_boss")
HABIT = "".join(f"-{40 - n}d 10:00:00 transfer firm -> e{n % 5} {40 + n}000.00 CNY web payee.type=PERSON\n" for n in range(25))


def bonus(before: str = HABIT, paid: str = "60000.00", extra: str = "payee.cohort=firm-1") -> str:
    return (
        "account firm type=CORPORATE cohort=firm-1 balance=5000000.00\n"
        f"{before}10:00:00 transfer firm -> newcomer {paid} CNY web id=out payee.type=PERSON {extra}\n"
    )


EXPLAINED = (bonus(), "fake_boss", "A:firm", 0.8)


def test_one_of_its_own_people_costs_one_tier_and_a_usual_sum_two() -> None:
    assert explained("reimbursements", V2, bonus(), "A:firm").share >= 0.8
    assert 0.5 <= explained("reimbursements", V2, bonus(before=""), "A:firm").share < 0.8
    assert 0.5 <= explained("reimbursements", V2, bonus(paid="900000.00"), "A:firm").share < 0.8


@pytest.mark.parametrize(
    "extra",
    [
        "",
        "payee.cohort=other",
        "payee.cohort=firm-1 session.call_active=true",
        "payee.cohort=firm-1 payee.name_match=NO",
        "payee.cohort=firm-1 payee.opened_on=2026-02-20",
    ],
)
def test_a_stranger_a_call_a_wrong_name_or_a_young_account_explains_nothing(extra: str) -> None:
    assert explained("reimbursements", V2, bonus(extra=extra), "A:firm").share == 0.0


def test_a_lender_that_pays_newcomers_all_the_time_is_explained_like_its_own_people() -> None:
    lent = "".join(f"-{40 - n}d 10:00:00 transfer firm -> b{n} {40 + n % 9}000.00 CNY web payee.type=PERSON\n" for n in range(25))

    assert explained("reimbursements", V2, bonus(before=lent, paid="52000.00", extra=""), "A:firm").share >= 0.8
    assert 0.5 <= explained("reimbursements", V2, bonus(before=lent, paid="900000.00", extra=""), "A:firm").share < 0.8


@pytest.mark.parametrize("purpose", ["SALA", "BONU"])
def test_the_purpose_explains_nothing(purpose: str) -> None:
    assert explained("reimbursements", V2, bonus(extra=f"purpose={purpose}"), "A:firm").share == 0.0
