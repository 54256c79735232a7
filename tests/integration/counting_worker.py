"""A worker whose state, alerts and commits can be checked to the last key. Run as a process by the tests.

counting_worker.py BOOTSTRAP GROUP SOURCE STATE ALERTS [name=value ...]

State of a key: number, sum and xor of its events' numbers. Marker: number of events applied to the partition.
Every event whose number is a multiple of ALERT_EVERY raises one alert. Lines on stdout tell what happened.
Options: transport=batch|stock  instance=NAME  session=10  lease=5  ack=30  batch=1000  work_us=20  stop=before|after|around
"""

import asyncio
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
from stream.output_lane import Ack
from stream.partition_writer import PartitionWriter
from stream.store import Loaded, Ownership, load, value_of

STATE = struct.Struct("<QQQ")
COUNT = struct.Struct("<Q")
PADDING = b"p" * 100
ALERT_EVERY = 49  # odd, so that the events of every partition raise some
KILL_AFTER_S = 90
EXIT_WRITE_FAILED = 70
SEND_TURNS = 10  # of the event loop, until a batch handed to the producer is in the socket


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
        if number % ALERT_EVERY == 0:
            raised.append(Publish(alerts, None, record.key, b"%d" % number, record.timestamp))
    return changed, raised


class StoppingOutbox(Outbox):
    """Stops the process (SIGSTOP) with a state batch in hand, which a signal from outside can only hope to meet.

    It is the first batch that follows another one of its partition: its alerts are written, the lease was looked at, and
    the producer knows the topic, so that nothing but a kill can hold it back any more.
    stop: "before" it is handed to the producer; or "after", its ack being on the way; or "around": before, and once more
        when the broker has taken it, when no later state of the partition has been sent.
    Says STOPS partition, position, keys before it stops first; and LANDED with the same when the broker has taken the batch.
    """

    def __init__(self, *args: Any, stop: str | None) -> None:
        super().__init__(*args)
        self._stop, self._saved = stop, set[TP]()

    async def save(self, tp: TP, state: StateChange) -> Ack:
        if self._stop is None or tp not in self._saved:
            self._saved.add(tp)
            return await super().save(tp, state)
        stop, self._stop = self._stop, None
        batch = tp.partition, state.position, len(state.changed)

        def on_ack(done: Ack) -> None:
            if done.exception() is None:
                say("LANDED", *batch)
                if stop == "around":
                    stop_here()

        if stop in ("before", "around"):
            say("STOPS", *batch)
            stop_here()
        ack = await super().save(tp, state)
        ack.add_done_callback(on_ack)  # called before the writer hears of it
        if stop == "after":
            for _ in range(SEND_TURNS):
                await asyncio.sleep(0)
            say("STOPS", *batch)
            stop_here()
        return ack


def stop_here() -> None:
    signal.raise_signal(signal.SIGSTOP)  # to this very thread: it does not get any further


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
        self.outbox = StoppingOutbox(
            lambda: self.app.producer._producer,
            self.on_failure,
            lambda: self.edge.seconds_since_heartbeat() < lease_s,
            OutboxOptions(ack_timeout_s=float(option.get("ack", 30))),
            stop=option.get("stop"),
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
