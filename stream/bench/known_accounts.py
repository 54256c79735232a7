"""Accounts that are known already: profiles made by the product's own processors from realistic histories.

A million histories would take longer to make than all else to measure, so a pool of some thousand different ones is shared out. For
running events against them, each account gets the counterparties, devices and machines that the load gives it, or every payee would
be new to it and every event suspicious.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from itertools import islice
from typing import Any

from models.keys import KeyKind
from models.policy import Bounds
from models.profile import AccountProfile, decode_profile, encode_profile
from models.recency import identifier_hash, remember
from models.rulebook import Rulebook
from stream.batches import LoneRecord
from stream.bench.session import Session
from stream.bench.workload import START, START_S, Event, day_rate, events_of
from stream.entry_processor import EntryProcessor, Limits
from stream.keyed_processor import Faults, KeyedOutput, KeyedProcessor
from stream.simulator.load import KNOWN_PAYEES
from stream.store import payload_of, value_of

SLICE = 1_000
HISTORY_DAYS = 2.0
"""Longer than the longest window, so that an account holds all that it will ever hold at once."""
_PAYEE_FACTOR, _PAYEE_SHIFT = 31_337, 7  # how the load chooses whom an account usually pays
_MET_BEFORE_S = 30 * 86_400


class Line:
    """Entry and keyed processor in one line, as replay and worker chain them, without a broker in between.

    told: ids of all alerts and freeze requests so far.
    """

    def __init__(self, rulebook: Rulebook, values: dict[bytes, bytes] | None = None) -> None:
        """values: state to begin with; owned by the line from now on."""
        self.entry = EntryProcessor(1, Limits())
        self.keyed = KeyedProcessor(0, 1, rulebook, Faults(), values=values, position=0)
        self.told: set[str] = set()
        self._offset = 0
        self._bundles = 0

    def work(self, events: Iterable[Event], on_progress: Callable[[int], None] = lambda count: None) -> None:
        """Work through events in slices: address, judge, and encode what has changed, as the worker would save it."""
        source = iter(events)
        while part := list(islice(source, SLICE)):
            records: list[Any] = [
                LoneRecord(topic, 0, self._offset + i, log_ms, key, value) for i, (log_ms, topic, key, value) in enumerate(part)
            ]
            self._offset += len(part)
            output = self._judge(self.entry.process(records).bundles[0])
            self.keyed.take_changes()
            self.told.update(raised.alert.alert_id for raised in output.alerts)
            self.told.update(request.request_id for request in output.requests)
            on_progress(self._offset)

    def _judge(self, bundles: list[bytes]) -> KeyedOutput:
        records: list[Any] = []
        for value in bundles:
            self._bundles += 1
            records.append(LoneRecord("keyed", 0, self._bundles, 0, b"", value))
        return self.keyed.process(records)


def history_line(
    rulebook: Rulebook, seed: int, accounts: int, days: float, on_progress: Callable[[int], None], start: datetime = START
) -> Line:
    """Return a line that has seen `days` of the life of so many accounts, from `start` on."""
    line = Line(rulebook)
    line.work(events_of(seed, accounts, history_events(accounts, days), start), on_progress)
    return line


def history_events(accounts: int, days: float) -> int:
    """Return how many events so many accounts have in so many days."""
    return int(day_rate(accounts) * 86_400 * days)


def account_values(line: Line, accounts: int) -> list[bytes]:
    """Return the stored values of a line's ordinary accounts, those it knows of `accounts`, in order of their number."""
    values = line.keyed.values
    return [values[key] for key in (b"A:a-%d" % number for number in range(accounts)) if key in values]


def shared_out(pool: list[bytes], count: int) -> Iterator[tuple[bytes, bytes]]:
    """Yield (key, value) of so many accounts; histories repeat when the pool is used up, each value an object of its own."""
    for number in range(count):
        yield b"A:a-%d" % number, value_of(number, payload_of(pool[number % len(pool)]))


def dressed(pool: list[bytes], count: int, bounds: Bounds, met_at_s: int = START_S) -> Iterator[tuple[bytes, bytes]]:
    """Yield (key, value) of so many accounts as the load knows them: with its usual payees, payers, device and machines.

    They were met a month before `met_at_s`, so none is a stranger and none is forgotten. The values stand for no position at all.
    """
    back = pow(_PAYEE_FACTOR, -1, count)
    step, machines = count // KNOWN_PAYEES, max(100, count // 20)
    at_s = met_at_s - _MET_BEFORE_S

    def memory(identifiers: Iterable[str], most: int) -> bytes:
        found = b""
        for identifier in identifiers:
            found = remember(found, identifier_hash(identifier), at_s, bounds.forget_s, most)
        return found

    kind: KeyKind = "ACCOUNT"
    for number in range(count):
        profile = decode_profile(kind, payload_of(pool[number % len(pool)]))
        assert isinstance(profile, AccountProfile)
        payees = [(number * _PAYEE_FACTOR + _PAYEE_SHIFT + slot * step) % count for slot in range(KNOWN_PAYEES)]
        payers = [(number - _PAYEE_SHIFT - slot * step) * back % count for slot in range(KNOWN_PAYEES)]
        places = [(number * 13 + slot) % machines for slot in range(KNOWN_PAYEES)]
        profile.payees = memory((f"x-{payee}" if payee % 5 == 0 else f"a-{payee}" for payee in payees), bounds.counterparties_max)
        profile.payers = memory((f"a-{payer}" for payer in payers), bounds.counterparties_max)
        profile.places = memory((f"ATM-{place}" for place in places), bounds.places_max)
        profile.devices = memory((f"d-{number}",), bounds.devices_max)
        yield b"A:a-%d" % number, value_of(-1, encode_profile(profile))


def known_line(session: Session, start: datetime = START) -> Line:
    """Return a line that knows the session's pool of accounts from `start` on; made once, and only to be read."""

    def make() -> Line:
        accounts = session.sizes.pool_accounts
        with session.bar("making histories", history_events(accounts, HISTORY_DAYS)) as show:
            return history_line(session.rulebook, session.options.seed, accounts, HISTORY_DAYS, show, start)

    return session.kept(("line", start), make)


def pool_of(session: Session) -> list[bytes]:
    """Return the stored values of the accounts that `known_line` knows: the pool of different histories."""
    return account_values(known_line(session), session.sizes.pool_accounts)
