"""A gateway process from start to end: producer, listener, metrics, signals. The composition root of a gateway."""

import asyncio
import contextlib
import logging
import signal
from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from connectors.broker_errors import BrokerError
from connectors.cluster import Where, aiokafka_arguments
from connectors.iso8583.exchange import KEEP_S, Exchange
from connectors.iso8583.layout import Layout
from connectors.kafka_admin import check_topics
from connectors.tokens import Tokens
from stream.app import EXIT_STALLED, EXIT_USAGE, end_for, end_process, event_headers, topic_specs
from stream.gateway.iso8583 import Iso8583Gateway, Options
from stream.gateway.metrics import build_gateway_metrics
from stream.gateway.recent import restore_requests
from stream.health import Health, HealthServer
from stream.outbox import Outbox, OutboxOptions
from stream.settings import Settings, SettingsError
from stream.versions import versions

log = logging.getLogger("goldenhour.gateway")

_BATCH_BYTES = 950_000  # above the outbox's own limit for a batch, below the broker's usual 1 MB


class Listen(msgspec.Struct, frozen=True):
    """Where a gateway listens, and how it treats its switch."""

    host: str
    port: int
    acknowledge: bool
    unacknowledged_max: int


def run_gateway(settings: Settings, layout: Layout, tokens: Tokens, listen: Listen) -> None:
    """Run a gateway until it is told to stop.

    Errors: SettingsError, BrokerError before anything starts. Ends the process with status 74 when a write fails, 75 when the
    drain takes too long.
    """
    specs = topic_specs(settings)
    problems = check_topics(settings.cluster, [specs["transactions"], specs["dead-letters"]])
    if problems:
        raise SettingsError(problems)
    asyncio.run(_run(settings, layout, tokens, listen))


def utc_now() -> datetime:
    """Return the time of this machine."""
    return datetime.now(UTC)


async def _run(settings: Settings, layout: Layout, tokens: Tokens, listen: Listen) -> None:
    prefix, exchange = settings.topic_prefix, Exchange(layout, tokens)
    metrics = build_gateway_metrics()
    metrics.build.info(versions())
    cluster = settings.cluster
    restored = await restore_requests(cluster, f"{prefix}transactions", exchange, KEEP_S, utc_now)
    producer = await _producer(cluster)
    outbox = Outbox(lambda: producer, end_for, options=OutboxOptions(headers_of=event_headers(settings)))
    options = Options(
        f"{prefix}transactions",
        f"{prefix}dead-letters",
        acknowledge=listen.acknowledge,
        unacknowledged_max=listen.unacknowledged_max,
        ack_timeout_s=settings.write_timeout_s,
    )
    gateway = Iso8583Gateway(exchange, outbox.publish, metrics, options, utc_now, end_for)

    def problems() -> Sequence[str]:
        return ["a write has failed"] if gateway.failure is not None else []

    health = HealthServer(metrics.registry, Health(problems, problems), settings.http_host, settings.http_port)
    stop = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    try:
        http, address = await health.start(), await gateway.start(listen.host, listen.port)
    except OSError:
        end_process(EXIT_USAGE, "cannot listen: choose another --listen, http_host or http_port")
    log.info(
        "gateway started listen=%s layout=%s restored_requests=%d metrics=http://%s/metrics", address, layout.name, restored, http
    )
    await stop.wait()
    if not await gateway.stop(settings.drain_s):
        end_process(EXIT_STALLED, "the drain took too long; what was not acknowledged must be sent again")
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(producer.stop(), settings.drain_s)
    await health.stop()
    log.info("gateway stopped")


async def _producer(bootstrap: Where) -> AIOKafkaProducer:
    producer = AIOKafkaProducer(
        **aiokafka_arguments(bootstrap),
        acks="all",
        enable_idempotence=True,
        compression_type="zstd",
        max_batch_size=_BATCH_BYTES,
        request_timeout_ms=30_000,
    )
    try:
        await producer.start()
    except KafkaError as error:
        raise BrokerError(f"The cluster at {bootstrap} cannot be reached: {type(error).__name__}.") from error
    return producer
