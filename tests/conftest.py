"""What several test folders share: a real broker for the whole session, and names that no other test uses."""

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from stream.brokers import KafkaBroker, local_kafka

# Time is measured by `make bench`, never judged by a test: a busy machine is no failure.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep the tests on a broker in one process, which has the only Kafka, and those of each other file together; Kafka first.

    The processes share the cores of the machine: one that mostly waits for Kafka stands well beside one that computes.
    """
    items.sort(key=lambda item: item.get_closest_marker("broker") is None)
    for item in items:
        is_on_broker = item.get_closest_marker("broker") is not None
        item.add_marker(pytest.mark.xdist_group("kafka" if is_on_broker else item.nodeid.partition("::")[0]))


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
