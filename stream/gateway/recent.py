"""The requests that a gateway published shortly before it starts: read back from the topic, so that a restart forgets none."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

import aiokafka
from aiokafka.errors import KafkaError

from connectors.broker_errors import BrokerError
from connectors.cluster import Where, aiokafka_arguments
from connectors.contract_json import decode_transaction
from connectors.errors import DecodeError
from connectors.iso8583.exchange import Exchange

_MARK = b'"status":"REQUESTED"'
_TIMEOUT_S = 60.0  # ours: for the tail of a topic; then the gateway does without


async def restore_requests(bootstrap: Where, topic: str, exchange: Exchange, keep_s: float, now: Callable[[], datetime]) -> int:
    """Give the exchange every request of ours in the last `keep_s` seconds of a topic; return how many.

    Errors: BrokerError if the topic cannot be read.
    """
    consumer = aiokafka.AIOKafkaConsumer(topic, **aiokafka_arguments(bootstrap), group_id=None, enable_auto_commit=False)
    try:
        await asyncio.wait_for(consumer.start(), _TIMEOUT_S)
        return await asyncio.wait_for(_read_tail(consumer, exchange, keep_s, now), _TIMEOUT_S)
    except (KafkaError, TimeoutError) as error:
        raise BrokerError(f"The requests of the last {keep_s:g} s cannot be read from {topic}: {type(error).__name__}.") from error
    finally:
        await consumer.stop()


async def _read_tail(consumer: aiokafka.AIOKafkaConsumer, exchange: Exchange, keep_s: float, now: Callable[[], datetime]) -> int:
    tps = sorted(consumer.assignment())  # without a group: every partition
    since_ms = int((now() - timedelta(seconds=keep_s)).timestamp() * 1_000)
    ends = await consumer.end_offsets(tps)
    for tp, found in (await consumer.offsets_for_times(dict.fromkeys(tps, since_ms))).items():
        consumer.seek(tp, found.offset if found is not None else ends[tp])
    restored = 0
    while any([await consumer.position(tp) < end for tp, end in ends.items()]):
        for records in (await consumer.getmany(timeout_ms=200)).values():
            restored += sum(_restored(record.value, exchange, now()) for record in records)
    return restored


def _restored(value: bytes | None, exchange: Exchange, now: datetime) -> bool:
    if value is None or _MARK not in value:  # most records are none of ours, and need not be decoded for that
        return False
    try:
        return exchange.restore(decode_transaction(value), now)
    except DecodeError:
        return False
