"""Freeze requests: whom we may name, how much, and with which booked transactions. We propose; people decide.

Only a `SuspectedMule` can become a target, and only `standing` makes one, after looking at every case of the account: an account
that is suspected as a victim is a `SuspectedVictim` or `Contested` and has no way to a request. The type checker holds this.
"""

import msgspec

from models.alert import distinct_reasons
from models.case import Asked, Case, Context, digest_of, short_hash
from models.freeze_guard import HolderClass
from models.freeze_life import ENDED, OPEN, STOPS_MAX, FreezeLife, keep, may_open, propose, state_at, stops, withdraw
from models.freeze_reasons import life_of
from models.ladder import said_of
from models.network import case_id_of
from models.policy import FreezeLimits
from models.profile import AccountProfile, TraceNote
from models.records import FreezeRequest, MatchedTransaction, Reason, RequestState, Target, Trace
from models.signal import MULE, VICTIM, Signal
from models.suspect_money import still_there_minor
from models.units import instant


class SuspectedMule(msgspec.Struct, frozen=True):
    """An account under suspicion as a mule's and under no suspicion as a victim's."""

    account: str
    profile: AccountProfile
    case: Case


class SuspectedVictim(msgspec.Struct, frozen=True):
    """An account under suspicion as a victim's only."""

    account: str


class Contested(msgspec.Struct, frozen=True):
    """An account under both suspicions: a person must look. mule: its mule case, so that an earlier request can be withdrawn."""

    account: str
    mule: Case


Standing = SuspectedMule | SuspectedVictim | Contested | None


def standing(account: str, profile: AccountProfile) -> Standing:
    """Return how an account stands after all that its cases last stated."""
    mule = next((case for case in profile.cases if case.role == MULE and (case.tier or case.asked)), None)
    is_victim = any(case.role == VICTIM and case.tier for case in profile.cases)
    if mule is None:
        return SuspectedVictim(account) if is_victim else None
    if is_victim:
        return Contested(account, mule)
    return SuspectedMule(account, profile, mule)


def request_for(
    mule: SuspectedMule, signals: list[Signal], context: Context, limits: FreezeLimits, holder: HolderClass = "PERSON"
) -> FreezeRequest | None:
    """Return the next record of the freeze request for a suspected mule, or None if there is nothing (new) to say.

    signals: of the case, as heard; they give the reasons. holder: class of the account's holder, for the guard.

    Proposes at tier 3 while at least `amount_min_minor` is still there;
    withdraws a proposal whose ground or money is gone.
    """
    case = mule.case
    amount_minor = still_there_minor(case, mule.profile.entries)
    if (note := mule.profile.trace) is not None and not any(signal.tier >= 2 and signal.typology != "M7" for signal in signals):
        amount_minor = min(amount_minor, note.still_minor)  # nothing but the report speaks against the account: its money alone
    content = _Content(_target(mule), mule.profile.trace, amount_minor, context, limits)
    if case.tier >= 3 and amount_minor >= limits.amount_min_minor:
        return _propose(case, mule.profile, content, distinct_reasons(signals) + said_of(case, _FOR), holder)
    case.waits = ""
    return _withdraw(case, mule.profile, content, said_of(case, _AGAINST) or (_GROUND_GONE,))


def withdrawal_for(contested: Contested, profile: AccountProfile, context: Context, limits: FreezeLimits) -> FreezeRequest | None:
    """Return the withdrawal of an open proposal on an account that is now suspected as a victim's too, or None."""
    case = contested.mule
    case.waits = ""
    reasons = (
        Reason(
            code="VICTIM_SUSPECTED",
            zh="该账户同时疑为受害人账户，撤回建议，请人工核查。",
            en="The account may also be a victim's; the proposal is withdrawn for a person to look.",
            value=1.0,
            threshold=1.0,
        ),
    )
    target = Target(account=contested.account, bank=profile.bank or None, on_us=profile.is_on_us)
    return _withdraw(case, profile, _Content(target, profile.trace, 0, context, limits), reasons)


def withdrawal_again(
    account: str, profile: AccountProfile, life: FreezeLife, context: Context, limits: FreezeLimits
) -> FreezeRequest:
    """Say once more that a request is taken back, because the account was stopped after we had said so."""
    case = next((case for case in profile.cases if case.alert_id == life.alert_id), None)
    withdraw(life)
    if case is not None and case.asked is not None and case.asked.request_id == life.request_id:
        case.asked.sequence = life.sequence
    target = Target(account=account, bank=profile.bank or None, on_us=profile.is_on_us)
    content = _Content(target, profile.trace, 0, context, limits)
    return _record(life, case, content, (_TAKEN_BACK,), "WITHDRAWN")


def may_ask(case: Case, profile: AccountProfile, now_us: int) -> bool:
    """Return whether a request of the case is open, in force, or may still be made."""
    life = life_of(case, profile)
    if life is not None and state_at(life, now_us) in (*OPEN, "EXECUTED"):
        return True
    return _may_open(case, profile, life, now_us)


_FOR = ("DISPOSED_FRAUD",)
_AGAINST = ("DISPOSED_LEGITIMATE", "PROTECTED_ACCOUNT")
"""What people may have said for and against a proposal, by the code of its reason."""

_GROUND_GONE = Reason(
    code="GROUND_GONE",
    zh="依据已不成立或款项已不在该账户，撤回建议。",
    en="The ground or the money is gone; the proposal is withdrawn.",
    value=0.0,
    threshold=1.0,
)


def _target(mule: SuspectedMule) -> Target:
    profile = mule.profile
    return Target(account=mule.account, bank=profile.bank or None, on_us=profile.is_on_us, customer=profile.customer or None)


_TAKEN_BACK = Reason(
    code="EXECUTED_AFTER_WITHDRAWAL",
    zh="建议已撤回，账户仍被止付，请解除。",
    en="The proposal had been withdrawn when the account was stopped; please release it.",
    value=1.0,
    threshold=1.0,
)


_STOPS_USED_UP = Reason(
    code="STOPS_USED_UP",
    zh="该账户已被止付两次，依规不得再次止付，撤回建议。",
    en="The account has borne two stop-payments, which is all the law allows; the proposal is withdrawn.",
    value=float(STOPS_MAX),
    threshold=float(STOPS_MAX),
)


class _Content(msgspec.Struct, frozen=True):
    """What a record of a request is made of, beside its case."""

    target: Target
    note: TraceNote | None
    amount_minor: int
    context: Context
    limits: FreezeLimits

    @property
    def now_us(self) -> int:
        """Return the log time."""
        return self.context.log_ms * 1_000


def _propose(
    case: Case, profile: AccountProfile, content: _Content, reasons: tuple[Reason, ...], holder: HolderClass
) -> FreezeRequest | None:
    """Return the next proposal if its content is new, the law lets it be made, and people and the guard let it go out."""
    life, now_us, minor = life_of(case, profile), content.now_us, content.amount_minor
    is_open = life is not None and state_at(life, now_us) in OPEN and not life.was_executed
    if is_open and stops(profile.freezes) >= STOPS_MAX:
        return _withdraw(case, profile, content, (_STOPS_USED_UP,))
    if not is_open and not _may_open(case, profile, life, now_us):
        _close(case, life, now_us)
        return None
    transactions = _match_fields(case, content.note.hop if content.note is not None else 1)
    digest = digest_of((minor, transactions))
    asked = case.asked
    is_same_request = life is not None and (is_open or (life.state == "WITHDRAWN" and not life.was_executed))
    if asked is not None and is_same_request and asked.is_proposed and asked.digest == digest:
        return None
    asked_minor = life.asked_minor if life is not None and is_open else 0
    case.waits = "" if is_open and minor <= asked_minor else _waits(case, profile, content, minor - asked_minor, holder, is_open)
    if case.waits:
        return None
    if asked is None or life is None or not is_same_request:
        number = asked.number + 1 if asked is not None else 1
        asked = case.asked = Asked("r-" + short_hash("request", case.alert_id, str(number)), 0, False, b"", number)
        reported_us = content.note.reported_us if content.note is not None else 0
        life = FreezeLife(asked.request_id, alert_id=case.alert_id, alerted_us=case.raised_us, reported_us=reported_us)
        profile.freezes = keep(profile.freezes, life)
    propose(life, now_us, now_us + content.limits.valid_s * 1_000_000, minor, case.currency)
    asked.sequence, asked.is_proposed, asked.digest = life.sequence, True, digest
    return _record(life, case, content, reasons, "PROPOSED")


def _withdraw(case: Case, profile: AccountProfile, content: _Content, reasons: tuple[Reason, ...]) -> FreezeRequest | None:
    """Return the withdrawal of a proposal that is open or in force, or None if there is none."""
    life, now_us = life_of(case, profile), content.now_us
    if case.asked is None or life is None or life.is_withdrawn or not case.asked.is_proposed:
        return None
    if state_at(life, now_us) in ENDED:
        _close(case, life, now_us)
        return None
    withdraw(life)
    case.asked.sequence, case.asked.is_proposed, case.asked.digest = life.sequence, False, b""
    return _record(life, case, msgspec.structs.replace(content, amount_minor=0), reasons, "WITHDRAWN")


def _close(case: Case, life: FreezeLife | None, now_us: int) -> None:
    """Note that nothing of ours is open any more, so that the case may end."""
    if case.asked is not None and life is not None and state_at(life, now_us) in ENDED:
        case.asked.is_proposed = False


def _may_open(case: Case, profile: AccountProfile, life: FreezeLife | None, now_us: int) -> bool:
    since_us = life.answer.at_us if life is not None and life.answer is not None else 0
    ordered = (control.at_us for control in profile.controls if control.action == "APPROVE_REQUEST")
    return may_open(
        profile.freezes,
        life,
        now_us,
        is_new_ground=any(flow.is_in and flow.at_us > since_us for flow in case.flows),
        is_ordered=any(at_us > since_us for at_us in ordered),
    )


def _waits(case: Case, profile: AccountProfile, content: _Content, more_minor: int, holder: HolderClass, is_open: bool) -> str:
    """Return why a proposal does not go out: too few named persons stand behind it, or the guard lets none out; "" if it does.

    What a person has approved, the guard does not stop.
    """
    limits, context = content.limits, content.context
    approvers = {
        control.actor
        for control in profile.controls
        if control.action in ("APPROVE_REQUEST", "APPROVE_PROTECTED") and control.at_us >= case.first_us
    }
    needed = max(limits.approvals_min, 1 if content.amount_minor > limits.auto_amount_max_minor else 0)
    if len(approvers) < needed:
        return "AWAITS_APPROVAL"
    gate = context.gate
    if approvers or gate is None:
        return ""
    is_let = gate.admit(content.target.account, holder, more_minor, context.log_ms, is_opening=not is_open)
    return "" if is_let else "REVIEW_ONLY"


def _record(
    life: FreezeLife, case: Case | None, content: _Content, reasons: tuple[Reason, ...], state: RequestState
) -> FreezeRequest:
    """Return the record of what was just noted in the life of a request. case: None where it has ended."""
    note, now_us = content.note, content.now_us
    if case is not None:
        life.case_id = case_id_of(case)
    return FreezeRequest(
        request_id=life.request_id,
        sequence=life.sequence,
        state=state,
        requested_at=instant(now_us),
        case_id=life.case_id,
        case_ref=(note.case_ref or None) if note is not None else None,
        measure="STOP_PAYMENT_48H",
        target=content.target,
        requested_amount_minor=content.amount_minor,
        currency=life.currency,
        transactions=_match_fields(case, note.hop if note is not None else 1) if case is not None else (),
        trace=Trace(method=note.method, hops=note.hop) if note is not None else None,
        alert_ids=(life.alert_id,),
        reasons=reasons,
        valid_until=instant(now_us + content.limits.valid_s * 1_000_000),
        source=content.context.source,
    )


def _match_fields(case: Case, hop: int) -> tuple[MatchedTransaction, ...]:
    """Return the booked movements exactly as booked. Without a victim's report the account is taken as the one paid: hop 1."""
    return tuple(
        MatchedTransaction(
            event_id=flow.event_id,
            booked_at=instant(flow.at_us),
            amount_minor=flow.amount_minor,
            direction="IN" if flow.is_in else "OUT",
            counterparty_account=flow.other or "CASH",
            hop=hop,
            counterparty_bank=flow.bank or None,
        )
        for flow in case.flows
    )
