"""N15: a fund pays into an account that nobody used for long."""

import pytest

from tests.models.examine import detector, explained

M5 = detector("sleeper_wakes")


def woken(fund: str = "40000.00", fund_type: str = "GOVERNMENT", payee_type: str = "PERSON") -> str:
    return (
        "account heir type=PERSON customer=c-0 opened_on=2010-01-01 balance=20.00\n"
        "-300d 10:00:00 withdrawal heir 10.00 CNY ATM-1\n"
        f"09:00:00 transfer fund -> heir {fund} CNY web payer.type={fund_type} purpose=GOVT\n"
        "10:00:00 transfer sister -> heir 12000.00 CNY mobile payer.type=PERSON payer.customer=k\n"
        f"11:00:00 transfer heir -> clinic 3000.00 CNY mobile payee.type={payee_type}\n"
        "12:00:00 transfer heir -> tiler 10900.00 CNY mobile payee.type=PERSON\n"
    )


EXPLAINED = (woken(), "sleeper_wakes", "A:heir", 0.5)


def test_mostly_public_money_costs_one_tier() -> None:
    assert 0.5 <= explained("public_money", M5, woken(), "A:heir").share < 0.8


@pytest.mark.parametrize(
    "story", [woken(fund="100.00"), woken(fund_type="PERSON")], ids=["a token from an office", "a person who claims the purpose"]
)
def test_a_token_or_a_claim_costs_nothing(story: str) -> None:
    assert explained("public_money", M5, story, "A:heir").share < 0.1


def test_what_a_public_clinic_got_explains_as_well() -> None:
    to_clinic = explained("public_money", M5, woken(payee_type="GOVERNMENT"), "A:heir").share

    assert to_clinic > explained("public_money", M5, woken(), "A:heir").share
