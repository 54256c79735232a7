"""What the page shows of a bundle, in plain values: its records, which of them count, and the bank's local time."""

import tomllib
from datetime import datetime, timedelta, timezone
from functools import cached_property
from typing import Any

from models.signal import yuan
from stream.evidence.checks import NUMBERED, statements
from stream.evidence.form import Bundle, Entry

Record = dict[str, Any]


class Facts:
    """A bundle, read for people."""

    def __init__(self, bundle: Bundle) -> None:
        """Read every record once."""
        self.bundle = bundle
        self.alerts = statements(bundle, "alerts")
        self.requests = statements(bundle, "freeze_requests")
        self.traces = statements(bundle, "traces")
        self.inputs = statements(bundle, "inputs")
        self._zone = timezone(timedelta(seconds=_utc_offset_s(bundle)))

    @cached_property
    def last_alerts(self) -> list[Record]:
        """Return the last revision of every alert, the gravest first."""
        rows = _last("alerts", self.alerts)
        return sorted(rows, key=lambda row: (-row["tier"], -row["score"], row["alert_id"]))

    @cached_property
    def last_requests(self) -> list[Record]:
        """Return the last sequence of every freeze request."""
        return _last("freeze_requests", self.requests)

    @cached_property
    def last_traces(self) -> list[Record]:
        """Return where the money is, as every account saw it last, in the order of its way."""
        return sorted(_last("traces", self.traces), key=lambda row: (row["hop"], row["account"]))

    @cached_property
    def transactions(self) -> list[Record]:
        """Return the booked movements, each event once, in order of time."""
        found = {record["event_id"]: record for entry, record in self.inputs if entry.topic == "transactions"}
        taken_back = {record.get("original_event_id") for record in found.values() if record["status"] == "REVERSED"}
        booked = [row for row in found.values() if row["status"] == "APPROVED" and row["event_id"] not in taken_back]
        return sorted(booked, key=lambda row: (moment(row["event_time"]), row["event_id"]))

    @property
    def zone_name(self) -> str:
        """Return the name of the local time, "UTC+08:00" say."""
        return str(self._zone)

    def local(self, time: str, *, with_day: bool = True) -> str:
        """Return a time of a record as the bank's clocks showed it."""
        at = moment(time).astimezone(self._zone)
        return at.strftime("%Y-%m-%d %H:%M:%S" if with_day else "%H:%M:%S")


def moment(time: str) -> datetime:
    """Return a time of a record."""
    return datetime.fromisoformat(time)


def money(amount_minor: int | None, currency: str | None) -> str:
    """Return a sum to the minor unit, with its currency; a dash for unknown.

    >>> money(4_980_050, "CNY"), money(None, None)
    ('CNY 49,800.50', '–')
    """
    return "–" if amount_minor is None else f"{currency or ''} {yuan(amount_minor)}".strip()


def _last(part: str, rows: list[tuple[Entry, Record]]) -> list[Record]:
    identifier, number = NUMBERED[part]
    last: dict[str, Record] = {}
    for _, record in rows:
        if record[identifier] not in last or record[number] >= last[record[identifier]][number]:
            last[record[identifier]] = record
    return list(last.values())


def _utc_offset_s(bundle: Bundle) -> int:
    """Return the bank's local zone, which the policy states."""
    offset_s: int = tomllib.loads(bundle.policy.text)["bounds"]["utc_offset_s"]["value"]
    return offset_s
