"""A2: the switch approves withdrawals that the core system never saw."""

import pytest

from tests.bank import Bank
from tests.models.examine import codes, detector, examined, highest, tiers
from tests.scenario import events_of, shifted

ACCOUNT = "A:holder"
A2 = detector("switch_tampering")


def approval(
    host: str = "host.confirmed=false", left: str = "500.00", extra: str = "", at: str = "10:00:00", name: str = "w"
) -> str:
    balance = f"payer.balance_after={left}" if left else ""
    return f"{at} withdrawal holder 3000.00 CNY ATM-1 id={name} card=k-1 {balance} {host} {extra}\n"


CAUGHT = (approval(), ACCOUNT, 2)
"""A story it must catch, at which key, and the tier it ends at: for the contract suite."""


@pytest.mark.parametrize("host", ["host.confirmed=false", "host.mac=BAD", "host.mac=MISSING", "host.confirmed=true host.mac=BAD"])
def test_an_approval_the_core_does_not_stand_behind_is_held(host: str) -> None:
    assert tiers(examined(A2, approval(host), ACCOUNT)) == {"w": 2}


@pytest.mark.parametrize("host", ["", "host.confirmed=true", "host.mac=OK", "host.confirmed=true host.mac=OK"])
def test_an_approval_in_order_or_of_an_unknown_host_says_nothing(host: str) -> None:
    assert examined(A2, approval(host), ACCOUNT) == {}


def test_both_signs_say_more_than_one() -> None:
    both = examined(A2, approval("host.confirmed=false host.mac=MISSING"), ACCOUNT)["w"]

    assert codes(both) == ["HOST_CONFIRMED", "HOST_MAC"]
    assert both.strength > examined(A2, approval(), ACCOUNT)["w"].strength


@pytest.mark.parametrize("hours", [0, 6, 11, 13])
def test_the_hour_does_not_matter(hours: int) -> None:
    assert highest(examined(A2, shifted(events_of(approval()), hours), ACCOUNT)) == 2


def test_without_the_host_the_balance_speaks_once_as_a_reminder_and_the_third_time_as_a_hold() -> None:
    story = "".join(approval("", left=f"-{n}00.00", at=f"1{n}:00:00", name=f"w{n}") for n in (1, 2, 3))

    assert tiers(examined(A2, story, ACCOUNT)) == {"w1": 1, "w2": 1, "w3": 2}


def test_a_balance_at_zero_is_in_order() -> None:
    assert examined(A2, approval("", left="0.00"), ACCOUNT) == {}


def test_an_account_with_a_credit_line_was_below_zero_before() -> None:
    story = "".join(approval("", left=f"-{5 + n}000.00", at=f"1{n}:00:00", name=f"w{n}") for n in (1, 2, 3))

    assert tiers(examined(A2, story, ACCOUNT)) == {"w1": 0, "w2": 0, "w3": 1}


def test_a_mule_that_overdraws_strangers_money_is_no_victim() -> None:
    credit = "09:00:00 transfer someone -> holder 2900.00 CNY mobile payer.type=PERSON\n"

    assert tiers(examined(A2, credit + approval("", left="-100.00"), ACCOUNT)) == {"w": 0}


@pytest.mark.parametrize("status", ["REQUESTED", "DECLINED"])
def test_what_was_not_approved_says_nothing(status: str) -> None:
    assert examined(A2, approval(extra=f"status={status}"), ACCOUNT) == {}


def test_cash_at_the_counter_is_no_switchs() -> None:
    assert examined(A2, approval().replace("ATM-1", "counter"), ACCOUNT) == {}


def test_the_card_is_held_and_nobody_asked_for_a_freeze() -> None:
    bank = Bank().take(events_of(approval()))

    assert [(alert.typology, alert.tier, alert.recommended_action) for alert in bank.alerts] == [("A2", 2, "HOLD")]
    assert not bank.requests
