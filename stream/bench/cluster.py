"""What the benchmark does at a broker beside measuring: topics of its own, filling, reading to the end, committed positions."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import aiokafka
from aiokafka.admin import AIOKafkaAdminClient

from connectors.kafka_admin import ensure_topics
from connectors.topics import load_topics
from stream.settings import Settings, read_toml

T = TypeVar("T")
PARTITIONS = 4
_TIMEOUT_S = 60.0


@contextmanager
def topics(bootstrap: str, settings: Settings, prefix: str) -> Iterator[None]:
    """Make the product's topics under a prefix, which keep all records; at the end drop every topic of that prefix."""
    raw = read_toml(settings.topics_file)
    ensure_topics(bootstrap, load_topics(raw, prefix=prefix, partitions=PARTITIONS, replication=1, retention_ms=-1).values())
    try:
        yield
    finally:
        asyncio.run(_with_admin(bootstrap, lambda admin: _drop(admin, prefix)))


async def _drop(admin: Any, prefix: str) -> None:
    names = [name for name in await admin.list_topics() if name.startswith(prefix)]
    await admin.delete_topics(names)


async def _with_admin(bootstrap: str, act: Callable[[Any], Awaitable[T]]) -> T:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        return await asyncio.wait_for(act(admin), _TIMEOUT_S)
    finally:
        await admin.close()


async def consumer_of(bootstrap: str, topic: str, *, from_end: bool = False) -> tuple[Any, dict[Any, int]]:
    """Return a started consumer of all partitions of a topic without a group, and the end of each; the caller stops it."""
    consumer = aiokafka.AIOKafkaConsumer(
        topic,
        bootstrap_servers=bootstrap,
        group_id=None,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        max_partition_fetch_bytes=8 << 20,
    )
    await consumer.start()
    while not (found := consumer.partitions_for_topic(topic)):
        await asyncio.sleep(0.05)
    consumer.unsubscribe()
    tps = [aiokafka.TopicPartition(topic, partition) for partition in sorted(found)]
    consumer.assign(tps)
    ends = await consumer.end_offsets(tps)
    starts = ends if from_end else await consumer.beginning_offsets(tps)
    for tp in tps:
        consumer.seek(tp, starts[tp])
    return consumer, ends


def read_values(bootstrap: str, topic: str) -> list[bytes]:
    """Return the values of all records of a topic up to its present end, partition by partition in log order."""

    async def read() -> list[bytes]:
        consumer, ends = await consumer_of(bootstrap, topic)
        values: dict[Any, list[bytes]] = {tp: [] for tp in ends}
        try:
            while any([await consumer.position(tp) < end for tp, end in ends.items()]):
                for tp, records in (await consumer.getmany(timeout_ms=200)).items():
                    values[tp] += [record.value for record in records if record.value is not None]
        finally:
            await consumer.stop()
        return [value for tp in sorted(values) for value in values[tp]]

    return asyncio.run(asyncio.wait_for(read(), _TIMEOUT_S))


def uncommitted(bootstrap: str, group: str, names: Iterable[str]) -> int:
    """Return how many records of the topics a group has not committed yet."""

    async def count() -> int:
        wanted = {tp: offset.offset for tp, offset in (await _with_admin(bootstrap, _committed(group))).items()}
        left = 0
        for name in names:
            consumer, ends = await consumer_of(bootstrap, name)
            await consumer.stop()
            left += sum(end - max(0, wanted.get(tp, 0)) for tp, end in ends.items())
        return left

    return asyncio.run(count())


def _committed(group: str) -> Callable[[Any], Awaitable[dict[Any, Any]]]:
    async def ask(admin: Any) -> dict[Any, Any]:
        found: dict[Any, Any] = await admin.list_consumer_group_offsets(group)
        return found

    return ask
