"""Where a case stands, and the order of the queue: money still reachable, and the clock."""

from typing import Any

import msgspec
import pytest

from models.records import Remedy
from stream.desk.board import BoardRecord
from stream.desk.standing import Standing, queue, remedied_minor, standing_of
from tests.stream.desk.stories import (
    GONE,
    MULE,
    VICTIM,
    alert,
    answer,
    at,
    board_of,
    executed,
    mule_trace,
    request,
    step,
    traced_case,
    us,
    victim_alert,
    victim_trace,
    whole_desk,
)


def standing(*records: BoardRecord, minutes: float = 10, case: str = "c-1") -> Standing:
    board = board_of(list(records))
    return standing_of(board, board.cases[case], us(minutes))


def order(*records: BoardRecord, minutes: float = 10, show: str = "open") -> list[str]:
    return [one.case_id for one in queue(board_of(list(records)), us(minutes), show=show)]


def asks(case: str, minor: int, minutes: float = 8, **given: Any) -> BoardRecord:
    return request(case, minutes=minutes, requested_amount_minor=minor, account=f"62220202000000000{case[-1]}", **given)


def test_what_ends_within_half_an_hour_comes_before_larger_sums_with_time_left() -> None:
    assert order(asks("c-1", 100), asks("c-2", 90_000, valid_until=at(600)), asks("c-3", 500)) == ["c-3", "c-1", "c-2"]


def test_within_a_band_most_money_comes_first_then_the_clock_that_ends_first() -> None:
    first, second = asks("c-1", 500, valid_until=at(20)), asks("c-2", 500, valid_until=at(19))
    assert order(first, second, asks("c-3", 600, valid_until=at(21))) == ["c-3", "c-2", "c-1"]


def test_a_request_nobody_answered_in_time_is_overdue_and_stands_on_top() -> None:
    late = standing(asks("c-1", 100), minutes=50)
    assert (late.state, late.is_overdue, late.band) == ("TIMED_OUT", True, 0)
    assert order(asks("c-1", 100), asks("c-2", 90_000, valid_until=at(600)), minutes=50) == ["c-1", "c-2"]


def test_after_two_days_an_overdue_request_no_longer_presses() -> None:
    assert standing(asks("c-1", 100), minutes=49 * 60).band == 1


def test_a_request_asks_for_what_can_be_reached_until_it_is_executed() -> None:
    assert [
        (found.reachable_minor, found.held_minor, found.state)
        for found in (
            standing(alert(), request()),
            standing(alert(), request(), answer(), minutes=13),
            standing(alert(), request(), answer(), executed(held_minor=4_000_000), minutes=21),
        )
    ] == [(4_480_000, 0, "PROPOSED"), (4_480_000, 0, "ACKNOWLEDGED"), (0, 4_000_000, "EXECUTED")]


def test_a_stop_payment_is_shown_with_its_clock_and_presses_twelve_hours_before_its_end() -> None:
    ends = 20 + 48 * 60
    early, late = (standing(request(), executed(1), minutes=ends - left) for left in (12 * 60 + 1, 12 * 60))
    assert (early.clock, early.clock_us, early.band, late.band) == ("STOP_ENDS", us(ends), 2, 0)


@pytest.mark.parametrize("status", ["REJECTED", "RELEASED"])
def test_what_the_police_have_settled_is_done(status: str) -> None:
    settled = standing(alert(), request(), answer(status, reason="unrelated"), minutes=13)
    assert (settled.state, settled.band, settled.reachable_minor) == (status, 3, 0)


def test_a_withdrawn_case_is_done_and_leaves_the_queue() -> None:
    records = [alert(), request(), alert(revision=2, tier=1, reasons=(GONE,)), request(sequence=2, minutes=9, state="WITHDRAWN")]
    assert order(*records) == []
    assert order(*records, show="done") == ["c-1"]


def test_a_request_withdrawn_because_the_money_is_gone_leaves_the_alert_to_the_police() -> None:
    left = standing(alert(), request(), request(sequence=2, minutes=9, state="WITHDRAWN"))
    assert (left.state, left.band, left.reachable_minor) == ("WITHDRAWN", 2, 0)


def test_a_victim_s_payment_that_can_be_held_counts_with_its_sum_and_its_hold() -> None:
    found = standing(victim_alert(), case="c-2")
    assert (found.reachable_minor, found.clock, found.clock_us) == (19_800_000, "HOLD", us(6 + 1_440))


def test_a_case_that_people_closed_is_done() -> None:
    closed = standing(victim_alert(ladder="CLOSED"), step(case="c-2", outcome="STOPPED"), case="c-2")
    assert (closed.state, closed.band, closed.reachable_minor) == ("CLOSED", 3, 0)


def test_remedies_add_to_what_a_request_reaches_each_movement_once_by_the_best() -> None:
    found = standing(*traced_case(), minutes=35)
    assert (found.reachable_minor, found.clock, found.clock_us) == (980_000 + 1_500_000 + 500_000, "REMEDY", us(37))


def test_money_of_a_ring_counts_once_where_it_can_be_revoked_or_further_down_whichever_is_more() -> None:
    def reachable(revocable_minor: int) -> int:
        revoke = Remedy(remedy="REVOKE", amount_minor=revocable_minor, event_id="e1", closes_at=at(60))
        paid = victim_trace()
        records = [*traced_case(), alert(alert_id="al-v", account=VICTIM, role="VICTIM_SUSPECTED", tier=2)]
        return standing(*records, msgspec.structs.replace(paid, revision=2, remedies=(revoke,)), minutes=35).reachable_minor

    assert reachable(4_980_000) == 4_980_000
    assert reachable(1_000) == 980_000 + 1_500_000 + 500_000


def test_a_remedy_that_is_too_late_saves_nothing() -> None:
    assert standing(*traced_case(), minutes=38).reachable_minor == 980_000 + 1_500_000


def test_of_two_remedies_for_one_movement_the_better_counts() -> None:
    remedies = (
        Remedy(remedy="REVOKE", amount_minor=700, event_id="e1", closes_at=at(60)),
        Remedy(remedy="RECALL", amount_minor=600, event_id="e1"),
        Remedy(remedy="FREEZE_REQUEST", amount_minor=50, account=MULE),
    )
    trace = mule_trace(remedies=remedies)
    assert [remedied_minor(trace, us(59), with_freeze=is_with) for is_with in (True, False)] == [750, 700]
    assert remedied_minor(trace, us(60), with_freeze=True) == 650


def test_the_queue_of_a_desk_with_everything_on_it() -> None:
    assert order(*whole_desk(), minutes=35) == ["c-1", "c-4", "c-2", "c-6", "c-3"]
    assert order(*whole_desk(), minutes=35, show="done") == ["c-5"]
    assert len(order(*whole_desk(), minutes=35, show="all")) == 6


@pytest.mark.parametrize(
    ("before", "more"),
    [
        ([alert(tier=1, reasons=(GONE,))], alert(revision=2, minutes=9)),
        ([request(), answer("REJECTED", reason="no")], request(sequence=2, minutes=13)),
        ([request(), answer("REJECTED", reason="no")], answer("ACKNOWLEDGED", 2, 13)),
    ],
)
def test_a_case_that_was_done_is_back_when_more_is_said(before: list[BoardRecord], more: BoardRecord) -> None:
    board = board_of(before)
    assert queue(board, us(14)) == queue(board, us(14)) == []
    board.take(more)
    assert [one.case_id for one in queue(board, us(14))] == ["c-1"]


def test_a_reminder_is_no_work_of_the_desk() -> None:
    reminder = alert(tier=1, recommended_action="REMIND")
    assert (order(reminder), order(reminder, show="all")) == ([], ["c-1"])
