"""One event as a profile keeps it: small, flat, and all that a detector may need to examine it again later.

A late event makes its successors be examined again, when their records are long gone; so whatever a detector reads of an
event is in its `Entry`. Yes-or-no facts are bits of `code`; an absent optional field sets no bit and leaves the default.
"""

import msgspec

from models.recency import identifier_hash
from models.records import AccountEvent, Party, Transaction
from models.units import time_us

# What happened, seen from the key: a credit, else a debit (or neither, for an account event).
CREDIT = 1 << 0
TRANSFER = 1 << 1
CASH = 1 << 2
PURCHASE = 1 << 3
ACCOUNT_EVENT = 1 << 4
SHAPE = CREDIT | TRANSFER | CASH | PURCHASE | ACCOUNT_EVENT
"""The bits that choose which detectors examine an entry."""

# How far it got. MONEY alone fills windows.
MONEY = 1 << 5
REQUESTED = 1 << 6
DECLINED = 1 << 7
REVERSAL = 1 << 8
TAKEN_BACK = 1 << 9
ANSWERED = 1 << 10
FLAGGED = 1 << 11

# Facts about the counterparty and the session.
OWN_NAME = 1 << 12
SAME_COHORT = 1 << 13
PAYROLL = 1 << 14
PUBLIC = 1 << 15
MERCHANT = 1 << 16
CORPORATE = 1 << 17
PERSON = 1 << 18
SELF_CORPORATE = 1 << 19
COACHED = 1 << 20
CROSS_REGION = 1 << 21
NAME_MISMATCH = 1 << 22
REVOCABLE = 1 << 23
ON_US = 1 << 24
BATCH = 1 << 25
LOAN = 1 << 26

# Account events.
LOGIN = 1 << 27
DEVICE_BOUND = 1 << 28
PAYEE_ADDED = 1 << 29
LIMIT_RAISED = 1 << 30
PASSWORD_RESET = 1 << 31
PHONE_CHANGED = 1 << 32
EBANK_ENROLLED = 1 << 33
DEPOSIT_BROKEN = 1 << 34

SELF_MERCHANT = 1 << 35

# How it settles.
APPROVED = 1 << 36
"""It moved money when it happened; unlike MONEY it stays when the money is taken back."""
TAKEN_BACK_LATE = 1 << 37
"""Taken back more than the lateness after it happened: it settles as if it had stood, for part of its surroundings has."""

_KIND = {"TRANSFER": TRANSFER, "CASH_WITHDRAWAL": CASH, "CASH_DEPOSIT": CASH, "PURCHASE": PURCHASE}
_STATUS = {"APPROVED": MONEY | APPROVED, "REQUESTED": REQUESTED, "DECLINED": DECLINED, "REVERSED": REVERSAL}
_TYPE = {None: 0, "PERSON": PERSON, "CORPORATE": CORPORATE, "MERCHANT": MERCHANT, "GOVERNMENT": PUBLIC}
_PURPOSE = {"SALA": PAYROLL, "PENS": PAYROLL, "BONU": PAYROLL, "GOVT": PUBLIC, "TAXS": PUBLIC, "LOAN": LOAN}
_REVOCABLE_MODES = ("DELAYED", "NEXT_DAY", "REVOCABLE_24H")
_EVENT = {
    "LOGIN": LOGIN,
    "DEVICE_BOUND": DEVICE_BOUND,
    "PAYEE_ADDED": PAYEE_ADDED,
    "LIMIT_RAISED": LIMIT_RAISED,
    "PASSWORD_RESET": PASSWORD_RESET,
    "PHONE_CHANGED": PHONE_CHANGED,
    "EBANK_ENROLLED": EBANK_ENROLLED,
    "DEPOSIT_BROKEN": DEPOSIT_BROKEN,
}
UNKNOWN_AGE_D = -1
_DAY_US = 86_400_000_000
_EPOCH_ORDINAL = 719_163


class Entry(msgspec.Struct, array_like=True, gc=False):
    """One event at one key.

    at_us: event time. other: the counterparty's account, the account at a terminal, the holder at a device, the added payee of
    an account event; "" if there is none. bank: the counterparty's. balance_minor: this
    key's own balance after the event. who, cohort, device: identifier hashes, 0 = unknown (`who` is the counterparty's customer,
    else its account). age_d: days since the counterparty's account was opened, -1 = unknown. place: terminal id, or "".
    answers: the event that this one answers (REQUESTED) or takes back (reversal), or "".
    """

    at_us: int
    event_id: str
    code: int
    amount_minor: int = 0
    other: str = ""
    balance_minor: int | None = None
    who: int = 0
    age_d: int = UNKNOWN_AGE_D
    cohort: int = 0
    device: int = 0
    otp_count: int = 0
    place: str = ""
    bank: str = ""
    answers: str = ""
    currency: str = "CNY"

    @property
    def is_learnable(self) -> bool:
        """Return whether it may become part of what is usual: nobody flagged it, and it was not taken back in time."""
        code = self.code
        return not code & FLAGGED and code & (TAKEN_BACK | TAKEN_BACK_LATE) != TAKEN_BACK


def _status_bits(transaction: Transaction) -> int:
    code = _KIND[transaction.kind] | _STATUS[transaction.status]
    if transaction.purpose is not None:
        code |= _PURPOSE.get(transaction.purpose, 0)
    if transaction.channel == "BATCH":
        code |= BATCH
    if transaction.arrival_mode in _REVOCABLE_MODES:
        code |= REVOCABLE
    return code


def _pair_bits(own: Party, other: Party) -> int:
    code = _TYPE[other.type]
    if own.customer is not None and own.customer == other.customer:
        code |= OWN_NAME
    if own.cohort is not None and own.cohort == other.cohort:
        code |= SAME_COHORT
    if own.region is not None and other.region is not None and own.region[:2] != other.region[:2]:
        code |= CROSS_REGION
    return code


def _age_d(party: Party, at_us: int) -> int:
    opened_on = party.opened_on
    if opened_on is None:
        return UNKNOWN_AGE_D
    return max(0, at_us // _DAY_US - (opened_on.toordinal() - _EPOCH_ORDINAL))


def _who(party: Party) -> int:
    return identifier_hash(party.customer or party.account)


def account_entry(transaction: Transaction, at_us: int, *, credit: bool) -> Entry:
    """Return the entry of a transaction at its payer's account, or at its payee's with `credit`."""
    own, other = (transaction.payee, transaction.payer) if credit else (transaction.payer, transaction.payee)
    if own is None:
        raise ValueError("the transaction has no party on this side")
    code = _status_bits(transaction)
    if credit:
        code |= CREDIT
    if own.on_us:
        code |= ON_US
    if own.type == "CORPORATE":
        code |= SELF_CORPORATE
    elif own.type == "MERCHANT":
        code |= SELF_MERCHANT
    entry = Entry(at_us, transaction.event_id, code, transaction.amount_minor, "", own.balance_after_minor)
    if other is not None:
        entry.code |= _pair_bits(own, other)
        entry.other = other.account
        entry.who = _who(other)
        entry.age_d = _age_d(other, at_us)
        if other.bank is not None:
            entry.bank = other.bank
        if not credit and other.name_match == "NO":
            entry.code |= NAME_MISMATCH
    if transaction.terminal is not None:
        entry.place = transaction.terminal.id
    session = transaction.session
    if session is not None and not credit:
        if session.device is not None:
            entry.device = identifier_hash(session.device)
        if session.otp_count_10m is not None:
            entry.otp_count = session.otp_count_10m
        if session.call_active or session.remote_access:
            entry.code |= COACHED
    return _with_origin(entry, transaction)


def terminal_entry(transaction: Transaction, at_us: int) -> Entry:
    """Return the entry of a withdrawal at its machine: whose account, which customer and employer, what was left."""
    payer = transaction.payer
    if payer is None:
        raise ValueError("a withdrawal has a payer")
    entry = Entry(at_us, transaction.event_id, _status_bits(transaction), transaction.amount_minor, payer.account)
    entry.balance_minor = payer.balance_after_minor
    entry.who = _who(payer)
    if payer.cohort is not None:
        entry.cohort = identifier_hash(payer.cohort)
    if payer.on_us:
        entry.code |= ON_US
    return _with_origin(entry, transaction)


def device_entry(event: Transaction | AccountEvent, at_us: int) -> Entry:
    """Return the entry of a payment or an account event at the device that was used: whose account, which customer."""
    if isinstance(event, AccountEvent):
        code, account, customer = ACCOUNT_EVENT | _EVENT[event.type], event.account, event.customer
    else:
        if event.payer is None:
            raise ValueError("a payment from a device has a payer")
        code, account, customer = _status_bits(event), event.payer.account, event.payer.customer
    return Entry(at_us, event.event_id, code, 0, account, who=identifier_hash(customer or account))


def account_event_entry(event: AccountEvent, at_us: int) -> Entry:
    """Return the entry of an account event at its account."""
    entry = Entry(at_us, event.event_id, ACCOUNT_EVENT | _EVENT[event.type], other=event.payee_account or "")
    if event.device is not None:
        entry.device = identifier_hash(event.device)
    return entry


def _with_origin(entry: Entry, transaction: Transaction) -> Entry:
    """Add the currency and the original event: a reversal names what it takes back, an answer the request it answers."""
    entry.currency = transaction.currency
    if transaction.original_event_id is not None:
        entry.answers = transaction.original_event_id
    return entry


def event_time_us(event: Transaction | AccountEvent) -> int:
    """Return an event's time in microseconds since 1970, UTC."""
    return time_us(event.event_time)
