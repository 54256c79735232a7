"""Where in a record's bytes a member starts, found once a record is refused already; no text of the record is kept or told.

A hint for whoever repairs a feed: any bytes give an offset or None, never an error.
"""

import json
import re
from collections.abc import Iterator
from typing import Final

_TOKEN: Final = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|[{}\[\],:]|[^\s{}\[\],:"]+', re.DOTALL)
_PART: Final = re.compile(r"(\w+)|\[(\d+)\]")
_DEPTH_MAX: Final = 32
"""The contract nests three deep; what lies deeper is no field of it. Source: ours."""

Path = list[str | int]


def position_of(raw: bytes, field: str) -> int | None:
    """Return the byte at which a field's member starts, or the innermost thing around it that is there.

    field: dotted path in the contract's names.

    >>> position_of(b'{"payer":{"account":""}}', "payer.account"), position_of(b'{"payer":{}}', "payer.account")
    (10, 1)
    """
    wanted: Path = [int(index) if index else name for name, index in _PART.findall(field)]
    found = len(raw) - len(raw.lstrip()) if raw else None
    try:
        for path, at, _ in _members(raw):
            if path == wanted[: len(path)]:
                found = at
                if len(path) == len(wanted):
                    break
    except (ValueError, IndexError):
        pass  # no JSON from here on
    return found


def position_of_repeated(raw: bytes) -> int | None:
    """Return the byte at which a member starts whose object has one of that name already, the first there is."""
    known = set()
    try:
        for path, at, container in _members(raw):
            if (container, path[-1]) in known:
                return at
            known.add((container, path[-1]))
    except (ValueError, IndexError):
        pass  # no JSON from here on
    return None


def position_of_no_text(raw: bytes) -> int | None:
    """Return the first byte that is no UTF-8.

    >>> position_of_no_text(b"ab\\xff"), position_of_no_text(b"ab")
    (2, None)
    """
    try:
        raw.decode()
    except UnicodeDecodeError as error:
        return error.start
    return None


def _members(raw: bytes) -> Iterator[tuple[Path, int, int]]:
    """Yield the path of every member and item in order, the byte at which it starts, and that of the object or list it is in."""
    starts: list[int] = []
    path: Path = []
    is_name = False
    for token in _TOKEN.finditer(raw):
        text, at = token[0], token.start()
        if text in (b"}", b"]"):
            starts.pop()
            path.pop()
            is_name = False
        elif text == b",":
            last = path[-1]
            is_name = isinstance(last, str)
            path[-1] = last if isinstance(last, str) else last + 1
        elif is_name:
            path[-1] = str(json.loads(text))
            is_name = False
            yield path.copy(), at, starts[-1]
        elif text != b":":
            if path and isinstance(path[-1], int):
                yield path.copy(), at, starts[-1]
            if text in (b"{", b"["):
                if len(path) == _DEPTH_MAX:
                    return
                is_name = text == b"{"
                path.append("" if is_name else 0)
                starts.append(at)
