"""The board: any order of arrival ends in the same board, copies change nothing, and each record stands where it belongs."""

import random

import msgspec
import pytest

from models.freeze_life import state_at
from models.records import Alert
from stream.desk.board import Board
from stream.desk.case_file import is_gone
from stream.desk.history import timeline
from stream.desk.standing import queue
from tests.stream.desk.stories import (
    MULE,
    SECOND,
    STRANGER,
    VICTIM,
    alert,
    answer,
    approval,
    board_of,
    executed,
    mule_trace,
    request,
    step,
    traced_case,
    us,
    victim_alert,
    whole_desk,
)


def picture_of(board: Board) -> bytes:
    """Return all that a board says, in bytes."""
    cases = [board.cases[case_id] for case_id in sorted(board.cases)]
    told = [
        [
            timeline(board, case),
            [file.life() for _, file in sorted(case.requests.items())],
            board.dispositions(case),
            case.accounts(),
        ]
        for case in cases
    ]
    return msgspec.json.encode([told, queue(board, us(35), show="all"), sorted(board.traces.items())])


@pytest.mark.parametrize("seed", range(8))
def test_the_order_in_which_topics_are_read_changes_nothing(seed: int) -> None:
    records = whole_desk()
    shuffled = random.Random(seed).sample([*records, *records[::2]], k=len(records) + len(records[::2]))
    assert picture_of(board_of(shuffled)) == picture_of(board_of(records))


def test_a_copy_of_any_record_is_nothing_new() -> None:
    board = board_of(whole_desk())
    version = board.version
    assert [board.take(record) for record in whole_desk()] == [False] * len(whole_desk())
    assert board.version == version


def test_every_new_record_is_a_new_version() -> None:
    board = Board()
    for number, record in enumerate(traced_case(), 1):
        assert board.take(record)
        assert board.version == number


def test_the_highest_revision_of_an_alert_counts_whenever_it_comes() -> None:
    board = board_of([alert(revision=3, tier=1), alert(revision=1), alert(revision=2)])
    file = board.cases["c-1"].alerts["al-c-1"]
    assert (file.last.revision, file.last.tier, sorted(file.revisions)) == (3, 1, [1, 2, 3])


def test_an_answer_that_comes_before_its_request_waits_for_it() -> None:
    board = board_of([answer()])
    assert board.cases == {}
    board.take(request())
    assert state_at(board.cases["c-1"].requests["fr-c-1"].life(), us(13)) == "ACKNOWLEDGED"


def test_the_life_of_a_request_is_what_its_records_say_as_of_now() -> None:
    file = board_of([request(), answer(), executed()]).requests["fr-c-1"]
    assert [state_at(file.life(), us(minutes)) for minutes in (21, 20 + 48 * 60)] == ["EXECUTED", "EXPIRED"]
    assert file.next_sequence() == 3


def test_a_withdrawal_of_ours_ends_a_request_that_nobody_executed() -> None:
    board = board_of([request(), answer(), request(sequence=2, minutes=15, state="WITHDRAWN")])
    assert state_at(board.requests["fr-c-1"].life(), us(16)) == "WITHDRAWN"


def test_two_answers_under_one_number_are_told() -> None:
    file = board_of([request(), answer(), answer("REJECTED", minutes=13, reason="no")]).requests["fr-c-1"]
    assert [odd.code for odd in file.life().odd] == ["TWO_ANSWERS_UNDER_ONE_NUMBER"]


def test_dispositions_on_the_alert_and_on_its_events_stand_with_the_case_in_order() -> None:
    on_event = step(minutes=5, disposition_id="x-e", alert_id=None, event_id="e2", verdict="FRAUD")
    board = board_of([step(), on_event, alert(), step(case="c-9")])
    assert [one.disposition_id for one in board.dispositions(board.cases["c-1"])] == ["x-e", "x-c-1-10"]


def test_a_person_approves_once_and_only_since_the_case_began() -> None:
    board = board_of([alert(), approval(minutes=9), approval("li", minutes=10), approval("zhao", minutes=1)])
    assert board.approvers(board.cases["c-1"]) == ("wang", "li")


RING = [
    alert(),
    request(),
    victim_alert(case_id="c-1"),
    answer(),
    alert(revision=2, minutes=20, case_id="ring"),
    victim_alert(minutes=20, revision=2, case_id="ring"),
    alert("c-9", account=SECOND, case_id="ring"),
    request("c-9", account=SECOND, case_id="c-9"),
]
"""Two cases that turn out to be one ring; the requests are not sent again for that."""


@pytest.mark.parametrize("seed", range(8))
def test_alerts_and_their_requests_move_into_the_ring_that_they_turn_out_to_be_of(seed: int) -> None:
    board = board_of(random.Random(seed).sample(RING, k=len(RING)))
    assert list(board.cases) == ["ring"]
    assert sorted(board.cases["ring"].alerts) == ["al-c-1", "al-c-2", "al-c-9"]
    assert sorted(board.cases["ring"].requests) == ["fr-c-1", "fr-c-9"]
    assert picture_of(board) == picture_of(board_of(RING))


def test_an_address_of_a_case_that_has_moved_leads_to_the_ring() -> None:
    board = board_of(RING)
    assert [board.now_called(case_id) for case_id in ("c-1", "c-9", "ring", "c-5")] == ["ring", "ring", "ring", "c-5"]


@pytest.mark.parametrize("text", ["c-1", "al-c-1", "fr-c-1", "2026-0302-17", "r1", MULE, VICTIM, STRANGER, SECOND, f"  {MULE} "])
def test_a_case_is_found_by_any_of_its_names(text: str) -> None:
    assert board_of([*traced_case(), victim_alert()]).search(text) == ["c-1"]


@pytest.mark.parametrize("text", ["", " ", "c", "62220202", "***3445"])
def test_part_of_a_name_finds_nothing(text: str) -> None:
    """Else a search would tell accounts digit by digit."""
    assert board_of(whole_desk()).search(text) == []


def test_a_case_of_which_nobody_spoke_for_long_is_let_go() -> None:
    board = board_of(whole_desk())
    assert board.forget(us(-500)) == 1
    assert "c-3" not in board.cases
    assert "fr-c-3" not in board.requests
    assert board.forget(us(-500)) == 0


def test_the_weightiest_alert_that_stands_leads_its_case() -> None:
    gone = alert(revision=2, tier=1, reasons=(msgspec.structs.replace(alert().reasons[0], code="DISPOSED_LEGITIMATE"),))
    board = board_of([gone, alert(alert_id="al-other", tier=2, score=0.2)])
    lead = board.cases["c-1"].lead()
    assert isinstance(lead, Alert)
    assert (lead.alert_id, is_gone(lead), is_gone(gone)) == ("al-other", False, True)


def test_the_highest_revision_of_a_trace_counts() -> None:
    board = board_of([mule_trace(revision=2, still_here_minor=5), mule_trace(revision=1)])
    assert board.traces[MULE].still_here_minor == 5
