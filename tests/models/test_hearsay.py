"""What a machine says of an account counts only as far as the account's own record bears it out."""

import pytest

from tests.bank import Bank
from tests.scenario import events_of

OTHERS = (
    "account o-1 type=PERSON customer=k-1 balance=10.00\naccount o-2 type=PERSON customer=k-2 balance=10.00\n"
    "20:00:00 transfer v-1 -> o-1 17000.00 CNY mobile\n20:01:00 transfer v-2 -> o-2 17000.00 CNY mobile\n"
)
RUN = (
    "22:00:00 withdrawal o-1 16000.00 CNY ATM-9\n22:01:00 withdrawal o-2 16000.00 CNY ATM-9\n"
    "22:02:00 withdrawal card 16000.00 CNY ATM-9\n"
)


def tier_of_third(facts: str, credit: str = "", after: str = "") -> int:
    """Return the last tier of the third card's account, 0 for no alert."""
    bank = Bank().take(events_of(f"account card type=PERSON customer=k-3 {facts}\n{OTHERS}{credit}{RUN}{after}"))
    assert bank.alerts_on("ATM-9")[-1].tier == 3
    return max((alert.tier for alert in bank.final_alerts().values() if alert.subject.id == "card"), default=0)


STRANGER = "20:05:00 transfer v-3 -> card {yuan} CNY mobile payer.type=PERSON\n"


def test_a_card_filled_by_strangers_and_nothing_else_is_a_police_matter() -> None:
    assert tier_of_third("balance=5.00", STRANGER.format(yuan="17000.00")) == 3


@pytest.mark.parametrize("facts", ["balance=9000.00", ""], ids=["own money beside it", "balance unknown"])
def test_own_money_or_an_unknown_balance_leave_it_at_tier_2(facts: str) -> None:
    assert tier_of_third(facts, STRANGER.format(yuan="17000.00")) == 2


def test_strangers_money_for_only_half_of_the_cash_is_tier_2_and_for_less_nothing() -> None:
    assert tier_of_third("balance=9000.00", STRANGER.format(yuan="8000.00")) == 2
    assert tier_of_third("balance=9000.00", STRANGER.format(yuan="7999.99")) == 0


def test_a_skimmed_cards_holder_is_left_alone() -> None:
    assert tier_of_third("balance=18000.00") == 0


def test_a_worker_who_draws_a_wage_is_left_alone() -> None:
    wage = "10:00:00 transfer firm -> card 17000.00 CNY batch purpose=SALA payer.type=CORPORATE\n"

    assert tier_of_third("balance=5.00", wage) == 0


def test_money_of_the_day_before_does_not_count() -> None:
    old = "-1d 21:00:00 transfer v-3 -> card 17000.00 CNY mobile\n"

    assert tier_of_third("balance=5.00", old) == 0


def test_a_credit_that_arrives_late_is_weighed_in() -> None:
    late = STRANGER.format(yuan="17000.00").replace("20:05:00", "21:58:00").replace("CNY mobile", "CNY mobile late=400")

    assert tier_of_third("balance=5.00", late) == 3


def test_the_money_it_brought_is_asked_for_not_the_savings() -> None:
    story = f"account card type=PERSON customer=k-3 balance=5.00\n{OTHERS}{STRANGER.format(yuan='18000.00')}{RUN}"
    wage = "22:30:00 transfer firm -> card 9000.00 CNY batch purpose=SALA payer.type=CORPORATE\n"
    found = Bank().take(events_of(story + wage)).requests_on("card")

    assert [request.requested_amount_minor for request in found] == [200_500]
    assert [match.direction for match in found[0].transactions] == ["IN", "OUT"]
