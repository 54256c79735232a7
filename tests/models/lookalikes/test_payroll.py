"""N1: a company pays its people."""

from tests.models.examine import detector, explained

BOSS = detector("fake_boss")


def payment(facts: str, channel: str = "web") -> str:
    return (
        "account firm type=CORPORATE cohort=e-1\n"
        f"10:00:00 transfer firm -> worker 60000.00 CNY {channel} payee.type=PERSON {facts}\n"
    )


EXPLAINED = (payment("purpose=SALA payee.cohort=e-1", "batch"), "fake_boss", "A:firm", 0.8)


def test_a_wage_code_alone_costs_nothing_and_with_a_batch_two_tiers() -> None:
    assert explained("payroll", BOSS, payment("purpose=SALA"), "A:firm").share == 0.0
    assert explained("payroll", BOSS, payment("purpose=BONU", "batch"), "A:firm").share >= 0.8


def test_a_batch_or_a_common_employer_alone_costs_nothing() -> None:
    assert explained("payroll", BOSS, payment("", "batch"), "A:firm").share < 0.5
    assert explained("payroll", BOSS, payment("payee.cohort=e-1"), "A:firm").share < 0.5


def test_a_payment_without_any_mark_is_no_wage() -> None:
    assert explained("payroll", BOSS, payment(""), "A:firm").share == 0.0
