"""The one visible order in which an event is judged: place, examine, hold against look-alikes, state to cases, publish, learn.

Pure and synchronous: profile, entry, segments, rulebook and context come in; what to publish comes out. The profile given is
changed in place (it is the caller's own working copy). Look first, learn later; what was flagged is never learned.
"""

from typing import Final, Protocol, cast

import msgspec

from models import entry as e
from models.case import Case, Context, find_case, restate, stands
from models.consequences import follow
from models.decision import Decision, ScoreLine, Statement
from models.detector import AnyDetector
from models.entry import Entry
from models.fuse import score_of
from models.gathering import gather
from models.keys import KeyKind, key_of
from models.learner import Scoring
from models.network import case_id_of, hear, settle, tell
from models.profile import Profile
from models.recency import identifier_hash
from models.records import SeenAs, Tier
from models.rulebook import Rulebook
from models.segment import Segment
from models.signal import Also, Signal, raised_by
from models.signs import with_gap_told
from models.skimming import TOLD, hear_dispute, judge_point
from models.tie import Link
from models.timeline import as_known, place
from models.view import View
from models.weighing import held_against_lookalikes

_JUDGED = e.MONEY | e.REQUESTED | e.ACCOUNT_EVENT
_OWN_KEY = b""
_PUBLIC: Final = e.MERCHANT | e.PUBLIC
_MAY_HAVE_CHANGED: Final = e.ANSWERED | e.TAKEN_BACK | e.FLAGGED


class Faults(Protocol):
    """Told when a detector raised. It re-raises, unless the detector is set to be isolated: then it is in `disabled`."""

    disabled: dict[str, str]

    def __call__(self, detector: AnyDetector, error: Exception) -> None:
        """Take the fault, or raise."""


def decide(
    kind: KeyKind,
    identifier: str,
    profile: Profile,
    entry: Entry,
    segment: Segment | None,
    rulebook: Rulebook,
    context: Context,
    faults: Faults,
    *,
    with_score: bool = False,
    scoring: Scoring | None = None,
) -> Decision:
    """Judge one event at one key.

    What comes too late may add to what was said, but replaces nothing; older than all that is kept, it cannot be told from a copy,
    and is scored only.
    segment: of the event's segment, for a debit of an account; it learns here if the event may be learned.
    with_score: whether scores are wanted: of this event, and anew of those that it makes be examined again. How unusual a debit
    is, the dearest question, is asked only for a score, for a signal's support, or for a lesson to the segment; the alerts are the
    same with and without.
    scoring: what was learnt of this party and key, for a score of a transaction; None scores by the evidence alone.
    """
    placed = place(profile, entry, rulebook.bounds)
    is_too_late = placed.outcome == "too_late"
    if placed.outcome == "duplicate" or (is_too_late and stands(profile.cases, entry.event_id)):
        return Decision("duplicate")
    decision = Decision(placed.outcome)
    entries = placed.entries
    last = placed.at + 1 if is_too_late else len(entries)
    is_stated = not is_too_late or entry.at_us > profile.mark_us - rulebook.bounds.retention_us
    touched: list[Case] = []
    for fallen in placed.fallen:
        _state(kind, identifier, profile, fallen, [], rulebook, touched, decision)
        if with_score:
            decision.scores.append(_score_line(kind, fallen, [], [], rulebook))
    settling_us = profile.mark_us - rulebook.bounds.lateness_us
    for index in range(placed.at, last):
        current = entries[index]
        known = entries if current.at_us >= settling_us else as_known(entries, index, rulebook.bounds)
        view = View(identifier, profile, known, index, rulebook.bounds, segment)
        signals = _examine(view, kind, rulebook, faults) if _may_be_judged(view.now) else []
        is_scored = with_score and _is_scored_now(profile, current, entry, signals)
        _flag(current, signals)
        if signals and not _may_be_judged(current):
            signals = []
        is_lesson = (
            segment is not None
            and current is entry
            and not signals
            and not profile.cases  # nobody learns what is usual from victims and the flagged
            and entry.code & e.MONEY != 0  # a request may yet be declined
            and not is_too_late  # such an event may come again, and nothing would know it
            and _is_sampled(entry, rulebook)
        )
        nats = [signal.nats for signal in signals]
        if (signals or is_scored or is_lesson) and kind == "ACCOUNT" and _is_debit(current):
            nats.append(_hold_against_habits(view, signals, rulebook, faults, is_lesson=is_lesson))
        if is_scored:
            line = _score_line(kind, current, signals, nats if _may_be_judged(current) else [], rulebook)
            if scoring is not None and _may_be_judged(current):
                is_new = current is entry and is_stated
                row = scoring.row_of(view, kind, signals, nats, is_new=is_new, is_doubtful=bool(profile.cases) or is_too_late)
                line = line._replace(score=row.score)
                if is_new:
                    decision.row = row
            decision.scores.append(line)
        if is_stated and (signals or profile.cases):
            _state(kind, identifier, profile, current, signals, rulebook, touched, decision)
    if kind == "TERMINAL":
        judge_point(identifier, profile, rulebook, touched)
    if profile.cases:
        if kind == "TERMINAL":
            gather(identifier, profile, rulebook, touched, decision)
        has_credit = bool(entry.code & e.CREDIT) and not is_too_late
        follow(kind, identifier, profile, touched, rulebook, context, decision, has_credit=has_credit)
    return decision


def accept(
    kind: KeyKind, identifier: str, profile: Profile, statement: Statement, rulebook: Rulebook, context: Context
) -> Decision:
    """Take another key's statement into this key's case and return what follows."""
    if statement.origin[:2] == TOLD:
        return hear_dispute(identifier, profile, statement, rulebook, context)
    decision = Decision("accepted")
    signal, link = statement.signal, statement.link
    is_said = link is None or not link.is_alone
    if signal is not None:
        case = find_case(profile.cases, kind, identifier, statement.role, signal.at_us, rulebook.cases)
    else:
        known = next((case for case in profile.cases if case.role == statement.role), None)
        if known is None:
            return decision
        case = known
    said = [signal] if signal is not None else []
    case_id = case_id_of(case)
    if link is not None:
        hear(case, statement.origin, link, rulebook.network)
    if is_said:
        restate(case, statement.origin, statement.event_id, said, statement.currency, rulebook.cases)
        if signal is not None:
            decision.raised += raised_by(signal)
        if kind == "TERMINAL":
            gather(identifier, profile, rulebook, [case], decision)
    else:
        settle(case, case.tier, rulebook.network)
    if is_said or case_id_of(case) != case_id:
        follow(kind, identifier, profile, [case], rulebook, context, decision)
    else:
        decision.statements = tell(key_of(kind, identifier), profile.cases, (), set(), context.event_id)
    return decision


def _may_be_judged(entry: Entry) -> bool:
    return bool(entry.code & _JUDGED) and not entry.code & (e.ANSWERED | e.TAKEN_BACK)


def _is_debit(entry: Entry) -> bool:
    return not entry.code & (e.CREDIT | e.ACCOUNT_EVENT) and bool(entry.code & _JUDGED)


def _flag(entry: Entry, signals: list[Signal]) -> None:
    """Mark an event that raises something, so that it is never learned; unmark it if it no longer does."""
    if signals and any(signal.tier for signal in signals):
        entry.code |= e.FLAGGED
    else:
        entry.code &= ~e.FLAGGED


def _is_sampled(entry: Entry, rulebook: Rulebook) -> bool:
    return identifier_hash(entry.event_id) % rulebook.segments.sample == 0


def _examine(view: View, kind: KeyKind, rulebook: Rulebook, faults: Faults) -> list[Signal]:
    """Ask every detector of this key kind and shape, and hold what they say against their look-alikes."""
    found = []
    for detector in rulebook.by_shape[kind].get(view.now.code & e.SHAPE, ()):
        if detector.name in faults.disabled:
            continue
        try:
            signal = detector.examine(view)
            if signal is not None:
                if view.profile.truncated_us:
                    signal = with_gap_told(signal, view, detector.policy)
                if len(signal.also) > 1:
                    signal = msgspec.structs.replace(signal, paid=view.now.other)
                found.append(held_against_lookalikes(view, detector, signal, rulebook))
        except Exception as error:
            faults(detector, error)
    return found


def _hold_against_habits(view: View, signals: list[Signal], rulebook: Rulebook, faults: Faults, *, is_lesson: bool) -> float:
    """Return how unusual a debit is, in nats; add the supporting signal to signals, or teach the segment a lesson."""
    behaviour = rulebook.behaviour
    if behaviour.name in faults.disabled:
        return 0.0
    try:
        strength, features = behaviour.assess(view)
        if is_lesson:
            behaviour.teach(view, features)
        elif signals and (support := behaviour.support(view, strength)) is not None:
            signals.append(support)
    except Exception as error:
        faults(behaviour, error)
        return 0.0
    return float(strength * behaviour.policy.weight)


def _is_scored_now(profile: Profile, current: Entry, entry: Entry, signals: list[Signal]) -> bool:
    """Return whether a transaction is to be scored: the event at hand, or one examined again that may score otherwise than before.

    That is one of which something speaks, or spoke, or that was changed; one whose payee or place the event at hand makes less new;
    and, as habits change with it, every one behind an answer or a reversal.
    """
    if current is entry or current.code & e.ACCOUNT_EVENT:
        return not current.code & e.ACCOUNT_EVENT
    if signals or entry.answers or current.code & _MAY_HAVE_CHANGED:
        return True
    if (current.other and current.other == entry.other) or (current.place and current.place == entry.place):
        return True
    return bool(_said_here(profile, current.event_id))


def _said_here(profile: Profile, event_id: str) -> list[Signal]:
    """Return what this key itself says of an event in its cases."""
    return [
        said.signal for case in profile.cases for said in case.said if said.origin == _OWN_KEY and said.signal.event_id == event_id
    ]


def _score_line(kind: KeyKind, entry: Entry, signals: list[Signal], nats: list[float], rulebook: Rulebook) -> ScoreLine:
    tier: Tier = 0
    typology = ""
    if signals:
        top = max(signals, key=lambda signal: (signal.tier, signal.nats, signal.typology))
        tier, typology = cast(Tier, top.tier), top.typology
    return ScoreLine(entry.event_id, entry.at_us, score_of(rulebook.fusion.prevalence, nats), tier, typology, _seen_as(kind, entry))


def _seen_as(kind: KeyKind, entry: Entry) -> SeenAs:
    if kind != "ACCOUNT":
        return kind
    return "PAYEE" if entry.code & e.CREDIT else "PAYER"


def _state(
    kind: KeyKind,
    identifier: str,
    profile: Profile,
    entry: Entry,
    signals: list[Signal],
    rulebook: Rulebook,
    touched: list[Case],
    decision: Decision,
) -> None:
    """State what is suspicious about one event to this key's own cases and, by message, to other subjects."""
    before = _said_here(profile, entry.event_id)
    roles = {signal.role for signal in signals} | {signal.role for signal in before}
    for role in sorted(roles):
        case = find_case(profile.cases, kind, identifier, role, entry.at_us, rulebook.cases)
        own = [signal for signal in signals if signal.role == role]
        restate(case, _OWN_KEY, entry.event_id, own, entry.currency, rulebook.cases)
        for signal in own:
            decision.raised += raised_by(signal)
        if case not in touched:
            touched.append(case)
    origin = key_of(kind, identifier)
    sent = {
        (also.kind, also.id, also.role): (also, signal)
        for signal in sorted(signals, key=lambda signal: signal.nats)
        for also in signal.also
    }
    for signal in before:
        for also in signal.also:
            if (also.kind, also.id, also.role) not in sent:
                link = Link(signal.role, None)
                decision.statements.append(
                    Statement(also.kind, also.id, also.role, origin, entry.event_id, entry.currency, None, link)
                )
    for also, signal in sent.values():
        link = Link(signal.role, None if _is_public(also, profile, entry) else signal.tier)
        decision.statements.append(
            Statement(also.kind, also.id, also.role, origin, entry.event_id, entry.currency, _for_other(also, signal), link)
        )


def _is_public(also: Also, profile: Profile, entry: Entry) -> bool:
    """Return whether a key knows another account for a shop's or a public body's, which many pay who have nothing in common."""
    return any(
        known.other == also.id and known.code & _PUBLIC != 0 and known.at_us <= entry.at_us for known in (*profile.entries, entry)
    )


def _for_other(also: Also, signal: Signal) -> Signal:
    return msgspec.structs.replace(signal, role=also.role, tier=also.tier, typology=also.typology, also=())
