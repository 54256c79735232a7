"""What the tests on a real broker share: topics, filling and reading them, and committed offsets."""

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Mapping
from typing import Any, TypeVar

import aiokafka
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from connectors.cluster import Where, aiokafka_arguments

T = TypeVar("T")
COMPACTED = {"cleanup.policy": "compact", "max.message.bytes": str(16 << 20)}


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run one coroutine to its end; a test that hangs on the broker fails instead."""

    async def bounded() -> T:
        return await asyncio.wait_for(coroutine, 60)

    return asyncio.run(bounded())


async def make_topics(bootstrap: Where, topics: Mapping[str, int], configs: Mapping[str, Any] | None = None) -> None:
    """Create topics (name -> number of partitions) with their configs by name."""
    admin = AIOKafkaAdminClient(**aiokafka_arguments(bootstrap))
    await admin.start()
    try:
        wanted = [NewTopic(name, count, 1, topic_configs=dict((configs or {}).get(name, {}))) for name, count in topics.items()]
        await admin.create_topics(wanted)
    finally:
        await admin.close()
    async with aiokafka.AIOKafkaProducer(**aiokafka_arguments(bootstrap)) as producer:
        for name, count in topics.items():
            while len(await producer.partitions_for(name)) < count:
                await asyncio.sleep(0.05)


async def fill(bootstrap: Where, records: Iterable[tuple[str, int, bytes, bytes]], batch_bytes_max: int = 500_000) -> None:
    """Write (topic, partition, key, value) records."""
    async with aiokafka.AIOKafkaProducer(
        **aiokafka_arguments(bootstrap), acks="all", enable_idempotence=True, linger_ms=5, max_batch_size=batch_bytes_max
    ) as producer:
        acks = [await producer.send(topic, value, key, partition) for topic, partition, key, value in records]
        await asyncio.gather(*acks)


async def read_all(bootstrap: Where, topic: str, each: Callable[[Any], object]) -> int:
    """Call `each` with every record of a topic up to its present end; return their number."""
    consumer = aiokafka.AIOKafkaConsumer(
        **aiokafka_arguments(bootstrap), group_id=None, auto_offset_reset="earliest", max_partition_fetch_bytes=8 << 20
    )
    await consumer.start()
    try:
        tps = await partitions(consumer, topic)
        consumer.assign(tps)
        ends, begins = await consumer.end_offsets(tps), await consumer.beginning_offsets(tps)
        count = 0
        for tp in tps:
            consumer.seek(tp, begins[tp])
        while any([await consumer.position(tp) < ends[tp] for tp in tps]):
            for records in (await consumer.getmany(*tps, timeout_ms=200)).values():
                for record in records:
                    each(record)
                count += len(records)
        return count
    finally:
        await consumer.stop()


async def partitions(consumer: Any, topic: str) -> list[Any]:
    while not (found := consumer.partitions_for_topic(topic)):
        await consumer._client.force_metadata_update()
        consumer._client.add_topic(topic)
        await asyncio.sleep(0.05)
    return [aiokafka.TopicPartition(topic, partition) for partition in sorted(found)]


async def committed(bootstrap: Where, group: str, topics: Iterable[str]) -> dict[tuple[str, int], int]:
    """Return the committed offset of every partition, 0 where none is."""
    return {tp: found[0] for tp, found in (await _standing(bootstrap, group, topics)).items()}


async def wait_until_read(bootstrap: Where, group: str, topics: Iterable[str]) -> None:
    """Return when the group has committed the ends of the topics."""
    while await left_over(bootstrap, group, topics):
        await asyncio.sleep(0.2)


async def left_over(bootstrap: Where, group: str, topics: Iterable[str]) -> int:
    """Return how many records of the topics the group has not committed."""
    return sum(end - done for done, end in (await _standing(bootstrap, group, topics)).values())


async def _standing(bootstrap: Where, group: str, topics: Iterable[str]) -> dict[tuple[str, int], tuple[int, int]]:
    consumer = aiokafka.AIOKafkaConsumer(**aiokafka_arguments(bootstrap), group_id=group, enable_auto_commit=False)
    await consumer.start()
    try:
        tps = [tp for topic in topics for tp in await partitions(consumer, topic)]
        consumer.assign(tps)
        ends = await consumer.end_offsets(tps)
        return {tuple(tp): (await consumer.committed(tp) or 0, ends[tp]) for tp in tps}
    finally:
        await consumer.stop()
