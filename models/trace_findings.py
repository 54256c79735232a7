"""What a trace says: the record for whoever follows the money, and the signals to the cases of the accounts on its way."""

import msgspec

from models import entry as e
from models.case import digest_of
from models.decision import Statement
from models.entry import Entry
from models.policy import TraceLimits
from models.profile import TraceNote
from models.records import Reason, Remedy, TracedPart, TracedReport, TraceRecord
from models.remedies import RemedyClock, in_order, remedies_of
from models.reported import finding_of, payments_of, reported_sources
from models.signal import MULE, VICTIM, Signal, money_state, yuan
from models.trace import Left, Traced
from models.trace_ledger import Followed, TraceLedger, is_innocent
from models.units import instant

TYPOLOGY = "M7"
DETECTOR = "money_trace"
VERSION = 1
_POLICE, _MANAGER, _SUPPORT = 3, 2, 0


def origin_of(account: str) -> bytes:
    """Return the state key of an account's ledger, which is also who speaks in its cases."""
    return b"M:" + account.encode()


def note_of(ledger: TraceLedger, followed: Followed, limits: TraceLimits) -> TraceNote | None:
    """Return what the account's freeze request must know of the trace; None where no reported money came in."""
    received = [taint for taint in ledger.taints if any(entry.event_id == taint.event_id for entry in ledger.entries)]
    if not received:
        return None
    still_minor = sum(followed.by(limits).still.values())
    case_refs = sorted({source.case_ref for source in ledger.sources if source.case_ref})
    reported_us = min((source.reported_us for source in ledger.sources), default=0)
    return TraceNote(
        limits.method, min(taint.hop for taint in received), still_minor, case_refs[0] if case_refs else "", reported_us
    )


def record_of(
    account: str, ledger: TraceLedger, followed: Followed, limits: TraceLimits, clock: RemedyClock, as_of_us: int
) -> TraceRecord | None:
    """Return the next revision of an account's trace, or None if it says nothing new; remember it in the ledger."""
    result = followed.by(limits)
    other = followed.pro_rata if result is followed.fifo else followed.fifo
    movements = {entry.event_id: entry for entry in ledger.entries}
    still_minor, left_minor = sum(result.still.values()), sum(left.minor for left in result.left)
    hops = [taint.hop for taint in ledger.taints]
    record = TraceRecord(
        account=account,
        revision=1,
        as_of=instant(0),
        hop=min(hops, default=0),
        method=limits.method,
        currency=ledger.currency or None,
        received_minor=still_minor + left_minor,
        still_here_minor=still_minor,
        other_still_here_minor=sum(other.still.values()),
        sources=tuple(sorted({taint.source for taint in ledger.taints})),
        reports=tuple(sorted({source.report_id for source in ledger.sources})),
        case_refs=tuple(sorted({source.case_ref for source in ledger.sources if source.case_ref})),
        left=tuple(_part(left, movements[left.event_id]) for left in result.left),
        reported=_reported(ledger, limits),
    )
    mark = is_innocent(ledger)  # changes what can be done, and nothing else that stands in the record
    digest = digest_of((record, mark) if mark else record)
    if digest == ledger.digest:
        return None
    ledger.digest = digest
    ledger.revision += 1
    of_money = [] if mark else _of_money(account, result, movements, clock, as_of_us)
    remedies = in_order([*_of_payments(ledger, limits, clock, as_of_us), *of_money])
    return msgspec.structs.replace(record, revision=ledger.revision, as_of=instant(as_of_us), remedies=remedies)


def _part(left: Left, entry: Entry) -> TracedPart:
    is_seen = left.way != "UNSEEN"
    return TracedPart(
        event_id=left.event_id,
        booked_at=instant(entry.at_us),
        amount_minor=left.minor,
        way=left.way,
        hop=left.hop,
        account=(entry.other or None) if is_seen else None,
        bank=(entry.bank or None) if is_seen else None,
        terminal=(entry.place or None) if is_seen else None,
    )


def _of_payments(ledger: TraceLedger, limits: TraceLimits, clock: RemedyClock, now_us: int) -> list[Remedy]:
    """Return what can be done about this account's own reported payments."""
    sources = reported_sources(ledger, limits)
    return [
        remedy
        for payment in ledger.payments
        if payment.event_id in sources
        for remedy in remedies_of(payment, payment.amount_minor, now_us, clock)
    ]


def _of_money(account: str, result: Traced, movements: dict[str, Entry], clock: RemedyClock, now_us: int) -> list[Remedy]:
    """Return what can be done about reported money here, and about what left of it."""
    still_minor = sum(result.still.values())
    found = [Remedy(remedy="FREEZE_REQUEST", amount_minor=still_minor, account=account)] if still_minor else []
    left_minor: dict[str, int] = {}
    for left in result.left:
        if left.way in ("TRANSFER", "ELSEWHERE", "CASH", "FLOOR", "DEPTH"):
            left_minor[left.event_id] = left_minor.get(left.event_id, 0) + left.minor
    for event_id, minor in left_minor.items():
        found += remedies_of(movements[event_id], minor, now_us, clock)
    return found


def _reported(ledger: TraceLedger, limits: TraceLimits) -> tuple[TracedReport, ...]:
    found = []
    for report in ledger.reports:
        payments = payments_of(report, ledger, limits)
        found.append(
            TracedReport(
                report_id=report.report_id,
                finding=finding_of(payments),
                amount_minor=report.minor,
                events=tuple(payment.event_id for payment in payments),
                is_taken_back=True if payments and not any(payment.code & e.MONEY for payment in payments) else None,
                case_ref=report.case_ref or None,
            )
        )
    return tuple(found)


def statements_of(account: str, ledger: TraceLedger, followed: Followed, limits: TraceLimits) -> list[Statement]:
    """Return what an account's own cases must hear of the trace: that it holds reported money, and that it paid it as a victim."""
    statements = []
    signal = _holds(ledger, followed, limits)
    said = signal.event_id if signal is not None else ""
    if ledger.said and ledger.said != said:
        statements.append(_statement(account, ledger.said, MULE, ledger.currency, None))
    if signal is not None:
        statements.append(_statement(account, said, MULE, ledger.currency, signal))
    ledger.said = said
    sources = reported_sources(ledger, limits)
    statements += [_statement(account, gone, VICTIM, "", None) for gone in ledger.paid if gone not in sources]
    ledger.paid = list(sources)
    for event_id in sources:
        paid = next(payment for payment in ledger.payments if payment.event_id == event_id)
        statements.append(_statement(account, event_id, VICTIM, paid.currency, _paid(ledger, paid, limits)))
    return statements


def _statement(account: str, event_id: str, role: str, currency: str, signal: Signal | None) -> Statement:
    return Statement("ACCOUNT", account, MULE if role == MULE else VICTIM, origin_of(account), event_id, currency, signal)


def _holds(ledger: TraceLedger, followed: Followed, limits: TraceLimits) -> Signal | None:
    """Return the signal of an account into which reported money came.

    The account that the victim paid is named by the report: a police matter. Further down it is one for the manager, until the
    account shows a sign of its own: ordinary sellers stand in chains too. A part as small as daily life's supports and raises
    nothing: whoever lends an account pays rent and friends from it as well.
    """
    hops = {taint.event_id: taint.hop for taint in ledger.taints}
    credits = [entry for entry in ledger.entries if entry.event_id in hops]
    if not credits:
        return None
    result = followed.by(limits)
    still_minor = sum(result.still.values())
    received_minor = still_minor + sum(left.minor for left in result.left)
    hop, first = min(hops[entry.event_id] for entry in credits), credits[0]
    reason = Reason(
        code="TAINT",
        zh=f"涉案款{yuan(received_minor)}元经{hop}级流入本账户，尚可控制{yuan(still_minor)}元。请审核限额止付建议。",
        en=f"{yuan(received_minor)} of reported money reached this account at hop {hop}; {yuan(still_minor)} still here. "
        "Please assess the limited stop-payment.",
        value=float(received_minor),
        threshold=float(limits.floor_minor),
    )
    return Signal(
        detector=DETECTOR,
        version=VERSION,
        typology=TYPOLOGY,
        role=MULE,
        event_id=first.event_id,
        at_us=first.at_us,
        tier=_POLICE if hop == 1 else _MANAGER if received_minor >= limits.manager_min_minor else _SUPPORT,
        strength=1.0,
        nats=limits.weight,
        reasons=(reason,),
        evidence=tuple(dict.fromkeys([*(entry.event_id for entry in credits[1:]), first.event_id])),
        at_risk_minor=still_minor,
        money=money_state(first.code),
    )


def _paid(ledger: TraceLedger, paid: Entry, limits: TraceLimits) -> Signal:
    """Return the signal of a victim whose report was matched: nobody may ever ask to stop this account."""
    reports = sorted({report.report_id for report in ledger.reports if paid in payments_of(report, ledger, limits)})
    reason = Reason(
        code="VICTIM_REPORT",
        zh=f"客户已报案：本笔{yuan(paid.amount_minor)}元系被骗转出。请立即回拨，协助撤销或止付。",
        en=f"Reported by the victim: this payment of {yuan(paid.amount_minor)}. Call back at once; help to revoke or stop it.",
        value=float(len(reports)),
        threshold=1.0,
    )
    return Signal(
        detector=DETECTOR,
        version=VERSION,
        typology=TYPOLOGY,
        role=VICTIM,
        event_id=paid.event_id,
        at_us=paid.at_us,
        tier=_MANAGER,
        strength=1.0,
        nats=limits.weight,
        reasons=(reason,),
        evidence=(paid.event_id,),
        at_risk_minor=paid.amount_minor,
        money=money_state(paid.code),
    )
