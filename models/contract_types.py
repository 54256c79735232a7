"""The words of the wire contract: closed sets, limits of single fields, and what every record has in common.

`models.records` puts them together; import from there.
"""

from datetime import UTC, datetime
from functools import cache
from typing import Annotated, Final, Literal, get_args, get_origin, get_type_hints

from msgspec import Meta, Struct

from models.units import AMOUNT_MAX_MINOR

Kind = Literal["TRANSFER", "CASH_WITHDRAWAL", "CASH_DEPOSIT", "PURCHASE"]
Status = Literal["REQUESTED", "APPROVED", "DECLINED", "REVERSED"]
Channel = Literal["ATM", "MOBILE", "WEB", "COUNTER", "POS", "API", "BATCH"]
ArrivalMode = Literal["REALTIME", "DELAYED", "NEXT_DAY", "REVOCABLE_24H"]
PartyType = Literal["PERSON", "CORPORATE", "MERCHANT", "GOVERNMENT"]
NameMatch = Literal["MATCH", "CLOSE", "NO"]
Mac = Literal["OK", "BAD", "MISSING"]
AccountEventType = Literal[
    "LOGIN",
    "DEVICE_BOUND",
    "PAYEE_ADDED",
    "LIMIT_RAISED",
    "PASSWORD_RESET",
    "PHONE_CHANGED",
    "EBANK_ENROLLED",
    "DEPOSIT_BROKEN",
]
ReportSource = Literal["POLICE", "BRANCH", "CUSTOMER"]
Verdict = Literal["FRAUD", "LEGITIMATE", "UNKNOWN"]
Stage = Literal["REMIND", "MANAGER", "POLICE"]
Outcome = Literal["STOPPED", "PROCEEDED", "REFUSED"]
ControlAction = Literal["SNOOZE", "UNSNOOZE", "APPROVE_PROTECTED", "APPROVE_REQUEST", "FREEZE_REVIEW_ONLY", "FREEZE_RESUME"]
LadderState = Literal["RAISED", "REMINDED", "HELD", "POLICE", "CLOSED"]
FreezeStatus = Literal["ACKNOWLEDGED", "REJECTED", "MISMATCH", "NEED_INFO", "EXECUTED", "RELEASED", "EXPIRED"]
Role = Literal["VICTIM_SUSPECTED", "MULE_SUSPECTED", "TERMINAL", "DEVICE"]
SubjectKind = Literal["ACCOUNT", "TERMINAL", "DEVICE"]
Action = Literal["REMIND", "HOLD", "CALL_BACK", "PATROL_TERMINAL", "BLOCK_CASH", "REVOKE", "FREEZE_REQUEST"]
RequestState = Literal["PROPOSED", "WITHDRAWN"]
Measure = Literal["STOP_PAYMENT_48H"]
Direction = Literal["IN", "OUT"]
Tier = Literal[0, 1, 2, 3]
AlertTier = Literal[1, 2, 3]
TraceWay = Literal["TRANSFER", "ELSEWHERE", "CASH", "FAIR_TRADE", "FLOOR", "DEPTH", "UNSEEN"]
Remedial = Literal["HOLD", "REVOKE", "FREEZE_REQUEST", "RECALL", "PATROL_TERMINAL", "KEEP_PICTURE"]
TraceFinding = Literal["FOUND", "AMBIGUOUS", "NOT_FOUND"]
AuditAction = Literal[
    "SIGN_IN",
    "SIGN_OUT",
    "READ_CASE",
    "OPEN_IDENTIFIERS",
    "SEARCH",
    "DISSUADE",
    "WITHDRAW",
    "APPROVE",
    "ANSWER",
    "SNOOZE",
    "POLICY_APPLY",
    "POLICY_ROLLBACK",
]
PolicyAction = Literal["APPLY", "ROLLBACK"]
AuditOutcome = Literal["DONE", "REFUSED", "FAILED"]
SeenAs = Literal["PAYER", "PAYEE", "TERMINAL", "DEVICE"]

INT_MAX: Final = 2**63 - 1
"""Largest whole number of any field: what eight bytes hold.

The contract's own limits are narrower where it states one.
"""

TIME_MIN: Final = datetime(1970, 1, 1, tzinfo=UTC)
TIME_MAX: Final = datetime(9998, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)
"""First and last instant a record may name: years 1 and 9999 are some systems' "unknown". Source: ours."""

EventId = Annotated[str, Meta(min_length=1, max_length=64)]
IDENTIFIER_LENGTH_MAX: Final = 128
"""Longest identifier, in characters: twice an event id. State and alerts repeat them, so they must be bounded. Source: ours."""

Identifier = Annotated[str, Meta(min_length=1, max_length=IDENTIFIER_LENGTH_MAX)]
Text = Annotated[str, Meta(min_length=1)]
Time = Annotated[datetime, Meta(tz=True)]
AmountMinor = Annotated[int, Meta(ge=0, le=AMOUNT_MAX_MINOR)]
BalanceMinor = Annotated[int, Meta(ge=-INT_MAX, le=INT_MAX)]
Currency = Annotated[str, Meta(min_length=3, max_length=3)]
Purpose = Annotated[str, Meta(min_length=4, max_length=4)]
Latitude = Annotated[float, Meta(ge=-90, le=90)]
Longitude = Annotated[float, Meta(ge=-180, le=180)]
Count = Annotated[int, Meta(ge=0, le=INT_MAX)]
Ordinal = Annotated[int, Meta(ge=1, le=INT_MAX)]
Share = Annotated[float, Meta(ge=0, le=1)]
Sha256 = Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]

RuleCode = Literal["missing_field", "missing_party", "out_of_range", "bad_time", "impossible_amount", "conflicting_fields"]


class RecordError(ValueError):
    """A record breaks a rule. Whose fault: the sender's for decoded bytes, ours for a record built in code.

    code: what kind of breach. field: the field to blame, in the record's own names. reason: a sentence without any
    value.
    """

    def __init__(self, code: RuleCode, field: str, reason: str) -> None:
        super().__init__(reason)
        self.code: RuleCode = code
        self.field = field
        self.reason = reason


class Record(Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """What all records share: frozen, equal by value, absent fields left out, and a `repr` that is safe to log.

    No cyclic references are possible between frozen records, so the garbage collector need not look at them.
    """

    def __repr__(self) -> str:
        """Return class and present fields; a text is shown only where the contract closes its set of values."""
        closed = _closed_fields(type(self))
        values = ((name, getattr(self, name)) for name in self.__struct_fields__)
        shown = ", ".join(f"{name}={_shown(value, name in closed)}" for name, value in values if value is not None)
        return f"{type(self).__name__}({shown})"


def _shown(value: object, closed: bool) -> str:
    if isinstance(value, tuple):
        return f"[{', '.join(_shown(part, closed) for part in value)}]"
    if isinstance(value, str) and not closed:
        return "…"
    return str(value)


@cache
def _closed_fields(record: type[Record]) -> frozenset[str]:
    return frozenset(name for name, hint in get_type_hints(record).items() if closed_values(hint))


def closed_values(annotation: object) -> frozenset[str]:
    """Return the texts that an annotation of a field lists, none if it takes any text.

    >>> sorted(closed_values(NameMatch | None))
    ['CLOSE', 'MATCH', 'NO']
    >>> closed_values(Identifier | None)
    frozenset()
    """
    if get_origin(annotation) is Literal:
        return frozenset(value for value in get_args(annotation) if isinstance(value, str))
    return frozenset(value for part in get_args(annotation) for value in closed_values(part))


_YEAR_MIN: Final = TIME_MIN.year
_YEAR_MAX: Final = TIME_MAX.year


def check_time(field: str, time: datetime) -> None:
    """Refuse a time without offset, or one in which no bank ran; every time that passes exists in UTC."""
    if time.tzinfo is None:
        raise RecordError("bad_time", field, "the time has no offset")
    # Between the outermost years no offset matters, and comparing a year is much cheaper than comparing instants.
    if not _YEAR_MIN < time.year < _YEAR_MAX and not TIME_MIN <= time <= TIME_MAX:
        raise RecordError("bad_time", field, "the time is outside its limits")


def check_range(field: str, value: float, low: float, high: float) -> None:
    """Refuse a number outside its limits, and NaN, before our own mistake reaches the wire."""
    if not low <= value <= high:
        raise RecordError("out_of_range", field, "the number is outside its limits")
