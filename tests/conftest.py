"""What several test folders share: a real broker for the whole session, and names that no other test uses."""

import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from stream.brokers import KafkaBroker, local_kafka
from tests.one_broker import OneBroker, is_on_broker

# Time is measured by `make bench`, never judged by a test: a busy machine is no failure.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> OneBroker:
    """Share the tests out to the processes of `make test`."""
    return OneBroker(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what needs the broker: it takes longest."""
    items.sort(key=lambda item: not is_on_broker(item.nodeid.partition("::")[0]))


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
