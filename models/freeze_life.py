"""The life of a freeze request: what we asked, what the liaison answered, what the clock did. A pure state machine.

    PROPOSED -> ACKNOWLEDGED -> EXECUTED -> RELEASED | EXPIRED
       |   \\-> REJECTED | MISMATCH | NEED_INFO (-> PROPOSED with the next sequence)
       \\-> WITHDRAWN

From ACKNOWLEDGED on only an answer changes the state. Answers carry the responder's own counter: each counts once, the highest is
the truth, and a lower one that comes later changes nothing. What the police say is a fact even where the order of steps is odd;
the oddity is kept for people to see. Source of the steps: PBoC 2016 No. 86 (stop-payment, 48 h, at most twice an account).
"""

from typing import Final, Literal

import msgspec

from models.records import FreezeResponse, FreezeStatus
from models.units import time_us

LifeState = Literal[
    "PROPOSED", "ACKNOWLEDGED", "REJECTED", "MISMATCH", "NEED_INFO", "WITHDRAWN", "TIMED_OUT", "EXECUTED", "RELEASED", "EXPIRED"
]
Answered = Literal["APPLIED", "REPEATED", "STALE"]
STOPS_MAX: Final = 2
"""Stop-payments an account may bear. Source: PBoC 2016 No. 86."""
OPEN: Final = frozenset({"PROPOSED", "ACKNOWLEDGED", "MISMATCH", "NEED_INFO", "TIMED_OUT"})
_NEXT: Final[dict[str, frozenset[str]]] = {
    "PROPOSED": frozenset({"ACKNOWLEDGED", "REJECTED", "MISMATCH", "NEED_INFO", "EXECUTED"}),
    "ACKNOWLEDGED": frozenset({"ACKNOWLEDGED", "REJECTED", "MISMATCH", "NEED_INFO", "EXECUTED"}),
    "MISMATCH": frozenset({"ACKNOWLEDGED", "REJECTED", "MISMATCH", "NEED_INFO", "EXECUTED"}),
    "NEED_INFO": frozenset({"ACKNOWLEDGED", "REJECTED", "MISMATCH", "NEED_INFO", "EXECUTED"}),
    "EXECUTED": frozenset({"EXECUTED", "RELEASED", "EXPIRED"}),
    "WITHDRAWN": frozenset({"ACKNOWLEDGED", "REJECTED", "RELEASED"}),
    "REJECTED": frozenset({"REJECTED"}),
    "RELEASED": frozenset({"RELEASED"}),
    "EXPIRED": frozenset({"EXPIRED", "RELEASED"}),
}
_ODD_MAX: Final = 8


class Answer(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """An answer as given."""

    sequence: int
    status: FreezeStatus
    at_us: int
    held_minor: int | None = None
    ends_us: int | None = None
    order_no: str = ""
    authority: str = ""
    reason: str = ""
    mismatch_fields: tuple[str, ...] = ()


class Oddity(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """What people should look at: an answer that does not follow from the state before it, or two answers under one number."""

    code: str
    sequence: int
    status: str


class FreezeLife(msgspec.Struct, array_like=True, gc=False):
    """One request. sequence: ours, of the last record sent. answer: the one that counts, None before the first.

    asked_minor: of the last proposal. was_executed: it has ever been a stop-payment. *_us: first times, 0 = not yet.
    """

    request_id: str
    sequence: int = 0
    state: LifeState = "PROPOSED"
    asked_minor: int = 0
    currency: str = ""
    proposed_us: int = 0
    valid_us: int = 0
    acknowledged_us: int = 0
    executed_us: int = 0
    was_executed: bool = False
    answer: Answer | None = None
    odd: tuple[Oddity, ...] = ()


def answer_of(response: FreezeResponse) -> Answer:
    """Return the answer a record gives."""
    return Answer(
        response.sequence,
        response.status,
        time_us(response.responded_at),
        response.held_amount_minor,
        time_us(response.ends_at) if response.ends_at is not None else None,
        response.order_no or "",
        response.authority or "",
        response.reason or "",
        response.mismatch_fields or (),
    )


def propose(life: FreezeLife, at_us: int, valid_us: int, minor: int, currency: str) -> None:
    """Note that a proposal goes out, the first or the next."""
    life.sequence += 1
    life.state, life.asked_minor, life.currency, life.valid_us = "PROPOSED", minor, currency, valid_us
    life.proposed_us = life.proposed_us or at_us


def withdraw(life: FreezeLife) -> None:
    """Note that the request is taken back. What the police have executed stays so until they release it."""
    life.sequence += 1
    if life.state != "EXECUTED":
        life.state = "WITHDRAWN"


def take_answer(life: FreezeLife, answer: Answer, *, is_withdrawn: bool) -> Answered:
    """Apply an answer. Idempotent by its sequence; a lower one than was applied is stale.

    is_withdrawn: what we said last was WITHDRAWN.
    """
    last = life.answer
    if last is not None and answer.sequence == last.sequence:
        if (answer.status, answer.held_minor, answer.ends_us) != (last.status, last.held_minor, last.ends_us):
            _note(life, "TWO_ANSWERS_UNDER_ONE_NUMBER", answer)
        return "REPEATED"
    if last is not None and answer.sequence < last.sequence:
        if answer.status == "ACKNOWLEDGED":
            life.acknowledged_us = life.acknowledged_us or answer.at_us
        return "STALE"
    if answer.status not in _NEXT[life.state]:
        _note(life, "EXECUTED_AFTER_WITHDRAWAL" if answer.status == "EXECUTED" and is_withdrawn else "UNEXPECTED_STEP", answer)
    if answer.status == "EXECUTED":
        if answer.held_minor is not None and answer.held_minor > life.asked_minor:
            _note(life, "HELD_MORE_THAN_ASKED", answer)
        if answer.ends_us is None:
            _note(life, "NO_END_GIVEN", answer)
        life.was_executed = True
        life.executed_us = life.executed_us or answer.at_us
    life.acknowledged_us = life.acknowledged_us or answer.at_us
    life.answer = answer
    is_settled_by_us = is_withdrawn and answer.status in ("ACKNOWLEDGED", "MISMATCH", "NEED_INFO")
    life.state = "WITHDRAWN" if is_settled_by_us else answer.status
    return "APPLIED"


def state_at(life: FreezeLife, now_us: int) -> LifeState:
    """Return the state as of a moment: an executed stop ends by its clock, and a proposal nobody answers in time is overdue."""
    if life.state == "EXECUTED" and life.answer is not None and life.answer.ends_us is not None and now_us >= life.answer.ends_us:
        return "EXPIRED"
    if life.state == "PROPOSED" and now_us >= life.valid_us:
        return "TIMED_OUT"
    return life.state


def held_minor(life: FreezeLife, now_us: int) -> int:
    """Return what is held under a stop-payment now; 0 where nothing is."""
    if state_at(life, now_us) != "EXECUTED" or life.answer is None:
        return 0
    return life.answer.held_minor if life.answer.held_minor is not None else life.asked_minor


def stops(lives: list[FreezeLife]) -> int:
    """Return how many stop-payments an account has borne."""
    return sum(life.was_executed for life in lives)


def _note(life: FreezeLife, code: str, answer: Answer) -> None:
    odd = Oddity(code, answer.sequence, answer.status)
    if odd not in life.odd:
        life.odd = (*life.odd, odd)[-_ODD_MAX:]
