"""Throughput of one worker over a backlog, beside the naive Faust application and the same worker on Faust's own transport."""

import time
from typing import Any

import msgspec

from stream.bench.cluster import read_values, topics, uncommitted
from stream.bench.figures import Section
from stream.bench.session import BenchError, Session
from stream.bench.worker import STILL_S_MAX, ProcessLog, Span, Worker
from stream.bench.workload import Event, events_of, outbound, read_stated, replayed_ids
from stream.bulk_load import bulk_load

_COMMITTED_TOPICS = ("transactions", "keyed")


def throughput(session: Session) -> Section:
    """Fill `transactions`, then time worker, naive application and worker on the stock transport, one after the other, per run."""
    sizes, section = session.sizes, Section(name="throughput", title="Throughput of one worker over a backlog")
    events = list(events_of(session.options.seed, sizes.accounts, sizes.throughput_events))
    few = events[: sizes.baseline_events]
    session.say("throughput: replaying the same events, to compare alerts")
    truth, few_truth = replayed_ids(session.rulebook, events), replayed_ids(session.rulebook, few)
    ours: list[Span] = []
    naive: list[Span] = []
    stock: list[Span] = []
    resident_mb = []
    for run in range(1, session.options.runs + 1):
        title = f"throughput {run}/{session.options.runs}"
        prefix = session.new_prefix()
        with topics(session.broker.bootstrap, session.settings, prefix):
            _fill(session, prefix, events, title)
            with _worker(session, prefix, "batch") as worker, session.bar(f"{title}: worker", len(events)) as show:
                ours.append(worker.work_off(len(events), show))
                resident_mb.append(worker.resident_mb)
                _check(session, section, worker, prefix, truth, f"run {run}")
        prefix = session.new_prefix()
        with topics(session.broker.bootstrap, session.settings, prefix):
            _fill(session, prefix, few, title)
            session.say(f"{title}: naive Faust")
            naive.append(_naive(session, prefix, len(few)))
            with _worker(session, prefix, "stock") as worker, session.bar(f"{title}: stock transport", len(few)) as show:
                stock.append(worker.work_off(len(few), show))
                _check(session, section, worker, prefix, few_truth, f"run {run}, stock transport")
    _figures(section, ours, naive, stock, resident_mb)
    section.facts = {
        "events": len(events),
        "events of the baselines": len(few),
        "accounts": sizes.accounts,
        "mean event bytes": sum(len(value) for *_, value in events) // len(events),
        "alerts and freeze requests by replay": len(truth),
    }
    return section


def _figures(section: Section, ours: list[Span], naive: list[Span], stock: list[Span], resident_mb: list[float]) -> None:
    def speeds(name: str, text: str, spans: list[Span]) -> tuple[Any, Any]:
        wall = section.add(f"{name}_per_s", text, "events/s", [span.events / span.wall_s for span in spans])
        cpu = section.add(f"{name}_per_cpu_s", f"{text}, per CPU-second", "events/s", [span.events / span.cpu_s for span in spans])
        return wall, cpu

    worker_wall, worker_cpu = speeds("worker", "worker", ours)
    naive_wall, naive_cpu = speeds("naive", "naive Faust, one table write per event", naive)
    _, stock_cpu = speeds("stock", "worker on the stock transport", stock)
    section.add_ratio("worker_to_naive", "worker / naive, per CPU-second", worker_cpu, naive_cpu)
    section.add_ratio("worker_to_naive_wall", "worker / naive, by the clock", worker_wall, naive_wall)
    section.add_ratio("batch_to_stock", "batch / stock transport, per CPU-second", worker_cpu, stock_cpu)
    for name, spans in (("worker", ours), ("naive", naive), ("stock", stock)):
        shares = [span.waited_s / span.wall_s for span in spans]
        section.add(f"{name}_waited", f"{name}: ready to run, but no core free", "of the time", shares)
    section.add("worker_resident_mb", "worker's memory at the end", "MB", resident_mb)


def _worker(session: Session, prefix: str, transport: str) -> Worker:
    return Worker(session.broker.bootstrap, prefix, session.folder, core=session.worker_core, transport=transport)


def _fill(session: Session, prefix: str, events: list[Event], title: str) -> None:
    with session.bar(f"{title}: fill", len(events)) as show:
        bulk_load(session.broker.bootstrap, outbound(events, prefix), on_progress=lambda sent: show(sum(sent.values())))


def _naive(session: Session, prefix: str, count: int) -> Span:
    arguments = ["-m", "stream.bench.naive_faust", session.broker.bootstrap, f"{prefix}transactions", f"{prefix}naive", str(count)]
    running = ProcessLog(session.folder / f"{prefix}naive.log", arguments, core=session.worker_core)
    try:
        status = running.process.wait(STILL_S_MAX + count / 500)
    finally:
        running.kill()
    if status != 0:
        raise BenchError(f"the naive application ended with status {status}; the end of its log:\n{running.last_lines()}")
    found = msgspec.json.decode(next(line for line in running.lines() if line.startswith("{")))
    return Span(found["events"], found["wall_s"], found["cpu_s"], found["waited_s"])


def _check(session: Session, section: Section, worker: Worker, prefix: str, truth: set[str], what: str) -> None:
    """Check that the worker's alerts and freeze requests are those of the replay, and that all it read is committed."""
    bootstrap = session.broker.bootstrap
    values = [value for topic in ("alerts", "freeze-requests") for value in read_values(bootstrap, prefix + topic)]
    found = {read_stated(value).id for value in values}
    detail = f"{len(truth - found)} missing and {len(found - truth)} extra of {len(truth)} alerts and freeze requests"
    section.check(f"{what}: same ids as replay", detail, is_ok=found == truth)
    names = [prefix + topic for topic in _COMMITTED_TOPICS]
    deadline_s = time.monotonic() + 15.0  # the worker commits every second
    while (left := uncommitted(bootstrap, worker.group, names)) and time.monotonic() < deadline_s:
        time.sleep(0.3)
    section.check(f"{what}: all committed", f"{left} records left", is_ok=left == 0)
