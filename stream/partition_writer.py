"""Writes what each slice of a partition caused, in the one order that loses nothing.

A chain of jobs. A job's outputs are sent when it is added; then, in the order of the jobs: all acks of its outputs, its
state, the ack of the state, and only then `on_done`, which lets its source records go. Jobs whose outputs are all
acknowledged while an earlier state is on its way share the next state batch (group commit): later values win, the
highest position stands for all, and the batch is appended whole or not at all.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from stream.batches import TP
from stream.outbox import (
    LeaseLostError,
    Outbox,
    Publish,
    StateChange,
    StateTooLargeError,
    WriteFailedError,
    named_failure,
)
from stream.output_lane import Ack, RecordTooLargeError
from stream.store import changes_size_bytes

_TURNS = 4  # of the event loop, until a record added to a lane is in the socket: lane, sender, request, connection


@dataclass(slots=True)
class _Job:
    acks: Sequence[Ack]
    sent_s: float
    state: StateChange | None
    size_bytes: int
    on_done: Callable[[], None]

    def is_acked(self) -> bool:
        return all(ack.done() and not ack.cancelled() and ack.exception() is None for ack in self.acks)


class PartitionWriter:
    """The chain of jobs of one partition. Made for one assignment; abandoned with it."""

    def __init__(self, outbox: Outbox, state: TP | None = None, position: int = -1) -> None:
        """state: the partition of the changelog to save to; None if the jobs carry no state.

        position: what the state stands for before the first job. No job may go back behind it.
        """
        self._outbox, self._state = outbox, state
        self._jobs: deque[_Job] = deque()
        self._changed = asyncio.Event()  # something was added, done, abandoned or has failed
        self._task: asyncio.Task[None] | None = None
        self._position = position
        self._abandoned = False
        self._adding = asyncio.Lock()  # jobs stand in the order in which they were added
        outbox.admit(self)

    def __len__(self) -> int:
        """Return the number of jobs that are not done."""
        return len(self._jobs)

    async def add(self, publishes: Iterable[Publish], state: StateChange | None, on_done: Callable[[], None]) -> None:
        """Send a job's outputs and queue its state, which must not be changed any more; waits at `depth` jobs.

        on_done is called when everything is acknowledged, never after a failure, and in the order of the jobs.
        Errors: RecordTooLargeError, StateTooLargeError and ValueError for a position that goes back, all before
        anything of this job is sent; WriteFailedError when the outbox has failed.
        """
        async with self._adding:
            size_bytes = self._checked_size_bytes(state)
            while len(self._jobs) >= self._outbox.options.depth and self._outbox.failure is None:
                await self._wait()
            self._outbox.check()
            if self._abandoned:
                return
            sent_s = time.monotonic()
            try:
                acks = await self._outbox.publish(publishes)
            except RecordTooLargeError:
                raise
            except Exception as error:
                failure = named_failure(error, "outputs")
                self._outbox.fail(failure)
                raise failure from error
            self._jobs.append(_Job(acks, sent_s, state, size_bytes, on_done))
            self._changed.set()
            if self._task is None:
                self._task = asyncio.create_task(self._run())
        for _ in range(_TURNS):  # a caller that goes on computing would keep the outputs here for as long
            await asyncio.sleep(0)

    def _checked_size_bytes(self, state: StateChange | None) -> int:
        if state is None:
            return 0
        if self._state is None:
            raise ValueError("this writer has no changelog")
        if state.position < self._position:
            raise ValueError(f"position {state.position} after {self._position}")
        size_bytes, limit = changes_size_bytes(state.changed, state.marker), self._outbox.options.state_batch_bytes_max
        if size_bytes > limit:
            raise StateTooLargeError(f"{len(state.changed)} states of {size_bytes} bytes together; a batch takes {limit}")
        self._position = state.position
        return size_bytes

    async def drain(self) -> None:
        """Return when all jobs are done, or abandoned. Errors: WriteFailedError when the outbox has failed."""
        while self._jobs and self._outbox.failure is None:
            await self._wait()
        self._outbox.check()

    def abandon(self) -> None:
        """Forget all jobs and take no more: none is marked done any more, though what was sent may still arrive."""
        self._abandoned = True
        self._jobs.clear()
        self._changed.set()
        if self._task is not None:
            self._task.cancel()
            self._task = None

    def wake(self) -> None:
        """Look again at what has changed."""
        self._changed.set()

    async def _wait(self) -> None:
        self._changed.clear()
        await self._changed.wait()

    async def _run(self) -> None:
        try:
            while True:
                while not self._jobs:
                    await self._wait()
                await self._finish_some()
                self._changed.set()
        except Exception as error:
            self._outbox.fail(error)
            self._changed.set()

    async def _finish_some(self) -> None:
        """Bring the oldest jobs to their end: one, and those behind it that are ready for the same state batch."""
        first = self._jobs[0]
        await self._await_acks(first.acks, first.sent_s, "outputs")
        ready = self._ready_together()
        if state := _merged([job.state for job in ready if job.state is not None]):
            assert self._state is not None
            if not self._outbox.lease():
                raise LeaseLostError("no heartbeat was accepted lately; the state was not written")
            what, sent_s = f"state to {self._state.topic}:{self._state.partition}", time.monotonic()
            try:
                ack = await self._outbox.save(self._state, state)
            except Exception as error:
                raise named_failure(error, what) from error
            await self._await_acks([ack], sent_s, what)
        if self._outbox.failure is not None:  # another partition's: in doubt nothing is done
            raise self._outbox.failure
        for job in ready:
            self._jobs.popleft()
            job.on_done()

    def _ready_together(self) -> list[_Job]:
        ready: list[_Job] = []
        size_bytes = 0
        for job in self._jobs:
            size_bytes += job.size_bytes
            if ready and (size_bytes > self._outbox.options.state_batch_bytes_max or not job.is_acked()):
                break
            ready.append(job)
        return ready

    async def _await_acks(self, acks: Sequence[Ack], sent_s: float, what: str) -> None:
        waited_s = self._outbox.options.ack_timeout_s - (time.monotonic() - sent_s)
        if missing := [ack for ack in acks if not ack.done()]:
            await asyncio.wait(missing, timeout=max(0.0, waited_s), return_when=asyncio.FIRST_EXCEPTION)
        if any(ack.cancelled() for ack in acks):
            raise WriteFailedError(f"{what}: given up by the producer")
        for ack in acks:
            if ack.done() and (error := ack.exception()) is not None:
                raise named_failure(error, what) from error
        if not all(ack.done() for ack in acks):
            raise WriteFailedError(f"{what}: no ack within {self._outbox.options.ack_timeout_s} s")


def _merged(states: list[StateChange]) -> StateChange | None:
    if len(states) < 2:
        return states[0] if states else None
    changed: dict[bytes, bytes | None] = {}
    for state in states:
        changed.update(state.changed)
    return StateChange(changed, states[-1].position, states[-1].marker)
