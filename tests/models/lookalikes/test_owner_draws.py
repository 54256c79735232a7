"""N13: a company pays its owner, who pays into it as well."""

import pytest

from tests.models.examine import detector, explained

V2 = detector("fake_boss")


def draw(before: str = "", extra: str = "") -> str:
    return (
        f"account firm type=CORPORATE balance=5000000.00\n{before}"
        f"10:00:00 transfer firm -> owner 100000.00 CNY web id=out payee.type=PERSON {extra}\n"
    )


LONG = "-50d 10:00:00 transfer owner -> firm 300000.00 CNY web payer.type=PERSON\n"
LATELY = "-20d 10:00:00 transfer owner -> firm {} CNY web payer.type=PERSON\n"
EXPLAINED = (draw(LATELY.format("120000.00")), "fake_boss", "A:firm", 0.8)


def test_who_lately_paid_in_as_much_costs_two_tiers_and_who_has_long_done_so_one() -> None:
    assert explained("owner_draws", V2, draw(LATELY.format("120000.00")), "A:firm").share >= 0.8
    assert 0.5 <= explained("owner_draws", V2, draw(LONG), "A:firm").share < 0.8


def test_a_token_payment_explains_next_to_nothing() -> None:
    assert explained("owner_draws", V2, draw(LATELY.format("100.00")), "A:firm").share < 0.01


@pytest.mark.parametrize("extra", ["session.call_active=true", "payee.name_match=NO"])
def test_a_call_or_a_wrong_name_explains_nothing(extra: str) -> None:
    assert explained("owner_draws", V2, draw(LONG, extra), "A:firm").share == 0.0


def test_a_stranger_is_no_owner() -> None:
    assert explained("owner_draws", V2, draw(), "A:firm").share == 0.0
