"""What a cluster tells of its topics: a topic made this moment, whose settings come late, is not taken for a forbidden one."""

from typing import Any

import pytest
from kafka.errors import NoError

from connectors import kafka_admin
from connectors.broker_errors import BrokerError
from connectors.topics import TopicSpec

SPEC = TopicSpec("made", "internal", 1, 1, {})


class Admin:
    """Tells the settings of a topic only when asked for the n-th time."""

    def __init__(self, told_at: int) -> None:
        self.asked, self._told_at = 0, told_at

    def describe_topics(self, names: list[str]) -> list[dict[str, Any]]:
        return [{"error_code": NoError.errno, "name": name, "partitions": [{"replica_nodes": [1]}]} for name in names]

    def describe_configs(self, resources: list[Any], config_filter: str) -> dict[str, Any]:
        self.asked += 1
        return {
            "topic": {
                resource.name: {"retention.ms": {"value": "1"}} if self.asked >= self._told_at else {} for resource in resources
            }
        }


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    now = iter(range(1_000))
    monkeypatch.setattr(kafka_admin.time, "monotonic", lambda: next(now))
    monkeypatch.setattr(kafka_admin.time, "sleep", lambda _s: None)


def test_settings_that_come_late_are_waited_for() -> None:
    admin = Admin(told_at=3)
    assert kafka_admin.describe(admin, [SPEC])["made"]["retention.ms"] == "1"
    assert admin.asked == 3


def test_settings_that_never_come_are_a_refusal() -> None:
    with pytest.raises(BrokerError, match="is this user allowed to describe it"):
        kafka_admin.describe(Admin(told_at=1_000), [SPEC])
