"""The life of a freeze request follows the answers, whatever order they come in and however often."""

from itertools import permutations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.freeze_life import (
    OPEN,
    STOPS_MAX,
    Answer,
    FreezeLife,
    held_minor,
    propose,
    state_at,
    stops,
    take_answer,
    withdraw,
)

HOUR_US = 3_600_000_000
ENDS_US = 48 * HOUR_US


def proposed(minor: int = 5_000) -> FreezeLife:
    life = FreezeLife("r-1")
    propose(life, at_us=0, valid_us=HOUR_US // 2, minor=minor, currency="CNY")
    return life


def answered(life: FreezeLife, *answers: Answer) -> FreezeLife:
    for answer in answers:
        take_answer(life, answer)
    return life


def executed(sequence: int = 2, held: int | None = 5_000, ends_us: int | None = ENDS_US) -> Answer:
    return Answer(sequence, "EXECUTED", 2 * HOUR_US, held, ends_us)


ACKNOWLEDGED = Answer(1, "ACKNOWLEDGED", 60_000_000)


@pytest.mark.parametrize("status", ["ACKNOWLEDGED", "REJECTED", "MISMATCH", "NEED_INFO"])
def test_a_first_answer_is_the_new_state_and_nothing_is_odd(status: str) -> None:
    life = answered(proposed(), msgspec.structs.replace(ACKNOWLEDGED, status=status))

    assert life.state == status
    assert life.odd == ()
    assert life.acknowledged_us == 60_000_000


def test_a_stop_is_executed_and_ends_by_its_clock() -> None:
    life = answered(proposed(), ACKNOWLEDGED, executed())

    assert state_at(life, ENDS_US - 1) == "EXECUTED"
    assert held_minor(life, ENDS_US - 1) == 5_000
    assert state_at(life, ENDS_US) == "EXPIRED"
    assert held_minor(life, ENDS_US) == 0


def test_a_longer_end_by_the_police_keeps_it_executed() -> None:
    life = answered(proposed(), executed(), executed(3, 4_000, 4_000 * HOUR_US))

    assert state_at(life, ENDS_US) == "EXECUTED"
    assert held_minor(life, ENDS_US) == 4_000
    assert stops([life]) == 1


def test_nobody_answering_in_time_is_overdue_and_still_open() -> None:
    life = proposed()

    assert state_at(life, HOUR_US // 2 - 1) == "PROPOSED"
    assert state_at(life, HOUR_US // 2) == "TIMED_OUT"
    assert "TIMED_OUT" in OPEN
    assert state_at(answered(life, ACKNOWLEDGED), HOUR_US) == "ACKNOWLEDGED"


def test_answers_overtake_each_other_and_the_highest_counts() -> None:
    in_order = answered(proposed(), ACKNOWLEDGED, executed())
    overtaken = answered(proposed(), executed(), ACKNOWLEDGED)

    assert overtaken.state == in_order.state == "EXECUTED"
    assert overtaken.answer == in_order.answer


@given(st.permutations([ACKNOWLEDGED, executed(2), executed(3, 4_000), Answer(4, "RELEASED", 5 * HOUR_US)]), st.data())
@settings(max_examples=80, deadline=None)
def test_any_order_with_any_repeats_ends_in_the_last_answer(order: list[Answer], data: st.DataObject) -> None:
    life = proposed()
    for answer in order:
        for _ in range(data.draw(st.integers(1, 3))):
            answered(life, answer)

    assert life.state == "RELEASED"
    assert life.answer == Answer(4, "RELEASED", 5 * HOUR_US)


def test_a_repeat_changes_nothing_and_says_so() -> None:
    life = answered(proposed(), ACKNOWLEDGED)
    before = msgspec.structs.replace(life)

    assert take_answer(life, ACKNOWLEDGED) == "REPEATED"
    assert life == before


def test_two_answers_under_one_number_are_shown() -> None:
    life = answered(proposed(), ACKNOWLEDGED, Answer(1, "REJECTED", 60_000_000))

    assert life.state == "ACKNOWLEDGED"
    assert [odd.code for odd in life.odd] == ["TWO_ANSWERS_UNDER_ONE_NUMBER"]


@pytest.mark.parametrize(
    ("first", "then"), [("REJECTED", "EXECUTED"), ("RELEASED", "EXECUTED"), ("REJECTED", "RELEASED"), ("EXPIRED", "ACKNOWLEDGED")]
)
def test_what_contradicts_is_taken_as_a_fact_and_shown(first: str, then: str) -> None:
    life = answered(proposed(), Answer(1, first, 1, 10, 20), Answer(2, then, 2, 10, 20))  # type: ignore[arg-type]

    assert life.state == then
    assert "UNEXPECTED_STEP" in [odd.code for odd in life.odd]


def test_a_stop_that_crossed_our_withdrawal_is_shown_as_such() -> None:
    life = proposed()
    withdraw(life)
    answered(life, executed(1))

    assert life.state == "EXECUTED"
    assert [odd.code for odd in life.odd] == ["EXECUTED_AFTER_WITHDRAWAL"]


@pytest.mark.parametrize("status", ["ACKNOWLEDGED", "NEED_INFO", "MISMATCH"])
def test_a_withdrawn_request_stays_withdrawn_whatever_small_answer_comes(status: str) -> None:
    life = proposed()
    withdraw(life)
    answered(life, Answer(1, status, 5))  # type: ignore[arg-type]

    assert life.state == "WITHDRAWN"


def test_withdrawing_does_not_lift_what_the_police_have_stopped() -> None:
    life = answered(proposed(), executed(1))
    withdraw(life)

    assert life.state == "EXECUTED"
    assert life.sequence == 2


def test_holding_more_than_was_asked_or_without_an_end_is_shown() -> None:
    life = answered(proposed(1_000), executed(1, 2_000, None))

    assert [odd.code for odd in life.odd] == ["HELD_MORE_THAN_ASKED", "NO_END_GIVEN"]


def test_only_executed_requests_count_as_stops() -> None:
    lives = [proposed(), answered(proposed(), ACKNOWLEDGED), answered(proposed(), executed())]

    assert stops(lives) == 1
    assert STOPS_MAX == 2


def test_every_order_of_two_answers_ends_alike() -> None:
    statuses = ("ACKNOWLEDGED", "REJECTED", "MISMATCH", "NEED_INFO", "EXECUTED", "RELEASED", "EXPIRED")
    for one, two in permutations(statuses, 2):
        answers = [Answer(1, one, 1, 10, 20), Answer(2, two, 2, 10, 20)]  # type: ignore[arg-type]
        assert answered(proposed(), *answers).state == answered(proposed(), *answers[::-1]).state == two
