"""When each record of a file is due if the file is to run at a chosen rate, or at a multiple of its own time."""

from collections.abc import Callable, Iterable, Iterator
from typing import TypeAlias

# Topic, key, value, and the time in milliseconds since 1970 UTC, which need not rise from record to record.
OutboundRecord: TypeAlias = tuple[str, bytes, bytes, int]


def paced(
    records: Iterable[OutboundRecord],
    *,
    rate: float | None,
    speed: float | None,
    clock: Callable[[], float],
    sleep: Callable[[float], None],
) -> Iterator[OutboundRecord]:
    """Yield each record no earlier than it is due, in the order given; late ones at once.

    rate: records per second; or
    speed: how many seconds of the records' own time pass in one second, counted from the first record's;
        both None: every record is due at once.
    clock: seconds from any fixed point, never going back.
    Errors: `ValueError` if both are given, or one is not above 0.

    >>> waits = []
    >>> records = [("alerts", b"key", b"value", timestamp_ms) for timestamp_ms in (5_000, 7_000, 6_000)]
    >>> due = paced(records, rate=None, speed=4.0, clock=lambda: 9.0, sleep=waits.append)
    >>> [timestamp_ms for _, _, _, timestamp_ms in due]
    [5000, 7000, 6000]
    >>> waits
    [0.5, 0.25]
    """
    if rate is not None and speed is not None:
        raise ValueError("Give a rate or a speed, not both.")
    for name, value in (("rate", rate), ("speed", speed)):
        if value is not None and not value > 0:  # also refuses a NaN
            raise ValueError(f"The {name} must be above 0, not {value}.")
    if rate is None and speed is None:
        return iter(records)
    return _paced(records, rate, speed, clock, sleep)


def _paced(
    records: Iterable[OutboundRecord],
    rate: float | None,
    speed: float | None,
    clock: Callable[[], float],
    sleep: Callable[[float], None],
) -> Iterator[OutboundRecord]:
    start_s = clock()
    first_ms: int | None = None
    for number, record in enumerate(records):
        timestamp_ms = record[3]
        if first_ms is None:
            start_s, first_ms = clock(), timestamp_ms
        elapsed_s = number / rate if rate is not None else (timestamp_ms - first_ms) / 1000 / (speed or 1.0)
        wait_s = start_s + elapsed_s - clock()
        if wait_s > 0:
            sleep(wait_s)
        yield record
