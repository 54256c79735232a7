"""Which policy a case was decided by, and from where on: what the workers said of it, put into the order in which it held.

Every partition of `keyed` says for itself where it began to judge by a policy. What it said before a restart and did not save is
replaced by what it says after it.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import NamedTuple

import msgspec

from connectors.cluster import Where
from connectors.contract_json import decode
from connectors.errors import DecodeError
from connectors.kafka_reading import read_topic
from models.policy_records import PolicyChange
from stream.evidence.form import EvidenceError, PolicyText, Since
from stream.policy.log import RECORD_BYTES_MAX


class _Name(NamedTuple):
    """A policy at its n-th time, so that one which came back is told from its first time."""

    number: int
    digest: str
    time: int


def topic_changes(bootstrap: Where, prefix: str) -> Iterator[PolicyChange]:
    """Yield what the workers of a cluster said of the policies they judged by. Errors: BrokerError, EvidenceError."""
    for record in read_topic(bootstrap, f"{prefix}policy-changes"):
        try:
            change = decode("policy-changes", record.value, record_bytes_max=RECORD_BYTES_MAX)
        except DecodeError as error:
            raise EvidenceError(f"policy-changes {record.partition}:{record.offset} cannot be read: {error.code}") from None
        assert isinstance(change, PolicyChange)
        yield change


def in_order(changes: Iterable[PolicyChange]) -> PolicyText | None:
    """Return the policy that held last, with those before it; None if nothing was said. changes: each partition's in log order."""
    held: dict[int, list[PolicyChange]] = {}
    for change in changes:
        of_partition = held.setdefault(change.partition, [])
        while of_partition and of_partition[-1].position >= change.position:
            of_partition.pop()
        of_partition.append(change)
    found: dict[_Name, list[PolicyChange]] = {}
    for partition in sorted(held):
        times = Counter[tuple[int, str]]()
        for change in held[partition]:
            name = change.number or 0, change.digest
            times[name] += 1
            found.setdefault(_Name(*name, times[name]), []).append(change)
    texts = [_text(begun) for begun in sorted(found.values(), key=_began)]
    if not texts:
        return None
    last = texts[-1]
    if len(texts) == 1:
        return msgspec.structs.replace(last, since=())
    return msgspec.structs.replace(last, earlier=tuple(texts[:-1]))


def _began(begun: list[PolicyChange]) -> tuple[datetime, int, str]:
    """Return what policies are ordered by: the first record that any partition judged by it."""
    first = min(begun, key=lambda change: (change.log_time, change.position))
    return first.log_time, first.position, first.digest


def _text(begun: list[PolicyChange]) -> PolicyText:
    first = begun[0]
    since = tuple(Since(partition=change.partition, log_time=change.log_time, read=change.read) for change in begun)
    return PolicyText(version=first.version, sha256=first.digest, text=first.text, since=since)
