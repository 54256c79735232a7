"""Which records are worth a line."""

from stream.demo.teller import Teller
from tests.stream.demo.told import GONE, MULE, REASON, SHOP, VICTIM, alert, at_us, request

NOON_US = at_us("12:57")


def test_a_statement_that_only_adds_evidence_is_not_told_again() -> None:
    teller = Teller()
    assert teller.alert(alert("12:57", MULE), NOON_US)
    assert teller.alert(alert("12:58", MULE, revision=2, evidence=("t-1", "t-2", "t-3")), NOON_US) == []
    assert teller.alert_count == 1


def test_a_change_of_tier_is_told_with_the_tier_before() -> None:
    teller = Teller()
    teller.alert(alert("12:57", MULE, tier=2), NOON_US)
    assert teller.alert(alert("12:58", MULE, tier=3, revision=2), NOON_US)[0].plain.endswith(", was 2")


def test_an_alert_that_is_taken_back_and_raised_again_is_told_both_times() -> None:
    teller = Teller()
    gone = alert("12:58", MULE, tier=1, reasons=(GONE,))
    told = [teller.alert(statement, NOON_US) for statement in (alert("12:57", MULE), gone, gone, alert("12:59", MULE))]
    assert [len(lines) > 0 for lines in told] == [True, True, False, True]


def test_an_alert_first_heard_of_when_it_is_taken_back_is_not_told() -> None:
    assert Teller().alert(alert("12:58", MULE, tier=1, reasons=(GONE,)), NOON_US) == []


def test_the_same_reason_is_not_said_twice_in_a_row() -> None:
    teller = Teller()
    counts = [len(teller.alert(alert("12:57", account), NOON_US)) for account in (MULE, SHOP)]
    assert counts[0] > counts[1] == 1


def test_a_reminder_is_one_line() -> None:
    assert len(Teller().alert(alert("12:57", VICTIM, tier=1, reasons=(REASON,)), NOON_US)) == 1


def test_every_freeze_request_is_told() -> None:
    teller = Teller()
    assert all(teller.request(request("12:57", MULE, sequence=number), NOON_US) for number in (1, 2))
    assert teller.request_count == 2
