"""What accounts cost in memory, in the form in which a worker holds them: one dictionary of stored values for each partition.

Runs as `python -m stream.bench.memory FILE COUNT` in a process of its own, which has nothing else in it.
"""

import os
import subprocess
import sys
from pathlib import Path

import msgspec

from models.profile import decode_profile
from stream.bench.cluster import PARTITIONS
from stream.bench.figures import Section
from stream.bench.known_accounts import pool_of, shared_out
from stream.bench.machine import MB, resident_bytes
from stream.bench.session import BenchError, Session
from stream.partitioning import murmur2
from stream.store import payload_of


class Held(msgspec.Struct):
    """What the process took for the accounts, and for `live` of them decoded besides."""

    accounts: int
    stored_bytes: int
    live: int
    live_bytes: int


def memory(session: Session) -> Section:
    """Fill a process with accounts and look at its resident memory before and after."""
    section = Section(name="memory", title="Memory of a worker's accounts")
    pool = pool_of(session)
    file = session.folder / "pool.msgpack"
    file.write_bytes(msgspec.msgpack.encode(pool))
    live_max = session.settings.live_profiles_max
    for count in session.sizes.memory_accounts:
        held = []
        for run in range(session.options.runs):
            session.say(f"memory: {count:,} accounts {run + 1}/{session.options.runs}")
            held.append(measure(file, count, live_max))
        section.add(f"mb_{count}", f"{count:,} accounts", "MB", [one.stored_bytes / MB for one in held])
        section.add(f"bytes_per_account_{count}", f"{count:,} accounts, each", "bytes", [one.stored_bytes / count for one in held])
    section.add(f"live_mb_{held[0].live}", f"{held[0].live:,} of them decoded besides", "MB", [one.live_bytes / MB for one in held])
    section.facts = {"different histories": len(pool), "mean stored value, bytes": sum(map(len, pool)) // len(pool)}
    return section


def measure(file: Path, count: int, live_max: int) -> Held:
    """Return what accounts take of a process of their own. Errors: BenchError if it fails."""
    command = [sys.executable, "-m", "stream.bench.memory", str(file), str(count), str(live_max)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise BenchError(f"the process that holds accounts ended with status {done.returncode}: {done.stderr[-2_000:]}")
    return msgspec.json.decode(done.stdout, type=Held)


def hold(file: Path, count: int, live_max: int) -> Held:
    """Hold so many accounts as partitions of a worker do, then decode some; return what that took of this process."""
    pool = msgspec.msgpack.decode(file.read_bytes(), type=list[bytes])
    before = resident_bytes(os.getpid())
    partitions: list[dict[bytes, bytes]] = [{} for _ in range(PARTITIONS)]
    for key, value in shared_out(pool, count):
        partitions[murmur2(key) % PARTITIONS][key] = value
    stored = resident_bytes(os.getpid())
    first = sorted(partitions[0])[:live_max]
    live = {key: decode_profile("ACCOUNT", payload_of(partitions[0][key])) for key in first}
    return Held(count, stored - before, len(live), resident_bytes(os.getpid()) - stored)


if __name__ == "__main__":
    result = hold(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
    sys.stdout.write(msgspec.json.encode(result).decode())
