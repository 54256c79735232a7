"""Writes what people do at the desk: the audit first, then the record, each acknowledged before anybody is told so."""

import asyncio
from contextlib import suppress
from typing import Final, Protocol

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from connectors.broker_errors import BrokerError
from connectors.cluster import Where, aiokafka_arguments
from connectors.contract_json import encode
from models.records import AuditRecord
from stream.desk.acts import ActRecord, key_of, topic_of

TOPIC_TIMEOUT_S: Final = 10.0
WRITE_TIMEOUT_S: Final = 15.0
"""So long a person waits for "recorded"; then the page says that nothing is certain. Ours."""


class NotWrittenError(Exception):
    """The broker did not confirm a record; it may or may not be on its topic."""


class Writer(Protocol):
    """Takes what people did. Errors of both: NotWrittenError."""

    async def audit(self, record: AuditRecord) -> None:
        """Append to the audit and wait for the acknowledgement."""
        ...

    async def write(self, record: ActRecord) -> None:
        """Put a record on its topic and wait for the acknowledgement."""
        ...


class KafkaWriter:
    """A `Writer` on Kafka: idempotent, so a retry of the client doubles nothing."""

    def __init__(self, bootstrap: Where, prefix: str) -> None:
        """Prepare; nothing is connected yet."""
        self._bootstrap, self._prefix = bootstrap, prefix
        self._producer: AIOKafkaProducer | None = None

    async def start(self) -> None:
        """Connect. Errors: BrokerError: no cluster there, or no audit topic, without which nothing may be done."""
        self._producer = AIOKafkaProducer(
            **aiokafka_arguments(self._bootstrap),
            acks="all",
            enable_idempotence=True,
            request_timeout_ms=int(WRITE_TIMEOUT_S * 1_000),
        )
        try:
            await self._producer.start()
        except KafkaError as error:
            await self.stop()
            raise BrokerError(f"The cluster at {self._bootstrap} cannot be reached: {type(error).__name__}") from error
        name = f"{self._prefix}audit"
        try:
            await asyncio.wait_for(self._producer.partitions_for(name), TOPIC_TIMEOUT_S)
        except (KafkaError, TimeoutError) as error:
            await self.stop()
            raise BrokerError(f"There is no topic {name}; create it with: goldenhour topics") from error

    async def stop(self) -> None:
        """Disconnect."""
        if self._producer is not None:
            with suppress(KafkaError, TimeoutError):
                await asyncio.wait_for(self._producer.stop(), 5)

    async def audit(self, record: AuditRecord) -> None:
        """Append to the audit, in the order of each person's doings."""
        await self._send("audit", record.actor, encode(record))

    async def write(self, record: ActRecord) -> None:
        """Put a record on its topic."""
        await self._send(topic_of(record), key_of(record), encode(record))

    async def _send(self, topic: str, key: str, value: bytes) -> None:
        assert self._producer is not None
        try:
            sent = self._producer.send_and_wait(self._prefix + topic, value, key.encode())
            await asyncio.wait_for(sent, WRITE_TIMEOUT_S)
        except (KafkaError, TimeoutError) as error:
            raise NotWrittenError(topic) from error
