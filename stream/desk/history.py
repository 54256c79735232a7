"""What happened in a case, in order: alerts and their revisions, requests and answers, what people said, the trace. Pure."""

from typing import Final, NamedTuple

from models.records import FreezeRequest, FreezeResponse
from models.units import time_us
from stream.desk.board import Board
from stream.desk.case_file import AlertFile, CaseFile, RequestFile
from stream.desk.words import Said, money, typology, word


class Moment(NamedTuple):
    """One line of the timeline. by: the person, "" where the system spoke. about: the account, "" where it is about none."""

    at_us: int
    kind: str
    said: Said
    by: str = ""
    note: str = ""
    about: str = ""


_ORDER: Final = ("ALERT", "TRACE", "REQUEST", "CONTROL", "ANSWER", "STEP")


def timeline(board: Board, case: CaseFile) -> list[Moment]:
    """Return all that was said of a case, oldest first."""
    found: list[Moment] = []
    for file in case.alerts.values():
        found += _of_alert(file)
    for request in case.requests.values():
        found += _of_request(request)
    for disposition in board.dispositions(case):
        parts = [
            disposition.stage or "",
            disposition.outcome or "",
            "" if disposition.verdict == "UNKNOWN" else disposition.verdict,
        ]
        found.append(Moment(time_us(disposition.decided_at), "STEP", _joined(parts), disposition.decided_by or ""))
    for control in board.controls(case):
        subject = control.subject
        about = subject.id if subject is not None and subject.kind == "ACCOUNT" else ""
        said = _joined([control.action])
        found.append(Moment(time_us(control.made_at), "CONTROL", said, control.actor, control.reason or "", about))
    for account in case.accounts():
        trace = board.traces.get(account)
        if trace is not None and trace.received_minor:
            here, got = money(trace.still_here_minor, trace.currency or ""), money(trace.received_minor, trace.currency or "")
            text = Said(f"追踪：流入涉案款{got}，尚在{here}", f"Trace: {got} of reported money came in, {here} still here")
            found.append(Moment(time_us(trace.as_of), "TRACE", text, about=account))
    return sorted(found, key=lambda one: (one.at_us, _ORDER.index(one.kind), one))


def _of_alert(file: AlertFile) -> list[Moment]:
    """Return a line for the first revision and for each that changed tier, or took the alert back or up again."""
    found, before = [], None
    alert = file.last
    for number in sorted(file.revisions):
        now = file.revisions[number]
        shown = (now.tier, now.is_gone)
        if shown == before:
            continue
        if now.is_gone:
            text = Said("预警已解除", "The alert is taken back")
        else:
            at_risk = money(now.at_risk_minor, alert.currency)
            text = Said(
                f"{'预警' if before is None else '预警更新'}：{typology(alert.typology, 'zh')}，"
                f"{word(f'TIER_{now.tier}', 'zh')}级，涉险{at_risk}",
                f"{'Alert' if before is None else 'Alert, again'}: {typology(alert.typology, 'en')}, tier {now.tier} "
                f"({word(f'TIER_{now.tier}', 'en').lower()}), {at_risk} at risk",
            )
        found.append(Moment(now.raised_us, "ALERT", text, about=alert.subject.id if alert.subject.kind == "ACCOUNT" else ""))
        before = shown
    return found


def _of_request(file: RequestFile) -> list[Moment]:
    account = file.last().target.account
    found = [Moment(time_us(request.requested_at), "REQUEST", _asked(request), about=account) for request in file.said.values()]
    for texts in file.answers.values():
        found += [
            Moment(
                time_us(one.responded_at),
                "ANSWER",
                _answered(one, file.last().currency),
                one.authority or "",
                one.reason or "",
                account,
            )
            for one in texts
        ]
    return found


def _asked(request: FreezeRequest) -> Said:
    if request.state == "WITHDRAWN":
        reason = request.reasons[0] if request.reasons else None
        return Said(
            f"止付请求已撤回。{reason.zh if reason else ''}",
            f"The freeze request is withdrawn. {reason.en if reason else ''}".strip(),
        )
    amount = money(request.requested_amount_minor, request.currency)
    return Said(f"提请止付{amount}(第{request.sequence}次)", f"Stop-payment of {amount} proposed (no. {request.sequence})")


def _answered(answer: FreezeResponse, currency: str) -> Said:
    held = answer.held_amount_minor
    amount = "" if held is None else " " + money(held, currency)
    fields = f" ({', '.join(answer.mismatch_fields)})" if answer.mismatch_fields else ""
    order = Said(f"，文书号{answer.order_no}", f", order {answer.order_no}") if answer.order_no else Said("", "")
    return Said(
        f"公安答复：{word(answer.status, 'zh')}{amount}{fields}{order.zh}",
        f"The liaison answered: {word(answer.status, 'en').lower()}{amount}{fields}{order.en}",
    )


def _joined(codes: list[str]) -> Said:
    parts = [code for code in codes if code] or ["UNKNOWN"]
    return Said("，".join(word(part, "zh") for part in parts), "; ".join(word(part, "en") for part in parts))
