"""The board: what the records of the topics come to, case by case. Records in, in any order and as often as they like; cases out.

Every file of a case holds the records themselves, each once: of an alert the highest revision with a glimpse of the earlier ones,
of a freeze request every statement of ours and every answer. What follows from them (`standing`, `history`, `flow`) is worked out
when asked for, so the order in which topics are read changes nothing, and a restart that reads them again ends in the same board.

A case is a ring: an alert belongs to the case that its highest revision names, which may change while a ring becomes known, and a
freeze request to the case of its alerts.
"""

from collections.abc import Iterator
from typing import Final, TypeVar

from models.records import (
    Alert,
    CaseControl,
    Disposition,
    FreezeRequest,
    FreezeResponse,
    TraceRecord,
)
from models.units import time_us
from stream.desk.case_file import AlertFile, CaseFile, Glimpse, RequestFile, is_gone

TOPICS: Final = ("alerts", "freeze-requests", "freeze-responses", "dispositions", "case-controls", "traces")
"""What a board is made of."""

APPROVALS: Final = ("APPROVE_PROTECTED", "APPROVE_REQUEST")
"""The controls by which a person stands behind a freeze request."""

Key = TypeVar("Key")
Value = TypeVar("Value")
BoardRecord = Alert | FreezeRequest | FreezeResponse | Disposition | CaseControl | TraceRecord


class Board:
    """The view. `version` rises with every change."""

    def __init__(self) -> None:
        """Start empty."""
        self.version = 0
        self.cases: dict[str, CaseFile] = {}
        self.requests: dict[str, RequestFile] = {}
        self.traces: dict[str, TraceRecord] = {}
        self.settled: set[str] = set()
        """Cases found done; they stay so until an alert, a request or an answer says more, so the queue passes them over."""
        self.moved: dict[str, str] = {}
        """Cases that records have named, and the case that these records are in now. It matters where the first is no more."""
        self._alerts: dict[str, AlertFile] = {}
        self._case_of_request: dict[str, str] = {}
        self._requests_of_alert: dict[str, set[str]] = {}
        self._on_alert: dict[str, dict[str, Disposition]] = {}
        self._on_event: dict[str, dict[str, Disposition]] = {}
        self._controls: dict[tuple[str, str], dict[str, CaseControl]] = {}

    def take(self, record: BoardRecord) -> bool:
        """Put a record where it belongs; return whether that changed anything."""
        is_new = self._take(record)
        self.version += is_new
        return is_new

    def _take(self, record: BoardRecord) -> bool:
        match record:
            case Alert():
                return self._take_alert(record)
            case FreezeRequest():
                return self._take_request(record)
            case FreezeResponse():
                return self._take_answer(record)
            case Disposition():
                return self._take_disposition(record)
            case CaseControl():
                subject = record.subject
                if subject is None:  # for all freeze requests: nothing of one case
                    return False
                return _put(self._controls.setdefault((subject.kind, subject.id), {}), record.control_id, record)
            case TraceRecord():
                known = self.traces.get(record.account)
                if known is not None and known.revision >= record.revision:
                    return False
                self.traces[record.account] = record
                return True

    def _take_alert(self, alert: Alert) -> bool:
        file = self._alerts.get(alert.alert_id)
        if file is None:
            file = self._alerts[alert.alert_id] = AlertFile(alert, {})
            self._case(alert.case_id).alerts[alert.alert_id] = file
        glimpse = Glimpse(
            time_us(alert.raised_at),
            alert.tier,
            is_gone(alert),
            alert.amount_at_risk_minor,
            tuple(reason.code for reason in alert.reasons),
        )
        if not _put(file.revisions, alert.revision, glimpse):
            return False
        before = file.last.case_id
        if alert.revision > file.last.revision:
            file.last = alert
        after = file.last.case_id
        if after != before:
            self._case(before).alerts.pop(alert.alert_id)
            self._case(after).alerts[alert.alert_id] = file
        self.settled.discard(after)
        self.moved |= {case_id: after for case_id in (before, alert.case_id) if case_id != after}
        for request_id in sorted(self._requests_of_alert.get(alert.alert_id, ())):
            self._place(request_id)
        self._leave(before, after)
        return True

    def _take_request(self, request: FreezeRequest) -> bool:
        file = self._request(request.request_id)
        if not _put(file.said, request.sequence, request):
            return False
        for alert_id in request.alert_ids:
            self._requests_of_alert.setdefault(alert_id, set()).add(request.request_id)
        self._place(request.request_id)
        return True

    def _place(self, request_id: str) -> None:
        """Put a request into the case of its alerts, or into the one that it names, as long as none of its alerts is known."""
        file = self.requests[request_id]
        last, before = file.last(), self._case_of_request.get(request_id)
        known = [self._alerts[alert_id].last.case_id for alert_id in sorted(last.alert_ids) if alert_id in self._alerts]
        after = known[0] if known else last.case_id
        if before is not None and before != after:
            self.cases[before].requests.pop(request_id)
        self._case(after).requests[request_id] = file
        self._case_of_request[request_id] = after
        self.settled.discard(after)
        self.moved |= {case_id: after for case_id in (before or after, last.case_id) if case_id != after}
        if before is not None:
            self._leave(before, after)

    def _leave(self, before: str, after: str) -> None:
        """Let go of a case of which nothing is left."""
        case = self.cases.get(before)
        if before != after and case is not None and not case.alerts and not case.requests:
            del self.cases[before]
            self.settled.discard(before)

    def _take_answer(self, answer: FreezeResponse) -> bool:
        file = self._request(answer.request_id)
        self.settled.discard(self._case_of_request.get(answer.request_id, ""))
        texts = file.answers.setdefault(answer.sequence, [])
        if answer in texts:
            return False
        texts.append(answer)
        return True

    def _take_disposition(self, disposition: Disposition) -> bool:
        if disposition.alert_id is not None:
            return _put(self._on_alert.setdefault(disposition.alert_id, {}), disposition.disposition_id, disposition)
        assert disposition.event_id is not None
        return _put(self._on_event.setdefault(disposition.event_id, {}), disposition.disposition_id, disposition)

    def _case(self, case_id: str) -> CaseFile:
        return self.cases.setdefault(case_id, CaseFile(case_id, {}, {}))

    def _request(self, request_id: str) -> RequestFile:
        return self.requests.setdefault(request_id, RequestFile(request_id, {}, {}))

    def now_called(self, case_id: str) -> str:
        """Return the case that a case has become part of, or itself."""
        seen = set[str]()
        while case_id not in self.cases and case_id in self.moved and case_id not in seen:
            seen.add(case_id)
            case_id = self.moved[case_id]
        return case_id

    def requests_on(self, account: str) -> list[RequestFile]:
        """Return the requests that target an account."""
        return [file for file in self.requests.values() if file.said and file.last().target.account == account]

    def dispositions(self, case: CaseFile) -> list[Disposition]:
        """Return what people said of the alerts of a case or of events that these rest on, oldest first."""
        found: dict[str, Disposition] = {}
        for alert_id, file in case.alerts.items():
            found |= self._on_alert.get(alert_id, {})
            for event_id in file.last.evidence:
                found |= self._on_event.get(event_id, {})
        return sorted(found.values(), key=lambda one: (one.decided_at, one.disposition_id))

    def controls(self, case: CaseFile) -> list[CaseControl]:
        """Return the controls on whom a case is about, oldest first."""
        subjects = {(file.last.subject.kind, file.last.subject.id) for file in case.alerts.values()}
        subjects |= {("ACCOUNT", account) for account in case.accounts()}
        found = [control for subject in subjects for control in self._controls.get(subject, {}).values()]
        return sorted(found, key=lambda one: (one.made_at, one.control_id))

    def approvers(
        self, case: CaseFile, account: str = "", *, actions: tuple[str, ...] = APPROVALS, since_us: int = 0
    ) -> tuple[str, ...]:
        """Return the persons who approved a freeze request of a case, on one account or on any, each once, since the case began."""
        first_us = min(
            [glimpse.raised_us for file in case.alerts.values() for glimpse in file.revisions.values()]
            + [time_us(request.requested_at) for file in case.requests.values() for request in file.said.values()],
            default=0,
        )
        approved = [
            one
            for one in self.controls(case)
            if one.action in actions and time_us(one.made_at) >= max(first_us, since_us) and account in ("", _named(one))
        ]
        return tuple(dict.fromkeys(control.actor for control in approved))

    def search(self, text: str) -> list[str]:
        """Return the cases that a text names: case, alert, request, police case reference, or an account anywhere in them."""
        text = text.strip()
        return sorted(case_id for case_id, case in self.cases.items() if text and text in self._names(case))

    def _names(self, case: CaseFile) -> Iterator[str]:
        yield case.case_id
        yield from case.alerts
        yield from (file.last.subject.id for file in case.alerts.values())
        for request_id, file in case.requests.items():
            last = file.last()
            yield request_id
            yield last.target.account
            yield last.case_ref or ""
            yield from (match.counterparty_account for match in last.transactions)
        for account in case.accounts():
            trace = self.traces.get(account)
            if trace is not None:
                yield from trace.case_refs
                yield from trace.reports
                yield from (part.account or "" for part in trace.left)

    def forget(self, before_us: int) -> int:
        """Leave out cases of which nothing was said since a moment; return how many. What is on their topics is not touched."""
        old = [case_id for case_id, case in self.cases.items() if _newest_us(case) < before_us]
        for case_id in old:
            case = self.cases.pop(case_id)
            self.settled.discard(case_id)
            for account in case.accounts():
                self.traces.pop(account, None)
            for request_id in case.requests:
                self.requests.pop(request_id, None)
                self._case_of_request.pop(request_id, None)
            for alert_id in case.alerts:
                for index in (self._alerts, self._on_alert, self._requests_of_alert):
                    index.pop(alert_id, None)
        self.version += bool(old)
        return len(old)


def _newest_us(case: CaseFile) -> int:
    told = [glimpse.raised_us for file in case.alerts.values() for glimpse in file.revisions.values()]
    for file in case.requests.values():
        told += [time_us(request.requested_at) for request in file.said.values()]
        told += [time_us(text.responded_at) for texts in file.answers.values() for text in texts]
    return max(told, default=0)


def _put(found: dict[Key, Value], key: Key, value: Value) -> bool:
    """Keep what is said first under a key; return whether it was the first."""
    if key in found:
        return False
    found[key] = value
    return True


def _named(control: CaseControl) -> str:
    """Return the id of whom a control names, "" if it is for all."""
    return control.subject.id if control.subject is not None else ""
