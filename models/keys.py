"""Keys: what state is kept by, and which keys a record concerns.

A key is the UTF-8 bytes of one kind letter, a colon and the identifier: `A:a-771`. A transaction concerns up to four keys,
its parties; each party is one bit, so that an address is a small integer.
"""

from typing import Literal

from models.records import AccountEvent, Transaction

KeyKind = Literal["ACCOUNT", "TERMINAL", "DEVICE"]

PAYER, PAYEE, TERMINAL, DEVICE, HOLDER = 1, 2, 4, 8, 16
PARTIES = (PAYER, PAYEE, TERMINAL, DEVICE, HOLDER)
"""Party bits in the order in which a partition works through them. HOLDER is the account of an account event."""

KIND_OF_PARTY: dict[int, KeyKind] = {
    PAYER: "ACCOUNT",
    PAYEE: "ACCOUNT",
    HOLDER: "ACCOUNT",
    TERMINAL: "TERMINAL",
    DEVICE: "DEVICE",
}
_LETTER = {"ACCOUNT": "A:", "TERMINAL": "T:", "DEVICE": "D:"}


def key_of(kind: KeyKind, identifier: str) -> bytes:
    """Return the state key of an identifier.

    >>> key_of("ACCOUNT", "a-771")
    b'A:a-771'
    """
    return (_LETTER[kind] + identifier).encode()


_KIND: dict[bytes, KeyKind] = {b"A": "ACCOUNT", b"T": "TERMINAL", b"D": "DEVICE"}


def subject_of(key: bytes) -> tuple[KeyKind, str]:
    """Return kind and identifier of a state key.

    >>> subject_of(b"A:a-771")
    ('ACCOUNT', 'a-771')
    """
    return _KIND[key[:1]], key[2:].decode()


def parties_of(transaction: Transaction, with_tills: bool = False) -> list[tuple[int, bytes]]:
    """Return the (party bit, key) pairs a transaction concerns, in the order of `PARTIES`.

    Left out on purpose: the merchant of a PURCHASE (its till would be the busiest key of all and no detector reads it) and the
    terminal of a PURCHASE (point-of-sale terminals are kept in the payer's own habits), unless wanted with_tills for their risk.
    """
    found = []
    payer, payee, kind = transaction.payer, transaction.payee, transaction.kind
    if payer is not None:
        found.append((PAYER, ("A:" + payer.account).encode()))
    if payee is not None and not (kind == "PURCHASE" and payee.type == "MERCHANT"):
        found.append((PAYEE, ("A:" + payee.account).encode()))
    terminal = transaction.terminal
    if terminal is not None and (
        (transaction.channel == "ATM" and kind in ("CASH_WITHDRAWAL", "CASH_DEPOSIT"))
        or (with_tills and kind == "PURCHASE" and payer is not None)
    ):
        found.append((TERMINAL, ("T:" + terminal.id).encode()))
    session = transaction.session
    if session is not None and session.device is not None and kind == "TRANSFER":
        found.append((DEVICE, ("D:" + session.device).encode()))
    return found


def parties_of_account_event(event: AccountEvent) -> list[tuple[int, bytes]]:
    """Return the (party bit, key) pairs an account event concerns: the account, and the device if it is named."""
    found = [(HOLDER, ("A:" + event.account).encode())]
    if event.device is not None and event.type in ("LOGIN", "DEVICE_BOUND", "EBANK_ENROLLED"):
        found.append((DEVICE, ("D:" + event.device).encode()))
    return found
