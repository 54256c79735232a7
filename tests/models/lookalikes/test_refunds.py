"""N20: what came in goes back along the same way."""

import re

from tests.models.examine import detector, explained

M8 = detector("matching_mule")


def agency(back: int = 10, share: float = 1.0) -> str:
    """Return ten orders of round sums, so many of which are paid back, the rest sent on."""
    lines = ["account agent type=PERSON customer=c-0 balance=900.00"]
    for n in range(10):
        to = f"b{n}" if n < back else f"w{n}"
        lines.append(f"10:{2 * n:02}:00 transfer b{n} -> agent 600.00 CNY mobile payer.type=PERSON payer.customer=k-b{n}")
        lines.append(f"11:{2 * n:02}:00 transfer agent -> {to} {600 * share:.2f} CNY mobile payee.customer=k-{to}")
    return "\n".join(lines) + "\n"


EXPLAINED = (agency(), "matching_mule", "A:agent", 0.8)


def test_it_explains_just_the_part_that_went_back() -> None:
    shares = [explained("refunds", M8, agency(back), "A:agent").share for back in (10, 6, 2, 0)]

    assert shares == sorted(shares, reverse=True)
    assert shares[0] >= 0.8
    assert shares[2] < 0.2
    assert shares[3] == 0.0


def test_a_token_that_goes_back_is_no_refund() -> None:
    tokens = agency().replace("agent -> b9 600.00", "agent -> b9 1.00")

    assert explained("refunds", M8, tokens, "A:agent").share < explained("refunds", M8, agency(), "A:agent").share


def test_what_was_bought_at_shops_explains_its_part() -> None:
    bought = agency(back=0).replace(" transfer agent ->", " purchase agent ->")
    shops = re.sub(r"payee\.customer=k-w\d", "payee.type=MERCHANT", bought)
    last = "12:00:00 transfer b10 -> agent 600.00 CNY mobile payer.type=PERSON payer.customer=k-b10\n"
    young = "account agent type=PERSON customer=c-0 balance=900.00"

    assert young in shops
    story = shops.replace(young, f"{young} opened_on=2026-01-20") + last
    assert explained("refunds", detector("purchase_fraud"), story, "A:agent").share >= 0.4
