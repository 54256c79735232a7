"""Stories as plain text: one event per line in the contract's words, what must follow behind the arrow.

    # comment
    account a-902  type=PERSON customer=c-2 balance=0.00          facts of a party, told with each of its transactions
    09:14:05  transfer    a-771 -> a-902   49800.00 CNY  mobile  session.call_active=true
    09:15:00  withdrawal  a-902             5000.00 CNY  ATM-12  => alert W1 tier=2 a-902 MULE_SUSPECTED
                                                                  => freeze-request a-902 sequence=1 amount=44800.00
    -40d 10:00:00  payee-added  a-771  payee_account=a-5          an account event, 40 days before the day of the story
    for n in 1..20 | -{n}d 12:00:00  transfer a-{n} -> shop 30.00 CNY mobile

    10:05:00  disposition  a-771 VICTIM_SUSPECTED  stage=REMIND outcome=REFUSED by=teller   on the alert of the day
    10:06:00  disposition  e7  verdict=FRAUD     on an event
    10:20:00  report  r-1  a-771 -> a-902  49800.00  paid=09:14:00  case_ref=P-7   of a victim; `event=e4` names the payment
    10:25:00  response  a-902 EXECUTED  sequence=2 held=1330.00 ends=+2d10:25:00 number=1   to the case's n-th request
    10:07:00  control  a-771  SNOOZE  typology=V1 until=+1d12:00:00 actor=desk

An account with `balance` has it kept and told after each of its movements. Times are local (UTC+8). Further words: `id=`, `of=`
(the original event), `status=`, `late=` seconds between event and arrival; amounts and balances are in yuan.
"""

import re
from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from models.case import short_hash
from models.records import (
    AccountEvent,
    Alert,
    CaseControl,
    Disposition,
    FreezeRequest,
    FreezeResponse,
    Host,
    Party,
    Session,
    Terminal,
    TraceRecord,
    Transaction,
    VictimReport,
)
from models.units import time_us
from tests.bank import Arrival, Event, is_taken_back, told_at

ZONE = timezone(timedelta(hours=8))
DAY = datetime(2026, 3, 2, tzinfo=ZONE)
SCENARIOS = Path(__file__).parent / "scenarios"
_KINDS = {"transfer": "TRANSFER", "withdrawal": "CASH_WITHDRAWAL", "deposit": "CASH_DEPOSIT", "purchase": "PURCHASE"}
_LINE = re.compile(r"(?:(?P<days>[+-]\d+)d\s+)?(?P<time>\d\d:\d\d:\d\d(?:\.\d+)?)\s+(?P<rest>.*)")
_UNTIL = re.compile(r"\+(\d+)d(\d\d:\d\d:\d\d)")
_REPEAT = re.compile(r"for n in (\d+)\.\.(\d+) \| (.*)")


class Step(NamedTuple):
    """One record, how long it was under way, and what must be published on its arrival."""

    event: Arrival
    late_ms: int
    expected: tuple[str, ...]


def read_story(text: str, mark: str = "") -> list[Step]:
    """Return the steps of a story in the order of arrival.

    mark: behind every id and name in it, so that several stories can happen in one bank and not meet.
    """
    return _Reader(mark).read(text)


def events_of(text: str) -> list[Event]:
    """Return only the events of a story, in the order of arrival."""
    return [step.event for step in read_story(text) if isinstance(step.event, Event)]


def alert_id_of(subject: str, role: str, at: datetime, kind: str = "ACCOUNT") -> str:
    """Return the id of the alert on a subject that a trigger of this UTC day opens."""
    return "a-" + short_hash("alert", role, kind, subject, str(time_us(at) // 86_400_000_000))


def minor(yuan: str) -> int:
    """Return yuan as written, "49800.00", in fen."""
    whole, _, part = yuan.partition(".")
    return int(whole) * 100 + int(part.ljust(2, "0"))


_NAMES = {"id", "of", "event", "case_ref", "payee_account"} | {"card", "device", "customer", "cohort"}


class _Reader:
    def __init__(self, mark: str = "") -> None:
        self.mark = mark
        self.facts: dict[str, dict[str, Any]] = {}
        self.balances: dict[str, int] = {}
        self.count = 0

    def read(self, text: str) -> list[Step]:
        arrivals: list[tuple[datetime, int, Step]] = []
        steps: list[tuple[str, list[str]]] = []
        for line in _lines(text):
            head, *expected = [part.strip() for part in line.split("=>")]
            if head:
                steps.append((head, expected))
            else:
                steps[-1][1].extend(expected)
        for head, expected in steps:
            if head.startswith("account "):
                self._account(head)
                continue
            step = self._step(head, tuple(expected))
            arrivals.append((told_at(step.event) + timedelta(milliseconds=step.late_ms), len(arrivals), step))
        return [step for _, _, step in sorted(arrivals, key=lambda arrival: arrival[:2])]

    def _account(self, line: str) -> None:
        _, account, *words = line.split()
        account, facts = account + self.mark, self._marked(dict(word.split("=", 1) for word in words))
        if "balance" in facts:
            self.balances[account] = minor(facts.pop("balance"))
        self.facts[account] = facts

    def _step(self, line: str, expected: tuple[str, ...]) -> Step:
        match = _LINE.fullmatch(line)
        if match is None:
            raise ValueError(f"not a line of a story: {line!r}")
        at = datetime.fromisoformat(f"{DAY:%Y-%m-%d}T{match['time']}+08:00") + timedelta(days=int(match["days"] or 0))
        kind, *words = match["rest"].split()
        given = self._marked(dict(word.split("=", 1) for word in words if "=" in word))
        places = [
            word + self.mark if self._is_name(word, n, kind) else word for n, word in enumerate(w for w in words if "=" not in w)
        ]
        self.count += 1
        event_id, late_ms = given.pop("id", f"e{self.count}{self.mark}"), int(given.pop("late", "0")) * 1_000
        if kind in _KINDS:
            return Step(self._transaction(event_id, at, kind, places, given), late_ms, expected)
        if kind == "disposition":
            return Step(_disposition(f"x{self.count}{self.mark}", at, places, given), late_ms, expected)
        if kind == "report":
            return Step(_report(at, places, given), late_ms, expected)
        if kind == "response":
            return Step(_response(at, places, given), late_ms, expected)
        if kind == "control":
            return Step(_control(f"k{self.count}{self.mark}", at, places, given), late_ms, expected)
        (account,) = places
        return Step(
            msgspec.convert(
                {"event_id": event_id, "event_time": at, "account": account, "type": _upper(kind), **given}, AccountEvent
            ),
            late_ms,
            expected,
        )

    def _marked(self, given: dict[str, str]) -> dict[str, str]:
        """Return what a line gives with its names marked; an address in the network stays one."""
        return {
            name: value + self.mark if name.rpartition(".")[2] in _NAMES or name == "session.id" else value
            for name, value in given.items()
        }

    @staticmethod
    def _is_name(word: str, place: int, kind: str) -> bool:
        """Return whether a word of a line is a name: the subject of what people say, a party, or a machine."""
        if kind in _KINDS or kind == "report":
            places = {"report": (0, 1, 3), "transfer": (0, 2), "purchase": (0, 2)}.get(kind, (0,))
            return place in places or word.startswith(("ATM", "POS"))
        return place == 0 and word != "*"

    def _transaction(self, event_id: str, at: datetime, kind: str, places: list[str], given: dict[str, str]) -> Transaction:
        if kind in ("transfer", "purchase"):
            payer, _, payee, amount, currency, where = places
        else:
            account, amount, currency, where = places
            payer, payee = (account, None) if kind == "withdrawal" else (None, account)
        status, amount_minor = given.pop("status", "APPROVED"), minor(amount)
        terminal = where if where.startswith(("ATM", "POS")) else None
        fields: dict[str, Any] = {
            "event_id": event_id,
            "event_time": at,
            "kind": _KINDS[kind],
            "status": status,
            "channel": terminal[:3] if terminal else where.upper(),
            "amount_minor": amount_minor,
            "currency": currency,
            "original_event_id": given.pop("of", None),
        }
        moved = {"APPROVED": amount_minor, "REVERSED": -amount_minor}.get(status, 0)
        if payer is not None:
            fields["payer"] = self._party(payer, -moved)
        if payee is not None:
            fields["payee"] = self._party(payee, moved)
        if terminal:
            fields["terminal"] = {"id": terminal}
        for name, value in given.items():
            owner, _, field = name.rpartition(".")
            target = fields.setdefault(owner, {}) if owner else fields
            target[f"{field}_minor" if field == "balance_after" else field] = minor(value) if field == "balance_after" else value
        return msgspec.convert({name: value for name, value in fields.items() if value is not None}, Transaction, strict=False)

    def _party(self, account: str, moved_minor: int) -> dict[str, Any]:
        party: dict[str, Any] = {"account": account, **self.facts.get(account, {})}
        if account in self.balances:
            self.balances[account] += moved_minor
            if moved_minor:
                party["balance_after_minor"] = self.balances[account]
        return party


def _disposition(disposition_id: str, at: datetime, places: list[str], given: dict[str, str]) -> Disposition:
    """Return a disposition on the alert that a subject and a role name, raised on the day of the story, or else on an event."""
    if "by" in given:
        given["decided_by"] = given.pop("by")
    named = (
        {"alert_id": alert_id_of(places[0], places[1], DAY + timedelta(hours=12))} if len(places) > 1 else {"event_id": places[0]}
    )
    return msgspec.convert(
        {"disposition_id": disposition_id, "decided_at": at, "verdict": "UNKNOWN", **named, **given}, Disposition
    )


def _report(at: datetime, places: list[str], given: dict[str, str]) -> VictimReport:
    """Return a victim's report of one payment, at the minute people remember."""
    report_id, payer, _, payee, amount = places
    transfer: dict[str, Any] = {
        "payer_account": payer,
        "terminal" if payee.startswith("ATM") else "payee_account": payee,
        "amount_minor": minor(amount),
        "paid_at": datetime.fromisoformat(f"{DAY:%Y-%m-%d}T{given.pop('paid')}+08:00"),
    }
    if "event" in given:
        transfer["event_id"] = given.pop("event")
    fields = {"report_id": report_id, "reported_at": at, "source": "POLICE", "transfers": [transfer], **given}
    return msgspec.convert(fields, VictimReport)


def _response(at: datetime, places: list[str], given: dict[str, str]) -> FreezeResponse:
    """Return an answer of the liaison to the request of a mule's alert of the day of the story."""
    account, status = places
    alert_id = alert_id_of(account, "MULE_SUSPECTED", DAY + timedelta(hours=12))
    fields: dict[str, Any] = {"request_id": request_id_of(alert_id, given.pop("number", "1"))}
    if "held" in given:
        fields["held_amount_minor"] = minor(given.pop("held"))
    if "fields" in given:
        fields["mismatch_fields"] = given.pop("fields").split(",")
    if "ends" in given:
        fields["ends_at"] = _at_of(given.pop("ends"))
    fields |= {"sequence": int(given.pop("sequence", "1")), "responded_at": at, "status": status, **given}
    return msgspec.convert(fields, FreezeResponse)


def request_id_of(alert_id: str, number: str = "1") -> str:
    """Return the id of the n-th freeze request of an alert."""
    return "r-" + short_hash("request", alert_id, number)


def _at_of(text: str) -> datetime:
    """Return a moment written `+2d10:25:00`, days after the day of the story."""
    match = _UNTIL.fullmatch(text)
    assert match is not None, text
    return datetime.fromisoformat(f"{DAY:%Y-%m-%d}T{match[2]}+08:00") + timedelta(days=int(match[1]))


def _control(control_id: str, at: datetime, places: list[str], given: dict[str, str]) -> CaseControl:
    subject, action = places
    fields: dict[str, Any] = {"control_id": control_id, "made_at": at, "action": action, **given}
    if _UNTIL.fullmatch(given.get("until", "")):
        fields["until"] = _at_of(given["until"])
    if subject != "*":
        fields["subject"] = {"kind": "ACCOUNT", "id": subject}
    return msgspec.convert(fields, CaseControl)


def _lines(text: str) -> Iterator[str]:
    for raw in text.splitlines():
        line = raw.split("#", 1)[0].strip()
        if not line:
            continue
        repeat = _REPEAT.fullmatch(line)
        if repeat is None:
            yield line
        else:
            for n in range(int(repeat[1]), int(repeat[2]) + 1):
                yield repeat[3].format(n=n)


def _upper(kind: str) -> str:
    return kind.upper().replace("-", "_")


# ---- what was published, in the words of an expectation --------------------------------------------------


def changes(alerts: Iterable[Alert], known: dict[str, tuple[str, int, str]]) -> list[dict[str, str]]:
    """Return the alerts that say something new of importance: another tier, typology or action, and tier 2 or more before or after.

    known: (typology, tier, action) by alert id as last stated; brought up to date.
    """
    found = []
    for alert in alerts:
        withdrawn = is_taken_back(alert)
        before = known.get(alert.alert_id, ("", 0, ""))
        now = (alert.typology, 0 if withdrawn else alert.tier, alert.recommended_action)
        known[alert.alert_id] = now
        if before != now and max(before[1], now[1]) >= 2:
            found.append(
                {
                    "": f"alert {alert.typology} {alert.subject.id} {alert.subject.role}",
                    "tier": str(now[1]),
                    "action": alert.recommended_action,
                    "reasons": ",".join(reason.code for reason in alert.reasons),
                    "counter": ",".join(line.lookalike for line in alert.counter_evidence),
                    "revision": str(alert.revision),
                }
            )
    return found


def requested(requests: Iterable[FreezeRequest]) -> list[dict[str, str]]:
    """Return freeze requests in the words of an expectation."""
    return [
        {
            "": f"freeze-request {request.target.account}",
            "sequence": str(request.sequence),
            "amount": f"{request.requested_amount_minor / 100:.2f}",
            "state": request.state,
        }
        for request in requests
    ]


def traced(traces: Iterable[TraceRecord], known: dict[str, dict[str, str]]) -> list[dict[str, str]]:
    """Return where reported money is, in the words of an expectation: of each account the last record, if it says something new."""
    found = {
        trace.account: {
            "": f"trace {trace.account}",
            "hop": str(trace.hop),
            "received": f"{trace.received_minor / 100:.2f}",
            "still": f"{trace.still_here_minor / 100:.2f}",
            "ways": ",".join(part.way for part in trace.left),
            "reported": ",".join(report.finding for report in trace.reported),
        }
        for trace in traces
    }
    news = [told for account, told in sorted(found.items()) if known.get(account) != told]
    known.update(found)
    return news


def satisfies(expectation: str, told: dict[str, str]) -> bool:
    """Return whether what was published is what the line expects; words it does not mention may be anything."""
    words = expectation.split()
    plain = " ".join(word for word in words if "=" not in word)
    named = dict(word.split("=", 1) for word in words if "=" in word)
    if plain != told[""]:
        return False
    return all(
        value == told[name] or (name in ("reasons", "counter") and value in told[name].split(",")) for name, value in named.items()
    )


# ---- the same story with something changed ---------------------------------------------------------------

_PARTS: dict[str, type[msgspec.Struct]] = {"payer": Party, "payee": Party, "session": Session, "terminal": Terminal, "host": Host}
_NEEDED = {"payer.account", "payee.account", "terminal.id"}


def optional_fields(events: Iterable[Arrival]) -> list[str]:
    """Return every optional field that some event of a story has: `purpose`, `payer.type`, `device` of an account event ..."""
    found = set()
    for event in events:
        if not isinstance(event, Event):
            continue
        for field in msgspec.structs.fields(event):
            value = getattr(event, field.name)
            if value is None or field.required or field.name == "original_event_id":
                continue
            if field.name in _PARTS:
                found |= {
                    f"{field.name}.{part.name}" for part in msgspec.structs.fields(value) if getattr(value, part.name) is not None
                }
            else:
                found.add(field.name)
    return sorted(found - _NEEDED)


def without(event: Arrival, field: str) -> Arrival:
    """Return an event without one optional field; what people said stays as it is."""
    if not isinstance(event, Event):
        return event
    owner, _, name = field.rpartition(".")
    if not owner:
        return msgspec.structs.replace(event, **{name: None}) if hasattr(event, name) else event
    part = getattr(event, owner, None)
    if part is None:
        return event
    return msgspec.structs.replace(event, **{owner: msgspec.structs.replace(part, **{name: None})})


def without_others_type(event: Event, key: str) -> Event:
    """Return a transaction that does not tell the type of the party which is not this key ("A:a-771")."""
    if isinstance(event, AccountEvent):
        return event
    is_own = event.payer is not None and f"A:{event.payer.account}" == key
    return without(event, "payee.type" if is_own else "payer.type")


def with_purpose(event: Arrival, purpose: str) -> Arrival:
    """Return a transaction with a purpose, whatever it had; anything else as it is."""
    return event if not isinstance(event, Transaction) else msgspec.structs.replace(event, purpose=purpose)


_USUAL_PARTY = {"bank": "BANKA", "on_us": True, "holder_age": 41, "region": "330106", "opened_on": date(2012, 5, 1)}
_USUAL_SESSION = {"id": "s-1", "ip": "10.0.0.7", "otp_count_10m": 1, "call_active": False, "remote_access": False}
_USUAL_TERMINAL = {"lat": 30.2741, "lon": 120.1551, "region": "330106"}


def enriched(event: Arrival) -> Arrival:
    """Return an event with every optional field that tells nothing special filled in where the story is silent."""
    if not isinstance(event, Event):
        return event
    if isinstance(event, AccountEvent):
        device = {"device": f"d-{event.account}", "ip": "10.0.0.7"}
        return _filled(event, {"customer": f"c-{event.account}", "region": "330106", **device})
    facts: dict[str, Any] = {"arrival_mode": "REALTIME"}
    for side in ("payer", "payee"):
        party: Party | None = getattr(event, side)
        if party is not None:
            facts[side] = _filled(party, {**_USUAL_PARTY, "customer": f"c-{party.account}", "cohort": f"e-{party.account}"})
            if side == "payee":
                facts[side] = _filled(facts[side], {"name_match": "MATCH"})
    if event.terminal is not None and event.payer is not None:
        facts["terminal"] = _filled(event.terminal, _USUAL_TERMINAL)
        facts["card"] = event.card or f"k-{event.payer.account}"
    elif event.payer is not None and event.kind == "TRANSFER":
        device = {"device": f"d-{event.payer.account}"}
        facts["session"] = _filled(event.session or Session(), {**_USUAL_SESSION, **device})
    return msgspec.structs.replace(event, **facts)


def _filled(part: Any, facts: dict[str, Any]) -> Any:
    return msgspec.structs.replace(part, **{name: value for name, value in facts.items() if getattr(part, name) is None})


def shifted(events: Iterable[Event], hours: int) -> list[Event]:
    """Return a story so many hours later."""
    return [msgspec.structs.replace(event, event_time=event.event_time + timedelta(hours=hours)) for event in events]
