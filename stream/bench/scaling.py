"""Whether speed depends on how many accounts are known, or on how long the windows are. Processors only, no broker."""

import time
import tomllib
from copy import deepcopy
from datetime import timedelta
from typing import Any

from models.rulebook import build_rulebook
from stream.bench.figures import Figure, Section
from stream.bench.known_accounts import HISTORY_DAYS, Line, account_values, dressed, history_events, history_line, pool_of
from stream.bench.session import Session
from stream.bench.workload import START, Event, events_of
from stream.policy.document import policy_text

WINDOWS_S = {"1h": 3_600, "24h": 86_400, "7d": 604_800}
_DAY_S = 86_400


def with_windows(policy: dict[str, Any], window_s: int) -> dict[str, Any]:
    """Return a policy whose windows of one day last `window_s` instead, and none longer. The argument stays as it was."""
    changed = deepcopy(policy)
    tables = [changed["bounds"], changed["hearsay"], *changed["detectors"].values(), *changed["lookalikes"].values()]
    for table in tables:
        for name, given in table.items():
            is_too_long = name.endswith("window_s") and given["value"] > window_s
            if is_too_long or (name.endswith("_s") and given["value"] == _DAY_S):
                given["value"] = window_s
    return changed


def scaling(session: Session) -> Section:
    """Run the same kind of load over few and many known accounts, then over one population with short and long windows."""
    section = Section(name="scaling", title="Speed of the processors, per CPU-second, by accounts known and by window length")
    known = _by_accounts(session, section)
    section.add_ratio("accounts_ratio", "most accounts / fewest", known[-1], known[0])
    windows = _by_windows(session, section)
    section.add_ratio("window_ratio", "7 d windows / 1 h windows", windows[-1], windows[0])
    section.facts |= {"events per run": session.sizes.scaling_events, "accounts of the window runs": session.sizes.window_accounts}
    return section


def _by_accounts(session: Session, section: Section) -> list[Figure]:
    pool = pool_of(session)
    lines: dict[int, Line] = {}
    for count in session.sizes.scaling_accounts:
        values: dict[bytes, bytes] = {}
        with session.bar(f"scaling: {count:,} accounts", count) as show:
            for made, (key, value) in enumerate(dressed(pool, count, session.rulebook.bounds), 1):
                values[key] = value
                if made % 5_000 == 0:
                    show(made)
        lines[count] = Line(session.rulebook, values)
    start = START + timedelta(days=HISTORY_DAYS)
    streams = {count: list(_later_events(session, count, start)) for count in lines}
    rates = _rates(session, "scaling by accounts", lines, streams)
    return [section.add(f"accounts_{count}", f"{count:,} accounts known", "events/s", rates[count]) for count in lines]


def _by_windows(session: Session, section: Section) -> list[Figure]:
    accounts, days = session.sizes.window_accounts, 8.0
    policy = tomllib.loads(policy_text(session.settings))
    lines: dict[int, Line] = {}
    for name, window_s in WINDOWS_S.items():
        with session.bar(f"scaling: histories for {name}", history_events(accounts, days)) as show:
            rulebook = build_rulebook(with_windows(policy, window_s))
            lines[window_s] = history_line(rulebook, session.options.seed, accounts, days, show)
    later = list(_later_events(session, accounts, START + timedelta(days=days)))
    kept_bytes = {name: _mean_bytes(lines[window_s], accounts) for name, window_s in WINDOWS_S.items()}
    rates = _rates(session, "scaling by windows", lines, dict.fromkeys(lines, later))
    section.facts["mean bytes of an account"] = [f"{size:,} with {name} windows" for name, size in kept_bytes.items()]
    return [
        section.add(f"window_{name}", f"longest window {name}", "events/s", rates[window_s]) for name, window_s in WINDOWS_S.items()
    ]


def _mean_bytes(line: Line, accounts: int) -> int:
    values = account_values(line, accounts)
    return sum(map(len, values)) // len(values)


def _later_events(session: Session, accounts: int, start: Any) -> list[Event]:
    """Return events after the history: a quarter run to warm up, then one part per run. Of another seed, so that none is a copy."""
    count = session.sizes.scaling_events
    return list(events_of(session.options.seed + 1, accounts, count // 4 + count * session.options.runs, start))


def _rates(session: Session, title: str, lines: dict[int, Line], streams: dict[int, list[Event]]) -> dict[int, list[float]]:
    """Return events per CPU-second of each line and run; the lines take turns, so that all meet the machine's moods."""
    count = session.sizes.scaling_events
    rates: dict[int, list[float]] = {size: [] for size in lines}
    for size, line in lines.items():
        line.work(streams[size][: count // 4])
    for run in range(session.options.runs):
        session.say(f"{title} {run + 1}/{session.options.runs}")
        begin = count // 4 + run * count
        for size, line in lines.items():
            started_s = time.process_time()
            line.work(streams[size][begin : begin + count])
            rates[size].append(count / (time.process_time() - started_s))
    return rates
