"""Reported transfers at the account that paid them: which booked payment a report means, and what follows for the account paid."""

from collections.abc import Iterable

from models import entry as e
from models.entry import Entry
from models.policy import TraceLimits
from models.records import Disposition, TraceFinding, VictimReport
from models.trace import Taint
from models.trace_ledger import Report, ReportedSource, Ruling, Told, TraceLedger, as_kept
from models.units import time_us

_NOT_FOLLOWED = e.MERCHANT | e.PUBLIC | e.OTHER_ELSEWHERE


def reports_of(record: VictimReport, account: str) -> list[Report]:
    """Return the transfers of a report that this account paid."""
    return [
        Report(
            report_id=record.report_id,
            number=number,
            case_ref=record.case_ref or "",
            typology=record.typology or "",
            reported_us=time_us(record.reported_at),
            event_id=transfer.event_id or "",
            payee=transfer.payee_account or "",
            place=transfer.terminal_id or "",
            minor=transfer.amount_minor,
            paid_us=time_us(transfer.paid_at),
        )
        for number, transfer in enumerate(record.transfers)
        if transfer.payer_account == account
    ]


def take_reports(ledger: TraceLedger, reports: Iterable[Report]) -> bool:
    """Keep reported transfers, each once; return whether any was news."""
    known = {(report.report_id, report.number) for report in ledger.reports}
    news = [report for report in reports if (report.report_id, report.number) not in known]
    ledger.reports = sorted([*ledger.reports, *news])
    return bool(news)


def take_ruling(ledger: TraceLedger, disposition: Disposition) -> bool:
    """Keep what a person decided of a reported payment of ours; return whether that was news."""
    event_id = disposition.event_id
    if event_id is None or not any(payment.event_id == event_id for payment in ledger.payments):
        return False
    ruling = Ruling(event_id, time_us(disposition.decided_at), disposition.disposition_id, disposition.verdict == "LEGITIMATE")
    if disposition.verdict == "UNKNOWN" or ruling in ledger.rulings:
        return False
    ledger.rulings = sorted([*ledger.rulings, ruling])
    return True


def take_finding(ledger: TraceLedger, disposition: Disposition) -> bool:
    """Keep what a person found of the account itself, by an alert on it as a mule; return whether that was news."""
    ruling = Ruling("", time_us(disposition.decided_at), disposition.disposition_id, disposition.verdict == "LEGITIMATE")
    if disposition.verdict == "UNKNOWN" or ruling in ledger.rulings:
        return False
    ledger.rulings = sorted([*ledger.rulings, ruling])
    return True


def find_reported(ledger: TraceLedger, entries: Iterable[Entry], limits: TraceLimits) -> None:
    """Look for the booked payments that the ledger's reports mean, among those the account shows.

    By the event a report names, else by payee, sum and time; of two that fit none is guessed. What was found stays found, until it
    is taken back.
    """
    shown = list(entries)
    debits = [entry for entry in shown if entry.code & (e.APPROVED | e.CREDIT) == e.APPROVED]
    taken_back = {entry.answers for entry in shown if entry.code & e.REVERSAL}
    found = {payment.event_id: payment for payment in ledger.payments}
    for report in ledger.reports:
        for entry in _meant(report, debits, limits):
            found[entry.event_id] = entry
    ledger.payments = [
        as_kept(entry, is_taken_back=entry.event_id in taken_back)
        for entry in sorted(found.values(), key=lambda entry: (entry.at_us, entry.event_id))
    ]


def payments_of(report: Report, ledger: TraceLedger, limits: TraceLimits) -> list[Entry]:
    """Return the booked payments that a report may mean: one, or several, or none."""
    return _meant(report, ledger.payments, limits)


def finding_of(payments: list[Entry]) -> TraceFinding:
    """Return what came of looking for a reported transfer."""
    return "FOUND" if len(payments) == 1 else "AMBIGUOUS" if payments else "NOT_FOUND"


def reported_sources(ledger: TraceLedger, limits: TraceLimits) -> dict[str, ReportedSource]:
    """Return the payments that reports surely mean, by event; of several reports of one payment the first counts.

    What was taken back, or found legitimate by a person, is none.
    """
    sources: dict[str, ReportedSource] = {}
    dismissed = {ruling.event_id: ruling.is_dismissed for ruling in sorted(ledger.rulings)}
    for report in sorted(ledger.reports, key=lambda report: (report.reported_us, report.report_id, report.number)):
        payments = payments_of(report, ledger, limits)
        if len(payments) != 1 or not payments[0].code & e.MONEY or dismissed.get(payments[0].event_id):
            continue
        paid = payments[0]
        sources.setdefault(
            paid.event_id,
            ReportedSource(paid.event_id, report.report_id, report.case_ref, paid.at_us, report.reported_us, paid.amount_minor),
        )
    return sources


def told_to_payees(ledger: TraceLedger, limits: TraceLimits) -> list[Told]:
    """Return what the accounts paid must hear: the whole payment is reported money, at hop 1. No shop or office is followed."""
    paid = {entry.event_id: entry for entry in ledger.payments}
    return [
        Told(entry.other, event_id, [Taint(event_id, event_id, 1, entry.amount_minor, entry.amount_minor)])
        for event_id in reported_sources(ledger, limits)
        if (entry := paid[event_id]).code & e.TRANSFER and not entry.code & _NOT_FOLLOWED
    ]


def _meant(report: Report, debits: Iterable[Entry], limits: TraceLimits) -> list[Entry]:
    if report.event_id:
        return [entry for entry in debits if entry.event_id == report.event_id]
    tolerance_us = limits.tolerance_s * 1_000_000
    return [
        entry
        for entry in debits
        if entry.amount_minor == report.minor
        and (entry.other == report.payee if report.payee else entry.place == report.place)
        and abs(entry.at_us - report.paid_us) <= tolerance_us
    ]
