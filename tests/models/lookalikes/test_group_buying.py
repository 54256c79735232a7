"""N16: neighbours pay the organiser, who pays the supplier."""

import pytest

from tests.models.examine import detector, explained

V7 = detector("purchase_fraud")


def purchase(regulars: int = 14, new: int = 6, supplier: str = "CORPORATE", paid: int = 1_100, yuan: int = 188) -> str:
    lines = ["account organiser type=PERSON customer=c-1 opened_on=2026-01-20 balance=100.00"]
    lines += [f"-7d 19:{n:02}:00 transfer r{n} -> organiser 88.00 CNY mobile payer.customer=r{n}" for n in range(regulars)]
    lines += [f"19:{n:02}:00 transfer r{n} -> organiser {yuan}.00 CNY mobile payer.customer=r{n}" for n in range(regulars)]
    lines += [
        f"19:{20 + n}:00 transfer n{n} -> organiser {yuan}.00 CNY mobile payer.type=PERSON payer.customer=n{n}" for n in range(new)
    ]
    lines.append(f"19:40:00 transfer organiser -> farm {paid}.00 CNY mobile payee.type={supplier}")
    lines.append(f"19:50:00 transfer late -> organiser {yuan}.00 CNY mobile payer.type=PERSON payer.customer=n99")
    return "\n".join(lines) + "\n"


EXPLAINED = (purchase(), "purchase_fraud", "A:organiser", 0.5)


def test_regulars_equal_sums_and_a_supplier_cost_two_tiers_at_most() -> None:
    assert explained("group_buying", V7, purchase(), "A:organiser").share >= 0.5


@pytest.mark.parametrize(
    "story",
    [purchase(regulars=0, paid=20), purchase(regulars=0, supplier="PERSON"), purchase(regulars=3, paid=20)],
    ids=["all new, nothing bought", "all new, paid to a person", "mostly new, nothing bought"],
)
def test_equal_sums_alone_cost_no_tier(story: str) -> None:
    assert explained("group_buying", V7, story, "A:organiser").share < 0.5
