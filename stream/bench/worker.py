"""A worker of the product as a process of its own, watched from outside: by its metrics, its processor time and its memory."""

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

from prometheus_client.parser import text_string_to_metric_families

from stream.bench.machine import cpu_seconds, on_core, resident_bytes, waited_seconds
from stream.bench.session import BenchError
from stream.local_kafka import free_ports

STILL_S_MAX = 60.0  # ours: a worker that does nothing for so long hangs
_POLL_S = 0.5  # a scrape costs the worker a few milliseconds


class Sample(NamedTuple):
    """A worker at one moment. at_s: seconds since 1970. events: taken in since it started.

    lag: records it knows of and has not done; None while unknown. done_at_s: when it last had something acknowledged. waited_s: how
    long it was ready to run and got no core.
    """

    at_s: float
    cpu_s: float
    events: int
    lag: int | None
    done_at_s: float
    waited_s: float


class Span(NamedTuple):
    """What a worker did between its first progress and its last acknowledgement."""

    events: int
    wall_s: float
    cpu_s: float
    waited_s: float


def read_sample(text: str, at_s: float, cpu_s: float, waited_s: float = 0.0) -> Sample:
    """Return a sample of a page of metrics; the lag is None while some partition's is unknown."""
    events, lags, partitions, done_at_s = 0.0, [], 0.0, 0.0
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            if sample.name == "goldenhour_events_total":
                events += sample.value
            elif sample.name == "goldenhour_consumer_lag_records":
                lags.append(sample.value)
            elif sample.name == "goldenhour_assigned_partitions":
                partitions += sample.value
            elif sample.name == "goldenhour_last_acknowledged_timestamp_seconds":
                done_at_s = max(done_at_s, sample.value)
    lag = int(sum(lags)) if partitions and len(lags) == partitions else None
    return Sample(at_s, cpu_s, int(events), lag, done_at_s, waited_s)


class ProcessLog:
    """Starts a process with its output in a file, and tells the end of that file when something is wrong."""

    def __init__(self, log: Path, arguments: Sequence[str], *, core: int | None, environ: dict[str, str] | None = None) -> None:
        """arguments: of Python. core: where it may run, None: anywhere. environ: added to ours."""
        self.log = log
        with log.open("ab") as output, on_core(core):
            self.process = subprocess.Popen(
                [sys.executable, *arguments],
                cwd=log.parent,
                env={**os.environ, **(environ or {})},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def require_alive(self) -> None:
        """Raise BenchError if the process has ended."""
        status = self.process.poll()
        if status is not None:
            raise BenchError(f"a process ended with status {status}; the end of its log:\n{self.last_lines()}")

    def lines(self) -> list[str]:
        """Return what it said so far, standard error included."""
        return self.log.read_text(errors="replace").splitlines()

    def last_lines(self, count: int = 20) -> str:
        """Return the end of its log."""
        return "\n".join(self.lines()[-count:])

    def kill(self) -> None:
        """End it at once, if it still runs."""
        self.process.kill()
        self.process.wait()


class Worker:
    """`goldenhour worker` on topics of a prefix, from entering to leaving. Its consumer group is `group`."""

    def __init__(
        self,
        bootstrap: str,
        prefix: str,
        folder: Path,
        *,
        core: int | None,
        transport: str = "batch",
        name: str = "bench",
        session_s: float = 10.0,
    ) -> None:
        """folder: for its log. transport: batch or stock. name: as a static member, "" for none. session_s: of the group."""
        self.group = f"{prefix}{transport}"
        self._prefix, self._core, self._bootstrap, self._transport = prefix, core, bootstrap, transport
        self._log = folder / f"{self.group}-{name}.log"
        self._name, self._session_s = name, session_s
        self._running: ProcessLog | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, error_type: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._running is not None:
            self._running.kill()

    def start(self) -> None:
        """Start it, also again after a kill: its static membership makes it the same member."""
        self._port = free_ports(1)[0]
        options = ["--bootstrap", self._bootstrap, "--topic-prefix", self._prefix, "--partitions", "4"]
        options += ["--http-port", str(self._port), "--transport", self._transport, "--no-scores"]
        options += ["--instance-id", self._name] if self._name else []
        environ = {"GOLDENHOUR_APPLICATION_ID": self.group, "GOLDENHOUR_HTTP_HOST": "127.0.0.1"}
        environ["GOLDENHOUR_SESSION_TIMEOUT_S"] = str(self._session_s)
        self._running = ProcessLog(self._log, ["-m", "stream", "worker", *options], core=self._core, environ=environ)

    @property
    def running(self) -> ProcessLog:
        """Return the process. Errors: BenchError if it was not started."""
        if self._running is None:
            raise BenchError("the worker was not started")
        return self._running

    @property
    def resident_mb(self) -> float:
        """Return its memory."""
        return resident_bytes(self.running.process.pid) / 1e6

    def kill(self) -> None:
        """kill -9."""
        self.running.kill()

    def terminate(self) -> int:
        """Ask it to end; return its exit status. Errors: subprocess.TimeoutExpired if it does not within a minute."""
        self.running.process.terminate()
        return self.running.process.wait(STILL_S_MAX)

    def sample(self) -> Sample | None:
        """Return how it stands, None while it does not answer. Errors: BenchError if it has ended."""
        self.running.require_alive()
        page = self._get("metrics")
        pid = self.running.process.pid
        return None if page is None else read_sample(page, time.time(), cpu_seconds(pid), waited_seconds(pid))

    def is_ready(self) -> bool:
        """Return whether it says that it has its partitions and their state. Errors: BenchError if it has ended."""
        self.running.require_alive()
        return self._get("ready") is not None

    def _get(self, path: str) -> str | None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self._port}/{path}", timeout=20) as answer:
                text: str = answer.read().decode()
                return text
        except (urllib.error.URLError, TimeoutError, ConnectionError):
            return None

    def wait_ready(self) -> None:
        """Return when it is ready. Errors: BenchError if it ends, or is not ready in a minute."""
        deadline_s = time.monotonic() + STILL_S_MAX
        while not self.is_ready():
            if time.monotonic() > deadline_s:
                raise BenchError(f"a worker did not get ready; the end of its log:\n{self.running.last_lines()}")
            time.sleep(0.1)

    def work_off(self, events: int | None, show: object = None) -> Span:
        """Return what it did from its first progress until all is acknowledged. events: how many are to come, None if unknown.

        show: a function told the count so far. Errors: BenchError if it ends or stands still for a minute.
        """
        first: Sample | None = None
        last, moved_s = -1, time.monotonic()
        while True:
            sample = self.sample()
            if sample is not None:
                if sample.events != last:
                    last, moved_s = sample.events, time.monotonic()
                    if callable(show):
                        show(sample.events)
                if first is None and sample.events:
                    first = sample
                if sample.lag == 0 and (events is None or sample.events >= events):
                    return _span(first or sample, sample)
            if time.monotonic() - moved_s > STILL_S_MAX:
                raise BenchError(f"a worker stands still at {last} events; the end of its log:\n{self.running.last_lines()}")
            time.sleep(_POLL_S)


def _span(begin: Sample, end: Sample) -> Span:
    wall_s, cpu_s = max(1e-9, end.done_at_s - begin.at_s), max(1e-9, end.cpu_s - begin.cpu_s)
    return Span(end.events - begin.events, wall_s, cpu_s, end.waited_s - begin.waited_s)
