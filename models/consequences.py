"""What follows when a key's cases have changed: the next revisions of its alerts, then the next record of its freeze request."""

from models.alert import Finding, alert_of
from models.case import Case, Context
from models.confirmed import tell_confirmed
from models.decision import Decision
from models.freeze import Contested, SuspectedMule, may_ask, request_for, standing, withdrawal_for
from models.freeze_guard import holder_class
from models.freeze_reasons import freeze_reasons
from models.fuse import assess
from models.hearsay import heard, is_from_terminal
from models.keys import KeyKind, key_of
from models.ladder import is_cleared, judge, standing_signals
from models.network import settle, tell, tie_up
from models.policy import FreezeLimits
from models.profile import AccountProfile, Profile
from models.protection import is_protected
from models.records import FreezeRequest, Reason
from models.rulebook import Rulebook
from models.signal import MULE, VICTIM
from models.suspect_money import gather_flows, still_there_minor

_POLICE = 3


def follow(
    kind: KeyKind,
    identifier: str,
    profile: Profile,
    touched: list[Case],
    rulebook: Rulebook,
    context: Context,
    decision: Decision,
    *,
    has_credit: bool = False,
) -> None:
    """Add to the decision what is to be published after an event, a statement, or a person's word.

    touched: cases of the profile about which something was said or taken back. has_credit: money may have come in, on which a
    machine's word is weighed anew. Changes the cases: revision, flows and request as published.
    """
    for case in _mule_cases(profile):
        if case in touched or case.asked is not None or (has_credit and _hears_a_machine(case)):
            assert isinstance(profile, AccountProfile)
            gather_flows(case, identifier, profile, rulebook)
    new_ties = tie_up(profile.cases, decision.statements, rulebook.network)
    for case in _to_state(profile, touched, rulebook.freeze, has_credit=has_credit):
        _next_revision(case, kind, identifier, profile, rulebook, context, decision)
        tell_confirmed(case, kind, identifier, rulebook, decision)
    if isinstance(profile, AccountProfile):
        waited = [case.waits for case in profile.cases]
        request = _freeze(identifier, profile, rulebook, context)
        if request is not None:
            decision.requests.append(request)
        for case, waits in zip(profile.cases, waited, strict=True):
            if case.waits != waits:
                _next_revision(case, kind, identifier, profile, rulebook, context, decision)
    if touched or decision.alerts:
        origin = key_of(kind, identifier)
        decision.statements = tell(origin, profile.cases, decision.statements, new_ties, context.event_id)


def _mule_cases(profile: Profile) -> list[Case]:
    return [case for case in profile.cases if case.role == MULE]


def _hears_a_machine(case: Case) -> bool:
    return any(is_from_terminal(said) for said in case.said)


def _to_state(profile: Profile, touched: list[Case], limits: FreezeLimits, *, has_credit: bool) -> list[Case]:
    """Return the cases to state anew: those touched, and a mule's where what it says or recommends may have changed.

    A mule's comes last: whether the same account is suspected as a victim's decides what may be recommended.
    """
    is_victim_touched = any(case.role == VICTIM for case in touched)
    cases = [case for case in profile.cases if case.role != MULE and (case in touched or _is_due(case, profile))]
    for case in _mule_cases(profile):
        if (
            case in touched
            or _is_due(case, profile)
            or (has_credit and _hears_a_machine(case))
            or (is_victim_touched and case.tier == _POLICE)
            or (
                case.asked is not None
                and case.asked.is_proposed
                and still_there_minor(case, profile.entries) < limits.amount_min_minor
            )
        ):
            cases.append(case)
    return cases


def _is_due(case: Case, profile: Profile) -> bool:
    """Return whether a hold or a snooze of the case has ended."""
    return 0 < case.look_us <= profile.mark_us


def _next_revision(
    case: Case, kind: KeyKind, identifier: str, profile: Profile, rulebook: Rulebook, context: Context, decision: Decision
) -> None:
    may_freeze = needs_second = False
    of_request: tuple[Reason, ...] = ()
    if case.role == MULE and isinstance(profile, AccountProfile):
        signals = heard(case, identifier, profile, rulebook.bounds, rulebook.hearsay)
        at_risk_minor = still_there_minor(case, profile.entries)
        is_contested = any(other.role == VICTIM and other.tier for other in profile.cases)
        now_us = context.log_ms * 1_000
        is_enough = at_risk_minor >= rulebook.freeze.amount_min_minor
        may_freeze = is_enough and not is_contested and may_ask(case, profile, now_us)
        of_request = freeze_reasons(case, profile, now_us)
        needs_second = is_protected(identifier, profile, rulebook.protection)
    else:
        signals = [said.signal for said in case.said]
        at_risk_minor = max(
            (
                said.signal.at_risk_minor
                for said in case.said
                if said.signal.tier and said.currency == case.currency and not is_cleared(case, said.signal)
            ),
            default=0,
        )
    standing = standing_signals(case, signals)
    assessment = assess(case.role, standing, rulebook.fusion)
    newest_us = max([profile.mark_us, *(signal.at_us for signal in signals)])
    judged = judge(case, signals, assessment, profile.controls, newest_us, rulebook.ladder, is_protected=needs_second)
    case.look_us = judged.look_us
    codes = [reason.code for reason in judged.reasons + of_request]
    decision.moves += [code for code in codes if code not in case.moves]
    case.moves = codes
    settle(case, judged.assessment.tier, rulebook.network)
    finding, told = Finding(standing, judged, at_risk_minor, may_freeze, of_request), case.told
    alert = alert_of(case, kind, identifier, finding, context, rulebook.version, rulebook.cases, rulebook.budget)
    if alert is not None:
        decision.alerts.append(alert)
    elif case.told is not told:
        decision.held_back += 1


def _freeze(account: str, profile: AccountProfile, rulebook: Rulebook, context: Context) -> FreezeRequest | None:
    match standing(account, profile):
        case SuspectedMule() as mule:
            signals = heard(mule.case, account, profile, rulebook.bounds, rulebook.hearsay)
            holder = holder_class(profile.holder_type, is_protected=is_protected(account, profile, rulebook.protection))
            return request_for(mule, standing_signals(mule.case, signals), context, rulebook.freeze, holder)
        case Contested() as contested:
            return withdrawal_for(contested, profile, context, rulebook.freeze)
        case _:
            return None
