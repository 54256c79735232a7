"""Which account a card payment was of, and where its card was used: what a dispute needs weeks later, when the records are gone.

In state: `U:` and a number -> a page of payments in log order, each as 8 bytes of a hash of its event id, 4 of the second
when it happened, account and machine with 2 bytes of length each: some 36 bytes. Pages only grow at the end and leave at the front,
by age or by number, when a new one is begun. Nothing else is in memory: a dispute, which is rare, searches the bytes.
"""

import hashlib
import struct
from collections.abc import Iterator
from typing import Final, NamedTuple

from models.policy import Skimming
from models.records import Transaction
from stream.case_index import Storage

PREFIX: Final = b"U:"
PAGE_USES: Final = 128
_HEAD: Final = struct.Struct("<qQH")  # position, as every value has; newest log time in ms; payments
_USE: Final = struct.Struct("<8sI")
_LENGTH: Final = struct.Struct("<H")
_REMOVED_MAX: Final = 4


class Use(NamedTuple):
    """One payment by card. mark: of its event. at_s: seconds since 1970. place: the cash machine, "" elsewhere."""

    mark: bytes
    at_s: int
    account: str
    place: str


def is_card_use(event: Transaction) -> bool:
    """Return whether an event is an approved payment by card: it names one, or happened at a machine or till."""
    return (
        event.status == "APPROVED"
        and event.kind in ("CASH_WITHDRAWAL", "PURCHASE")
        and (event.card is not None or event.channel in ("ATM", "POS"))
    )


def event_mark(event_id: str) -> bytes:
    """Return the hash by which an event is found. Two of a million have one in common once in 40 million tries."""
    return hashlib.blake2b(event_id.encode(), digest_size=8).digest()


def use_of(event: Transaction, at_s: int) -> Use:
    """Return a card payment as it is kept."""
    assert event.payer is not None
    place = event.terminal.id if event.channel == "ATM" and event.terminal is not None else ""
    return Use(event_mark(event.event_id), at_s, event.payer.account, place or "")


class CardUses:
    """The card payments of one partition's accounts."""

    def __init__(self, storage: Storage, policy: Skimming) -> None:
        """Take over what the state holds."""
        self._storage = storage
        self._policy = policy
        pages = sorted(int(key[len(PREFIX) :]) for key in storage.values if key.startswith(PREFIX))
        self._first, self._end = (pages[0], pages[-1] + 1) if pages else (0, 0)

    def adopt(self, policy: Skimming) -> None:
        """Keep payments for as long as another policy says, from now on."""
        self._policy = policy

    def add(self, use: Use, now_ms: int, position: int) -> None:
        """Keep one more payment; let pages go that are too old or too many, a few at a time."""
        value, newest_ms, count = b"", 0, PAGE_USES
        if self._end > self._first:
            value = self._storage.values[_key(self._end - 1)]
            _, newest_ms, count = _HEAD.unpack_from(value)
        if count == PAGE_USES:
            value, newest_ms, count = b"", 0, 0
            self._end += 1
            self._take_out(now_ms, position)
        head = _HEAD.pack(position, max(newest_ms, now_ms), count + 1)
        self._storage.put(_key(self._end - 1), head + value[_HEAD.size :] + _packed(use), position)

    def find(self, mark: bytes) -> Use | None:
        """Return the payment of an event, None if it is not kept here."""
        for page in range(self._end - 1, self._first - 1, -1):
            value = self._storage.values[_key(page)]
            if mark in value:
                for use in _unpacked(value):
                    if use.mark == mark:
                        return use
        return None

    def of(self, account: str, since_s: int, until_s: int) -> list[Use]:
        """Return an account's payments from one second to before another, oldest first."""
        needle, found = _text(account), set[Use]()
        for page in range(self._first, self._end):
            value = self._storage.values[_key(page)]
            if needle in value:
                found |= {use for use in _unpacked(value) if use.account == account and since_s <= use.at_s < until_s}
        return sorted(found, key=lambda use: (use.at_s, use.mark))

    def _take_out(self, now_ms: int, position: int) -> None:
        """Let the oldest of the full pages go, a few at a time."""
        pages_max = -(-self._policy.payments_max // PAGE_USES)
        ended_ms = now_ms - self._policy.keep_s * 1_000
        for _ in range(_REMOVED_MAX):
            if self._first == self._end - 1:
                return
            _, newest_ms, _ = _HEAD.unpack_from(self._storage.values[_key(self._first)])
            if self._end - self._first <= pages_max and newest_ms > ended_ms:
                return
            self._storage.remove(_key(self._first), position)
            self._first += 1


def _key(page: int) -> bytes:
    return PREFIX + b"%010d" % page


def _text(text: str) -> bytes:
    raw = text.encode()
    return len(raw).to_bytes(2, "little") + raw


def _packed(use: Use) -> bytes:
    return _USE.pack(use.mark, min(max(use.at_s, 0), 0xFFFF_FFFF)) + _text(use.account) + _text(use.place)


def _unpacked(value: bytes) -> Iterator[Use]:
    at, end = _HEAD.size, len(value)
    while at < end:
        mark, at_s = _USE.unpack_from(value, at)
        account, at = _text_at(value, at + _USE.size)
        place, at = _text_at(value, at)
        yield Use(mark, at_s, account, place)


def _text_at(value: bytes, at: int) -> tuple[str, int]:
    (length,) = _LENGTH.unpack_from(value, at)
    at += _LENGTH.size
    return value[at : at + length].decode(), at + length
