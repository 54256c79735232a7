"""Reads topics as a consumer group that commits only what its reader has done with: nothing is lost, the rest comes again."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from kafka import KafkaConsumer, TopicPartition
from kafka.errors import CommitFailedError, KafkaError
from kafka.structs import OffsetAndMetadata

from connectors.broker_errors import BrokerError
from connectors.cluster import Where, kafka_python_arguments

TIMEOUT_MS = 15_000  # ours: for connecting and for each request
BATCH_RECORDS = 5_000  # ours: some 10 MB of change events with their schema


class GroupRecord(NamedTuple):
    """A record as it lies in a topic; value None is a tombstone."""

    topic: str
    partition: int
    offset: int
    timestamp_ms: int
    value: bytes | None


class GroupReader:
    """A member of a consumer group. Errors of all: BrokerError.

    session_timeout_s: how long after a kill its partitions wait. instance_id: a name by which a restart takes them over at once.
    """

    def __init__(
        self, bootstrap: Where, group: str, topics: Sequence[str], session_timeout_s: float = 10.0, instance_id: str = ""
    ) -> None:
        self._bootstrap = bootstrap
        self._consumer = _connect(bootstrap, group, round(session_timeout_s * 1_000), instance_id)
        missing = sorted(set(topics) - set(self._asked("topics")))
        if missing:
            self.close()
            raise BrokerError(f"There is no topic {missing[0]} at {bootstrap}.")
        self._topics = list(topics)
        self._consumer.subscribe(self._topics)

    def poll(self, timeout_ms: int = 500) -> list[GroupRecord]:
        """Return the next records, each partition in log order."""
        found = self._asked("poll", timeout_ms=timeout_ms, max_records=BATCH_RECORDS)
        return [
            GroupRecord(record.topic, record.partition, record.offset, record.timestamp, record.value)
            for place in sorted(found)
            for record in found[place]
        ]

    def commit(self, records: Sequence[GroupRecord]) -> None:
        """Note that these are done with. Where the group has shared out its partitions anew meanwhile, they come again."""
        done = {TopicPartition(record.topic, record.partition): OffsetAndMetadata(record.offset + 1, "", -1) for record in records}
        try:
            self._consumer.commit(done)
        except CommitFailedError:
            pass
        except KafkaError as error:
            raise BrokerError(f"What was read cannot be committed at {self._bootstrap}: {type(error).__name__}") from error

    def is_at_end(self) -> bool:
        """Say whether this member has read all that its partitions hold now."""
        own = self._asked("assignment")
        if not own:
            return False
        ends = self._asked("end_offsets", list(own))
        return all(self._asked("position", place) >= ends[place] for place in own)

    def close(self) -> None:
        """Leave the group."""
        self._consumer.close(autocommit=False)

    def _asked(self, method: str, *arguments: Any, **options: Any) -> Any:
        try:
            return getattr(self._consumer, method)(*arguments, **options)
        except KafkaError as error:
            raise BrokerError(f"The cluster at {self._bootstrap} cannot be read: {type(error).__name__}") from error


def _connect(bootstrap: Where, group: str, session_timeout_ms: int, instance_id: str) -> Any:
    try:
        return KafkaConsumer(
            **kafka_python_arguments(bootstrap),
            bootstrap_timeout_ms=TIMEOUT_MS,
            request_timeout_ms=TIMEOUT_MS,
            session_timeout_ms=session_timeout_ms,
            group_id=group,
            group_instance_id=instance_id or None,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            metrics_enabled=False,
        )
    except KafkaError as error:
        raise BrokerError(f"The cluster at {bootstrap} cannot be reached: {error}") from error
