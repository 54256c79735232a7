"""What follows when a key's cases have changed: the next revisions of its alerts, then the next record of its freeze request."""

from models.alert import Finding, alert_of
from models.case import Case, Context
from models.freeze import Contested, SuspectedMule, request_for, standing, withdrawal_for
from models.fuse import assess
from models.hearsay import heard, is_from_terminal
from models.keys import KeyKind
from models.policy import FreezeLimits
from models.profile import AccountProfile, Profile
from models.records import Alert, FreezeRequest
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
    *,
    has_credit: bool = False,
) -> tuple[list[Alert], list[FreezeRequest]]:
    """Return what is to be published after an event or a statement.

    touched: cases of the profile about which something was said or taken back. has_credit: money may have come in, on which a
    machine's word is weighed anew. Changes the cases: revision, flows and request as published.
    """
    for case in _mule_cases(profile):
        if case in touched or case.asked is not None or (has_credit and _hears_a_machine(case)):
            assert isinstance(profile, AccountProfile)
            gather_flows(case, identifier, profile, rulebook)
    alerts = []
    for case in _to_state(profile, touched, rulebook.freeze, has_credit=has_credit):
        alert = _next_revision(case, kind, identifier, profile, rulebook, context)
        if alert is not None:
            alerts.append(alert)
    request = _freeze(identifier, profile, rulebook, context) if isinstance(profile, AccountProfile) else None
    return alerts, [request] if request is not None else []


def _mule_cases(profile: Profile) -> list[Case]:
    return [case for case in profile.cases if case.role == MULE]


def _hears_a_machine(case: Case) -> bool:
    return any(is_from_terminal(said) for said in case.said)


def _to_state(profile: Profile, touched: list[Case], limits: FreezeLimits, *, has_credit: bool) -> list[Case]:
    """Return the cases to state anew: those touched, and a mule's where what it says or recommends may have changed.

    A mule's comes last: whether the same account is suspected as a victim's decides what may be recommended.
    """
    is_victim_touched = any(case.role == VICTIM for case in touched)
    cases = [case for case in touched if case.role != MULE]
    for case in _mule_cases(profile):
        if (
            case in touched
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


def _next_revision(
    case: Case, kind: KeyKind, identifier: str, profile: Profile, rulebook: Rulebook, context: Context
) -> Alert | None:
    may_freeze = False
    if case.role == MULE and isinstance(profile, AccountProfile):
        signals = heard(case, identifier, profile, rulebook.bounds, rulebook.hearsay)
        at_risk_minor = still_there_minor(case, profile.entries)
        is_contested = any(other.role == VICTIM and other.tier for other in profile.cases)
        may_freeze = at_risk_minor >= rulebook.freeze.amount_min_minor and not is_contested
    else:
        signals = [said.signal for said in case.said]
        at_risk_minor = max(
            (said.signal.at_risk_minor for said in case.said if said.signal.tier and said.currency == case.currency), default=0
        )
    finding = Finding(signals, assess(case.role, signals, rulebook.fusion), at_risk_minor, may_freeze)
    return alert_of(case, kind, identifier, finding, context, rulebook.version, rulebook.cases)


def _freeze(account: str, profile: AccountProfile, rulebook: Rulebook, context: Context) -> FreezeRequest | None:
    match standing(account, profile):
        case SuspectedMule() as mule:
            return request_for(
                mule, heard(mule.case, account, profile, rulebook.bounds, rulebook.hearsay), context, rulebook.freeze
            )
        case Contested() as contested:
            return withdrawal_for(contested, profile, context, rulebook.freeze)
        case _:
            return None
