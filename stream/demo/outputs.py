"""Reads what the worker publishes, as any consumer would, and keeps every byte of it in files."""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Final, Self

from aiokafka import AIOKafkaConsumer, TopicPartition

from connectors.cluster import Where, aiokafka_arguments
from connectors.contract_json import decode
from models.records import OutputRecord

FILES: Final = {"alerts": "alerts.jsonl", "freeze-requests": "freeze_requests.jsonl", "dead-letters": "dead_letters.jsonl"}
"""Topic -> file."""

_POLL_MS: Final = 100


class OutputReader:
    """Reads the output topics of one demo from their beginning; they must exist.

    each: called with every record and the moment it was read.
    """

    def __init__(
        self,
        bootstrap: Where,
        prefix: str,
        folder: Path,
        each: Callable[[OutputRecord, float], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Prepare; nothing is read yet."""
        self._bootstrap, self._prefix, self._folder, self._each, self._clock = bootstrap, prefix, folder, each, clock
        self._files: dict[str, BinaryIO] = {}
        self._finishing = asyncio.Event()
        self._consumer: Any = None

    async def __aenter__(self) -> Self:
        """Connect. Errors: KafkaError."""
        self._files = {topic: (self._folder / name).open("wb") for topic, name in FILES.items()}
        # No group: a demo leaves no committed offsets behind on somebody's cluster.
        self._consumer = AIOKafkaConsumer(**aiokafka_arguments(self._bootstrap), group_id=None, auto_offset_reset="earliest")
        await self._consumer.start()
        return self

    async def __aexit__(
        self, error_type: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._consumer.stop()
        for file in self._files.values():
            file.close()

    async def run(self) -> None:
        """Read until `finish` is called and everything published before is read."""
        topic_of = {self._prefix + topic: topic for topic in FILES}
        places = [TopicPartition(name, partition) for name in topic_of for partition in await self._partitions(name)]
        self._consumer.assign(places)
        ends: dict[TopicPartition, int] | None = None
        while ends is None or not await self._has_read(ends):
            if ends is None and self._finishing.is_set():
                ends = await self._consumer.end_offsets(places)
            for place, records in (await self._consumer.getmany(*places, timeout_ms=_POLL_MS)).items():
                read_s = self._clock()
                for record in records:
                    self._take(topic_of[place.topic], record.value, read_s)

    def finish(self) -> None:
        """Let `run` return once it has read what is there now."""
        self._finishing.set()

    async def _has_read(self, ends: dict[TopicPartition, int]) -> bool:
        return all([await self._consumer.position(place) >= end for place, end in ends.items()])

    async def _partitions(self, name: str) -> list[int]:
        while not (found := self._consumer.partitions_for_topic(name)):
            self._consumer._client.add_topic(name)
            await asyncio.sleep(0.05)
        return sorted(found)

    def _take(self, topic: str, raw: bytes, read_s: float) -> None:
        self._files[topic].write(raw + b"\n")
        self._each(decode(topic, raw), read_s)  # type: ignore[arg-type] # the topics read are output topics
