"""One event as a profile keeps it: small, flat, and all that a detector may need to examine it again later.

A late event makes its successors be examined again, when their records are long gone; so whatever a detector reads of an
event is in its `Entry`. Yes-or-no facts are bits of `code`; an absent optional field sets no bit and leaves the default.
"""

from typing import Final

import msgspec

# What happened, seen from the key: a credit, else a debit (or neither, for an account event).
CREDIT: Final = 1 << 0
TRANSFER: Final = 1 << 1
CASH: Final = 1 << 2
PURCHASE: Final = 1 << 3
ACCOUNT_EVENT: Final = 1 << 4
SHAPE: Final = CREDIT | TRANSFER | CASH | PURCHASE | ACCOUNT_EVENT
"""The bits that choose which detectors examine an entry."""

# How far it got. MONEY alone fills windows.
MONEY: Final = 1 << 5
REQUESTED: Final = 1 << 6
DECLINED: Final = 1 << 7
REVERSAL: Final = 1 << 8
TAKEN_BACK: Final = 1 << 9
ANSWERED: Final = 1 << 10
FLAGGED: Final = 1 << 11

# Facts about the counterparty and the session. PAYROLL and LOAN are what the purpose claims, the sender's word alone.
OWN_NAME: Final = 1 << 12
SAME_COHORT: Final = 1 << 13
PAYROLL: Final = 1 << 14
PUBLIC: Final = 1 << 15
MERCHANT: Final = 1 << 16
CORPORATE: Final = 1 << 17
PERSON: Final = 1 << 18
SELF_CORPORATE: Final = 1 << 19
COACHED: Final = 1 << 20
CROSS_REGION: Final = 1 << 21
NAME_MISMATCH: Final = 1 << 22
REVOCABLE: Final = 1 << 23
ON_US: Final = 1 << 24
BATCH: Final = 1 << 25
LOAN: Final = 1 << 26
INSTITUTION: Final = PUBLIC | MERCHANT | CORPORATE
"""The counterparty is known to be no private person. PUBLIC is a public body by its type, never by the purpose."""
EMPLOYER: Final = PUBLIC | CORPORATE
"""Who may pay wages, pensions and loans."""

# Account events.
LOGIN: Final = 1 << 27
DEVICE_BOUND: Final = 1 << 28
PAYEE_ADDED: Final = 1 << 29
LIMIT_RAISED: Final = 1 << 30
PASSWORD_RESET: Final = 1 << 31
PHONE_CHANGED: Final = 1 << 32
EBANK_ENROLLED: Final = 1 << 33
DEPOSIT_BROKEN: Final = 1 << 34

SELF_MERCHANT: Final = 1 << 35

# The channel, and what the account itself is.
ATM: Final = 1 << 38
COUNTER: Final = 1 << 39
POS: Final = 1 << 40
ONLINE: Final = 1 << 41
"""The channel is MOBILE or WEB."""
SELF_PERSON: Final = 1 << 42
OTHER_ELSEWHERE: Final = 1 << 43
"""The counterparty's account is known to be held at another bank."""
DELAYED: Final = 1 << 44
NEXT_DAY: Final = 1 << 45
"""How a REVOCABLE transfer arrives, where not within 24 hours by the customer's own right."""

PENSION: Final = 1 << 50
"""The purpose claims a pension; PAYROLL is set as well."""

# What the core system tells of an approval (`host`). An absent field sets no bit.
HOST_UNCONFIRMED: Final = 1 << 51
MAC_BAD: Final = 1 << 52
"""The message authentication is bad or missing."""
SAME_REGION: Final = 1 << 53
"""Both parties are known to be of one province; without it and without CROSS_REGION a region is unknown."""
SELF_ELSEWHERE: Final = 1 << 54
"""This account is known to be held at another bank: only what it does with accounts here is seen."""

# How it settles.
APPROVED: Final = 1 << 36
"""It moved money when it happened; unlike MONEY it stays when the money is taken back."""
TAKEN_BACK_LATE: Final = 1 << 37
"""Taken back more than the lateness after it happened: it settles as if it had stood, for part of its surroundings has."""

UNKNOWN_AGE_D: Final = -1
UNKNOWN_AGE: Final = -1


class Where(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """Where an event happened, as far as known. region: administrative code, or "". lat, lon: degrees, WGS 84."""

    region: str = ""
    lat: float | None = None
    lon: float | None = None


class Entry(msgspec.Struct, array_like=True, gc=False):
    """One event at one key.

    at_us: event time. other: the counterparty's account, the account at a terminal, the holder at a device, the added payee of
    an account event; "" if there is none. bank: the counterparty's. balance_minor: this
    key's own balance after the event. who, cohort, device: identifier hashes, 0 = unknown (`who` is the counterparty's customer,
    else its account). age_d: local days since the counterparty's account was opened, -1 = unknown. place: terminal id, or "".
    answers: the event that this one answers (REQUESTED) or takes back (reversal), or "". own_age_d: local days since this account
    was opened, holder_age: years, both -1 = unknown. card: hash of the card used, 0 = unknown. where: place of a machine or of an
    account event, if told.
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
    own_age_d: int = UNKNOWN_AGE_D
    holder_age: int = UNKNOWN_AGE
    card: int = 0
    where: Where | None = None
