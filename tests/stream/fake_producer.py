"""A producer in memory whose acks the test gives, or which gives them by itself."""

import asyncio
from typing import Any


class FakeBatch:
    def __init__(self, bytes_max: int) -> None:
        self.bytes_max = bytes_max
        self.records: list[tuple[bytes, bytes | None]] = []
        self.headers: list[Any] = []
        self.timestamps: list[int | None] = []
        self.closed = False

    def size(self) -> int:
        said = sum(len(name) + len(value) for headers in self.headers for name, value in headers or ())
        return 61 + said + sum(len(key) + len(value or b"") + 8 for key, value in self.records)

    def append(self, *, timestamp: int | None, key: bytes, value: bytes | None, headers: Any) -> object:
        assert isinstance(headers, list), "aiokafka takes nothing else"
        if self.size() + len(key) + len(value or b"") + 8 > self.bytes_max:
            return None
        self.records.append((key, value))
        self.headers.append(headers)
        self.timestamps.append(timestamp)
        return self

    def close(self) -> None:
        self.closed = True


class FakeProducer:
    """Remembers what was sent, in order, as (topic, partition, batch, ack)."""

    def __init__(self, *, acks_itself: bool = True, bytes_max: int = 9 << 20, partitions: int = 4) -> None:
        self.acks_itself, self.bytes_max, self.partitions = acks_itself, bytes_max, partitions
        self.sent: list[tuple[str, int, FakeBatch, asyncio.Future[Any]]] = []
        self.refusal: Exception | None = None

    def create_batch(self) -> FakeBatch:
        return FakeBatch(self.bytes_max)

    async def send_batch(self, batch: FakeBatch, topic: str, *, partition: int) -> "asyncio.Future[Any]":
        assert batch.closed
        if self.refusal is not None:
            raise self.refusal
        ack: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        if self.acks_itself:
            ack.set_result(None)
        self.sent.append((topic, partition, batch, ack))
        return ack

    async def partitions_for(self, topic: str) -> set[int]:
        return set(range(self.partitions))

    def batches(self, topic: str) -> list[FakeBatch]:
        return [batch for sent_topic, _, batch, _ in self.sent if sent_topic == topic]

    def ack(self, topic: str, error: Exception | None = None) -> None:
        """Answer everything of a topic that is not answered yet."""
        for sent_topic, _, _, ack in self.sent:
            if sent_topic == topic and not ack.done():
                if error is None:
                    ack.set_result(None)
                else:
                    ack.set_exception(error)
