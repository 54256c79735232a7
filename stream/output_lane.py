"""Brings the outputs for one partition of a topic to the broker, many at a time.

The broker takes one batch of a partition at a time from a producer, some 2 ms each. Handing over a batch per job would
let the jobs of all source partitions queue up behind each other; so records collect here while a batch is on its way.
"""

import asyncio
from collections import deque
from functools import partial
from typing import Any, Protocol

from stream.batches import TP

RECORD_OVERHEAD_BYTES = 24  # the most that lengths, offsets and attributes of a record take in a batch
BATCH_OVERHEAD_BYTES = 61  # header of a record batch, format 2

HEADER_OVERHEAD_BYTES = 4  # lengths of a header's name and value, each below 8 KiB

Ack = asyncio.Future[Any]
Headers = list[tuple[str, bytes]]


class Producer(Protocol):
    """The part of aiokafka's producer that is used here."""

    def create_batch(self) -> Any: ...

    async def send_batch(self, batch: Any, topic: str, *, partition: int) -> Ack: ...

    async def partitions_for(self, topic: str) -> set[int]: ...


class RecordTooLargeError(ValueError):
    """A record does not fit the batches of its topic: ours to solve, by smaller records or a larger limit."""


def record_size_bytes(key: bytes, value: bytes | None, headers: Headers) -> int:
    """Return an upper bound of what a record takes in a batch."""
    size = len(key) + len(value or b"") + RECORD_OVERHEAD_BYTES
    return size + sum(len(name) + len(said) + HEADER_OVERHEAD_BYTES for name, said in headers)


def append(batch: Any, topic: str, timestamp_ms: int | None, key: bytes, value: bytes | None, headers: Any) -> None:
    """Append a record to a batch under construction. Errors: RecordTooLargeError if the producer takes no more."""
    if batch.append(timestamp=timestamp_ms, key=key, value=value, headers=headers) is None:
        raise RecordTooLargeError(f"batch for {topic}: the producer's max_batch_size is below the outbox's limit")


class OutputLane:
    """The batches of one partition of a topic, in order: any number that wait, the last of them open for more."""

    def __init__(self, producer: Producer, tp: TP, batch_bytes_max: int) -> None:
        self._producer, self._tp, self._limit = producer, tp, batch_bytes_max
        self._waiting: deque[tuple[Any, Ack]] = deque()
        self._task: asyncio.Task[None] | None = None

    def add(self, key: bytes, value: bytes | None, timestamp_ms: int | None, headers: Headers) -> Ack:
        """Put a record behind the others; return the ack to come of the batch it rides in.

        The caller has checked that a batch can take the record.
        """
        size = record_size_bytes(key, value, headers)
        if not self._waiting or self._waiting[-1][0].size() + size > self._limit:
            self._waiting.append((self._producer.create_batch(), asyncio.get_running_loop().create_future()))
        batch, ack = self._waiting[-1]
        append(batch, self._tp.topic, timestamp_ms, key, value, headers)
        if self._task is None:
            self._task = asyncio.create_task(self._send_all())
        return ack

    async def _send_all(self) -> None:
        while self._waiting:
            batch, ack = self._waiting.popleft()
            batch.close()  # else single sends would be added to it
            try:
                sent = await self._producer.send_batch(batch, self._tp.topic, partition=self._tp.partition)
            except Exception as error:
                ack.set_exception(error)
            else:
                sent.add_done_callback(partial(_pass_on, ack))
        self._task = None


def _pass_on(ack: Ack, sent: Ack) -> None:
    if ack.done():
        return
    if sent.cancelled():
        ack.cancel()
    elif (error := sent.exception()) is not None:
        ack.set_exception(error)
    else:
        ack.set_result(sent.result())
