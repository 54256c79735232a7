"""`goldenhour liaison`."""

import asyncio
import shutil
import signal
from contextlib import suppress
from typing import Any

import click

from connectors.broker_errors import BrokerError
from connectors.kafka_door import refuse_closed_door
from stream.cli.common import settings_from


@click.group()
def liaison() -> None:
    """For the police liaison, without a browser."""


@liaison.command()
@click.option("--bootstrap", metavar="HOST:PORT", help="Kafka brokers, joined by commas.")
@click.option("--topic-prefix", help="Put before every topic name.")
@click.option("--json", "as_json", is_flag=True, help="The records as they are, one per line, accounts in clear: for pipes.")
@click.option("--from-beginning", is_flag=True, help="Begin with all that the topics still hold.")
@click.option("--until-end", is_flag=True, help="End when all that was there at the start is shown.")
@click.pass_context
def tail(
    context: click.Context, /, as_json: bool, from_beginning: bool, until_end: bool, bootstrap: str | None, topic_prefix: str | None
) -> None:
    """Follow alerts of tier 3, freeze requests and their answers until Ctrl-C; identifiers masked."""
    from stream.desk.feed import Feed
    from stream.desk.tail import TOPICS, Tail

    settings = settings_from(context, bootstrap=bootstrap, topic_prefix=topic_prefix)
    shown = Tail(is_json=as_json, width=max(80, min(120, shutil.get_terminal_size().columns)))
    done = asyncio.Event()

    def take(topic: str, record: Any) -> None:
        for line in shown.lines(topic, record):
            click.echo(line)

    def woken() -> None:
        if until_end and feed.is_loaded:
            done.set()

    refuse_closed_door(cluster := settings.cluster)
    feed = Feed(cluster, settings.topic_prefix, take, woken, topics=TOPICS, from_beginning=from_beginning)

    async def follow() -> None:
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, done.set)
        tasks: list[asyncio.Task[Any]] = [asyncio.create_task(feed.run()), asyncio.create_task(done.wait())]
        finished, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()
            with suppress(asyncio.CancelledError, BrokerError):
                await task
        for task in finished:
            task.result()

    asyncio.run(follow())
