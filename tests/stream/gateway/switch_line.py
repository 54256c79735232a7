"""A switch at the other end of a TCP connection, and a gateway over a producer in memory."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from typing import Any

from connectors.iso8583.codec import Codec
from connectors.iso8583.exchange import Exchange
from connectors.iso8583.framing import FrameLength
from connectors.iso8583.layout import Layout, load_layout
from connectors.iso8583.message import Message
from stream.gateway.iso8583 import Iso8583Gateway, Options
from stream.gateway.metrics import build_gateway_metrics
from stream.outbox import Outbox
from tests.connectors.golden import TOKENS
from tests.connectors.iso8583.messages import NOW
from tests.stream.fake_producer import FakeProducer

TRANSACTIONS, DEAD_LETTERS = "t-transactions", "t-dead-letters"


class Line:
    """One connection of a switch."""

    def __init__(self, layout: Layout, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.codec, self.length = Codec(layout), FrameLength(layout.file.framing)
        self.reader, self.writer = reader, writer

    def send(self, *messages: Message) -> None:
        for message in messages:
            self.send_raw(self.codec.write(message))

    def send_raw(self, raw: bytes) -> None:
        self.writer.write(self.length.write(raw))

    async def receive(self) -> Message:
        head = await self.reader.readexactly(self.length.size)
        return self.codec.read(await self.reader.readexactly(self.length.read(head)))

    async def at_end(self) -> bool:
        """Return whether the gateway has closed the connection, with nothing unread."""
        return await self.reader.read() == b""

    def close(self) -> None:
        self.writer.close()


class Station:
    """A gateway with its metrics, the broker in memory behind it, and the failures it told."""

    def __init__(self, layout: Layout, producer: FakeProducer, **options: Any) -> None:
        self.layout, self.producer = layout, producer
        self.failures: list[BaseException] = []
        self.metrics = build_gateway_metrics()
        outbox = Outbox(lambda: producer, self.failures.append)
        self.exchange = Exchange(layout, TOKENS)
        settings = Options(TRANSACTIONS, DEAD_LETTERS, **options)
        self.gateway = Iso8583Gateway(self.exchange, outbox.publish, self.metrics, settings, lambda: NOW, self.failures.append)
        self.address = ""

    async def connect(self) -> Line:
        host, port = self.address.split(":")
        return Line(self.layout, *await asyncio.open_connection(host, int(port)))

    def value(self, name: str, **labels: str) -> float:
        return self.metrics.registry.get_sample_value(f"goldenhour_{name}", labels) or 0.0

    def published(self, topic: str) -> list[tuple[bytes, bytes]]:
        return [(key, value or b"") for batch in self.producer.batches(topic) for key, value in batch.records]


@asynccontextmanager
async def station(
    layout: str = "iso87_ascii", *, acks_itself: bool = True, drain_s: float = 5.0, **options: Any
) -> AsyncIterator[Station]:
    found = Station(load_layout(layout), FakeProducer(acks_itself=acks_itself), **options)
    found.address = await found.gateway.start("127.0.0.1", 0)
    try:
        yield found
    finally:
        await found.gateway.stop(drain_s)


async def until(condition: Callable[[], bool]) -> None:
    while not condition():
        await asyncio.sleep(0.005)


async def quiet() -> None:
    """Let everything happen that waits for nobody outside."""
    for _ in range(30):
        await asyncio.sleep(0.002)


def run(test: Coroutine[Any, Any, None]) -> None:
    async def bounded() -> None:
        await asyncio.wait_for(test, 20)

    asyncio.run(bounded())


def requests(count: int, fields_of: Callable[[int], dict[int, str]]) -> Sequence[Message]:
    return [Message("0200", fields_of(trace)) for trace in range(1, count + 1)]
