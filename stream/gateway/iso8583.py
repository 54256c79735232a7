"""A TCP listener for a switch's copy stream of ISO 8583: frames in, transactions and dead letters out, acknowledged in order.

Reading waits for the broker: at `unacknowledged_max` frames without its ack nobody reads any more, TCP fills up, and the switch
waits. Nothing is put down anywhere else, so there is nothing to lose.
"""

import asyncio
import contextlib
import hashlib
import logging
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from connectors.contract_json import dead_letter, dead_letter_key, encode
from connectors.errors import DecodeError
from connectors.iso8583.exchange import Exchange
from connectors.iso8583.framing import FrameLength
from models.records import Source, Transaction
from stream.gateway.metrics import GatewayMetrics
from stream.outbox import Publish, WriteFailedError, named_failure

log = logging.getLogger("goldenhour.gateway")

SOURCE: Final = "iso8583"
"""Stands in a dead letter where a record from Kafka has its topic."""

_TOLD_TOGETHER_MAX: Final = 100
"""Acknowledgements in one write; bounds what is said late. Source: ours."""

Ack = asyncio.Future[Any]
Publisher = Callable[[Iterable[Publish]], Awaitable[Sequence[Ack]]]


class Options(NamedTuple):
    """How a gateway treats its switches.

    acknowledge: whether to send a frame for every mirrored message that is safe. unacknowledged_max: frames read that the
    broker has not confirmed. ack_timeout_s: age at which a write has failed.
    """

    transactions: str
    dead_letters: str
    acknowledge: bool = True
    unacknowledged_max: int = 2_000
    ack_timeout_s: float = 30.0


class _Safe(NamedTuple):
    """A frame on its way to the broker, and what to send back when it is there."""

    acks: Sequence[Ack]
    answer: bytes
    since_s: float


class Iso8583Gateway:
    """Serves any number of connections of one switch.

    on_failure: called once when a write failed; must end the process, because nothing is read any more then.
    """

    def __init__(
        self,
        exchange: Exchange,
        publish: Publisher,
        metrics: GatewayMetrics,
        options: Options,
        now: Callable[[], datetime],
        on_failure: Callable[[BaseException], None],
    ) -> None:
        self._exchange, self._publish, self._metrics, self._options, self._now = exchange, publish, metrics, options, now
        self._length = FrameLength(exchange.codec.layout.file.framing)
        self._header_bytes = exchange.codec.layout.file.framing.header_bytes
        self._room = asyncio.Semaphore(options.unacknowledged_max)
        self._on_failure = on_failure
        self._reading: set[asyncio.Task[None]] = set()
        self._serving: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self.failure: BaseException | None = None

    # ---- from start to stop --------------------------------------------------------------------------------------------------

    async def start(self, host: str, port: int) -> str:
        """Listen, and return the address as host:port."""
        self._server = await asyncio.start_server(self._serve, host, port)
        where = self._server.sockets[0].getsockname()
        return f"{where[0]}:{where[1]}"

    async def stop(self, drain_s: float) -> bool:
        """Read nothing more, acknowledge what was read; return whether that was done in time."""
        if self._server is not None:
            self._server.close()
        for task in self._reading:
            task.cancel()
        if not self._serving:
            return True
        _, pending = await asyncio.wait(set(self._serving), timeout=drain_s)
        return not pending

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection until it ends, and then until all it sent is acknowledged."""
        serving = asyncio.current_task()
        assert serving is not None
        self._serving.add(serving)
        self._metrics.connections.inc()
        safe: asyncio.Queue[_Safe | None] = asyncio.Queue()
        telling = asyncio.create_task(self._tell(safe, writer))
        reading = asyncio.create_task(self._read(reader, writer, safe))
        self._reading.add(reading)
        try:
            await asyncio.wait({reading})
            if not reading.cancelled() and (error := reading.exception()) is not None and not isinstance(error, ConnectionError):
                self._fail(error)
            safe.put_nowait(None)
            await telling
        finally:
            self._reading.discard(reading)
            self._serving.discard(serving)
            self._metrics.connections.dec()
            writer.close()

    def _fail(self, error: BaseException) -> None:
        if self.failure is None:
            self.failure = error
            self._on_failure(error)

    # ---- in --------------------------------------------------------------------------------------------------------------------

    async def _read(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, safe: asyncio.Queue[_Safe | None]) -> None:
        """Read frames until the stream ends or cannot be told apart any more."""
        while self.failure is None:
            try:
                raw = await self._frame(reader)
            except DecodeError as error:  # of the length: where the next frame starts is unknown, so the switch must come again
                await self._put_aside(error, b"", safe)
                return
            if raw is None:
                return
            if raw:
                await self._take(raw, writer, safe)

    async def _frame(self, reader: asyncio.StreamReader) -> bytes | None:
        """Return the next frame, b"" for a sign of life, None at the end. Errors: DecodeError for a length that is none."""
        try:
            length = self._length.read(await reader.readexactly(self._length.size))
            if length == 0:
                self._metrics.frames.labels("sign_of_life").inc()
                return b""
            return await reader.readexactly(length)
        except asyncio.IncompleteReadError as end:
            if end.partial or end.expected != self._length.size:
                self._metrics.frames.labels("cut_off").inc()
            return None

    async def _take(self, raw: bytes, writer: asyncio.StreamWriter, safe: asyncio.Queue[_Safe | None]) -> None:
        """Answer a frame, or send what it states to the broker."""
        exchange, metrics = self._exchange, self._metrics
        forgotten = exchange.unanswered
        try:
            taken = exchange.take(raw, self._now())
        except DecodeError as error:
            await self._put_aside(error, raw, safe)
            return
        metrics.unanswered.inc(exchange.unanswered - forgotten)
        metrics.requests_waiting.set(exchange.waiting_count)
        if taken.answer is not None:
            metrics.frames.labels("network").inc()
            writer.write(self._length.write(taken.answer))
            await writer.drain()
            return
        metrics.frames.labels("record" if taken.records else "no_record").inc()
        publishes = [Publish(self._options.transactions, None, _key_of(record), encode(record)) for record in taken.records]
        await self._send(publishes, exchange.acknowledgement(taken.message), safe)

    async def _put_aside(self, error: DecodeError, raw: bytes, safe: asyncio.Queue[_Safe | None]) -> None:
        """Send a dead letter for a frame that cannot be read."""
        self._metrics.frames.labels("dead_letter").inc()
        self._metrics.dead_letters.labels(error.code).inc()
        key, value = dead_letter_of(error, raw, self._now())
        answer = self._exchange.acknowledgement(None, raw[: self._header_bytes].ljust(self._header_bytes, b"\0"))
        await self._send([Publish(self._options.dead_letters, None, key, value)], answer, safe)

    async def _send(self, publishes: list[Publish], answer: bytes, safe: asyncio.Queue[_Safe | None]) -> None:
        """Hand records over as soon as there is room; meanwhile this connection is not read."""
        await self._room.acquire()
        self._metrics.unacknowledged.inc()
        safe.put_nowait(_Safe(await self._publish(publishes) if publishes else (), answer, time.monotonic()))

    # ---- out -------------------------------------------------------------------------------------------------------------------

    async def _tell(self, safe: asyncio.Queue[_Safe | None], writer: asyncio.StreamWriter) -> None:
        """Acknowledge frames in their order, each after the broker has acknowledged what it states.

        What one batch of the broker made safe goes out together: a system call for each would cost more than all else here.
        """
        answers: list[bytes] = []
        while True:
            if safe.empty() or len(answers) >= _TOLD_TOGETHER_MAX:
                await self._send_back(answers, writer)
            frame = await safe.get()
            if frame is None:
                await self._send_back(answers, writer)
                return
            if self.failure is not None:
                return
            if not all(ack.done() for ack in frame.acks):
                await self._send_back(answers, writer)
            try:
                await self._confirmed(frame)
            except Exception as error:
                self._fail(error if isinstance(error, WriteFailedError) else named_failure(error, "the records of a frame"))
                return
            self._metrics.acknowledge_seconds.observe(time.monotonic() - frame.since_s)
            self._metrics.unacknowledged.dec()
            self._room.release()
            answers.append(self._length.write(frame.answer))

    async def _send_back(self, answers: list[bytes], writer: asyncio.StreamWriter) -> None:
        """Write the acknowledgements and empty the list."""
        if answers and self._options.acknowledge and not writer.is_closing():
            writer.write(b"".join(answers))
            with contextlib.suppress(ConnectionError):  # the switch has gone; it will send again what it was not told of
                await writer.drain()
        answers.clear()

    async def _confirmed(self, frame: _Safe) -> None:
        """Return when the broker has every record of a frame. Errors: what the write failed with; WriteFailedError in time."""
        waited_for = [ack for ack in frame.acks if not ack.done()]
        if waited_for:
            left_s = frame.since_s + self._options.ack_timeout_s - time.monotonic()
            _, pending = await asyncio.wait(waited_for, timeout=max(0.0, left_s))
            if pending:
                raise WriteFailedError(f"no ack of the broker within {self._options.ack_timeout_s:g} s")
        for ack in frame.acks:
            ack.result()


def _key_of(record: Transaction) -> bytes:
    party = record.payer or record.payee
    return party.account.encode() if party is not None else b""


def dead_letter_of(error: DecodeError, raw: bytes, now: datetime) -> tuple[bytes, bytes]:
    """Return key and value of the dead letter of a frame.

    A frame has no offset; the first 63 bits of its SHA-256 stand there, so that a frame that is sent again gives the same key.
    """
    offset = int.from_bytes(hashlib.sha256(raw).digest()[:8], "big") >> 1
    reason = error.reason if error.position is None else f"{error.reason} (byte {error.position})"
    placed = DecodeError(error.code, error.field, error.position, reason)
    letter = dead_letter(placed, Source(topic=SOURCE, partition=0, offset=offset), raw, now)
    return dead_letter_key(SOURCE, 0, offset), encode(letter)
