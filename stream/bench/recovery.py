"""How long a worker needs to get its state back: the worker's own loader over a changelog of realistic profiles.

Runs as `python -m stream.bench.recovery BOOTSTRAP TOPIC` in a process of its own, so that its memory is the state's.
"""

import asyncio
import os
import subprocess
import sys
import time
from pathlib import Path

import msgspec

from stream.bench.cluster import PARTITIONS, topics
from stream.bench.figures import Section
from stream.bench.known_accounts import pool_of, shared_out
from stream.bench.machine import MB, on_core, resident_bytes
from stream.bench.session import BenchError, Session
from stream.bench.state_fill import fill_state
from stream.store import Loaded, load


class Recovered(msgspec.Struct):
    """What the loader got and took. memory in bytes, the whole process."""

    keys: int
    value_bytes: int
    wall_s: float
    cpu_s: float
    resident: int


def recovery(session: Session) -> Section:
    """Write the changelog once, then load it as often as there are runs."""
    sizes, section = session.sizes, Section(name="recovery", title="Recovery of a worker's state")
    pool = pool_of(session)
    prefix, bootstrap = session.new_prefix(), session.broker.bootstrap
    with topics(bootstrap, session.settings, prefix):
        with session.bar("recovery: writing the changelog", sizes.recovery_keys) as show:
            written_bytes = fill_state(bootstrap, f"{prefix}state", shared_out(pool, sizes.recovery_keys), b"", show)
        found = []
        for run in range(session.options.runs):
            session.say(f"recovery {run + 1}/{session.options.runs}")
            found.append(_measure(session, bootstrap, f"{prefix}state"))
    section.add(f"seconds_{sizes.recovery_keys}", f"{sizes.recovery_keys:,} accounts", "s", [one.wall_s for one in found])
    section.add("keys_per_s", "accounts", "keys/s", [one.keys / one.wall_s for one in found])
    section.add("keys_per_cpu_s", "accounts, per CPU-second", "keys/s", [one.keys / one.cpu_s for one in found])
    section.add("resident_mb", "memory of the process with the state", "MB", [one.resident / MB for one in found])
    is_whole = all(one.keys == sizes.recovery_keys and one.value_bytes == written_bytes for one in found)
    detail = f"{[one.keys for one in found]} keys of {sizes.recovery_keys:,}, {written_bytes:,} bytes written"
    section.check("all values are back", detail, is_ok=is_whole)
    section.facts = {"different histories": len(pool), "mean stored value, bytes": written_bytes // sizes.recovery_keys}
    return section


def _measure(session: Session, bootstrap: str, topic: str) -> Recovered:
    command = [sys.executable, "-m", "stream.bench.recovery", bootstrap, topic]
    with on_core(session.worker_core):
        done = subprocess.run(command, cwd=Path(session.folder), capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise BenchError(f"the loader ended with status {done.returncode}: {done.stderr[-2_000:]}")
    return msgspec.json.decode(done.stdout, type=Recovered)


async def recover(bootstrap: str, topic: str) -> Recovered:
    """Load all partitions at once, as a worker does that gets them assigned."""
    started_s, cpu_s = time.perf_counter(), time.process_time()
    loaded: list[Loaded] = await asyncio.gather(*(load(bootstrap, topic, partition) for partition in range(PARTITIONS)))
    wall_s, cpu_s = time.perf_counter() - started_s, time.process_time() - cpu_s
    size = sum(len(value) for one in loaded for value in one.values.values())
    return Recovered(sum(len(one.values) for one in loaded), size, wall_s, cpu_s, resident_bytes(os.getpid()))


if __name__ == "__main__":
    sys.stdout.write(msgspec.json.encode(asyncio.run(recover(*sys.argv[1:]))).decode())
