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
from collections.abc import Awaitable, Callable
from typing import Any, NoReturn

import msgspec
from aiokafka.errors import KafkaError

from connectors.kafka_admin import check_topics
from connectors.topics import TopicSpec, load_topics
from models.rulebook import Rulebook, build_rulebook
from stream.batch_transport import install
from stream.batches import TP, Batch, Edge, TransportHooks, TransportOptions, raw_topic
from stream.bundle import INPUT_TOPICS
from stream.entry_agent import EntryAgent
from stream.entry_processor import EntryProcessor, Limits
from stream.fault_trace import fault_trace
from stream.faust_settings import faust_settings
from stream.faust_worker import App, run
from stream.health import Health, HealthServer
from stream.keyed_agent import KeyedAgent, TopicNames
from stream.keyed_processor import Faults
from stream.metrics import Metrics, build_metrics
from stream.outbox import Outbox, OutboxOptions
from stream.progress import Progress
from stream.settings import Settings, SettingsError, read_toml
from stream.store import Loaded, load
from stream.versions import versions

log = logging.getLogger("goldenhour.worker")

EXIT_USAGE = 2
"""Exit status when the settings cannot be used."""
EXIT_OURS = 70
"""Exit status after a bug of ours (EX_SOFTWARE)."""
EXIT_WRITE_FAILED = 74
"""Exit status after a failed or unacknowledged write (EX_IOERR)."""
EXIT_STALLED = 75
"""Exit status when nothing is done any more in spite of lag, the drain took too long, or Kafka failed us (EX_TEMPFAIL)."""


def end_process(status: int, sentence: str) -> NoReturn:
    """End at once, without acknowledging anything: in doubt the restart repeats, and a repeat is harmless."""
    log.critical("%s status=%d", sentence, status)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


class WorkerParts(msgspec.Struct):
    """A built worker, before it runs."""

    app: Any
    edge: Edge
    metrics: Metrics
    health: HealthServer
    entry: EntryAgent
    keyed: KeyedAgent
    progress: Progress


def topic_specs(settings: Settings) -> dict[str, TopicSpec]:
    """Return the topics as the settings want them."""
    return load_topics(read_toml(settings.topics_file), prefix=settings.topic_prefix, partitions=settings.partitions)


def read_rulebook(settings: Settings) -> Rulebook:
    """Return the rulebook of the policy file; names of isolated detectors must exist.

    Errors: PolicyError, SettingsError.
    """
    rulebook = build_rulebook(read_toml(settings.policy_file))
    unknown = settings.isolated - {detector.name for detector in rulebook.detectors}
    if unknown:
        raise SettingsError([f"isolate: no detector is named {name}" for name in sorted(unknown)])
    return rulebook


def refuse_wrong_topics(settings: Settings) -> None:
    """Raise SettingsError if the cluster's topics are not what this worker needs; each problem says what to do."""
    problems = check_topics(settings.bootstrap, topic_specs(settings).values())
    if problems:
        raise SettingsError(problems)


def build_worker(settings: Settings, rulebook: Rulebook) -> WorkerParts:
    """Return a worker of these settings: the composition root. Importing this module has no effect; calling this has few."""
    prefix, names = settings.topic_prefix, TopicNames(settings.topic_prefix)
    inputs = [prefix + topic for topic in INPUT_TOPICS]
    app = App(
        settings.application_id,
        **faust_settings(
            settings.bootstrap,
            instance_id=settings.instance_id or None,
            session_timeout_s=settings.session_timeout_s,
            commit_interval_s=settings.commit_interval_s,
        ),
    )
    metrics = build_metrics()
    metrics.build.info({**versions(), "policy": rulebook.version})
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
        lambda error: end_process(EXIT_WRITE_FAILED, f"a write failed, nothing is acknowledged any more: {error}"),
        lambda: edge.seconds_since_heartbeat() < settings.session_timeout_s / 2,
        OutboxOptions(
            depth=settings.writes_in_flight_max,
            ack_timeout_s=settings.write_timeout_s,
            batch_bytes_max_of={names.keyed: 4 << 20},
        ),
    )
    progress = Progress(edge.lag)
    metrics.lags.source = progress.lags
    entry = EntryAgent(
        edge,
        EntryProcessor(settings.partitions, Limits(settings.record_bytes_max, settings.future_skew_s), prefix),
        outbox,
        metrics,
        progress,
        keyed_topic=names.keyed,
        dead_letter_topic=names.dead_letters,
        align_wait_s=settings.align_wait_s,
        is_input=lambda tp: tp.topic != names.keyed,
    )

    async def load_partition(partition: int) -> Loaded:
        return await load(settings.bootstrap, names.state, partition)

    keyed = KeyedAgent(
        edge,
        rulebook,
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
    )
    parts |= {"entry": entry, "keyed": keyed, "progress": progress}
    health = HealthServer(metrics.registry, _health_of(settings, outbox, keyed, progress), settings.http_host, settings.http_port)
    worker = WorkerParts(app, edge, metrics, health, entry, keyed, progress)
    _add_agents(worker, inputs, names)
    _add_watches(worker, settings)
    return worker


def _health_of(settings: Settings, outbox: Outbox, keyed: KeyedAgent, progress: Progress) -> Health:
    def unready() -> list[str]:
        problems = []
        if not progress.partitions:
            problems.append("no partition is assigned")
        if keyed.is_recovering:
            problems.append("state is being loaded")
        return problems

    def unhealthy() -> list[str]:
        problems = []
        if outbox.failure is not None:
            problems.append("a write has failed")
        stalled_s = progress.stalled_s()
        if stalled_s > settings.stall_s and not keyed.is_recovering:
            problems.append(f"there is lag and nothing was done for {stalled_s:.0f} s")
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
                    where = batch.topic, batch.partition, first, last, fault_trace(error)
                    log.error("a batch could not be worked on topic=%s partition=%d offsets=%d..%d\n%s", *where)
                    end_process(EXIT_OURS, f"stopped by a fault of our own: {type(error).__name__}")

        return run

    for topic in inputs:
        worker.app.agent(raw_topic(worker.app, topic), name=f"entry-{topic}")(agent_of(worker.entry.take))
    worker.app.agent(raw_topic(worker.app, names.keyed), name="keyed")(agent_of(worker.keyed.take))


def _add_watches(worker: WorkerParts, settings: Settings) -> None:
    """Add the timers, the HTTP server and the deadline of a shutdown."""
    app = worker.app

    async def advance_overdue() -> None:
        await worker.entry.advance()

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

    app.timer(0.1)(advance_overdue)
    app.timer(1.0)(watch)
    app.task(listen)
    app.on_before_shutdown.connect(limit_shutdown)


def run_worker(settings: Settings) -> None:
    """Run a worker until it is told to stop. Ends the process.

    Errors: SettingsError, PolicyError before anything starts.
    """
    serve(settings, read_rulebook(settings))


def serve(settings: Settings, rulebook: Rulebook) -> None:
    """Run a worker with this rulebook until it is told to stop. Ends the process.

    Errors: SettingsError before anything starts.
    """
    refuse_wrong_topics(settings)
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    worker = build_worker(settings, rulebook)
    crash = run(worker.app, loop)
    if crash is not None:
        log.error("the worker broke down\n%s", fault_trace(crash))
        status = EXIT_STALLED if isinstance(crash, KafkaError | OSError) else EXIT_OURS
        end_process(status, f"stopped by {type(crash).__name__}; nothing is lost")
