"""Where the cases of a partition are: which key an alert or an event belongs to, and what was said of one that is not known yet.

A disposition names an alert or an event, a freeze response a request, and nothing tells on which partition its subject lives; so
each partition hears of it and looks here. In state: `L:` alert id -> its key; `E:` event id -> the keys whose signals rest on it;
`O:` request id -> the key of its target; `W:` and one of these -> the records that wait for it. All are found for as long as the
policy says, by log time; what is older is taken out when something new is put in, a few at a time, so that no slice grows.
"""

import heapq
from typing import Protocol

import msgspec

from connectors.contract_json import encode, read_again
from models.decision import Decision
from models.freeze_life import named_fields
from models.people import step_of
from models.policy import Ladder
from models.records import Disposition, FreezeResponse
from stream.store import payload_of, value_of

_PREFIXES = (b"L:", b"E:", b"O:", b"W:")
_RENEWED_MS = 86_400_000  # an alert that is stated again and again is noted once a day
_REMOVED_MAX = 16
_KEYS_MAX = 64  # of one event: its parties, and those that its parties named

_encode = msgspec.msgpack.Encoder().encode
_decode_place = msgspec.msgpack.Decoder(tuple[int, list[bytes]]).decode
"""(log time in ms, keys) of `L:`, `E:` and `O:`; (log time of the newest, encoded records) of `W:`."""


class Storage(Protocol):
    """The state of a partition, as the index needs it."""

    values: dict[bytes, bytes]

    def put(self, key: bytes, value: bytes, position: int) -> None:
        """Store a value."""

    def remove(self, key: bytes, position: int) -> None:
        """Take a key out."""


class CaseIndex:
    """The index of one partition, kept in its state; all that is in memory besides is when what ends."""

    def __init__(self, storage: Storage, policy: Ladder) -> None:
        """Take over what the state holds."""
        self._storage = storage
        self._policy = policy
        ends = [(self._ends_ms(key, value), key) for key, value in storage.values.items() if key[:2] in _PREFIXES]
        heapq.heapify(ends)
        self._ends = ends

    def adopt(self, policy: Ladder) -> None:
        """Keep things for as long as another policy says, from now on."""
        self._policy = policy

    def note(self, key: bytes, decision: Decision, now_ms: int, position: int) -> list[Disposition]:
        """Note what a key has raised; return the dispositions that were waiting for it, oldest first."""
        waiting: list[Disposition] = []
        for alert in decision.alerts:
            name = b"L:" + alert.alert_id.encode()
            self._note(name, key, now_ms, position)
            if alert.revision == 1:
                self._add_waiting(waiting, name, now_ms)
        for event_id in dict.fromkeys(decision.raised):
            name = b"E:" + event_id.encode()
            self._note(name, key, now_ms, position)
            self._add_waiting(waiting, name, now_ms)
        self._take_out(now_ms, position)
        return sorted(waiting, key=step_of)

    def keys_of(self, disposition: Disposition, now_ms: int) -> list[bytes]:
        """Return the keys of this partition that a disposition concerns, as far as is known."""
        stored = self._found(_name_of(disposition), now_ms)
        return _decode_place(stored)[1] if stored is not None else []

    def wait(self, disposition: Disposition, now_ms: int, position: int) -> None:
        """Keep a disposition for what may yet come of its alert or event; a repeat changes nothing."""
        name, raw = b"W:" + _name_of(disposition), encode(disposition)
        stored = self._found(name, now_ms)
        at_ms, raws = _decode_place(stored) if stored is not None else (now_ms, [])
        if raw not in raws:
            kept = sorted([*raws, raw], key=lambda each: (step_of(_read(each)), each))[-self._policy.steps_max :]
            self._put(name, max(at_ms, now_ms), kept, position)
        self._take_out(now_ms, position)

    def note_requests(self, key: bytes, decision: Decision, now_ms: int, position: int) -> list[FreezeResponse]:
        """Note the requests that a key has made; return the responses that were waiting for them, in their order."""
        waiting: list[FreezeResponse] = []
        for request in decision.requests:
            name = b"O:" + request.request_id.encode()
            self._note(name, key, now_ms, position)
            stored = self._found(b"W:" + name, now_ms) if request.sequence == 1 else None
            if stored is not None:
                waiting += map(_read_response, _decode_place(stored)[1])
        return waiting

    def keys_of_request(self, request_id: str, now_ms: int) -> list[bytes]:
        """Return the key of this partition that a request targets, if it was made here."""
        stored = self._found(b"O:" + request_id.encode(), now_ms)
        return _decode_place(stored)[1] if stored is not None else []

    def wait_response(self, response: FreezeResponse, now_ms: int, position: int) -> None:
        """Keep a response for the request that may yet be made; of too many the latest steps stay, and of texts what is bounded."""
        kept_fields = named_fields(response) or None
        short = msgspec.structs.replace(response, reason=None, mismatch_fields=kept_fields)
        name, raw = b"W:O:" + response.request_id.encode(), encode(short)
        stored = self._found(name, now_ms)
        at_ms, raws = _decode_place(stored) if stored is not None else (now_ms, [])
        if raw not in raws:
            kept = sorted([*raws, raw], key=lambda each: (_read_response(each).sequence, each))[-self._policy.steps_max :]
            self._put(name, max(at_ms, now_ms), kept, position)
        self._take_out(now_ms, position)

    def waiting_for(self, event_id: str, now_ms: int) -> list[Disposition]:
        """Return the dispositions on an event that are kept, oldest first."""
        waiting: list[Disposition] = []
        self._add_waiting(waiting, b"E:" + event_id.encode(), now_ms)
        return waiting

    def _add_waiting(self, waiting: list[Disposition], name: bytes, now_ms: int) -> None:
        stored = self._found(b"W:" + name, now_ms)
        if stored is not None:
            waiting += map(_read, _decode_place(stored)[1])

    def _note(self, name: bytes, key: bytes, now_ms: int, position: int) -> None:
        stored = self._found(name, now_ms)
        at_ms, keys = _decode_place(stored) if stored is not None else (now_ms, [])
        if stored is None or (key not in keys and len(keys) < _KEYS_MAX) or now_ms - at_ms >= _RENEWED_MS:
            self._put(name, max(at_ms, now_ms), sorted({*keys, key}), position)

    def _put(self, name: bytes, at_ms: int, values: list[bytes], position: int) -> None:
        value = value_of(position, _encode((at_ms, values)))
        self._storage.put(name, value, position)
        heapq.heappush(self._ends, (self._ends_ms(name, value), name))

    def _found(self, name: bytes, now_ms: int) -> bytes | None:
        """Return what is stored under a name and has not ended."""
        value = self._storage.values.get(name)
        return payload_of(value) if value is not None and now_ms < self._ends_ms(name, value) else None

    def _ends_ms(self, name: bytes, value: bytes) -> int:
        keep_s = self._policy.disposition_wait_s if name[:2] == b"W:" else self._policy.alert_keep_s
        return _decode_place(payload_of(value))[0] + keep_s * 1_000

    def _take_out(self, now_ms: int, position: int) -> None:
        """Take out what has ended longest ago. Which that is follows from the state alone, whatever was put in on the way."""
        removed = 0
        while removed < _REMOVED_MAX and self._ends and self._ends[0][0] <= now_ms:
            ends_ms, name = heapq.heappop(self._ends)
            value = self._storage.values.get(name)
            if value is not None and self._ends_ms(name, value) == ends_ms:  # else it was renewed, or is gone
                self._storage.remove(name, position)
                removed += 1


def _name_of(disposition: Disposition) -> bytes:
    if disposition.alert_id is not None:
        return b"L:" + disposition.alert_id.encode()
    assert disposition.event_id is not None
    return b"E:" + disposition.event_id.encode()


def _read(raw: bytes) -> Disposition:
    disposition = read_again("dispositions", raw)
    assert isinstance(disposition, Disposition)
    return disposition


def _read_response(raw: bytes) -> FreezeResponse:
    response = read_again("freeze-responses", raw)
    assert isinstance(response, FreezeResponse)
    return response
