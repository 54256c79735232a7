"""Latency from the moment an event was due to the moment its alert is in a consumer's hands, at a steady rate.

Load, worker and receiver are processes of their own. The worker knows the accounts: the last two days of their lives are in its
state.
"""

import subprocess
import sys
import time
from typing import NamedTuple

import msgspec

from models.units import instant
from stream.bench.cluster import topics
from stream.bench.figures import Section, percentile
from stream.bench.known_accounts import HISTORY_DAYS, Line, account_values, dressed, known_line
from stream.bench.latency_source import Sent
from stream.bench.machine import on_core
from stream.bench.session import BenchError, Session
from stream.bench.state_fill import fill_state
from stream.bench.worker import Worker

SHARES = {"p50": 0.5, "p90": 0.9, "p99": 0.99, "p999": 0.999}
_LEAST_FOR_P999 = 1_000
_SETTLE_S = 1.5


class Phase(NamedTuple):
    """One stretch at one rate. late_ms: of the load. lag: what the worker had not done when the load ended.

    cpu_share, waited_share: of the time, what the worker had of a core, and how long it was ready to run and had none.
    """

    latencies_ms: list[float]
    late_ms: float
    lag: int
    cpu_share: float
    waited_share: float


def latency(session: Session) -> Section:
    """Let one worker take over many accounts, then measure each rate as often as there are runs."""
    sizes, section = session.sizes, Section(name="latency", title="Latency, event due to alert received, open loop")
    prefix, bootstrap = session.new_prefix(), session.broker.bootstrap
    rounds: dict[int, list[Phase]] = {rate: [] for rate in sizes.latency_rates}
    with topics(bootstrap, session.settings, prefix):
        _fill_accounts(session, prefix)
        with Worker(bootstrap, prefix, session.folder, core=session.worker_core) as worker:
            worker.wait_ready()
            first = 0
            for run in range(session.options.runs):
                for rate in sizes.latency_rates:
                    session.say(f"latency: {rate:,} events/s {run + 1}/{session.options.runs}")
                    phase = _measure(session, worker, prefix, rate, first)
                    first += int(rate * (sizes.latency_warm_s + sizes.latency_s))
                    rounds[rate].append(phase)
                    session.say(
                        f"p99 {percentile(phase.latencies_ms, 0.99):,.0f} ms, {phase.lag:,} records behind when the load ended"
                    )
            resident_mb = worker.resident_mb
    for rate, phases in rounds.items():
        _add(section, rate, phases)
    section.add("worker_resident_mb", "worker's memory at the end", "MB", [resident_mb])
    section.facts |= {"accounts known": sizes.latency_accounts, "seconds per run": sizes.latency_s}
    return section


def _fill_accounts(session: Session, prefix: str) -> None:
    """Fill in the state of accounts whose last two days end now: the records that follow carry today's time."""
    count = session.sizes.latency_accounts
    now_s = int(time.time())
    line = known_line(session, instant((now_s - int(HISTORY_DAYS * 86_400)) * 1_000_000))
    pool = account_values(line, session.sizes.pool_accounts)
    with session.bar(f"latency: {count:,} accounts", count) as show:
        accounts = dressed(pool, count, session.rulebook.bounds, now_s)
        fill_state(session.broker.bootstrap, f"{prefix}state", accounts, Line(session.rulebook).keyed.marker(), show)


def _measure(session: Session, worker: Worker, prefix: str, rate: int, first: int) -> Phase:
    """Send events from number `first` on, so that none comes twice; receive their alerts; wait until all is done."""
    sizes, bootstrap = session.sizes, session.broker.bootstrap
    seconds = sizes.latency_warm_s + sizes.latency_s
    load_of = [session.options.seed + 1, sizes.latency_accounts, rate, seconds, first]  # another seed than the histories'
    source = [bootstrap, f"{prefix}transactions", *map(str, load_of)]
    with helper(session, "latency_sink", [bootstrap, f"{prefix}alerts"]) as sink:
        assert sink.stdout is not None
        if sink.stdout.readline().strip() != "ready":
            raise BenchError("the receiver of alerts did not start")
        before = worker.sample()
        with helper(session, "latency_source", source) as load:
            said, _ = load.communicate(timeout=seconds + 120)
        after = worker.sample()
        if load.returncode != 0 or before is None or after is None:
            raise BenchError(f"the load ended with status {load.returncode}, or the worker does not answer")
        sent = msgspec.json.decode(said, type=Sent)
        worker.work_off(before.events + sent.events)
        time.sleep(_SETTLE_S)
        received = msgspec.json.decode(sink.communicate("", timeout=30)[0], type=list[tuple[int, int]])
    begin_us = int((sent.start_s + sizes.latency_warm_s) * 1_000_000)
    latencies_ms = [(received_us - caused_us) / 1_000 for caused_us, received_us in received if caused_us >= begin_us]
    if not latencies_ms:
        raise BenchError(f"no alert was received at {rate} events/s")
    wall_s = after.at_s - before.at_s
    cpu_share, waited_share = (after.cpu_s - before.cpu_s) / wall_s, (after.waited_s - before.waited_s) / wall_s
    return Phase(latencies_ms, sent.late_ms_max, after.lag if after.lag is not None else -1, cpu_share, waited_share)


def helper(session: Session, name: str, arguments: list[str]) -> subprocess.Popen[str]:
    """Start a module of the benchmark as a process of its own, beside the worker."""
    with on_core(session.helper_core):
        return subprocess.Popen(
            [sys.executable, "-m", f"stream.bench.{name}", *arguments],
            cwd=session.folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )


def _add(section: Section, rate: int, phases: list[Phase]) -> None:
    least = min(len(phase.latencies_ms) for phase in phases)
    for name, share in SHARES.items():
        if name == "p999" and least < _LEAST_FOR_P999:
            continue  # it would be the maximum under another name
        text = f"{rate:,} events/s, p{share * 100:g}"
        section.add(f"{name}_{rate}", text, "ms", [percentile(phase.latencies_ms, share) for phase in phases])
    section.add(f"max_{rate}", f"{rate:,} events/s, slowest", "ms", [max(phase.latencies_ms) for phase in phases])
    section.add(f"cpu_{rate}", f"{rate:,} events/s, worker's share of a core", "core", [phase.cpu_share for phase in phases])
    waited = [phase.waited_share for phase in phases]
    section.add(f"waited_{rate}", f"{rate:,} events/s, ready to run, but no core free", "of the time", waited)
    section.facts[f"at {rate:,} events/s"] = [
        f"{len(phase.latencies_ms):,} alerts; load at most {phase.late_ms:.0f} ms late; {phase.lag:,} records behind at its end"
        for phase in phases
    ]
