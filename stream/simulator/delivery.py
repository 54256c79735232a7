"""How records reach the stream: a little later than they happened, some much later, some twice, some broken.

Shares: 1 % up to nine minutes late (inside the ten the stream promises to mend), 0.3 % twice. Source: ours.
"""

from random import Random
from typing import Final

from models.records import AccountEvent, InputRecord, Transaction, VictimReport
from stream.simulator.plan import SECOND_US, between

LATE_SHARE: Final = 0.01
LATE_S: Final = (20.0, 540.0)
DUPLICATE_SHARE: Final = 0.003
DUPLICATE_S: Final = (0.5, 90.0)

TOPIC_OF: Final = {Transaction: "transactions", AccountEvent: "account-events", VictimReport: "victim-reports"}

Delivery = tuple[int, str, InputRecord]
"""(arrival_us, topic, record)."""


def deliver(rng: Random, records: list[tuple[int, InputRecord]]) -> list[Delivery]:
    """Return the records, given with the moments they stand for, in the order of arrival.

    A victim report is handed in by a person and is neither late nor doubled.
    """
    arrivals: list[tuple[int, int, InputRecord]] = []
    for at_us, record in records:
        arrival_us = at_us + int(min(4.0, rng.lognormvariate(-1.2, 0.7)) * SECOND_US)
        if not isinstance(record, VictimReport):
            if rng.random() < LATE_SHARE:
                arrival_us = at_us + between(rng, *LATE_S)
            if rng.random() < DUPLICATE_SHARE:
                arrivals.append((arrival_us + between(rng, *DUPLICATE_S), len(arrivals), record))
        arrivals.append((arrival_us, len(arrivals), record))
    arrivals.sort(key=lambda arrival: arrival[:2])
    return [(arrival_us, TOPIC_OF[type(record)], record) for arrival_us, _, record in arrivals]


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
