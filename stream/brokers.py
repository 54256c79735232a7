"""The brokers a demo or a test can stand on, each a context manager that owns its process and ends with ours.

Three rungs, in the order `choose_broker` tries them:

1. `GivenBroker`: one that already runs, named by BOOTSTRAP.
2. `KafkaBroker`: Apache Kafka itself, one node on loopback, from its Maven artifacts. Needs Java and Maven only.
3. `EmbeddedBroker`: the mock cluster inside librdkafka. Needs Python only. It keeps everything in memory, forgets it,
   makes topics at first use with 4 partitions each, and cannot be administered. For the demo, not for promises.

`.bootstrap` is the `host:port` to connect to; `.kind` completes the sentence "This runs on ...".
"""

import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Literal, Protocol, Self

import click

from stream.kafka_jars import BrokerUnavailable
from stream.local_kafka import KafkaBroker, local_kafka

__all__ = [
    "Broker",
    "BrokerUnavailable",
    "EmbeddedBroker",
    "GivenBroker",
    "KafkaBroker",
    "choose_broker",
    "local_kafka",
]


class Broker(Protocol):
    """Something to connect to, from `with` to the end of its block."""

    bootstrap: str
    kind: str

    def __enter__(self) -> Self: ...

    def __exit__(
        self, error_type: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class GivenBroker:
    """A broker that someone else runs.

    Errors: entering raises `BrokerUnavailable` if an address is malformed or none accepts a connection in `timeout_s`.
    """

    def __init__(self, bootstrap: str, *, timeout_s: float = 5.0) -> None:
        self.bootstrap = bootstrap
        self.kind = f"the Kafka given as BOOTSTRAP={bootstrap}"
        self._timeout_s = timeout_s

    def __enter__(self) -> Self:
        for address in self.bootstrap.split(","):
            host, _, port = address.strip().rpartition(":")
            if not host or not port.isdigit() or int(port) > 65535:
                raise BrokerUnavailable(f"BOOTSTRAP wants host:port, or several with commas, not {self.bootstrap!r}.")
            with suppress(OSError), socket.create_connection((host.strip("[]"), int(port)), timeout=self._timeout_s):
                return self
        raise BrokerUnavailable(f"No broker answers at {self.bootstrap}. Start it, or leave BOOTSTRAP out.")

    def __exit__(self, error_type: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Leave it running: it is not ours."""


class EmbeddedBroker:
    """librdkafka's mock cluster in a child process.

    because: why no better broker serves, for `.kind`; "" if this one was asked for.
    Errors: entering raises `BrokerUnavailable` if confluent-kafka is not installed.
    """

    def __init__(self, *, because: str = "") -> None:
        self.bootstrap = ""
        self.kind = "the in-memory broker of librdkafka, which forgets everything at the end"
        if because:
            self.kind += f" (no Kafka: {because})"
        self._child: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        # A session of its own, as for Kafka: Ctrl-C reaches the worker first. The child ends when its input does.
        self._child = subprocess.Popen(
            [sys.executable, "-m", "stream.brokers", "embedded"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        assert self._child.stdout is not None
        name, _, self.bootstrap = self._child.stdout.readline().strip().partition("=")
        if name != "BOOTSTRAP":
            self.__exit__(None, None, None)
            raise BrokerUnavailable("The embedded broker did not start. Install its library: confluent-kafka.")
        return self

    def __exit__(self, error_type: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._child is None:
            return
        try:
            self._child.communicate(timeout=5)  # closes its input
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.communicate()
        self._child = None


def choose_broker(
    bootstrap: str | None,
    force: Literal["kafka", "embedded"] | None,
    home: Path,
    *,
    say: Callable[[str], None] = lambda text: click.echo(text, err=True),
) -> Broker:
    """Return the best broker to be had, not yet entered: the given one, else Kafka itself, else the embedded one.

    bootstrap: addresses of a running broker, None or "" if there is none.
    force: the only kind to try when none is given.
    home: folder for Kafka's data and log.
    say: told when a download begins.
    Errors: `BrokerUnavailable` if `force` asks for Kafka and it cannot be had.
    """
    if bootstrap:
        return GivenBroker(bootstrap)
    if force == "embedded":
        return EmbeddedBroker()
    try:
        return local_kafka(home, say=say)
    except BrokerUnavailable as missing:
        if force == "kafka":
            raise
        return EmbeddedBroker(because=str(missing))


@click.group()
def main() -> None:
    """Run a broker in the foreground, to play with."""


@main.command()
@click.option("--home", type=click.Path(path_type=Path), help="Keep the data in this folder.  [default: throw it away]")
def kafka(home: Path | None) -> None:
    """Start Apache Kafka, print BOOTSTRAP=host:port, and run until Ctrl-C."""
    _end_as_by_ctrl_c()
    with tempfile.TemporaryDirectory(prefix="goldenhour-kafka-") as folder, suppress(KeyboardInterrupt):
        try:
            with local_kafka(home or Path(folder), keep_data=home is not None) as broker:
                click.echo(f"BOOTSTRAP={broker.bootstrap}")
                click.echo("Ctrl-C stops it.", err=True)
                broker.wait()
        except BrokerUnavailable as missing:
            raise click.ClickException(str(missing)) from None


@main.command()
def embedded() -> None:
    """Start the embedded broker, print BOOTSTRAP=host:port, and run until standard input ends."""
    from confluent_kafka import Producer  # an optional dependency, and of this command only

    # Log level 3, errors: the cluster announces itself at level 5. Its address exists once metadata was asked for.
    cluster = Producer({"bootstrap.servers": "127.0.0.1:1", "test.mock.num.brokers": 1, "log_level": 3})
    broker = next(iter(cluster.list_topics(timeout=10).brokers.values()))
    click.echo(f"BOOTSTRAP={broker.host}:{broker.port}")
    _end_as_by_ctrl_c()
    with suppress(KeyboardInterrupt):
        sys.stdin.read()


def _end_as_by_ctrl_c() -> None:
    """Let Ctrl-C and a plain kill end us cleanly; a shell starts a job in the background with Ctrl-C ignored."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)


if __name__ == "__main__":
    main()
