"""What the terminal says of alerts, freeze requests and the state of things."""

import pytest
from rich.cells import cell_len
from rich.text import Text

from models.records import Subject
from stream.demo.lines import WIDTH, Status, alert_lines, request_lines, status_line
from tests.stream.demo.told import GONE, MULE, VICTIM, alert, at_us, request

NOON_US = at_us("12:57")


def plain(lines: list[Text]) -> str:
    return "\n".join(line.plain for line in lines)


def test_an_alert_says_when_how_bad_what_whom_how_much_how_sure_what_to_do_and_why_in_both_languages() -> None:
    assert plain(alert_lines(alert("12:57", MULE), NOON_US, before=None, with_reason=True)) == (
        "12:57:00  POLICE 3  M1 pass-through 快进快出        mule ***0002      CNY 13,700.68 at risk  score 0.988  #1f384f\n"
        "          → ask the police for a stop-payment: 96% left within 6 min, both ends new. Likely a pass-through account;\n"
        "          verify first.\n"
        "          到账6分钟内转出96%，收付款双方均为新对手。请先核实，疑为过渡账户。"
    )


def test_a_change_of_tier_is_one_line_where_the_reason_has_just_been_said() -> None:
    assert plain(alert_lines(alert("12:57", MULE), NOON_US, before=2, with_reason=False)) == (
        "12:57:00  POLICE 3  M1 pass-through 快进快出        mule ***0002      CNY 13,700.68 at risk  score 0.988  #1f384f, was 2"
    )


def test_an_alert_taken_back_says_so_and_gives_no_advice() -> None:
    taken_back = alert("12:57", MULE, tier=1, reasons=(GONE,), recommended_action="REMIND", amount_at_risk_minor=0, score=0.0)
    assert plain(alert_lines(taken_back, NOON_US, before=2, with_reason=True)) == (
        "12:57:00  GONE      M1 pass-through 快进快出        mule ***0002           CNY 0.00 at risk  score 0.000  #1f384f"
    )


def test_a_freeze_request_says_how_much_where_and_until_when() -> None:
    assert plain(request_lines(request("12:57", MULE), NOON_US)) == (
        "12:57:00  FREEZE    stop CNY 13,700.68 on mule ***0002 at this bank, 1 match, until 13:27:00  #1f384f"
    )


def test_a_later_statement_of_a_freeze_request_and_its_withdrawal_are_told_apart() -> None:
    again = request_lines(request("12:57", MULE, sequence=2), NOON_US)
    gone = request_lines(request("12:57", MULE, sequence=3, state="WITHDRAWN"), NOON_US)
    assert "on mule ***0002 at this bank, again (no. 2), 1 match" in plain(again)
    assert plain(gone) == ("12:57:00  UNFREEZE  the request to stop payments of mule ***0002 at this bank is withdrawn  #1f384f")


@pytest.mark.parametrize("typology", ["V1", "V2", "X1", "M1", "M2", "M7", "W1", "W2"])
def test_no_line_is_wider_than_the_terminal_whatever_the_sum(typology: str) -> None:
    dear = alert("12:57", MULE, typology=typology, amount_at_risk_minor=999_999_999_99)
    lines = alert_lines(dear, NOON_US, before=2, with_reason=True)
    lines += request_lines(request("12:57", MULE, sequence=12, requested_amount_minor=999_999_999_99), NOON_US)
    assert max(cell_len(line.plain) for line in lines) <= WIDTH


@pytest.mark.parametrize("identifier", [MULE, "a-000687", "ATM-005", "张三", "x" * 64])
def test_no_account_machine_or_device_shows_in_clear(identifier: str) -> None:
    about = alert("12:57", MULE, subject=Subject(role="TERMINAL", kind="TERMINAL", id=identifier))
    said = plain(alert_lines(about, NOON_US, before=None, with_reason=True)) + plain(
        request_lines(request("12:57", identifier), NOON_US)
    )
    assert identifier not in said
    assert VICTIM not in said


def test_the_status_says_simulated_time_progress_pace_lag_findings_and_latency() -> None:
    status = Status("day", at_us("14:32:07"), 12_480, 41_753, 231.4, 12, 41, 1, 0.0414, 0.1573)
    assert status_line(status).plain == (
        "day Wed 14:32:07  12,480 of 41,753    231 events/s  lag    12  41 alerts  1 freeze  latency p50 41 ms, p99 157 ms"
    )


def test_the_status_shows_a_dash_for_what_is_not_known_yet() -> None:
    status = Status("history", None, 0, 41_753, 0.0, 0, 0, 0, None, None)
    assert status_line(status).plain == (
        "history       0 of 41,753      0 events/s  lag     0  0 alerts  0 freezes  latency p50 -, p99 -"
    )
