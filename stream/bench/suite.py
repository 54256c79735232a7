"""Runs the chosen sections of the benchmark one after the other, and keeps the result."""

import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import msgspec

from stream.bench import SECTIONS
from stream.bench.connectors import connectors
from stream.bench.examine import examine
from stream.bench.figures import Section
from stream.bench.hotspots import hotspots
from stream.bench.kill import kill
from stream.bench.latency import latency
from stream.bench.machine import describe, load_average
from stream.bench.memory import memory
from stream.bench.recovery import recovery
from stream.bench.replay_speed import replay_speed
from stream.bench.report import write
from stream.bench.rolling import rolling
from stream.bench.scaling import scaling
from stream.bench.session import Options, Session
from stream.bench.sizing import sizing
from stream.bench.throughput import throughput
from stream.bench.trace import trace
from stream.settings import Settings
from stream.versions import versions

MEASURES: Final[dict[str, Callable[[Session], Section]]] = {
    "throughput": throughput,
    "replay": replay_speed,
    "latency": latency,
    "recovery": recovery,
    "memory": memory,
    "scaling": scaling,
    "kill": kill,
    "rolling": rolling,
    "sizing": sizing,
    "trace": trace,
    "detectors": examine,
    "connectors": connectors,
    "hotspots": hotspots,
}
"""Every section of `SECTIONS` by name."""


def header(options: Options, settings: Settings, started_at: datetime) -> dict[str, Any]:
    """Return what the result file says of the circumstances: machine, versions, seed, options, settings other than the defaults."""
    usual, given = msgspec.structs.asdict(Settings()), msgspec.structs.asdict(settings)
    return {
        "format": 1,
        "started_at": started_at,
        "machine": describe(),
        "versions": versions(),
        "seed": options.seed,
        "runs": options.runs,
        "pinned": options.is_pinned,
        "sizes": options.sizes,
        "settings": {name: value for name, value in given.items() if value != usual[name]},
    }


def run(session: Session, head: dict[str, Any], path: Path, on_section: Callable[[Section], None]) -> list[Section]:
    """Run the session's sections and write the result file after each, so that a long run that breaks keeps what it has.

    on_section: told each section when it is done. Errors: BenchError, BrokerUnavailable, BrokerError.
    """
    done: list[Section] = []
    for name in SECTIONS:
        if name not in session.options.sections:
            continue
        started_s = time.monotonic()
        section = MEASURES[name](session)
        section.seconds = time.monotonic() - started_s
        done.append(section)
        head |= {"broker": session.broker_kind or "none needed", "load_average_at_end": load_average()}
        write(path, head, done)
        on_section(section)
    return done
