"""The ledgers of a partition's accounts under trace, and what passes between them.

In state: `M:` account -> its ledger (models/trace_ledger.py). Reported money is followed by messages along the accounts' own
partitions: no graph is ever in one place, so tracing scales as the topics do.
"""

import heapq
from typing import NamedTuple

import msgspec

from models.decision import Statement
from models.entry import Entry
from models.profile import AccountProfile
from models.records import Disposition, TraceRecord, VictimReport
from models.remedies import RemedyClock
from models.reported import find_reported, reported_sources, reports_of, take_finding, take_reports, take_ruling, told_to_payees
from models.rulebook import Rulebook
from models.stored import StoredStateError
from models.trace_findings import note_of, origin_of, record_of, statements_of
from models.trace_ledger import (
    LEDGER_VERSION,
    ReportedSource,
    Told,
    TraceLedger,
    TraceMessage,
    follow_money,
    hear,
    sources_of,
    take_entries,
)
from stream.case_index import Storage
from stream.store import payload_of, value_of

_PREFIX = b"M:"
_REMOVED_MAX = 16
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(tuple[int, TraceLedger]).decode
"""(log time of the last news in ms, ledger)."""


class LedgerVersionError(StoredStateError):
    """A stored ledger was spoilt, or written by a version that this program cannot read; the process stops."""


class Traced(NamedTuple):
    """What follows when a ledger has changed."""

    record: TraceRecord | None
    messages: list[TraceMessage]
    statements: list[Statement]


class TraceBook:
    """The ledgers of one partition."""

    def __init__(self, storage: Storage, rulebook: Rulebook) -> None:
        """Take over what the state holds. Errors: LedgerVersionError."""
        self._storage = storage
        self.adopt(rulebook)
        self.ledgers: dict[str, TraceLedger] = {}
        """Account -> ledger, of those under trace; to be read only."""
        self._news_ms: dict[str, int] = {}
        self._ends: list[tuple[int, str]] = []
        for key, value in storage.values.items():
            if key.startswith(_PREFIX):
                account = key[len(_PREFIX) :].decode()
                self._news_ms[account], self.ledgers[account] = _read(value)
                self._ends.append((self._news_ms[account], account))
        heapq.heapify(self._ends)

    def adopt(self, rulebook: Rulebook) -> None:
        """Follow money by this policy from now on."""
        self._limits = rulebook.trace
        self._clock = RemedyClock(rulebook.remedies, rulebook.bounds.utc_offset_s)

    def report(self, account: str, profile: AccountProfile, record: VictimReport, log_ms: int, position: int) -> Traced | None:
        """Take the transfers of a report that this account paid; None if they are known."""
        ledger = self.ledgers.get(account, TraceLedger())
        if not take_reports(ledger, reports_of(record, account)):
            return None
        return self._follow(account, ledger, profile, log_ms, position)

    def paid_by(self, event_id: str) -> list[str]:
        """Return the accounts here whose reported payment an event is."""
        found = [
            account for account, ledger in self.ledgers.items() if any(payment.event_id == event_id for payment in ledger.payments)
        ]
        return sorted(found)

    def rule(self, account: str, profile: AccountProfile, disposition: Disposition, log_ms: int, position: int) -> Traced | None:
        """Take what a person decided of a reported payment; None if that is no news."""
        ledger = self.ledgers[account]
        return self._follow(account, ledger, profile, log_ms, position) if take_ruling(ledger, disposition) else None

    def find(self, account: str, profile: AccountProfile, disposition: Disposition, log_ms: int, position: int) -> Traced | None:
        """Take what a person found of an account under trace; None if that is no news."""
        ledger = self.ledgers[account]
        return self._follow(account, ledger, profile, log_ms, position) if take_finding(ledger, disposition) else None

    def message(self, message: TraceMessage, profile: AccountProfile, log_ms: int, position: int) -> Traced:
        """Take what another account tells of one credit of ours."""
        account = message.told.account
        ledger = self.ledgers.get(account, TraceLedger())
        hear(ledger, message.told, message.sources)
        return self._follow(account, ledger, profile, log_ms, position)

    def moved(self, account: str, profile: AccountProfile, entry: Entry, log_ms: int, position: int) -> Traced:
        """Follow the money anew after an event of an account under trace."""
        return self._follow(account, self.ledgers[account], profile, log_ms, position, entry)

    def _follow(
        self, account: str, ledger: TraceLedger, profile: AccountProfile, log_ms: int, position: int, entry: Entry | None = None
    ) -> Traced:
        limits = self._limits
        shown = profile.entries if entry is None else _with(profile.entries, entry)
        find_reported(ledger, shown, limits)
        take_entries(ledger, shown, limits.entries_max)
        own = reported_sources(ledger, limits)
        followed = follow_money(ledger, limits, told_to_payees(ledger, limits))
        profile.trace = note_of(ledger, followed, limits)
        record = record_of(account, ledger, followed, limits, self._clock, log_ms * 1_000)
        statements = statements_of(account, ledger, followed, limits) if record is not None else []
        messages = [TraceMessage(told, _sources(ledger, own, told)) for told in followed.news]
        is_news = record is not None or bool(messages) or account not in self._news_ms
        self._keep(account, ledger, log_ms if is_news else self._news_ms[account], position)
        self._take_out(log_ms, position)
        return Traced(record, messages, statements)

    def _keep(self, account: str, ledger: TraceLedger, news_ms: int, position: int) -> None:
        self.ledgers[account] = ledger
        self._storage.put(origin_of(account), value_of(position, _encode((news_ms, ledger))), position)
        if self._news_ms.get(account) != news_ms:
            self._news_ms[account] = news_ms
            heapq.heappush(self._ends, (news_ms, account))

    def _take_out(self, now_ms: int, position: int) -> None:
        """Take out the ledgers without news for longest, once that is long enough; a few at a time."""
        ended_ms = now_ms - self._limits.keep_s * 1_000
        removed = 0
        while removed < _REMOVED_MAX and self._ends and self._ends[0][0] <= ended_ms:
            at_ms, account = heapq.heappop(self._ends)
            if self._news_ms.get(account) == at_ms:
                self._storage.remove(origin_of(account), position)
                del self.ledgers[account], self._news_ms[account]
                removed += 1


def _with(entries: list[Entry], entry: Entry) -> list[Entry]:
    """Return the entries an account shows, and the event at hand even where it came too late to be among them."""
    if any(shown.event_id == entry.event_id for shown in entries):
        return entries
    return sorted([*entries, entry], key=lambda shown: (shown.at_us, shown.event_id))


def _sources(ledger: TraceLedger, own: dict[str, ReportedSource], told: Told) -> list[ReportedSource]:
    reported = [own[taint.source] for taint in told.taints if taint.source in own]
    return [*reported, *(source for source in sources_of(ledger, told) if source.source not in own)]


def _read(value: bytes) -> tuple[int, TraceLedger]:
    try:
        at_ms, ledger = _decode(payload_of(value))
    except msgspec.MsgspecError as error:
        raise LedgerVersionError(f"a stored ledger is not readable: {type(error).__name__}") from error
    if ledger.version != LEDGER_VERSION:
        raise LedgerVersionError(f"a stored ledger has version {ledger.version}, not {LEDGER_VERSION}")
    return at_ms, ledger
