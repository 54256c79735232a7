"""A running worker's ear on topic `policy`: takes every record at once and hands on each policy that comes into force."""

import asyncio
import logging
from collections.abc import Callable
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from connectors.cluster import Where, aiokafka_arguments
from connectors.kafka_reading import read_topic
from stream.policy.document import Policy
from stream.policy.log import PolicyLog, Taken

log = logging.getLogger("goldenhour.policy")

_POLL_MS: Final = 500
_AGAIN_S: Final = 1.0
_CATCH_UP_S: Final = 15.0


def read_log(bootstrap: Where, topic: str) -> PolicyLog:
    """Return what the topic holds now. Errors: BrokerError."""
    found = PolicyLog()
    for record in read_topic(bootstrap, topic):
        found.take(record.offset, record.value)
    return found


def say(taken: Taken) -> None:
    """Log the fate of a record of the topic."""
    record = taken.record
    if record is not None and taken.fate == "in_force":
        told = record.number, record.version, record.digest[:12], record.actor, record.action
        log.info("policy in force number=%d version=%s digest=%s actor=%s action=%s", *told)
        return
    number = record.number if record is not None else 0
    log.error("policy %s, the one before goes on number=%d problems=%s", taken.fate, number, "; ".join(taken.problems))


class PolicyFollower:
    """Reads on where a `PolicyLog` ends.

    on_policy: told each policy that comes into force. on_taken: told the fate of every record.
    """

    def __init__(
        self, bootstrap: Where, topic: str, known: PolicyLog, on_policy: Callable[[Policy], None], on_taken: Callable[[Taken], None]
    ) -> None:
        """Connect nothing yet."""
        self._bootstrap, self._place, self._log = bootstrap, TopicPartition(topic, 0), known
        self._on_policy, self._on_taken = on_policy, on_taken
        self._moved = asyncio.Condition()

    async def run(self) -> None:
        """Follow the topic for as long as the worker lives. A broker that is away is waited for: the policy at hand goes on."""
        while True:
            try:
                await self._follow()
            except (KafkaError, OSError) as error:
                log.warning("topic %s cannot be read, trying again error=%s", self._place.topic, type(error).__name__)
                await asyncio.sleep(_AGAIN_S)

    async def catch_up(self) -> None:
        """Return when all is taken that the topic holds now: nobody who takes a partition over knows less than who had it before.

        Errors: KafkaError, also when that takes too long.
        """
        consumer = self._consumer()
        await consumer.start()
        try:
            consumer.assign([self._place])
            end = (await consumer.end_offsets([self._place]))[self._place]
        finally:
            await consumer.stop()
        try:
            async with asyncio.timeout(_CATCH_UP_S), self._moved:
                await self._moved.wait_for(lambda: self._log.next_offset >= end)
        except TimeoutError:
            raise KafkaError(f"topic {self._place.topic} could not be read to its end") from None

    def _consumer(self) -> Any:
        return AIOKafkaConsumer(
            **aiokafka_arguments(self._bootstrap), group_id=None, enable_auto_commit=False, auto_offset_reset="earliest"
        )

    async def _follow(self) -> None:
        consumer = self._consumer()
        await consumer.start()
        try:
            consumer.assign([self._place])
            consumer.seek(self._place, self._log.next_offset)
            while True:
                for record in (await consumer.getmany(self._place, timeout_ms=_POLL_MS)).get(self._place, ()):
                    self._take(record.offset, record.value)
                async with self._moved:
                    self._moved.notify_all()
        finally:
            await consumer.stop()

    def _take(self, offset: int, value: bytes | None) -> None:
        taken = self._log.take(offset, value)
        self._on_taken(taken)
        if taken.fate == "in_force":
            assert self._log.in_force is not None
            self._on_policy(self._log.in_force)
