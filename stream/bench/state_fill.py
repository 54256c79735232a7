"""Fills a `state` topic as a worker would have: batches with a marker, each partition its own keys."""

import asyncio
from collections.abc import Callable, Iterable
from itertools import islice

import aiokafka

from stream.bench.cluster import PARTITIONS
from stream.bench.session import BenchError
from stream.faust_settings import STATE_BATCH_BYTES_MAX
from stream.partitioning import partition_of
from stream.store import StateRecord, position_of, state_batch

_BATCH_KEYS = 1_000  # about what a slice changes


def fill_state(
    bootstrap: str, topic: str, values: Iterable[tuple[bytes, bytes]], marker: bytes, show: Callable[[int], None]
) -> int:
    """Write (key, value with its position in front) pairs; return the bytes of all values. The markers stand for the last position.

    marker: as `KeyedProcessor.marker` gives it.

    Errors: BenchError if a batch is larger than a worker allows itself; aiokafka's.
    """
    return asyncio.run(_fill(bootstrap, topic, values, marker, show))


async def _fill(
    bootstrap: str, topic: str, values: Iterable[tuple[bytes, bytes]], marker: bytes, show: Callable[[int], None]
) -> int:
    producer = aiokafka.AIOKafkaProducer(
        bootstrap_servers=bootstrap,
        acks="all",
        enable_idempotence=True,
        compression_type="zstd",
        max_batch_size=STATE_BATCH_BYTES_MAX,
        max_request_size=STATE_BATCH_BYTES_MAX + (64 << 10),
    )
    await producer.start()
    done = size_bytes = 0
    try:
        source = iter(values)
        while part := list(islice(source, _BATCH_KEYS * PARTITIONS)):
            changed: list[dict[bytes, bytes | None]] = [{} for _ in range(PARTITIONS)]
            for key, value in part:
                changed[partition_of(key, PARTITIONS)][key] = value
            position = position_of(part[-1][1])
            batches = [state_batch(keys, position, marker) for keys in changed]
            await asyncio.gather(*[await _send(producer, topic, number, batch) for number, batch in enumerate(batches)])
            size_bytes += sum(len(value) for _, value in part)
            done += len(part)
            show(done)
    finally:
        await producer.stop()
    return size_bytes


async def _send(
    producer: aiokafka.AIOKafkaProducer, topic: str, partition: int, records: Iterable[StateRecord]
) -> asyncio.Future[object]:
    batch = producer.create_batch()
    for key, value, headers in records:
        if batch.append(key=key, value=value, timestamp=None, headers=headers) is None:
            raise BenchError("a batch of state is larger than a worker allows itself")
    batch.close()
    sent: asyncio.Future[object] = await producer.send_batch(batch, topic, partition=partition)
    return sent
