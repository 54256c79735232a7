"""The three-step dissuasion (三步式劝止): staff remind, the manager holds and calls back, the police come. Pure, on one case.

    RAISED --> REMINDED --> HELD --> POLICE --> CLOSED

Detectors raise a case and say how far up it starts (tier 2 is the manager's, tier 3 the police's). From there people move it, each
step a disposition with stage and outcome: `_MOVES` is the whole of it. A step up is a higher revision of the same alert. The police
meet a customer only after the manager was refused, or when a hold ends without an answer and the policy says so; no other rule than
a typology's own tier skips a step.

A verdict outranks the detectors. LEGITIMATE closes the case: what had happened by then raises nothing any more, what happens later
starts anew. FRAUD confirms it: on the mule's side that makes it a police matter. UNKNOWN is noted. Of several the last decided
counts.

What follows is a function of the case's signals, of what was said, and of the key's newest event time: no clock, no order of
arrival.
"""

from collections.abc import Iterable
from typing import Final

import msgspec

from models.case import Case
from models.contract_types import LadderState
from models.controls import is_approved, snoozed_until_us
from models.fuse import Assessment, leading_of
from models.people import Control, Step
from models.policy import Ladder
from models.records import Reason, Tier
from models.signal import ATTACKS, MULE, VICTIM, Signal, hours, raised_by

_SECOND_US = 1_000_000

_MOVES: Final[dict[tuple[str, str], dict[LadderState, LadderState]]] = {
    ("REMIND", "STOPPED"): {"RAISED": "CLOSED", "REMINDED": "CLOSED"},
    ("REMIND", "PROCEEDED"): {"RAISED": "REMINDED", "CLOSED": "REMINDED"},
    ("REMIND", "REFUSED"): {"RAISED": "HELD", "REMINDED": "HELD", "CLOSED": "HELD"},
    ("MANAGER", "STOPPED"): dict.fromkeys(("RAISED", "REMINDED", "HELD", "POLICE", "CLOSED"), "CLOSED"),
    ("MANAGER", "PROCEEDED"): dict.fromkeys(("RAISED", "REMINDED", "HELD", "POLICE", "CLOSED"), "CLOSED"),
    ("MANAGER", "REFUSED"): dict.fromkeys(("RAISED", "REMINDED", "HELD", "POLICE", "CLOSED"), "POLICE"),
    ("POLICE", "STOPPED"): {"POLICE": "CLOSED"},
    ("POLICE", "PROCEEDED"): {"POLICE": "CLOSED"},
    ("POLICE", "REFUSED"): {"POLICE": "CLOSED"},
}
"""(stage, outcome) -> from which state to which; from any other the step is noted and moves nothing."""

_STATE_OF_TIER: Final[dict[int, LadderState]] = {1: "RAISED", 2: "HELD", 3: "POLICE"}


class Judged(msgspec.Struct, frozen=True):
    """What people and deadlines make of a case.

    assessment: with the tier that follows. steps: what people said of it. reasons: beside those of the signals, one for each
    change. ladder: None as long as nobody has said anything. hold_until_us: when the hold in force ends, None without one. look_us:
    when something changes by itself, 0 for never. cleared: the weightiest signal of a case all of which a person found legitimate.
    """

    assessment: Assessment
    steps: tuple[Step, ...] = ()
    reasons: tuple[Reason, ...] = ()
    ladder: LadderState | None = None
    hold_until_us: int | None = None
    look_us: int = 0
    cleared: Signal | None = None


def is_about(step: Step, signal: Signal) -> bool:
    """Return whether a step concerns a signal: it names the alert and came later, or an event that the signal rests on.

    A pattern (tier 2 and more) rests on all of its evidence, a weaker sign on its own event only.
    """
    if step.event_id:
        return step.event_id in raised_by(signal)
    return signal.at_us <= step.at_us


def relevant(steps: Iterable[Step], signals: Iterable[Signal]) -> list[Step]:
    """Return the steps on the alert, and those on events that its signals name."""
    signals = list(signals)
    return [step for step in steps if not step.event_id or any(is_about(step, signal) for signal in signals)]


def verdict_on(steps: Iterable[Step], signal: Signal) -> str:
    """Return the last verdict that holds for a signal, "" for none. An event found legitimate clears what was said of it alone."""
    last = ""
    for step in steps:
        if step.verdict == "FRAUD" and is_about(step, signal):
            last = "FRAUD"
        elif step.verdict == "LEGITIMATE" and is_about(step, signal) and step.event_id in ("", signal.event_id):
            last = "LEGITIMATE"
    return last


def is_cleared(case: Case, signal: Signal) -> bool:
    """Return whether a person found legitimate what a signal is about, and nobody a fraud since."""
    return bool(case.steps) and verdict_on(case.steps, signal) == "LEGITIMATE"


def cleared_events(case: Case, signals: Iterable[Signal]) -> set[str]:
    """Return the events on which signals rest that a verdict has cleared."""
    if not case.steps:
        return set()
    return {event_id for signal in signals if is_cleared(case, signal) for event_id in signal.evidence}


def standing_signals(case: Case, signals: list[Signal]) -> list[Signal]:
    """Return the signals that no verdict has cleared.

    A new one that rests on cleared events too (the third cycle, two of which a person found in order) is no police matter alone.
    """
    if not case.steps:
        return signals
    cleared = cleared_events(case, signals)
    return [
        msgspec.structs.replace(signal, tier=2) if signal.tier == 3 and not cleared.isdisjoint(signal.evidence) else signal
        for signal in signals
        if not is_cleared(case, signal)
    ]


def confirmed_signals(case: Case, signals: Iterable[Signal]) -> list[Signal]:
    """Return the raising signals that a person found a fraud."""
    return [signal for signal in signals if signal.tier and verdict_on(case.steps, signal) == "FRAUD"] if case.steps else []


def climb(steps: Iterable[Step]) -> LadderState:
    """Return how far people have moved a case, by `_MOVES`, in the order in which they decided."""
    state: LadderState = "RAISED"
    for step in steps:
        if step.verdict == "LEGITIMATE" and not step.event_id:
            state = "CLOSED"
        else:
            state = _MOVES.get((step.stage, step.outcome), {}).get(state, state)
    return state


def judge(
    case: Case,
    signals: list[Signal],
    assessment: Assessment,
    controls: list[Control],
    now_us: int,
    policy: Ladder,
    *,
    is_protected: bool,
) -> Judged:
    """Return what people and deadlines make of an assessment.

    signals: of the case, as heard, those cleared included. assessment: of those that stand. now_us: the newest event time known.
    is_protected: whether a freeze request on the subject needs a second person.
    """
    steps = relevant(case.steps, signals)
    leading = assessment.leading
    if leading is None:
        cleared = [signal for signal in signals if signal.tier]
        reasons_against = (_LEGITIMATE,) if cleared else ()
        state: LadderState | None = "CLOSED" if steps else None
        return Judged(assessment, tuple(steps), reasons_against, state, cleared=leading_of(cleared) if cleared else None)
    standing = standing_signals(case, signals)
    tier: int = assessment.tier
    score, reasons = assessment.score, list[Reason]()
    climbed = climb(steps)
    if confirmed_signals(case, standing):
        score = max(score, policy.confirmed_score)
        reasons.append(_FRAUD)
        tier = 3 if case.role == MULE else tier
    if climbed == "HELD" and tier < 2 and case.role in (VICTIM, MULE):
        tier = 2
        reasons.append(_REMINDER_REFUSED)
    if climbed == "POLICE" and tier < 3 and case.role == VICTIM:
        tier = 3
        reasons.append(_MANAGER_REFUSED)
    if is_protected and case.role == MULE and tier == 3 and not is_approved(controls, steps, case.first_us):
        tier = 2
        reasons.append(_PROTECTED)
    may_wait = tier == 2 and _PROTECTED not in reasons
    wake_us = _snoozed_until_us(standing, leading, controls, now_us, policy) if may_wait else 0
    if wake_us:
        reasons.append(_SNOOZED)
        return _judged(assessment, 1, score, reasons, steps, climbed, look_us=wake_us)
    hold_us = _hold_ends_us(case, standing, leading, steps, policy) if tier == 2 else None
    if hold_us is None or hold_us > now_us:
        return _judged(assessment, tier, score, reasons, steps, climbed, hold_until_us=hold_us, look_us=hold_us or 0)
    reasons.append(_hold_ended(policy))
    if policy.hold_end_escalates and case.role == VICTIM:
        tier = 3
    return _judged(assessment, tier, score, reasons, steps, climbed)


def _judged(
    assessment: Assessment,
    tier: int,
    score: float,
    reasons: list[Reason],
    steps: list[Step],
    climbed: LadderState,
    *,
    hold_until_us: int | None = None,
    look_us: int = 0,
) -> Judged:
    stated = msgspec.structs.replace(assessment, tier=_TIERS[tier], score=score)
    return Judged(stated, tuple(steps), tuple(reasons), _state(tier, assessment, steps, climbed), hold_until_us, look_us)


_TIERS: Final[tuple[Tier, ...]] = (0, 1, 2, 3)


def _state(tier: int, assessment: Assessment, steps: list[Step], climbed: LadderState) -> LadderState | None:
    """Return where the ladder stands: where people left it, or where the tier puts it, if that is higher or happened since."""
    if not steps:
        return None
    assert assessment.leading is not None
    by_tier = _STATE_OF_TIER[tier]
    if climbed == "CLOSED":
        return by_tier if assessment.leading.at_us > steps[-1].at_us else "CLOSED"
    return by_tier if tier > 1 or climbed == "RAISED" else climbed


def _snoozed_until_us(standing: list[Signal], leading: Signal, controls: list[Control], now_us: int, policy: Ladder) -> int:
    """Return when the snooze ends that keeps a case of tier 2 quiet, 0 if none does: every pattern of it must be snoozed."""
    ends = [
        snoozed_until_us(controls, typology, policy.snooze_s_max)
        for typology in {leading.typology, *(signal.typology for signal in standing if signal.tier >= 2)}
    ]
    return min(ends) if min(ends) > now_us else 0


def _hold_ends_us(case: Case, standing: list[Signal], leading: Signal, steps: list[Step], policy: Ladder) -> int | None:
    """Return when the hold of a case at tier 2 ends, None where there is nothing to hold or the manager has answered.

    It runs from the newest pattern, or from the refusal that called the manager. Money that has left a victim cannot be held,
    but a card under attack (A1, A2) can.
    """
    if case.role not in (VICTIM, MULE) or (
        case.role == VICTIM and leading.money != "REQUESTED" and leading.typology not in ATTACKS
    ):
        return None
    patterns = [signal.at_us for signal in standing if signal.tier >= 2]
    start_us = (
        max(patterns) if patterns else max((step.at_us for step in steps if step.outcome == "REFUSED"), default=leading.at_us)
    )
    if any(step.stage in ("MANAGER", "POLICE") and step.at_us >= start_us for step in steps):
        return None
    return start_us + policy.hold_s * _SECOND_US


def _said(code: str, zh: str, en: str) -> Reason:
    return Reason(code=code, zh=zh, en=en, value=1, threshold=1)


_LEGITIMATE = _said("DISPOSED_LEGITIMATE", "经核实无异常，已解除。", "Verified and found legitimate; the alert is lifted.")
_FRAUD = _said("DISPOSED_FRAUD", "经核实为诈骗。", "Verified and found to be fraud.")
_REMINDER_REFUSED = _said(
    "REMINDER_REFUSED",
    "客户不听提醒，请网点负责人暂缓并回拨核实。",
    "The customer refused the reminder; the manager should hold and call back.",
)
_MANAGER_REFUSED = _said("MANAGER_REFUSED", "客户不听劝止，请派员到场。", "Customer refuses advice; please send officers.")
_PROTECTED = _said(
    "PROTECTED_ACCOUNT",
    "受保护账户（代发工资、医院、公用事业、政府）：止付建议须另一人批准。",
    "Protected account (payroll, hospital, utility, government): a second person must approve a freeze request.",
)
_SNOOZED = _said(
    "SNOOZED", "该类提示已按指令暂停，暂不上报。", "Alerts of this kind are snoozed; it is held back until the snooze ends."
)


_WORDS: Final = {reason.code: reason for reason in (_LEGITIMATE, _FRAUD, _REMINDER_REFUSED, _MANAGER_REFUSED, _PROTECTED, _SNOOZED)}


def said_of(case: Case, codes: Iterable[str]) -> tuple[Reason, ...]:
    """Return the reasons among `codes` that people gave a case when it was judged last."""
    return tuple(_WORDS[code] for code in codes if code in case.moves)


def _hold_ended(policy: Ladder) -> Reason:
    ended = hours(policy.hold_s)
    is_up = policy.hold_end_escalates
    return Reason(
        code="HOLD_ENDED",
        zh=f"暂缓{ended}小时未获答复，{'转警方' if is_up else '暂缓解除'}。",
        en=f"No answer within {ended} h: {'on to the police' if is_up else 'the hold is released'}.",
        value=ended,
        threshold=ended,
        window_s=policy.hold_s,
    )


MOVES: Final = (
    "DISPOSED_LEGITIMATE",
    "DISPOSED_FRAUD",
    "REMINDER_REFUSED",
    "MANAGER_REFUSED",
    "HOLD_ENDED",
    "SNOOZED",
    "PROTECTED_ACCOUNT",
)
"""What people or deadlines may do to a case, by the code of the reason that says so."""
