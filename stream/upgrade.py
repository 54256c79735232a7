"""What an upgrade finds at the broker: the format of the stored state, and since when the inputs are there to make it anew."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import aiokafka

from connectors.cluster import Where, aiokafka_arguments
from models.stored import StoredStateError
from stream.state_format import TO_GO_BACK, StateFormatError, told
from stream.store import MARKER_KEY, payload_of, value_of
from stream.watermarks import STATE_FORMAT, encode_watermarks, state_format_of

_READ_S = 30.0  # ours: for one record of each partition


def beginning_at(offset: int) -> tuple[bytes, bytes]:
    """Return key and value of the record that lets a partition's state begin at an offset of `keyed`, knowing nothing."""
    return MARKER_KEY, value_of(offset - 1, encode_watermarks({}))


def stored_formats(bootstrap: Where, topic: str) -> dict[int, int]:
    """Return the format of each partition of a state topic that holds any state.

    The last record of a partition is its marker: it ends each batch, and compaction keeps the last record of a key.
    Errors: StoredStateError if it is none; aiokafka's.
    """
    return {
        partition: _format_told_by(record)
        for partition, record in asyncio.run(_one_of_each(bootstrap, topic, is_last=True)).items()
    }


def _format_told_by(record: Any) -> int:
    if record.key != MARKER_KEY or record.value is None:
        raise StoredStateError(f"{record.topic} partition {record.partition} does not end with a marker: its state is spoilt")
    return state_format_of(payload_of(record.value))


def held_since(bootstrap: Where, topic: str) -> datetime | None:
    """Return the log time of the oldest record at the beginning of any partition; None for an empty topic."""
    first = asyncio.run(_one_of_each(bootstrap, topic, is_last=False))
    return min((datetime.fromtimestamp(record.timestamp / 1_000, UTC) for record in first.values()), default=None)


def refuse_log_of_another_version(bootstrap: Where, topic: str) -> None:
    """Return if no partition of this state topic tells that it is of another format: spoilt or missing state tells nothing.

    Errors: StateFormatError, because the log of such state may be of another version as well.
    """
    for record in asyncio.run(_one_of_each(bootstrap, topic, is_last=True)).values():
        try:
            found = _format_told_by(record)
        except StoredStateError:
            continue
        if found != STATE_FORMAT:
            raise StateFormatError(f"{told(found)} Its log cannot be read for certain: run goldenhour reset, from the inputs.")


def needs_rebuild(formats: dict[int, int]) -> bool:
    """Return whether some state is of an older format. Errors: StateFormatError for a newer one."""
    for found in formats.values():
        if found > STATE_FORMAT:
            raise StateFormatError(f"{told(found)} {TO_GO_BACK}")
    return any(found < STATE_FORMAT for found in formats.values())


async def _one_of_each(bootstrap: Where, topic: str, *, is_last: bool) -> dict[int, Any]:
    """Return the first or the last record of each partition that holds one."""
    consumer = aiokafka.AIOKafkaConsumer(
        topic, **aiokafka_arguments(bootstrap), group_id=None, enable_auto_commit=False, max_partition_fetch_bytes=32 << 20
    )
    await consumer.start()
    try:
        tps = [aiokafka.TopicPartition(topic, number) for number in sorted(consumer.partitions_for_topic(topic) or ())]
        consumer.unsubscribe()
        consumer.assign(tps)
        begins, ends = await consumer.beginning_offsets(tps), await consumer.end_offsets(tps)
        found: dict[int, Any] = {}
        for tp in tps:
            if begins[tp] < ends[tp]:
                consumer.seek(tp, ends[tp] - 1 if is_last else begins[tp])
                found[tp.partition] = await asyncio.wait_for(consumer.getone(tp), _READ_S)
        return found
    finally:
        await consumer.stop()
