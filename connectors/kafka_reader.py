"""Reads a topic from its beginning to where it ends now; for tools, which look once and go."""

from collections.abc import Iterator

from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaError

from connectors.broker_errors import BrokerError
from connectors.cluster import Where, kafka_python_arguments
from connectors.kafka_door import refuse_closed_door

TIMEOUT_MS = 15_000  # ours; as the other tools


def read_topic(bootstrap: Where, topic: str) -> Iterator[bytes]:
    """Yield the values of a topic, by partition and offset. Errors: BrokerError."""
    refuse_closed_door(bootstrap)
    try:
        consumer = KafkaConsumer(
            **kafka_python_arguments(bootstrap),
            bootstrap_timeout_ms=TIMEOUT_MS,
            enable_auto_commit=False,
            group_id=None,
            metrics_enabled=False,
        )
    except KafkaError as error:
        raise BrokerError(f"The cluster at {bootstrap} cannot be reached: {error}") from error
    try:
        numbers = consumer.partitions_for_topic(topic)
        if not numbers:
            raise BrokerError(f"There is no topic {topic}; create it with: goldenhour topics")
        partitions = [TopicPartition(topic, number) for number in sorted(numbers)]
        ends = consumer.end_offsets(partitions)
        for partition in partitions:
            consumer.assign([partition])
            consumer.seek_to_beginning(partition)
            while consumer.position(partition) < ends[partition]:
                for found in consumer.poll(timeout_ms=500).values():
                    yield from (record.value for record in found if record.value is not None and record.offset < ends[partition])
    except KafkaError as error:
        raise BrokerError(f"Topic {topic} cannot be read: {error}") from error
    finally:
        consumer.close()
