"""The records of a policy's life: what was put in force by whom and why, and where each partition began to judge by it."""

from typing import Annotated

from msgspec import Meta

from models.contract_types import (
    INT_MAX,
    Count,
    Identifier,
    Ordinal,
    PolicyAction,
    Record,
    Sha256,
    Text,
    Time,
    check_range,
    check_time,
)

POLICY_TEXT_MAX = 400_000
"""Longest policy text in characters: some six times the shipped one, and in UTF-8 and JSON still one Kafka record. Source: ours."""
PolicyFileText = Annotated[str, Meta(min_length=1, max_length=POLICY_TEXT_MAX)]


class PolicyRecord(Record, frozen=True, kw_only=True, gc=False):
    """A policy put in force, whole.

    number: 1, 2, ... in the order of the topic. digest: SHA-256 of the text in UTF-8. before: digest of the policy of the number
    before, left out in the first; a record whose `number` and `before` do not follow on the one in front was overtaken by another
    and counts for nothing. action: a ROLLBACK holds the text that was in force before the last APPLY not yet rolled back.
    """

    number: Ordinal
    version: Identifier
    digest: Sha256
    before: Sha256 | None = None
    action: PolicyAction
    actor: Identifier
    made_at: Time
    reason: Text | None = None
    text: PolicyFileText

    def __post_init__(self) -> None:
        check_time("made_at", self.made_at)


class SourceEnd(Record, frozen=True, kw_only=True, gc=False):
    """How far a source had been read: the last offset that was judged. topic: by the contract's name."""

    topic: Identifier
    partition: Count
    offset: Count


class PolicyChange(Record, frozen=True, kw_only=True, gc=False):
    """Where one partition of `keyed` began to judge by a policy: at the first record behind `position`.

    position: offset on `keyed`, -1 at the beginning of a state. log_time: of the first record judged by it. read: how far its
    sources had been read then. number: of the policy on its topic, left out if it came from a file. A record of the same partition
    with a lower or the same position replaces those behind it: it was made after a restart that began earlier.
    """

    partition: Count
    position: Annotated[int, Meta(ge=-1, le=INT_MAX)]
    log_time: Time
    read: tuple[SourceEnd, ...] = ()
    number: Ordinal | None = None
    version: Identifier
    digest: Sha256
    text: PolicyFileText

    def __post_init__(self) -> None:
        check_range("position", self.position, -1, INT_MAX)
        check_time("log_time", self.log_time)
