"""Runs the demo: broker, topics, worker, session, summary; and at the end nothing of it is left."""

import asyncio
import signal
import time
from pathlib import Path
from typing import Any, Literal, NamedTuple

import msgspec
from aiokafka.errors import KafkaError

from connectors.broker_errors import BrokerError
from stream.app import read_rulebook
from stream.brokers import Broker, EmbeddedBroker, GivenBroker, choose_broker
from stream.demo.feed import PARTITIONS, largest_partition_bytes
from stream.demo.outcome import day_alerts, false_alarms, quantile, story_outcomes
from stream.demo.scenario import START, Scenario, make_scenario, write_scenario
from stream.demo.screen import Screen
from stream.demo.session import SIGNALS, InterruptedBySignalError, Session, StalledError, Took, WorkerEndedError
from stream.demo.summary import Latency, Report, report_bytes, summary
from stream.demo.topics import create_topics, fresh_prefix, remove_topics, touch_topics
from stream.demo.worker_process import WorkerProcess
from stream.settings import PLAIN, Settings
from stream.versions import versions

BROKEN = 1
"""Exit status of a demo that broke a promise, or whose worker or broker did."""


USAGE = 2
"""Exit status of a demo that cannot be played as asked."""

EMBEDDED_BYTES_MAX = 5 << 20
"""What librdkafka's mock cluster keeps of a partition; older records go. Source: rdkafka_mock.c."""


FILES = (
    "alerts.jsonl",
    "freeze_requests.jsonl",
    "dead_letters.jsonl",
    "labels.csv",
    "day.jsonl",
    "report.json",
    "worker.log",
)
"""What a demo leaves in its folder, beside Kafka's own log."""


class DemoOptions(NamedTuple):
    """What to play, on what, and where to leave the files. is_kept_up: worker and broker stay until a signal."""

    bootstrap: str | None
    broker: Literal["kafka", "embedded"] | None
    seed: int
    accounts: int
    history_days: int
    day_s: float
    folder: Path
    is_kept_up: bool
    settings_file: Path | None


def run_demo(options: DemoOptions, settings: Settings, screen: Screen) -> int:
    """Play the demo and return its exit status: 0 kept, 1 broken, 2 not to be played as asked, above 128 ended by that signal.

    Errors: BrokerUnavailable before anything was started; SettingsError, PolicyError.
    """
    demo = _Demo(options, settings, screen)
    # Until the event loop listens for them. Ctrl-C too: a job that a shell put in the background would ignore it.
    for number in SIGNALS:
        signal.signal(number, _interrupt)
    try:
        with screen:
            status = demo.play()
    except KeyboardInterrupt as interrupt:
        status = 128 + (interrupt.args[0] if interrupt.args else signal.SIGINT)
    if status > 128:
        screen.say("", f"Ended by {signal.Signals(status - 128).name}. Nothing of it is left running.")
    return status


def _interrupt(number: int, frame: object) -> None:
    raise KeyboardInterrupt(number)


class _Demo:
    """One demo: what was asked for, and what belongs together while it runs."""

    def __init__(self, options: DemoOptions, settings: Settings, screen: Screen) -> None:
        self._started_s = time.monotonic()
        self._options, self._settings, self._screen = options, settings, screen
        self._policy = read_rulebook(settings).version

    def play(self) -> int:
        """Make the day and start the broker; both block, and so come before the event loop."""
        options, screen = self._options, self._screen
        screen.say(f"Golden Hour: a simulated bank day, seed {options.seed}")
        screen.note("making the day")
        options.folder.mkdir(parents=True, exist_ok=True)
        for name in FILES:
            (options.folder / name).unlink(missing_ok=True)  # or a demo that fails would stand beside the report of another
        scenario = make_scenario(options.seed, options.accounts, options.history_days)
        write_scenario(scenario, options.folder)
        screen.say(f"  Day       {_day_in_words(scenario)}")
        screen.note("starting the broker")
        with choose_broker(options.bootstrap, options.broker, options.folder / "kafka", say=screen.say) as broker:
            screen.say(f"  Broker    {_broker_in_words(broker, options)}")
            if isinstance(broker, EmbeddedBroker) and (sentence := _too_large(scenario)):
                screen.say("", sentence)
                return USAGE
            status = asyncio.run(self._on_broker(broker, scenario))
            screen.note("ending the broker")
        return status

    async def _on_broker(self, broker: Broker, scenario: Scenario) -> int:
        """Play on a running broker; whatever happens, the worker has ended afterwards and nothing of ours is on a given cluster."""
        options, prefix = self._options, fresh_prefix()
        overrides: dict[str, Any] = {} if isinstance(broker, GivenBroker) else dict(PLAIN)  # ours speaks plain text
        overrides |= {
            "bootstrap": broker.bootstrap,
            "topic_prefix": prefix,
            "application_id": f"{prefix}worker",
            "instance_id": "",
            "partitions": PARTITIONS,
            "http_port": 0,
        }
        settings = msgspec.structs.replace(self._settings, **overrides)
        command = [] if options.settings_file is None else ["--settings", str(options.settings_file)]
        # The embedded broker cannot be asked about its topics, so its worker is the one that does not ask.
        command.append("demo-worker" if isinstance(broker, EmbeddedBroker) else "worker")
        worker = WorkerProcess(command, overrides, options.folder / "worker.log")
        session = Session(settings, scenario, worker, self._screen, options.folder)
        session.listen()
        try:
            if isinstance(broker, EmbeddedBroker):
                await touch_topics(settings)
            else:
                create_topics(settings)
            await session.load()
            with worker:
                return await self._with_worker(broker, scenario, worker, session)
        except InterruptedBySignalError as interrupted:
            return 128 + interrupted.number
        except WorkerEndedError as ended:
            self._say_broken(f"The worker has ended by itself: {ended}.", worker)
        except (StalledError, BrokerError, KafkaError) as failure:
            self._say_broken(f"The worker or the broker came to a halt: {failure}", worker)
        finally:
            if isinstance(broker, GivenBroker) and not await remove_topics(settings):
                self._screen.say(f"The topics {prefix}* were left on {broker.bootstrap}: it did not let us remove them.")
        return BROKEN

    async def _with_worker(self, broker: Broker, scenario: Scenario, worker: WorkerProcess, session: Session) -> int:
        options, screen = self._options, self._screen
        took = await session.play(options.day_s)
        report = self._report(broker, scenario, session, took)
        (options.folder / "report.json").write_bytes(report_bytes(report))
        screen.say(summary(report, str(options.folder)))
        if options.is_kept_up:
            screen.say("", f"Worker and broker ({broker.bootstrap}) stay up until Ctrl-C: {worker.address}/metrics")
            screen.note("Ctrl-C ends it")
            await session.idle()
        screen.note("ending the worker")
        return 0 if report.is_kept else BROKEN

    def _say_broken(self, sentence: str, worker: WorkerProcess) -> None:
        tail = [f"  {line}" for line in worker.tail()]
        self._screen.say("", sentence, "The end of the worker's log:" if tail else "The worker has said nothing.", *tail)

    def _report(self, broker: Broker, scenario: Scenario, session: Session, took: Took) -> Report:
        bank, latencies_s = scenario.bank, session.latencies_s
        states = [request.state for request in session.requests]
        p50_s, p99_s = quantile(latencies_s, 0.5), quantile(latencies_s, 0.99)
        return Report(
            seed=self._options.seed,
            accounts=scenario.accounts,
            broker=broker.kind,
            policy=self._policy,
            versions=versions(),
            sent=scenario.count,
            processed=session.reading.processed,
            lag_records=session.reading.lag_records,
            day_records=len(scenario.day),
            day_seconds=took.day_s,
            history_records=len(scenario.history),
            history_seconds=took.history_s,
            whole_seconds=time.monotonic() - self._started_s,
            stories=story_outcomes(bank, session.alerts, session.requests),
            alerts=day_alerts(bank, session.alerts),
            statements=len(session.alerts),
            freeze_requests={state: states.count(state) for state in ("PROPOSED", "WITHDRAWN")},
            false_alarms=false_alarms(bank, session.alerts),
            day_prevalence=scenario.day_prevalence,
            latency=Latency(len(latencies_s), p50_s, p99_s, max(latencies_s, default=None)),
            dead_letters=dict(sorted(session.letters.items())),
        )


def _too_large(scenario: Scenario) -> str:
    """Return why the embedded broker cannot hold a history, "" if it can."""
    needed_mb, kept_mb = largest_partition_bytes(scenario.history) / (1 << 20), EMBEDDED_BYTES_MAX >> 20
    if needed_mb <= kept_mb:
        return ""
    return (
        f"The in-memory broker keeps {kept_mb} MB of a partition, and this history needs {needed_mb:.1f}. "
        "Give fewer --accounts, or a Kafka."
    )


def _day_in_words(scenario: Scenario) -> str:
    return (
        f"{START:%A %d %B %Y}, {scenario.accounts:,} accounts: {len(scenario.day):,} records after {len(scenario.history):,} of "
        f"history; {len(scenario.bank.stories)} frauds planted"
    )


def _broker_in_words(broker: Broker, options: DemoOptions) -> str:
    if options.bootstrap is not None:
        return broker.kind
    if options.broker is not None:
        return f"{broker.kind}, as asked"
    return broker.kind if isinstance(broker, EmbeddedBroker) else f"{broker.kind}, because Java is here to run it"
