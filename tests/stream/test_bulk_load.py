"""The way into the embedded broker, which kafka-python does not know. On Kafka: tests/integration/test_kafka_producer.py."""

from collections.abc import Iterator, Mapping

from confluent_kafka import Consumer, TopicPartition

from connectors.pacing import OutboundRecord
from stream.brokers import EmbeddedBroker
from stream.bulk_load import UNSETTLED_RECORDS_MAX, bulk_load
from stream.partitioning import partition_of
from tests.waiting import GIVE_UP_S

MONDAY_MS = 1_772_413_200_000  # 2026-03-02, 09:00 in Beijing


def test_a_record_reaches_the_embedded_broker_with_its_key_and_its_own_time() -> None:
    with EmbeddedBroker() as broker:
        assert bulk_load(broker.bootstrap, [("transactions", b"a-771", b"{}", MONDAY_MS)]) == {"transactions": 1}
        consumer = Consumer({"bootstrap.servers": broker.bootstrap, "group.id": "desk"})
        consumer.assign([TopicPartition("transactions", partition_of(b"a-771", 4), 0)])
        record = consumer.poll(GIVE_UP_S)
        consumer.close()
    assert record is not None
    assert (record.key(), record.value(), record.timestamp()[1]) == (b"a-771", b"{}", MONDAY_MS)


def test_whoever_listens_to_the_progress_can_hold_the_rest_back() -> None:
    taken = 0
    known: list[int] = []

    def listen(acknowledged: Mapping[str, int]) -> None:
        known.append(taken - acknowledged["transactions"])

    def records(count: int) -> Iterator[OutboundRecord]:
        nonlocal taken
        for number in range(count):
            taken += 1
            yield "transactions", b"a-%d" % (number % 9), b"{}", MONDAY_MS

    with EmbeddedBroker() as broker:
        bulk_load(broker.bootstrap, records(3 * UNSETTLED_RECORDS_MAX), on_progress=listen)
    assert len(known) >= 3
    assert set(known) == {0}
