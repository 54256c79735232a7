"""What an account under trace keeps: its movements since reported money came, what was told of them, and what it told on.

A ledger begins with the first credit that carries reported money and grows with each movement, late ones in their place. It is
looked through anew after every change; what then differs from what was told before goes to the next accounts.
"""

from collections.abc import Iterable

import msgspec

from models import entry as e
from models.entry import Entry
from models.policy import TraceLimits
from models.trace import Taint, Traced, taints_told, trace

LEDGER_VERSION = 1
_KEPT = ~(e.FLAGGED | e.ANSWERED)


class Report(msgspec.Struct, array_like=True, frozen=True, gc=False, order=True):
    """One reported transfer, as told: by the event it names, or by payee (or machine), sum and time."""

    report_id: str
    number: int
    case_ref: str
    typology: str
    reported_us: int
    event_id: str
    payee: str
    place: str
    minor: int
    paid_us: int


class ReportedSource(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """Where reported money comes from. source: the payment's event id, as in taints. at_us: when the victim paid."""

    source: str
    report_id: str
    case_ref: str
    at_us: int
    reported_us: int
    minor: int


class Told(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """What an account tells another of one movement: the taints of that credit, all that there are; none takes back."""

    account: str
    event_id: str
    taints: list[Taint]


class Ruling(msgspec.Struct, array_like=True, frozen=True, gc=False, order=True):
    """What a person decided of one reported payment, or with no event_id of the account itself; of several the latest counts."""

    event_id: str
    decided_us: int
    disposition_id: str
    is_dismissed: bool


class TraceMessage(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """What one account tells the next of one movement, and of the reports behind it."""

    told: Told
    sources: list[ReportedSource]


class TraceLedger(msgspec.Struct, array_like=True, gc=False):
    """The ledger of one account.

    entries: in event order, of one currency. told: as last told, in order. reports: of payments by this account; payments: what
    they may mean, as booked. said: the event by which the account's own case knows of the trace; paid: those by which its
    victim's case knows of its reported payments. digest: of the last record
    published; revision: its number.
    """

    version: int = LEDGER_VERSION
    currency: str = ""
    opening_minor: int = 0
    entries: list[Entry] = []
    taints: list[Taint] = []
    sources: list[ReportedSource] = []
    told: list[Told] = []
    reports: list[Report] = []
    payments: list[Entry] = []
    rulings: list[Ruling] = []
    said: str = ""
    paid: list[str] = []
    revision: int = 0
    digest: bytes = b""


class Followed(msgspec.Struct, frozen=True):
    """What a look through a ledger finds. news: what the next accounts must hear."""

    fifo: Traced
    pro_rata: Traced
    news: list[Told]

    def by(self, limits: TraceLimits) -> Traced:
        """Return the result by the policy's rule."""
        return self.fifo if limits.method == "FIFO_TIMESTAMP" else self.pro_rata


def hear(ledger: TraceLedger, told: Told, sources: Iterable[ReportedSource]) -> None:
    """Take what another account tells of one credit, in place of what it told of it before."""
    ledger.taints = [taint for taint in ledger.taints if taint.event_id != told.event_id] + told.taints
    known = {source.source for source in ledger.sources}
    ledger.sources += [source for source in sources if source.source not in known]
    ledger.sources.sort(key=lambda source: source.source)


def take_entries(ledger: TraceLedger, entries: Iterable[Entry], entries_max: int) -> None:
    """Bring the movements up to date: all since the first credit that carries reported money.

    entries: what the account shows, in event order. What the ledger holds and the account no longer shows stays. Of more than
    `entries_max` the oldest leave; what they came to is then unknown, and the balance told next stands for it.
    """
    shown = list(entries)
    tainted = {taint.event_id for taint in ledger.taints}
    found = {entry.event_id: entry for entry in ledger.entries}
    found.update((entry.event_id, entry) for entry in shown if entry.code & (e.APPROVED | e.REVERSAL))
    credits = [entry for entry in found.values() if entry.event_id in tainted and entry.code & e.CREDIT]
    if not credits:
        return
    first = min(credits, key=_order)
    ledger.currency = first.currency
    taken_back = {entry.answers for entry in found.values() if entry.code & e.REVERSAL}
    kept = [
        as_kept(entry, is_taken_back=entry.event_id in taken_back)
        for entry in sorted(found.values(), key=_order)
        if _order(entry) >= _order(first) and entry.currency == first.currency
    ]
    is_same_start = bool(ledger.entries) and ledger.entries[0].event_id == first.event_id
    if not is_same_start:
        ledger.opening_minor = _opening_minor(first, shown)
    ledger.entries = kept[-entries_max:]


def follow_money(ledger: TraceLedger, limits: TraceLimits, of_reports: Iterable[Told] = ()) -> Followed:
    """Look through the ledger; remember what the next accounts hear of it.

    of_reports: what they must hear besides, because this account's own payments were reported.
    """
    fifo = trace(ledger.entries, ledger.taints, ledger.opening_minor, limits, "FIFO_TIMESTAMP")
    pro_rata = trace(ledger.entries, ledger.taints, ledger.opening_minor, limits, "PRO_RATA")
    if is_innocent(ledger):
        fifo, pro_rata = _stopped(fifo), _stopped(pro_rata)
    movements = {entry.event_id: entry for entry in ledger.entries}
    told = {key: Told(*key, taints) for key, taints in taints_told(fifo.left, pro_rata.left, movements).items()}
    for reported in of_reports:
        others = told.get((reported.account, reported.event_id))
        told[reported.account, reported.event_id] = (
            msgspec.structs.replace(reported, taints=[*reported.taints, *others.taints]) if others else reported
        )
    before = {(known.account, known.event_id): known for known in ledger.told}
    news = [told.get(key) or Told(*key, []) for key in sorted({*before, *told}) if before.get(key) != told.get(key)]
    ledger.told = [told[key] for key in sorted(told)]
    return Followed(fifo, pro_rata, news)


def is_innocent(ledger: TraceLedger) -> bool:
    """Return whether people found the account in order. It covers what was reported and had come in by then, and nothing later."""
    last = max((ruling for ruling in ledger.rulings if not ruling.event_id), default=None)
    if last is None or not last.is_dismissed:
        return False
    tainted = {taint.event_id for taint in ledger.taints}
    known_us = [source.reported_us for source in ledger.sources]
    known_us += [entry.at_us for entry in ledger.entries if entry.event_id in tainted]
    return last.decided_us >= max(known_us, default=0)


def _stopped(traced: Traced) -> Traced:
    """Return the trace of an innocent account: what it passed on was its own, as it gave the money's worth; nobody is told."""
    left = [
        msgspec.structs.replace(one, way="FAIR_TRADE") if one.way in ("TRANSFER", "FLOOR", "DEPTH") else one for one in traced.left
    ]
    return msgspec.structs.replace(traced, left=left)


def sources_of(ledger: TraceLedger, told: Told) -> list[ReportedSource]:
    """Return what the next account must know of the reports behind what it is told."""
    named = {taint.source for taint in told.taints}
    return [source for source in ledger.sources if source.source in named]


def _order(entry: Entry) -> tuple[int, str]:
    return entry.at_us, entry.event_id


def as_kept(entry: Entry, *, is_taken_back: bool) -> Entry:
    """Return the ledger's own copy of an entry, with nothing in it that the account's other business changes."""
    code = entry.code & _KEPT
    if is_taken_back:
        code = (code & ~e.MONEY) | e.TAKEN_BACK
    return msgspec.structs.replace(entry, code=code)


def _opening_minor(first: Entry, shown: list[Entry]) -> int:
    """Return what was on the account before its first reported money, carried on from the last balance told; 0 if none was."""
    if first.balance_minor is not None:
        return max(0, first.balance_minor - first.amount_minor)
    moved_minor = 0
    for entry in reversed(shown):
        if _order(entry) >= _order(first) or entry.currency != first.currency:
            continue
        if entry.balance_minor is not None and entry.code & (e.MONEY | e.REVERSAL):
            return max(0, entry.balance_minor + moved_minor)
        if entry.code & e.MONEY:
            moved_minor += entry.amount_minor if entry.code & e.CREDIT else -entry.amount_minor
    return 0
