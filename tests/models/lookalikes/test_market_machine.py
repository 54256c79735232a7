"""N7: traders pay the takings in at the market's machine, and draw from it for the next purchase."""

from tests.bank import Bank
from tests.models.examine import detector, explained
from tests.scenario import events_of

RUN, CASH_OUT = detector("many_cards_one_atm"), detector("cash_out_after_credit")
ATM = "T:ATM-7"


def market(depositors: int = 6, drawers: str = "trader", paid_in: str = "16000.00") -> str:
    """Return deposits of the morning, and three withdrawals near the cap at noon by some of `drawers`."""
    deposits = "".join(
        f"0{7 + n // 3}:{n % 3 * 15 + 5:02}:00 deposit trader{n} {paid_in} CNY ATM-7 payee.customer=trader{n}\n"
        for n in range(depositors)
    )
    return deposits + "".join(
        f"12:0{n}:30 withdrawal {drawers}{n} 16000.00 CNY ATM-7 payer.customer={drawers}{n}\n" for n in range(3)
    )


EXPLAINED = (market(), "many_cards_one_atm", ATM, 0.8)


def test_other_peoples_deposits_alone_cost_no_tier_because_a_runner_may_choose_a_busy_machine() -> None:
    assert 0.0 < explained("market_machine", RUN, market(drawers="runner"), ATM).share < 0.5


def test_a_deposit_explains_as_much_as_was_paid_in() -> None:
    whole, part = (explained("market_machine", RUN, market(paid_in=yuan), ATM).share for yuan in ("16000.00", "1600.00"))

    assert whole - part > 0.4


def test_without_deposits_it_explains_nothing() -> None:
    assert explained("market_machine", RUN, market(depositors=0), ATM).share == 0.0


def test_at_the_account_cash_paid_in_explains_the_cash_it_covers() -> None:
    story = (
        "09:00:00 deposit acc {paid_in} CNY ATM-7\n10:00:00 transfer stranger -> acc 9000.00 CNY mobile payer.type=PERSON\n"
        "10:05:00 withdrawal acc 6000.00 CNY ATM-7\n"
    )

    assert explained("market_machine", CASH_OUT, story.format(paid_in="6000.00"), "A:acc").share >= 0.5
    assert explained("market_machine", CASH_OUT, story.format(paid_in="60.00"), "A:acc").share < 0.01


def test_deposits_at_night_are_no_run_of_withdrawals() -> None:
    story = "".join(f"02:0{n}:00 deposit trader{n} 20000.00 CNY ATM-7 payee.customer=t{n}\n" for n in range(8))

    assert not Bank().take(events_of(story)).alerts
