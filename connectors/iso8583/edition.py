"""Where the two editions of the standard keep what we need: what differs between them, as a table, and their times."""

from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple


class Edition(NamedTuple):
    """Data elements and codes of one edition.

    key_time: the time that the original data elements of a reversal repeat. merchant_types: first known one wins.
    entry_mode: where the point of service fields tell how the card was read. replacement: amounts of a partial reversal.
    """

    key_time: int
    original: int
    merchant_types: tuple[int, ...]
    entry_mode: slice
    replacement: int | None
    network_accepted: str
    format_error: str
    accepted: str


EDITIONS: Final = {
    1987: Edition(7, 90, (18,), slice(0, 2), 95, network_accepted="00", format_error="30", accepted="00"),
    1993: Edition(12, 56, (26, 18), slice(6, 7), None, network_accepted="800", format_error="904", accepted="000"),
}


_AHEAD_MAX: Final = timedelta(days=1)


class Original(NamedTuple):
    """What a reversal says of its original: trace number, key time as it stood, acquirer or "" where none is told."""

    trace: str
    time: str
    acquirer: str


def original_of(edition: int, text: str) -> Original | None:
    """Return the original data elements, None where they name nothing.

    1987: type 4, trace 6, transmission time 10, acquirer 11, forwarder 11. 1993: type 4, trace 6, local time 12, acquirer
    with two digits of length.

    >>> original_of(1987, "0200" "003316" "0908064519" "00000000200" "00000000000")
    Original(trace='003316', time='0908064519', acquirer='200')
    >>> original_of(1987, "0" * 42) is None
    True
    """
    end = 20 if edition == 1987 else 22
    trace, time, acquirer = text[4:10], text[10:end], text[end : end + 11]
    if edition == 1993 and is_digits(text[end : end + 2]):
        acquirer = text[end + 2 :][: int(text[end : end + 2])]
    if len(text) < end or not is_digits(trace + time) or not int(trace) or not int(time):
        return None
    return Original(trace, time, acquirer.strip().lstrip("0"))


def is_digits(text: str) -> bool:
    """Return whether a text is made of the digits 0 to 9, one at least.

    >>> is_digits("156"), is_digits("²"), is_digits("")
    (True, False, False)
    """
    return text.isascii() and text.isdigit()


def latest(month_to_second: str, offset: timedelta, now: datetime) -> datetime | None:
    """Return the instant that MMDDhhmmss without a year means: the latest that is no more than a day ahead; None if it is no time.

    A day, because clocks differ and so do days around the earth; anything else has happened, however long it took to get here.

    >>> new_year = datetime(2026, 1, 1, tzinfo=UTC)
    >>> latest("1231235959", timedelta(), new_year).isoformat()
    '2025-12-31T23:59:59+00:00'
    >>> latest("0101080000", timedelta(hours=8), new_year).isoformat()
    '2026-01-01T00:00:00+00:00'
    >>> latest("0230000000", timedelta(), new_year) is None
    True
    """
    end = now + _AHEAD_MAX
    for year in (end.year, end.year - 1):
        instant = at(f"{year:04d}{month_to_second}", offset)
        if instant is not None and instant <= end:
            return instant
    return None


def at(year_to_second: str, offset: timedelta) -> datetime | None:
    """Return the instant of YYYYMMDDhhmmss at an offset from UTC, in UTC; None if it is no time."""
    text = year_to_second
    try:
        local = datetime(
            int(text[:4]), int(text[4:6]), int(text[6:8]), int(text[8:10]), int(text[10:12]), int(text[12:14]), tzinfo=UTC
        )
        return local - offset
    except (ValueError, OverflowError):
        return None
