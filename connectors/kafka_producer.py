"""Puts records into a cluster with the keys, the order and the times they bring along, and waits for every ack.

kafka-python 3.0.12 on two cores shared with the broker, 400-byte records: 35,000 records/s on a quiet machine, 22,000
beside other work. tests/integration/test_kafka_producer.py shows the promises, not the rate.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import Any

from kafka import KafkaProducer
from kafka.errors import InvalidTimestampError, KafkaError, KafkaTimeoutError

from connectors.broker_errors import BrokerError
from connectors.cluster import Where, kafka_python_arguments
from connectors.kafka_door import refuse_closed_door
from connectors.pacing import OutboundRecord, paced

TIMEOUT_MS = 15_000  # ours: for connecting, and for each request
TOPIC_TIMEOUT_MS = 5_000  # ours: for learning where a topic is; a missing one is told no sooner
DELIVERY_TIMEOUT_MS = 30_000  # ours: then a record has failed, however often it was tried
BATCH_BYTES = 262_144  # ours: a larger one gained nothing; must stay below the client's request limit of 1 MiB
LINGER_MS = 5  # ours: at low rates, what a record may wait for company
# kafka-python bounds the records it holds by nothing, so we wait for the acks of these before sending more.
UNSETTLED_RECORDS_MAX = 20_000
SETTLE_S = 1.0  # at low rates: how often to look whether all went well, and to report progress


def produce(
    bootstrap: Where,
    records: Iterable[OutboundRecord],
    *,
    rate: float | None = None,
    speed: float | None = None,
    on_progress: Callable[[Mapping[str, int]], None] | None = None,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> dict[str, int]:
    """Send every record and return how many each topic has acknowledged, once it has acknowledged all.

    The key chooses the partition as everywhere in Kafka (murmur2). Repeats within one call are excluded (idempotent
    producer); a second call writes the records again.
    rate: records per second; or speed: multiple of the records' own time; or neither: as fast as the cluster can.
    on_progress: called about once a second, and at the end, with the acknowledged records per topic so far.
    Errors: `BrokerError` at the first record that is not taken, or whose topic is missing: what failed, and how many
        were acknowledged before. Later records may have been taken too. `ValueError` for a rate or speed not above 0.
    """
    due = paced(records, rate=rate, speed=speed, clock=clock, sleep=sleep)
    report = on_progress or (lambda acknowledged: None)
    acknowledged: Counter[str] = Counter()
    unsettled: list[tuple[str, Any]] = []
    producer = _connect(bootstrap)
    try:
        settle_at_s = clock() + SETTLE_S
        for topic, key, value, timestamp_ms in due:
            try:
                future = producer.send(topic, key=key, value=value, timestamp_ms=timestamp_ms)
            except KafkaError as error:
                raise _failure(topic, error, acknowledged) from error
            unsettled.append((topic, future))
            if len(unsettled) >= UNSETTLED_RECORDS_MAX or clock() >= settle_at_s:
                _settle(producer, unsettled, acknowledged)
                report(acknowledged)
                settle_at_s = clock() + SETTLE_S
        _settle(producer, unsettled, acknowledged)
        report(acknowledged)
    finally:
        with suppress(KafkaError):  # how it says that records were left over, which a failure above has said better
            producer.close(timeout=1)
    return dict(acknowledged)


class Sender:
    """A connection kept over many batches, each sent as `produce` sends its records. Connects at the first batch."""

    def __init__(self, bootstrap: Where) -> None:
        self._bootstrap = bootstrap
        self._producer: Any = None
        self._acknowledged: Counter[str] = Counter()

    def send(self, records: Iterable[OutboundRecord]) -> None:
        """Return once every record is acknowledged. Errors: BrokerError, as `produce`; then send nothing more."""
        unsettled: list[tuple[str, Any]] = []
        for topic, key, value, timestamp_ms in records:
            if self._producer is None:
                self._producer = _connect(self._bootstrap)
            try:
                future = self._producer.send(topic, key=key, value=value, timestamp_ms=timestamp_ms)
            except KafkaError as error:
                raise _failure(topic, error, self._acknowledged) from error
            unsettled.append((topic, future))
        if unsettled:
            _settle(self._producer, unsettled, self._acknowledged)

    def close(self) -> None:
        """Let the connection go."""
        if self._producer is not None:
            with suppress(KafkaError):
                self._producer.close(timeout=1)


def _connect(bootstrap: Where) -> Any:
    refuse_closed_door(bootstrap)
    try:
        return KafkaProducer(
            **kafka_python_arguments(bootstrap),
            bootstrap_timeout_ms=TIMEOUT_MS,
            request_timeout_ms=TIMEOUT_MS,
            max_block_ms=TOPIC_TIMEOUT_MS,
            delivery_timeout_ms=DELIVERY_TIMEOUT_MS,
            acks="all",
            enable_idempotence=True,
            compression_type="lz4",
            batch_size=BATCH_BYTES,
            linger_ms=LINGER_MS,
            allow_auto_create_topics=False,
            metrics_enabled=False,  # nobody reads them, and they cost a tenth of the rate
        )
    except KafkaError as error:
        raise BrokerError(f"The cluster at {bootstrap} cannot be reached: {error}") from error


def _settle(producer: Any, unsettled: list[tuple[str, Any]], acknowledged: Counter[str]) -> None:
    """Wait until the fate of every record is known, and count them; the list is empty afterwards."""
    with suppress(KafkaTimeoutError):  # then some future below is unsettled, and knows its topic
        producer.flush(timeout=(DELIVERY_TIMEOUT_MS + TIMEOUT_MS) / 1000)
    acknowledged.update(topic for topic, future in unsettled if future.succeeded())
    for topic, future in unsettled:
        if not future.succeeded():
            error = future.exception or KafkaTimeoutError("no answer")
            raise _failure(topic, error, acknowledged) from error
    unsettled.clear()


def _failure(topic: str, error: Exception, acknowledged: Counter[str]) -> BrokerError:
    if isinstance(error, InvalidTimestampError):
        reason = "its time is further ahead of the cluster's clock than message.timestamp.after.max.ms allows"
    elif isinstance(error, KafkaTimeoutError):
        reason = "no broker took it in time; if the topic is missing, create it with: goldenhour topics"
    else:
        reason = str(error)
    return BrokerError(f"A record for topic {topic} failed: {reason}. Acknowledged before: {acknowledged.total()}.")
