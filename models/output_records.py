"""The records that go out: alerts, freeze requests, traces, scores, dead letters and the audit of the desk.

Import from `models.records`. What these check about single fields guards against our own mistakes: their makers do not
decode them.
"""

from models.contract_types import (
    INT_MAX,
    Action,
    AlertTier,
    AmountMinor,
    AuditAction,
    AuditOutcome,
    Count,
    Currency,
    Direction,
    EventId,
    Identifier,
    LadderState,
    Measure,
    Ordinal,
    Outcome,
    Record,
    RecordError,
    Remedial,
    RequestState,
    Role,
    SeenAs,
    Sha256,
    Share,
    Stage,
    SubjectKind,
    Text,
    Tier,
    Time,
    TraceFinding,
    TraceWay,
    Verdict,
    check_range,
    check_time,
)
from models.units import AMOUNT_MAX_MINOR


class Source(Record, frozen=True, kw_only=True, gc=False):
    """Where a record was read: a place in the log."""

    topic: Text
    partition: Count
    offset: Count


class Chain(Record, frozen=True, kw_only=True, gc=False):
    """A record's place in the chain of what one partition of `keyed` published to a topic (connectors/record_chain.py).

    sha256: of the record without this member. before: the link of the record before; left out of the first.
    """

    partition: Count
    number: Ordinal
    sha256: Sha256
    before: Sha256 | None = None


class Subject(Record, frozen=True, kw_only=True, gc=False):
    """Whom or what an alert is about."""

    role: Role
    kind: SubjectKind
    id: Identifier


class Reason(Record, frozen=True, kw_only=True, gc=False):
    """One coded cause: the measured value beside its threshold, said in Chinese and English."""

    code: Text
    zh: Text
    en: Text
    value: int | float
    threshold: int | float
    window_s: Count | None = None

    def __post_init__(self) -> None:
        """JSON has no infinity and no NaN: refuse them here, where the detector at fault is still on the stack."""
        if self.value - self.value != 0:
            raise RecordError("out_of_range", "value", "the number must be finite")
        if self.threshold - self.threshold != 0:
            raise RecordError("out_of_range", "threshold", "the number must be finite")


class CounterEvidence(Record, frozen=True, kw_only=True, gc=False):
    """A look-alike that was checked, and why it does not apply."""

    lookalike: Text
    zh: Text
    en: Text


class DetectorStamp(Record, frozen=True, kw_only=True, gc=False):
    """Which code under which policy said it."""

    name: Text
    version: Text
    policy_version: Text


class StepTaken(Record, frozen=True, kw_only=True, gc=False):
    """What a person found or did about an alert, as a disposition told it. event_id: if it was about one event only."""

    disposition_id: Identifier
    decided_at: Time
    verdict: Verdict
    stage: Stage | None = None
    outcome: Outcome | None = None
    decided_by: Identifier | None = None
    event_id: EventId | None = None

    def __post_init__(self) -> None:
        check_time("decided_at", self.decided_at)


class Alert(Record, frozen=True, kw_only=True, gc=False):
    """A suspicion about one subject, with its reasons; of several revisions the highest counts.

    hold_until: when the hold that it recommends ends. steps: what people did about it, oldest first; ladder: where that left it.
    held_back_s: how long the alert budget kept it from being published, absent if not at all.
    chain: given when it is published, always the last member; the same holds of the other records that have one.
    """

    alert_id: Identifier
    revision: Ordinal
    raised_at: Time
    event_time: Time
    trigger_event_id: EventId
    typology: Text
    subject: Subject
    tier: AlertTier
    score: Share
    amount_at_risk_minor: Count
    currency: Currency
    recommended_action: Action
    reasons: tuple[Reason, ...]
    evidence: tuple[EventId, ...]
    counter_evidence: tuple[CounterEvidence, ...]
    case_id: Identifier
    detector: DetectorStamp
    source: Source
    hold_until: Time | None = None
    steps: tuple[StepTaken, ...] | None = None
    ladder: LadderState | None = None
    held_back_s: Count | None = None
    chain: Chain | None = None

    def __post_init__(self) -> None:
        check_time("raised_at", self.raised_at)
        check_time("event_time", self.event_time)
        check_range("revision", self.revision, 1, INT_MAX)
        check_range("tier", self.tier, 1, 3)
        check_range("score", self.score, 0.0, 1.0)
        check_range("amount_at_risk_minor", self.amount_at_risk_minor, 0, INT_MAX)


class Target(Record, frozen=True, kw_only=True, gc=False):
    """The account a freeze request asks to stop; never that of a suspected victim."""

    account: Identifier
    bank: Identifier | None = None
    on_us: bool | None = None
    customer: Identifier | None = None


class MatchedTransaction(Record, frozen=True, kw_only=True, gc=False):
    """A booked transaction of the target, with the fields the other side matches on.

    Hop 1 is the account the victim paid.
    """

    event_id: EventId
    booked_at: Time
    amount_minor: AmountMinor
    direction: Direction
    counterparty_account: Identifier
    counterparty_bank: Identifier | None = None
    hop: Ordinal

    def __post_init__(self) -> None:
        check_range("amount_minor", self.amount_minor, 0, AMOUNT_MAX_MINOR)
        check_range("hop", self.hop, 1, INT_MAX)
        check_time("booked_at", self.booked_at)


class Trace(Record, frozen=True, kw_only=True, gc=False):
    """How the money was followed, and over how many steps."""

    method: Text
    hops: Ordinal


class FreezeRequest(Record, frozen=True, kw_only=True, gc=False):
    """Our proposal to the liaison: stop one account for a limited amount. People decide.

    source: the record that gave rise to it. policy_version: what it was decided by.
    """

    request_id: Identifier
    sequence: Ordinal
    state: RequestState
    requested_at: Time
    case_id: Identifier
    case_ref: Identifier | None = None
    measure: Measure
    target: Target
    requested_amount_minor: Count
    currency: Currency
    transactions: tuple[MatchedTransaction, ...]
    trace: Trace | None = None
    alert_ids: tuple[Identifier, ...]
    reasons: tuple[Reason, ...]
    valid_until: Time
    source: Source | None = None
    policy_version: Text | None = None
    chain: Chain | None = None

    def __post_init__(self) -> None:
        check_time("requested_at", self.requested_at)
        check_time("valid_until", self.valid_until)
        check_range("sequence", self.sequence, 1, INT_MAX)
        check_range("requested_amount_minor", self.requested_amount_minor, 0, INT_MAX)
        if self.valid_until < self.requested_at:
            raise RecordError("conflicting_fields", "valid_until", "a request cannot end before it is made")


class TracedPart(Record, frozen=True, kw_only=True, gc=False):
    """Reported money that left an account by one movement. amount_minor: the reported part of it, at most the whole.

    way: to an account that is followed, to another bank, as cash, in fair trade (shop, office, wages), in a part too small or
    deeper than is followed, or unseen: no record shows it, but a told balance proves it. terminal: of cash, for the camera.
    """

    event_id: EventId
    booked_at: Time
    amount_minor: Count
    way: TraceWay
    hop: Ordinal
    account: Identifier | None = None
    bank: Identifier | None = None
    terminal: Identifier | None = None


class Remedy(Record, frozen=True, kw_only=True, gc=False):
    """What can still be done about one movement, the money it can save, and until when; `closes_at` left out where nobody can tell.

    RECALL: ask the other bank to send it back. KEEP_PICTURE: of the machine's camera, before it is overwritten.
    """

    remedy: Remedial
    amount_minor: Count
    event_id: EventId | None = None
    closes_at: Time | None = None
    account: Identifier | None = None
    bank: Identifier | None = None
    terminal: Identifier | None = None


class TracedReport(Record, frozen=True, kw_only=True, gc=False):
    """What came of looking for one reported transfer at the account that paid it.

    events: the booked payments it may mean. is_taken_back: they were reversed since.
    """

    report_id: Identifier
    finding: TraceFinding
    amount_minor: Count
    events: tuple[EventId, ...] = ()
    case_ref: Identifier | None = None
    is_taken_back: bool | None = None


class TraceRecord(Record, frozen=True, kw_only=True, gc=False):
    """Where reported money is, as one account sees it; of several revisions the highest counts.

    hop: the least of its chains, 0 for an account that only paid what was reported. reports: the reports behind the money;
    reported: those of this account's own payments. received, still here and left are by `method`; `other_still_here_minor` is what
    the other rule leaves here. remedies: as of then, what saves most surely first. What was received equals what is still here and
    what left, to the minor unit.
    """

    account: Identifier
    revision: Ordinal
    as_of: Time
    hop: Count
    method: Text
    currency: Currency | None = None
    received_minor: Count = 0
    still_here_minor: Count = 0
    other_still_here_minor: Count = 0
    sources: tuple[EventId, ...] = ()
    reports: tuple[Identifier, ...] = ()
    case_refs: tuple[Identifier, ...] = ()
    left: tuple[TracedPart, ...] = ()
    reported: tuple[TracedReport, ...] = ()
    remedies: tuple[Remedy, ...] = ()
    chain: Chain | None = None

    def __post_init__(self) -> None:
        check_time("as_of", self.as_of)


class Score(Record, frozen=True, kw_only=True, gc=False):
    """Calibrated risk, 0 to 1, that a transaction is part of a fraud, as one of its keys sees it.

    seen_as: the party that the key is. A later record of the same transaction and party replaces the earlier; of the last records
    of its parties the highest (tier, then score) is the score of the transaction.
    """

    event_id: EventId
    event_time: Time
    score: Share
    typology: Text | None = None
    tier: Tier
    seen_as: SeenAs | None = None

    def __post_init__(self) -> None:
        check_time("event_time", self.event_time)
        check_range("score", self.score, 0.0, 1.0)
        check_range("tier", self.tier, 0, 3)


class DeadLetterCause(Record, frozen=True, kw_only=True, gc=False):
    """Why a record could not be read: a code of the closed set and a sentence without any of its values."""

    code: Text
    field: Text | None = None
    reason: Text


class DeadLetter(Record, frozen=True, kw_only=True, gc=False):
    """A record we could not read: where it lies, why, its fingerprint and a masked excerpt."""

    source: Source
    failed_at: Time
    error: DeadLetterCause
    raw_sha256: Sha256
    raw_excerpt: str

    def __post_init__(self) -> None:
        check_time("failed_at", self.failed_at)


class AuditRecord(Record, frozen=True, kw_only=True, gc=False):
    """What a person did, or tried to do, at the desk. An action is written here before it is carried out.

    role: of the desk's own list, left out before sign-in. record_id: of the disposition, control or answer that says the rest.
    subject_hmac: of an account searched for or opened, keyed with the desk's own key, so that the topic holds no account and
    nobody can guess one from it. case_ref: the police case under which identifiers were opened.
    """

    audit_id: Identifier
    made_at: Time
    actor: Identifier
    role: Identifier | None = None
    action: AuditAction
    outcome: AuditOutcome
    case_id: Identifier | None = None
    record_id: Identifier | None = None
    subject_hmac: Sha256 | None = None
    case_ref: Identifier | None = None
    address: Text | None = None
    reason: Text | None = None

    def __post_init__(self) -> None:
        check_time("made_at", self.made_at)
