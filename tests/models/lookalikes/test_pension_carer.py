"""N8: a daughter draws the pensions of her old parents and an aunt at one machine."""

from tests.models.examine import detector, explained

RUN, CASH_OUT = detector("many_cards_one_atm"), detector("cash_out_after_credit")
ATM = "T:ATM-7"


def carer(cards: int = 3, age: str = "payer.holder_age=78", drawn: str = "3200.00") -> str:
    return "".join(
        f"09:3{n}:00 withdrawal old{n} {drawn} CNY ATM-7 payer.customer=k{n} payer.balance_after=40.00 {age}\n"
        for n in range(cards)
    )


EXPLAINED = (carer(), "many_cards_one_atm", ATM, 0.8)


def test_a_fourth_card_or_a_larger_sum_takes_a_tier_of_it_away() -> None:
    assert 0.5 <= explained("pension_carer", RUN, carer(cards=4), ATM).share < 0.8
    assert 0.5 <= explained("pension_carer", RUN, carer(drawn="16000.00"), ATM).share < 0.8


def test_many_cards_of_old_people_drawn_to_the_cap_are_explained_by_less_than_a_tier() -> None:
    assert explained("pension_carer", RUN, carer(cards=5, drawn="16000.00"), ATM).share < 0.5


def test_a_younger_holder_or_an_unknown_age_explains_nothing() -> None:
    for age in ("payer.holder_age=59", ""):
        assert explained("pension_carer", RUN, carer(age=age), ATM).share == 0.0


def test_at_the_account_a_pension_of_a_public_body_explains_the_cash_it_covers() -> None:
    story = (
        "08:00:00 transfer fund -> acc 6000.00 CNY batch purpose=PENS {payer}\n"
        "09:00:00 transfer stranger -> acc 9000.00 CNY mobile payer.type=PERSON\n09:05:00 withdrawal acc {drawn} CNY ATM-1\n"
    )
    fund = "payer.type=GOVERNMENT"

    assert explained("pension_carer", CASH_OUT, story.format(payer=fund, drawn="6000.00"), "A:acc").share >= 0.5
    assert explained("pension_carer", CASH_OUT, story.format(payer=fund, drawn="15000.00"), "A:acc").share < 0.5
    assert explained("pension_carer", CASH_OUT, story.format(payer="payer.type=PERSON", drawn="6000.00"), "A:acc").share == 0.0
    assert explained("pay_day_queue", CASH_OUT, story.format(payer=fund, drawn="6000.00"), "A:acc").share == 0.0
