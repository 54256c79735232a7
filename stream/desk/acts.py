"""What a person does at the desk, as the record that says it. Pure: form fields, board and time in, a record out.

Approve: a case control. Withdraw: a disposition LEGITIMATE on the alert, which takes the request back. Acknowledge, reject and the
other answers: a freeze response under the next number. A step of the dissuasion: a disposition with stage and outcome.
"""

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timedelta, timezone
from typing import Final, Literal, NamedTuple, cast, get_args

from models.freeze_life import STOPS_MAX, stops
from models.records import (
    INPUT_RECORDS,
    INT_MAX,
    CaseControl,
    ControlSubject,
    Disposition,
    FreezeResponse,
    FreezeStatus,
    Outcome,
    RecordError,
    Stage,
    Verdict,
)
from models.units import AMOUNT_MAX_MINOR, instant
from stream.desk.board import Board
from stream.desk.case_file import CaseFile, is_gone

REASON_MAX: Final = 400
"""Characters of a reason: some sentences. Ours."""
SNOOZE_HOURS_MAX: Final = 168
"""Hours a snooze may last here: a week. The policy may bound it further."""
NEEDS_REASON: Final = frozenset({"REJECTED", "MISMATCH", "NEED_INFO", "RELEASED"})
ActRecord = Disposition | CaseControl | FreezeResponse


class Doer(NamedTuple):
    """Who acts, when, and the id that the record shall bear."""

    name: str
    now_us: int
    record_id: str


class ActError(Exception):
    """What was filled in cannot become a record. code: of a sentence of `words`."""

    def __init__(self, code: str) -> None:
        """Keep the code."""
        super().__init__(code)
        self.code = code


def topic_of(record: ActRecord) -> str:
    """Return the topic on which a record of the desk belongs."""
    return next(topic for topic, kind in INPUT_RECORDS.items() if kind is type(record))


def key_of(record: ActRecord) -> str:
    """Return the key of a record, as the contract gives it."""
    match record:
        case Disposition():
            return record.alert_id or record.event_id or ""
        case CaseControl():
            return record.subject.id if record.subject is not None else record.control_id
        case FreezeResponse():
            return record.request_id


def id_of(record: ActRecord) -> str:
    """Return by what the audit names a record."""
    match record:
        case Disposition():
            return record.disposition_id
        case CaseControl():
            return record.control_id
        case FreezeResponse():
            return f"{record.request_id}/{record.sequence}"


def approvable(case: CaseFile) -> dict[str, str]:
    """Return what of a case can be approved: id of a request, or of an alert that has none yet -> account."""
    found = {request_id: file.last().target.account for request_id, file in sorted(case.requests.items())}
    for alert_id, file in sorted(case.alerts.items()):
        alert = file.last
        if alert.subject.role == "MULE_SUSPECTED" and not is_gone(alert) and alert.subject.id not in found.values():
            found[alert_id] = alert.subject.id
    return found


class Approval(NamedTuple):
    """What consent to a freeze request on an account would be now. since_us: a person's consent before then is used up.

    is_order: the request was rejected or released, and the consent has it made again; it needs a reason.
    """

    action: Literal["APPROVE_PROTECTED", "APPROVE_REQUEST"]
    since_us: int
    is_order: bool


def approval_on(board: Board, case: CaseFile, account: str) -> Approval:
    """Return which control consent would be: to a request that waits, to one made anew, or on a protected account.

    Errors: ActError where the law lets no further request be made.
    """
    lives = [file.life() for file in case.requests.values() if file.last().target.account == account]
    last = max(lives, key=lambda life: (life.proposed_us, life.request_id), default=None)
    if last is not None and last.answer is not None and last.state in ("REJECTED", "RELEASED"):
        if stops([file.life() for file in board.requests_on(account)]) >= STOPS_MAX:
            raise ActError("stops_used_up")
        return Approval("APPROVE_REQUEST", last.answer.at_us + 1, is_order=True)
    codes = {reason.code for file in case.alerts.values() if file.last.subject.id == account for reason in file.last.reasons}
    is_waiting = not codes.isdisjoint(("AWAITS_APPROVAL", "REVIEW_ONLY"))
    return Approval("APPROVE_REQUEST" if is_waiting else "APPROVE_PROTECTED", 0, is_order=False)


def orders(board: Board, case: CaseFile) -> frozenset[str]:
    """Return what of `approvable` a person can only order anew, because it was rejected or released."""
    found = set()
    for on, account in approvable(case).items():
        with suppress(ActError):
            if approval_on(board, case, account).is_order:
                found.add(on)
    return frozenset(found)


def approve(board: Board, case: CaseFile, doer: Doer, form: Mapping[str, str]) -> CaseControl:
    """Return one person's consent to a freeze request on an account of a case, which the form names by request or alert.

    Errors: ActError where there is no such account, this person has consented already, a third stop would follow, or a request is
    ordered anew without a reason.
    """
    account = approvable(case).get(form.get("on", ""))
    if account is None:
        raise ActError("nothing_to_approve")
    approval = approval_on(board, case, account)
    if doer.name in board.approvers(case, account, actions=(approval.action,), since_us=approval.since_us):
        raise ActError("approved_already")
    if approval.is_order and _text(form, "reason") is None:
        raise ActError("reason_missing")
    return CaseControl(
        control_id=doer.record_id,
        made_at=instant(doer.now_us),
        actor=doer.name,
        subject=ControlSubject(kind="ACCOUNT", id=account),
        action=approval.action,
        reason=_text(form, "reason"),
    )


def withdraw(case: CaseFile, doer: Doer, form: Mapping[str, str]) -> Disposition:
    """Return the finding that an alert is legitimate. Errors: ActError without a reason, or where the case has no such alert.

    The contract's disposition has no field for the reason: it stands in the audit.
    """
    if _text(form, "reason") is None:
        raise ActError("reason_missing")
    return Disposition(
        disposition_id=doer.record_id,
        decided_at=instant(doer.now_us),
        alert_id=_alert(case, form),
        verdict="LEGITIMATE",
        decided_by=doer.name,
    )


def step(case: CaseFile, doer: Doer, form: Mapping[str, str]) -> Disposition:
    """Return a step of the dissuasion with its outcome. Errors: ActError for what the contract does not know."""
    stage, outcome, verdict = form.get("stage", ""), form.get("outcome", ""), form.get("verdict", "UNKNOWN")
    if stage not in get_args(Stage) or outcome not in get_args(Outcome) or verdict not in ("UNKNOWN", "FRAUD"):
        raise ActError("choice_missing")
    return Disposition(
        disposition_id=doer.record_id,
        decided_at=instant(doer.now_us),
        alert_id=_alert(case, form),
        verdict=cast("Verdict", verdict),
        decided_by=doer.name,
        stage=cast("Stage", stage),
        outcome=cast("Outcome", outcome),
    )


def answer(case: CaseFile, doer: Doer, form: Mapping[str, str], utc_offset_s: int) -> FreezeResponse:
    """Return the liaison's answer to a freeze request, under the next number.

    utc_offset_s: of the zone in which `ends_at` was typed. Errors: ActError for what is missing or cannot be.
    """
    file = case.requests.get(form.get("request_id", ""))
    status = form.get("status", "")
    if file is None or status not in get_args(FreezeStatus) or status == "EXPIRED":
        raise ActError("choice_missing")
    if status in NEEDS_REASON and _text(form, "reason") is None:
        raise ActError("reason_missing")
    try:
        return FreezeResponse(
            request_id=file.request_id,
            sequence=file.next_sequence(),
            responded_at=instant(doer.now_us),
            status=cast("FreezeStatus", status),
            order_no=_text(form, "order_no"),
            authority=_text(form, "authority"),
            held_amount_minor=minor_of(form.get("held", "")) if status == "EXECUTED" else None,
            ends_at=_time(form.get("ends_at", ""), utc_offset_s) if status == "EXECUTED" else None,
            mismatch_fields=_fields(form) if status == "MISMATCH" else None,
            reason=_text(form, "reason"),
        )
    except RecordError as error:
        raise ActError("not_valid") from error


def snooze(case: CaseFile, doer: Doer, form: Mapping[str, str]) -> CaseControl:
    """Return the order to keep the alerts of one kind on a subject quiet for some hours. Errors: ActError."""
    alert = case.alerts[_alert(case, form)].last
    hours = form.get("hours", "")
    if not hours.isascii() or not hours.isdigit() or not 1 <= int(hours[:4]) <= SNOOZE_HOURS_MAX:
        raise ActError("not_valid")
    if _text(form, "reason") is None:
        raise ActError("reason_missing")
    return CaseControl(
        control_id=doer.record_id,
        made_at=instant(doer.now_us),
        actor=doer.name,
        subject=ControlSubject(kind=alert.subject.kind, id=alert.subject.id),
        typology=alert.typology,
        action="SNOOZE",
        until=instant(doer.now_us) + timedelta(hours=int(hours)),
        reason=_text(form, "reason"),
    )


def minor_of(text: str) -> int | None:
    """Return an amount typed in yuan as minor units, None for nothing. Errors: ActError for anything that is no such amount.

    >>> minor_of("44,800.5"), minor_of("")
    (4480050, None)
    """
    text = text.replace(",", "").replace("\uff0c", "").strip()
    if not text:
        return None
    whole, _, part = text.partition(".")
    if not (whole.isascii() and whole.isdigit() and len(whole) <= 13 and len(part) <= 2) or (part and not part.isdigit()):
        raise ActError("not_an_amount")
    amount_minor = int(whole) * 100 + int(part.ljust(2, "0"))
    if not 0 <= amount_minor <= min(AMOUNT_MAX_MINOR, INT_MAX):
        raise ActError("not_an_amount")
    return amount_minor


def _time(text: str, utc_offset_s: int) -> datetime | None:
    """Return a moment typed in the bank's local time ("2026-03-04T09:30"), None for nothing."""
    if not text.strip():
        return None
    try:
        local = datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise ActError("not_a_time") from error
    return local if local.tzinfo is not None else local.replace(tzinfo=_zone(utc_offset_s))


def _zone(utc_offset_s: int) -> timezone:
    return timezone(timedelta(seconds=utc_offset_s))


def _alert(case: CaseFile, form: Mapping[str, str]) -> str:
    alert_id = form.get("alert_id", "")
    if alert_id not in case.alerts:
        raise ActError("choice_missing")
    return alert_id


def _text(form: Mapping[str, str], name: str) -> str | None:
    text = form.get(name, "").strip()
    if len(text) > (REASON_MAX if name == "reason" else 128):
        raise ActError("too_long")
    return text or None


def _fields(form: Mapping[str, str]) -> tuple[str, ...] | None:
    named = (_text(form, "mismatch_fields") or "").replace("\uff0c", ",").split(",")
    return tuple(filter(None, (name.strip() for name in named))) or None
