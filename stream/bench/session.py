"""One call of the benchmark: its options, how much it measures, and the broker and folder that its sections share."""

import os
import signal
import tempfile
import uuid
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import msgspec

from models.rulebook import Rulebook
from stream.app import read_rulebook
from stream.bench.machine import on_core
from stream.brokers import Broker, GivenBroker, local_kafka
from stream.settings import Settings

T = TypeVar("T")
Bar = Callable[[str, int | None], AbstractContextManager[Callable[[int], None]]]
WORKER_CORE, BROKER_CORE = 0, 1


class BenchError(Exception):
    """A measurement could not be made: a process ended or stood still. The text says which, with the end of its log."""


class Sizes(msgspec.Struct, frozen=True, kw_only=True):
    """How much is measured. accounts: ordinary ones in the load. *_s: seconds. pool_accounts: different histories for state.

    trace_fan_outs: how many accounts each one of a hop pays, from the second hop on.
    """

    accounts: int = 100_000
    throughput_events: int = 300_000
    baseline_events: int = 30_000
    replay_events: int = 100_000
    latency_accounts: int = 500_000
    latency_rates: tuple[int, ...] = (1_000, 5_000)
    latency_warm_s: float = 5.0
    latency_s: float = 25.0
    pool_accounts: int = 5_000
    recovery_keys: int = 1_000_000
    memory_accounts: tuple[int, ...] = (10_000, 100_000, 1_000_000)
    scaling_accounts: tuple[int, ...] = (10_000, 100_000, 1_000_000)
    scaling_events: int = 20_000
    window_accounts: int = 2_000
    kills: int = 10
    kill_rate: int = 1_500
    kill_accounts: int = 20_000
    rolling_rate: int = 1_500
    sizing_events: int = 30_000
    trace_fan_outs: tuple[int, ...] = (10, 10, 10, 9)
    trace_rate: int = 500
    trace_s: float = 12.0
    views: int = 2_000
    connector_messages: int = 50_000


QUICK = Sizes(
    accounts=20_000,
    throughput_events=12_000,
    baseline_events=6_000,
    replay_events=4_000,
    latency_accounts=10_000,
    latency_rates=(500, 1_000),
    latency_warm_s=2.0,
    latency_s=6.0,
    pool_accounts=300,
    recovery_keys=20_000,
    memory_accounts=(10_000, 30_000),
    scaling_accounts=(1_000, 10_000),
    scaling_events=2_000,
    window_accounts=150,
    kills=2,
    kill_rate=500,
    rolling_rate=300,
    sizing_events=3_000,
    trace_fan_outs=(4, 4, 3, 3),
    trace_rate=200,
    trace_s=6.0,
    views=200,
    connector_messages=1_000,
)
"""A small run: shows that everything works, its figures say little."""


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """What the caller chose. bootstrap: a running broker, "" to start one. runs: how often each measurement is repeated."""

    sections: tuple[str, ...]
    sizes: Sizes = Sizes()
    runs: int = 3
    seed: int = 1
    bootstrap: str = ""
    is_pinned: bool = False


def options_from(
    sections: tuple[str, ...],
    *,
    quick: bool,
    runs: int | None,
    seed: int,
    events: int | None,
    kills: int | None,
    pin: bool,
    bootstrap: str | None,
) -> Options:
    """Return the options of a command line, where None is what was not given."""
    given = {"throughput_events": events, "kills": kills}
    sizes = msgspec.structs.replace(QUICK if quick else Sizes(), **{name: size for name, size in given.items() if size is not None})
    return Options(
        sections=sections,
        sizes=sizes,
        runs=runs or (1 if quick else 3),
        seed=seed,
        bootstrap=bootstrap or "",
        is_pinned=pin,
    )


class Session:
    """Holds what sections share, from entering to leaving; the broker starts when the first section asks for it.

    say: takes one line about what happens now. bar: makes a progress bar of a title and a total.
    Errors: `broker` raises BrokerUnavailable if none can be had.
    """

    def __init__(self, options: Options, settings: Settings, say: Callable[[str], None], bar: Bar) -> None:
        """Start nothing yet."""
        self.options, self.sizes, self.settings, self.say, self.bar = options, options.sizes, settings, say, bar
        self.broker_kind = ""
        self._open = ExitStack()
        self._kept: dict[tuple[Any, ...], Any] = {}

    def __enter__(self) -> Self:
        # A plain kill ends what was started as cleanly as Ctrl-C.
        self._open.callback(signal.signal, signal.SIGTERM, signal.signal(signal.SIGTERM, signal.default_int_handler))
        self.folder = Path(self._open.enter_context(tempfile.TemporaryDirectory(prefix="goldenhour-bench-")))
        return self

    def __exit__(self, error_type: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._open.close()

    @cached_property
    def broker(self) -> Broker:
        """Return the running broker: the given one, else an Apache Kafka that ends with this session."""
        given = self.options.bootstrap
        if not given:
            self.say("starting Apache Kafka")
        with on_core(BROKER_CORE if self.options.is_pinned else None):
            choice: Broker = GivenBroker(given) if given else local_kafka(self.folder / "kafka", say=self.say)
            broker = self._open.enter_context(choice)
        self.broker_kind = broker.kind
        return broker

    @cached_property
    def rulebook(self) -> Rulebook:
        """Return the rulebook of the policy in use."""
        return read_rulebook(self.settings)

    @property
    def worker_core(self) -> int | None:
        """Return the core a measured worker is bound to, or None."""
        return WORKER_CORE if self.options.is_pinned else None

    @property
    def helper_core(self) -> int | None:
        """Return the core that load and receivers are bound to: the broker's."""
        return BROKER_CORE if self.options.is_pinned else None

    def kept(self, key: tuple[Any, ...], make: Callable[[], T]) -> T:
        """Return what `make` made the first time this key was asked for: what is dear to make and serves several sections."""
        if key not in self._kept:
            self._kept[key] = make()
        value: T = self._kept[key]
        return value

    def new_prefix(self) -> str:
        """Return a topic prefix that nobody else uses."""
        return f"bench-{os.getpid()}-{uuid.uuid4().hex[:6]}-"
