"""How large an installation must be: partitions, workers, memory and disk, from a load and from what was measured.

What was measured stands in `sizing.json` beside this file, taken over from a result of `goldenhour bench sizing`; the formulas
stand here, one line each, and are told with the result. Disk is what the broker keeps, compressed as measured, times its copies.
"""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec

from connectors.topics import TopicSpec

MEASURED: Final = Path(__file__).parent / "sizing.json"
SPARE_WORKERS: Final = 1
"""So many may fail, and the others carry the peak and all state."""
BUSY_SHARE_MAX: Final = 0.5
"""Of a core, at the peak: the rest is for catching up after an outage, and for what the bench's load does not do."""
PARTITIONS_PER_WORKER: Final = 2
MEMORY_RESERVE: Final = 1.5
"""Python's allocator, a rebalance that loads before the old owner is gone, and accounts busier than the bench's."""
DIRTY_FACTOR: Final = 2.0
"""Compaction waits until half of a log is superseded (min.cleanable.dirty.ratio, the broker's default)."""
_DAY_S: Final = 86_400


class Measured(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Constants of one machine and version.

    topic_bytes: on disk, of each topic, per input event. state_account_bytes: on disk, of one account in `state`.
    memory_account_bytes: of one account in a worker. worker_bytes: of a worker without any, with room for those it keeps decoded.
    source: how, where and when it was measured.
    """

    source: str
    events_per_core_s: float
    topic_bytes: dict[str, float]
    state_account_bytes: float
    memory_account_bytes: float
    worker_bytes: float


class Size(msgspec.Struct, frozen=True, kw_only=True):
    """The answer. worker_memory_bytes: of each worker, with one failed. disk_bytes: of each topic, all copies together."""

    workers: int
    partitions: int
    worker_memory_bytes: int
    disk_bytes: dict[str, int]


def read_measured(path: Path = MEASURED) -> Measured:
    """Return constants from a file. Errors: msgspec's, OSError."""
    return msgspec.json.decode(path.read_bytes(), type=Measured)


def size(
    measured: Measured, specs: Mapping[str, TopicSpec], *, events_per_s: float, accounts: int, peak_factor: float, replication: int
) -> Size:
    """Return what an installation needs.

    events_per_s: over a day; peak_factor: how much more its busiest minute brings. accounts: that are seen within their history.
    specs: topics by the contract's name, for how long they keep what.
    """
    carrying = max(1, math.ceil(events_per_s * peak_factor / (measured.events_per_core_s * BUSY_SHARE_MAX)))
    workers = carrying + SPARE_WORKERS
    partitions = max(4, PARTITIONS_PER_WORKER * workers)
    share = math.ceil(partitions / carrying) / partitions
    memory = (measured.worker_bytes + accounts * share * measured.memory_account_bytes) * MEMORY_RESERVE
    disk = {
        name: int(events_per_s * bytes_each * _kept_s(specs[name]) * replication)
        for name, bytes_each in measured.topic_bytes.items()
        if name != "state"
    }
    settled = accounts * measured.state_account_bytes * DIRTY_FACTOR
    fresh = events_per_s * measured.topic_bytes["state"] * _uncompacted_s(specs["state"])
    disk["state"] = int((settled + fresh) * replication)
    return Size(workers=workers, partitions=partitions, worker_memory_bytes=int(memory), disk_bytes=disk)


def _kept_s(spec: TopicSpec) -> float:
    """Return how long a topic keeps a record; what is kept for ever counts as ten years."""
    kept_ms = float(spec.config["retention.ms"])
    return kept_ms / 1_000 if kept_ms >= 0 else 10 * 365.0 * _DAY_S


def _uncompacted_s(spec: TopicSpec) -> float:
    """Return for how long everything written to `state` lies there: until it may be compacted, and its segment is closed."""
    return (float(spec.config["min.compaction.lag.ms"]) + float(spec.config["segment.ms"])) / 1_000
