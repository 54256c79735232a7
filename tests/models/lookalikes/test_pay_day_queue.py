"""N6: colleagues draw their wages at one machine."""

from tests.models.examine import detector, explained

RUN, CASH_OUT = detector("many_cards_one_atm"), detector("cash_out_after_credit")
ATM = "T:ATM-7"


def queue(cohort: str = "payer.cohort=factory", drawn: str = "16000.00", left: str = "payer.balance_after=9000.00") -> str:
    return "".join(
        f"17:3{n}:00 withdrawal worker{n} {drawn} CNY ATM-7 payer.customer=k{n} {cohort.format(n=n)} {left}\n" for n in range(4)
    )


EXPLAINED = (queue(), "many_cards_one_atm", ATM, 0.8)


def test_one_employer_alone_costs_one_tier_because_cards_are_sold_in_bulk() -> None:
    assert 0.5 <= explained("pay_day_queue", RUN, queue(left=""), ATM).share < 0.8


def test_kept_balances_alone_cost_nothing() -> None:
    assert explained("pay_day_queue", RUN, queue(cohort=""), ATM).share < 0.5


def test_several_employers_are_no_common_one() -> None:
    assert explained("pay_day_queue", RUN, queue(cohort="payer.cohort=e{n}", left=""), ATM).share == 0.0


def test_what_several_withdrawals_took_counts_together() -> None:
    """Each card drew four times; a fifth of the last withdrawal is left, but not of the whole."""
    story = "".join(
        f"17:{30 + at // 60:02}:{at % 60:02} withdrawal worker{n} 4000.00 CNY ATM-7 "
        f"payer.customer=k{n} payer.balance_after=1100.00\n"
        for n in range(3)
        for at in range(n * 160, n * 160 + 160, 40)
    )

    assert explained("pay_day_queue", RUN, story, ATM).share == 0.0


def test_at_the_account_a_wage_explains_the_cash_it_covers() -> None:
    story = (
        "09:00:00 transfer firm -> acc 6000.00 CNY batch purpose=SALA payer.type=CORPORATE\n"
        "10:00:00 transfer stranger -> acc 9000.00 CNY mobile payer.type=PERSON\n"
        "10:05:00 withdrawal acc {drawn} CNY ATM-1\n"
    )

    assert explained("pay_day_queue", CASH_OUT, story.format(drawn="6000.00"), "A:acc").share >= 0.5
    assert explained("pay_day_queue", CASH_OUT, story.format(drawn="12000.00"), "A:acc").share < 0.5
    for payer in ("payer.type=PERSON", "payer.type=MERCHANT", ""):
        wage = story.replace("payer.type=CORPORATE", payer)
        assert explained("pay_day_queue", CASH_OUT, wage.format(drawn="6000.00"), "A:acc").share == 0.0
