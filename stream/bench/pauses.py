"""How long partitions stood still: the gaps between their state records, by the broker's own clock."""

import asyncio
from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import NamedTuple

from stream.bench.cluster import consumer_of
from stream.store import MARKER_KEY


def longest_pauses_s(times_ms: Mapping[int, Iterable[int]], from_ms: int, until_ms: int) -> dict[int, float]:
    """Return the longest time without a record in each partition. times_ms: of its records. from_ms, until_ms: when there was work.

    >>> longest_pauses_s({0: [100, 1_100, 4_100], 1: []}, from_ms=0, until_ms=5_000)
    {0: 3.0, 1: 5.0}
    """
    pauses: dict[int, float] = {}
    for partition, times in times_ms.items():
        inside = sorted(at_ms for at_ms in times if from_ms < at_ms < until_ms)
        pauses[partition] = max(after - before for before, after in pairwise([from_ms, *inside, until_ms])) / 1_000
    return pauses


class Saved(NamedTuple):
    """What was written to a state topic.

    times_ms: by partition, of each batch, by the broker's clock. plain_bytes: of keys and values, before compression.
    """

    times_ms: dict[int, list[int]]
    plain_bytes: int


def saved(bootstrap: str, topic: str) -> Saved:
    """Return what was written to a state topic, as far as compaction has left it."""

    async def read() -> Saved:
        consumer, ends = await consumer_of(bootstrap, topic)
        times: dict[int, list[int]] = {tp.partition: [] for tp in ends}
        plain_bytes = 0
        try:
            while any([await consumer.position(tp) < end for tp, end in ends.items()]):
                for tp, records in (await consumer.getmany(timeout_ms=200)).items():
                    times[tp.partition] += [record.timestamp for record in records if record.key == MARKER_KEY]
                    plain_bytes += sum(len(record.key) + len(record.value or b"") for record in records)
        finally:
            await consumer.stop()
        return Saved(times, plain_bytes)

    return asyncio.run(asyncio.wait_for(read(), 120))
