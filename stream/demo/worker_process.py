"""The worker as a process of its own: started as an operator would, watched through its log and its metrics, ended by its id."""

import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

import aiohttp
from prometheus_client.parser import text_string_to_metric_families

from stream.lifeline import start_guarded, stop_guarded
from stream.settings import PREFIX

STOP_GRACE_S = 25.0
"""Between SIGTERM and SIGKILL: a little more than the worker gives itself (`drain_s`)."""

_ADDRESS = re.compile(r"metrics=(http://\S+)/metrics")
_DONE_WITH = frozenset(("goldenhour_events_total", "goldenhour_kept_records_total", "goldenhour_dead_letters_total"))
_TIMEOUT_S = aiohttp.ClientTimeout(total=2.0)


class Reading(NamedTuple):
    """One look at the worker. processed: records done with, dead letters included; lag_records: of all it reads.

    is_ready: whether it has its partitions and their state.
    """

    processed: int
    lag_records: int
    is_ready: bool = False


class WorkerProcess:
    """A command of `goldenhour` that runs from entering to leaving. It ends with this process, whatever ends that.

    command: what follows `goldenhour`. settings: by name; they win over the environment's. log: gets everything it says.
    Errors: OSError on entering.
    """

    def __init__(self, command: list[str], settings: Mapping[str, object], log: Path) -> None:
        """Prepare; nothing runs yet."""
        # `env`, because a guard takes a command and no environment; and nobody else in this process shall see the variables.
        variables = [f"{PREFIX}{name.upper()}={value}" for name, value in settings.items()]
        self._command = ["env", *variables, sys.executable, "-m", "stream", *command]
        self._log = log
        self._guard: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        with self._log.open("wb") as output:
            self._guard = start_guarded(self._command, output=output, grace_s=STOP_GRACE_S)
        return self

    def __exit__(self, error_type: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._guard is not None:
            stop_guarded(self._guard, grace_s=STOP_GRACE_S)

    @property
    def exit_status(self) -> int | None:
        """Return the status with which it has ended, None while it runs."""
        return None if self._guard is None else self._guard.poll()

    @property
    def address(self) -> str | None:
        """Return the address of its HTTP server, None until it has said so."""
        found = _ADDRESS.search(self._log.read_text(errors="replace"))
        return found[1] if found else None

    def tail(self, count: int = 20) -> list[str]:
        """Return the last lines of its log; none if it was never started."""
        if self._guard is None:
            return []
        return self._log.read_text(errors="replace").splitlines()[-count:]


def reading_of(exposition: str) -> Reading:
    """Return what the text of /metrics says.

    >>> reading_of('goldenhour_events_total{topic="transactions"} 7.0\\ngoldenhour_consumer_lag_records{partition="0"} 3.0\\n')
    Reading(processed=7, lag_records=3, is_ready=False)
    """
    processed = lag = 0.0
    for family in text_string_to_metric_families(exposition):
        for sample in family.samples:
            if sample.name in _DONE_WITH:
                processed += sample.value
            elif sample.name == "goldenhour_consumer_lag_records":
                lag += sample.value
    return Reading(int(processed), int(lag))


class WorkerWatch:
    """Asks a worker over HTTP, for as long as the block lasts. No answer in time is None: a busy worker answers later."""

    def __init__(self, address: str) -> None:
        """address: http://host:port."""
        self._address = address
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(timeout=_TIMEOUT_S)
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._session is not None:
            await self._session.close()

    async def read(self) -> Reading | None:
        """Return how far it is, or None if it does not say."""
        ready, metrics = await self._get("/ready"), await self._get("/metrics")
        if ready is None or metrics is None or metrics[0] != 200:
            return None
        return reading_of(metrics[1])._replace(is_ready=ready[0] == 200)

    async def _get(self, path: str) -> tuple[int, str] | None:
        assert self._session is not None
        try:
            async with self._session.get(self._address + path) as response:
                return response.status, await response.text()
        except (aiohttp.ClientError, TimeoutError):
            return None
