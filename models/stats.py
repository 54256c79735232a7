"""Online statistics as plain functions on numbers, so that an account carries floats and not objects.

Each mirrors an estimator of River and equals it to 1e-9 (tests/models/test_stats.py).
"""

import math


def ew_update(mean: float, value: float, weight: float, count: int) -> float:
    """Return the exponentially weighted mean after one more value.

    Equals `river.stats.EWMean(fading_factor=weight)`: the first value is the mean.

    mean, value: any unit, the same for both. weight: share of the new value, 0 < weight < 1. count: values seen before this one.

    >>> ew_update(mean=100.0, value=200.0, weight=0.1, count=5)
    110.0
    """
    return value if count == 0 else weight * value + (1 - weight) * mean


def ew_deviation(mean: float, square_mean: float) -> float:
    """Return the standard deviation that belongs to a weighted mean and a weighted mean of squares; never negative.

    Its square equals `river.stats.EWVar` with the same fading factor.

    >>> ew_deviation(mean=3.0, square_mean=25.0)
    4.0
    """
    return math.sqrt(max(0.0, square_mean - mean * mean))


def shrink(own: float, own_count: int, prior: float, prior_count: float) -> float:
    """Return an account's own figure pulled towards its segment's while the account is young.

    prior_count: how many own values weigh as much as the segment. Source: the usual conjugate-prior mean.

    >>> shrink(own=10.0, own_count=5, prior=20.0, prior_count=5)
    15.0
    """
    total = own_count + prior_count
    return prior if total == 0 else (own_count * own + prior_count * prior) / total


HOURS = 24
_HOUR_FULL = 240


def count_hour(hours: bytes, hour: int) -> bytes:
    """Return 24 hour-of-day counters after one more event; all halve when one is full, so old habits fade.

    hours: 24 unsigned bytes, or b"" for none yet. hour: 0..23, local.
    """
    counters = bytearray(hours or bytes(HOURS))
    counters[hour] += 8
    if counters[hour] >= _HOUR_FULL:
        return bytes([counter // 2 for counter in bytes(counters)])
    return bytes(counters)


def hour_rarity(hours: bytes, hour: int) -> float:
    """Return 0..1: how unusual an hour of day is for these counters, its two neighbours counted half; 0 for no history.

    >>> hour_rarity(count_hour(b"", 9), 9), hour_rarity(count_hour(b"", 9), 21)
    (0.0, 1.0)
    """
    if not hours:
        return 0.0
    near = hours[hour] + (hours[hour - 1] + hours[(hour + 1) % HOURS]) / 2
    return max(0.0, 1.0 - near / max(hours))
