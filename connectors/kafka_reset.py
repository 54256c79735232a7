"""Takes an installation back to its beginning, and tells when somebody took it there by halves.

State is made from the inputs. It can be made anew only if three things go together: the topics `keyed` and `state`, and the
offsets that the group has committed; else nothing would be read again. A deleted topic takes its own offsets along, no others.
Or it is made anew from `keyed`, whose own offsets alone are then forgotten.
"""

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from kafka import KafkaProducer, TopicPartition
from kafka.admin import OffsetSpec
from kafka.errors import (
    CoordinatorLoadInProgressError,
    CoordinatorNotAvailableError,
    GroupIdNotFoundError,
    GroupSubscribedToTopicError,
    NoError,
    NonEmptyGroupError,
    NotCoordinatorError,
)

from connectors.broker_errors import BrokerError
from connectors.cluster import Where, kafka_python_arguments
from connectors.kafka_admin import STATE_HANGS_ON, TIMEOUT_MS, cluster_admin, create, describe
from connectors.topics import TopicSpec

_EXPIRY_S = 3.0  # how much longer a coordinator may take to notice that a session has expired
_UNCOORDINATED = (CoordinatorNotAvailableError, CoordinatorLoadInProgressError, NotCoordinatorError)
"""What a new cluster answers while it looks for the coordinator of a group; deleting groups tells it as a word."""
_PASSING = frozenset(error.__name__ for error in (NonEmptyGroupError, GroupSubscribedToTopicError, *_UNCOORDINATED))
_DONE = frozenset({"OK", GroupIdNotFoundError.__name__})


def reset(
    bootstrap: Where, group: str, specs: Mapping[str, TopicSpec], *, session_timeout_s: float, timeout_ms: int = TIMEOUT_MS
) -> None:
    """Forget the group's committed offsets, and make `keyed` and `state` anew, empty. Safe to run again, also after a failure.

    specs: by the contract's name.
    session_timeout_s: how long a worker that ended without leaving the group counts as a member; it is waited for.
    timeout_ms: for connecting, for each request, and for the topics to be gone.
    Errors: `BrokerError` if a worker is still a member of the group, before anything is changed, or if the cluster refuses.
    """
    wanted = [specs["keyed"], specs["state"]]
    with cluster_admin(bootstrap, timeout_ms) as admin:
        _forget_offsets(admin, group, session_timeout_s + _EXPIRY_S, timeout_ms)
        _make_anew(admin, wanted, timeout_ms)


def rebuild(
    bootstrap: Where,
    group: str,
    specs: Mapping[str, TopicSpec],
    begins_at: Callable[[int], tuple[bytes, bytes]],
    *,
    session_timeout_s: float,
    timeout_ms: int = TIMEOUT_MS,
) -> dict[int, int]:
    """Make `state` anew, and let the group read `keyed` again from its beginning. Safe to run again, also after a failure.

    begins_at: makes key and value of the first record in `state` of a partition of `keyed` that begins at an offset above 0, since
    what was before has been removed. Returns the first offset of each partition of `keyed`.
    Errors: `BrokerError` if a worker is still a member of the group, before anything is changed, if `keyed` is not there with as
    many partitions as specified, or if the cluster refuses.
    """
    keyed, state = specs["keyed"], specs["state"]
    with cluster_admin(bootstrap, timeout_ms) as admin:
        have = int(describe(admin, [keyed]).get(keyed.name, {}).get("partitions", 0))
        if have != keyed.partitions:
            raise BrokerError(f"{keyed.name} has {have} partitions, not {keyed.partitions}: state cannot be made anew from it.")
        tps = [TopicPartition(keyed.name, partition) for partition in range(have)]
        _forget_offsets_of(admin, group, tps, session_timeout_s + _EXPIRY_S, timeout_ms)
        begins = {tp.partition: offset for tp, offset in _offsets(admin, tps, OffsetSpec.EARLIEST).items()}
        _make_anew(admin, [state], timeout_ms)
    with KafkaProducer(**kafka_python_arguments(bootstrap), acks="all", request_timeout_ms=timeout_ms) as producer:
        for partition, begin in begins.items():
            if begin:
                key, value = begins_at(begin)
                producer.send(state.name, value, key, partition=partition).get(timeout_ms / 1_000)
    return begins


def _make_anew(admin: Any, wanted: list[TopicSpec], timeout_ms: int) -> None:
    before = describe(admin, wanted)
    admin.delete_topics(list(before), timeout_ms=timeout_ms)
    deadline_s = time.monotonic() + timeout_ms / 1_000
    while describe(admin, wanted):
        if time.monotonic() > deadline_s:
            raise BrokerError("keyed and state were not deleted in time. Run goldenhour reset again.")
        time.sleep(0.1)
    create(admin, [_as_before(spec, before.get(spec.name, {})) for spec in wanted], timeout_ms)


def remove(
    bootstrap: Where, group: str, names: Iterable[str], *, session_timeout_s: float, timeout_ms: int = TIMEOUT_MS
) -> list[str]:
    """Forget the group, delete those of these topics that exist, and return their names. Safe to run again.

    Errors: `BrokerError` if a worker is still a member of the group, before anything is deleted, or if the cluster refuses.
    """
    with cluster_admin(bootstrap, timeout_ms) as admin:
        _forget_offsets(admin, group, session_timeout_s + _EXPIRY_S, timeout_ms)
        found = sorted(set(names) & set(admin.list_topics()))
        if found:
            admin.delete_topics(found, timeout_ms=timeout_ms)
        return found


def _forget_offsets(admin: Any, group: str, patience_s: float, timeout_ms: int) -> None:
    deadline_s = time.monotonic() + patience_s
    while (answer := _when_coordinated(lambda: admin.delete_groups([group]), timeout_ms)[group]) not in _DONE:
        _wait_for_members(group, answer, deadline_s)


def _forget_offsets_of(admin: Any, group: str, tps: list[Any], patience_s: float, timeout_ms: int) -> None:
    """Forget what the group has committed of these partitions, and keep the rest."""
    deadline_s = time.monotonic() + patience_s
    while True:
        try:
            answers = _when_coordinated(lambda: admin.delete_group_offsets(group, tps), timeout_ms)
        except GroupIdNotFoundError:
            return
        except NonEmptyGroupError:
            refused = {NonEmptyGroupError.__name__}
        else:
            refused = {answer.__name__ for answer in answers.values()} - {NoError.__name__}
        if not refused:
            return
        _wait_for_members(group, min(refused), deadline_s)


def _wait_for_members(group: str, answer: str, deadline_s: float) -> None:
    """Return after a moment if it was a member that kept the cluster from doing as asked, and there is time for it to leave."""
    if answer not in _PASSING:
        raise BrokerError(f"The offsets of group {group} could not be deleted: {answer}")
    if time.monotonic() > deadline_s:
        raise BrokerError(f"A worker is still a member of group {group}. Stop all workers, then run goldenhour reset again.")
    time.sleep(0.5)


def _as_before(spec: TopicSpec, have: Mapping[str, str]) -> TopicSpec:
    """Return a topic with what is the operator's affair as it was, and what state hangs on as it is specified."""
    kept = {name: have[name] for name in (*spec.config, "min.insync.replicas") if name in have and name not in STATE_HANGS_ON}
    replication = int(have.get("replication", spec.replication))
    return replace(spec, replication=replication, config={**spec.config, **kept})


def is_half_reset(bootstrap: Where, group: str, specs: Mapping[str, TopicSpec], *, timeout_ms: int = TIMEOUT_MS) -> bool:
    """Return whether `keyed` never held a record although the group has read inputs that must have led to some.

    Counts inputs that are still there; each of them led to a record of `keyed` or to a dead letter.
    Errors: `BrokerError` if the cluster cannot be reached.
    """
    inputs = {spec.name for spec in specs.values() if spec.direction == "in"}
    with cluster_admin(bootstrap, timeout_ms) as admin:
        offsets = _when_coordinated(lambda: admin.list_group_offsets({group: None}), timeout_ms).get(group, {})
        committed: dict[Any, int] = {tp: at.offset for tp, at in offsets.items() if tp.topic in inputs}
        if not committed or any(_ends(admin, [specs["keyed"]])):
            return False
        begins = _offsets(admin, committed, OffsetSpec.EARLIEST)
        read = sum(max(0, offset - begins[tp]) for tp, offset in committed.items())
        return read > sum(_ends(admin, [specs["dead-letters"]]))


def _when_coordinated(ask: Callable[[], dict[str, Any]], timeout_ms: int) -> dict[str, Any]:
    """Return the answer of the group's coordinator. A new cluster has none yet: the first to ask makes the cluster look for one."""
    deadline_s = time.monotonic() + timeout_ms / 1_000
    while True:
        try:
            return ask()
        except _UNCOORDINATED:
            if time.monotonic() > deadline_s:
                raise
            time.sleep(0.1)


def _ends(admin: Any, specs: Iterable[TopicSpec]) -> list[int]:
    """Return the offset after the last record of every partition, as the topics are, not as they are specified."""
    counts = {name: int(have["partitions"]) for name, have in describe(admin, list(specs)).items()}
    tps = [TopicPartition(name, partition) for name, count in counts.items() for partition in range(count)]
    return list(_offsets(admin, tps, OffsetSpec.LATEST).values())


def _offsets(admin: Any, tps: Iterable[Any], spec: Any) -> dict[Any, int]:
    answers = admin.list_partition_offsets(dict.fromkeys(tps, spec))
    return {tp: answer.offset for tp, answer in answers.items()}
