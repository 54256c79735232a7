"""The timeline: all that happened, in order, in both languages."""

from stream.desk.history import Moment, timeline
from tests.stream.desk.stories import GONE, alert, answer, board_of, request, step, traced_case, us


def told(*records: object) -> list[Moment]:
    board = board_of(list(records))  # type: ignore[arg-type]
    return timeline(board, board.cases["c-1"])


def test_a_case_is_told_from_the_first_alert_to_the_last_answer() -> None:
    moments = told(*traced_case())
    assert [(one.kind, one.by) for one in moments] == [
        ("ALERT", ""),
        ("REQUEST", ""),
        ("ALERT", ""),
        ("CONTROL", "wang"),
        ("STEP", "wang"),
        ("TRACE", ""),
        ("REQUEST", ""),
        ("ANSWER", ""),
    ]
    assert [one.at_us for one in moments] == sorted(one.at_us for one in moments)
    assert moments[4].said.en == "Manager dissuades; Refused: would not listen"
    assert moments[4].said.zh == "网点负责人劝止，客户不听劝止"


def test_a_revision_that_changes_neither_tier_nor_ground_is_not_told() -> None:
    assert len(told(alert(), alert(revision=2, minutes=9, score=0.9), alert(revision=3, minutes=10, tier=2))) == 2


def test_a_withdrawal_is_told_with_its_reason() -> None:
    moments = told(
        alert(),
        request(),
        alert(revision=2, minutes=20, reasons=(GONE,)),
        request(sequence=2, minutes=20, state="WITHDRAWN", reasons=(GONE,)),
    )
    assert [one.said.en for one in moments[2:]] == [
        "The alert is taken back",
        "The freeze request is withdrawn. The ground is gone.",
    ]


def test_an_answer_is_told_with_what_is_held_and_why() -> None:
    last = told(request(), answer("MISMATCH", mismatch_fields=("amount_minor",), reason="one fen off"))[-1]
    assert (last.said.en, last.note, last.at_us) == ("The liaison answered: mismatch (amount_minor)", "one fen off", us(12))


def test_a_verdict_is_told_and_an_undecided_one_is_not() -> None:
    moments = told(alert(), step(), step(minutes=11, stage=None, outcome=None, verdict="LEGITIMATE"))
    assert [one.said.en for one in moments[1:]] == ["Manager dissuades; Refused: would not listen", "Legitimate"]
