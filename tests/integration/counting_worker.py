"""A worker whose state, alerts and commits can be checked to the last key. Run as a process by the tests.

counting_worker.py BOOTSTRAP GROUP SOURCE STATE ALERTS [name=value ...]

State of a key: number, sum and xor of its events' numbers. Marker: number of events applied to the partition.
Every event whose number is a multiple of 50 raises one alert. Lines on stdout tell what happened.
Options: transport=batch|stock   instance=NAME   session=10   lease=1   batch=1000   work_us=20   alerts_only=1
"""

import os
import signal
import struct
import sys
import time
from collections.abc import Mapping
from typing import Any

import faust

from stream.batch_transport import install
from stream.batches import TP, Batch, TransportHooks, TransportOptions, raw_topic
from stream.faust_settings import faust_settings
from stream.faust_worker import App
from stream.outbox import Outbox, OutboxOptions, Publish, StateChange
from stream.partition_writer import PartitionWriter
from stream.store import Loaded, Ownership, load, value_of

STATE = struct.Struct("<QQQ")
COUNT = struct.Struct("<Q")
PADDING = b"p" * 100
KILL_AFTER_S = 90
EXIT_WRITE_FAILED = 70


def say(*words: object) -> None:
    sys.stdout.write(f"{time.time():.3f} {' '.join(map(str, words))}\n")
    sys.stdout.flush()


def apply_events(records: list[Any], values: Mapping[bytes, bytes], alerts: str) -> tuple[dict[bytes, bytes | None], list[Publish]]:
    """Return the changed states and the alerts of some records."""
    changed: dict[bytes, bytes | None] = {}
    raised = []
    for record in records:
        number = int(record.value)
        known = changed.get(record.key) or values.get(record.key)
        count, total, mixed = STATE.unpack_from(known, 8) if known else (0, 0, 0)
        payload = STATE.pack(count + 1, total + number, mixed ^ number) + PADDING
        changed[record.key] = value_of(record.offset, payload)
        if number % 50 == 0:
            raised.append(Publish(alerts, None, record.key, b"%d" % number, record.timestamp))
    return changed, raised


class Worker:
    def __init__(self, bootstrap: str, group: str, source: str, state: str, alerts: str, option: dict[str, str]) -> None:
        self.bootstrap, self.source, self.state, self.alerts, self.option = bootstrap, source, state, alerts, option
        session_s = float(option.get("session", 10))
        self.app = App(group, **faust_settings(bootstrap, instance_id=option.get("instance"), session_timeout_s=session_s))
        options = TransportOptions(
            transport=option.get("transport", "batch"),  # type: ignore[arg-type]
            batch_records_max=int(option.get("batch", 1000)),
        )
        self.edge = install(self.app, [source], options, TransportHooks(self.on_assigned, self.on_revoked))
        lease_s = float(option.get("lease", session_s / 2))
        self.outbox = Outbox(
            lambda: self.app.producer._producer,
            self.on_failure,
            lambda: self.edge.seconds_since_heartbeat() < lease_s,
            OutboxOptions(ack_timeout_s=float(option.get("ack", 30))),
        )
        self.ownership = Ownership()
        self.loaded: dict[int, Loaded] = {}
        self.writers: dict[int, PartitionWriter] = {}
        self.app.agent(raw_topic(self.app, source))(self.work)

    def on_assigned(self, assigned: frozenset[TP], generation: int) -> None:
        ours = {tp.partition for tp in assigned}
        for partition in set(self.loaded) - (ours - self.ownership.on_assigned(ours, generation)):
            del self.loaded[partition]
        for writer in self.writers.values():
            writer.abandon()
        self.writers.clear()
        say("ASSIGNED", *sorted(ours))

    def on_revoked(self, revoked: frozenset[TP]) -> None:
        say("REVOKED", sorted(tp.partition for tp in revoked))

    def on_failure(self, error: BaseException) -> None:
        say("FAILED", repr(error))
        os._exit(EXIT_WRITE_FAILED)

    async def work(self, stream: Any) -> None:
        async for batch in self.edge.batches(stream):
            try:
                await self.work_on(batch)
            except Exception as error:
                self.on_failure(error)

    async def work_on(self, batch: Batch) -> None:
        partition = batch.partition
        if partition not in self.loaded:
            loaded = await load(self.bootstrap, self.state, partition)
            if not self.edge.is_current(batch):
                self.edge.give_up(batch)
                return
            say("LOADED", partition, len(loaded.values), "keys, position", loaded.position)
            self.loaded[partition] = loaded
        if partition not in self.writers:
            position = self.loaded[partition].position
            self.writers[partition] = PartitionWriter(self.outbox, TP(self.state, partition), position)
        state = self.loaded[partition]
        records = [record for record in batch.records if record.offset > state.position]
        changed, raised = apply_events(records, state.values, self.alerts)
        until = time.perf_counter() + float(self.option.get("work_us", 20)) * 1e-6 * len(records)
        while time.perf_counter() < until:
            pass
        state.values.update(changed)  # type: ignore[arg-type] # nothing is deleted here
        state.position = max(state.position, batch.records[-1].offset)
        state.marker = COUNT.pack(COUNT.unpack(state.marker or bytes(8))[0] + len(records))
        change = StateChange(changed, state.position, state.marker) if records else None
        await self.writers[partition].add(raised, change, lambda: self.saved(batch))

    def saved(self, batch: Batch) -> None:
        say("SAVED", batch.partition, batch.records[-1].offset)
        self.edge.finish(batch)


def main() -> None:
    signal.alarm(KILL_AFTER_S)
    option = dict(argument.split("=", 1) for argument in sys.argv[6:])
    worker = Worker(*sys.argv[1:6], option)  # type: ignore[misc]

    faust.Worker(worker.app, loglevel=option.get("log", "ERROR"), redirect_stdouts=False).execute_from_commandline()


if __name__ == "__main__":
    main()
