"""Decides the case anew from a log, by the bundle's own policy, and says field by field where that differs from the bundle.

Where one partition decided, every statement must come out as it stands, to the byte. Where several did, their logs interleaved in a
way that no file tells: then the last statement of each alert and freeze request must come out, without what only says where and
when it was made (which is what the stream itself promises of different numbers of partitions).
"""

import json
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Any, BinaryIO, NamedTuple, cast

from connectors.record_chain import sha256_of
from connectors.replay_files import InputRecord
from models.policy import PolicyError
from models.rulebook import Rulebook
from models.units import time_us
from stream.entry_processor import Limits
from stream.evidence.checks import NUMBERED, statements
from stream.evidence.comparing import compared, derived_from, last_of, told_in
from stream.evidence.form import OUTPUT_TOPICS, Bundle, EvidenceError, PolicyText
from stream.evidence.watching import Watch
from stream.policy.document import policy_of
from stream.replay import LaterPolicy, Replay, Sinks


class Rederived(NamedTuple):
    """How a bundle compares with a log. compared: statements that came out as they stand, or should have."""

    differences: list[str]
    compared: int
    is_exact: bool


class _Kept:
    """A sink that keeps the lines of the case and lets the others go."""

    def __init__(self, ids: set[str], case_id: str, identifier: str) -> None:
        self.lines: list[bytes] = []
        self._ids, self._case_id, self._identifier = ids, case_id, identifier

    def write(self, line: bytes) -> None:
        record = json.loads(line)
        if record.get(self._identifier) in self._ids or record.get("case_id") == self._case_id:
            self.lines.append(line[:-1])


class _Nowhere:
    """A sink for what nobody asks for."""

    def write(self, _line: bytes) -> None:
        """Let it go."""


def rederive(bundle: Bundle, log: Iterable[InputRecord]) -> Rederived:
    """Return what differs between a bundle and what its policy makes of a log.

    log: from the beginning of the workers' state on, in order of arrival.
    Errors: EvidenceError if the bundle's policy is none that this program can use.
    """
    sinks = {part: _Kept(_ids(bundle, part), bundle.case.case_id, NUMBERED[part][0]) for part in ("alerts", "freeze_requests")}
    traces = _Traces(bundle)
    nowhere = cast(BinaryIO, _Nowhere())
    is_exact = bundle.case.settings.partitions == 1
    held = [_rulebook(policy) for policy in (*bundle.policy.earlier, bundle.policy)]
    rulebook, in_full_max = held[0], max(each.cases.told_in_full_max for each in held)
    later = [
        LaterPolicy(_beginning_of(policy, is_exact=is_exact), each)
        for policy, each in zip((*bundle.policy.earlier, bundle.policy)[1:], held[1:], strict=True)
    ]
    run = Replay(
        rulebook,
        Sinks(
            alerts=cast(BinaryIO, sinks["alerts"]),
            freeze_requests=cast(BinaryIO, sinks["freeze_requests"]),
            dead_letters=nowhere,
            traces=cast(BinaryIO, traces),
        ),
        limits=Limits(bundle.case.settings.record_bytes_max, bundle.case.settings.future_skew_s, rulebook.learning.with_tills),
        isolated=bundle.case.settings.isolate,
        topic_prefix=bundle.case.settings.topic_prefix,
    )
    watch = Watch(bundle)
    run.run(watch.passing(log), policies=later, until_ms=_last_said_ms(bundle))
    derived = {"alerts": sinks["alerts"].lines, "freeze_requests": sinks["freeze_requests"].lines, "traces": traces.lines}
    differences = list(watch.differences())
    count = 0
    for part in OUTPUT_TOPICS:
        if part == "traces" and not is_exact and bundle.case.identifiers == "MASKED":
            continue  # a trace has no name but its account, and their revisions may differ
        ours, theirs = told_in(bundle, part), derived_from(bundle, part, derived[part])
        if not is_exact:
            ours, theirs = last_of(ours, in_full_max), last_of(theirs, in_full_max)
        count += len(ours.keys() | theirs.keys())
        differences += compared(ours, theirs, is_exact=is_exact)
    return Rederived(differences, count, is_exact)


def _beginning_of(policy: PolicyText, *, is_exact: bool) -> Callable[[InputRecord], bool]:
    """Return what tells whether a record was judged by a policy already.

    One partition knows it by how far it had read each topic. Several began at different records; they heard of the policy at the
    same time, so the first of them tells the log time from which all did.
    """
    if is_exact and policy.since:
        read = {end.topic: end.offset for end in policy.since[-1].read}
        return lambda record: record.offset > read.get(record.topic, -1)
    first_ms = min((time_us(since.log_time) // 1_000 for since in policy.since), default=0)
    return lambda record: record.arrival_ms >= first_ms


def _rulebook(policy: PolicyText) -> Rulebook:
    try:
        return policy_of(policy.text).rulebook
    except PolicyError as error:
        raise EvidenceError(f"the policy in the bundle cannot be used by this version of the program: {error}") from error


def _last_said_ms(bundle: Bundle) -> int:
    """Return when the case was last spoken of: time may have passed so far after the last record of the log."""
    times = [
        record[name]
        for part, name in (("alerts", "raised_at"), ("freeze_requests", "requested_at"), ("traces", "as_of"))
        for _, record in statements(bundle, part)
    ]
    return max((time_us(datetime.fromisoformat(text)) // 1_000 for text in times), default=0)


def _ids(bundle: Bundle, part: str) -> set[str]:
    return {record[NUMBERED[part][0]] for _, record in statements(bundle, part)}


class _Traces:
    """Keeps the traces of the case as gathering does: of its accounts, and of every account that the money they saw has reached.

    Where accounts are masked, one of which no money is told is known again by what was chained only.
    """

    def __init__(self, bundle: Bundle) -> None:
        rows = [record for _, record in statements(bundle, "traces")]
        accounts = {record["subject"]["id"] for _, record in statements(bundle, "alerts")}
        accounts |= {record["target"]["account"] for _, record in statements(bundle, "freeze_requests")}
        self._sums = {record["chain"]["sha256"] for record in rows if "chain" in record}
        self._money = {name for record in rows if record["account"] in accounts for name in _money_in(record)}
        self._traced = accounts if bundle.case.identifiers == "OPENED" else set[str]()
        self._lines: list[tuple[str, bytes]] = []

    def write(self, line: bytes) -> None:
        raw = line[:-1]
        record = json.loads(raw)
        self._lines.append((record["account"], raw))
        if not self._money.isdisjoint(_money_in(record)) or sha256_of(raw) in self._sums:
            self._traced.add(record["account"])

    @property
    def lines(self) -> list[bytes]:
        """Return all statements about every account that is traced."""
        return [raw for account, raw in self._lines if account in self._traced]


def _money_in(trace: Any) -> Iterator[str]:
    """Yield the payments and reports whose money a trace follows."""
    yield from trace.get("sources", ())
    yield from trace.get("reports", ())
    for reported in trace.get("reported", ()):
        yield reported["report_id"]
