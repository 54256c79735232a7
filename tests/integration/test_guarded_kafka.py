"""A cluster as a bank runs it: TLS, SCRAM logins, access rights. What each role can do there, and what it cannot."""

import importlib.util
import json
import os
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import click
import pytest
from click.testing import CliRunner
from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.errors import TopicAuthorizationFailedError

from connectors.acls import ROLES, grants
from connectors.cluster import Cluster, kafka_python_arguments
from connectors.contract_json import decode
from connectors.kafka_acls import apply
from connectors.kafka_admin import cluster_admin, ensure_topics
from connectors.kafka_producer import produce
from connectors.topics import load_topics
from stream.brokers import KafkaBroker, local_kafka
from stream.bundle import INPUT_TOPICS
from stream.cli import cli, main
from stream.desk.users import UsersFile
from stream.local_kafka import Guard
from stream.settings import DEPLOY, load_settings, read_toml
from tests.connectors.iso20022.messages import golden_path
from tests.integration.kafka_tools import read_all, run, wait_until_read
from tests.integration.throwaway_tls import write_authority
from tests.integration.worker_tools import _GUARDED, ROOT, WorkerRun
from tests.stream.desk.served import Desk, serving, visiting
from tests.waiting import wait_until

pytestmark = pytest.mark.broker

PREFIX = "gh-"
POLICY = DEPLOY / "policy.toml"
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
        if PREFIX + topic not in consumer.topics():  # the broker does not even tell that it is there
            raise TopicAuthorizationFailedError(topic)
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


TESTED_ALONE = {"worker", "gateway iso8583", "desk", "reset"}
"""Commands that run on, or take away what others work on: each has a test of its own below."""
ELSEWHERE = {
    "demo": "loads, watches and removes with the functions that produce, tail and the worker use here",
    "ingest table": "sends with the function of produce",
    "ingest cdc": "sends with its own client, made as all are; its source is a cluster of the bank's choice",
    "upgrade": "asks and changes with the functions of topics and reset",
    "bench": "refuses: it measures over a plain listener",
    "shadow run": "is the worker under another policy",
}
TRANSFER: dict[str, Any] = {
    "event_id": "e-guarded-1",
    "event_time": "2026-03-02T09:14:05+08:00",
    "kind": "TRANSFER",
    "status": "APPROVED",
    "channel": "MOBILE",
    "amount_minor": 4_980_000,
    "currency": "CNY",
    "payer": {"account": "acct-payer-7719", "customer": "cust-payer-5512", "balance_after_minor": 12_000},
    "payee": {"account": "acct-payee-9028", "name_match": "MATCH"},
    "card": "card-6221000011112222",
    "session": {"device": "dev-handset-3301"},
}
WHAT_IT_SAYS = {
    "evidence": "of case c-none was found",
    "shadow report": f"has no topic {PREFIX}shadow-",
}
"""How a command ends that found nothing to do, having asked the cluster; the others end well."""


def tools(bank: Bank) -> dict[str, tuple[str, list[str]]]:
    """Return command -> (role, arguments behind it): every command that connects, does its work and ends."""
    day, key = bank.home / "one.jsonl", bank.home / "token.key"
    day.write_text(json.dumps({"topic": "transactions", **TRANSFER}) + "\n")
    key.write_bytes(b"a key for tests, of 32 bytes or more")
    stricter = bank.home / "stricter.toml"
    stricter.write_text(re.sub(r'^version = "', 'version = "drill-', POLICY.read_text(), count=1, flags=re.M))
    message = str(golden_path("pacs008_two_payments"))
    return {
        "topics": ("operator", ["--retention-ms", "-1"]),
        "acls": ("admin", ["--apply", *(f"--role={role}=User:{role}" for role in ROLES)]),
        "produce": ("producer", [str(day)]),
        "ingest iso20022": ("producer", [message, "--own-bics", "BANKCNBJ", "--token-key-file", str(key)]),
        "freeze": ("desk", ["review-only", "--actor", "li", "--reason", "drill"]),
        "recall": ("auditor", ["--originals", str(bank.home), "--out", str(bank.home / "recalls"), "--own-bics", "BANKCNBJ"]),
        "liaison tail": ("liaison", ["--until-end", "--from-beginning"]),
        "evidence": ("auditor", ["c-none", "--out", str(bank.home / "bundle.json")]),
        "policy show": ("policy-changer", []),
        "policy history": ("policy-changer", []),
        "policy diff": ("policy-changer", ["live", str(POLICY)]),
        "policy apply": ("policy-changer", [str(stricter), "--actor", "li"]),
        "policy rollback": ("policy-changer", ["--actor", "li"]),
        "shadow report": ("auditor", []),
        "shadow remove": ("admin", ["--yes"]),
    }


def commands_that_connect() -> set[str]:
    """Return every command of the product that takes --bootstrap, by its whole name."""

    def walk(command: click.Command, name: str) -> Iterator[str]:
        if isinstance(command, click.Group):
            for word, child in command.commands.items():
                yield from walk(child, f"{name} {word}".strip())
        elif any(option.name == "bootstrap" for option in command.params) and not command.hidden:
            yield name

    return set(walk(cli, ""))


def test_every_command_that_connects_speaks_tls_with_the_login_and_the_rights_of_its_role(bank: Bank) -> None:
    given = tools(bank)
    assert commands_that_connect() == given.keys() | TESTED_ALONE | ELSEWHERE.keys(), "a new command belongs here"
    faults = {}
    for name, (role, arguments) in given.items():
        done = CliRunner().invoke(cli, [*name.split(), *arguments], env=bank.environ(role))
        said = f"{done.output} {done.exception}"
        if WHAT_IT_SAYS[name] not in said if name in WHAT_IT_SAYS else done.exit_code != 0:
            faults[name] = said
    assert faults == {}


def started(bank: Bank, user: str, *words: str, **given: str) -> WorkerRun:
    environ = {**os.environ, **bank.environ(user, **given), "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
    return WorkerRun(bank.home / f"{user}.log", environ, [sys.executable, "-c", _GUARDED, *words])


def test_a_gateway_and_a_desk_start_with_the_rights_of_their_roles(bank: Bank) -> None:
    key, users = bank.home / "token.key", bank.home / "users.toml"
    key.write_bytes(b"a key for tests, of 32 bytes or more")
    UsersFile(users).put("li", "MANAGER", "a long enough one")
    gateway = started(bank, "gateway", "gateway", "iso8583", "--listen", "127.0.0.1:0", token_key_file=str(key))
    desk = started(bank, "desk", "desk", "--users", str(users), "--port", "0")
    with gateway, desk:
        wait_until(lambda: "metrics=http://" in gateway.said() or gateway.process.poll() is not None)
        wait_until(lambda: "http://127.0.0.1" in desk.said() or desk.process.poll() is not None)
        assert gateway.process.poll() is None, gateway.said()
        assert desk.process.poll() is None, desk.said()
        assert SECRET not in gateway.said() + desk.said()


class Day(NamedTuple):
    """What a worker's run over a simulated day left behind. ids: every account, card, customer and device of the day."""

    ids: frozenset[str]
    said: str
    metrics: str
    alerts: list[bytes]
    letters: list[bytes]


WRITTEN_BY = {
    "producer": ("transactions", "account-events"),
    "label-source": ("dispositions", "victim-reports"),
}
NAMING = {"account", "payer_account", "payee_account", "card", "customer", "device"}


@pytest.fixture(scope="module")
def day(bank: Bank) -> Day:
    """Send a small bank's day by the roles that write it, and let a worker of its role work it off."""
    folder = bank.home / "day"
    options = ["--accounts", "100", "--days", "1", "--history-days", "0", "--cases-per-typology", "1", "--typologies", "M1,V1"]
    made = CliRunner().invoke(cli, ["simulate", "--out", str(folder), "--form", "jsonl", *options], catch_exceptions=False)
    assert made.exit_code == 0, made.output
    lines = [json.loads(line) for line in (folder / "events.jsonl").read_text("utf-8").splitlines()]
    at = {"topic": "transactions", "arrival_time": lines[-1].get("arrival_time", lines[-1].get("event_time"))}
    named_by_a_number = {"account": 6221000011112222}
    lines += [{**at, **TRANSFER, "amount_minor": -1}, {**at, **TRANSFER, "payer": named_by_a_number}]
    said = ""
    for role, topics in WRITTEN_BY.items():
        part = folder / f"{role}.jsonl"
        chosen = [json.dumps(line, ensure_ascii=False) for line in lines if line.get("topic", "transactions") in topics]
        part.write_text("\n".join([*chosen, ""]), "utf-8")
        if chosen:
            done = CliRunner().invoke(cli, ["produce", str(part)], env=bank.environ(role))
            assert done.exit_code in (0, 1), f"{done.output} {done.exception}"
            said += done.output
    admin, values = bank.cluster("admin"), dict[str, list[bytes]](alerts=[], letters=[])
    with started(bank, "worker", "-v", "worker", scores="true") as worker:
        worker.wait_ready()
        run(wait_until_read(admin, GROUP, [f"{PREFIX}{topic}" for topic in INPUT_TOPICS]))
        run(wait_until_read(admin, GROUP, [f"{PREFIX}keyed"]))
        metrics = worker.get("/metrics")[1]
        assert worker.terminate() == 0, worker.said()
        run(read_all(bank.cluster("auditor"), f"{PREFIX}alerts", lambda record: values["alerts"].append(record.value)))
        run(read_all(bank.cluster("auditor"), f"{PREFIX}dead-letters", lambda record: values["letters"].append(record.value)))
        return Day(frozenset(ids_of(lines)), said + worker.said(), metrics, values["alerts"], values["letters"])


def ids_of(value: Any) -> Iterator[str]:
    """Yield every account, card, customer and device that records name."""
    if isinstance(value, dict):
        for name, part in value.items():
            if name in NAMING and isinstance(part, str | int):
                yield str(part)
            yield from ids_of(part)
    elif isinstance(value, list):
        for part in value:
            yield from ids_of(part)


def in_clear(day: Day, text: str) -> set[str]:
    """Return the identifiers of the day that stand in a text as words of their own."""
    return set(day.ids & set(re.findall(r"[\w.-]+", text)))


def test_a_worker_works_off_a_day_over_tls_with_the_rights_of_its_role(day: Day) -> None:
    assert day.alerts
    assert len(day.letters) >= 2


def test_the_scan_finds_what_stands_in_clear(day: Day) -> None:
    """An alert holds the account for whoever must act; so the other scans could find one."""
    assert in_clear(day, b"\n".join(day.alerts).decode())


def test_logs_metrics_and_dead_letters_of_a_day_hold_no_identifier_in_clear(day: Day) -> None:
    assert in_clear(day, day.said) == set()
    assert in_clear(day, day.metrics) == set()
    assert in_clear(day, b"\n".join(day.letters).decode()) == set()


def test_the_settings_shown_hold_no_password(bank: Bank, day: Day) -> None:
    assert SECRET not in day.said
    given = {"sasl_password": PASSWORDS["worker"], "sasl_password_file": ""}
    for words in (["settings"], ["settings", "--json"]):
        shown = CliRunner().invoke(cli, words, env=bank.environ("worker", **given))
        assert shown.exit_code == 0, shown.output
        assert SECRET not in shown.output
        assert "***" in shown.output


def test_pages_of_a_day_s_cases_hold_no_identifier_in_clear_until_one_is_opened(bank: Bank, day: Day) -> None:
    alerts: list[Any] = [decode("alerts", value, record_bytes_max=1 << 20) for value in day.alerts]

    async def pages() -> str:
        async with serving(Desk(bank.home, alerts)) as desk, visiting(desk, "MANAGER") as visitor:
            paths = ["/", *sorted({f"/case/{alert.case_id}" for alert in alerts})]
            found = [await visitor.get(path) for path in paths]
            assert {status for status, _, _ in found} == {200}
            return "".join(text for _, text, _ in found)

    text = run(pages())
    assert all(alert.case_id in text for alert in alerts)
    assert in_clear(day, text) == set()


def refusal(
    bank: Bank, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], command: str = "topics", **given: str
) -> str:
    """Return what a command says of a cluster that it does not get into."""
    for name, value in bank.environ("operator", **given).items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SystemExit) as ended:
        main([command])
    assert ended.value.code == 2
    return capsys.readouterr().err


def test_a_wrong_password_is_told_at_once_and_never_shown(
    bank: Bank, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = bank.home / "wrong.password"
    wrong.write_text(f"{SECRET}nobody")
    for command in ("worker", "topics"):
        said = refusal(bank, monkeypatch, capsys, command, sasl_password_file=str(wrong))
        assert "does not let us in: the login is refused" in said
        assert SECRET not in said


def test_a_certificate_of_an_unknown_authority_is_refused(
    bank: Bank, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    said = refusal(bank, monkeypatch, capsys, tls_ca_file="")
    assert "its certificate is not trusted: tls_ca_file must name the authority" in said


def test_a_certificate_for_another_name_is_refused(
    bank: Bank, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    said = refusal(bank, monkeypatch, capsys, bootstrap=bank.bootstrap.replace("127.0.0.1", "localhost"))
    assert "its certificate is for another name" in said


def test_a_cluster_that_speaks_plain_text_is_refused(
    bank: Bank, kafka: KafkaBroker, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "it does not speak TLS as we do" in refusal(bank, monkeypatch, capsys, bootstrap=kafka.bootstrap)


FORBIDDEN: list[tuple[str, Callable[[Cluster, str], None], str]] = [
    ("producer", writes, "alerts"),
    ("producer", writes, "dispositions"),
    ("producer", reads, "transactions"),
    ("gateway", writes, "alerts"),
    ("gateway", reads, "alerts"),
    ("label-source", writes, "transactions"),
    ("liaison", reads, "transactions"),
    ("liaison", reads, "traces"),
    ("liaison", writes, "freeze-requests"),
    ("desk", reads, "transactions"),
    ("desk", writes, "alerts"),
    ("desk", writes, "freeze-requests"),
    ("worker", writes, "transactions"),
    ("worker", writes, "dispositions"),
    ("worker", writes, "audit"),
    ("metrics", reads, "alerts"),
    ("auditor", writes, "alerts"),
    ("operator", reads, "transactions"),
    ("operator", writes, "policy"),
    ("worker", writes, "policy"),
    ("policy-changer", writes, "alerts"),
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


def test_the_example_of_a_liaison_answers_with_the_rights_of_its_role(bank: Bank) -> None:
    spec = importlib.util.spec_from_file_location("liaison_consumer", ROOT / "deploy" / "examples" / "liaison_consumer.py")
    assert spec is not None
    assert spec.loader is not None
    example = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(example)
    request = {"request_id": "fr-guarded-1", "sequence": 1, "state": "PROPOSED", "transactions": []}
    topic, value = f"{PREFIX}freeze-requests", json.dumps(request).encode()
    produce(bank.cluster("worker"), [(topic, b"fr-guarded-1", value, 1_772_414_045_000)])
    client = kafka_python_arguments(bank.cluster("liaison"))
    liaison = example.Liaison(bank.bootstrap, PREFIX, "liaison", lambda request: {"status": "ACKNOWLEDGED"}, client)
    try:
        wait_until(lambda: liaison.step(500) > 0)
    finally:
        liaison.close()


def test_an_operator_resets_an_installation_that_it_cannot_read(bank: Bank, day: Day) -> None:
    done = CliRunner().invoke(cli, ["reset", "--yes"], env=bank.environ("operator"))
    assert done.exit_code == 0, f"{done.output} {done.exception}"
