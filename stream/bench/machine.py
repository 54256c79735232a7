"""The machine that is measured on, and what a process takes of it. Reads /proc where there is one, else asks `ps`."""

import os
import platform
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_PROC = Path("/proc")
_TICKS_PER_S = os.sysconf("SC_CLK_TCK")
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
MB = 1_000_000


def describe() -> dict[str, Any]:
    """Return processor, cores, memory, system and the load average of now."""
    return {
        "cpu": _cpu_model(),
        "cores": os.cpu_count() or 1,
        "memory_gb": round(os.sysconf("SC_PHYS_PAGES") * _PAGE_BYTES / 1e9, 1),
        "system": f"{platform.system()} {platform.release()}",
        "load_average": load_average(),
    }


def load_average() -> list[float]:
    """Return the load averages of the last 1, 5 and 15 minutes."""
    return [round(value, 2) for value in os.getloadavg()]


def _cpu_model() -> str:
    info = _PROC / "cpuinfo"
    if info.exists():
        found = re.search(r"^model name\s*:\s*(.+)$", info.read_text(), re.MULTILINE)
        if found is not None:
            return found[1].strip()
    return platform.processor() or platform.machine()


def cpu_seconds(pid: int) -> float:
    """Return the processor time a process has taken so far, all threads, user and system.

    Errors: ProcessLookupError if it has ended.
    """
    if not _PROC.exists():
        return _seconds_of(_ps(pid, "time"))
    try:
        # The second field is the command in brackets, which may hold spaces.
        fields = (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except FileNotFoundError as error:
        raise ProcessLookupError(pid) from error
    return (int(fields[11]) + int(fields[12])) / _TICKS_PER_S


def waited_seconds(pid: int) -> float:
    """Return how long a process's main thread was ready to run and got no core so far; 0 where the system does not tell."""
    try:
        return int((_PROC / str(pid) / "schedstat").read_text().split()[1]) / 1e9
    except (FileNotFoundError, IndexError):
        return 0.0


def resident_bytes(pid: int) -> int:
    """Return the memory a process keeps resident.

    Errors: ProcessLookupError if it has ended.
    """
    if not _PROC.exists():
        return int(_ps(pid, "rss")) * 1_024
    try:
        return int((_PROC / str(pid) / "statm").read_text().split()[1]) * _PAGE_BYTES
    except FileNotFoundError as error:
        raise ProcessLookupError(pid) from error


def _ps(pid: int, column: str) -> str:
    answer = subprocess.run(["ps", "-o", f"{column}=", "-p", str(pid)], capture_output=True, text=True, check=False)
    if answer.returncode != 0:
        raise ProcessLookupError(pid)
    return answer.stdout.strip()


def _seconds_of(text: str) -> float:
    """Return the seconds of `ps`'s [[days-]hours:]minutes:seconds.

    >>> _seconds_of("1-02:03:04.50")
    93784.5
    """
    days, _, clock = text.rpartition("-")
    seconds = 0.0
    for part in clock.split(":"):
        seconds = seconds * 60 + float(part)
    return seconds + int(days or 0) * 86_400


def can_pin() -> bool:
    """Return whether processes can be bound to cores here, and there are two."""
    return hasattr(os, "sched_setaffinity") and (os.cpu_count() or 1) > 1


@contextmanager
def on_core(core: int | None) -> Iterator[None]:
    """Let the processes started inside run on this core only; None: anywhere. The calling thread is free again afterwards."""
    if core is None:
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
