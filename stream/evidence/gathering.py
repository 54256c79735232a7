"""Finds what belongs to a case among all that was published and all that came in, and how it is chained.

A case's alerts are all revisions of every alert that ever stood in it; its traces those of its accounts and of every account that
the same reported money reached; its inputs what any of these names, and what people said of them.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

import msgspec

from connectors.contract_json import decode
from connectors.record_chain import link_of
from models.records import Alert, Chain, FreezeRequest, TraceRecord
from models.units import instant
from stream.bundle import INPUT_TOPICS
from stream.evidence.form import ChainPart, Entry, EvidenceError, sha256


class Published(NamedTuple):
    """A record we published, as it lies in its topic."""

    partition: int
    offset: int
    raw: bytes


class Arrived(NamedTuple):
    """A record that came in. topic: by the contract's name."""

    topic: str
    partition: int
    offset: int
    arrival_ms: int
    raw: bytes


Outputs = Callable[[str], Iterable[Published]]
"""Topic -> its records in the order of the log; may be asked more than once."""


class CaseOutputs(NamedTuple):
    """What we published of one case, each id and number once."""

    alerts: list[Entry]
    requests: list[Entry]
    traces: list[Entry]
    chains: list[ChainPart]
    wanted: "Wanted"


class Wanted(NamedTuple):
    """What of the inputs belongs to a case, by the field that names it."""

    events: set[str]
    reports: set[str]
    alerts: set[str]
    requests: set[str]
    subjects: set[str]


class _Peek(msgspec.Struct, gc=False):
    """The members that say whether a record belongs to a case; the rest is skipped, much faster than decoding it."""

    case_id: str = ""
    alert_id: str = ""
    alert_ids: tuple[str, ...] = ()
    request_id: str = ""
    account: str = ""
    event_id: str = ""
    original_event_id: str = ""
    report_id: str = ""
    sources: tuple[str, ...] = ()
    reports: tuple[str, ...] = ()
    reported: tuple[dict[str, Any], ...] = ()
    subject: dict[str, Any] = msgspec.field(default_factory=dict)
    chain: Chain | None = None


_peek = msgspec.json.Decoder(_Peek).decode


def gather_outputs(case_id: str, outputs: Outputs) -> CaseOutputs:
    """Return what was published of a case. Errors: EvidenceError if there is nothing, or a record cannot be read."""
    of_alerts, of_requests = _ids(case_id, outputs)
    if not of_alerts and not of_requests:
        raise EvidenceError(f"no alert and no freeze request of case {case_id} was found")
    chains: list[ChainPart] = []
    alerts = _taken("alerts", outputs, lambda peek: peek.alert_id in of_alerts, chains)
    requests = _taken("freeze-requests", outputs, lambda peek: peek.request_id in of_requests, chains)
    wanted = Wanted(set(), set(), of_alerts, of_requests, set())
    for entry in (*alerts, *requests):
        _want(wanted, entry)
    accounts = _traced(wanted.subjects, outputs)
    traces = _taken("traces", outputs, lambda peek: peek.account in accounts, chains)
    for entry in traces:
        _want(wanted, entry)
    return CaseOutputs(alerts, requests, traces, chains, wanted)


def _ids(case_id: str, outputs: Outputs) -> tuple[set[str], set[str]]:
    """Return the ids of the alerts and of the freeze requests of a case; either may name the other."""
    alerts = {peek.alert_id for peek in _peeks("alerts", outputs) if peek.case_id == case_id}
    requests = set[str]()
    for peek in _peeks("freeze-requests", outputs):
        if peek.case_id == case_id or not alerts.isdisjoint(peek.alert_ids):
            requests.add(peek.request_id)
            alerts.update(peek.alert_ids)
    return alerts, requests


def _traced(subjects: set[str], outputs: Outputs) -> set[str]:
    """Return the accounts of a case, and every account that the reported money which they saw has reached."""
    money = {name for peek in _peeks("traces", outputs) if peek.account in subjects for name in _money_in(peek)}
    return subjects | {peek.account for peek in _peeks("traces", outputs) if not money.isdisjoint(_money_in(peek))}


def _money_in(trace: _Peek) -> Iterator[str]:
    """Yield the payments and reports whose money a trace follows, at the account that paid it too."""
    yield from trace.sources
    yield from trace.reports
    for reported in trace.reported:
        yield str(reported["report_id"])


def _peeks(topic: str, outputs: Outputs) -> Iterator[_Peek]:
    for published in outputs(topic):
        yield _peeked(topic, published)


def _peeked(topic: str, published: Published) -> _Peek:
    try:
        return _peek(published.raw)
    except msgspec.MsgspecError:
        raise EvidenceError(f"{topic} {published.partition}:{published.offset} cannot be read: it was changed") from None


def _taken(topic: str, outputs: Outputs, is_ours: Callable[[_Peek], bool], chains: list[ChainPart]) -> list[Entry]:
    """Return the records of a topic that belong to the case, in the order of id and number; add the stretches of chain they lie on.

    Of several copies of one statement the last in the log is taken: a worker that starts again says again what it was not sure of.
    """
    every: dict[str, Chain] = {}
    found: dict[tuple[str, int], tuple[Entry, str | None]] = {}
    for published in outputs(topic):
        peek = _peeked(topic, published)
        link = None
        if peek.chain is not None:
            link = link_of(topic, peek.chain)
            every[link] = peek.chain
        if is_ours(peek):
            entry = Entry(
                topic=topic,
                partition=published.partition,
                offset=published.offset,
                sha256=sha256(published.raw),
                record=msgspec.Raw(published.raw),
            )
            found[_place(entry)] = entry, link
    ordered = [found[place] for place in sorted(found)]
    chains += _stretches(topic, every, {link for _, link in ordered if link is not None})
    return [entry for entry, _ in ordered]


def _place(entry: Entry) -> tuple[str, int]:
    """Return the id and number of a statement."""
    record = record_of(entry)
    if isinstance(record, Alert):
        return record.alert_id, record.revision
    if isinstance(record, FreezeRequest):
        return record.request_id, record.sequence
    assert isinstance(record, TraceRecord)
    return record.account, record.revision


def record_of(entry: Entry) -> Any:
    """Return the record of an entry that is not masked. Errors: EvidenceError."""
    try:
        return decode(entry.topic, bytes(entry.record))
    except ValueError:
        raise EvidenceError(f"{entry.topic} {entry.partition}:{entry.offset} does not follow the contract") from None


def _stretches(topic: str, every: dict[str, Chain], own: set[str]) -> list[ChainPart]:
    """Return the stretches of chain between the first and the last record of the case, walking back from each last one."""
    parts = []
    left = dict.fromkeys(sorted(own, key=lambda link: (every[link].partition, every[link].number, link), reverse=True))
    while left:
        link: str | None = next(iter(left))
        walked: list[Chain] = []
        numbers: list[int] = []
        kept = 0
        partition = every[str(link)].partition
        lowest = min(every[name].number for name in left if every[name].partition == partition)
        while link is not None and link in every and every[link].number >= lowest:
            walked.append(every[link])
            if link in left:
                del left[link]
                numbers.append(every[link].number)
                kept = len(walked)
            link = every[link].before
        stretch = walked[:kept][::-1]
        parts.append(
            ChainPart(
                topic=topic,
                partition=partition,
                first=stretch[0].number,
                before=stretch[0].before,
                sha256s=tuple(chain.sha256 for chain in stretch),
                own=tuple(reversed(numbers)),
            )
        )
    return parts[::-1]


def _want(wanted: Wanted, entry: Entry) -> None:
    """Add what a published record rests on."""
    record = record_of(entry)
    if isinstance(record, Alert):
        wanted.events.update((record.trigger_event_id, *record.evidence))
        wanted.subjects.add(record.subject.id)
    elif isinstance(record, FreezeRequest):
        wanted.events.update(row.event_id for row in record.transactions)
        wanted.subjects.add(record.target.account)
    elif isinstance(record, TraceRecord):
        wanted.events.update(record.sources)
        wanted.events.update(part.event_id for part in record.left)
        wanted.reports.update(record.reports)
        for reported in record.reported:
            wanted.events.update(reported.events)
            wanted.reports.add(reported.report_id)


def gather_inputs(wanted: Wanted, arrived: Iterable[Arrived]) -> tuple[list[Entry], set[str]]:
    """Return the inputs of a case in the order of arrival, and the wanted events that are not among them."""
    found = []
    missing = set(wanted.events)
    for record in arrived:
        if record.topic not in INPUT_TOPICS:
            continue
        try:
            peek = _peek(record.raw)
        except msgspec.MsgspecError:
            continue  # the worker made a dead letter of it, so nothing rests on it
        if not _belongs(wanted, record.topic, peek):
            continue
        missing.discard(peek.event_id)
        arrived_at = instant(record.arrival_ms * 1_000).isoformat().replace("+00:00", "Z")
        entry = Entry(
            topic=record.topic,
            partition=record.partition,
            offset=record.offset,
            arrived_at=arrived_at,
            sha256=sha256(record.raw),
            record=msgspec.Raw(record.raw),
        )
        found.append((record.arrival_ms, record.topic, record.partition, record.offset, entry))
    return [row[-1] for row in sorted(found, key=lambda row: row[:-1])], missing


def _belongs(wanted: Wanted, topic: str, peek: _Peek) -> bool:
    if topic in ("transactions", "account-events"):
        return peek.event_id in wanted.events or peek.original_event_id in wanted.events
    if topic == "victim-reports":
        return peek.report_id in wanted.reports
    if topic == "dispositions":
        return peek.alert_id in wanted.alerts or peek.event_id in wanted.events
    if topic == "freeze-responses":
        return peek.request_id in wanted.requests
    return peek.subject.get("id") in wanted.subjects
