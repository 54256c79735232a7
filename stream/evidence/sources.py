"""Where evidence is gathered from: the folder of a replay with its files, or the topics of a cluster."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from connectors.cluster import Where
from connectors.kafka_reading import read_topic
from connectors.replay_files import read
from stream.bundle import INPUT_TOPICS
from stream.evidence.form import OUTPUT_TOPICS, EvidenceError
from stream.evidence.gathering import Arrived, Outputs, Published


def folder_outputs(folder: Path) -> Outputs:
    """Return the outputs that a replay wrote. Errors: EvidenceError if the folder is none of a replay."""
    files = {topic: folder / f"{part}.jsonl" for part, topic in OUTPUT_TOPICS.items()}
    missing = [path.name for path in files.values() if not path.is_file()]
    if missing:
        raise EvidenceError(f"{folder.name} is no folder of a replay: {', '.join(missing)} is missing")

    def outputs(topic: str) -> Iterator[Published]:
        with files[topic].open("rb") as lines:
            for number, line in enumerate(lines):
                yield Published(0, number, line.rstrip(b"\n"))

    return outputs


def file_inputs(paths: Iterable[Path]) -> Iterator[Arrived]:
    """Yield the records of replay files as they came in. Errors: ReplayFileError."""
    for record in read(paths):
        yield Arrived(record.topic, 0, record.offset, record.arrival_ms, record.raw)


def topic_outputs(bootstrap: Where, prefix: str) -> Outputs:
    """Return what workers published on a cluster; asking may raise BrokerError."""

    def outputs(topic: str) -> Iterator[Published]:
        for record in read_topic(bootstrap, prefix + topic):
            yield Published(record.partition, record.offset, record.value)

    return outputs


def topic_inputs(bootstrap: Where, prefix: str) -> Iterator[Arrived]:
    """Yield what came in on a cluster, topic by topic. Errors: BrokerError."""
    for topic in INPUT_TOPICS:
        for record in read_topic(bootstrap, prefix + topic):
            yield Arrived(topic, record.partition, record.offset, record.timestamp_ms, record.value)
