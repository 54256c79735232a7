"""`goldenhour gateway`."""

from typing import Any

import click

from stream.cli.common import broker_options, collect_seldom, settings_from


class HostPort(click.ParamType):
    """HOST:PORT, an IPv6 host in brackets."""

    name = "host:port"

    def convert(self, value: Any, param: click.Parameter | None, context: click.Context | None) -> tuple[str, int]:
        """Return host and port."""
        host, colon, port = str(value).rpartition(":")
        if not colon or not host or not port.isdecimal() or int(port) > 65_535:
            self.fail("must be HOST:PORT, for example 127.0.0.1:8583", param, context)
        return host.strip("[]"), int(port)


@click.group()
def gateway() -> None:
    """Take what an outside party sends over the network, and write it to Kafka."""


@gateway.command("iso8583")
@click.option(
    "--listen", type=HostPort(), default="127.0.0.1:8583", show_default=True, metavar="HOST:PORT", help="Port 0 takes a free one."
)
@click.option("--layout", default="iso87_ascii", show_default=True, metavar="NAME|FILE.toml", help="What the messages look like.")
@click.option("--acknowledge/--no-acknowledge", default=True, help="Send a frame for every message the broker has.  [default: yes]")
@click.option(
    "--unacknowledged-max", type=click.IntRange(1), default=2_000, show_default=True, help="Frames read before the broker has them."
)
@click.option("--token-key-file", metavar="FILE", help="The key for tokens of card and account numbers, at least 32 random bytes.")
@click.option("--http-port", type=click.IntRange(0, 65_535), help="Metrics and health; 0 takes a free port.")
@broker_options
@click.pass_context
def iso8583(
    context: click.Context, /, listen: tuple[str, int], layout: str, acknowledge: bool, unacknowledged_max: int, **given: object
) -> None:
    """Listen to the copy stream of a card switch until SIGTERM or Ctrl-C.

    Answers network management, writes transactions and dead letters, and acknowledges a message after the broker has it. A
    switch that sends again what was not acknowledged loses nothing, and nothing counts twice. Exit status 74: a write failed;
    75: the drain took too long.
    """
    from connectors.iso8583.layout import load_layout
    from connectors.tokens import read_key
    from stream.gateway.run import Listen, run_gateway

    collect_seldom()
    settings = settings_from(context, **given)
    run_gateway(settings, load_layout(layout), read_key(settings.token_key_file), Listen(*listen, acknowledge, unacknowledged_max))
