"""Keeps a board up to date from Kafka: everything from the beginning of the topics, then what comes. No group, no commit, no truth.

Where the broker goes away the feed says so and tries again; the board stays as it was, and pages say that it may be out of date.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from connectors.broker_errors import BrokerError
from connectors.cluster import Where, aiokafka_arguments
from connectors.contract_json import decode
from connectors.errors import DecodeError
from stream.desk.board import TOPICS

logger = logging.getLogger(__name__)

POLL_MS: Final = 250
RETRY_S: Final = 2.0
FETCH_RECORDS_MAX: Final = 2_000
"""Records taken over before others get their turn in the event loop."""
RECORD_BYTES_MAX: Final = 16 << 20
"""Our own alerts may name many events; what the broker took is read."""
TOPIC_TIMEOUT_S: Final = 10.0
PROBE_S: Final = 5.0
"""So often the ends of the topics are asked for: whether the broker is there at all, and how far behind we are. Reading would not
tell: a client whose broker is gone waits in silence."""


class Feed:
    """Reads the topics and hands every record on.

    take: called with the topic's name in the contract and the record. woken: called after each batch.
    """

    def __init__(
        self,
        bootstrap: Where,
        prefix: str,
        take: Callable[[str, Any], object],
        woken: Callable[[], object],
        *,
        topics: tuple[str, ...] = TOPICS,
        from_beginning: bool = True,
    ) -> None:
        """Prepare; nothing is read yet."""
        self._bootstrap, self._take, self._woken = bootstrap, take, woken
        self._topics = {prefix + topic: topic for topic in topics}
        self._from_beginning = from_beginning
        self._next: dict[TopicPartition, int] = {}
        self.is_connected = False
        self.is_loaded = False
        self._away_since_s = time.monotonic()
        self.unreadable = 0
        self._ends: dict[TopicPartition, int] = {}

    @property
    def away_s(self) -> float:
        """Return for how long there has been no connection; 0 while there is one."""
        return 0.0 if self.is_connected else time.monotonic() - self._away_since_s

    @property
    def lag_records(self) -> int | None:
        """Return how many records are known that were not taken in; None while there is no connection."""
        if not self.is_connected:
            return None
        return sum(max(0, end - self._next.get(place, 0)) for place, end in self._ends.items())

    async def run(self) -> None:
        """Read until cancelled. Errors: BrokerError where a topic is missing."""
        while True:
            consumer = AIOKafkaConsumer(
                **aiokafka_arguments(self._bootstrap), group_id=None, enable_auto_commit=False, max_poll_records=FETCH_RECORDS_MAX
            )
            try:
                await consumer.start()
                await self._read(consumer)
            except (KafkaError, OSError) as error:  # TimeoutError is one
                logger.warning("feed_interrupted error=%s", type(error).__name__)
            finally:
                if self.is_connected:
                    self.is_connected, self._away_since_s = False, time.monotonic()
                self._woken()
                with suppress(KafkaError, OSError):
                    await consumer.stop()
            await asyncio.sleep(RETRY_S)

    async def _read(self, consumer: Any) -> None:
        places = [TopicPartition(name, number) for name in self._topics for number in await self._partitions(consumer, name)]
        consumer.assign(places)
        begins, ends = await consumer.beginning_offsets(places), await consumer.end_offsets(places)
        for place in places:
            start = begins[place] if self._from_beginning else ends[place]
            self._next[place] = max(self._next.get(place, start), begins[place])
            consumer.seek(place, self._next[place])
        self._ends, self.is_connected = ends, True
        self._woken()
        probed_s = time.monotonic()
        while True:
            if time.monotonic() - probed_s >= PROBE_S:
                self._ends = await asyncio.wait_for(consumer.end_offsets(places), PROBE_S)
                probed_s = time.monotonic()
            batches = await consumer.getmany(timeout_ms=POLL_MS)
            for place, records in batches.items():
                for record in records:
                    self._one(self._topics[place.topic], record)
                    self._next[place] = record.offset + 1
            if not self.is_loaded:
                self.is_loaded = all([await consumer.position(place) >= ends[place] for place in places])
                batches = batches or ({places[0]: []} if self.is_loaded else {})
            if batches:
                self._woken()
            await asyncio.sleep(0)

    def _one(self, topic: str, record: Any) -> None:
        """Hand a record on; what cannot be read is counted and told by its place, never by its content."""
        try:
            self._take(topic, decode(topic, record.value, record_bytes_max=RECORD_BYTES_MAX))
        except DecodeError as error:
            self.unreadable += 1
            logger.warning(
                "unreadable_record topic=%s partition=%d offset=%d code=%s", topic, record.partition, record.offset, error.code
            )

    async def _partitions(self, consumer: Any, name: str) -> list[int]:
        waited_s = 0.0
        while not (found := consumer.partitions_for_topic(name)):
            if waited_s >= TOPIC_TIMEOUT_S:
                raise BrokerError(f"There is no topic {name}; create it with: goldenhour topics")
            consumer._client.add_topic(name)
            await asyncio.sleep(0.1)
            waited_s += 0.1
        return sorted(found)
