"""No member of a JSON object twice: of two amounts a decoder takes the last and another reader the first.

The proof is cheap for the usual record. It is written again and compared: the same bytes leave nothing to ask. Else its
commas are counted: one stands between two members, between two items, or in a text; so without escapes, as many in both
means that nothing was repeated. More of them mean unknown members, nulls or repetitions, and only then is the text looked
at member by member.
"""

import json
import re
from typing import Any, Final

import msgspec

from connectors.errors import DecodeError
from connectors.masking import FIELD_NAMES

_BACKSLASH: Final = ord("\\")
_USUAL_BYTES: Final = 1024

_write_into: Final = msgspec.json.Encoder().encode_into
_read: Final = msgspec.json.Decoder().decode
_may_be_too_fine: Final = re.compile(rb"\.\d{7}").search


def is_plain(raw: bytes, record: object) -> bool:
    """Say whether `raw`, the valid JSON of the record, surely repeats no member and has no time finer than microseconds.

    True is certain. False leaves it open: a number with seven decimals, an escape or a null is enough.
    """
    text = bytearray(_USUAL_BYTES)
    _write_into(record, text)
    if text == raw:
        return True
    if _BACKSLASH in raw or _may_be_too_fine(raw) is not None:
        return False
    return text.count(b",") == raw.count(b",") or _repeats_nothing(raw)


def members(raw: bytes) -> dict[str, Any]:
    """Return a JSON object as dicts and lists, every number as its length, having seen each member.

    Errors: DecodeError `duplicate_field`, naming the field if it is the contract's.
    """
    document: dict[str, Any] = json.loads(raw, object_pairs_hook=_single, parse_int=len, parse_float=len, parse_constant=len)
    return document


def _repeats_nothing(raw: bytes) -> bool:
    """Count the commas of the whole document, unknown members included."""
    try:
        text = msgspec.json.encode(_read(raw))
    except msgspec.MsgspecError:
        return False  # an unknown member with a number beyond a double: left open
    return text.count(b",") == raw.count(b",")


def _single(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    single = dict(pairs)
    if len(single) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        field = twice if twice in FIELD_NAMES else None
        raise DecodeError("duplicate_field", field, None, "a member of an object is given twice")
    return single
