"""What Kafka needs is found or fetched, and what is missing is told in one sentence."""

import re
from pathlib import Path

import pytest

from stream.brokers import BrokerUnavailable, local_kafka
from stream.kafka_jars import KAFKA_VERSION, fetch_jars, recipe_folder

MAKE_OUTPUT_FOLDER = 'for word; do to="${word#-DoutputDirectory=}"; done; /bin/mkdir -p "$to"'  # it is the last word
JAVA_17 = "echo 'openjdk version \"17.0.15\" 2025-04-15' >&2"


def program(folder: Path, name: str, script: str) -> None:
    """Put a shell script of that name where only this test looks for programs."""
    file = folder / name
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(0o755)


def test_an_old_java_is_named_with_its_version(bare_machine: Path, tmp_path: Path) -> None:
    program(bare_machine, "java", "echo 'openjdk version \"11.0.2\" 2019-01-15' >&2")
    with pytest.raises(BrokerUnavailable, match=r"is Java 11\. Install Java 17"):
        local_kafka(tmp_path)


def test_a_java_that_does_not_run_is_named(bare_machine: Path, tmp_path: Path) -> None:
    program(bare_machine, "java", "exit 1")  # as on macOS, where /usr/bin/java stands in for none
    with pytest.raises(BrokerUnavailable, match="java does not run"):
        local_kafka(tmp_path)


def test_java_home_goes_before_the_path(bare_machine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(bare_machine, "java", JAVA_17)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "jdk"))
    with pytest.raises(BrokerUnavailable, match="holds no java"):
        local_kafka(tmp_path)


def test_a_missing_maven_is_told_with_what_to_install(bare_machine: Path, tmp_path: Path) -> None:
    program(bare_machine, "java", JAVA_17)
    with pytest.raises(BrokerUnavailable, match="Install Maven"):
        local_kafka(tmp_path)


def test_a_download_is_announced_kept_and_not_repeated(bare_machine: Path, tmp_path: Path) -> None:
    program(bare_machine, "mvn", f'{MAKE_OUTPUT_FOLDER}; : >"$to/kafka.jar"')
    said: list[str] = []
    jars = fetch_jars(tmp_path / "cache", say=said.append)
    assert fetch_jars(tmp_path / "cache", say=said.append) == jars
    assert [file.name for file in jars.iterdir()] == ["kafka.jar"]
    assert len(said) == 1
    assert KAFKA_VERSION in said[0]


def test_a_download_cut_short_leaves_nothing_that_looks_complete(bare_machine: Path, tmp_path: Path) -> None:
    program(bare_machine, "mvn", f"{MAKE_OUTPUT_FOLDER}; echo no route; exit 1")
    with pytest.raises(BrokerUnavailable, match="no route"):
        fetch_jars(tmp_path / "cache", say=lambda text: None)
    assert list((tmp_path / "cache").iterdir()) == []


def test_the_version_we_name_is_the_version_we_run() -> None:
    pom = (recipe_folder() / "pom.xml").read_text()
    assert re.findall(r"<artifactId>kafka_2.13</artifactId>\s*<version>(.*)</version>", pom) == [KAFKA_VERSION]
