"""What tells one statement of a published record from every other: an id made of the record's own, and its time.

The same record has the same stamp wherever and however often it is published, so a receiver that remembers ids sees a copy as one.
Of an alert and a trace every revision, of a freeze request every sequence has an id of its own. A trace is named by its account
alone, and ids end up in the logs of others: so its id is a hash.
"""

import hashlib
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

import msgspec

from connectors.contract_json import dead_letter_key


class Stamp(NamedTuple):
    """The id and the time of a statement. at: RFC 3339, as the record says it."""

    id: str
    at: str


class _Alert(msgspec.Struct):
    alert_id: str
    revision: int
    raised_at: str


class _FreezeRequest(msgspec.Struct):
    request_id: str
    sequence: int
    requested_at: str


class _Trace(msgspec.Struct):
    account: str
    revision: int
    as_of: str


class _Place(msgspec.Struct):
    topic: str
    partition: int
    offset: int


class _DeadLetter(msgspec.Struct):
    source: _Place
    failed_at: str


_alert: Final = msgspec.json.Decoder(_Alert).decode
_freeze_request: Final = msgspec.json.Decoder(_FreezeRequest).decode
_trace: Final = msgspec.json.Decoder(_Trace).decode
_dead_letter: Final = msgspec.json.Decoder(_DeadLetter).decode


def _of_alert(raw: bytes) -> Stamp:
    found = _alert(raw)
    return Stamp(f"{found.alert_id}-{found.revision}", found.raised_at)


def _of_freeze_request(raw: bytes) -> Stamp:
    found = _freeze_request(raw)
    return Stamp(f"{found.request_id}-{found.sequence}", found.requested_at)


def _of_trace(raw: bytes) -> Stamp:
    found = _trace(raw)
    return Stamp(f"tr{hashlib.sha256(found.account.encode()).hexdigest()[:32]}-{found.revision}", found.as_of)


def _of_dead_letter(raw: bytes) -> Stamp:
    found = _dead_letter(raw)
    return Stamp(dead_letter_key(found.source.topic, found.source.partition, found.source.offset).decode(), found.failed_at)


_STAMPS: Final[Mapping[str, Callable[[bytes], Stamp]]] = MappingProxyType(
    {"alerts": _of_alert, "freeze-requests": _of_freeze_request, "traces": _of_trace, "dead-letters": _of_dead_letter}
)

STAMPED_TOPICS: Final = tuple(_STAMPS)
"""The topics whose records have a stamp, by the contract's names."""


def stamp_of(topic: str, raw: bytes) -> Stamp:
    """Return the stamp of a record of one of `STAMPED_TOPICS`.

    Errors: msgspec's, for bytes that are no such record.

    >>> stamp_of("alerts", b'{"alert_id":"al1","revision":2,"raised_at":"2026-03-02T01:14:06Z"}')
    Stamp(id='al1-2', at='2026-03-02T01:14:06Z')
    """
    return _STAMPS[topic](raw)
