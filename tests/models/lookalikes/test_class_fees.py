"""N4: parents pay the class representative the same small sum, who pays the school."""

import pytest

from tests.models.examine import detector, explained

V7 = detector("purchase_fraud")


def fees(
    yuan: tuple[int, ...] = (380,),
    last_term: int = 0,
    school: str = "GOVERNMENT",
    paid: int = 9_900,
    first: str = "19",
    region: str = "",
) -> str:
    lines = [f"account rep type=PERSON customer=c-1 opened_on=2026-01-20 balance=100.00 {region and 'region=330106'}"]
    lines += [f"-150d 19:{n:02}:00 transfer parent{n} -> rep 360.00 CNY mobile payer.customer=p{n}" for n in range(last_term)]
    lines += [
        f"{'19' if n else first}:{n:02}:00 transfer parent{n} -> rep {yuan[n % len(yuan)]}.00 CNY mobile "
        f"payer.type=PERSON payer.customer=p{n} {region}"
        for n in range(30)
    ]
    lines.append(f"19:40:00 transfer rep -> school {paid}.00 CNY mobile payee.type={school}")
    lines.append("19:45:00 transfer late -> rep 380.00 CNY mobile payer.type=PERSON payer.customer=p99")
    return "\n".join(lines) + "\n"


EXPLAINED = (fees(), "purchase_fraud", "A:rep", 0.5)


def test_equal_sums_that_go_to_a_public_school_cost_two_tiers() -> None:
    assert explained("class_fees", V7, fees(paid=11_000), "A:rep").share >= 0.8


def test_parents_of_last_term_explain_as_well() -> None:
    half = fees(last_term=20, paid=50)

    assert explained("class_fees", V7, half, "A:rep").share > explained("class_fees", V7, fees(paid=50), "A:rep").share


def test_equal_sums_in_one_burst_cost_one_tier() -> None:
    assert 0.5 <= explained("class_fees", V7, fees(paid=50), "A:rep").share < 0.8


@pytest.mark.parametrize(
    "story",
    [fees(paid=50, first="16"), fees(yuan=(380, 900, 120), paid=50), fees(yuan=(520,), paid=50)],
    ids=["spread over hours", "sums that differ", "larger sums"],
)
def test_without_its_marks_it_costs_no_tier(story: str) -> None:
    assert explained("class_fees", V7, story, "A:rep").share < 0.5


def test_equal_sums_from_one_place_cost_one_tier_and_from_everywhere_none() -> None:
    from_one_place = fees(paid=50, first="16", region="payer.region=330200")
    from_elsewhere = fees(paid=50, first="16", region="payer.region=440100")

    assert 0.5 <= explained("class_fees", V7, from_one_place, "A:rep").share < 0.8
    assert explained("class_fees", V7, from_elsewhere, "A:rep").share < 0.5


def test_what_goes_on_to_a_person_explains_nothing_more() -> None:
    to_a_person = explained("class_fees", V7, fees(school="PERSON"), "A:rep").share

    assert to_a_person <= explained("class_fees", V7, fees(paid=50), "A:rep").share
