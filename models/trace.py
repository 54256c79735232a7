"""Money tracing at one account: how much of reported money is still there, and by which movements the rest left.

Two rules, both to the fen. FIFO by time (the default of the law where a remittance can be followed by timestamps): the account is a
queue of lots, each debit eats the oldest. Pro rata: each debit takes of everything its share. Source: Chinese rules of 2016 on
returning frozen money. One account at a time; what goes on to another account is told to its key, which traces in the same way, so
no graph is ever in one place. The result depends on the set of movements and taints alone, not on the order in which they came.
"""

from collections.abc import Iterable
from typing import Final

import msgspec

from models import entry as e
from models.contract_types import TraceWay
from models.entry import Entry
from models.policy import Method, TraceLimits

Way = TraceWay
"""How money left: to an account here, to another bank, as cash, to somebody who gave its worth (a shop, an office, wages), in a
part too small to follow, deeper than is followed, or by a movement that no record shows but a told balance proves."""
_CLEAN: Final = ("", 0)
Source = tuple[str, int]
"""Whose money a part is: a reported transfer and the hop of this account in its chain; `_CLEAN` is nobody's."""


class Taint(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """How much of one credit is reported money. source: the reported transfer. hop: of the credited account, from 1."""

    event_id: str
    source: str
    hop: int
    fifo_minor: int
    pro_rata_minor: int


class Left(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """Reported money that left by one movement, by one rule."""

    event_id: str
    source: str
    hop: int
    minor: int
    way: Way


class Traced(msgspec.Struct, frozen=True):
    """By one rule: what of each source is still here, in order of source and hop, and what left, in order of time."""

    still: dict[Source, int]
    left: list[Left]


def trace(entries: Iterable[Entry], taints: Iterable[Taint], opening_minor: int, limits: TraceLimits, method: Method) -> Traced:
    """Follow the money through an account.

    entries: all its movements of one currency from the first tainted credit on, in event order, reversals included; what was
    taken back did not happen. opening_minor: what was there before, clean. Conservation: what comes in of a source equals what is
    still here and what left of it, to the fen.
    """
    tainted: dict[str, dict[Source, int]] = {}
    for taint in sorted(taints, key=lambda taint: (taint.event_id, taint.source, taint.hop)):
        minor = taint.fifo_minor if method == "FIFO_TIMESTAMP" else taint.pro_rata_minor
        if minor > 0:
            parts = tainted.setdefault(taint.event_id, {})
            parts[taint.source, taint.hop] = parts.get((taint.source, taint.hop), 0) + minor
    money: _Money = _Queue() if method == "FIFO_TIMESTAMP" else _Pool()
    money.add(_CLEAN, opening_minor)
    left: list[Left] = []
    missing = _Missing()
    for entry in entries:
        missing.note(entry)
        if entry.code & e.MONEY:
            if entry.code & e.CREDIT:
                _credit(money, entry, tainted.get(entry.event_id, {}))
            else:
                left += _debit(money, entry, limits)
        if entry.balance_minor is not None and entry.code & (e.APPROVED | e.REVERSAL):
            left += _agree(money, entry, entry.balance_minor + missing.minor)
    return Traced(dict(sorted(money.parts().items())), left)


def _credit(money: "_Money", entry: Entry, parts: dict[Source, int]) -> None:
    """Put a credit in: its reported parts first, never more than it is, then the clean rest."""
    rest_minor = entry.amount_minor
    for source, minor in parts.items():
        taken_minor = min(minor, rest_minor)
        money.add(source, taken_minor)
        rest_minor -= taken_minor
    money.add(_CLEAN, rest_minor)


def _debit(money: "_Money", entry: Entry, limits: TraceLimits) -> list[Left]:
    """Take a debit out, and tell what reported money went with it, and by which way."""
    taken = money.take(entry.amount_minor)
    whole: dict[str, int] = {}
    for (source, _), minor in taken.items():
        whole[source] = whole.get(source, 0) + minor
    return [
        Left(entry.event_id, source, hop, minor, _way(entry, hop, whole[source], limits))
        for (source, hop), minor in sorted(taken.items())
    ]


def _way(entry: Entry, hop: int, minor: int, limits: TraceLimits) -> Way:
    """Return how money left by a debit; the floor counts what the movement takes of one report, all hops together."""
    code = entry.code
    if code & e.CASH:
        return "CASH"
    if code & (e.PURCHASE | e.MERCHANT | e.PUBLIC) or (code & e.PAYROLL and code & e.BATCH):
        return "FAIR_TRADE"
    if code & e.OTHER_ELSEWHERE:
        return "ELSEWHERE"
    if minor < limits.floor_minor:
        return "FLOOR"
    return "TRANSFER" if hop < limits.hops_max else "DEPTH"


class _Missing:
    """What told balances lack, or have too much, between a movement that was taken back later and its reversal."""

    def __init__(self) -> None:
        self.minor = 0
        self._gone: dict[str, int] = {}

    def note(self, entry: Entry) -> None:
        if entry.code & e.TAKEN_BACK and entry.code & e.APPROVED:
            self._gone[entry.event_id] = minor = -entry.amount_minor if entry.code & e.CREDIT else entry.amount_minor
            self.minor += minor
        elif entry.code & e.REVERSAL:
            self.minor -= self._gone.pop(entry.answers, 0)


def _agree(money: "_Money", entry: Entry, balance_minor: int) -> list[Left]:
    """Believe a balance told: what came unseen is clean, what left unseen took reported money along by the same rule."""
    unseen_minor = max(0, balance_minor) - sum(money.parts(with_clean=True).values())
    if unseen_minor >= 0:
        money.add(_CLEAN, unseen_minor)
        return []
    return [
        Left(entry.event_id, source, hop, minor, "UNSEEN") for (source, hop), minor in sorted(money.take(-unseen_minor).items())
    ]


class _Money:
    """What lies on an account, in parts."""

    def add(self, source: Source, minor: int) -> None:
        raise NotImplementedError

    def take(self, minor: int) -> dict[Source, int]:
        """Take so much out, or all there is; return what of it was reported money."""
        raise NotImplementedError

    def parts(self, *, with_clean: bool = False) -> dict[Source, int]:
        """Return what is there of each source."""
        raise NotImplementedError


class _Queue(_Money):
    """First in, first out."""

    def __init__(self) -> None:
        self._lots: list[tuple[Source, int]] = []
        self._first = 0

    def add(self, source: Source, minor: int) -> None:
        if minor > 0:
            self._lots.append((source, minor))

    def take(self, minor: int) -> dict[Source, int]:
        taken: dict[Source, int] = {}
        while minor > 0 and self._first < len(self._lots):
            source, lot_minor = self._lots[self._first]
            eaten_minor = min(minor, lot_minor)
            if source != _CLEAN:
                taken[source] = taken.get(source, 0) + eaten_minor
            if eaten_minor == lot_minor:
                self._first += 1
            else:
                self._lots[self._first] = (source, lot_minor - eaten_minor)
            minor -= eaten_minor
        return taken

    def parts(self, *, with_clean: bool = False) -> dict[Source, int]:
        found: dict[Source, int] = {}
        for source, minor in self._lots[self._first :]:
            if with_clean or source != _CLEAN:
                found[source] = found.get(source, 0) + minor
        return found


class _Pool(_Money):
    """Everything mixed: each debit takes of every part its share, the remainders to the largest fractions, so that parts add up."""

    def __init__(self) -> None:
        self._parts: dict[Source, int] = {}

    def add(self, source: Source, minor: int) -> None:
        if minor > 0:
            self._parts[source] = self._parts.get(source, 0) + minor

    def take(self, minor: int) -> dict[Source, int]:
        total_minor = sum(self._parts.values())
        minor = min(minor, total_minor)
        if minor <= 0:
            return {}
        shares = {source: part * minor // total_minor for source, part in self._parts.items()}
        missing = minor - sum(shares.values())
        by_fraction = sorted(self._parts, key=lambda source: (-(self._parts[source] * minor % total_minor), source))
        for source in by_fraction[:missing]:
            shares[source] += 1
        self._parts = {source: part - shares[source] for source, part in self._parts.items() if part > shares[source]}
        return {source: share for source, share in shares.items() if share and source != _CLEAN}

    def parts(self, *, with_clean: bool = False) -> dict[Source, int]:
        return {source: minor for source, minor in self._parts.items() if with_clean or source != _CLEAN}


def taints_told(fifo: Iterable[Left], pro_rata: Iterable[Left], movements: dict[str, Entry]) -> dict[tuple[str, str], list[Taint]]:
    """Return what the next accounts must hear: (account, event) -> taints of that credit, by both rules, in order."""
    sums: dict[tuple[str, str, int], list[int]] = {}
    for which, lefts in enumerate((fifo, pro_rata)):
        for left in lefts:
            if left.way == "TRANSFER":
                sums.setdefault((left.event_id, left.source, left.hop + 1), [0, 0])[which] += left.minor
    told: dict[tuple[str, str], list[Taint]] = {}
    for (event_id, source, hop), (fifo_minor, pro_rata_minor) in sorted(sums.items()):
        account = movements[event_id].other
        told.setdefault((account, event_id), []).append(Taint(event_id, source, hop, fifo_minor, pro_rata_minor))
    return told
