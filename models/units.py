"""Exact units at the edge of the core: instants as integer microseconds, money as integer minor units.

Nothing here rounds. A float cannot hold every microsecond of this century together with its fraction (`timestamp()`
is off by one for some instants), so time is counted in whole microseconds by integer arithmetic.
"""

from datetime import UTC, datetime, timedelta

AMOUNT_MAX_MINOR = 10**15
"""Largest `amount_minor` of a record. Source: wire contract."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY_S = 86_400
_SECOND_US = 1_000_000


def time_us(time: datetime) -> int:
    """Return the microseconds from 1970-01-01T00:00:00Z to an instant, exactly; negative before it.

    Errors: TypeError for a time without offset (the codec refuses those: our fault if one gets here).

    >>> time_us(datetime.fromisoformat("2026-03-02T09:14:05.123+08:00"))
    1772414045123000
    >>> time_us(datetime(1969, 12, 31, 23, 59, 59, 999999, tzinfo=UTC))
    -1
    """
    delta = time - _EPOCH
    return (delta.days * _DAY_S + delta.seconds) * _SECOND_US + delta.microseconds


def instant(at_us: int) -> datetime:
    """Return the instant so many microseconds after 1970-01-01T00:00:00Z, in UTC; undoes `time_us`.

    Errors: OverflowError outside the years 1 to 9999.

    >>> instant(1772414045123000).isoformat()
    '2026-03-02T01:14:05.123000+00:00'
    """
    return _EPOCH + timedelta(microseconds=at_us)
