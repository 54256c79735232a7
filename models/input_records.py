"""The records that come in: what banks, branches and the police liaison say happened.

Import from `models.records`.
"""

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType
from typing import Annotated, Final

from msgspec import Meta

from models.contract_types import (
    AccountEventType,
    AmountMinor,
    ArrivalMode,
    BalanceMinor,
    Channel,
    ControlAction,
    Count,
    Currency,
    EventId,
    FreezeStatus,
    Identifier,
    Kind,
    Latitude,
    Longitude,
    Mac,
    NameMatch,
    Ordinal,
    Outcome,
    PartyType,
    Purpose,
    Record,
    RecordError,
    ReportSource,
    RuleCode,
    Stage,
    Status,
    SubjectKind,
    Text,
    Time,
    Verdict,
    check_range,
    check_time,
)
from models.units import AMOUNT_MAX_MINOR


class Party(Record, frozen=True, kw_only=True, gc=False):
    """One end of a transaction: an account and what is known of its holder.

    `holder_age` in years; money in minor units.
    """

    account: Identifier
    bank: Identifier | None = None
    on_us: bool | None = None
    type: PartyType | None = None
    customer: Identifier | None = None
    holder_age: Count | None = None
    opened_on: date | None = None
    region: Identifier | None = None
    cohort: Identifier | None = None
    balance_after_minor: BalanceMinor | None = None
    name_match: NameMatch | None = None


class Terminal(Record, frozen=True, kw_only=True, gc=False):
    """A machine or till, with WGS 84 degrees and administrative code where known."""

    id: Identifier
    lat: Latitude | None = None
    lon: Longitude | None = None
    region: Identifier | None = None


class Session(Record, frozen=True, kw_only=True, gc=False):
    """An online-banking session: which device, and whether the customer seems to be guided by somebody."""

    id: Identifier | None = None
    device: Identifier | None = None
    ip: Identifier | None = None
    otp_count_10m: Count | None = None
    call_active: bool | None = None
    remote_access: bool | None = None


class Host(Record, frozen=True, kw_only=True, gc=False):
    """What the core system knows of an approval: whether it has a record of it, and its message authentication code."""

    confirmed: bool | None = None
    mac: Mac | None = None


_PARTIES: Final = {
    "TRANSFER": (True, True),
    "CASH_WITHDRAWAL": (True, False),
    "CASH_DEPOSIT": (False, True),
    "PURCHASE": (True, True),
}
"""kind -> (payer required, payee required)."""

PARTIES_BY_KIND: Final[Mapping[str, tuple[bool, bool]]] = MappingProxyType(_PARTIES)
CASH_KINDS: Final = ("CASH_WITHDRAWAL", "CASH_DEPOSIT")
CASHLESS_CHANNELS: Final = ("MOBILE", "WEB", "API", "BATCH")
"""No notes pass through these, so cash on one of them is a fault of the sender. Source: ours."""
TERMINAL_CHANNELS: Final = ("ATM", "POS")

_TERMINAL_NEEDED = frozenset(TERMINAL_CHANNELS)
_IMPOSSIBLE = frozenset((kind, channel) for kind in CASH_KINDS for channel in CASHLESS_CHANNELS)


class Transaction(Record, frozen=True, kw_only=True, gc=False):
    """One movement, or attempted movement, of money.

    Only `APPROVED` moves any; `REVERSED` gives the whole amount back.
    """

    event_id: EventId
    event_time: Time
    kind: Kind
    status: Status
    channel: Channel
    amount_minor: AmountMinor
    currency: Currency
    payer: Party | None = None
    payee: Party | None = None
    card: Identifier | None = None
    terminal: Terminal | None = None
    session: Session | None = None
    purpose: Purpose | None = None
    arrival_mode: ArrivalMode | None = None
    original_event_id: EventId | None = None
    host: Host | None = None

    def __post_init__(self) -> None:
        """Check the rules that join fields.

        Hot: a few lookups and identity comparisons, nothing built unless it fails.
        """
        kind = self.kind
        channel = self.channel
        payer = self.payer
        payer_needed, payee_needed = _PARTIES[kind]
        if payer is None:
            if payer_needed:
                raise RecordError("missing_party", "payer", "this kind of transaction needs the account debited")
        elif payer.name_match is not None:
            raise RecordError("conflicting_fields", "payer.name_match", "only a payee's name is matched")
        if payee_needed and self.payee is None:
            raise RecordError("missing_party", "payee", "this kind of transaction needs the account credited")
        if self.terminal is None and channel in _TERMINAL_NEEDED:
            raise RecordError("missing_field", "terminal", "this channel needs a terminal")
        if self.original_event_id is None and self.status == "REVERSED":
            raise RecordError("missing_field", "original_event_id", "a reversal names the event it reverses")
        if (kind, channel) in _IMPOSSIBLE:
            raise RecordError("impossible_amount", "kind", "cash cannot move through this channel")
        if not 0 <= self.amount_minor <= AMOUNT_MAX_MINOR:
            raise RecordError("out_of_range", "amount_minor", "the amount is outside its limits")
        check_time("event_time", self.event_time)


class ReadAgain(Transaction, frozen=True, kw_only=True, gc=False):
    """A transaction whose joined fields were checked when it was read first; equal to it but for the class."""

    def __post_init__(self) -> None:
        """Check nothing twice."""


class AccountEvent(Record, frozen=True, kw_only=True, gc=False):
    """Something done to an account without money."""

    event_id: EventId
    event_time: Time
    account: Identifier
    type: AccountEventType
    customer: Identifier | None = None
    device: Identifier | None = None
    ip: Identifier | None = None
    payee_account: Identifier | None = None
    region: Identifier | None = None

    def __post_init__(self) -> None:
        check_time("event_time", self.event_time)


class ReportedTransfer(Record, frozen=True, kw_only=True, gc=False):
    """One payment a victim reports. Without `payee_account` it was cash, at `terminal`."""

    event_id: EventId | None = None
    payer_account: Identifier
    payee_account: Identifier | None = None
    terminal: Terminal | Identifier | None = None
    amount_minor: AmountMinor
    paid_at: Time

    def __post_init__(self) -> None:
        check_range("amount_minor", self.amount_minor, 0, AMOUNT_MAX_MINOR)
        check_time("paid_at", self.paid_at)
        if self.payee_account is None and self.terminal is None:
            raise RecordError("missing_field", "payee_account", "a reported transfer needs a payee account or a terminal")

    @property
    def terminal_id(self) -> str | None:
        """The machine's id, whether the report gave the whole terminal or, as a form on paper does, only its number."""
        return self.terminal.id if isinstance(self.terminal, Terminal) else self.terminal


class VictimReport(Record, frozen=True, kw_only=True, gc=False):
    """What the police liaison, a branch or a customer says was stolen."""

    report_id: Identifier
    reported_at: Time
    source: ReportSource
    transfers: Annotated[tuple[ReportedTransfer, ...], Meta(min_length=1)]
    case_ref: Identifier | None = None
    typology: Identifier | None = None

    def __post_init__(self) -> None:
        check_time("reported_at", self.reported_at)


class Disposition(Record, frozen=True, kw_only=True, gc=False):
    """A person's later finding on one alert or one event, never on both."""

    disposition_id: Identifier
    decided_at: Time
    alert_id: Identifier | None = None
    event_id: EventId | None = None
    verdict: Verdict
    typology: Identifier | None = None
    decided_by: Identifier | None = None
    stage: Stage | None = None
    outcome: Outcome | None = None

    def __post_init__(self) -> None:
        check_time("decided_at", self.decided_at)
        if self.alert_id is None and self.event_id is None:
            raise RecordError("missing_field", "alert_id", "a disposition names an alert or an event")
        if self.alert_id is not None and self.event_id is not None:
            raise RecordError("conflicting_fields", "event_id", "a disposition names an alert or an event, not both")


class FreezeResponse(Record, frozen=True, kw_only=True, gc=False):
    """The liaison's answer to a freeze request. `sequence` is the responder's own counter for the request, from 1."""

    request_id: Identifier
    sequence: Ordinal
    responded_at: Time
    status: FreezeStatus
    order_no: Identifier | None = None
    authority: Identifier | None = None
    held_amount_minor: AmountMinor | None = None
    ends_at: Time | None = None
    mismatch_fields: tuple[Text, ...] | None = None
    reason: Text | None = None

    def __post_init__(self) -> None:
        check_time("responded_at", self.responded_at)
        if self.ends_at is not None:
            check_time("ends_at", self.ends_at)


FOR_ALL: Final = ("FREEZE_REVIEW_ONLY", "FREEZE_RESUME")
"""Controls that concern all freeze requests."""


class ControlSubject(Record, frozen=True, kw_only=True, gc=False):
    """Whom or what a control is about."""

    kind: SubjectKind
    id: Identifier


class CaseControl(Record, frozen=True, kw_only=True, gc=False):
    """What a person wants done with the alerts and the freeze requests on one subject, or with all freeze requests.

    SNOOZE keeps those of a typology, or of all where none is named, below tier 2 until its end; UNSNOOZE ends that at once;
    APPROVE_PROTECTED is one person's consent to a freeze request on a protected account, APPROVE_REQUEST to any other that waits
    for it, and the order to make one again that was rejected or released. FREEZE_REVIEW_ONLY and FREEZE_RESUME name no subject:
    from the one to the other no freeze request goes out without approval.
    """

    control_id: Identifier
    made_at: Time
    actor: Identifier
    subject: ControlSubject | None = None
    typology: Identifier | None = None
    action: ControlAction
    until: Time | None = None
    reason: Text | None = None

    def __post_init__(self) -> None:
        check_time("made_at", self.made_at)
        if self.until is not None:
            check_time("until", self.until)
        if (self.subject is None) != (self.action in FOR_ALL):
            code: RuleCode = "missing_field" if self.subject is None else "conflicting_fields"
            raise RecordError(code, "subject", "a control names a subject, unless it concerns all freeze requests")
        if self.action == "SNOOZE" and self.until is None:
            raise RecordError("missing_field", "until", "a snooze has an end")
        if self.until is not None and self.until <= self.made_at:
            raise RecordError("conflicting_fields", "until", "an end lies behind what it ends")
