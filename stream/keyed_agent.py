"""The keyed agent: bundles in; alerts, freeze requests, scores, statements and state out. Owns the state of its partitions.

Each slice ends in this order: outputs published and acknowledged, state and position saved in one batch and acknowledged, source
offset let go. State is loaded when a partition is assigned, before its first record is worked on.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from typing import Any

from aiokafka.errors import KafkaError

from connectors.contract_json import encode
from models.records import Score
from models.units import instant
from stream.batches import TP, Batch, Edge
from stream.bundle import Bundle, encode_bundle
from stream.chains import Sealed
from stream.continuity import refuse_gap
from stream.drift import DriftWatch
from stream.freeze_figures import note_freezes, note_watch
from stream.keyed_processor import Faults, KeyedOutput, KeyedProcessor, SliceBounds
from stream.metrics import Metrics
from stream.outbox import Outbox, Publish, StateChange
from stream.partition_writer import PartitionWriter
from stream.policy.changes import keep, next_change
from stream.policy.document import Policy
from stream.progress import Progress
from stream.store import Loaded, Ownership

log = logging.getLogger("goldenhour.keyed")

# Well below what one batch of states takes (OutboxOptions): a slice ends behind the record that passes its bound, and a record may
# touch some hundred keys more, those that its links reach included, each with all the state that a key can have.
SLICE_BOUNDS = SliceBounds(state_bytes_max=2 << 20, statements_max=200)
_REWRITE_BYTES_MAX = 1 << 20


class Owned:
    """One partition of ours: its processor and its writer."""

    def __init__(self, processor: KeyedProcessor, writer: PartitionWriter, rewrite: set[bytes]) -> None:
        """rewrite: keys whose last record is not their best one; they are saved again with the first slices."""
        self.processor, self.writer, self.rewrite = processor, writer, rewrite

    def changes(self) -> dict[bytes, bytes | None]:
        """Return what a slice has changed, and of the keys to be saved again as many as go along."""
        changed: dict[bytes, bytes | None] = {**self.processor.take_changes()}
        size_bytes = 0
        while self.rewrite and size_bytes < _REWRITE_BYTES_MAX:
            key = self.rewrite.pop()
            value = changed.setdefault(key, self.processor.values.get(key))
            size_bytes += len(key) + len(value or b"")
        return changed


class TopicNames:
    """Full names of the topics the agent writes to."""

    def __init__(self, prefix: str) -> None:
        """prefix: before every name."""
        self.keyed = prefix + "keyed"
        self.state = prefix + "state"
        self.alerts = prefix + "alerts"
        self.freeze_requests = prefix + "freeze-requests"
        self.traces = prefix + "traces"
        self.scores = prefix + "scores"
        self.dead_letters = prefix + "dead-letters"
        self.policy_changes = prefix + "policy-changes"


class StateUnreachableError(RuntimeError):
    """State could not be read: the network's fault. The text names the kind of error only."""


class KeyedAgent:
    """Runs a `KeyedProcessor` for every assigned partition of `keyed`.

    load: starts reading a partition's state. slice_records_max: events in one slice, cut between bundles.
    """

    def __init__(
        self,
        edge: Edge,
        policy: Policy,
        faults: Faults,
        outbox: Outbox,
        metrics: Metrics,
        progress: Progress,
        load: Callable[[int], Awaitable[Loaded]],
        *,
        names: TopicNames,
        topic_prefix: str,
        partitions: int,
        slice_records_max: int,
        live_max: int,
        with_scores: bool,
        slice_bounds: SliceBounds = SLICE_BOUNDS,
        tick_after_s: float = 5.0,
    ) -> None:
        """Wire the agent; nothing runs before the worker does."""
        self._edge, self._policy, self._faults, self._outbox = edge, policy, faults, outbox
        self._metrics, self._progress, self._load = metrics, progress, load
        self._drift = DriftWatch()
        metrics.expect(policy.rulebook.detectors)
        self._names, self._prefix, self._partitions = names, topic_prefix, partitions
        self._slice_records_max, self._live_max, self._with_scores = slice_records_max, live_max, with_scores
        self._slice_bounds = slice_bounds
        self._ownership = Ownership()
        self._owned: dict[int, Owned] = {}
        self._loading: dict[int, asyncio.Task[Owned]] = {}
        self._recovering_since_s = 0.0
        self._ticker, self._tick_after_s = PartitionWriter(outbox), tick_after_s

    def adopt(self, policy: Policy) -> None:
        """Judge by another policy from now on, at all partitions at once; called from the event loop, so never inside a slice."""
        self._policy = policy
        for owned in self._owned.values():
            owned.processor.adopt(policy.rulebook)

    # ---- partitions come and go ---------------------------------------------------------------------------------------

    def on_assigned(self, partitions: Iterable[TP], generation: int) -> None:
        """Keep what is surely current, drop the rest, and start loading at once."""
        ours = sorted(tp.partition for tp in partitions if tp.topic == self._names.keyed)
        to_load = self._ownership.on_assigned(ours, generation)
        for partition in list(self._owned):
            if partition in to_load or partition not in ours:
                self._owned.pop(partition).writer.abandon()
                self._forget_series(partition)
        self._cancel_loading()
        self._recovering_since_s = time.monotonic()
        for partition in ours:
            if partition not in self._owned:
                self._loading[partition] = asyncio.ensure_future(self._take_over(partition))
        self._metrics.is_recovering.set(bool(self._loading))

    def on_revoked(self) -> None:
        """Stop loading: whoever waits for it gives its batch up."""
        self._cancel_loading()

    def _cancel_loading(self) -> None:
        for task in self._loading.values():
            task.cancel()
        self._loading = {}

    @property
    def is_recovering(self) -> bool:
        """Return whether state is still being loaded."""
        return bool(self._loading)

    def recovering_s(self) -> float:
        """Return for how long state has been loading; 0 if it is not."""
        return time.monotonic() - self._recovering_since_s if self._loading else 0.0

    async def _take_over(self, partition: int) -> Owned:
        try:
            loaded = await self._load(partition)
            processor = KeyedProcessor(
                partition,
                self._partitions,
                self._policy.rulebook,
                self._faults,
                values=loaded.values,
                position=loaded.position,
                marker=loaded.marker,
                with_scores=self._with_scores,
                topic_prefix=self._prefix,
                live_max=self._live_max,
            )
        except (KafkaError, OSError) as error:
            failure = StateUnreachableError(f"the state of partition {partition} could not be read: {type(error).__name__}")
            self._outbox.fail(failure)
            raise failure from error
        except Exception as error:
            self._outbox.fail(error)
            raise
        writer = PartitionWriter(self._outbox, TP(self._names.state, partition), loaded.position)
        owned = Owned(processor, writer, set(loaded.stale_last))
        self._owned[partition] = owned
        self._loading.pop(partition, None)
        self._progress.moved(TP(self._names.keyed, other) for other in self._owned)  # they stood behind the one that was loading
        self._metrics.recovery_seconds.labels(str(partition)).set(loaded.seconds)
        self._metrics.is_recovering.set(bool(self._loading))
        self._note_size(partition, processor)
        log.info("state loaded partition=%d keys=%d seconds=%.3f", partition, len(loaded.values), loaded.seconds)
        return owned

    async def _owner_of(self, partition: int) -> Owned | None:
        """Return the partition's owner when its state is loaded; None if it was taken from us meanwhile."""
        owned = self._owned.get(partition)
        if owned is not None:
            return owned
        task = self._loading.get(partition)
        if task is None:
            return None
        await asyncio.wait([task])
        return self._owned.get(partition)

    # ---- time passes in silence ---------------------------------------------------------------------------------------

    async def tick(self) -> None:
        """Tell each partition of ours in which something is due, and that nothing else would tell, that time has passed.

        Called by a timer. Up to a moment that lies `tick_after_s` back, and only if what the topics held by then is worked off: a
        record that is still under way may be the very answer that a clock waits for.
        """
        passed_ms = round((time.time() - self._tick_after_s) * 1_000)
        due = [partition for partition, owned in self._owned.items() if owned.processor.next_ms <= passed_ms]
        if not due or any(lag.seconds is None or lag.seconds >= self._tick_after_s for lag in self._progress.lags()):
            return
        value = encode_bundle(Bundle(passed_ms=passed_ms))
        publishes = [
            Publish(self._names.keyed, partition, b"", value)
            for partition in due
            if self._edge.lag(TP(self._names.keyed, partition)) == 0
        ]
        if publishes:
            await self._ticker.add(publishes, None, lambda: None)

    # ---- work ---------------------------------------------------------------------------------------------------------

    async def take(self, batch: Batch) -> None:
        """Work through a batch of bundles in slices; let go of it when the last slice is saved."""
        self._progress.taken(batch.tp, batch.records[0].timestamp)
        owned = await self._owner_of(batch.partition)
        if owned is not None and self._edge.is_current(batch):
            refuse_gap(batch.tp, owned.processor.position, batch.records)
        for records in self._cut(batch.records):
            is_worked_off = False
            while not is_worked_off:
                if owned is None or not self._edge.is_current(batch):
                    self._edge.give_up(batch)
                    return
                is_last = await self._work(owned, batch, records)
                if is_last:
                    return
                is_worked_off = owned.processor.position >= records[-1].offset
                await asyncio.sleep(0)

    def _cut(self, records: Sequence[Any]) -> Iterator[list[Any]]:
        """Cut a batch between bundles, by size: bundles differ by a factor of a thousand."""
        part: list[Any] = []
        size = 0
        for record in records:
            part.append(record)
            size += len(record.value or b"")
            if size >= self._slice_records_max * 400:
                yield part
                part, size = [], 0
        if part:
            yield part

    async def _work(self, owned: Owned, batch: Batch, records: list[Any]) -> bool:
        """Work on as many of the records as one slice may hold; return whether the batch is worked off with them."""
        started_s = time.perf_counter()
        processor = owned.processor
        change = next_change(processor, self._policy, records)
        output = processor.process(records, self._slice_bounds)
        if change is not None:
            keep(processor, self._policy)
        sealed = processor.seal(output)
        state = StateChange(owned.changes(), processor.position, processor.marker())
        is_last = processor.position >= batch.records[-1].offset
        publishes = self._publishes(output, sealed)
        if change is not None:
            publishes.append(Publish(self._names.policy_changes, None, str(change.partition).encode(), encode(change)))
        worked_s = time.perf_counter()
        self._observe(output, worked_s - started_s, len(records))

        def done() -> None:
            self._metrics.write_seconds.labels("keyed").observe(time.perf_counter() - worked_s)
            self._note_alerts(output)
            self._note_size(batch.partition, processor)
            self._progress.moved([batch.tp])
            if is_last:
                if self._edge.is_of_this_assignment(batch):
                    self._progress.done(batch.tp, batch.records[-1].timestamp)
                self._edge.finish(batch)

        await owned.writer.add(publishes, state, done)
        return is_last

    def _publishes(self, output: KeyedOutput, sealed: Sealed) -> list[Publish]:
        names = self._names
        publishes = [
            Publish(names.alerts, None, raised.alert.subject.id.encode(), raw)
            for raised, raw in zip(output.alerts, sealed.alerts, strict=True)
        ]
        publishes += [
            Publish(names.freeze_requests, None, request.request_id.encode(), raw)
            for request, raw in zip(output.requests, sealed.requests, strict=True)
        ]
        publishes += [
            Publish(names.traces, None, trace.account.encode(), raw)
            for trace, raw in zip(output.traces, sealed.traces, strict=True)
        ]
        for line in output.scores:
            score = Score(
                event_id=line.event_id,
                event_time=instant(line.at_us),
                score=line.score,
                tier=line.tier,
                typology=line.typology or None,
                seen_as=line.seen_as,
            )
            publishes.append(Publish(names.scores, None, line.event_id.encode(), encode(score)))
        publishes += [Publish(names.keyed, partition, b"", value) for partition, value in output.bundles()]
        return publishes

    # ---- figures ------------------------------------------------------------------------------------------------------

    def _observe(self, output: KeyedOutput, worked_s: float, records: int) -> None:
        metrics = self._metrics
        metrics.batch_seconds.labels("keyed").observe(worked_s)
        events = 0
        for (topic, kind, outcome), count in output.outcomes.items():
            metrics.events.labels(topic.removeprefix(self._prefix), kind, outcome).inc(count)
            events += count
        if events or not output.ticks:
            metrics.batch_records.labels("keyed").observe(events)
        if events:
            metrics.decide_seconds.observe(worked_s / events)
        metrics.traces.inc(len(output.traces))
        metrics.scores.inc(len(output.scores))
        metrics.repeated_events.inc(output.repeated)
        metrics.ticks.inc(output.ticks)
        for topic, count in output.kept.items():
            metrics.kept_records.labels(topic).inc(count)
        for told, count in output.dispositions.items():
            metrics.dispositions.labels(*told).inc(count)
        for how, count in output.applied.items():
            metrics.applied_dispositions.labels(*how).inc(count)
        for reason, count in output.moves.items():
            metrics.case_moves.labels(reason).inc(count)
        for found in output.labelled:
            metrics.labelled_events.labels(found.party, found.label, str(found.tier), "yes" if found.is_top else "no").inc()
            metrics.label_delay.observe(found.delay_s)
        for what in self._drift.take(output.sampled):
            metrics.drifts.labels(what).inc()
        for name in self._faults.disabled:
            if name not in self._faults.counted:
                self._faults.counted.add(name)
                metrics.detector_faults.labels(name).inc()
                log.error("detector disabled after a fault detector=%s error=%s", name, self._faults.disabled[name])

    def _note_alerts(self, output: KeyedOutput) -> None:
        """Count alerts and requests when they are acknowledged, and how long that took."""
        now_s = time.time()
        metrics = self._metrics
        for raised in output.alerts:
            alert = raised.alert
            tier = str(alert.tier)
            metrics.alert_revisions.labels(alert.typology, tier).inc()
            if alert.revision == 1:
                metrics.alerts.labels(alert.typology, tier).inc()
            if alert.revision == 1 and alert.held_back_s is None:
                metrics.log_to_alert.observe(max(0.0, now_s - raised.log_ms / 1_000))
                metrics.event_to_alert.observe(max(0.0, now_s - alert.event_time.timestamp()))
        for held_tier, count in output.held_back.items():
            metrics.alerts_held_back.labels(str(held_tier)).inc(count)
        note_freezes(metrics, output)

    def _note_size(self, partition: int, processor: KeyedProcessor) -> None:
        self._metrics.state_keys.labels(str(partition)).set(len(processor.values))
        self._metrics.state_bytes.labels(str(partition)).set(processor.stored_bytes)
        self._metrics.alerts_waiting.labels(str(partition)).set(processor.waiting_count)
        note_watch(self._metrics, str(partition), processor.watch)

    def _forget_series(self, partition: int) -> None:
        for gauge in (
            self._metrics.state_keys,
            self._metrics.state_bytes,
            self._metrics.alerts_waiting,
            self._metrics.freeze_guard_tripped,
            self._metrics.freeze_review_only,
            self._metrics.freeze_requests_held,
            self._metrics.recovery_seconds,
        ):
            try:
                gauge.remove(str(partition))
            except KeyError:
                continue
