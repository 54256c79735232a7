"""Reads what a worker or a replay has published, to compare it: from a replay's folder, or from the topics as they are now."""

import asyncio
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from connectors.broker_errors import BrokerError
from connectors.cluster import Where, aiokafka_arguments
from connectors.contract_json import decode
from connectors.kafka_door import refuse_closed_door
from models.records import Alert, FreezeRequest
from stream.settings import SettingsError

FILES = {"alerts": "alerts.jsonl", "freeze-requests": "freeze_requests.jsonl"}
_POLL_MS = 500
_RECORD_BYTES_MAX = 16 << 20
_TIMEOUT_S = 30.0


class Published(NamedTuple):
    """All revisions of all alerts and freeze requests of one side."""

    alerts: list[Alert]
    requests: list[FreezeRequest]

    def between(self, since: datetime | None, until: datetime | None) -> "Published":
        """Return what was published from one log time to another, that one included."""
        return Published(
            [alert for alert in self.alerts if _is_in(alert.raised_at, since, until)],
            [request for request in self.requests if _is_in(request.requested_at, since, until)],
        )

    def newest(self) -> datetime | None:
        """Return the log time of the last alert or freeze request, None without any."""
        times = [alert.raised_at for alert in self.alerts] + [request.requested_at for request in self.requests]
        return max(times, default=None)


def read_folder(folder: Path) -> Published:
    """Return what a replay has written. Errors: SettingsError if the folder holds no replay."""
    missing = [name for name in FILES.values() if not (folder / name).is_file()]
    if missing:
        raise SettingsError([f"{folder}: no {' and no '.join(missing)}; is it the folder of a replay?"])
    return _decoded(lambda topic: iter((folder / FILES[topic]).read_bytes().splitlines()))


def read_topics(bootstrap: Where, prefix: str) -> Published:
    """Return what stands on the output topics of this prefix, up to their ends as they are now.

    Errors: BrokerError.
    """
    refuse_closed_door(bootstrap)
    try:
        values = asyncio.run(_values(bootstrap, [prefix + topic for topic in FILES]))
    except (KafkaError, OSError, TimeoutError) as error:
        raise BrokerError(f"The outputs could not be read from {bootstrap}: {type(error).__name__}") from error
    missing = [topic for topic in FILES if prefix + topic not in values]
    if missing:
        raise BrokerError(f"{bootstrap} has no topic {prefix}{missing[0]}.")
    return _decoded(lambda topic: iter(values[prefix + topic]))


def _decoded(values: Callable[[str], Iterator[bytes]]) -> Published:
    found = Published([], [])
    for raw in values("alerts"):
        alert = decode("alerts", raw, record_bytes_max=_RECORD_BYTES_MAX)
        assert isinstance(alert, Alert)
        found.alerts.append(alert)
    for raw in values("freeze-requests"):
        request = decode("freeze-requests", raw, record_bytes_max=_RECORD_BYTES_MAX)
        assert isinstance(request, FreezeRequest)
        found.requests.append(request)
    return found


async def _values(bootstrap: Where, topics: list[str]) -> dict[str, list[bytes]]:
    """Return the values of topics up to their present ends; what does not exist is left out."""
    consumer: Any = AIOKafkaConsumer(**aiokafka_arguments(bootstrap), group_id=None, auto_offset_reset="earliest")
    async with asyncio.timeout(_TIMEOUT_S):
        await consumer.start()
    try:
        known = await consumer.topics()
        present = [topic for topic in topics if topic in known]
        found: dict[str, list[bytes]] = {topic: [] for topic in present}
        places = [TopicPartition(topic, number) for topic in present for number in await _partitions(consumer, topic)]
        if not places:
            return found
        consumer.assign(places)
        ends = await consumer.end_offsets(places)
        while not all([await consumer.position(place) >= end for place, end in ends.items()]):
            for place, records in (await consumer.getmany(*places, timeout_ms=_POLL_MS)).items():
                found[place.topic] += [record.value for record in records if record.offset < ends[place]]
        return found
    finally:
        await consumer.stop()


async def _partitions(consumer: Any, topic: str) -> list[int]:
    """Return the partitions of a topic that exists; the client learns of it only when asked to."""
    async with asyncio.timeout(_TIMEOUT_S):
        while not (found := consumer.partitions_for_topic(topic)):
            consumer._client.add_topic(topic)
            await asyncio.sleep(0.05)
    return sorted(found)


def _is_in(at: datetime, since: datetime | None, until: datetime | None) -> bool:
    return (since is None or at >= since) and (until is None or at <= until)
