"""Replay: the same detection without a broker, by the product's own command, and that it gives the same bytes twice."""

import os
import subprocess
import sys
import time
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from stream.bench.figures import Section
from stream.bench.session import BenchError, Session
from stream.bench.workload import events_of, write_jsonl

_OUTPUTS = ("alerts.jsonl", "freeze_requests.jsonl", "dead_letters.jsonl", "traces.jsonl", "report.json")


class Run(NamedTuple):
    """One run of the command."""

    wall_s: float
    cpu_s: float
    digest: str


def replay_speed(session: Session) -> Section:
    """Replay one file several times, each time with another hash seed of Python, which must not show."""
    sizes, section = session.sizes, Section(name="replay", title="Replay without a broker")
    file, nothing = session.folder / "load.jsonl", session.folder / "nothing.jsonl"
    write_jsonl(file, events_of(session.options.seed, sizes.accounts, sizes.replay_events))
    nothing.touch()
    starts: list[Run] = []
    runs: list[Run] = []
    for number in range(max(2, session.options.runs)):
        session.say(f"replay {number + 1}/{max(2, session.options.runs)}")
        starts.append(_run(session, nothing, f"nothing-{number}", number))
        runs.append(_run(session, file, f"load-{number}", number))
    count = sizes.replay_events
    pairs = list(zip(runs, starts, strict=True))
    section.add("per_s", "replay", "events/s", [count / (run.wall_s - start.wall_s) for run, start in pairs])
    section.add("per_cpu_s", "replay, per CPU-second", "events/s", [count / (run.cpu_s - start.cpu_s) for run, start in pairs])
    section.add("start_s", "start of the command, not counted above", "s", [start.wall_s for start in starts])
    distinct = len({run.digest for run in runs})
    section.check(
        "same bytes every time",
        f"{distinct} distinct outputs in {len(runs)} runs, each with another hash seed",
        is_ok=distinct == 1,
    )
    section.facts = {"events": count, "accounts": sizes.accounts, "file MB": round(file.stat().st_size / 1e6)}
    return section


def _run(session: Session, file: Path, name: str, hash_seed: int) -> Run:
    out = session.folder / name
    before_s, started_s = _children_cpu_s(), time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "stream", "replay", str(file), "--out", str(out)],
        cwd=session.folder,
        env={**os.environ, "PYTHONHASHSEED": str(hash_seed)},
        capture_output=True,
        text=True,
        check=False,
    )
    wall_s, cpu_s = time.perf_counter() - started_s, _children_cpu_s() - before_s
    if done.returncode != 0:
        raise BenchError(f"replay ended with status {done.returncode}: {done.stderr[-2_000:]}")
    digest = sha256()
    for output in _OUTPUTS:
        content = (out / output).read_bytes()
        digest.update(len(content).to_bytes(8, "big") + content)
    return Run(wall_s, cpu_s, digest.hexdigest())


def _children_cpu_s() -> float:
    times = os.times()
    return times.children_user + times.children_system
