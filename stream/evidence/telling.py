"""Tells a case in order of time, each moment in Chinese and English: what was booked, what we said, what people did."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import NamedTuple

from stream.evidence import words
from stream.evidence.facts import Facts, Record, moment, money
from stream.evidence.words import Said, said


class Moment(NamedTuple):
    """One thing that happened. lane: which line of the timeline it stands on. tier: of an alert."""

    at: datetime
    time: str
    lane: str
    zh: str
    en: str
    tier: int = 0


LANES: Mapping[str, Said] = {
    "money": ("资金", "money"),
    "account": ("账户操作", "account"),
    "people": ("人工与警方", "people"),
    "alert": ("预警", "our alerts"),
    "request": ("止付建议", "freeze request"),
}
"""Lines of the timeline, in the order in which one thing follows from another."""


def story(facts: Facts) -> list[Moment]:
    """Return the moments of a case in order of time; at the same moment what was booked first, then what was said of it."""
    lanes = list(LANES)
    alerts, requests = news(facts)
    found = [*_inputs(facts), *_alerts(alerts), *_requests(requests)]
    return sorted(found, key=lambda row: (row.at, lanes.index(row.lane)))


def _moment(time: str, lane: str, words_: Said, tier: int = 0) -> Moment:
    return Moment(moment(time), time, lane, words_[0], words_[1], tier)


def _inputs(facts: Facts) -> Iterator[Moment]:
    seen = set[str]()
    for entry, record in facts.inputs:
        if entry.sha256 in seen:  # a second copy changed nothing
            continue
        seen.add(entry.sha256)
        time, lane, tell = _TELLERS[entry.topic]
        yield _moment(record[time], lane, tell(record))


def _transaction(record: Record) -> Said:
    amount = money(record["amount_minor"], record["currency"])
    channel, status = said(words.CHANNELS, record["channel"]), said(words.STATUSES, record["status"])
    payer = record.get("payer", {}).get("account", "?")
    payee = record.get("payee", {}).get("account", "?")
    zh, en = {
        "TRANSFER": (f"{payer} 转账 {amount} 给 {payee}", f"{payer} sent {amount} to {payee}"),
        "CASH_WITHDRAWAL": (f"{payer} 取现 {amount}", f"{payer} drew {amount} in cash"),
        "CASH_DEPOSIT": (f"{payee} 存入现金 {amount}", f"{amount} in cash was paid in to {payee}"),
        "PURCHASE": (f"{payer} 向 {payee} 消费 {amount}", f"{payer} paid {amount} to {payee}"),
    }[record["kind"]]
    session = record.get("session", {})
    if session.get("call_active"):
        zh, en = f"{zh}，通话中", f"{en}, while on the phone"
    if session.get("remote_access"):
        zh, en = f"{zh}，屏幕被远程控制", f"{en}, under remote control"
    machine = record.get("terminal", {}).get("id")
    at = (f"在 {machine}", f"at {machine}") if machine else channel
    return f"{zh}，{at[0]}{status[0]}", f"{en}, {at[1]}{status[1]}"


def _account_event(record: Record) -> Said:
    zh, en = said(words.EVENTS, record["type"])
    return f"{record['account']} {zh}", f"{record['account']} {en}"


def _report(record: Record) -> Said:
    paid = [(row["payer_account"], money(row["amount_minor"], None), row.get("payee_account")) for row in record["transfers"]]
    zh = "；".join(f"{payer} 付出 {amount}{f' 给 {payee}' if payee else ''}" for payer, amount, payee in paid)
    en = "; ".join(f"{payer} paid {amount}{f' to {payee}' if payee else ''}" for payer, amount, payee in paid)
    ref = f" ({record['case_ref']})" if "case_ref" in record else ""
    return f"被害人报案 {record['report_id']}{ref}：{zh}", f"A victim's report {record['report_id']}{ref}: {en}"


def _disposition(record: Record) -> Said:
    about = record.get("alert_id") or record.get("event_id")
    verdict = said(words.VERDICTS, record["verdict"])
    zh, en = [f"对 {about} 的处置：{verdict[0]}"], [f"On {about}: {verdict[1]}"]
    for table, field in ((words.STAGES, "stage"), (words.OUTCOMES, "outcome")):
        if field in record:
            told = said(table, record[field])
            zh.append(told[0])
            en.append(told[1])
    return "，".join(zh), ", ".join(en)


def _response(record: Record) -> Said:
    zh, en = said(words.ANSWERS, record["status"])
    if "held_amount_minor" in record:
        held = money(record["held_amount_minor"], None)
        zh, en = f"{zh}，止付 {held}", f"{en}, {held} held"
    return f"警方答复 {record['request_id']}：{zh}", f"Answer to {record['request_id']}: {en}"


def _control(record: Record) -> Said:
    zh, en = said(words.CONTROLS, record["action"])
    return f"工作台：{record['subject']['id']} {zh}", f"The desk: {record['subject']['id']} {en}"


_TELLERS: Mapping[str, tuple[str, str, Callable[[Record], Said]]] = {
    "transactions": ("event_time", "money", _transaction),
    "account-events": ("event_time", "account", _account_event),
    "victim-reports": ("reported_at", "people", _report),
    "dispositions": ("decided_at", "people", _disposition),
    "freeze-responses": ("responded_at", "people", _response),
    "case-controls": ("made_at", "people", _control),
}
"""Topic -> the field that says when, the lane, and the sentence."""


def news(facts: Facts) -> tuple[list[Record], list[Record]]:
    """Return the statements of alerts and of freeze requests worth telling: where what is suspected, or to be done, changed."""
    alerts, requests = [], []
    before: dict[str, object] = {}
    for _, record in facts.alerts:
        told = record["typology"], record["tier"], record["recommended_action"], record.get("ladder"), _withdrawn(record)
        if before.get(record["alert_id"]) != told:
            before[record["alert_id"]] = told
            alerts.append(record)
    last = {record["request_id"]: record["sequence"] for record in facts.last_requests}
    for _, record in facts.requests:
        if before.get(record["request_id"]) != record["state"] or record["sequence"] == last[record["request_id"]]:
            before[record["request_id"]] = record["state"]
            requests.append(record)
    return alerts, requests


def _withdrawn(alert: Record) -> str:
    code: str = alert["reasons"][0]["code"] if alert["reasons"] else ""
    return code if code in ("WITHDRAWN", "DISPOSED_LEGITIMATE", "DISPOSED_FRAUD") else ""


def _alerts(alerts: Iterable[Record]) -> Iterator[Moment]:
    for record in alerts:
        pattern, role = words.typology(record["typology"]), said(words.ROLES, record["subject"]["role"])
        action, tier = said(words.ACTIONS, record["recommended_action"]), words.TIERS[record["tier"]]
        subject, reason = record["subject"]["id"], record["reasons"][0] if record["reasons"] else {"zh": "", "en": ""}
        again = record["revision"] > 1
        zh = f"{'更新预警' if again else '预警'} {pattern[0]}：{role[0]} {subject}，{tier[0]}，建议{action[0]}。{reason['zh']}"
        en = f"{'Alert again' if again else 'Alert'} {pattern[1]}: {role[1]} {subject}, {tier[1]}; {action[1]}. {reason['en']}"
        yield _moment(record["raised_at"], "alert", (zh, en), record["tier"])


def _requests(requests: Iterable[Record]) -> Iterator[Moment]:
    for record in requests:
        target, state = record["target"]["account"], said(words.STATES, record["state"])
        amount = money(record["requested_amount_minor"], record["currency"])
        if record["state"] == "PROPOSED":
            told = f"{state[0]} {target}，限额 {amount}，48 小时", f"Stop-payment {state[1]}: {target}, up to {amount}, 48 hours"
        else:
            told = f"{state[0]}：{target}", f"Stop-payment {state[1]}: {target}"
        yield _moment(record["requested_at"], "request", told)
