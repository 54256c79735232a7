"""Freeze requests: whom we may name, how much, and with which booked transactions. We propose; people decide.

Only a `SuspectedMule` can become a target, and only `standing` makes one, after looking at every case of the account: an account
that is suspected as a victim is a `SuspectedVictim` or `Contested` and has no way to a request. The type checker holds this.
"""

import hashlib

import msgspec

from models.alert import distinct_reasons
from models.case import Asked, Case, Context, short_hash
from models.ladder import said_of
from models.network import case_id_of
from models.policy import FreezeLimits
from models.profile import AccountProfile, TraceNote
from models.records import FreezeRequest, MatchedTransaction, Reason, Source, Target, Trace
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


def request_for(mule: SuspectedMule, signals: list[Signal], context: Context, limits: FreezeLimits) -> FreezeRequest | None:
    """Return the next record of the freeze request for a suspected mule, or None if there is nothing (new) to say.

    signals: of the case, as heard; they give the reasons. Proposes at tier 3 while at least `amount_min_minor` is still there;
    withdraws a proposal whose ground or money is gone.
    """
    case = mule.case
    amount_minor = still_there_minor(case, mule.profile.entries)
    if (note := mule.profile.trace) is not None and not any(signal.tier >= 2 and signal.typology != "M7" for signal in signals):
        amount_minor = min(amount_minor, note.still_minor)  # nothing but the report speaks against the account: its money alone
    is_proposed = case.tier >= 3 and amount_minor >= limits.amount_min_minor
    reasons = distinct_reasons(signals) + said_of(case, _FOR) if is_proposed else said_of(case, _AGAINST) or (_GROUND_GONE,)
    return _say(case, _target(mule), note, amount_minor, reasons, context, limits, is_proposed=is_proposed)


def withdrawal_for(contested: Contested, profile: AccountProfile, context: Context, limits: FreezeLimits) -> FreezeRequest | None:
    """Return the withdrawal of an open proposal on an account that is now suspected as a victim's too, or None."""
    case = contested.mule
    if case.asked is None:
        return None
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
    return _say(case, target, profile.trace, 0, reasons, context, limits, is_proposed=False)


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


def _say(
    case: Case,
    target: Target,
    note: TraceNote | None,
    amount_minor: int,
    reasons: tuple[Reason, ...],
    context: Context,
    limits: FreezeLimits,
    *,
    is_proposed: bool,
) -> FreezeRequest | None:
    """Return the next sequence if the content differs from what was last published; remember it in the case."""
    asked = case.asked
    if not is_proposed and (asked is None or not asked.is_proposed):
        return None
    transactions = _match_fields(case, note.hop if note is not None else 1)
    digest = _digest(amount_minor, transactions) if is_proposed else b""
    if asked is not None and asked.is_proposed == is_proposed and asked.digest == digest:
        return None
    if asked is None:
        asked = case.asked = Asked("r-" + short_hash("request", case.alert_id, "1"), 0, False, b"")
    asked.sequence += 1
    asked.is_proposed, asked.digest = is_proposed, digest
    requested_at_us = context.log_ms * 1_000
    return FreezeRequest(
        request_id=asked.request_id,
        sequence=asked.sequence,
        state="PROPOSED" if is_proposed else "WITHDRAWN",
        requested_at=instant(requested_at_us),
        case_id=case_id_of(case),
        case_ref=(note.case_ref or None) if note is not None else None,
        measure="STOP_PAYMENT_48H",
        target=target,
        requested_amount_minor=amount_minor if is_proposed else 0,
        currency=case.currency,
        transactions=transactions,
        trace=Trace(method=note.method, hops=note.hop) if note is not None else None,
        alert_ids=(case.alert_id,),
        reasons=reasons,
        valid_until=instant(requested_at_us + limits.valid_s * 1_000_000),
        source=Source(topic=context.topic, partition=context.partition, offset=context.offset),
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


def _digest(amount_minor: int, transactions: tuple[MatchedTransaction, ...]) -> bytes:
    return hashlib.blake2b(msgspec.msgpack.encode((amount_minor, transactions)), digest_size=8).digest()
