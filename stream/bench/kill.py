"""Kill -9 under load: whether every fraud is told, under one id, as if nothing had happened."""

import random
import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import takewhile

from stream.bench.cluster import read_values, topics
from stream.bench.figures import Section
from stream.bench.session import BenchError, Session
from stream.bench.worker import Worker
from stream.bench.workload import Event, events_of, outbound, read_stated, replayed_ids
from stream.bulk_load import bulk_load

_ALIVE_S = (0.2, 2.5)
"""How long the worker lives once it is ready: less than a commit interval up to several."""
_RESTART_S = 4.0
"""About what a start takes; only for choosing how many events to send."""


class Load(threading.Thread):
    """Sends events at a steady rate while workers die and come back. sent: how many; count at most, until it is stopped."""

    def __init__(self, session: Session, prefix: str, count: int, rate: int) -> None:
        super().__init__(daemon=True)
        self.failure: Exception | None = None
        self.sent = 0
        self._over = threading.Event()
        self._session, self._prefix, self._count, self._rate = session, prefix, count, rate

    def stop(self) -> None:
        """Send no more, and return when all that was sent is acknowledged. Errors: BenchError if it broke off."""
        self._over.set()
        self.join()
        if self.failure is not None:
            raise BenchError(f"the load failed: {self.failure}")

    def run(self) -> None:
        session, sizes = self._session, self._session.sizes
        events = events_of(session.options.seed, sizes.kill_accounts, self._count)
        try:
            bulk_load(session.broker.bootstrap, outbound(self._counted(events), self._prefix), rate=float(self._rate))
        except Exception as error:
            self.failure = error

    def _counted(self, events: Iterable[Event]) -> Iterator[Event]:
        for event in takewhile(lambda _: not self._over.is_set(), events):
            self.sent += 1
            yield event


def kill(session: Session) -> Section:
    """Kill the worker at seeded moments, let it catch up, and compare ids and records with an undisturbed replay."""
    sizes, section = session.sizes, Section(name="kill", title=f"kill -9, {session.sizes.kills} times under load")
    rng = random.Random(session.options.seed)
    moments_s = [rng.uniform(*_ALIVE_S) for _ in range(sizes.kills)]
    count = int(sizes.kill_rate * (sum(moments_s) + sizes.kills * _RESTART_S))
    prefix, bootstrap = session.new_prefix(), session.broker.bootstrap
    with topics(bootstrap, session.settings, prefix):
        load = Load(session, prefix, count, sizes.kill_rate)
        with Worker(bootstrap, prefix, session.folder, core=session.worker_core) as worker:
            load.start()
            restarts_s, busy = _kill_often(session, worker, load, moments_s)
            with session.bar("kill: the rest", None):
                load.join()
                if load.failure is not None:
                    raise BenchError(f"the load failed: {load.failure}")
                worker.wait_ready()
                worker.work_off(None)
        told = told_by(bootstrap, prefix)
    session.say("kill: replaying the same events, to compare")
    truth = replayed_ids(session.rulebook, events_of(session.options.seed, sizes.kill_accounts, count))
    judge(section, told, truth)
    section.add("restart_s", "start after a kill until ready", "s", restarts_s)
    section.facts = {
        "events": count,
        "events per second": sizes.kill_rate,
        "alerts and freeze requests by replay": len(truth),
        "kills while there was load": busy,
    }
    return section


def _kill_often(session: Session, worker: Worker, load: threading.Thread, moments_s: list[float]) -> tuple[list[float], int]:
    """Kill at these times after each start; return how long the starts took, and how many kills met the load."""
    restarts_s, busy = [], 0
    worker.wait_ready()
    for number, moment_s in enumerate(moments_s, 1):
        session.say(f"kill {number}/{len(moments_s)}, {moment_s:.2f} s after it was ready")
        time.sleep(moment_s)
        worker.kill()
        busy += load.is_alive()
        started_s = time.monotonic()
        worker.start()
        worker.wait_ready()
        restarts_s.append(time.monotonic() - started_s)
    return restarts_s, busy


def told_by(bootstrap: str, prefix: str) -> Counter[tuple[str, str, int]]:
    """Return how often each alert and freeze request was published, by topic, id and number."""
    told = Counter[tuple[str, str, int]]()
    for topic in ("alerts", "freeze-requests"):
        for value in read_values(bootstrap, prefix + topic):
            stated = read_stated(value)
            told[topic, stated.id, stated.revision or stated.sequence] += 1
    return told


def judge(section: Section, told: Counter[tuple[str, str, int]], truth: set[str]) -> None:
    """Add what was lost, doubled and repeated against the ids of a replay."""
    found = {identifier for _, identifier, _ in told}
    lost, doubled, repeated = len(truth - found), len(found - truth), told.total() - len(told)
    section.add("lost", "lost: raised by replay, never by the worker", "ids", [lost])
    section.add("doubled", "doubled: raised under an id that replay does not know", "ids", [doubled])
    section.add("repeated", "repeated: the same record again, which a consumer folds", "records", [repeated])
    section.add("told", "told in all", "records", [told.total()])
    section.check(
        "same ids as replay", f"{lost} missing and {doubled} extra of {len(truth)} alerts and freeze requests", is_ok=found == truth
    )
