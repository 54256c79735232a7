"""A cluster as a bank runs it: TLS, SCRAM logins, access rights. What each role can do there, and what it cannot."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.errors import TopicAuthorizationFailedError

from connectors.acls import ROLES, grants
from connectors.cluster import Cluster, kafka_python_arguments
from connectors.kafka_acls import apply
from connectors.kafka_admin import cluster_admin, ensure_topics
from connectors.topics import load_topics
from stream.brokers import local_kafka
from stream.local_kafka import Guard
from stream.settings import DEPLOY, load_settings, read_toml
from tests.integration.throwaway_tls import write_authority
from tests.integration.worker_tools import KILL_AFTER_S

pytestmark = pytest.mark.broker

PREFIX = "gh-"
GROUP = "gh-workers"
PASSWORDS = {name: f"pw-of-{name}" for name in ("admin", *ROLES)}
SECRET = "pw-of-"


class Bank(NamedTuple):
    """A guarded cluster with the product's topics and each role's rights. home: a folder for the caller's files."""

    bootstrap: str
    ca: Path
    home: Path

    def environ(self, user: str, **given: str) -> dict[str, str]:
        """Return the environment of a program of this user; its password lies in a file."""
        password = self.home / f"{user}.password"
        password.write_text(f"{PASSWORDS[user]}\n")
        settings = {
            "bootstrap": self.bootstrap,
            "security_protocol": "SASL_SSL",
            "sasl_username": user,
            "sasl_password_file": str(password),
            "tls_ca_file": str(self.ca),
            "topic_prefix": PREFIX,
            "application_id": GROUP,
            "partitions": "2",
            "http_port": "0",
            **given,
        }
        return {f"GOLDENHOUR_{name.upper()}": value for name, value in settings.items()} | {"GOLDENHOUR_NATIVE": "0"}

    def cluster(self, user: str, **given: str) -> Cluster:
        return load_settings(self.environ(user, **given)).cluster

    def command(self, user: str, *words: str, **given: str) -> "subprocess.CompletedProcess[str]":
        """Run a command as this user to its end."""
        import os

        return subprocess.run(
            [sys.executable, "-m", "stream", *words],
            env=os.environ | self.environ(user, **given),
            capture_output=True,
            text=True,
            timeout=KILL_AFTER_S,
            check=False,
            stdin=subprocess.DEVNULL,
        )


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bank]:
    home: Path = tmp_path_factory.mktemp("guarded")
    ca, certificate = write_authority(home)
    with local_kafka(home / "kafka", guarded_by=Guard(certificate, PASSWORDS, "admin")) as broker:
        bank = Bank(broker.bootstrap, ca, home)
        specs = load_topics(read_toml(str(DEPLOY / "topics.toml")), prefix=PREFIX, partitions=2, retention_ms=-1)
        ensure_topics(bank.cluster("admin"), specs.values())
        rights = list(grants({role: f"User:{role}" for role in ROLES}, prefix=PREFIX, group=GROUP))
        created, beyond = apply(bank.cluster("admin"), rights)
        assert created > 0
        assert beyond == []
        assert apply(bank.cluster("admin"), rights) == (0, []), "a second time there is nothing to do"
        yield bank


def writes(cluster: Cluster, topic: str) -> None:
    """Write a record that nobody can read. Errors: kafka-python's."""
    with_limits: dict[str, Any] = {"max_block_ms": 5_000, "retries": 0, "bootstrap_timeout_ms": 5_000}
    producer = KafkaProducer(**kafka_python_arguments(cluster), **with_limits)
    try:
        producer.send(PREFIX + topic, key=b"k", value=b"not json").get(timeout=10)
    finally:
        producer.close(timeout=1)


def reads(cluster: Cluster, topic: str) -> None:
    """Read a partition of a topic. Errors: kafka-python's."""
    consumer = KafkaConsumer(**kafka_python_arguments(cluster), group_id=None, enable_auto_commit=False)
    try:
        place = TopicPartition(PREFIX + topic, 0)
        consumer.assign([place])
        consumer.seek_to_beginning(place)
        consumer.poll(timeout_ms=300)
    finally:
        consumer.close()


@pytest.mark.parametrize("mechanism", ["SCRAM-SHA-512", "SCRAM-SHA-256", "PLAIN"])
def test_each_way_to_prove_a_password_is_spoken(bank: Bank, mechanism: str) -> None:
    with cluster_admin(bank.cluster("worker", sasl_mechanism=mechanism), 5_000) as admin:
        assert f"{PREFIX}alerts" in admin.list_topics()


TOOLS = {
    "topics": ("operator", ["topics"]),
    "acls": ("admin", ["acls", "--apply", *(f"--role={role}=User:{role}" for role in ROLES)]),
    "produce": ("admin", ["produce", "{file}"]),
    "ingest": ("admin", ["ingest", "--mapping", "none"]),
    "freeze": ("desk", ["freeze", "pause", "--actor", "li", "--reason", "drill"]),
    "recall": ("auditor", ["recall", "--from-topics"]),
    "liaison": ("auditor", ["liaison", "--until-end", "--from-beginning"]),
    "reset": ("operator", ["reset", "--yes"]),
}


def test_a_wrong_password_is_told_at_once_and_never_shown(bank: Bank) -> None:
    wrong = bank.home / "wrong.password"
    wrong.write_text("pw-of-nobody")
    done = bank.command("worker", "worker", sasl_password_file=str(wrong))
    assert done.returncode == 2
    assert "does not let us in: the login is refused" in done.stderr
    assert SECRET not in done.stdout + done.stderr


def test_a_certificate_of_an_unknown_authority_is_refused(bank: Bank) -> None:
    done = bank.command("worker", "worker", tls_ca_file="")
    assert done.returncode == 2
    assert "its certificate is not trusted: tls_ca_file must name the authority" in done.stderr


def test_a_certificate_for_another_name_is_refused(bank: Bank) -> None:
    done = bank.command("operator", "topics", bootstrap=bank.bootstrap.replace("127.0.0.1", "localhost"))
    assert done.returncode == 2
    assert "its certificate is for another name" in done.stderr


FORBIDDEN: list[tuple[str, Callable[[Cluster, str], None], str]] = [
    ("producer", writes, "alerts"),
    ("producer", writes, "dispositions"),
    ("producer", reads, "transactions"),
    ("gateway", writes, "alerts"),
    ("gateway", reads, "alerts"),
    ("label-source", writes, "transactions"),
    ("liaison", reads, "transactions"),
    ("liaison", reads, "alerts"),
    ("liaison", writes, "freeze-requests"),
    ("desk", reads, "transactions"),
    ("desk", writes, "alerts"),
    ("desk", writes, "freeze-requests"),
    ("worker", writes, "transactions"),
    ("worker", writes, "dispositions"),
    ("worker", writes, "audit"),
    ("metrics", reads, "alerts"),
    ("auditor", writes, "audit"),
    ("operator", reads, "transactions"),
    ("canary", writes, "alerts"),
]


@pytest.mark.parametrize(("role", "does", "topic"), FORBIDDEN, ids=lambda found: getattr(found, "__name__", found))
def test_a_role_cannot_do_what_is_not_its_work(bank: Bank, role: str, does: Callable[[Cluster, str], None], topic: str) -> None:
    with pytest.raises(TopicAuthorizationFailedError):
        does(bank.cluster(role), topic)


def test_a_worker_cannot_alter_or_delete_topics(bank: Bank) -> None:
    with cluster_admin(bank.cluster("worker"), 5_000) as admin:
        answer = admin.delete_topics([f"{PREFIX}alerts"], raise_errors=False)
    assert "29" in str(answer) or "Authorization" in str(answer)
    assert f"{PREFIX}alerts" in topics_of(bank)


def topics_of(bank: Bank) -> list[str]:
    with cluster_admin(bank.cluster("admin"), 5_000) as admin:
        return list(admin.list_topics())
