"""The demo's topics: fresh ones under a prefix of its own, so that it meets nothing else on a shared cluster."""

import asyncio
import uuid

from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from connectors.cluster import aiokafka_arguments
from connectors.kafka_admin import ensure_topics
from connectors.topics import DIRECTIONS, load_topics
from stream.demo.feed import PARTITIONS
from stream.settings import Settings, read_toml

_REMOVE_TIMEOUT_S = 10.0


def fresh_prefix() -> str:
    """Return a prefix that no other demo uses."""
    return f"demo-{uuid.uuid4().hex[:8]}-"


def create_topics(settings: Settings) -> None:
    """Create all topics of the settings' prefix as deploy/topics.toml says, except that nothing expires: the day is an old one.

    Errors: BrokerError, TopicSpecError, SettingsError.
    """
    raw = read_toml(settings.topics_file)
    specs = load_topics(raw, prefix=settings.topic_prefix, partitions=PARTITIONS, retention_ms=-1)
    ensure_topics(settings.cluster, specs.values())


async def touch_topics(settings: Settings) -> None:
    """Have the embedded broker make all topics, which it does when it is asked about them; settings it knows none."""
    async with AIOKafkaProducer(**aiokafka_arguments(settings.cluster)) as producer:
        for topic in DIRECTIONS:
            await producer.partitions_for(settings.topic_prefix + topic)


async def remove_topics(settings: Settings) -> bool:
    """Remove the topics from a cluster that is not ours; return whether that was granted."""
    admin = AIOKafkaAdminClient(**aiokafka_arguments(settings.cluster))
    try:
        async with asyncio.timeout(_REMOVE_TIMEOUT_S):
            await admin.start()
            answer = await admin.delete_topics([settings.topic_prefix + topic for topic in DIRECTIONS])
            return not any(code for _, code in answer.topic_error_codes)
    except (KafkaError, TimeoutError):
        return False
    finally:
        await admin.close()
