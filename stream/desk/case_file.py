"""What is kept of a case: the records of its alerts and freeze requests, each once, and what they say about it. Pure."""

from typing import Final

import msgspec

from models.freeze_life import FreezeLife, answer_of, propose, take_answer, withdraw
from models.records import Alert, FreezeRequest, FreezeResponse, Subject
from models.units import time_us

GONE_CODES: Final = frozenset({"WITHDRAWN", "DISPOSED_LEGITIMATE"})


class Glimpse(msgspec.Struct, frozen=True, gc=False):
    """What of an earlier revision of an alert is worth keeping."""

    raised_us: int
    tier: int
    is_gone: bool
    at_risk_minor: int
    codes: tuple[str, ...]


class AlertFile(msgspec.Struct, gc=False):
    """An alert: its highest revision, and a glimpse of each by number."""

    last: Alert
    revisions: dict[int, Glimpse]


class RequestFile(msgspec.Struct, gc=False):
    """A freeze request: our statements by sequence, as first read, and the answers by theirs, second texts under one number too."""

    request_id: str
    said: dict[int, FreezeRequest]
    answers: dict[int, list[FreezeResponse]]

    def last(self) -> FreezeRequest:
        """Return our last statement. Only of a file that holds one."""
        return self.said[max(self.said)]

    def next_sequence(self) -> int:
        """Return the number that the next answer bears."""
        return max(self.answers, default=0) + 1

    def life(self) -> FreezeLife:
        """Return the life of the request so far: statements and answers in the order of their times."""
        life = FreezeLife(self.request_id)
        told: list[tuple[int, int, int, int, FreezeRequest | FreezeResponse]] = [
            (time_us(request.requested_at), 0, sequence, 0, request) for sequence, request in self.said.items()
        ]
        for sequence, texts in self.answers.items():
            told += [(time_us(text.responded_at), 1, sequence, place, text) for place, text in enumerate(_in_order(texts))]
        for at_us, _, _, _, record in sorted(told, key=lambda one: one[:4]):
            if isinstance(record, FreezeResponse):
                take_answer(life, answer_of(record))
            elif record.state == "PROPOSED":
                propose(life, at_us, time_us(record.valid_until), record.requested_amount_minor, record.currency)
            else:
                withdraw(life)
        return life


def _in_order(texts: list[FreezeResponse]) -> list[FreezeResponse]:
    return sorted(texts, key=msgspec.json.encode)


class CaseFile(msgspec.Struct, gc=False):
    """All records of a case. alerts and requests: by id, in the order of their ids."""

    case_id: str
    alerts: dict[str, AlertFile]
    requests: dict[str, RequestFile]

    def subject(self) -> Subject | None:
        """Return whom the case is about, None where only a freeze request is known of it."""
        lead = self.lead()
        return None if lead is None else lead.subject

    def lead(self) -> Alert | None:
        """Return the weightiest alert: of those that stand, by tier, then by score."""
        alerts = [file.last for file in self.alerts.values()]
        return max(alerts, key=lambda one: (not is_gone(one), one.tier, one.score, one.alert_id), default=None)

    def accounts(self) -> tuple[str, ...]:
        """Return the accounts that the case is about: subjects and targets."""
        found = {file.last.subject.id for file in self.alerts.values() if file.last.subject.kind == "ACCOUNT"}
        return tuple(sorted(found | {file.last().target.account for file in self.requests.values()}))


def is_gone(alert: Alert) -> bool:
    """Return whether a statement says that the alert's ground is gone."""
    return any(reason.code in GONE_CODES for reason in alert.reasons)
