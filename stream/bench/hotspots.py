"""Where the processors' time goes: Python's own profiler over the load on known accounts. Its figures are shares, not speeds."""

import cProfile
import pstats
from datetime import timedelta
from pathlib import Path
from typing import Any

from stream.bench.figures import Section
from stream.bench.known_accounts import HISTORY_DAYS, Line, dressed, pool_of
from stream.bench.session import Session
from stream.bench.workload import START, events_of

_LINES = 25


def hotspots(session: Session) -> Section:
    """Profile a line of processors; the table lists the functions with the most time of their own."""
    sizes, section = session.sizes, Section(name="hotspots", title="Where the processors' time goes, profiler on")
    count = sizes.scaling_accounts[0]
    values = dict(dressed(pool_of(session), count, session.rulebook.bounds))
    line = Line(session.rulebook, values)
    start = START + timedelta(days=HISTORY_DAYS)
    events = list(events_of(session.options.seed + 1, count, sizes.scaling_events * 2, start))
    line.work(events[: sizes.scaling_events])
    session.say("hotspots: profiling")
    profiler = cProfile.Profile()
    profiler.runcall(line.work, events[sizes.scaling_events :])
    section.facts = {
        "accounts": count,
        "events": sizes.scaling_events,
        "own share, calls per event, function": _table(profiler, sizes.scaling_events),
    }
    return section


def _table(profiler: cProfile.Profile, events: int) -> list[str]:
    stats: Any = pstats.Stats(profiler)
    rows = sorted(((own_s, calls, where) for where, (_, calls, own_s, _, _) in stats.stats.items()), reverse=True)
    total_s = sum(own_s for own_s, _, _ in rows)
    return [f"{own_s / total_s:6.1%} {calls / events:7.2f}  {_place(*where)}" for own_s, calls, where in rows[:_LINES]]


def _place(file: str, line: int, name: str) -> str:
    if line == 0:
        return name
    path = Path(file)
    return f"{path.parent.name}/{path.name}:{line} {name}"
