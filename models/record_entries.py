"""The entries of a record: one for each key it concerns, holding all that a detector may read of it there."""

from typing import Final

from models import entry as e
from models.entry import Entry, Where
from models.recency import identifier_hash
from models.records import AccountEvent, Party, Terminal, Transaction
from models.units import time_us

_KIND: Final = {"TRANSFER": e.TRANSFER, "CASH_WITHDRAWAL": e.CASH, "CASH_DEPOSIT": e.CASH, "PURCHASE": e.PURCHASE}
_STATUS: Final = {"APPROVED": e.MONEY | e.APPROVED, "REQUESTED": e.REQUESTED, "DECLINED": e.DECLINED, "REVERSED": e.REVERSAL}
_TYPE: Final = {None: 0, "PERSON": e.PERSON, "CORPORATE": e.CORPORATE, "MERCHANT": e.MERCHANT, "GOVERNMENT": e.PUBLIC}
_PURPOSE: Final = {"SALA": e.PAYROLL, "PENS": e.PAYROLL | e.PENSION, "BONU": e.PAYROLL, "LOAN": e.LOAN}
_CHANNEL: Final = {
    "ATM": e.ATM,
    "MOBILE": e.ONLINE,
    "WEB": e.ONLINE,
    "COUNTER": e.COUNTER,
    "POS": e.POS,
    "API": 0,
    "BATCH": e.BATCH,
}
_SELF_TYPE: Final = {None: 0, "PERSON": e.SELF_PERSON, "CORPORATE": e.SELF_CORPORATE, "MERCHANT": e.SELF_MERCHANT, "GOVERNMENT": 0}
_ARRIVAL: Final = {
    None: 0,
    "REALTIME": 0,
    "DELAYED": e.REVOCABLE | e.DELAYED,
    "NEXT_DAY": e.REVOCABLE | e.NEXT_DAY,
    "REVOCABLE_24H": e.REVOCABLE,
}
_EVENT: Final = {
    "LOGIN": e.LOGIN,
    "DEVICE_BOUND": e.DEVICE_BOUND,
    "PAYEE_ADDED": e.PAYEE_ADDED,
    "LIMIT_RAISED": e.LIMIT_RAISED,
    "PASSWORD_RESET": e.PASSWORD_RESET,
    "PHONE_CHANGED": e.PHONE_CHANGED,
    "EBANK_ENROLLED": e.EBANK_ENROLLED,
    "DEPOSIT_BROKEN": e.DEPOSIT_BROKEN,
}
_DAY_US: Final = 86_400_000_000
_EPOCH_ORDINAL: Final = 719_163


def _status_bits(transaction: Transaction) -> int:
    code = _KIND[transaction.kind] | _STATUS[transaction.status] | _CHANNEL[transaction.channel]
    if transaction.purpose is not None:
        code |= _PURPOSE.get(transaction.purpose, 0)
    host = transaction.host
    if host is not None:
        if host.confirmed is False:
            code |= e.HOST_UNCONFIRMED
        if host.mac == "BAD" or host.mac == "MISSING":
            code |= e.MAC_BAD
    return code | _ARRIVAL[transaction.arrival_mode]


def _pair_bits(own: Party, other: Party) -> int:
    code = _TYPE[other.type]
    if own.customer is not None and own.customer == other.customer:
        code |= e.OWN_NAME
    if own.cohort is not None and own.cohort == other.cohort:
        code |= e.SAME_COHORT
    if own.region is not None and other.region is not None:
        code |= e.SAME_REGION if own.region[:2] == other.region[:2] else e.CROSS_REGION
    return code


def _age_d(party: Party, local_us: int) -> int:
    opened_on = party.opened_on
    if opened_on is None:
        return e.UNKNOWN_AGE_D
    return max(0, local_us // _DAY_US - (opened_on.toordinal() - _EPOCH_ORDINAL))


def _who(party: Party) -> int:
    return identifier_hash(party.customer or party.account)


def account_entry(transaction: Transaction, at_us: int, utc_offset_s: int, *, credit: bool) -> Entry:
    """Return the entry of a transaction at its payer's account, or at its payee's with `credit`.

    utc_offset_s: of the bank's local zone, in whose days the age of an account is counted.
    """
    own, other = (transaction.payee, transaction.payer) if credit else (transaction.payer, transaction.payee)
    if own is None:
        raise ValueError("the transaction has no party on this side")
    code = _status_bits(transaction)
    if credit:
        code |= e.CREDIT
    if own.on_us:
        code |= e.ON_US
    elif own.on_us is False:
        code |= e.SELF_ELSEWHERE
    code |= _SELF_TYPE[own.type]
    account = bank = place = ""
    who = device = otp_count = card = 0
    age_d = e.UNKNOWN_AGE_D
    where: Where | None = None
    local_us = at_us + utc_offset_s * 1_000_000
    if other is not None:
        code |= _pair_bits(own, other)
        account = other.account
        who = _who(other)
        age_d = _age_d(other, local_us)
        if other.on_us is False:
            code |= e.OTHER_ELSEWHERE
        if other.bank is not None:
            bank = other.bank
        if not credit and other.name_match == "NO":
            code |= e.NAME_MISMATCH
    if transaction.terminal is not None:
        place = transaction.terminal.id
        where = _where_of(transaction.terminal)
    if transaction.card is not None and not credit:
        card = identifier_hash(transaction.card)
    session = transaction.session
    if session is not None and not credit:
        if session.device is not None:
            device = identifier_hash(session.device)
        if session.otp_count_10m is not None:
            otp_count = session.otp_count_10m
        if session.call_active or session.remote_access:
            code |= e.COACHED
    # In one call and by position: this is made for nearly every event.
    return Entry(
        at_us,
        transaction.event_id,
        code,
        transaction.amount_minor,
        account,
        own.balance_after_minor,
        who,
        age_d,
        0,
        device,
        otp_count,
        place,
        bank,
        transaction.original_event_id or "",
        transaction.currency,
        _age_d(own, local_us),
        e.UNKNOWN_AGE if own.holder_age is None else own.holder_age,
        card,
        where,
    )


def _where_of(terminal: Terminal) -> Where | None:
    """Return where a machine stands, if told."""
    if terminal.lat is None and terminal.lon is None and terminal.region is None:
        return None
    return Where(terminal.region or "", terminal.lat, terminal.lon)


def terminal_entry(transaction: Transaction, at_us: int) -> Entry:
    """Return the entry of a withdrawal or deposit at its machine: whose account, which customer and employer, what was left."""
    is_deposit = transaction.kind == "CASH_DEPOSIT"
    holder = transaction.payee if is_deposit else transaction.payer
    if holder is None:
        raise ValueError("cash at a machine has an account")
    entry = Entry(at_us, transaction.event_id, _status_bits(transaction), transaction.amount_minor, holder.account)
    if is_deposit:
        entry.code |= e.CREDIT
    entry.balance_minor = holder.balance_after_minor
    entry.who = _who(holder)
    if holder.holder_age is not None:
        entry.holder_age = holder.holder_age
    if transaction.card is not None:
        entry.card = identifier_hash(transaction.card)
    if holder.cohort is not None:
        entry.cohort = identifier_hash(holder.cohort)
    if holder.on_us:
        entry.code |= e.ON_US
    return _with_origin(entry, transaction)


def holder_hash(account: str, customer: str | None) -> int:
    """Return the hash of an account's holder: even; odd where the customer is not told and the account stands for one."""
    return identifier_hash(account) | 1 if customer is None else identifier_hash(customer) & ~1 or 2


def device_entry(event: Transaction | AccountEvent, at_us: int) -> Entry:
    """Return the entry of a payment or an account event at the device that was used: whose account, which customer, what sum."""
    if isinstance(event, AccountEvent):
        code, account, customer = e.ACCOUNT_EVENT | _EVENT[event.type], event.account, event.customer
        return Entry(at_us, event.event_id, code, 0, account, who=holder_hash(account, customer))
    payer = event.payer
    if payer is None:
        raise ValueError("a payment from a device has a payer")
    entry = Entry(at_us, event.event_id, _status_bits(event), event.amount_minor, payer.account)
    entry.who = holder_hash(payer.account, payer.customer)
    return _with_origin(entry, event)


def account_event_entry(event: AccountEvent, at_us: int) -> Entry:
    """Return the entry of an account event at its account."""
    entry = Entry(at_us, event.event_id, e.ACCOUNT_EVENT | _EVENT[event.type], other=event.payee_account or "")
    if event.device is not None:
        entry.device = identifier_hash(event.device)
    if event.region is not None:
        entry.where = Where(event.region)
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
