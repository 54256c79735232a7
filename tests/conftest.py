"""What several test folders share: a real broker for the whole session, and names that no other test uses."""

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from stream.brokers import KafkaBroker, local_kafka


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaBroker]:
    """Apache Kafka on this machine. Without Java or Maven the test fails and says what to install; it never skips."""
    home: Path = tmp_path_factory.mktemp("kafka")
    with local_kafka(home) as broker:
        yield broker


@pytest.fixture
def topic_prefix() -> str:
    """Goes before every topic and group name, so that tests can share the broker without meeting."""
    return f"t{uuid.uuid4().hex[:10]}-"
