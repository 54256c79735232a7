"""Times and days as a table writes them: a format in strftime's letters becomes a reader of such texts.

Letters that touch each other have their full width, so `20260302091405` is read and `2026302091405` is not; between other
characters a month, day or hour may be short, as in `2026/3/2 9:14`.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from functools import cache
from typing import Final

_WIDTHS: Final = {"Y": 4, "y": 2, "m": 2, "d": 2, "H": 2, "M": 2, "S": 2, "f": 6}
_DIRECTIVE: Final = re.compile(r"%(.)")
_ZONE: Final = re.compile(r"([+-])(\d\d):?(\d\d)")

Reader = Callable[[str], datetime]


class TimeFormatError(ValueError):
    """A format that cannot be read by. Says why."""


@cache
def reader_of(form: str) -> Reader:
    """Return what reads texts of a format; without `%z` the times have no offset. It raises ValueError for any other text.

    form: of %Y %y %m %d %H %M %S %f (1 to 6 digits) %z, and other characters as they are. Without a year it is none.
    Errors: TimeFormatError.

    >>> reader_of("%Y%m%d%H%M%S")("20260302091405").isoformat()
    '2026-03-02T09:14:05'
    >>> reader_of("%Y/%m/%d %H:%M")("2026/3/2 9:14").isoformat()
    '2026-03-02T09:14:00'
    """
    pattern, at, names = "", 0, set[str]()
    for match in _DIRECTIVE.finditer(form):
        letter, touches = match[1], form[match.end() : match.end() + 1] == "%" or (match.start() == at > 0)
        if letter not in _WIDTHS and letter != "z":
            raise TimeFormatError(f"knows %{' %'.join((*_WIDTHS, 'z'))}, no %{letter}")
        if letter in names:
            raise TimeFormatError(f"names %{letter} twice")
        names.add(letter)
        pattern += re.escape(form[at : match.start()]) + f"(?P<{letter}>{_digits(letter, touches=touches)})"
        at = match.end()
    if not names & {"Y", "y"} or not names >= {"m", "d"}:
        raise TimeFormatError("must tell year, month and day: %Y or %y, %m, %d")
    whole = re.compile(pattern + re.escape(form[at:]), re.ASCII)

    def read(text: str) -> datetime:
        found = whole.fullmatch(text.strip())
        if found is None:
            raise ValueError("another form")
        return _moment(found.groupdict())

    return read


def _digits(letter: str, *, touches: bool) -> str:
    if letter == "z":
        return r"Z|[+-]\d\d:?\d\d"
    if letter == "f":
        return r"\d{1,6}"
    width = _WIDTHS[letter]
    return rf"\d{{{width}}}" if touches or letter in "Yy" else rf"\d{{1,{width}}}"


def _moment(parts: dict[str, str]) -> datetime:
    year = int(parts["Y"]) if "Y" in parts else 2000 + int(parts["y"])
    micro = int(parts.get("f", "0").ljust(6, "0"))
    hour, minute, second = (int(parts.get(letter, "0")) for letter in "HMS")
    zone = _ZONE.fullmatch(parts.get("z", "Z"))
    offset: timezone | None = None
    if zone is not None:
        east = timedelta(hours=int(zone[2]), minutes=int(zone[3]))
        offset = timezone(east if zone[1] == "+" else -east)
    elif "z" in parts:
        offset = UTC
    return datetime(year, int(parts["m"]), int(parts["d"]), hour, minute, second, micro, offset)
