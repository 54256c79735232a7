"""A rolling restart of two workers under load: how long each partition stood still, and that nothing is lost or doubled by it."""

import time
from contextlib import ExitStack

from stream.bench.cluster import topics
from stream.bench.figures import Section
from stream.bench.kill import Load, judge, told_by
from stream.bench.pauses import longest_pauses_s, saved
from stream.bench.session import BenchError, Session
from stream.bench.worker import Worker
from stream.bench.workload import events_of, replayed_ids

_MOST_S = 300
"""No load lasts longer."""
_SESSION_S = {"named": 30.0, "unnamed": 10.0}


def rolling(session: Session) -> Section:
    """Restart two workers one after the other, as static members (with an instance id) and without."""
    section = Section(name="rolling", title="Rolling restart of two workers under load")
    for how, session_s in _SESSION_S.items():
        session.say(f"rolling: {how} members")
        _restart(session, section, how, session_s)
    section.facts["events per second"] = session.sizes.rolling_rate
    return section


def _restart(session: Session, section: Section, how: str, session_s: float) -> None:
    prefix, bootstrap = session.new_prefix(), session.broker.bootstrap
    with topics(bootstrap, session.settings, prefix), ExitStack() as stack:
        names = [f"worker-{number}" if how == "named" else "" for number in (1, 2)]
        workers = [
            stack.enter_context(Worker(bootstrap, prefix, session.folder, core=session.worker_core, name=name, session_s=session_s))
            for name in names
        ]
        load = Load(session, prefix, session.sizes.rolling_rate * _MOST_S, session.sizes.rolling_rate)
        for worker in workers:
            worker.wait_ready()
        load.start()
        time.sleep(3)
        began_ms = int(time.time() * 1_000)
        for worker in workers:
            status = worker.terminate()
            if status != 0:
                raise BenchError(f"a worker ended with status {status}:\n{worker.running.last_lines()}")
            worker.start()
            worker.wait_ready()
            time.sleep(2)
        ended_ms, is_busy = int(time.time() * 1_000), load.is_alive()
        load.stop()
        for worker in workers:
            worker.work_off(None)
        pauses = longest_pauses_s(saved(bootstrap, f"{prefix}state").times_ms, began_ms, ended_ms)
        told = told_by(bootstrap, prefix)
    section.add(f"pause_s_{how}", f"{how} members: longest pause of a partition", "s", sorted(pauses.values()))
    section.facts[f"events, {how}"] = load.sent
    section.check(f"there was load all the time ({how})", f"{(ended_ms - began_ms) / 1_000:.0f} s of restarts", is_ok=is_busy)
    truth = replayed_ids(session.rulebook, events_of(session.options.seed, session.sizes.kill_accounts, load.sent))
    own = Section(name="", title="")
    judge(own, told, truth)
    section.checks += own.checks
