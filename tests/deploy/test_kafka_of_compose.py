"""The broker of docker-compose.yml: the image's own set-up program turns the variables into settings, and Kafka starts on them."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from kafka import KafkaAdminClient
from kafka.admin import ConfigResource, ConfigResourceType

from connectors.kafka_admin import check_topics, ensure_topics
from connectors.topics import TopicSpec, load_topics
from stream.kafka_jars import cache_folder, fetch_jars, find_java
from stream.lifeline import start_guarded, stop_guarded
from stream.local_kafka import free_ports
from stream.settings import read_toml
from tests.deploy.recipes import ROOT, services, settings_of
from tests.deploy.test_compose_lists import KAFKA_SCRIPTS
from tests.waiting import wait_until

pytestmark = pytest.mark.broker

# What the set-up program expects to find in the image: enough to be read, and not used, because compose brings log4j2.xml.
LOG_SETTINGS = """
Configuration:
  Appenders: {Console: {name: STDOUT}}
  Loggers: {Root: {level: INFO, AppenderRef: [{ref: STDOUT}]}, Logger: []}
"""


def on_this_machine(value: str, ports: dict[str, int]) -> str:
    """Return a setting with free ports instead of the container's, and this machine instead of the service's name."""
    for container_port, free_port in ports.items():
        value = value.replace(f":{container_port}", f":{free_port}")
    return value.replace("//kafka:", "//127.0.0.1:")


@pytest.fixture(scope="module")
def advertised(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Start the broker; give the address that each listener advertises."""
    home: Path = tmp_path_factory.mktemp("kafka-of-compose")
    ports = dict(zip(("19092", "9092", "9093"), free_ports(3), strict=True))
    told = {name: on_this_machine(value, ports) for name, value in services()["kafka"]["environment"].items()}
    told["KAFKA_LOG_DIRS"] = str(home / "data")
    java, jars = find_java(), fetch_jars(cache_folder(), say=str)
    for folder in ("defaults", "mounted", "config"):
        (home / folder).mkdir()
    for name in ("log4j2.yaml", "tools-log4j2.yaml"):
        (home / "defaults" / name).write_text(LOG_SETTINGS)
    folders = [
        f"--{kind}-configs-dir={home / name}"
        for kind, name in (("default", "defaults"), ("mounted", "mounted"), ("final", "config"))
    ]
    set_up = [str(java), "-Xmx128m", "-cp", f"{jars}/*", "kafka.docker.KafkaDockerWrapper", "setup", *folders]
    result = subprocess.run(set_up, env={"PATH": os.environ["PATH"], **told}, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    log4j = told["KAFKA_LOG4J_OPTS"].replace("/etc/goldenhour/log4j2.xml", str(ROOT / "deploy" / "kafka" / "log4j2.xml"))
    start = [str(java), "-Xmx256m", log4j, "-cp", f"{jars}/*", "kafka.Kafka", str(home / "config" / "server.properties")]
    log = home / "kafka.log"
    with log.open("wb") as output:
        guard = start_guarded(start, output=output, grace_s=20)
    try:
        wait_until(lambda: guard.poll() is not None or b"Kafka Server started" in log.read_bytes())
        assert guard.poll() is None, log.read_text()
        yield dict(listener.split("://") for listener in told["KAFKA_ADVERTISED_LISTENERS"].split(","))
    finally:
        stop_guarded(guard, grace_s=20)


def test_every_variable_becomes_a_setting_that_the_broker_knows_and_runs_with(advertised: dict[str, str]) -> None:
    """One that it does not know is no error to Kafka: it describes it as of an unknown type, and as having no value."""
    variables = {name: value for name, value in services()["kafka"]["environment"].items() if name not in KAFKA_SCRIPTS}
    told = {name.removeprefix("KAFKA_").lower().replace("_", "."): value for name, value in variables.items()}
    admin = KafkaAdminClient(bootstrap_servers=advertised["OUTSIDE"])
    try:
        known = admin.describe_configs([ConfigResource(ConfigResourceType.BROKER, "1")], config_filter="all")["broker"]["1"]
    finally:
        admin.close()
    assert {name for name in told if known[name]["config_type"] == "UNKNOWN"} == set()
    of_this_machine = {name for name, value in known.items() if "127.0.0.1" in str(value["value"])} | {"log.dirs"}
    assert {name: known[name]["value"] for name in told.keys() - of_this_machine} == {
        name: value for name, value in told.items() if name not in of_this_machine
    }
    assert len(told.keys() - of_this_machine) > 10


def topics_of(service: str) -> list[TopicSpec]:
    settings = settings_of(service)
    raw = read_toml(str(ROOT / "deploy" / "topics.toml"))
    return list(load_topics(raw, prefix=settings.topic_prefix, partitions=settings.partitions).values())


def test_it_takes_exactly_our_topics_by_either_listener(advertised: dict[str, str]) -> None:
    made = ensure_topics(advertised["INSIDE"], topics_of("topics"))
    seen = ensure_topics(advertised["OUTSIDE"], topics_of("topics"))
    assert {report.outcome for report in made + seen} <= {"created", "as specified"}
    assert {report.outcome for report in seen} == {"as specified"}


def test_the_worker_finds_nothing_wrong_with_what_the_topics_service_made(advertised: dict[str, str]) -> None:
    ensure_topics(advertised["INSIDE"], topics_of("topics"))
    assert check_topics(advertised["INSIDE"], topics_of("worker")) == []
