"""N9: savings broken up for a flat or an operation."""

import pytest

from tests.models.examine import detector, explained

DRAIN = detector("rapid_new_payee_drain")


def payment(payee: str, extra: str = "") -> str:
    return (
        "account buyer type=PERSON balance=500000.00\n09:00:00 deposit-broken buyer\n"
        f"10:00:00 transfer buyer -> seller 400000.00 CNY counter payee.type={payee} {extra}\n"
    )


EXPLAINED = (payment("GOVERNMENT"), "rapid_new_payee_drain", "A:buyer", 0.8)


def test_a_firm_costs_one_tier_and_a_public_body_two() -> None:
    assert 0.5 <= explained("large_life_payment", DRAIN, payment("CORPORATE"), "A:buyer").share < 0.8
    assert 0.5 <= explained("large_life_payment", DRAIN, payment("MERCHANT"), "A:buyer").share < 0.8
    assert explained("large_life_payment", DRAIN, payment("GOVERNMENT"), "A:buyer").share >= 0.8


def test_a_private_seller_is_no_institution_whatever_the_purpose_says() -> None:
    assert explained("large_life_payment", DRAIN, payment("PERSON", "purpose=GOVT"), "A:buyer").share == 0.0


@pytest.mark.parametrize("purpose", ["TAXS", "GOVT"])
def test_a_payee_of_unknown_type_is_no_public_body_whatever_the_purpose_says(purpose: str) -> None:
    story = payment("GOVERNMENT", f"purpose={purpose}").replace("payee.type=GOVERNMENT", "")

    assert explained("large_life_payment", DRAIN, story, "A:buyer").share == 0.0


def test_a_call_a_wrong_name_or_a_young_firm_explains_nothing() -> None:
    for extra in ("session.call_active=true", "payee.name_match=NO", "payee.opened_on=2025-12-03"):
        assert explained("large_life_payment", DRAIN, payment("CORPORATE", extra), "A:buyer").share == 0.0
    assert explained("large_life_payment", DRAIN, payment("CORPORATE", "payee.opened_on=2025-12-02"), "A:buyer").share >= 0.5
