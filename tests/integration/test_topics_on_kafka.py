"""What `goldenhour topics` promises, kept on a real Kafka."""

import dataclasses
import socket
import tomllib
from pathlib import Path
from typing import Any

import pytest
from kafka import KafkaAdminClient
from kafka.admin import ConfigResource, ConfigResourceType

from connectors.broker_errors import BrokerError
from connectors.kafka_admin import Difference, TopicReport, check_topics, ensure_topics
from connectors.topics import TopicSpec, load_topics
from stream.brokers import KafkaBroker

pytestmark = pytest.mark.broker

DEPLOYED = Path(__file__).parents[2] / "deploy" / "topics.toml"


@pytest.fixture
def specs(topic_prefix: str) -> dict[str, TopicSpec]:
    return load_topics(tomllib.loads(DEPLOYED.read_text()), prefix=topic_prefix)


def with_settings(spec: TopicSpec, **changes: str) -> TopicSpec:
    config = {**spec.config, **{name.replace("_", "."): value for name, value in changes.items()}}
    return dataclasses.replace(spec, config=config)


def settings_on_the_broker(kafka: KafkaBroker, topic: str) -> dict[str, Any]:
    with KafkaAdminClient(bootstrap_servers=kafka.bootstrap) as admin:
        answer = admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, topic)], config_filter="all")
    return {name: config["value"] for name, config in answer["topic"][topic].items()}


def test_every_topic_is_created_exactly_as_specified(kafka: KafkaBroker, specs: dict[str, TopicSpec]) -> None:
    reports = ensure_topics(kafka.bootstrap, specs.values())
    assert reports == [TopicReport(spec.name, "created") for spec in specs.values()]
    for spec in specs.values():
        have = settings_on_the_broker(kafka, spec.name)
        assert {name: have[name] for name in spec.config} == spec.config


def test_running_it_again_changes_nothing(kafka: KafkaBroker, specs: dict[str, TopicSpec]) -> None:
    ensure_topics(kafka.bootstrap, specs.values())
    reports = ensure_topics(kafka.bootstrap, specs.values())
    assert {report.outcome for report in reports} == {"as specified"}


def test_a_topic_that_differs_is_told_with_what_it_has_and_left_alone(kafka: KafkaBroker, specs: dict[str, TopicSpec]) -> None:
    alerts = specs["alerts"]
    ensure_topics(kafka.bootstrap, [alerts])
    wanted = dataclasses.replace(with_settings(alerts, retention_ms="1000"), partitions=8)
    (report,) = ensure_topics(kafka.bootstrap, [wanted])
    assert report.outcome == "differs"
    assert report.differences == (
        Difference("partitions", have="4", want="8"),
        Difference("retention.ms", have="7776000000", want="1000"),
    )
    assert settings_on_the_broker(kafka, alerts.name)["retention.ms"] == "7776000000"


def test_a_worker_finds_nothing_wrong_with_topics_just_created(kafka: KafkaBroker, specs: dict[str, TopicSpec]) -> None:
    ensure_topics(kafka.bootstrap, specs.values())
    assert check_topics(kafka.bootstrap, specs.values()) == []


def test_a_missing_topic_is_told_with_the_command_that_creates_it(kafka: KafkaBroker, specs: dict[str, TopicSpec]) -> None:
    ensure_topics(kafka.bootstrap, [spec for name, spec in specs.items() if name != "alerts"])
    (problem,) = check_topics(kafka.bootstrap, specs.values())
    assert problem == f"Topic {specs['alerts'].name} is missing. Create it with: goldenhour topics"


def test_our_own_topics_must_have_the_partitions_the_worker_counts_on(kafka: KafkaBroker, specs: dict[str, TopicSpec]) -> None:
    ensure_topics(kafka.bootstrap, specs.values())
    wanted = [dataclasses.replace(spec, partitions=8) for spec in specs.values()]
    problems = check_topics(kafka.bootstrap, wanted)
    assert [problem.split(".")[0] for problem in problems] == [
        f"Topic {specs['keyed'].name} has partitions = 4, not 8",
        f"Topic {specs['state'].name} has partitions = 4, not 8",
    ]


def test_state_that_could_expire_or_be_cut_off_stops_the_worker(kafka: KafkaBroker, specs: dict[str, TopicSpec]) -> None:
    state = specs["state"]
    weak = with_settings(state, cleanup_policy="delete", max_message_bytes="1000000", min_compaction_lag_ms="0")
    ensure_topics(kafka.bootstrap, [weak])
    problems = check_topics(kafka.bootstrap, [state])
    assert len(problems) == 3
    for setting in ("cleanup.policy = delete", "max.message.bytes = 1000000", "min.compaction.lag.ms = 0"):
        assert any(setting in problem for problem in problems), setting


def test_more_room_than_asked_for_does_not_stop_the_worker(kafka: KafkaBroker, specs: dict[str, TopicSpec]) -> None:
    roomy = with_settings(specs["state"], max_message_bytes="33554432", min_compaction_lag_ms="7200000")
    ensure_topics(kafka.bootstrap, [roomy])
    assert check_topics(kafka.bootstrap, [specs["state"]]) == []


def test_a_topic_the_cluster_refuses_is_named_with_the_cluster_s_reason(kafka: KafkaBroker, specs: dict[str, TopicSpec]) -> None:
    alerts = dataclasses.replace(specs["alerts"], replication=3)
    with pytest.raises(BrokerError, match=rf"Topic {alerts.name} was refused: .*replication factor of 3"):
        ensure_topics(kafka.bootstrap, [alerts])


def test_a_cluster_that_does_not_answer_is_named(specs: dict[str, TopicSpec]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:  # accepts connections and never says a word
        address = f"127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(BrokerError, match=address):
            check_topics(address, specs.values(), timeout_ms=500)
