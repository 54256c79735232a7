"""The constants of `goldenhour size`: bytes on disk per event and topic, what an account costs, what a core carries."""

from pathlib import Path
from typing import Any

import msgspec

from connectors.kafka_admin import TIMEOUT_MS, cluster_admin
from stream.bench.cluster import topics
from stream.bench.figures import Section
from stream.bench.kill import Load
from stream.bench.known_accounts import pool_of
from stream.bench.machine import describe
from stream.bench.memory import measure
from stream.bench.pauses import saved
from stream.bench.session import Session
from stream.bench.worker import Worker
from stream.bench.workload import events_of, outbound
from stream.bulk_load import bulk_load
from stream.sizing import Measured
from stream.versions import versions

SIZED = ("transactions", "keyed", "state", "alerts", "freeze-requests", "traces")


def disk_bytes(bootstrap: str, prefix: str) -> dict[str, int]:
    """Return how many bytes each of our topics takes on the brokers' disks, indexes left out, one copy."""
    found = dict.fromkeys(SIZED, 0)
    with cluster_admin(bootstrap, TIMEOUT_MS) as admin:
        for broker in admin.describe_log_dirs():
            for folder in _log_dirs(broker):
                for topic in folder["topics"]:
                    name = topic["topic" if "topic" in topic else "name"].removeprefix(prefix)
                    if name in found:
                        found[name] += sum(partition["partition_size"] for partition in topic["partitions"])
    return found


def _log_dirs(broker: Any) -> list[Any]:
    found: list[Any] = broker["log_dirs"] if "log_dirs" in broker else broker["results"]
    return found


def sizing(session: Session) -> Section:
    """Run one worker under a steady load, look at the brokers' disk, and let it work off a backlog."""
    sizes, section = session.sizes, Section(name="sizing", title="What an event and an account cost on disk and in memory")
    prefix, bootstrap = session.new_prefix(), session.broker.bootstrap
    with (
        topics(bootstrap, session.settings, prefix),
        Worker(bootstrap, prefix, session.folder, core=session.worker_core) as worker,
    ):
        worker.wait_ready()
        base_mb = worker.resident_mb
        load = Load(session, prefix, sizes.sizing_events, sizes.kill_rate)
        load.start()
        worker.work_off(sizes.sizing_events)
        load.stop()
        on_disk = disk_bytes(bootstrap, prefix)
        stored_bytes = saved(bootstrap, f"{prefix}state").plain_bytes
        session.say("sizing: a backlog, for what a core does")
        backlog = events_of(session.options.seed + 1, sizes.kill_accounts, sizes.sizing_events)
        bulk_load(bootstrap, outbound(backlog, prefix))
        span = worker.work_off(2 * sizes.sizing_events)
    pool, count = pool_of(session), sizes.memory_accounts[0]
    file = session.folder / "sizing-pool.msgpack"
    file.write_bytes(msgspec.msgpack.encode(pool))
    held = measure(file, count, session.settings.live_profiles_max)
    ratio = on_disk["state"] / stored_bytes
    machine = describe()
    measured = Measured(
        source=f"goldenhour bench sizing: {sizes.sizing_events:,} events at {sizes.kill_rate:,} per second, "
        f"{sizes.kill_accounts:,} accounts, seed {session.options.seed}; {machine['cpu']}, {versions()['core']} core",
        events_per_core_s=round(span.events / span.cpu_s),
        topic_bytes={name: round(size / sizes.sizing_events, 2) for name, size in on_disk.items()},
        state_account_bytes=round(sum(map(len, pool)) / len(pool) * ratio, 1),
        memory_account_bytes=round(held.stored_bytes / count, 1),
        worker_bytes=round(base_mb * 1e6 + held.live_bytes),
    )
    for name, size in measured.topic_bytes.items():
        section.add(f"disk_{name}", f"{name}, on disk per event", "bytes", [size])
    section.add("state_account", "an account in state, on disk", "bytes", [measured.state_account_bytes])
    section.add("memory_account", "an account in a worker", "bytes", [measured.memory_account_bytes])
    section.add("worker_mb", "a worker without accounts", "MB", [base_mb])
    section.add("per_cpu_s", "events per CPU-second", "events/s", [measured.events_per_core_s])
    section.facts = {"measured": msgspec.json.encode(measured).decode(), "source": measured.source}
    return section


def constants_of(result: Path) -> Measured:
    """Return what a result file of the bench measured. Errors: msgspec's, StopIteration if it has no section `sizing`."""
    sections = msgspec.json.decode(result.read_bytes())["sections"]
    told = next(section["facts"]["measured"] for section in sections if section["name"] == "sizing")
    return msgspec.json.decode(told, type=Measured)
