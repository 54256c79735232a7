"""The life of a freeze request: what we asked, what the liaison answered, what the clock did. A pure state machine.

    PROPOSED -> ACKNOWLEDGED -> EXECUTED -> RELEASED | EXPIRED
       |   \\-> REJECTED | MISMATCH | NEED_INFO (-> PROPOSED with the next sequence)
       \\-> WITHDRAWN

From ACKNOWLEDGED on only an answer or our withdrawal changes the state. Answers carry the responder's own counter: each counts
once, the highest is the truth, and a lower one that comes later changes nothing. What the police say is a fact even where the order
of steps is odd; the oddity is kept for people to see. Source of the steps: PBoC 2016 No. 86 (stop-payment, 48 h, at most twice an
account).
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
ENDED: Final = frozenset({"REJECTED", "RELEASED", "EXPIRED"})
LIVES_MAX: Final = 8
"""Requests an account remembers; those that were executed leave last, for they count."""
WARNING_US: Final = 12 * 3_600_000_000
"""So long before a stop ends people are told. Source: domain handbook, rule 9 of the freeze life cycle."""
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
_FIELDS_MAX: Final = 8
_FIELD_LENGTH_MAX: Final = 32


class Answer(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """What an answer says, as far as the life follows it; bounded, for the profile keeps it."""

    sequence: int
    status: FreezeStatus
    at_us: int
    held_minor: int | None = None
    ends_us: int | None = None
    order_no: str = ""
    mismatch_fields: tuple[str, ...] = ()


class Oddity(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """What people should look at: an answer that does not follow from the state before it, or two answers under one number."""

    code: str
    sequence: int
    status: str


class FreezeLife(msgspec.Struct, array_like=True, gc=False):
    """One request. sequence: ours, of the last record sent. answer: the one that counts, None before the first.

    asked_minor: of the last proposal. was_executed: it has ever been a stop-payment. *_us: first times, 0 = not yet.
    stop: the answer EXECUTED that counts; ended_sequence: of the highest answer that ended it. alert_id, case_id: what it is about.
    is_withdrawn: what we said last was WITHDRAWN. alerted_us, reported_us: when the alert was raised, and the money.
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
    stop: Answer | None = None
    ended_sequence: int = 0
    alert_id: str = ""
    case_id: str = ""
    is_withdrawn: bool = False
    alerted_us: int = 0
    reported_us: int = 0


def answer_of(response: FreezeResponse) -> Answer:
    """Return the answer a record gives."""
    return Answer(
        response.sequence,
        response.status,
        time_us(response.responded_at),
        response.held_amount_minor,
        time_us(response.ends_at) if response.ends_at is not None else None,
        response.order_no or "",
        named_fields(response),
    )


def named_fields(response: FreezeResponse) -> tuple[str, ...]:
    """Return the fields that did not match, so many and so long as the contract has names for."""
    return tuple(name[:_FIELD_LENGTH_MAX] for name in (response.mismatch_fields or ())[:_FIELDS_MAX])


def propose(life: FreezeLife, at_us: int, valid_us: int, minor: int, currency: str) -> None:
    """Note that a proposal goes out, the first or the next. What was acknowledged stays so: only an answer changes that."""
    life.sequence += 1
    life.asked_minor, life.currency, life.is_withdrawn = minor, currency, False
    life.proposed_us = life.proposed_us or at_us
    if life.state != "ACKNOWLEDGED":
        life.state, life.valid_us = "PROPOSED", valid_us


def withdraw(life: FreezeLife) -> None:
    """Note that the request is taken back. What the police have executed stays so until they release it."""
    life.sequence += 1
    life.is_withdrawn = True
    if life.state in OPEN:
        life.state = "WITHDRAWN"


def take_answer(life: FreezeLife, answer: Answer) -> Answered:
    """Apply an answer. Idempotent by its sequence; a lower one than was applied is stale: it adds to what is known of the past."""
    last = life.answer
    if last is not None and answer.sequence == last.sequence:
        if (answer.status, answer.held_minor, answer.ends_us) != (last.status, last.held_minor, last.ends_us):
            _note(life, "TWO_ANSWERS_UNDER_ONE_NUMBER", answer)
        return "REPEATED"
    is_stale = last is not None and answer.sequence < last.sequence
    if not is_stale:
        if answer.status not in _NEXT[life.state]:
            crossed = answer.status == "EXECUTED" and life.is_withdrawn
            _note(life, "EXECUTED_AFTER_WITHDRAWAL" if crossed else "UNEXPECTED_STEP", answer)
        life.answer = answer
    if answer.status == "EXECUTED":
        _execute(life, answer)
    elif answer.status in ENDED:
        life.ended_sequence = max(life.ended_sequence, answer.sequence)
    at_us = life.acknowledged_us
    life.acknowledged_us = min(at_us, answer.at_us) if at_us else answer.at_us
    _settle(life)
    return "STALE" if is_stale else "APPLIED"


def _execute(life: FreezeLife, answer: Answer) -> None:
    if answer.held_minor is not None and answer.held_minor > life.asked_minor:
        _note(life, "HELD_MORE_THAN_ASKED", answer)
    if answer.ends_us is None:
        _note(life, "NO_END_GIVEN", answer)
    if life.stop is None or answer.sequence > life.stop.sequence:
        life.stop = answer
    life.was_executed = True
    life.executed_us = min(life.executed_us, answer.at_us) if life.executed_us else answer.at_us


def _settle(life: FreezeLife) -> None:
    """Let the highest answer say where the request stands.

    To a withdrawal the police may answer that they have read it: the request is withdrawn, but a stop in force stays in force.
    """
    assert life.answer is not None
    status = life.answer.status
    if not life.is_withdrawn or status not in ("ACKNOWLEDGED", "MISMATCH", "NEED_INFO"):
        life.state = status
    elif life.stop is not None and life.stop.sequence > life.ended_sequence:
        life.state = "EXECUTED"
    else:
        life.state = "WITHDRAWN"


def state_at(life: FreezeLife, now_us: int) -> LifeState:
    """Return the state as of a moment: an executed stop ends by its clock, and a proposal nobody answers in time is overdue."""
    if life.state == "EXECUTED" and life.stop is not None and life.stop.ends_us is not None and now_us >= life.stop.ends_us:
        return "EXPIRED"
    if life.state == "PROPOSED" and now_us >= life.valid_us:
        return "TIMED_OUT"
    return life.state


def held_minor(life: FreezeLife, now_us: int) -> int:
    """Return what is held under a stop-payment now; 0 where nothing is."""
    if state_at(life, now_us) != "EXECUTED" or life.stop is None:
        return 0
    return life.stop.held_minor if life.stop.held_minor is not None else life.asked_minor


def stops(lives: list[FreezeLife]) -> int:
    """Return how many stop-payments an account has borne."""
    return sum(life.was_executed for life in lives)


def may_open(lives: list[FreezeLife], life: FreezeLife | None, now_us: int, *, is_new_ground: bool, is_ordered: bool) -> bool:
    """Return whether a proposal may be made on an account: never a third stop, and none while a stop is in force.

    life: the request of the case at hand, None for none yet. What was rejected comes again only on a person's order
    (is_ordered), what was released also when suspect money came in since (is_new_ground), what has run out while its ground stands.
    """
    if stops(lives) >= STOPS_MAX or any(state_at(each, now_us) == "EXECUTED" for each in lives):
        return False
    state = state_at(life, now_us) if life is not None else "EXPIRED"
    if state == "RELEASED":
        return is_new_ground or is_ordered
    return state != "REJECTED" or is_ordered


def keep(lives: list[FreezeLife], life: FreezeLife) -> list[FreezeLife]:
    """Return the requests with one more, bounded; of too many the oldest leave that were never executed."""
    kept = [*lives, life]
    while len(kept) > LIVES_MAX:
        kept.remove(next((each for each in kept[:-1] if not each.was_executed), kept[0]))
    return kept


def next_due_us(lives: list[FreezeLife], now_us: int) -> int:
    """Return when the clock changes something next: a missing answer, a stop that ends soon, a stop that ends; 0 for never."""
    times: list[int] = []
    for life in lives:
        if life.state == "PROPOSED":
            times.append(life.valid_us)
        elif life.state == "EXECUTED" and life.stop is not None and life.stop.ends_us is not None:
            times += [life.stop.ends_us - WARNING_US, life.stop.ends_us]
    return min((at_us for at_us in times if at_us > now_us), default=0)


def ends_soon(life: FreezeLife, now_us: int) -> bool:
    """Return whether a stop in force ends within the time of warning."""
    ends_us = life.stop.ends_us if life.stop is not None else None
    return ends_us is not None and state_at(life, now_us) == "EXECUTED" and now_us >= ends_us - WARNING_US


def _note(life: FreezeLife, code: str, answer: Answer) -> None:
    odd = Oddity(code, answer.sequence, answer.status)
    if odd not in life.odd:
        life.odd = (*life.odd, odd)[-_ODD_MAX:]
