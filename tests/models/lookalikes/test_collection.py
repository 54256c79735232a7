"""N5: many people give, each what they can, and the money stays."""

from tests.models.examine import detector, explained

V7 = detector("purchase_fraud")


def gifts(yuan: tuple[int, ...] = (50, 200, 66, 1_000, 520, 100), every_min: int = 80, sent: str = "") -> str:
    lines = ["account bride type=PERSON customer=c-1 opened_on=2026-01-20 balance=100.00"]
    for n in range(8):
        at = 9 * 60 + every_min * n
        lines.append(
            f"{at // 60:02}:{at % 60:02}:00 transfer guest{n} -> bride {yuan[n % len(yuan)]}.00 CNY mobile "
            f"payer.type=PERSON payer.customer=g{n}"
        )
    return "\n".join([*lines, sent]) + "\n"


EXPLAINED = (gifts(), "purchase_fraud", "A:bride", 0.5)


def test_uneven_sums_cost_one_tier_and_if_they_stay_two() -> None:
    assert 0.5 <= explained("collection", V7, gifts(every_min=10), "A:bride").share < 0.8
    assert explained("collection", V7, gifts(), "A:bride").share >= 0.8


def test_sums_as_prices_differ_or_larger_ones_are_no_gifts() -> None:
    assert explained("collection", V7, gifts(yuan=(680, 699, 450, 720), every_min=10), "A:bride").share == 0.0
    assert explained("collection", V7, gifts(yuan=(1_100, 4_900, 1_200), every_min=10), "A:bride").share == 0.0


def test_money_that_stays_explains_more_than_what_has_just_come() -> None:
    assert explained("collection", V7, gifts(every_min=10), "A:bride").share < explained("collection", V7, gifts(), "A:bride").share


def test_equal_sums_or_money_sent_away_explain_less() -> None:
    sent = "16:00:00 transfer bride -> friend 1200.00 CNY mobile payee.type=PERSON"

    assert explained("collection", V7, gifts(yuan=(500,)), "A:bride").share < 0.5
    assert explained("collection", V7, gifts(sent=sent), "A:bride").share < explained("collection", V7, gifts(), "A:bride").share


def test_what_a_hospital_got_explains_its_part() -> None:
    paid = "17:00:00 transfer bride -> hospital 1900.00 CNY mobile payee.type=GOVERNMENT"
    early = gifts(every_min=70, sent=paid)

    assert explained("collection", V7, early, "A:bride").share > explained("collection", V7, gifts(every_min=70), "A:bride").share
