"""What a change of a row says in the contract's words: a row lives through statuses, and each that it takes is one event.

The event id is the row's own, behind it the status: `-q` REQUESTED, `-a` APPROVED, `-d` DECLINED, `-r` REVERSED. So a change that
is told twice, as a restarted Debezium does, makes the same events, and what answers or takes back names its original by heart.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from connectors.errors import DecodeError

SUFFIXES: Final[Mapping[str, str]] = {"REQUESTED": "-q", "APPROVED": "-a", "DECLINED": "-d", "REVERSED": "-r"}
_NEXT: Final[Mapping[str, tuple[str, ...]]] = {
    "REQUESTED": ("APPROVED", "DECLINED", "REVERSED"),
    "APPROVED": ("REVERSED",),
    "DECLINED": (),
    "REVERSED": (),
}
"""Status of a row -> those that it may take next."""
_FIXED: Final = ("kind", "amount_minor", "currency", "payer.account", "payee.account")
"""What no event of the contract can change of an earlier one."""

Flat = dict[str, Any]
"""A transaction as the mapping makes it, as plain JSON."""


def events_of(before: Flat | None, after: Flat, changed_ms: int | None) -> list[Flat]:
    """Return the events that a row inserted (no `before`) or updated makes; none where nothing that counts has changed.

    changed_ms: when the database made the change; the time of an event that is not the row's first, unless the row tells a new one.
    Errors: DecodeError where the contract has no event for it.
    """
    now = _status(after)
    if before is None:
        if now == "REVERSED" and "original_event_id" not in after:  # its approval was before our time
            return [_event(after, "APPROVED"), _reversal(after, changed_ms)]
        return [_event(after, now)]
    was = _status(before)
    if was == now:
        for field in _FIXED:
            if _at(before, field) != _at(after, field):
                raise DecodeError("conflicting_fields", field, None, "a row that was told has changed, and no event can say so")
        return []
    if now not in _NEXT[was]:
        raise DecodeError("conflicting_fields", "status", None, "the row went from one status to another that cannot follow it")
    if before.get("event_time") == after.get("event_time"):
        after = after | _time(changed_ms)
    if now == "REVERSED":
        if was == "REQUESTED":  # nothing was approved, so no money moved: a request that came to nothing
            return [_event(after, "DECLINED", original=_id(after, "REQUESTED"))]
        return [_reversal(after, None)]
    return [_event(after, now, original=_id(after, "REQUESTED") if was == "REQUESTED" else None)]


def events_of_deleted(before: Flat | None, changed_ms: int | None) -> list[Flat]:
    """Return what a deleted row says where deleting means taking back: the reversal of an approved one.

    Errors: DecodeError where the database does not log what the row was.
    """
    if before is None:
        reason = "the deleted row is not told; let the database log whole rows (REPLICA IDENTITY FULL)"
        raise DecodeError("missing_field", "before", None, reason)
    return [_reversal(before, changed_ms)] if _status(before) == "APPROVED" else []


def _reversal(row: Flat, changed_ms: int | None) -> Flat:
    return _event(row | _time(changed_ms), "REVERSED", original=_id(row, "APPROVED"))


def _event(row: Flat, status: str, original: str | None = None) -> Flat:
    event = {**row, "event_id": _id(row, status), "status": status}
    named = event.pop("original_event_id", None)
    if original is None and isinstance(named, str) and status != "REQUESTED":
        original = named + SUFFIXES["APPROVED" if status == "REVERSED" else "REQUESTED"]
    return event if original is None else {**event, "original_event_id": original}


def _id(row: Flat, status: str) -> str:
    own = row.get("event_id")
    if not isinstance(own, str):
        raise DecodeError("missing_field", "event_id", None, "the row has no id")
    return own + SUFFIXES[status]


def _status(row: Flat) -> str:
    status = row.get("status")
    if not isinstance(status, str) or status not in SUFFIXES:
        raise DecodeError("unknown_value", "status", None, "the row has no status of the contract")
    return status


def _time(at_ms: int | None) -> Flat:
    if at_ms is None:
        return {}
    try:
        at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=at_ms)
    except OverflowError:
        raise DecodeError("bad_time", "event_time", None, "the time of the change is outside its limits") from None
    return {"event_time": at.isoformat()}


def _at(row: Flat, field: str) -> Any:
    head, _, leaf = field.partition(".")
    found = row.get(head)
    return found.get(leaf) if leaf and isinstance(found, dict) else found
