"""What `produce` and `bulk_load` both promise, kept on a real Kafka: every record, with its key, order and time."""

import random
from collections.abc import Callable, Iterator, Mapping

import pytest
from kafka import KafkaConsumer, TopicPartition
from kafka.partitioner.default import murmur2

from connectors.broker_errors import BrokerError
from connectors.kafka_admin import ensure_topics
from connectors.kafka_producer import produce
from connectors.pacing import OutboundRecord
from connectors.topics import TopicSpec
from stream.brokers import KafkaBroker
from stream.bulk_load import bulk_load

pytestmark = pytest.mark.broker

MONDAY_MS = 1_772_413_200_000  # 2026-03-02, 09:00 in Beijing

Send = Callable[..., dict[str, int]]


@pytest.fixture(params=[produce, bulk_load], ids=["kafka-python", "aiokafka"])
def send(request: pytest.FixtureRequest) -> Send:
    way: Send = request.param
    return way


@pytest.fixture
def topic(kafka: KafkaBroker, topic_prefix: str) -> str:
    spec = TopicSpec(f"{topic_prefix}transactions", "in", partitions=4, replication=1, config={})
    ensure_topics(kafka.bootstrap, [spec])
    return spec.name


def events(topic: str, count: int) -> Iterator[OutboundRecord]:
    for number in range(count):
        yield topic, b"a-%d" % (number % 50), b"%d" % number, MONDAY_MS + number


def read_all(kafka: KafkaBroker, topic: str) -> list[tuple[int, bytes, bytes, int]]:
    """Return partition, key, value and time of every record of a topic, by partition and offset."""
    with KafkaConsumer(bootstrap_servers=kafka.bootstrap) as consumer:
        partitions = [TopicPartition(topic, number) for number in range(4)]
        consumer.assign(partitions)
        ends = consumer.end_offsets(partitions)
        consumer.seek_to_beginning(*partitions)
        found = []
        while any(consumer.position(partition) < end for partition, end in ends.items()):
            for records in consumer.poll(timeout_ms=200).values():
                found += [(record.partition, record.offset, record) for record in records]
    return [(partition, record.key, record.value, record.timestamp) for partition, _, record in sorted(found)]


def test_every_record_arrives_once_with_its_key_and_its_own_time(send: Send, kafka: KafkaBroker, topic: str) -> None:
    assert send(kafka.bootstrap, events(topic, 30_000)) == {topic: 30_000}
    arrived = sorted((key, value, time_ms) for _, key, value, time_ms in read_all(kafka, topic))
    assert arrived == sorted((key, value, time_ms) for _, key, value, time_ms in events(topic, 30_000))


def test_the_records_of_a_key_stay_in_order_in_the_partition_that_murmur2_names(send: Send, kafka: KafkaBroker, topic: str) -> None:
    send(kafka.bootstrap, events(topic, 1_000))
    last: dict[bytes, int] = {}
    for partition, key, value, _ in read_all(kafka, topic):
        assert partition == (murmur2(key) & 0x7FFFFFFF) % 4
        assert int(value) > last.get(key, -1)
        last[key] = int(value)


def test_a_rate_holds_records_back_until_they_are_due(send: Send, kafka: KafkaBroker, topic: str) -> None:
    now_s = [0.0]
    waits: list[float] = []

    def sleep(seconds: float) -> None:
        waits.append(seconds)
        now_s[0] += seconds

    send(kafka.bootstrap, events(topic, 101), rate=50.0, clock=lambda: now_s[0], sleep=sleep)
    assert sum(waits) == pytest.approx(2.0)


def test_progress_counts_what_the_cluster_has_acknowledged_and_ends_with_all(send: Send, kafka: KafkaBroker, topic: str) -> None:
    heard: list[int] = []

    def listen(acknowledged: Mapping[str, int]) -> None:
        heard.append(acknowledged[topic])

    send(kafka.bootstrap, events(topic, 50_000), on_progress=listen)
    assert len(heard) >= 3
    assert heard == sorted(heard)
    assert heard[-1] == 50_000


def test_nothing_to_send_is_no_error(send: Send, kafka: KafkaBroker) -> None:
    assert send(kafka.bootstrap, []) == {}


def test_a_record_too_large_for_its_topic_names_the_topic_and_not_the_key(send: Send, kafka: KafkaBroker, topic: str) -> None:
    records = [*events(topic, 10), (topic, b"a-secret", random.Random(1).randbytes(2_000_000), MONDAY_MS)]
    with pytest.raises(BrokerError, match=topic) as refused:
        send(kafka.bootstrap, records)
    assert "a-secret" not in str(refused.value)


def test_a_time_the_topic_does_not_take_is_told_with_the_setting_that_says_so(send: Send, kafka: KafkaBroker, topic: str) -> None:
    year_2100_ms = 4_102_444_800_000
    with pytest.raises(BrokerError, match=r"message\.timestamp\.after\.max\.ms"):
        send(kafka.bootstrap, [(topic, b"a-1", b"{}", year_2100_ms)])


def test_a_missing_topic_is_not_created_and_told_with_the_command_that_would(
    send: Send, kafka: KafkaBroker, topic_prefix: str
) -> None:
    with pytest.raises(BrokerError, match="goldenhour topics"):
        send(kafka.bootstrap, events(f"{topic_prefix}typo", 1))
    with KafkaConsumer(bootstrap_servers=kafka.bootstrap) as consumer:
        assert f"{topic_prefix}typo" not in consumer.topics()
