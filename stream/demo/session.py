"""One demo from a worker that has just been started to the figures: history, day, and the reading of everything that came out.

A single coroutine goes from step to step. While it waits it ticks: it looks at the worker, shows the status, and ends the session
when a signal came, the worker has ended or one of the background tasks has failed.
"""

import asyncio
import signal
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from typing import Any, Final, NamedTuple

from models.records import Alert, DeadLetter, FreezeRequest, OutputRecord
from stream.demo.feed import Feed
from stream.demo.lines import Status
from stream.demo.outcome import Moments, quantile
from stream.demo.outputs import OutputReader
from stream.demo.scenario import Scenario
from stream.demo.screen import Screen
from stream.demo.teller import Teller
from stream.demo.worker_process import Reading, WorkerProcess, WorkerWatch
from stream.settings import Settings

SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
TICK_S: Final = 0.2
PATIENCE_S: Final = 60.0
"""Without any progress for so long the demo gives up: what a busy machine takes to start a worker, several times over."""
RATE_OVER_S: Final = 3.0
COLLECT_S: Final = 0.8
"""A line waits so long for others of the same moment, which come by other partitions. Source: ours; latencies do not include it."""


class InterruptedBySignalError(Exception):
    """A signal asked the demo to end. number: which."""

    def __init__(self, number: int) -> None:
        """Keep the number."""
        super().__init__(signal.Signals(number).name)
        self.number = number


class WorkerEndedError(Exception):
    """The worker ended although nobody asked it to. status: as its guard passes it on, so signal 9 is 256 - 9."""

    def __init__(self, status: int) -> None:
        """Say it in words."""
        super().__init__(f"exit status {status}" if status < 192 else f"signal {256 - status}")


class StalledError(Exception):
    """Nothing went on for too long. The text says what was waited for."""


class Took(NamedTuple):
    """Wall-clock seconds from a phase's first record until the worker was done with its last."""

    history_s: float
    day_s: float


class Untold(NamedTuple):
    """A record laid by. moment_us: simulated. read_s: when it was read, by the clock."""

    moment_us: int
    read_s: float
    record: Alert | FreezeRequest

    def place(self) -> tuple[int, bool, int]:
        """Return where it belongs among others: alerts before the freeze requests that follow from them."""
        if isinstance(self.record, FreezeRequest):
            return self.moment_us, True, self.record.sequence
        return self.moment_us, False, self.record.revision


class Session:
    """What happens between a started worker and the figures; `alerts`, `requests` and `letters` hold what was read."""

    def __init__(self, settings: Settings, scenario: Scenario, worker: WorkerProcess, screen: Screen, folder: Path) -> None:
        """Prepare; nothing is sent or read yet."""
        self._settings, self._scenario, self._worker, self._screen = settings, scenario, worker, screen
        self._folder = folder
        self._stopping = threading.Event()
        self._stop = asyncio.Event()
        self._signal = 0
        self._tasks: list[asyncio.Task[None]] = []
        self._watch: WorkerWatch | None = None
        self._rates: deque[tuple[float, int]] = deque()
        self._teller = Teller(screen.width)
        self._phase = ""
        self._untold: list[Untold] = []
        self._moments = Moments(scenario.bank)
        self.reading = Reading(0, 0)
        self.feed = Feed(settings.cluster, settings.topic_prefix, self._stopping, lambda: self.reading.processed)
        self.alerts: list[Alert] = []
        self.requests: list[FreezeRequest] = []
        self.letters: Counter[str] = Counter()
        self.latencies_s: list[float] = []

    def listen(self) -> None:
        """From now on let signals end the session. Call it in the running loop."""
        for number in SIGNALS:
            asyncio.get_running_loop().add_signal_handler(number, self._on_signal, number)

    async def load(self) -> None:
        """Send the history, which must be before the worker starts: it reads what waits for it in the order of the log times.

        Errors: InterruptedBySignalError, BrokerError.
        """
        self._screen.note("sending the history")
        async with AsyncExitStack() as stack:
            stack.push_async_callback(self._end_tasks)
            loading = self._background(asyncio.to_thread(self.feed.load, self._scenario.history))
            await self._until(loading.done, "the broker")

    async def play(self, day_s: float) -> Took:
        """Wait for the worker to be through the history, play the day, and return when all that came of both was read.

        day_s: how long the day shall take.
        Errors: InterruptedBySignalError, WorkerEndedError, StalledError, BrokerError.
        """
        self._screen.note("starting the worker")
        async with AsyncExitStack() as stack:
            stack.push_async_callback(self._end_tasks)
            await self._until(lambda: self._worker.address is not None, "the worker to start")
            self._watch = await stack.enter_async_context(WorkerWatch(str(self._worker.address)))
            await self._until(lambda: self.reading.is_ready, "the worker to be ready")
            self._screen.say(f"  Worker    a process of its own, metrics at {self._worker.address}/metrics while it runs")
            reader = OutputReader(self._settings.cluster, self._settings.topic_prefix, self._folder, self._take)
            await stack.enter_async_context(reader)
            reading = self._background(reader.run())
            history_s = await self._work_off("history")
            self._screen.say("")
            rate = len(self._scenario.day) / day_s
            took_s = await self._work_off("day", asyncio.to_thread(self.feed.send, self._scenario.day, rate))
            reader.finish()
            await self._until(reading.done, "the last outputs")
            self._tell(time.monotonic())
            self._watch = None
            return Took(history_s, took_s)

    async def idle(self) -> None:
        """Tick until a signal comes. Errors: as of `play`; the signal ends it without one."""
        self._phase = ""
        with suppress(InterruptedBySignalError):
            while True:
                await self._tick()

    def _on_signal(self, number: int) -> None:
        self._signal = number
        self._stop.set()
        self._stopping.set()

    async def _work_off(self, phase: str, sending: Coroutine[Any, Any, None] | None = None) -> float:
        """Wait until everything is sent and the worker is done with it; return the seconds it took."""
        self._phase = phase
        started_s = time.monotonic()
        if sending is not None:
            await self._until(self._background(sending).done, "the broker")
        await self._until(self._is_done, "the worker")
        return time.monotonic() - started_s

    def _is_done(self) -> bool:
        return self.reading.processed >= self.feed.handed_count and self.reading.lag_records == 0

    async def _until(self, condition: Callable[[], bool], what: str) -> None:
        """Tick until a condition holds. Errors: StalledError if meanwhile nothing changes for too long."""
        before, changed_s = None, time.monotonic()
        while not condition():
            await self._tick()
            now = self.reading, self.feed.handed_count
            if now != before:
                before, changed_s = now, time.monotonic()
            elif time.monotonic() - changed_s > PATIENCE_S:
                raise StalledError(f"waited {PATIENCE_S:.0f} s for {what}, and nothing went on")

    async def _tick(self) -> None:
        if self._watch is not None:
            self.reading = await self._watch.read() or self.reading
        if self._phase:
            self._tell(time.monotonic() - COLLECT_S)
            self._screen.status(self._status())
        with suppress(TimeoutError):
            await asyncio.wait_for(self._stop.wait(), TICK_S)
        if self._stop.is_set():
            raise InterruptedBySignalError(self._signal)
        status = self._worker.exit_status
        if status is not None:
            raise WorkerEndedError(status)
        for task in self._tasks:
            if task.done():
                task.result()

    def _background(self, work: Coroutine[Any, Any, None]) -> "asyncio.Task[None]":
        task = asyncio.create_task(work)
        self._tasks.append(task)
        return task

    async def _end_tasks(self) -> None:
        for task in self._tasks:
            if not task.done():
                self._stopping.set()  # a thread cannot be cancelled, but the feed looks at this
                task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []

    def _take(self, record: OutputRecord, read_s: float) -> None:
        """Keep a record that was read, and lay it by for telling if it is of the day."""
        if isinstance(record, DeadLetter):
            self.letters[record.error.code] += 1
        elif isinstance(record, FreezeRequest):
            self.requests.append(record)
            self._lay_by(self._moments.of_request(record), record, read_s)
        elif isinstance(record, Alert):
            self.alerts.append(record)
            if self._lay_by(self._moments.of_alert(record), record, read_s):
                handed_s = self.feed.handed_over_s(record.source)
                if handed_s is not None:
                    self.latencies_s.append(read_s - handed_s)

    def _lay_by(self, moment_us: int, record: Alert | FreezeRequest, read_s: float) -> bool:
        """Keep a record of the day for the next telling; return whether it is of the day."""
        if moment_us < self._scenario.bank.day_us:
            return False
        self._untold.append(Untold(moment_us, read_s, record))
        return True

    def _tell(self, until_s: float) -> None:
        """Tell what was read up to a moment, by simulated time: topics and partitions are read in no order among each other."""
        due = [entry for entry in self._untold if entry.read_s <= until_s]
        self._untold = [entry for entry in self._untold if entry.read_s > until_s]
        for moment_us, _, record in sorted(due, key=Untold.place):
            if isinstance(record, FreezeRequest):
                self._screen.tell(self._teller.request(record, moment_us))
            else:
                self._screen.tell(self._teller.alert(record, moment_us))

    def _status(self) -> Status:
        now_s = time.monotonic()
        self._rates.append((now_s, self.reading.processed))
        while now_s - self._rates[0][0] > RATE_OVER_S:
            self._rates.popleft()
        since_s, before = self._rates[0]
        return Status(
            phase=self._phase,
            at_us=self.feed.at_us,
            sent_count=self.feed.handed_count,
            total_count=self._scenario.count,
            events_per_s=(self.reading.processed - before) / max(now_s - since_s, TICK_S),
            lag_records=self.reading.lag_records,
            alert_count=self._teller.alert_count,
            request_count=self._teller.request_count,
            latency_p50_s=quantile(self.latencies_s, 0.5),
            latency_p99_s=quantile(self.latencies_s, 0.99),
        )
