"""The worker: Faust with our transport, two agents, one outbox, one HTTP server. The only place that catches what it does not know.

Three kinds of failure end here. Theirs (a bad record) never gets this far. The network's (a write not acknowledged) and ours (a
bug) end the process at once, without acknowledging anything: the restart reads the same records again.
"""

import asyncio
import logging
import os
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from typing import Any, NoReturn

import msgspec
from aiokafka.errors import KafkaError

from connectors.cloud_events import Headers, headers_by_topic
from connectors.kafka_admin import check_topics
from connectors.kafka_reset import is_half_reset
from connectors.topics import TopicSpec, load_topics
from models.rulebook import Rulebook
from models.stored import StoredStateError
from stream.batch_transport import install
from stream.batches import TP, Batch, Edge, TransportHooks, TransportOptions, raw_topic
from stream.bundle import INPUT_TOPICS
from stream.client_warnings import ComplaintCounter
from stream.continuity import RecordsGoneError, refuse_unfit_state, standing_of
from stream.entry_agent import EntryAgent
from stream.entry_processor import EntryProcessor, Limits
from stream.fault_trace import fault_trace
from stream.faust_settings import REBALANCE_TIMEOUT_S, faust_settings
from stream.faust_worker import App, run
from stream.health import Health, HealthServer
from stream.keyed_agent import KeyedAgent, StateUnreachableError, TopicNames
from stream.keyed_processor import Faults
from stream.logs import listen_to, record_hash
from stream.metrics import Metrics, PartitionLag, build_metrics
from stream.outbox import LeaseLostError, Outbox, OutboxOptions, WriteFailedError
from stream.policy.document import Policy, read_policy, refuse_unknown
from stream.policy.follower import PolicyFollower, read_log
from stream.policy.log import PolicyLog
from stream.progress import Progress
from stream.settings import Settings, SettingsError, read_toml
from stream.state_format import StateFormatError, refuse_other_format
from stream.store import Loaded, load
from stream.versions import versions

log = logging.getLogger("goldenhour.worker")

EXIT_USAGE = 2
"""Exit status when settings, topics or state cannot be used as they are."""
EXIT_OURS = 70
"""Exit status after a bug of ours (EX_SOFTWARE)."""
EXIT_WRITE_FAILED = 74
"""Exit status after a failed or unacknowledged write (EX_IOERR)."""
EXIT_STALLED = 75
"""Exit status when nothing is done any more in spite of lag, the drain took too long, or Kafka failed us (EX_TEMPFAIL)."""


def end_for(error: BaseException) -> NoReturn:
    """End the process with the status and the sentence of a failure; a fault of ours is told by its kinds and places only."""
    match error:
        case RecordsGoneError() | StateFormatError():
            end_process(EXIT_USAGE, str(error))
        case WriteFailedError() | LeaseLostError():
            end_process(EXIT_WRITE_FAILED, f"a write failed, nothing is acknowledged any more: {error}")
        case StateUnreachableError():
            end_process(EXIT_STALLED, f"{error}; nothing is lost")
        case StoredStateError():
            end_process(EXIT_USAGE, f"the state is spoilt: {error}. {TO_REBUILD}")
    log.error("a fault of our own\n%s", fault_trace(error))
    end_process(EXIT_OURS, f"stopped by a fault of our own: {type(error).__name__}")


def end_process(status: int, sentence: str) -> NoReturn:
    """End at once, without acknowledging anything: in doubt the restart repeats, and a repeat is harmless."""
    log.critical("%s status=%d", sentence, status)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


TO_REBUILD = (
    "Stop all workers, run `goldenhour reset --from keyed` and start them: the state is made anew from the log it was made from."
)


class WorkerParts(msgspec.Struct):
    """A built worker, before it runs."""

    app: Any
    follower: PolicyFollower | None
    edge: Edge
    metrics: Metrics
    health: HealthServer
    entry: EntryAgent
    keyed: KeyedAgent
    progress: Progress


def topic_specs(settings: Settings) -> dict[str, TopicSpec]:
    """Return the topics as the settings want them: a shadow shares the inputs, and has all others to itself."""
    raw, prefix, partitions = read_toml(settings.topics_file), settings.topic_prefix, settings.partitions
    own = load_topics(raw, prefix=prefix + settings.shadow_prefix, partitions=partitions)
    shared = load_topics(raw, prefix=prefix, partitions=partitions)
    return {name: shared[name] if spec.direction == "in" else spec for name, spec in own.items()}


def event_headers(settings: Settings) -> dict[str, Callable[[bytes], Headers]]:
    """Return what gives the headers of the topics we publish to; nothing where the settings want none."""
    prefix = settings.topic_prefix + settings.shadow_prefix
    return headers_by_topic(prefix, settings.application_id) if settings.cloud_events else {}


def read_rulebook(settings: Settings) -> Rulebook:
    """Return the rulebook of the policy files; names of isolated detectors must exist.

    Errors: PolicyError, SettingsError.
    """
    return read_policy(settings).rulebook


def refuse_wrong_topics(settings: Settings) -> None:
    """Raise SettingsError if the cluster's topics are not what this worker needs; each problem says what to do."""
    specs = topic_specs(settings)
    cluster = settings.cluster
    problems = check_topics(cluster, specs.values())
    if not problems and is_half_reset(cluster, settings.application_id, specs):
        problems = [
            f"{specs['keyed'].name} was made anew, but group {settings.application_id} would not read its inputs again. "
            "Stop all workers and run goldenhour reset."
        ]
    if problems:
        raise SettingsError(problems)


def build_worker(settings: Settings, policy: Policy, known: PolicyLog | None = None) -> WorkerParts:
    """Return a worker of these settings: the composition root. Importing this module has no effect; calling this has few.

    known: the policy topic up to where the worker reads on; None to follow none.
    """
    rulebook = policy.rulebook
    prefix, names, cluster = settings.topic_prefix, TopicNames(settings.topic_prefix + settings.shadow_prefix), settings.cluster
    inputs = [prefix + topic for topic in INPUT_TOPICS]
    app = App(
        settings.application_id,
        **faust_settings(
            cluster,
            instance_id=settings.instance_id or None,
            session_timeout_s=settings.session_timeout_s,
            commit_interval_s=settings.commit_interval_s,
        ),
    )
    metrics = build_metrics()
    listen_to("aiokafka", ComplaintCounter(metrics.client_warnings))

    def show(in_force: Policy) -> None:
        metrics.build.info({**versions(), "policy": in_force.version})
        metrics.judge_by(in_force)

    show(policy)
    if known is not None and known.last is not None:
        metrics.note_policy(known.last)
    parts: dict[str, Any] = {}

    def on_assigned(partitions: frozenset[TP], generation: int) -> None:
        metrics.rebalances.inc()
        metrics.partitions.clear()
        for tp in partitions:
            metrics.partitions.labels(tp.topic).inc()
        parts["progress"].assign(partitions)
        parts["entry"].on_assigned(partitions)
        parts["keyed"].on_assigned(partitions, generation)

    def on_revoked(partitions: frozenset[TP]) -> None:
        parts["entry"].on_revoked()
        parts["keyed"].on_revoked()
        parts["progress"].assign(())

    edge = install(
        app,
        [*inputs, names.keyed],
        TransportOptions(
            transport=settings.transport,
            batch_records_max=settings.slice_records_max,
            held_records_max=settings.held_records_max,
            held_records_max_of={names.keyed: settings.held_bundles_max},
        ),
        TransportHooks(on_assigned=on_assigned, on_revoked=on_revoked),
    )
    outbox = Outbox(
        lambda: app.producer._producer,
        end_for,
        lambda: edge.seconds_since_heartbeat() < settings.session_timeout_s / 2,
        OutboxOptions(
            depth=settings.writes_in_flight_max,
            ack_timeout_s=settings.write_timeout_s,
            batch_bytes_max_of={names.keyed: 4 << 20},
            headers_of=event_headers(settings),
        ),
    )
    metrics.heartbeat_age.set_function(edge.seconds_since_heartbeat)
    progress = Progress(edge.lag)

    def known_lags() -> Iterator[PartitionLag]:
        is_known = edge.seconds_since_heartbeat() < settings.session_timeout_s
        return (lag if is_known else lag._replace(records=None, seconds=None) for lag in progress.lags())

    metrics.lags.source = known_lags
    entry = EntryAgent(
        edge,
        EntryProcessor(
            settings.partitions, Limits(settings.record_bytes_max, settings.future_skew_s, rulebook.learning.with_tills), prefix
        ),
        outbox,
        metrics,
        progress,
        keyed_topic=names.keyed,
        dead_letter_topic=names.dead_letters,
        align_wait_s=settings.align_wait_s,
        is_input=lambda tp: tp.topic != names.keyed,
    )

    def adopt(newer: Policy) -> None:
        keyed.adopt(newer)
        entry.adopt(newer.rulebook)
        show(newer)

    topic = f"{prefix}policy"
    follower = PolicyFollower(cluster, topic, known, adopt, metrics.note_policy) if known is not None else None

    async def load_partition(partition: int) -> Loaded:
        if follower is not None:
            await follower.catch_up()
        loaded, keyed_tp = await load(cluster, names.state, partition), TP(names.keyed, partition)
        refuse_other_format(keyed_tp, loaded.marker)
        refuse_unfit_state(keyed_tp, loaded.position, await standing_of(cluster, settings.application_id, keyed_tp))
        return loaded

    keyed = KeyedAgent(
        edge,
        policy,
        Faults(settings.isolated),
        outbox,
        metrics,
        progress,
        load_partition,
        names=names,
        topic_prefix=prefix,
        partitions=settings.partitions,
        slice_records_max=settings.slice_records_max,
        live_max=settings.live_profiles_max,
        with_scores=settings.scores,
        tick_after_s=settings.tick_after_s,
    )
    parts |= {"entry": entry, "keyed": keyed, "progress": progress}
    answers = _health_of(settings, edge, outbox, keyed, progress)
    health = HealthServer(metrics.registry, answers, settings.http_host, settings.http_port)
    worker = WorkerParts(app, follower, edge, metrics, health, entry, keyed, progress)
    _add_agents(worker, inputs, names)
    _add_watches(worker, settings)
    return worker


def _health_of(settings: Settings, edge: Edge, outbox: Outbox, keyed: KeyedAgent, progress: Progress) -> Health:
    def out_of_touch() -> list[str]:
        """Without heartbeats nothing else here means anything: lag is what it was at the last fetch."""
        silent_s = edge.seconds_since_heartbeat()
        allowed_s = settings.session_timeout_s + (0.0 if progress.partitions else REBALANCE_TIMEOUT_S)
        return [f"the group has accepted no heartbeat for {silent_s:.0f} s"] if silent_s > allowed_s else []

    def unready() -> list[str]:
        problems = out_of_touch()
        if not progress.partitions:
            problems.append("no partition is assigned")
        if keyed.is_recovering:
            problems.append("state is being loaded")
        return problems

    def unhealthy() -> list[str]:
        problems = out_of_touch()
        if outbox.failure is not None:
            problems.append("a write has failed")
        stalled_s, recovering_s = progress.stalled_s(), keyed.recovering_s()
        if stalled_s > settings.stall_s and not keyed.is_recovering:
            problems.append(f"there is lag and nothing was done for {stalled_s:.0f} s")
        if recovering_s > settings.recovery_s:
            problems.append(f"state has been loading for {recovering_s:.0f} s")
        return problems

    return Health(unready, unhealthy)


def _add_agents(worker: WorkerParts, inputs: list[str], names: TopicNames) -> None:
    """Give Faust its agents: one per input topic, one for `keyed`. The one `try` of each stands around a batch."""

    def agent_of(take: Callable[[Batch], Awaitable[None]]) -> Callable[[Any], Awaitable[None]]:
        async def run(stream: Any) -> None:
            async for batch in worker.edge.batches(stream):
                try:
                    await take(batch)
                except Exception as error:
                    first, last = batch.records[0].offset, batch.records[-1].offset
                    where = batch.topic, batch.partition, first, last, record_hash(batch.records[0].value)
                    log.error("a batch could not be worked on topic=%s partition=%d offset=%d last_offset=%d record=%s", *where)
                    end_for(error)

        return run

    for topic in inputs:
        worker.app.agent(raw_topic(worker.app, topic), name=f"entry-{topic}")(agent_of(worker.entry.take))
    worker.app.agent(raw_topic(worker.app, names.keyed), name="keyed")(agent_of(worker.keyed.take))


def guarded(work: Callable[[], Awaitable[None]]) -> Callable[[], Awaitable[None]]:
    """Return work that ends the process if it fails. For timers and tasks: Faust would log what an error says, accounts and all."""

    async def run() -> None:
        try:
            await work()
        except Exception as error:
            end_for(error)

    return run


def _add_watches(worker: WorkerParts, settings: Settings) -> None:
    """Add the timers, the HTTP server and the deadline of a shutdown."""
    app = worker.app

    async def watch() -> None:
        before_s = time.perf_counter()
        await asyncio.sleep(0.02)
        worker.metrics.loop_delay.observe(max(0.0, time.perf_counter() - before_s - 0.02))
        stalled_s = worker.progress.stalled_s()
        if stalled_s > settings.stall_exit_s and not worker.keyed.is_recovering:
            end_process(EXIT_STALLED, f"there is lag and nothing was done for {stalled_s:.0f} s")

    async def listen() -> None:
        try:
            address = await worker.health.start()
        except OSError:
            where = f"{settings.http_host}:{settings.http_port}"
            end_process(EXIT_USAGE, f"cannot listen on {where}: set http_host or http_port")
        log.info("worker started metrics=http://%s/metrics group=%s", address, settings.application_id)

    async def limit_shutdown(*_: Any, **__: Any) -> None:
        timer = threading.Timer(settings.drain_s, end_process, (EXIT_STALLED, "the drain took too long; nothing is lost"))
        timer.daemon = True
        timer.start()

    app.timer(0.1, name="advance")(guarded(worker.entry.advance))
    app.timer(1.0, name="tick")(guarded(worker.keyed.tick))
    app.timer(1.0, name="watch")(guarded(watch))
    app.task(guarded(listen))
    if worker.follower is not None:
        app.task(guarded(worker.follower.run))
    app.on_before_shutdown.connect(limit_shutdown)


def run_worker(settings: Settings) -> None:
    """Run a worker until it is told to stop. Ends the process.

    Errors: SettingsError, PolicyError before anything starts.
    """
    refuse_wrong_topics(settings)
    policy, known = policy_at_start(settings)
    serve(settings, policy, known)


def policy_at_start(settings: Settings) -> tuple[Policy, PolicyLog | None]:
    """Return the policy to begin with, and the topic it was read from, if it was asked: what stands there wins over the file.

    Errors: SettingsError, PolicyError, BrokerError.
    """
    if settings.policy_from == "file":
        return read_policy(settings), None
    known = read_log(settings.cluster, f"{settings.topic_prefix}policy")
    if known.in_force is None:
        return read_policy(settings), known
    refuse_unknown(settings.isolated, known.in_force.rulebook)
    return known.in_force, known


def serve(settings: Settings, policy: Policy, known: PolicyLog | None = None) -> None:
    """Run a worker until it is told to stop. Ends the process. known: as `build_worker` takes it."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    worker = build_worker(settings, policy, known)
    crash = run(worker.app, loop)
    if crash is not None:
        log.error("the worker broke down\n%s", fault_trace(crash))
        status = EXIT_STALLED if isinstance(crash, KafkaError | OSError) else EXIT_OURS
        end_process(status, f"stopped by {type(crash).__name__}; nothing is lost")
