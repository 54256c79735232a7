"""Keyed: owns the state of one partition and judges every event at its keys. No await, no clock, no broker.

A deterministic machine over the log of its partition: the same log from the same state gives the same outputs and the same state,
wherever the slices are cut. The replay runner and the Faust worker call the very same `judge`.
"""

import sys
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import msgspec

from connectors.contract_json import read_again
from models import keys
from models.case import Context
from models.decide import accept, decide
from models.decision import Decision, LiaisonAnswer, RequestMade, Row, ScoreLine, Statement
from models.detector import AnyDetector
from models.dispositions import control, dispose, reconsider
from models.entry import Entry
from models.freeze_answers import look, respond
from models.keys import KIND_OF_PARTY, KeyKind, key_of, parties_of, parties_of_account_event, subject_of
from models.profile import PROFILE_OF_KIND, AccountProfile, Profile, decode_profile, encode_profile
from models.protection import note_holder
from models.record_entries import account_entry, account_event_entry, device_entry, event_time_us, terminal_entry
from models.records import (
    AccountEvent,
    CaseControl,
    Disposition,
    FreezeRequest,
    FreezeResponse,
    InputRecord,
    Party,
    TraceRecord,
    Transaction,
    VictimReport,
)
from models.rulebook import Rulebook
from models.segment import Segment, decode_segment, encode_segment
from models.signal import MULE
from models.timeline import Outcome
from models.trace_ledger import TraceMessage
from stream.alert_queue import AlertQueue, Raised
from stream.bundle import HOME, KEPT, KEYED, SOURCES, Bundle, EventItem, StatementItem, decode_bundle, encode_bundle
from stream.card_uses import is_card_use, use_of
from stream.case_index import CaseIndex
from stream.chains import Chains, Sealed
from stream.dispute_book import DisputeBook
from stream.entry_processor import kept_key, payers_of
from stream.freeze_watch import FreezeWatch
from stream.label_join import LEARNT_BYTES_MAX, LabelJoin, Labelled
from stream.partitioning import partition_of
from stream.stopped_money import newly_stopped
from stream.store import payload_of, value_of
from stream.trace_book import TraceBook, Traced
from stream.watermarks import decode_watermarks, encode_watermarks


class KeyedOutput:
    """What a slice causes: records to publish, statements for other partitions, and figures for the metrics.

    held_back: alerts not published (at once), by tier. stopped: money that customers were kept from paying, by currency.
    """

    def __init__(self) -> None:
        """Start empty."""
        self.alerts: list[Raised] = []
        self.requests: list[FreezeRequest] = []
        self.traces: list[TraceRecord] = []
        self.scores: list[ScoreLine] = []
        self.statements: dict[int, list[StatementItem]] = {}
        self.outcomes: Counter[tuple[str, str, Outcome]] = Counter()
        self.kept: Counter[str] = Counter()
        self.held_back: Counter[int] = Counter()
        self.repeated = 0
        self.ticks = 0
        self.dispositions: Counter[tuple[str, str, str, str]] = Counter()
        self.applied: Counter[tuple[str, str]] = Counter()
        self.moves: Counter[str] = Counter()
        self.labelled: list[Labelled] = []
        self.sampled: list[Row] = []
        self.answers: list[LiaisonAnswer] = []
        self.asked: list[RequestMade] = []
        self.stopped: Counter[str] = Counter()

    def bundles(self) -> Iterator[tuple[int, bytes]]:
        """Yield the statements as (target partition, bundle record), so few in one that the state behind them fits a batch.

        Those of one position stay together: the target takes a position once.
        """
        for partition, items in self.statements.items():
            part: list[StatementItem] = []
            for item in items:
                if len(part) >= _STATEMENTS_MAX and item.keyed_offset != part[-1].keyed_offset:
                    yield partition, encode_bundle(Bundle([], part))
                    part = []
                part.append(item)
            yield partition, encode_bundle(Bundle([], part))


class SliceBounds(NamedTuple):
    """What one slice may cause, so that it fits the batches it is written in. state_bytes_max: of changed keys, about."""

    state_bytes_max: int
    statements_max: int


UNBOUNDED = SliceBounds(sys.maxsize, sys.maxsize)


class Faults:
    """What to do when a detector raises: stop (our bug must be loud), unless it is set to be isolated; then disable it."""

    def __init__(self, isolated: Iterable[str] = ()) -> None:
        """isolated: names of detectors that may fail without stopping the worker."""
        self.isolated = frozenset(isolated)
        self.disabled: dict[str, str] = {}
        self.counted: set[str] = set()

    def __call__(self, detector: AnyDetector, error: Exception) -> None:
        """Note the fault of an isolated detector, by its error's kind only; re-raise for any other."""
        if detector.name not in self.isolated:
            raise DetectorFaultError(f"detector {detector.name} failed: {type(error).__name__}") from error
        self.disabled.setdefault(detector.name, type(error).__name__)


class DetectorFaultError(Exception):
    """A detector raised: our own bug. The worker stops without acknowledging; the restart reads the events again."""


Said = Statement | TraceMessage
"""What one key tells another."""

_SEGMENT_PREFIX = b"S:"
_ACCOUNT = b"A:"
_STATEMENTS_MAX = 32  # in one bundle, unless one position has more

# What is added to a key's stored value, about: for the key itself, by one event, and by one event at a key that has cases.
_KEY_BYTES = 100
_EVENT_BYTES = 600
_CASE_EVENT_BYTES = 8_000


class KeyedProcessor:
    """The state of one `keyed` partition and what to do with its next records.

    values: key -> stored value with its position in front, as `store.load` gives it; owned by this object from now on.
    """

    def __init__(
        self,
        partition: int,
        partitions: int,
        rulebook: Rulebook,
        faults: Faults,
        *,
        values: dict[bytes, bytes] | None = None,
        position: int = -1,
        marker: bytes | None = None,
        with_scores: bool = False,
        topic_prefix: str = "",
        live_max: int = 20_000,
        links_max: int = 32,
    ) -> None:
        """Take over a loaded partition, or an empty one. live_max: about how many profiles are kept decoded between slices.

        links_max: how many of the links that one record causes between keys of this partition are followed at once. The others
        take the way of those between partitions, so that one record touches a bounded number of keys.
        """
        self.partition = partition
        self.partitions = partitions
        self.rulebook = rulebook
        self.faults = faults
        self.values: dict[bytes, bytes] = values if values is not None else {}
        self.stored_bytes = sum(map(len, self.values)) + sum(map(len, self.values.values()))
        self.position = position
        self.watermarks: dict[str, int] = decode_watermarks(marker) if marker is not None else {}
        self.with_scores = with_scores
        self._prefix = topic_prefix
        self.live_max = live_max
        self._links_max, self._links = links_max, 0
        # In two generations, so that busy keys stay: what is touched moves to the young one, and the old one leaves whole.
        self._live: dict[bytes, Profile] = {}
        self._old: dict[bytes, Profile] = {}
        self._segments: dict[tuple[str | None, str, str], Segment] = {}
        self._queue = AlertQueue(rulebook.budget, partitions, self.values)
        self._touched: dict[bytes, int] = {}
        self._touched_bytes = 0
        self._touched_segments: set[tuple[str | None, str, str]] = set()
        self._index = CaseIndex(self, rulebook.ladder)
        self._book = TraceBook(self, rulebook)
        self._labels = LabelJoin(self, rulebook) if with_scores else None
        self.watch = FreezeWatch(self, rulebook, partitions)
        self._gate = self.watch.gate
        self._chains = Chains(self, partition)
        self._disputes = DisputeBook(self, rulebook.skimming, rulebook.ladder)

    def adopt(self, rulebook: Rulebook) -> None:
        """Judge by another policy from the next record on. Between slices: what a slice causes is sealed under one policy."""
        self.rulebook = rulebook
        self._queue.adopt(rulebook.budget, self.partitions)
        self._index.adopt(rulebook.ladder)
        self._book.adopt(rulebook)
        self.watch.adopt(rulebook, self.partitions)
        self._disputes.adopt(rulebook.skimming, rulebook.ladder)
        if self._labels is not None:
            self._labels.adopt(rulebook)

    # ---- the log ------------------------------------------------------------------------------------------------------

    def process(self, records: Iterable[Any], bounds: SliceBounds = UNBOUNDED) -> KeyedOutput:
        """Work through records of `keyed` in log order; what was applied before is skipped.

        Stops behind the record that fills a slice; `position` says how far it came.
        """
        output = KeyedOutput()
        state_bytes_max = bounds.state_bytes_max - (LEARNT_BYTES_MAX if self._labels is not None else 0)
        for record in records:
            if record.offset <= self.position:
                continue
            self._links = 0
            bundle = decode_bundle(record.value)
            self._take_events(bundle.events, record.offset, output)
            self._take_statements(bundle.statements, record.offset, output)
            if bundle.passed_ms:
                output.ticks += 1
                self.pass_time(bundle.passed_ms, record.offset, output)
            self.position = record.offset
            if self._touched_bytes > state_bytes_max and self._measure() > state_bytes_max * 3 // 4:
                break
            if sum(map(len, output.statements.values())) > bounds.statements_max:
                break
        return output

    def _measure(self) -> int:
        """Return how many bytes of state the keys touched since the last `take_changes` stand for, exactly, and go on from there.

        Dear; asked only when the guess, which never falls short for long, says that it may be too much.
        """
        values, live = self.values, self._live
        self._touched_bytes = sum(
            len(key) + _KEY_BYTES + (len(encode_profile(live[key])) if key in live else len(values.get(key, b"")))
            for key in self._touched
        )
        return self._touched_bytes

    def _touch(self, key: bytes, position: int, added_bytes: int) -> None:
        """Note that a key has changed, and about how many bytes of state that stands for since the last `take_changes`."""
        if key not in self._touched:
            self._touched_bytes += len(key) + len(self.values.get(key, b"")) + _KEY_BYTES
        self._touched[key] = position
        self._touched_bytes += added_bytes

    def _take_events(self, items: list[EventItem], position: int, output: KeyedOutput) -> None:
        tops: dict[str, int] = {}
        number = partition = -1
        source = ""
        for item in items:
            if item.source != number or item.partition != partition:  # mostly one source in a row
                number, partition = item.source, item.partition
                source = f"{number}:{partition}"
            if item.offset <= self.watermarks.get(source, -1):
                output.repeated += 1
                continue
            tops[source] = item.offset
            topic = SOURCES[item.source]
            record = read_again(topic, item.raw)
            if item.parties & KEPT:
                assert isinstance(record, InputRecord)
                context = Context(self._prefix + topic, item.partition, item.offset, item.log_ms, "", self._gate)
                self.hear(record, item.raw, context, position, output, is_home=bool(item.parties & HOME))
                continue
            assert isinstance(record, (Transaction, AccountEvent))
            if isinstance(record, Transaction):
                parties = parties_of(record, self.rulebook.learning.with_tills)
            else:
                parties = parties_of_account_event(record)
            here = [party for party in parties if party[0] & item.parties]
            context = Context(self._prefix + topic, item.partition, item.offset, item.log_ms, record.event_id, self._gate)
            self.judge(record, event_time_us(record), here, context, position, output, is_home=bool(item.parties & HOME))
        self.watermarks.update(tops)

    def _take_statements(self, items: list[StatementItem], position: int, output: KeyedOutput) -> None:
        tops: dict[str, int] = {}
        for item in items:
            source = f"{KEYED}:{item.keyed_partition}"
            if item.keyed_offset <= self.watermarks.get(source, -1):
                continue
            tops[source] = item.keyed_offset
            topic = self._prefix + SOURCES[item.source]
            if item.log_ms >= self.next_ms:
                self._pass(Context(topic, item.partition, item.offset, item.log_ms, "", self._gate), position, output)
            if item.trace is not None:
                context = Context(topic, item.partition, item.offset, item.log_ms, item.trace.told.event_id, self._gate)
                self._deliver([item.trace], context, position, output)
            if item.statement is not None:
                context = Context(topic, item.partition, item.offset, item.log_ms, item.statement.event_id, self._gate)
                self._deliver([item.statement], context, position, output)
        self.watermarks.update(tops)

    def seal(self, output: KeyedOutput) -> Sealed:
        """Return what a slice publishes in its final bytes. Once for each output, in order, before `take_changes`."""
        version = self.rulebook.version
        requests = [msgspec.structs.replace(request, policy_version=version) for request in output.requests]
        return self._chains.seal([raised.alert for raised in output.alerts], requests, output.traces, self.position)

    # ---- what people say ----------------------------------------------------------------------------------------------

    def hear(self, record: InputRecord, raw: bytes, context: Context, position: int, output: KeyedOutput, *, is_home: bool) -> None:
        """Take in what no detector judges. A disposition reaches every partition, once: here is where labels arrive."""
        if is_home:
            output.kept[context.topic.removeprefix(self._prefix)] += 1
        if context.log_ms >= self.next_ms:
            self._pass(context, position, output)
        if isinstance(record, CaseControl) and record.subject is None:
            self.watch.switch(record, position)
            self._look_at_held(context, position, output)
            return
        if isinstance(record, CaseControl):
            self._take_control(record, context, position, output)
            return
        if is_home:
            self._keep(record, raw, position, output)
        if isinstance(record, Disposition):
            self._take_disposition(record, context, position, output)
        if isinstance(record, FreezeResponse):
            self._take_response(record, context, position, output)
        if isinstance(record, VictimReport):
            self._take_report(record, context, position, output)

    def _keep(self, record: InputRecord, raw: bytes, position: int, output: KeyedOutput) -> None:
        """Keep a record under its own id; a second copy replaces the first by the same bytes."""
        key = kept_key(record)
        if isinstance(record, Disposition) and key not in self.values:
            names = "alert" if record.alert_id is not None else "event"
            output.dispositions[names, record.verdict, record.stage or "", record.outcome or ""] += 1
        self.put(key, value_of(position, raw), position)

    def _take_disposition(self, record: Disposition, context: Context, position: int, output: KeyedOutput) -> None:
        """Apply a disposition to the cases that it is about here; keep it for those that are not known yet.

        One on an alert waits only where that alert is unknown; one on an event may always meet a further case.
        """
        said: list[Said] = []
        found = self._index.keys_of(record, context.log_ms)
        for key in found:
            said += self._dispose(key, record, context, position, output, "at_once")
        if record.event_id is not None or not found:
            self._index.wait(record, context.log_ms, position)
        if record.event_id is not None:
            waiting = self._index.waiting_for(record.event_id, context.log_ms)
            said += self._disputes.rule(record.event_id, waiting, context.log_ms, position)
        for payer in self._book.paid_by(record.event_id) if record.event_id is not None else ():
            key = key_of("ACCOUNT", payer)
            profile = self._profile(key, "ACCOUNT")
            assert isinstance(profile, AccountProfile)
            traced = self._book.rule(payer, profile, record, context.log_ms, position)
            if traced is not None:
                said += self._take_traced(key, traced, position, output)
        if self._labels is not None:
            output.labelled += self._labels.dispose(record, self._events_of(record, found), position)
        self._deliver(said, context, position, output)

    def _events_of(self, record: Disposition, found: list[bytes]) -> list[str]:
        """Return the events that a disposition is about: the one it names, or those that raised the alert it names."""
        if record.event_id is not None:
            return [record.event_id]
        events: dict[str, None] = {}
        for key in found:
            for case in self._profile(key, subject_of(key)[0]).cases:
                if case.alert_id == record.alert_id:
                    events |= dict.fromkeys(said.signal.event_id for said in case.said if said.signal.tier)
        return sorted(events)

    def _dispose(
        self, key: bytes, record: Disposition, context: Context, position: int, output: KeyedOutput, when: str
    ) -> list[Said]:
        kind, identifier = subject_of(key)
        profile = self._profile(key, kind)
        decision = dispose(kind, identifier, profile, record, self.rulebook, context)
        if not decision.is_applied:
            return []
        output.applied["alert" if record.alert_id is not None else "event", when] += 1
        output.stopped.update(newly_stopped(profile, record, decision.alerts))
        self._touch(key, position, _CASE_EVENT_BYTES)
        said = self._take_note(key, decision, context, position, output)
        if isinstance(profile, AccountProfile) and identifier in self._book.ledgers and _is_of_a_mule(profile, record):
            traced = self._book.find(identifier, profile, record, context.log_ms, position)
            if traced is not None:
                said += self._take_traced(key, traced, position, output)
        return said

    def _take_response(self, record: FreezeResponse, context: Context, position: int, output: KeyedOutput) -> None:
        """Apply a response to the request that it answers, if that was made here; keep it where the request is not known yet."""
        found = self._index.keys_of_request(record.request_id, context.log_ms)
        for key in found:
            self._deliver(self._respond(key, record, context, position, output), context, position, output)
        if not found:
            self._index.wait_response(record, context.log_ms, position)

    def _respond(self, key: bytes, record: FreezeResponse, context: Context, position: int, output: KeyedOutput) -> list[Said]:
        profile = self._profile(key, "ACCOUNT")
        assert isinstance(profile, AccountProfile)
        decision = respond(key[2:].decode(), profile, record, self.rulebook, context)
        if not decision.is_applied:
            return []
        self._touch(key, position, _CASE_EVENT_BYTES)
        return self._take_note(key, decision, context, position, output)

    @property
    def next_ms(self) -> int:
        """Return the log time from which on something happens by itself, 0 for at once, `NEVER_MS` for never."""
        return min(self._queue.next_ms, self.watch.next_ms)

    def pass_time(self, log_ms: int, position: int, output: KeyedOutput) -> None:
        """Let log time pass without a record of anybody's. Harmless when repeated: time only goes forward."""
        self._pass(Context(self._prefix + SOURCES[KEYED], self.partition, position, log_ms, "", self._gate), position, output)

    def _pass(self, context: Context, position: int, output: KeyedOutput) -> None:
        """Let log time pass up to a record: let out what has room, look where a clock has run out, each as of its own moment.

        Then look at accounts that waited for people to let requests go out.
        """
        queue, watch = self._queue, self.watch
        while (moment_ms := min(queue.next_ms, watch.clock_ms)) <= context.log_ms:
            if moment_ms == queue.next_ms:
                self._let_out(queue.next_out(moment_ms), position, output)
            elif (clock := watch.take_due(moment_ms, position)) is not None:
                due = Context(clock.topic, clock.partition, clock.offset, clock.due_ms, "", self._gate)
                self._look(clock.account, due, position, output)
            elif watch.clock_ms == moment_ms:  # enough for one record
                break
        self._look_at_held(context, position, output)

    def _look_at_held(self, context: Context, position: int, output: KeyedOutput) -> None:
        for account in self.watch.take_held(position):
            self._look(account, msgspec.structs.replace(context, event_id=""), position, output)

    def _look(self, account: str, context: Context, position: int, output: KeyedOutput) -> None:
        """Look again at an account: time has passed, or requests go out again."""
        key = key_of("ACCOUNT", account)
        profile = self._profile(key, "ACCOUNT")
        assert isinstance(profile, AccountProfile)
        decision = look(account, profile, self.rulebook, context)
        self._touch(key, position, _CASE_EVENT_BYTES)
        self._deliver(self._take_note(key, decision, context, position, output), context, position, output)

    def _take_report(self, record: VictimReport, context: Context, position: int, output: KeyedOutput) -> None:
        """Look for what a report tells of at those of its payers that live here; follow the money from there."""
        said: list[Said] = []
        for payer in dict.fromkeys(payers_of(record)):
            key = key_of("ACCOUNT", payer)
            if partition_of(key, self.partitions) != self.partition:
                continue
            profile = self._profile(key, "ACCOUNT")
            assert isinstance(profile, AccountProfile)
            traced = self._book.report(payer, profile, record, context.log_ms, position)
            if traced is not None:
                said += self._take_traced(key, traced, position, output)
        self._deliver(said, context, position, output)

    def _take_traced(self, key: bytes, traced: Traced, position: int, output: KeyedOutput) -> list[Said]:
        """Publish what a trace says, and return what others must hear of it."""
        self._touch(key, position, _EVENT_BYTES)
        if traced.record is not None:
            output.traces.append(traced.record)
        return [*traced.messages, *traced.statements]

    def _take_control(self, record: CaseControl, context: Context, position: int, output: KeyedOutput) -> None:
        assert record.subject is not None
        kind, identifier = record.subject.kind, record.subject.id
        key = key_of(kind, identifier)
        decision = control(kind, identifier, self._profile(key, kind), record, self.rulebook, context)
        if decision.is_applied:
            self._touch(key, position, _CASE_EVENT_BYTES)
            self._deliver(self._take_note(key, decision, context, position, output), context, position, output)

    def _take_note(self, key: bytes, decision: Decision, context: Context, position: int, output: KeyedOutput) -> list[Said]:
        """Publish what a key decided, and apply what people have said of it before; return all it has to say to other keys."""
        self._collect(decision, context, position, output)
        said: list[Said] = list(decision.statements)
        if decision.alerts or decision.raised:
            for disposition in self._index.note(key, decision, context.log_ms, position):
                said += self._dispose(key, disposition, context, position, output, "waited")
        if decision.requests:
            first = {request.request_id for request in decision.requests if request.sequence == 1}
            profile = self._profile(key, "ACCOUNT")
            assert isinstance(profile, AccountProfile)
            for life in profile.freezes:
                if life.request_id in first:
                    output.asked.append(RequestMade(life.proposed_us, life.alerted_us, life.reported_us))
            for response in self._index.note_requests(key, decision, context.log_ms, position):
                said += self._respond(key, response, context, position, output)
        if key.startswith(_ACCOUNT):
            profile = self._profile(key, "ACCOUNT")
            assert isinstance(profile, AccountProfile)
            if profile.freezes:
                self.watch.note(key[2:].decode(), profile, context, position)
            self.watch.save(position)
        return said

    # ---- judging ------------------------------------------------------------------------------------------------------

    def judge(
        self,
        event: Transaction | AccountEvent,
        at_us: int,
        parties: Iterable[tuple[int, bytes]],
        context: Context,
        position: int,
        output: KeyedOutput,
        *,
        is_home: bool,
    ) -> None:
        """Judge an event at those of its keys that live here, the home first, then deliver what they say to others."""
        if context.log_ms >= self.next_ms:
            self._pass(context, position, output)
        said: list[Said] = []
        transaction = event if isinstance(event, Transaction) else None
        event_kind = transaction.kind if transaction is not None else "ACCOUNT_EVENT"
        for party, key in parties:
            kind = KIND_OF_PARTY[party]
            profile = self._live.get(key) or self._profile(key, kind)
            entry = _entry_of(event, party, at_us, self.rulebook.bounds.utc_offset_s)
            segment = self._segment_of(transaction) if transaction is not None and party == keys.PAYER else None
            learned = segment.learned if segment is not None else 0
            decision = decide(
                kind,
                key[2:].decode(),
                profile,
                entry,
                segment,
                self.rulebook,
                context,
                self.faults,
                with_score=self.with_scores,
                scoring=self._labels.scoring(party, key) if self._labels is not None and transaction is not None else None,
            )
            if is_home:
                output.outcomes[context.topic, event_kind, decision.outcome] += 1
            if decision.outcome != "duplicate":
                self._touch(key, position, _CASE_EVENT_BYTES if profile.cases else _EVENT_BYTES)
                if transaction is not None and isinstance(profile, AccountProfile):
                    own = transaction.payer if party == keys.PAYER else transaction.payee
                    is_counted = decision.outcome != "too_late"
                    if own is not None and _note_own_party(profile, own, transaction, party == keys.PAYER, is_counted):
                        reconsider(kind, key[2:].decode(), profile, self.rulebook, context, decision)
                    if segment is not None and segment.learned != learned:
                        self._touched_segments.add(_segment_key(transaction))
                if decision.scores:  # of this event, a key beside its home speaks only if it suspects something
                    usual = self.rulebook.fusion.usual_score
                    output.scores += [
                        line
                        for line in decision.scores
                        if is_home or line.typology or line.event_id != entry.event_id or line.score > usual
                    ]
                if decision.row is not None and self._labels is not None:
                    is_sampled = self._labels.remember(party, entry.event_id, decision.row, context.log_ms, position)
                    if is_sampled and is_home:
                        output.sampled.append(decision.row)
                if (
                    decision.alerts
                    or decision.requests
                    or decision.statements
                    or decision.raised
                    or decision.moves
                    or decision.held_back
                    or self._gate.is_changed
                    or self._gate.held
                ):
                    said += self._take_note(key, decision, context, position, output)
                if party == keys.PAYER and transaction is not None and decision.outcome != "too_late" and is_card_use(transaction):
                    waiting = self._index.waiting_for(entry.event_id, context.log_ms)
                    use = use_of(transaction, at_us // 1_000_000)
                    said += self._disputes.used(entry.event_id, use, waiting, context.log_ms, position)
                if kind == "ACCOUNT" and self._book.ledgers and key[2:].decode() in self._book.ledgers:
                    assert isinstance(profile, AccountProfile)
                    traced = self._book.moved(key[2:].decode(), profile, entry, context.log_ms, position)
                    said += self._take_traced(key, traced, position, output)
            is_home = False
        if said:
            self._deliver(said, context, position, output)

    def _deliver(self, said: Iterable[Said], context: Context, position: int, output: KeyedOutput) -> None:
        """Take statements to keys of this partition at once, first in first out; pack the others for their partitions."""
        waiting = deque(said)
        while waiting:
            statement = waiting.popleft()
            key = _key_heard(statement)
            target = partition_of(key, self.partitions)
            is_alone = isinstance(statement, Statement) and statement.link is not None and statement.link.is_alone
            self._links += is_alone
            if target != self.partition or (is_alone and self._links > self._links_max):
                self._pack(statement, target, context, position, output)
                continue
            if isinstance(statement, TraceMessage):
                profile = self._profile(key, "ACCOUNT")
                assert isinstance(profile, AccountProfile)
                traced = self._book.message(statement, profile, context.log_ms, position)
                waiting.extend(self._take_traced(key, traced, position, output))
                continue
            profile = self._profile(key, statement.kind)
            heard_as = context if context.event_id else msgspec.structs.replace(context, event_id=statement.event_id)
            decision = accept(statement.kind, statement.id, profile, statement, self.rulebook, heard_as)
            self._touch(key, position, _EVENT_BYTES if is_alone else _CASE_EVENT_BYTES)
            waiting.extend(self._take_note(key, decision, context, position, output))

    def _pack(self, said: Said, target: int, context: Context, position: int, output: KeyedOutput) -> None:
        """Put what somebody elsewhere must hear into the bundle for its partition."""
        number = SOURCES.index(context.topic.removeprefix(self._prefix))
        statement = said if isinstance(said, Statement) else None
        message = said if isinstance(said, TraceMessage) else None
        item = StatementItem(
            self.partition, position, number, context.partition, context.offset, context.log_ms, statement, message
        )
        output.statements.setdefault(target, []).append(item)

    def _collect(self, decision: Decision, context: Context, position: int, output: KeyedOutput) -> None:
        """Hand on what is to be published, as far as the alert budget lets it go."""
        for alert in decision.alerts:
            held_back = self._queue.put(Raised(alert, context.log_ms), context.log_ms, output.alerts)
            if held_back:
                output.held_back[alert.tier] += 1
        self._save_queue(position)
        output.requests += decision.requests
        output.answers += decision.answers
        output.moves.update(decision.moves)
        if decision.held_back:
            output.held_back[1] += decision.held_back

    def _let_out(self, alerts: list[Raised], position: int, output: KeyedOutput) -> None:
        output.alerts += alerts
        self._save_queue(position)

    def let_all_out(self, log_ms: int, position: int, output: KeyedOutput) -> None:
        """Publish what still waits, whatever the limits, first what goes first: the log has ended."""
        self._let_out(self._queue.all_out(log_ms), position, output)

    @property
    def waiting_count(self) -> int:
        """Return how many alerts are held back."""
        return self._queue.waiting_count

    def _save_queue(self, position: int) -> None:
        for key, payload in self._queue.take_changes():
            if payload is None:
                self.remove(key, position)
            else:
                self.put(key, value_of(position, payload), position)

    # ---- state --------------------------------------------------------------------------------------------------------

    def _profile(self, key: bytes, kind: KeyKind) -> Profile:
        profile = self._live.get(key)
        if profile is None:
            profile = self._old.pop(key, None)
            if profile is not None:
                self._live[key] = profile
                return profile
            stored = self.values.get(key)
            profile = PROFILE_OF_KIND[kind]() if stored is None else decode_profile(kind, payload_of(stored))
            self._live[key] = profile
        return profile

    def _segment_of(self, event: Transaction) -> Segment:
        name = _segment_key(event)
        segment = self._segments.get(name)
        if segment is None:
            stored = self.values.get(_stored_segment_key(name))
            segment = Segment() if stored is None else decode_segment(payload_of(stored))
            self._segments[name] = segment
        return segment

    def take_changes(self) -> dict[bytes, bytes | None]:
        """Return the changed keys' values, as of now, and start collecting anew; None for a key that is gone.

        Each value carries the position it was changed at.
        """
        if self._labels is not None:
            self._labels.flush(self.position)
        changed: dict[bytes, bytes | None] = {}
        values, live = self.values, self._live
        for key, position in self._touched.items():
            profile = live.get(key)
            if profile is None:
                changed[key] = values.get(key)
                continue
            value = value_of(position, encode_profile(profile))
            self._store(key, value)
            changed[key] = value
        for name in self._touched_segments:
            key = _stored_segment_key(name)
            value = value_of(self.position, encode_segment(self._segments[name]))
            self._store(key, value)
            changed[key] = value
        self._touched = {}
        self._touched_bytes = 0
        self._touched_segments = set()
        if self.is_crowded:
            self._old, self._live = live, {}
        return changed

    def put(self, key: bytes, value: bytes, position: int) -> None:
        """Store a value that is no profile."""
        self._store(key, value)
        self._touch(key, position, 0)

    def remove(self, key: bytes, position: int) -> None:
        """Take out a value that is no profile."""
        before = self.values.pop(key, None)
        if before is not None:
            self.stored_bytes -= len(key) + len(before)
        self._touch(key, position, 0)

    def _store(self, key: bytes, value: bytes) -> None:
        before = self.values.get(key)
        self.stored_bytes += len(value) - len(before) if before is not None else len(key) + len(value)
        self.values[key] = value

    def marker(self) -> bytes:
        """Return what stands beside the position in the state topic's marker."""
        return encode_watermarks(self.watermarks)

    @property
    def key_count(self) -> int:
        """Return how many keys there are, stored or decoded only."""
        return len(self.values.keys() | self._live.keys() | self._old.keys())

    @property
    def is_crowded(self) -> bool:
        """Return whether `take_changes` would let profiles go to their stored form."""
        return len(self._live) > self.live_max // 2


def _entry_of(event: Transaction | AccountEvent, party: int, at_us: int, utc_offset_s: int) -> Entry:
    if party == keys.DEVICE:
        return device_entry(event, at_us)
    if isinstance(event, AccountEvent):
        return account_event_entry(event, at_us)
    if party == keys.TERMINAL:
        return terminal_entry(event, at_us)
    return account_entry(event, at_us, utc_offset_s, credit=party == keys.PAYEE)


def _is_of_a_mule(profile: AccountProfile, record: Disposition) -> bool:
    """Return whether a disposition is on the alert that suspects the account as a mule's."""
    return any(case.alert_id == record.alert_id and case.role == MULE for case in profile.cases)


def _key_heard(said: Said) -> bytes:
    """Return the key that must hear something."""
    return key_of("ACCOUNT", said.told.account) if isinstance(said, TraceMessage) else key_of(said.kind, said.id)


def _note_own_party(profile: AccountProfile, own: Party, transaction: Transaction, is_payer: bool, is_counted: bool) -> bool:
    """Keep what a transaction tells of the account itself; return whether it changes how well the holder is protected."""
    if own.bank is not None:
        profile.bank = own.bank
    if own.customer is not None:
        profile.customer = own.customer
    if own.on_us is not None:
        profile.is_on_us = own.on_us
    return note_holder(profile, own, transaction, is_payer=is_payer, is_counted=is_counted)


def _segment_key(transaction: Transaction) -> tuple[str | None, str, str]:
    payer = transaction.payer
    return (payer.type if payer is not None else None), transaction.kind, transaction.channel


def _stored_segment_key(name: tuple[str | None, str, str]) -> bytes:
    return _SEGMENT_PREFIX + "/".join(part or "-" for part in name).encode()
