"""The alert that states a case: what is published is a function of the case's signals, and only a change is said again."""

from collections.abc import Iterable

import msgspec

from models.budget import is_reminded
from models.case import Case, Context, Told, digest_of
from models.keys import KeyKind
from models.ladder import Judged
from models.network import case_id_of
from models.people import step_taken
from models.policy import Budget, CaseBounds
from models.records import Action, Alert, CounterEvidence, DetectorStamp, Reason, Source, Subject
from models.signal import ATTACKS, MoneyState, Signal
from models.units import instant


class Finding(msgspec.Struct, frozen=True):
    """What a case amounts to now.

    signals: as heard by the subject's key, without those that a person cleared. judged: what they come to, with people's word.
    may_freeze: whether a freeze request can follow, so that a mule's alert at tier 3 recommends one, or else a hold.
    of_request: what is to be said of the freeze request.
    """

    signals: list[Signal]
    judged: Judged
    at_risk_minor: int
    may_freeze: bool = False
    of_request: tuple[Reason, ...] = ()


def weightiest_first(signals: Iterable[Signal]) -> list[Signal]:
    """Return signals in an order that does not depend on when they came; of equals the newest event first."""
    return sorted(signals, key=lambda signal: (-signal.tier, -signal.nats, signal.typology, -signal.at_us, signal.event_id))


def alert_of(
    case: Case,
    kind: KeyKind,
    identifier: str,
    finding: Finding,
    context: Context,
    policy_version: str,
    bounds: CaseBounds,
    budget: Budget,
) -> Alert | None:
    """Return the next revision of the case's alert, or None if there is nothing (new) to say; remember it in the case.

    A case that has spoken and lost its ground speaks once more: tier 1, its low score, and the reason WITHDRAWN, or that a person
    found it legitimate; after that only of what people say. A reminder, at tier 1, is repeated only when it says something else, or
    its sum or evidence has changed much; and of the same typology once in `remind_s` only. How old those of the last one are
    depends on the order of arrival. From tier 2 on every change is told, and what is said last does not depend on it, up to
    `told_in_full_max` revisions; then only what has become worse. Another `case_id`, and what people did, is always told.
    """
    judged, assessment = finding.judged, finding.judged.assessment
    leading = assessment.leading
    if leading is None and not case.revision:
        return None
    blank = Alert(
        alert_id=case.alert_id,
        revision=1,
        raised_at=_NEVER,
        event_time=instant(case.last_us),
        trigger_event_id=judged.cleared.event_id if judged.cleared else context.event_id or _newest_event_id(case),
        typology=judged.cleared.typology if judged.cleared else case.typology or "-",
        subject=Subject(role=case.role, kind=kind, id=identifier),
        tier=1,
        score=assessment.score,
        amount_at_risk_minor=0,
        currency=case.currency,
        recommended_action="REMIND",
        reasons=(judged.reasons or (_GROUND_GONE,)) + finding.of_request,
        evidence=(),
        counter_evidence=(),
        case_id=case_id_of(case),
        detector=DetectorStamp(name="case", version="1", policy_version=policy_version),
        source=_NOWHERE,
        steps=tuple(map(step_taken, judged.steps)) or None,
        ladder=judged.ladder,
    )
    statement = blank if leading is None else _stated(blank, case, finding, leading, bounds)
    digest = digest_of(statement)
    told = _told(statement, context.log_ms)
    if digest == case.digest:
        return None
    if leading is None and case.tier == 0 and case.told is not None and case.told.digest == told.digest:
        return None
    if case.told is not None and case.tier == assessment.tier and case.told.case_id == told.case_id:
        if _is_little_new(case.told, told, bounds) if case.tier == 1 else _is_flood_of_little(case, case.told, told, bounds):
            return None
        is_same = case.typology == statement.typology and case.told.people == told.people
        if case.tier == 1 and is_same and is_reminded(case.told, context.log_ms, budget):
            if digest != case.told.held_back:
                case.told = msgspec.structs.replace(case.told, held_back=digest)
            return None
    case.digest, case.tier, case.typology, case.told = digest, assessment.tier, statement.typology, told
    case.revision += 1
    case.raised_us = case.raised_us or context.log_ms * 1_000
    return msgspec.structs.replace(
        statement, revision=case.revision, raised_at=instant(context.log_ms * 1_000), source=context.source
    )


def _told(statement: Alert, log_ms: int) -> Told:
    said = (
        statement.typology,
        statement.tier,
        statement.currency,
        [reason.code for reason in statement.reasons],
        [line.lookalike for line in statement.counter_evidence],
        statement.steps,
        statement.ladder,
    )
    is_freeze = statement.recommended_action == "FREEZE_REQUEST"
    at_risk_minor, evidence_count = statement.amount_at_risk_minor, len(statement.evidence)
    people = digest_of((statement.steps, statement.ladder))
    return Told(digest_of(said), at_risk_minor, evidence_count, is_freeze, people, statement.case_id, log_ms)


def _is_little_new(before: Told, now: Told, bounds: CaseBounds) -> bool:
    """Return whether a statement says the same as the last one published, of about the same sum and evidence."""
    return (
        now.digest == before.digest
        and abs(now.at_risk_minor - before.at_risk_minor) <= bounds.repeat_change_share * before.at_risk_minor
        and now.evidence_count < bounds.repeat_evidence_growth * before.evidence_count
    )


def _newest_event_id(case: Case) -> str:
    """Return the event that a case heard of last, where the record at hand is none."""
    return max(((said.signal.at_us, said.signal.event_id) for said in case.said), default=(0, "-"))[1]


def _is_flood_of_little(case: Case, before: Told, now: Told, bounds: CaseBounds) -> bool:
    """Return whether an alert that people look at was told in full often enough, and nothing has become worse since the last one.

    Money that leaves, as it does every few minutes where one victim follows the other, is no news then: the freeze request, which
    says how much is there, follows exactly.
    """
    return (
        case.revision >= bounds.told_in_full_max
        and now.digest == before.digest
        and now.is_freeze <= before.is_freeze
        and now.at_risk_minor <= (1.0 + bounds.repeat_change_share) * before.at_risk_minor
        and now.evidence_count < bounds.repeat_evidence_growth * before.evidence_count
    )


_NOWHERE = Source(topic="-", partition=0, offset=0)
_NEVER = instant(0)
_GROUND_GONE = Reason(
    code="WITHDRAWN",
    zh="依据已不成立，原提示撤回。",
    en="The ground is gone; the earlier alert is taken back.",
    value=0.0,
    threshold=1.0,
)


def _stated(blank: Alert, case: Case, finding: Finding, leading: Signal, bounds: CaseBounds) -> Alert:
    """Return the alert of a case that has something to say, without what differs between two statements of the same content."""
    judged, tier = finding.judged, finding.judged.assessment.tier
    signals = weightiest_first(finding.signals)
    assert tier
    action = _action(case, leading, signals, tier, may_freeze=finding.may_freeze)
    if tier == 2 and action in _HOLDS and judged.hold_until_us is None:
        action = "CALL_BACK"
    hold_until_us = judged.hold_until_us if action in _HOLDS else None
    evidence = dict.fromkeys(event_id for signal in [leading, *signals] for event_id in signal.evidence)
    return msgspec.structs.replace(
        blank,
        event_time=instant(leading.at_us),
        trigger_event_id=leading.event_id,
        typology=leading.typology,
        tier=tier,
        amount_at_risk_minor=finding.at_risk_minor,
        recommended_action=action,
        reasons=distinct_reasons(signals) + judged.reasons + finding.of_request,
        evidence=tuple(evidence)[: bounds.evidence_max],
        counter_evidence=_distinct_counter(signals),
        detector=msgspec.structs.replace(blank.detector, name=leading.detector, version=str(leading.version)),
        hold_until=instant(hold_until_us) if hold_until_us is not None else None,
    )


_HOLDS: tuple[Action, ...] = ("HOLD", "BLOCK_CASH")
"""What the bank does by itself, for a limited time."""

_VICTIM_ACTION: dict[MoneyState, Action] = {"REQUESTED": "HOLD", "REVOCABLE": "REVOKE", "MOVED": "CALL_BACK"}


def _action(case: Case, leading: Signal, signals: list[Signal], tier: int, *, may_freeze: bool) -> Action:
    """Return the recommended action; `arrival_mode` and status (in `money`) decide before the typology does.

    Whatever can still be revoked is worth more than a call about what has moved.
    """
    if case.role == "TERMINAL":
        return "PATROL_TERMINAL"
    if tier == 1:
        return "REMIND"
    if case.role == "VICTIM_SUSPECTED":
        if leading.typology in ATTACKS:
            return "HOLD"
        is_revocable = leading.money == "MOVED" and any(signal.tier > 1 and signal.money == "REVOCABLE" for signal in signals)
        return "REVOKE" if is_revocable else _VICTIM_ACTION[leading.money]
    if tier == 3 and may_freeze:
        return "FREEZE_REQUEST"
    return "BLOCK_CASH" if leading.typology == "W1" else "HOLD"


def distinct_reasons(signals: Iterable[Signal]) -> tuple[Reason, ...]:
    """Return each reason code once, as stated by the strongest signal; supporting ones last."""
    found: dict[str, Reason] = {}
    for signal in weightiest_first(signals):
        for reason in signal.reasons:
            found.setdefault(reason.code, reason)
    return tuple(found.values())


def _distinct_counter(signals: list[Signal]) -> tuple[CounterEvidence, ...]:
    found: dict[str, CounterEvidence] = {}
    for signal in signals:
        for line in signal.counter:
            found.setdefault(line.lookalike, line)
    return tuple(found[lookalike] for lookalike in sorted(found))
