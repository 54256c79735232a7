"""The rights of deploy/kafka/acls.sh: as the command prints them, for topics that there are, and no more than promised."""

import os
import subprocess
from pathlib import Path

from click.testing import CliRunner

from connectors.acls import ROLES
from connectors.topics import DIRECTIONS
from stream.cli import cli

SCRIPT = Path(__file__).parents[2] / "deploy" / "kafka" / "acls.sh"
OUTPUTS = {topic for topic, direction in DIRECTIONS.items() if direction != "in"} - {"audit"}


def may(operation: str) -> set[tuple[str, str]]:
    return {(role, topic) for role, topics in ROLES.items() for topic, operations in topics.items() if operation in operations}


def test_the_script_is_what_the_command_prints() -> None:
    assert SCRIPT.read_text("utf-8") == CliRunner().invoke(cli, ["acls"], env={"GOLDENHOUR_TOPIC_PREFIX": ""}).output


def test_the_script_runs_and_gives_each_right_by_one_call(tmp_path: Path) -> None:
    fake = tmp_path / "kafka-acls.sh"
    fake.write_text('#!/bin/sh\necho "$@"\n')
    fake.chmod(0o755)
    environ = {**os.environ, "BOOTSTRAP": "kafka:9093", "ADMIN": "admin.properties", "KAFKA_ACLS": str(fake)}
    done = subprocess.run(["sh", str(SCRIPT)], env=environ, capture_output=True, text=True, check=True)
    first, *rest = done.stdout.splitlines()
    assert first.startswith(
        "--bootstrap-server kafka:9093 --command-config admin.properties --add --allow-principal User:goldenhour-worker"
    )
    assert len(rest) + 1 == SCRIPT.read_text("utf-8").count("\n$ACLS ")


def test_only_workers_write_what_the_product_says_but_a_gateway_its_dead_letters() -> None:
    assert {role for role, topic in may("Write") if topic in OUTPUTS} == {"worker", "gateway"}
    assert {topic for role, topic in may("Write") if role == "gateway"} == {"transactions", "dead-letters"}


def test_the_audit_is_written_by_the_desk_who_opens_identifiers_and_who_changes_the_policy() -> None:
    assert {role for role, topic in may("Write") if topic == "case-controls"} == {"desk"}
    assert {role for role, topic in may("Write") if topic == "audit"} == {"desk", "auditor", "policy-changer"}


def test_transactions_are_read_only_where_they_are_worked_on() -> None:
    assert {role for role, topic in may("Read") if topic == "transactions"} == {"worker", "gateway", "auditor"}


def test_only_an_operator_changes_topics_and_it_reads_and_writes_none() -> None:
    changing = {"Create", "Delete", "Alter", "AlterConfigs"}
    assert {role for operation in changing for role, _ in may(operation)} == {"operator"}
    assert "operator" not in {role for role, _ in may("Read") | may("Write")}


def test_every_topic_of_the_product_has_somebody_who_may_read_or_write_it() -> None:
    assert {topic for _, topic in may("Read") | may("Write")} == set(DIRECTIONS)


def test_a_role_that_is_none_and_a_principal_that_would_be_a_command_are_refused() -> None:
    for wrong in ("king", "worker=User:a' ; rm -rf /"):
        assert CliRunner().invoke(cli, ["acls", f"--role={wrong}"]).exit_code == 2
