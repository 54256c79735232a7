"""Runs the desk: feed, writer and site in one event loop, until a signal."""

import asyncio
import logging
import signal
import ssl
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Final

from aiohttp import web

from connectors.broker_errors import BrokerError
from connectors.kafka_door import refuse_closed_door
from stream.desk.board import Board
from stream.desk.feed import Feed
from stream.desk.metrics import Queue, View, build_desk_metrics, figures_of
from stream.desk.site import Site
from stream.desk.standing import queue
from stream.desk.users import UsersError, UsersFile
from stream.desk.writer import KafkaWriter
from stream.health import Health, HealthServer
from stream.settings import Settings, SettingsError
from stream.versions import versions

logger = logging.getLogger(__name__)

FORGET_EVERY_S: Final = 3_600.0
AWAY_MAX_S: Final = 30.0
"""So long without Kafka, and the desk is not healthy any more: a broker that is restarted is back by then. Ours."""
_DAY_US: Final = 86_400_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskOptions:
    """How the desk is served. certificate, key: of TLS, both or none. proxy: address of a reverse proxy in front of it.

    http_port: of metrics and health, on the settings' `http_host`; 0 takes a free one.
    """

    host: str
    port: int
    users: Path
    certificate: Path | None = None
    key: Path | None = None
    proxy: str = ""
    keep_days: int = 90
    http_port: int = 9110


def refuse_open_doors(options: DeskOptions) -> None:
    """Refuse to let passwords travel in clear: other machines reach the desk by TLS, its own or a proxy's.

    Errors: SettingsError.
    """
    if (options.certificate is None) != (options.key is None):
        raise SettingsError(["--certificate and --key belong together"])
    if options.certificate is None and not options.proxy and not _is_loopback(options.host):
        raise SettingsError(
            [f"on {options.host} passwords would travel in clear: give --certificate and --key, or --proxy behind a TLS proxy"]
        )


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def run_desk(settings: Settings, options: DeskOptions, utc_offset_s: int, told: Callable[[str], object]) -> None:
    """Serve until SIGTERM or Ctrl-C. told: called with the address once it listens.

    Errors: SettingsError, UsersError, BrokerError.
    """
    refuse_open_doors(options)
    users = UsersFile(options.users)
    users.users()
    refuse_closed_door(settings.cluster)
    asyncio.run(_serve(settings, options, users, utc_offset_s, told))


async def _serve(
    settings: Settings, options: DeskOptions, users: UsersFile, utc_offset_s: int, told: Callable[[str], object]
) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    board, writer = Board(), KafkaWriter(cluster := settings.cluster, settings.topic_prefix)
    feed = Feed(cluster, settings.topic_prefix, lambda _topic, record: board.take(record), lambda: site.wake())
    metrics = build_desk_metrics()
    metrics.build.info(versions())
    metrics.now.view = lambda: View(feed.is_connected, feed.is_loaded, feed.lag_records, feed.unreadable)
    metrics.now.queue = lambda: _queue_now(board)
    site = Site(
        board,
        users,
        writer,
        utc_offset_s=utc_offset_s,
        is_secure=options.certificate is not None or bool(options.proxy),
        proxy=options.proxy,
        problems=lambda: _problems(feed),
        metrics=metrics,
    )
    health = HealthServer(metrics.registry, health_of(feed, users), settings.http_host, options.http_port)
    await writer.start()
    runner = web.AppRunner(site.app(), access_log=None, shutdown_timeout=5)
    await runner.setup()
    tasks = [asyncio.create_task(feed.run()), asyncio.create_task(_forgetting(board, options.keep_days))]
    try:
        tcp = web.TCPSite(runner, options.host, options.port, ssl_context=_tls(options))
        try:
            await tcp.start()
        except OSError as error:
            raise SettingsError([f"cannot listen on {options.host}:{options.port}: {error.strerror}"]) from error
        try:
            address = await health.start()
        except OSError as error:
            raise SettingsError([f"cannot listen on {settings.http_host}:{options.http_port}: {error.strerror}"]) from error
        logger.info("desk_started metrics=http://%s/metrics", address)
        told(f"{'https' if options.certificate else 'http'}://{options.host}:{_port(tcp)}")
        stopped = asyncio.create_task(stop.wait())
        done, _ = await asyncio.wait([stopped, *tasks], return_when=asyncio.FIRST_COMPLETED)
        stopped.cancel()
        for task in done:
            task.result()
    finally:
        site.end()
        for task in tasks:
            task.cancel()
            with suppress(asyncio.CancelledError, BrokerError):
                await task
        await runner.cleanup()
        await health.stop()
        await writer.stop()


def _problems(feed: Feed) -> tuple[str, ...]:
    if not feed.is_connected:
        return ("stale",)
    return () if feed.is_loaded else ("loading",)


def _queue_now(board: Board) -> Queue:
    now_us = time.time_ns() // 1_000
    return figures_of(queue(board, now_us), now_us)


def health_of(feed: Feed, users: UsersFile) -> Health:
    """Return what the desk says of itself. Ready: the view follows Kafka, holds everything, and somebody can sign in."""

    def unready() -> list[str]:
        said = [_SENTENCES[problem] for problem in _problems(feed)]
        try:
            users.users()
        except UsersError:
            said.append("the users file cannot be used")
        return said

    def unhealthy() -> list[str]:
        away_s = feed.away_s
        return [f"no connection to Kafka for {away_s:.0f} s"] if away_s > AWAY_MAX_S else []

    return Health(unready, unhealthy)


_SENTENCES: Final = {"stale": "no connection to Kafka", "loading": "the topics are still being read"}


async def _forgetting(board: Board, keep_days: int) -> None:
    """Let go of cases that nobody has spoken of for long, so that memory stays bounded by the time kept."""
    while True:
        await asyncio.sleep(FORGET_EVERY_S)
        count = board.forget(time.time_ns() // 1_000 - keep_days * _DAY_US)
        if count:
            logger.info("cases_forgotten count=%d", count)


def _tls(options: DeskOptions) -> ssl.SSLContext | None:
    if options.certificate is None or options.key is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(options.certificate, options.key)
    except (OSError, ssl.SSLError) as error:
        raise SettingsError([f"{options.certificate}: no certificate that fits the key ({type(error).__name__})"]) from error
    return context


def _port(tcp: web.TCPSite) -> int:
    server: Any = tcp._server
    return int(server.sockets[0].getsockname()[1])
