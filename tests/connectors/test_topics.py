"""The topics file: what it must hold, and that every fault in it is told at once."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from connectors.topics import DIRECTIONS, TopicSpecError, load_topics

DEPLOYED = Path(__file__).parents[2] / "deploy" / "topics.toml"


def deployed() -> dict[str, Any]:
    return tomllib.loads(DEPLOYED.read_text())


def problems_of(raw: dict[str, Any], **arguments: Any) -> tuple[str, ...]:
    with pytest.raises(TopicSpecError) as refused:
        load_topics(raw, **arguments)
    return refused.value.problems


def test_the_deployed_file_holds_every_topic_of_the_contract_and_our_own_two() -> None:
    specs = load_topics(deployed())
    assert {name: spec.direction for name, spec in specs.items()} == DIRECTIONS


def test_a_topic_stands_on_the_cluster_under_its_own_name_unless_a_prefix_is_given() -> None:
    assert load_topics(deployed())["dead-letters"].name == "dead-letters"
    assert load_topics(deployed(), prefix="branch7.")["dead-letters"].name == "branch7.dead-letters"


def test_the_bank_s_times_are_kept_on_every_topic_it_writes() -> None:
    kept = {spec.config["message.timestamp.type"] for spec in load_topics(deployed()).values() if spec.direction == "in"}
    assert kept == {"CreateTime"}


def test_state_is_compacted_only_after_an_hour_by_the_broker_s_clock_and_never_expires() -> None:
    config = load_topics(deployed())["state"].config
    assert config["cleanup.policy"] == "compact"
    assert config["min.compaction.lag.ms"] == "3600000"
    assert config["message.timestamp.type"] == "LogAppendTime"
    assert "retention.ms" not in config


def test_one_number_of_partitions_can_be_given_for_all_topics_but_the_one_whose_order_counts() -> None:
    specs = load_topics(deployed(), partitions=64)
    assert {name for name, spec in specs.items() if spec.partitions != 64} == {"policy"}
    assert specs["policy"].partitions == 1


def test_a_topic_s_own_number_of_partitions_goes_before_the_default() -> None:
    raw = deployed()
    raw["topics"]["dead-letters"]["partitions"] = 1
    specs = load_topics(raw)
    assert (specs["dead-letters"].partitions, specs["alerts"].partitions) == (1, 4)


def test_three_replicas_imply_that_two_must_have_written() -> None:
    assert load_topics(deployed(), replication=3)["alerts"].config["min.insync.replicas"] == "2"
    assert "min.insync.replicas" not in load_topics(deployed())["alerts"].config


def test_a_replayed_day_can_be_kept_for_ever_without_touching_topics_that_have_no_retention() -> None:
    specs = load_topics(deployed(), retention_ms=-1)
    assert specs["transactions"].config["retention.ms"] == "-1"
    assert "retention.ms" not in specs["state"].config


def test_values_are_written_as_kafka_prints_them() -> None:
    raw = deployed()
    raw["topics"]["alerts"]["config"] |= {"preallocate": True, "min.cleanable.dirty.ratio": 0.25}
    config = load_topics(raw)["alerts"].config
    assert (config["preallocate"], config["min.cleanable.dirty.ratio"]) == ("true", "0.25")


def test_a_topic_of_one_s_own_may_be_added() -> None:
    raw = deployed()
    raw["topics"]["core-banking"] = {"direction": "in"}
    assert load_topics(raw)["core-banking"].partitions == 4


def test_all_faults_are_told_at_once() -> None:
    raw = deployed()
    del raw["topics"]["alerts"]
    raw["topic"] = {}
    raw["defaults"]["partition"] = 8
    raw["topics"]["scores"] = {"direction": "sideways", "partitions": 0, "retention": 1}
    raw["topics"]["keyed"]["config"]["max.message.bytes"] = [8]
    raw["topics"]["transactions"]["direction"] = "out"
    told = problems_of(raw)
    assert len(told) == 8
    for place in (
        "topic is no table",
        "defaults.partition ",
        "topics.alerts is missing",
        "topics.scores.retention",
        "topics.scores.direction",
        "topics.scores.partitions",
        "topics.keyed.config.'max.message.bytes'",
        "topics.transactions.direction",
    ):
        assert any(place in problem for problem in told), place


@pytest.mark.parametrize("count", [0, -1, True, 2.0, "4"])
def test_a_number_of_partitions_that_is_no_count_is_refused(count: object) -> None:
    raw = deployed()
    raw["defaults"]["partitions"] = count
    assert any("partitions must be a whole number" in problem for problem in problems_of(raw))


def test_keyed_and_state_must_have_the_same_number_of_partitions() -> None:
    raw = deployed()
    raw["topics"]["keyed"]["partitions"] = 8
    (problem,) = problems_of(raw)
    assert problem.startswith("keyed and state must have the same number of partitions")


@pytest.mark.parametrize("prefix", ["bank/", "银行-", "x" * 249, " "])
def test_a_prefix_that_makes_no_legal_topic_name_is_refused(prefix: str) -> None:
    assert all("is no legal topic name" in problem for problem in problems_of(deployed(), prefix=prefix))


def test_something_else_where_a_table_should_stand_is_refused() -> None:
    assert any("topics.alerts must be a table" in problem for problem in problems_of({"topics": {"alerts": 4}}))
    assert any("topics must be a table" in problem for problem in problems_of({"topics": ["alerts"]}))
