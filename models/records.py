"""Every record of the wire contract, version 1, as a frozen class that is valid or does not exist.

Shape: a field's type and limits are declared beside it and checked when bytes are decoded; rules that join two fields
are checked in `__post_init__`, thus also when a record is built in code. Both fail with a `RecordError` naming code
and field, never a value. Unknown is None here and left out on the wire. Times carry their offset and are compared in
UTC; lists are tuples.

Rules beyond a single field are stated once, here, and exported with the JSON Schemas: required parties by kind, a
terminal at ATM and POS, the original of a reversal, exactly one subject of a disposition, an end of a snooze.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from models.contract_types import (
    INT_MAX,
    TIME_MAX,
    TIME_MIN,
    AccountEventType,
    Action,
    AlertTier,
    ArrivalMode,
    AuditAction,
    AuditOutcome,
    Channel,
    ControlAction,
    Direction,
    FreezeStatus,
    Kind,
    LadderState,
    Measure,
    NameMatch,
    Outcome,
    PartyType,
    Record,
    RecordError,
    Remedial,
    ReportSource,
    RequestState,
    Role,
    RuleCode,
    SeenAs,
    Stage,
    Status,
    SubjectKind,
    Tier,
    TraceFinding,
    TraceWay,
    Verdict,
    closed_values,
)
from models.input_records import (
    CASH_KINDS,
    CASHLESS_CHANNELS,
    PARTIES_BY_KIND,
    TERMINAL_CHANNELS,
    AccountEvent,
    CaseControl,
    ControlSubject,
    Disposition,
    FreezeResponse,
    Host,
    Party,
    ReadAgain,
    ReportedTransfer,
    Session,
    Terminal,
    Transaction,
    VictimReport,
)
from models.output_records import (
    Alert,
    AuditRecord,
    Chain,
    CounterEvidence,
    DeadLetter,
    DeadLetterCause,
    DetectorStamp,
    FreezeRequest,
    MatchedTransaction,
    Reason,
    Remedy,
    Score,
    Source,
    StepTaken,
    Subject,
    Target,
    Trace,
    TracedPart,
    TracedReport,
    TraceRecord,
)

__all__ = (
    "CASHLESS_CHANNELS",
    "CASH_KINDS",
    "INPUT_RECORDS",
    "INT_MAX",
    "OUTPUT_RECORDS",
    "PARTIES_BY_KIND",
    "TERMINAL_CHANNELS",
    "TIME_MAX",
    "TIME_MIN",
    "AccountEvent",
    "AccountEventType",
    "Action",
    "Alert",
    "AlertTier",
    "ArrivalMode",
    "AuditAction",
    "AuditOutcome",
    "AuditRecord",
    "CaseControl",
    "Chain",
    "Channel",
    "ControlAction",
    "ControlSubject",
    "CounterEvidence",
    "DeadLetter",
    "DeadLetterCause",
    "DetectorStamp",
    "Direction",
    "Disposition",
    "FreezeRequest",
    "FreezeResponse",
    "FreezeStatus",
    "Host",
    "InputRecord",
    "Kind",
    "LadderState",
    "MatchedTransaction",
    "Measure",
    "NameMatch",
    "Outcome",
    "OutputRecord",
    "Party",
    "PartyType",
    "ReadAgain",
    "Reason",
    "Record",
    "RecordError",
    "Remedial",
    "Remedy",
    "ReportSource",
    "ReportedTransfer",
    "RequestState",
    "Role",
    "RuleCode",
    "Score",
    "SeenAs",
    "Session",
    "Source",
    "Stage",
    "Status",
    "StepTaken",
    "Subject",
    "SubjectKind",
    "Target",
    "Terminal",
    "Tier",
    "Trace",
    "TraceFinding",
    "TraceRecord",
    "TraceWay",
    "TracedPart",
    "TracedReport",
    "Transaction",
    "Verdict",
    "VictimReport",
    "closed_values",
)

InputRecord = Transaction | AccountEvent | VictimReport | Disposition | FreezeResponse | CaseControl
OutputRecord = Alert | FreezeRequest | TraceRecord | Score | DeadLetter | AuditRecord

INPUT_RECORDS: Final[Mapping[str, type[InputRecord]]] = MappingProxyType(
    {
        "transactions": Transaction,
        "account-events": AccountEvent,
        "victim-reports": VictimReport,
        "dispositions": Disposition,
        "freeze-responses": FreezeResponse,
        "case-controls": CaseControl,
    }
)
"""Input topic, by its default name -> class of its records."""

OUTPUT_RECORDS: Final[Mapping[str, type[OutputRecord]]] = MappingProxyType(
    {
        "alerts": Alert,
        "freeze-requests": FreezeRequest,
        "traces": TraceRecord,
        "scores": Score,
        "dead-letters": DeadLetter,
        "audit": AuditRecord,
    }
)
"""Output topic, by its default name -> class of its records."""
