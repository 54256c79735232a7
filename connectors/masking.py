"""The only functions that render an identifier or a foreign record for people to read; they fail closed.

What may be shown is listed; everything else is masked. So a new field, a misspelt one, an identifier used as a key or
bytes that are no JSON at all come out masked without anybody having thought of them.
"""

import json
from collections.abc import Mapping
from typing import Any, Final, get_args, get_type_hints

from msgspec import Struct

from models.records import INPUT_RECORDS, OUTPUT_RECORDS, closed_values

MASK: Final = "***"
EXCERPT_CHARACTERS_MAX: Final = 200
"""Default length of an excerpt: shows the shape of a typical record's first half. Source: ours."""

_TAIL_FROM_LENGTH: Final = 12
"""Shorter identifiers are masked whole: four of eight characters would give half of it away. Source: ours."""
_TAIL_CHARACTERS: Final = 4
_PARSED_BYTES_MAX: Final = 65_536
_STRUCTURE: Final = frozenset('{}[]:," ')


def mask(identifier: str) -> str:
    """Return an identifier as logs may show it: its last 4 characters if it is long and plain, else nothing of it.

    Plain: ASCII letters, digits and hyphens, at least 12 characters. Anything else is an unknown shape and is masked
    whole.

    >>> mask("6222020200112233445")
    '***3445'
    >>> mask("a-771")
    '***'
    >>> mask("张三 6222020200112233445")
    '***'
    """
    plain = identifier.isascii() and identifier.replace("-", "").isalnum()
    if not plain or len(identifier) < _TAIL_FROM_LENGTH:
        return MASK
    return MASK + identifier[-_TAIL_CHARACTERS:]


def excerpt(raw: bytes, limit: int = EXCERPT_CHARACTERS_MAX) -> str:
    """Return at most `limit` characters that show the shape of a raw record and none of its values.

    JSON: the contract's field names stay, and values that the contract's closed sets allow for just that field. Every
    other key and string becomes `***`, every number `#`, true and false `?`. Anything else: all but JSON's own
    punctuation becomes `*`.

    >>> excerpt(b'{"kind":"TRANSFER","payer":{"account":"a-771"},"amount_minor":-5,"a-902":true}')
    '{"kind":"TRANSFER","payer":{"account":"***"},"amount_minor":#,"***":?}'
    >>> excerpt(b'{"account":"a-771')
    '{"*******":"*****'
    """
    if len(raw) <= _PARSED_BYTES_MAX:
        try:
            text = json.loads(
                raw.decode("utf-8"),
                object_pairs_hook=_masked_object,
                parse_int=_mark,
                parse_float=_mark,
                parse_constant=_mark,
            )
            return _rendered("", text)[:limit]
        except (ValueError, RecursionError):
            pass  # no JSON: masked character by character below
    head = raw[: 4 * limit].decode("utf-8", errors="replace")[:limit]
    return "".join(character if character in _STRUCTURE else "*" for character in head)


class _Number:
    """A number of any size; which one is of no interest here."""


class _Pairs(list[tuple[str, Any]]):
    """A JSON object with its members in order, repeated ones included."""


_NUMBER: Final = _Number()


def _mark(_digits: str) -> _Number:
    return _NUMBER


def _masked_object(pairs: list[tuple[str, Any]]) -> _Pairs:
    return _Pairs(pairs)


def _rendered(field: str, value: object) -> str:
    """Return one JSON value as text; `field` is the contract field it stands under, or "" where none is known."""
    if isinstance(value, _Pairs):
        return "{" + ",".join(_member(key, part) for key, part in value) + "}"
    if isinstance(value, list):
        return "[" + ",".join(_rendered(field, part) for part in value) + "]"
    if isinstance(value, str):
        return f'"{value}"' if value in CLOSED_VALUES.get(field, ()) else f'"{MASK}"'
    if isinstance(value, _Number):
        return "#"
    return "null" if value is None else "?"


def _member(key: str, value: object) -> str:
    if key in FIELD_NAMES:
        return f'"{key}":{_rendered(key, value)}'
    return f'"{MASK}":{_rendered("", value)}'


def _structs(annotation: object) -> set[type[Struct]]:
    """Return every record class an annotation mentions, with those its fields mention in turn."""
    if isinstance(annotation, type) and issubclass(annotation, Struct):
        found = {annotation}
        for hint in get_type_hints(annotation).values():
            found |= _structs(hint)
        return found
    return {found for part in get_args(annotation) for found in _structs(part)}


def _closed_values() -> Mapping[str, frozenset[str]]:
    """Return field name -> values the contract lists for it, none where it takes any; replay files add two fields."""
    fields: dict[str, set[str]] = {"topic": set(INPUT_RECORDS), "arrival_time": set()}
    for record in (*INPUT_RECORDS.values(), *OUTPUT_RECORDS.values()):
        for struct in _structs(record):
            for name, hint in get_type_hints(struct).items():
                fields.setdefault(name, set()).update(closed_values(hint))
    return {name: frozenset(values) for name, values in fields.items()}


CLOSED_VALUES: Final = _closed_values()
FIELD_NAMES: Final = frozenset(CLOSED_VALUES)
