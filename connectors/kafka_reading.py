"""Reads whole topics from their beginning to their present end. Commits nothing, joins no group."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaError

from connectors.broker_errors import BrokerError
from connectors.cluster import Where, kafka_python_arguments
from connectors.kafka_door import refuse_closed_door

TIMEOUT_MS = 15_000  # ours: for connecting and for each request
_POLL_MS = 1_000
_PATIENCE_POLLS = 30


class ReadRecord(NamedTuple):
    """A record as it lies in a topic."""

    partition: int
    offset: int
    timestamp_ms: int
    value: bytes


def read_topic(bootstrap: Where, topic: str) -> Iterator[ReadRecord]:
    """Yield every record that a topic holds now, each partition in log order.

    Errors: `BrokerError` if the cluster cannot be reached, the topic is not there, or it stops answering.
    """
    refuse_closed_door(bootstrap)
    try:
        consumer = KafkaConsumer(
            **kafka_python_arguments(bootstrap),
            group_id=None,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            request_timeout_ms=TIMEOUT_MS,
            bootstrap_timeout_ms=TIMEOUT_MS,
        )
    except KafkaError as error:
        raise BrokerError(f"{bootstrap} cannot be reached: {type(error).__name__}") from error
    try:
        yield from _read(consumer, topic)
    except KafkaError as error:
        raise BrokerError(f"{topic} at {bootstrap} cannot be read: {type(error).__name__}") from error
    finally:
        consumer.close()


def _read(consumer: Any, topic: str) -> Iterator[ReadRecord]:
    numbers = consumer.partitions_for_topic(topic)
    if not numbers:
        raise BrokerError(f"There is no topic {topic}.")
    for number in sorted(numbers):
        place = TopicPartition(topic, number)
        consumer.assign([place])
        begin, end = consumer.beginning_offsets([place])[place], consumer.end_offsets([place])[place]
        consumer.seek(place, begin)
        waited = 0
        while consumer.position(place) < end:
            records = consumer.poll(timeout_ms=_POLL_MS).get(place, [])
            waited = 0 if records else waited + 1
            if waited > _PATIENCE_POLLS:
                raise BrokerError(f"{topic}, partition {number}: no record came for {waited * _POLL_MS // 1_000} s.")
            for record in records:
                if record.offset < end and record.value is not None:
                    yield ReadRecord(number, record.offset, record.timestamp, record.value)
