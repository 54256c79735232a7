"""Where a case stands: the money that can still be reached, what is held already, which clock runs, and its place in the queue.

Money still reachable: of an open freeze request what it asks for; of an account's trace what its open remedies can save, each
movement once; where there is neither, the amount at risk of an alert that stands. Money is counted once: either where victims'
payments can be revoked or further down, whichever is more. What a stop-payment holds is no longer in danger and counts as held. A
clock that has run out on a request nobody answered is overdue: somebody must telephone.
"""

from typing import Final

import msgspec

from models.freeze_life import OPEN, held_minor, state_at
from models.records import TraceRecord
from models.units import time_us
from stream.desk.board import Board
from stream.desk.case_file import CaseFile, is_gone

SOON_US: Final = 30 * 60 * 1_000_000
"""The golden half hour: what ends within it comes first, whatever the sums. Source: Chinese police advice in the press."""
OVERDUE_FOR_US: Final = 48 * 3_600 * 1_000_000
"""So long an unanswered request stands at the top; then its money is rarely there any more. Ours: the length of a stop-payment."""
WARN_BEFORE_END_US: Final = 12 * 3_600 * 1_000_000
"""A stop-payment that ends within so long is shown with its clock. Source: domain handbook, 8.2."""


class Standing(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A case as of a moment.

    state: of its weightiest request, or CLOSED, GONE, or OPEN where there is none. clock_us: when the next thing ends, None without
    one; `clock` says which: VALID_UNTIL, HOLD, REMEDY, STOP_ENDS. band: 0 now, 1 money to reach, 2 open without money, 3 done.
    """

    case_id: str
    tier: int
    typology: str
    currency: str
    state: str
    reachable_minor: int
    held_minor: int
    clock_us: int | None
    clock: str
    is_overdue: bool
    raised_us: int
    band: int

    def place(self) -> tuple[int, int, int, str]:
        """Return the place in the queue: band, then most money still reachable, then the clock that ends first."""
        return self.band, -self.reachable_minor, self.clock_us if self.clock_us is not None else 1 << 62, self.case_id


def standing_of(board: Board, case: CaseFile, now_us: int) -> Standing:
    """Return where a case stands at a moment."""
    lead = case.lead()
    lives = {request_id: file.life() for request_id, file in case.requests.items()}
    states = {request_id: state_at(life, now_us) for request_id, life in lives.items()}
    held = sum(held_minor(life, now_us) for life in lives.values())
    open_minor = sum(life.asked_minor for request_id, life in lives.items() if states[request_id] in OPEN)
    is_lifted = lead is None or is_gone(lead)
    stands = lead is not None and not is_lifted and lead.ladder != "CLOSED"
    upstream, downstream, clocks = 0, open_minor, list[tuple[int, str]]()
    asked = {file.last().target.account for file in case.requests.values()}
    for account in case.accounts():
        trace = board.traces.get(account)
        if trace is not None:
            here = remedied_minor(trace, now_us, with_freeze=account not in asked)
            upstream, downstream = (upstream + here, downstream) if trace.hop == 0 else (upstream, downstream + here)
            clocks += [
                (time_us(one.closes_at), "REMEDY") for one in trace.remedies if one.closes_at is not None and one.amount_minor
            ]
    standing = [file.last for file in case.alerts.values() if not is_gone(file.last)]
    reachable = max(upstream, downstream)
    if stands and not lives and not reachable:
        at_risk = [one.amount_at_risk_minor for one in standing if one.tier >= 2 and one.ladder != "CLOSED"]
        reachable = max(at_risk, default=0)
    clocks += [(time_us(one.hold_until), "HOLD") for one in standing if one.hold_until is not None]
    for request_id, life in lives.items():
        if states[request_id] == "PROPOSED":
            clocks.append((life.valid_us, "VALID_UNTIL"))
        if states[request_id] == "EXECUTED" and life.answer is not None and life.answer.ends_us is not None:
            clocks.append((life.answer.ends_us, "STOP_ENDS"))
    clock_us, clock = min((one for one in clocks if one[0] > now_us), default=(None, ""))
    overdue_us = [life.valid_us for request_id, life in lives.items() if states[request_id] == "TIMED_OUT"]
    state = _state(board, case, list(states.values()), is_lifted=is_lifted)
    is_open = state in OPEN or state in ("OPEN", "EXECUTED") or (state == "WITHDRAWN" and stands)
    is_soon = clock_us is not None and clock_us - now_us <= SOON_US and clock != "STOP_ENDS"
    is_ending = clock == "STOP_ENDS" and clock_us is not None and clock_us - now_us <= WARN_BEFORE_END_US
    is_pressing = is_soon or any(now_us - at_us <= OVERDUE_FOR_US for at_us in overdue_us)
    band = 3 if not is_open else 0 if (reachable and is_pressing) or is_ending else 1 if reachable else 2
    raised = [glimpse.raised_us for file in case.alerts.values() for glimpse in file.revisions.values()]
    first = next(iter(case.requests.values()), None)
    return Standing(
        case_id=case.case_id,
        tier=lead.tier if lead is not None else 3,
        typology=lead.typology if lead is not None else "",
        currency=lead.currency if lead is not None else first.last().currency if first is not None else "",
        state=state,
        reachable_minor=reachable if band < 3 else 0,
        held_minor=held,
        clock_us=clock_us,
        clock=clock,
        is_overdue=bool(overdue_us),
        raised_us=min(raised, default=min((time_us(file.last().requested_at) for file in case.requests.values()), default=0)),
        band=band,
    )


_WEIGHT: Final = (
    "TIMED_OUT",
    "NEED_INFO",
    "MISMATCH",
    "PROPOSED",
    "ACKNOWLEDGED",
    "EXECUTED",
    "REJECTED",
    "RELEASED",
    "EXPIRED",
    "WITHDRAWN",
)
"""Of several requests of a case the one that wants most attention gives the case its state."""


def _state(board: Board, case: CaseFile, states: list[str], *, is_lifted: bool) -> str:
    if states:
        return min(states, key=_WEIGHT.index)
    lead = case.lead()
    if is_lifted or lead is None:
        return "GONE"
    return "CLOSED" if lead.ladder == "CLOSED" else "OPEN"


def remedied_minor(trace: TraceRecord, now_us: int, *, with_freeze: bool) -> int:
    """Return what the remedies of a trace that are still open can save, each movement once, by the best of its remedies.

    with_freeze: count money that only a freeze reaches; not where a request asks for it already.
    """
    best: dict[str, int] = {}
    for one in trace.remedies:
        is_open = one.closes_at is None or time_us(one.closes_at) > now_us
        if is_open and (with_freeze or one.remedy != "FREEZE_REQUEST"):
            key = one.event_id or f"here:{one.account}"
            best[key] = max(best.get(key, 0), one.amount_minor)
    return sum(best.values())


def queue(board: Board, now_us: int, *, show: str = "open") -> list[Standing]:
    """Return the cases in the order in which they should be worked on.

    show: "open" (the manager's and the police's that are not done), "done", or "all", reminders too.
    """
    if show == "open":
        return sorted(_open(board, now_us), key=Standing.place)
    found = [standing_of(board, case, now_us) for case in board.cases.values() if case.alerts or case.requests]
    if show == "done":
        found = [one for one in found if one.band == 3]
    return sorted(found, key=Standing.place)


def _open(board: Board, now_us: int) -> list[Standing]:
    """Return the cases to work on. Most cases are done or mere reminders; this runs often and passes them over."""
    found = []
    for case_id, case in board.cases.items():
        if case_id in board.settled or not (case.requests or any(file.last.tier >= 2 for file in case.alerts.values())):
            continue
        standing = standing_of(board, case, now_us)
        if standing.band == 3:
            board.settled.add(case_id)
        elif standing.tier >= 2 or standing.state in OPEN:
            found.append(standing)
    return found
