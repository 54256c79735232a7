"""Replay: files through the very processors of the worker, without a broker. Same input and policy, the same bytes out.

An event's items, and what they say to other keys, are worked off before the next event enters. `now` is a record's arrival time in
whole milliseconds, as a Kafka timestamp would be.
"""

import sys
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any, BinaryIO, NamedTuple

import msgspec

from connectors.errors import DecodeError
from connectors.replay_files import InputRecord
from models.case import Context
from models.decision import ScoreLine
from models.records import AccountEvent, Transaction
from models.rulebook import Rulebook
from models.units import instant
from stream.entry_processor import EntryProcessor, Limits
from stream.keyed_processor import Faults, KeyedOutput, KeyedProcessor
from stream.score_file import FinalScores

_SLICE = 2_000
_PARTITION = 0
_LIVE_MAX = 100_000  # some 300 MB of decoded profiles; the rest is kept in stored form


class Sinks(NamedTuple):
    """Open files for the outputs, one JSON record per line."""

    alerts: BinaryIO
    freeze_requests: BinaryIO
    dead_letters: BinaryIO
    traces: BinaryIO


class LaterPolicy(NamedTuple):
    """A policy that takes over in the middle. holds_from: whether a record is judged by it already."""

    holds_from: Callable[[InputRecord], bool]
    rulebook: Rulebook


class Replay:
    """One replay: feed it records in order of arrival, then ask for the figures.

    with_scores: keep the scores of every transaction until `score_lines` is asked. on_transaction: told every transaction once, in
    order of first arrival; needs the scores. topic_prefix: what stands before the names of topics in the records written.
    """

    def __init__(
        self,
        rulebook: Rulebook,
        sinks: Sinks,
        *,
        limits: Limits | None = None,
        with_scores: bool = False,
        isolated: Iterable[str] = (),
        on_transaction: Callable[[Transaction], None] | None = None,
        topic_prefix: str = "",
    ) -> None:
        """Start with empty state."""
        self._prefix = topic_prefix
        self._entry = EntryProcessor(1, limits or Limits(), topic_prefix)
        self._keyed = KeyedProcessor(
            _PARTITION,
            1,
            rulebook,
            Faults(isolated),
            with_scores=with_scores,
            topic_prefix=topic_prefix,
            live_max=_LIVE_MAX,
            links_max=sys.maxsize,
        )
        self._sinks = sinks
        self._scores = FinalScores()
        self._on_transaction = on_transaction
        self._arrived: dict[str, Transaction] = {}  # of this slice
        self._processed = 0
        self.outcomes: Counter[tuple[str, str, str]] = Counter()
        self.codes: Counter[str] = Counter()
        self.final_alerts: dict[str, tuple[str, int]] = {}
        self.statements: Counter[str] = Counter()
        self.requests: Counter[str] = Counter()
        self.traces = 0
        self.held_back: Counter[int] = Counter()
        self.first_log_ms: int | None = None
        self.last_log_ms = 0

    def run(
        self,
        records: Iterable[InputRecord],
        on_progress: Callable[[int], None] | None = None,
        policies: Iterable[LaterPolicy] = (),
        *,
        until_ms: int | None = None,
    ) -> None:
        """Work through records in order of arrival, writing outputs as they come. on_progress: told the count, every slice.

        policies: that take over one after the other.
        until_ms: let log time pass so far after the last record, as ticks do in a silent partition; else time ends with it.
        """
        output = KeyedOutput()
        later = list(policies)
        for record in records:
            while later and later[0].holds_from(record):
                output = self._flush(output)
                self._adopt(later.pop(0).rulebook)
            self._take(record, output)
            if self._processed % _SLICE == 0:
                output = self._flush(output)
                if on_progress is not None:
                    on_progress(self._processed)
        position = self._processed
        while until_ms is not None and self._keyed.next_ms <= until_ms:
            position += 1
            self._keyed.pass_time(until_ms, position, output)
        self._keyed.let_all_out(max(self.last_log_ms, until_ms or 0), position, output)
        self._flush(output)
        if on_progress is not None:
            on_progress(self._processed)

    def _adopt(self, rulebook: Rulebook) -> None:
        self._keyed.adopt(rulebook)
        self._entry.limits = msgspec.structs.replace(self._entry.limits, with_tills=rulebook.learning.with_tills)

    def _take(self, record: InputRecord, output: KeyedOutput) -> None:
        self._processed += 1
        log_ms = record.arrival_ms
        if self.first_log_ms is None:
            self.first_log_ms = log_ms
        self.last_log_ms = log_ms
        try:
            addressed = self._entry.read(record.topic, record.raw, log_ms)
        except DecodeError as error:
            letter = self._entry.refuse(error, self._prefix + record.topic, _PARTITION, record.offset, log_ms, record.raw)
            self._sinks.dead_letters.write(letter + b"\n")
            self.codes[error.code] += 1
            return
        event = addressed.record
        if self._on_transaction is not None and isinstance(event, Transaction):
            self._arrived.setdefault(event.event_id, event)
        topic, gate = self._prefix + record.topic, self._keyed.watch.gate
        if isinstance(event, (Transaction, AccountEvent)):
            context = Context(topic, _PARTITION, record.offset, log_ms, event.event_id, gate)
            self._keyed.judge(event, addressed.at_us, addressed.parties, context, self._processed, output, is_home=True)
        else:
            context = Context(topic, _PARTITION, record.offset, log_ms, "", gate)
            self._keyed.hear(event, record.raw, context, self._processed, output, is_home=True)

    def _flush(self, output: KeyedOutput) -> KeyedOutput:
        """Write what a slice caused and let rarely used profiles go to their stored form."""
        sealed = self._keyed.seal(output)
        for raised, raw in zip(output.alerts, sealed.alerts, strict=True):
            alert = raised.alert
            self._sinks.alerts.write(raw + b"\n")
            self.final_alerts[alert.alert_id] = (alert.typology, alert.tier)
            self.statements[alert.typology] += 1
        for request, raw in zip(output.requests, sealed.requests, strict=True):
            self._sinks.freeze_requests.write(raw + b"\n")
            self.requests[request.state] += 1
        for event_id, transaction in self._arrived.items():
            if self._on_transaction is not None and not self._scores.knows(event_id):
                self._on_transaction(transaction)
        self._arrived.clear()
        for raw in sealed.traces:
            self._sinks.traces.write(raw + b"\n")
            self.traces += 1
        for line in output.scores:
            self._scores.take(line)
        self.outcomes.update(output.outcomes)
        self.held_back.update(output.held_back)
        if self._keyed.is_crowded:
            self._keyed.take_changes()
        return KeyedOutput()

    def score_lines(self) -> Iterable[ScoreLine]:
        """Return the final score of every transaction, in order of first arrival."""
        return self._scores.lines()

    def figures(self) -> dict[str, Any]:
        """Return what was read and raised, ready for `report.json`."""
        return {
            "records": self._processed,
            "first_arrival": None if self.first_log_ms is None else instant(self.first_log_ms * 1_000),
            "last_arrival": None if self.first_log_ms is None else instant(self.last_log_ms * 1_000),
            "events": [
                {"topic": topic.removeprefix(self._prefix), "kind": kind, "outcome": outcome, "count": count}
                for (topic, kind, outcome), count in sorted(self.outcomes.items())
            ],
            "dead_letters": dict(sorted(self.codes.items())),
            "alerts": _by_typology_and_tier(self.final_alerts.values()),
            "alert_statements": dict(sorted(self.statements.items())),
            "alerts_held_back": {f"tier {tier}": count for tier, count in sorted(self.held_back.items())},
            "freeze_requests": dict(sorted(self.requests.items())),
            "traces": self.traces,
            "state": {"keys": self._keyed.key_count},
        }


def _by_typology_and_tier(final: Iterable[tuple[str, int]]) -> list[dict[str, Any]]:
    counts = Counter(final)
    return [{"typology": typology, "tier": tier, "count": count} for (typology, tier), count in sorted(counts.items())]


def report_bytes(report: dict[str, Any]) -> bytes:
    """Return a report as canonical, readable JSON."""
    return msgspec.json.format(msgspec.json.encode(report), indent=2) + b"\n"
