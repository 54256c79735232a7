"""How records reach the stream: a little later than they happened, some much later, some twice, some broken.

Shares by default: 1 % up to nine minutes late (inside the ten the stream promises to mend), 0.3 % twice. Source: ours.
"""

import heapq
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from random import Random
from typing import Final

from stream.simulator.booked import Booked
from stream.simulator.plan import SECOND_US, between

LATE_S: Final = (20.0, 540.0)
DUPLICATE_S: Final = (0.5, 90.0)
_DELAYS: Final = 4_096
_AT_ONCE: Final = frozenset({"victim-reports", "dispositions"})
"""Handed in by a person: neither late nor doubled."""

Delivery = tuple[int, Booked]
"""(arrival_us, record)."""


@dataclass(frozen=True, slots=True)
class Disorder:
    """Shares of records that come late, and that come twice."""

    late_share: float = 0.01
    duplicate_share: float = 0.003


USUAL: Final = Disorder()


def deliver(rng: Random, records: Iterable[Booked], disorder: Disorder = USUAL) -> Iterator[Delivery]:
    """Yield records, given in the order of event time, in the order of arrival. Keeps those that are under way, no others."""
    under_way: list[tuple[int, int, Booked]] = []
    # Drawn once: a delay has no meaning of its own, and a logarithm per record is dear.
    delays_us = [int(min(4.0, rng.lognormvariate(-1.2, 0.7)) * SECOND_US) for _ in range(_DELAYS)]
    sequence = 0
    for booked in records:
        at_us = booked.at_us
        while under_way and under_way[0][0] <= at_us:
            arrival_us, _, arrived = heapq.heappop(under_way)
            yield arrival_us, arrived
        arrival_us = at_us + delays_us[int(rng.random() * _DELAYS)]
        if booked.topic not in _AT_ONCE:
            drawn = rng.random()
            if drawn < disorder.late_share:
                arrival_us = at_us + between(rng, *LATE_S)
            if rng.random() < disorder.duplicate_share:
                sequence += 1
                heapq.heappush(under_way, (arrival_us + between(rng, *DUPLICATE_S), sequence, booked))
        sequence += 1
        heapq.heappush(under_way, (arrival_us, sequence, booked))
    while under_way:
        arrival_us, _, arrived = heapq.heappop(under_way)
        yield arrival_us, arrived


def spoil(rng: Random, raw: bytes) -> bytes:
    """Return a valid transaction's bytes made unreadable, in one of the ways senders manage to."""
    ways = (
        raw[: len(raw) * 2 // 3],
        raw.replace(b'"amount_minor":', b'"amount_minor":-', 1),
        raw.replace(b'"event_id"', b'"id"', 1),
        raw.replace(b'"currency":"CNY"', b'"currency":"yuan"', 1),
        b"\xff\xfe" + raw,
        b"",
    )
    return rng.choice(ways)
