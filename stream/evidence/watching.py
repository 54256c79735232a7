"""Looks for the inputs of a bundle while a log passes by: each must lie in it with the bytes it had.

A line of a replay file may hold two members more than the record on its topic: where and when it arrived. They are no part of it.
"""

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any, Final

import msgspec

from connectors.masked_records import masked_record
from connectors.masking import mask
from connectors.replay_files import InputRecord
from stream.evidence.checks import statements
from stream.evidence.comparing import fields_between, plain
from stream.evidence.form import Bundle, sha256

_IDS: Final = ("disposition_id", "report_id", "control_id", "request_id", "event_id")
"""Names of what an input is called by; a disposition may hold an event's too."""
_ARRIVAL: Final = re.compile(rb'\{"topic":"[^"\\]*","arrival_time":"[^"\\]*",')
_OF_THE_LINE: Final = ("topic", "arrival_time")


class _Peek(msgspec.Struct, gc=False):
    """The members that an input may be called by; the rest is skipped."""

    disposition_id: str = ""
    report_id: str = ""
    control_id: str = ""
    request_id: str = ""
    event_id: str = ""


_peek = msgspec.json.Decoder(_Peek).decode


class Watch:
    """Lets a log pass and remembers what of it a bundle speaks of."""

    def __init__(self, bundle: Bundle) -> None:
        """Take note of what to look for."""
        self._is_masked = bundle.case.identifiers == "MASKED"
        self._wanted = [
            (entry, record, entry.sha256 if self._is_masked else sha256(bytes(entry.record)))
            for entry, record in statements(bundle, "inputs")
        ]
        self._names = {name_of(record) for _, record, _ in self._wanted}
        self._seen = set[str]()
        self._others: dict[str, bytes] = {}

    def passing(self, log: Iterable[InputRecord]) -> Iterator[InputRecord]:
        """Yield the log as it is."""
        for record in log:
            self._look(record.raw)
            yield record

    def _look(self, raw: bytes) -> None:
        try:
            peek = _peek(raw)
        except msgspec.MsgspecError:
            return
        name = next((name for field in _IDS if (name := getattr(peek, field))), "")
        if name in self._names:
            self._seen.update((sha256(raw), sha256(_ARRIVAL.sub(b"{", raw, count=1))))
            self._others[name] = raw

    def differences(self) -> Iterator[str]:
        """Yield what of the inputs the log does not hold, or holds otherwise."""
        for entry, record, digest in self._wanted:
            if digest in self._seen:
                continue
            told = f"{entry.topic} record {name_of(record)}"
            other = self._others.get(name_of(record))
            if other is None:
                yield f"{told}: the log does not hold it"
                continue
            shown = masked_record(other, mask, is_ours=False) if self._is_masked else other
            fields = list(fields_between("", _without_line(plain(record)), _without_line(plain(json.loads(shown)))))
            for field, ours, theirs in fields:
                yield f"{told}: {field} is {ours} in the bundle, {theirs} in the log"
            if not fields and self._is_masked:
                yield f"{told}: the same in the log as far as it is shown here, in other bytes"


def name_of(record: Any) -> str:
    """Return what an input is called by."""
    return next((str(record[field]) for field in _IDS if field in record), "")


def _without_line(record: Any) -> Any:
    return {name: value for name, value in record.items() if name not in _OF_THE_LINE}
