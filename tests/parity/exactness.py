"""What workers must have left behind, worked out anew from the logs they read, without a broker and without a stop.

`keyed` is the log of a deterministic machine: whatever happened to its workers, their state and outputs must be those of one
undisturbed run over it. And every source record must stand in it, for every key it concerns, once and in order.
"""

from collections.abc import Iterable
from typing import Any, NamedTuple

import msgspec

from connectors.contract_json import decode
from models.records import Alert, FreezeRequest
from models.rulebook import Rulebook
from stream.bundle import INPUT_TOPICS, decode_bundle
from stream.entry_processor import EntryProcessor, Limits
from stream.keyed_processor import Faults, KeyedOutput, KeyedProcessor
from stream.policy.changes import KEY as POLICY_KEY
from stream.store import payload_of
from tests.bank import shipped_rulebook
from tests.integration.worker_tools import Read, Site


class Left(NamedTuple):
    """State and outputs of one partition of `keyed`. state: payload by key. marker: source -> last offset taken in."""

    state: dict[bytes, bytes]
    marker: dict[str, int]
    alerts: set[bytes]
    requests: set[bytes]


def run_over(
    log: Iterable[Any], rulebook: Rulebook, prefix: str, partition: int = 0, partitions: int = 1, *, with_scores: bool = False
) -> Left:
    """Return what one undisturbed run over a partition of `keyed` leaves; each record is a slice of its own.

    with_scores: as the worker's setting, for what is learnt of scored events is state.
    """
    processor = KeyedProcessor(partition, partitions, rulebook, Faults(), topic_prefix=prefix, with_scores=with_scores)
    alerts: set[bytes] = set()
    requests: set[bytes] = set()
    for record in log:
        output: KeyedOutput = processor.process([record])
        sealed = processor.seal(output)
        processor.take_changes()
        alerts |= set(sealed.alerts)
        requests |= set(sealed.requests)
    state = {key: payload_of(value) for key, value in processor.values.items()}
    return Left(state, watermarks(processor.marker()), alerts, requests)


def watermarks(marker: bytes | None) -> dict[str, int]:
    """Return the offsets that stand in a marker's payload."""
    found: dict[str, int] = msgspec.msgpack.decode(marker)[1] if marker is not None else {}
    return found


def keyed_log_of(sources: Iterable[Read], prefix: str) -> list[Read]:
    """Return the log of a single `keyed` partition if every source record came by itself, in the order given."""
    entry = EntryProcessor(1, Limits(), prefix)
    log: list[Read] = []
    for source in sources:
        for value in entry.process([source._replace(topic=prefix + source.topic)]).bundles.get(0, []):
            log.append(Read("keyed", 0, len(log), source.timestamp, b"", value))
    return log


def sources_of(site: Site) -> list[Read]:
    """Return all input records in the order of their log time."""
    found = [record for topic in INPUT_TOPICS for record in site.read(topic)]
    return sorted(found, key=lambda record: record.timestamp)


def assert_exact(site: Site, rulebook: Rulebook) -> int:
    """State, positions, alerts, freeze requests and dead letters are those of an undisturbed run over the logs.

    Returns how many alerts and freeze requests were published again; a repeat has the bytes of the first.
    """
    logs: list[list[Read]] = [[] for _ in range(site.partitions)]
    for record in site.read("keyed"):
        logs[record.partition].append(record)
    _assert_complete(site, logs)
    expected = [
        run_over(log, rulebook, site.prefix, number, site.partitions, with_scores=site.with_scores)
        for number, log in enumerate(logs)
    ]
    for log, left, loaded in zip(logs, expected, site.loaded(), strict=True):
        found = {key: payload_of(value) for key, value in loaded.values.items() if key != POLICY_KEY}
        wrong = [key for key, payload in left.state.items() if found.get(key) != payload]
        assert (len(wrong), set(found) - set(left.state)) == (0, set())
        assert watermarks(loaded.marker) == left.marker
        assert loaded.position == (log[-1].offset if log else -1)
    assert {record.value for record in site.read("alerts")} == set[bytes]().union(*(left.alerts for left in expected))
    assert {record.value for record in site.read("freeze-requests")} == set[bytes]().union(*(left.requests for left in expected))
    return repeats(site, "alerts") + repeats(site, "freeze-requests")


def _assert_complete(site: Site, logs: list[list[Read]]) -> None:
    """Every readable source record is taken in by every partition it concerns, once and in order; the others are dead letters."""
    entry = EntryProcessor(site.partitions, Limits(), site.prefix)
    wanted: list[dict[tuple[int, int], list[int]]] = [{} for _ in logs]
    letters: set[bytes] = set()
    for topic in INPUT_TOPICS:
        for record in site.read(topic):
            output = entry.process([record._replace(topic=site.name(topic))])
            letters |= {letter for _, letter in output.dead_letters}
            for partition, bundles in output.bundles.items():
                for bundle in bundles:
                    for item in decode_bundle(bundle).events:
                        wanted[partition].setdefault((item.source, item.partition), []).append(item.offset)
    assert [_taken_in(log) for log in logs] == wanted
    assert {record.value for record in site.read("dead-letters")} == letters


def _taken_in(log: list[Read]) -> dict[tuple[int, int], list[int]]:
    """Return the offsets of each source that a receiver takes in which drops what is not above the last one."""
    taken: dict[tuple[int, int], list[int]] = {}
    for record in log:
        for item in decode_bundle(record.value).events:
            offsets = taken.setdefault((item.source, item.partition), [])
            if not offsets or item.offset > offsets[-1]:
                offsets.append(item.offset)
    return taken


def repeats(site: Site, topic: str) -> int:
    """Return how many records of an output topic are copies of an earlier one; fail if two of one id and number differ."""
    first: dict[tuple[str, int], bytes] = {}
    copies = 0
    for record in site.read(topic):
        read: Any = decode(topic, record.value)
        name = (read.alert_id, read.revision) if topic == "alerts" else (read.request_id, read.sequence)
        copies += name in first
        assert first.setdefault(name, record.value) == record.value
    return copies


def last_alerts(values: Iterable[bytes]) -> dict[str, Any]:
    """Return the last revision of every alert by its id, without what may differ with the number of partitions.

    That is where the trigger lies, its place in a chain, which of the steps on the way were told (revision, raised_at), and what a
    segment of one partition's population adds: the supporting reason and the score. Of a reminder the sums, the evidence and the
    trigger may be older in one than in the other: it is not repeated for a little more; and so they may be of any alert that was
    told in full `told_in_full_max` times. That an answer is overdue is said at the next record of the own partition. What was taken
    back keeps the network it was in when that happened.
    """
    last: dict[str, Alert] = {}
    for value in values:
        alert = decode("alerts", value)
        assert isinstance(alert, Alert)
        if alert.alert_id not in last or alert.revision >= last[alert.alert_id].revision:
            last[alert.alert_id] = alert
    return {alert_id: _told(alert) for alert_id, alert in last.items()}


def _told(alert: Alert) -> dict[str, Any]:
    told = msgspec.structs.asdict(alert)
    for name in ("source", "revision", "raised_at", "score", "chain"):
        del told[name]
    reasons = [reason for reason in alert.reasons if reason.code not in ("UNUSUAL_FOR_SELF", "ACKNOWLEDGEMENT_OVERDUE")]
    is_taken_back = alert.reasons[0].code in ("WITHDRAWN", "DISPOSED_LEGITIMATE")
    if is_taken_back:
        del told["case_id"]
    if (alert.tier == 1 and not is_taken_back) or alert.revision > shipped_rulebook().cases.told_in_full_max:
        for name in ("event_time", "trigger_event_id", "amount_at_risk_minor", "evidence", "counter_evidence"):
            del told[name]
    told["reasons"] = [reason.code for reason in reasons] if alert.tier == 1 else reasons
    return told


def last_requests(values: Iterable[bytes]) -> dict[str, Any]:
    """Return what the last sequence of every freeze request asks for, by its id; its reasons and case are those of its moment."""
    last: dict[str, FreezeRequest] = {}
    for value in values:
        request = decode("freeze-requests", value)
        assert isinstance(request, FreezeRequest)
        if request.request_id not in last or request.sequence >= last[request.request_id].sequence:
            last[request.request_id] = request
    return {
        request_id: (request.state, request.alert_ids, request.target, request.requested_amount_minor, request.transactions)
        for request_id, request in last.items()
    }
