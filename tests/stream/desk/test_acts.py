"""What is filled in becomes exactly the record that says it, or is refused with a reason."""

from typing import Any

import msgspec
import pytest

from connectors.contract_json import decode, encode
from models.records import CaseControl, ControlSubject, Disposition, FreezeResponse
from stream.desk import acts
from stream.desk.acts import ActError, Doer
from stream.desk.case_file import CaseFile
from tests.stream.desk.stories import (
    MULE,
    SECOND,
    alert,
    answer,
    approval,
    at,
    board_of,
    executed,
    reason,
    request,
    traced_case,
    us,
    victim_alert,
)

WANG = Doer("wang", us(40), "d-1")


def case(*records: Any) -> CaseFile:
    return board_of(list(records) or [alert(), request()]).cases["c-1"]


def refused(code: str, act: Any, *arguments: Any) -> None:
    with pytest.raises(ActError) as error:
        act(*arguments)
    assert error.value.code == code


def test_an_approval_is_a_control_on_the_account_asked_about() -> None:
    board = board_of([alert(), request()])
    assert acts.approve(board, board.cases["c-1"], WANG, {"on": "fr-c-1", "reason": "checked"}) == CaseControl(
        control_id="d-1",
        made_at=at(40),
        actor="wang",
        subject=ControlSubject(kind="ACCOUNT", id=MULE),
        action="APPROVE_PROTECTED",
        reason="checked",
    )


def test_nobody_approves_twice_so_that_two_persons_are_two() -> None:
    board = board_of([alert(), request(), approval("wang")])
    refused("approved_already", acts.approve, board, board.cases["c-1"], WANG, {"on": "fr-c-1"})
    assert acts.approve(board, board.cases["c-1"], Doer("li", us(40), "d-2"), {"on": "fr-c-1"}).actor == "li"


def test_there_is_nothing_to_approve_on_a_victim() -> None:
    board = board_of([victim_alert()])
    assert acts.approvable(board.cases["c-2"]) == {}
    refused("nothing_to_approve", acts.approve, board, board.cases["c-2"], WANG, {"on": "al-c-2"})


def test_each_account_of_a_ring_is_approved_for_itself() -> None:
    board = board_of([alert(), request(), alert(alert_id="al-2", account=SECOND), victim_alert(case_id="c-1"), approval("wang")])
    ring = board.cases["c-1"]
    assert acts.approvable(ring) == {"fr-c-1": MULE, "al-2": SECOND}
    assert acts.approve(board, ring, WANG, {"on": "al-2"}).subject.id == SECOND
    assert board.approvers(ring, SECOND) == ()
    refused("nothing_to_approve", acts.approve, board, ring, WANG, {"on": "al-c-2"})


def test_a_request_that_waits_for_a_person_is_approved_as_such() -> None:
    board = board_of([alert(reasons=(reason(), reason("AWAITS_APPROVAL"))), approval("wang")])
    assert acts.approve(board, board.cases["c-1"], WANG, {"on": "al-c-1"}).action == "APPROVE_REQUEST"


@pytest.mark.parametrize("status", ["REJECTED", "RELEASED"])
def test_a_request_that_was_rejected_or_released_is_ordered_anew_with_a_reason(status: str) -> None:
    board = board_of([alert(), request(), approval("wang"), answer(status, reason="seller", minutes=20)])
    file = board.cases["c-1"]
    assert acts.orders(board, file) == {"fr-c-1"}
    refused("reason_missing", acts.approve, board, file, WANG, {"on": "fr-c-1"})
    order = acts.approve(board, file, WANG, {"on": "fr-c-1", "reason": "a second victim"})
    assert (order.action, order.subject, order.reason) == (
        "APPROVE_REQUEST",
        ControlSubject(kind="ACCOUNT", id=MULE),
        "a second victim",
    )
    board.take(order)
    refused("approved_already", acts.approve, board, file, WANG, {"on": "fr-c-1", "reason": "again"})
    board.take(answer(status, sequence=2, reason="again", minutes=50))
    assert (
        acts.approve(board, file, Doer("wang", us(60), "d-3"), {"on": "fr-c-1", "reason": "a third victim"}).action == order.action
    )


def test_no_third_stop_can_be_ordered() -> None:
    board = board_of(
        [alert(), request(), executed(1), answer("RELEASED", 2, 21), request(sequence=1, request_id="fr-2", minutes=30)]
    )
    for status, sequence in (("EXECUTED", 1), ("RELEASED", 2)):
        board.take(msgspec.structs.replace(answer(status, sequence, 30.0 + sequence), request_id="fr-2"))
    refused("stops_used_up", acts.approve, board, board.cases["c-1"], WANG, {"on": "fr-2", "reason": "again"})
    assert acts.orders(board, board.cases["c-1"]) == frozenset()


def test_a_withdrawal_is_a_legitimate_disposition_on_the_alert_and_needs_a_reason() -> None:
    form = {"alert_id": "al-c-1", "reason": "the holder came with papers"}
    assert acts.withdraw(case(), WANG, form) == Disposition(
        disposition_id="d-1", decided_at=at(40), alert_id="al-c-1", verdict="LEGITIMATE", decided_by="wang"
    )
    refused("reason_missing", acts.withdraw, case(), WANG, {"alert_id": "al-c-1", "reason": "  "})
    refused("choice_missing", acts.withdraw, case(), WANG, {"alert_id": "al-of-another-case", "reason": "x"})


@pytest.mark.parametrize("stage", ["REMIND", "MANAGER", "POLICE"])
@pytest.mark.parametrize("outcome", ["STOPPED", "PROCEEDED", "REFUSED"])
def test_a_step_is_a_disposition_with_stage_and_outcome(stage: Any, outcome: Any) -> None:
    form = {"alert_id": "al-c-1", "stage": stage, "outcome": outcome, "verdict": "FRAUD"}
    found = acts.step(case(), WANG, form)
    assert (found.stage, found.outcome, found.verdict, found.decided_by) == (stage, outcome, "FRAUD", "wang")


@pytest.mark.parametrize("wrong", [{"stage": "X"}, {"outcome": ""}, {"verdict": "LEGITIMATE"}, {"alert_id": "al-9"}])
def test_a_step_that_the_contract_does_not_know_is_refused(wrong: dict[str, str]) -> None:
    form = {"alert_id": "al-c-1", "stage": "MANAGER", "outcome": "REFUSED", "verdict": "UNKNOWN"}
    refused("choice_missing", acts.step, case(), WANG, form | wrong)


def test_an_answer_bears_the_next_number_of_the_responder() -> None:
    form = {"request_id": "fr-c-1", "status": "ACKNOWLEDGED"}
    assert [
        acts.answer(case(*records), WANG, form, 28_800).sequence for records in ([request()], [request(), answer(), executed()])
    ] == [
        1,
        3,
    ]


def test_an_executed_stop_tells_sum_order_and_end_in_local_time() -> None:
    form = {
        "request_id": "fr-c-1",
        "status": "EXECUTED",
        "held": "44,800.5",
        "ends_at": "2026-03-04T09:30",
        "order_no": "17",
        "authority": "Hangzhou",
        "mismatch_fields": "left over",
    }
    found = acts.answer(case(), WANG, form, 28_800)
    assert found.ends_at is not None
    assert (found.held_amount_minor, found.ends_at.isoformat()) == (4_480_050, "2026-03-04T09:30:00+08:00")
    assert (found.order_no, found.authority, found.mismatch_fields) == ("17", "Hangzhou", None)


def test_a_mismatch_names_the_fields() -> None:
    form = {"request_id": "fr-c-1", "status": "MISMATCH", "reason": "off", "mismatch_fields": "amount_minor，booked_at, "}
    assert acts.answer(case(), WANG, form, 0).mismatch_fields == ("amount_minor", "booked_at")


@pytest.mark.parametrize("status", ["REJECTED", "MISMATCH", "NEED_INFO", "RELEASED"])
def test_who_says_no_says_why(status: str) -> None:
    refused("reason_missing", acts.answer, case(), WANG, {"request_id": "fr-c-1", "status": status}, 0)


@pytest.mark.parametrize(
    ("form", "code"),
    [
        ({"request_id": "fr-other"}, "choice_missing"),
        ({"status": "EXPIRED"}, "choice_missing"),
        ({"status": "FROZEN"}, "choice_missing"),
        ({"held": "a lot"}, "not_an_amount"),
        ({"held": "1.234"}, "not_an_amount"),
        ({"held": "-5"}, "not_an_amount"),
        ({"held": "99999999999999"}, "not_an_amount"),
        ({"held": "１２"}, "not_an_amount"),
        ({"ends_at": "tomorrow"}, "not_a_time"),
        ({"ends_at": "0001-01-01T00:00"}, "not_valid"),
        ({"reason": "x" * 401}, "too_long"),
        ({"order_no": "x" * 129}, "too_long"),
    ],
)
def test_an_answer_that_cannot_be_is_refused(form: dict[str, str], code: str) -> None:
    refused(code, acts.answer, case(), WANG, {"request_id": "fr-c-1", "status": "EXECUTED"} | form, 0)


def test_a_snooze_is_a_control_with_an_end_on_the_kind_of_alert() -> None:
    form = {"alert_id": "al-c-1", "hours": "24", "reason": "market stall"}
    found = acts.snooze(case(), WANG, form)
    assert (found.action, found.typology, found.subject.id, found.until) == ("SNOOZE", "M1", MULE, at(40 + 24 * 60))
    for hours in ("", "0", "169", "x", "-1", "1.5"):
        refused("not_valid", acts.snooze, case(), WANG, form | {"hours": hours})
    refused("reason_missing", acts.snooze, case(), WANG, form | {"reason": ""})


def test_every_record_of_the_desk_is_read_again_on_its_topic_as_it_was() -> None:
    board = board_of(traced_case())
    file = board.cases["c-1"]
    form = {"alert_id": "al-c-1", "reason": "r", "hours": "1", "stage": "POLICE", "outcome": "STOPPED", "on": "fr-c-1"}
    ours = [
        acts.approve(board, file, Doer("li", us(40), "d-1"), form),
        acts.withdraw(file, WANG, form),
        acts.step(file, WANG, form),
        acts.snooze(file, WANG, form),
        acts.answer(file, WANG, form | {"request_id": "fr-c-1", "status": "NEED_INFO"}, 28_800),
    ]
    assert [decode(acts.topic_of(record), encode(record)) for record in ours] == ours
    assert [acts.topic_of(record) for record in ours] == [
        "case-controls",
        "dispositions",
        "dispositions",
        "case-controls",
        "freeze-responses",
    ]
    assert [acts.key_of(record) for record in ours] == [MULE, "al-c-1", "al-c-1", MULE, "fr-c-1"]
    assert isinstance(ours[-1], FreezeResponse)
    assert acts.id_of(ours[-1]) == "fr-c-1/2"
