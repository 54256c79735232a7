"""A policy put in force while workers run: they follow without a restart, keep their state, and what they said is derived again."""

import json
from pathlib import Path

import pytest

from connectors.contract_json import decode
from connectors.replay_files import read
from models.records import AuditRecord
from stream.app import policy_at_start
from stream.brokers import KafkaBroker
from stream.evidence.checks import check
from stream.evidence.form import bundle_of, take_apart
from stream.evidence.rederiving import rederive
from stream.policy.document import digest_of
from stream.policy.publishing import Publisher
from stream.settings import DEPLOY, Settings
from tests.integration.worker_tools import Site, WorkerRun
from tests.parity.days import produce, run_cli
from tests.stream.evidence.case_files import ACCOUNTS, STORY, CaseFiles, write_case
from tests.waiting import wait_until

pytestmark = pytest.mark.broker


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> CaseFiles:
    later = f"10:30:00  transfer  {ACCOUNTS['mule2']} -> x-9  500.00 CNY  mobile\n"
    return write_case(tmp_path_factory.mktemp("case"), STORY + later)


def parts_of(log: Path, ends: tuple[int, ...], folder: Path) -> list[Path]:
    """Return a log cut behind these lines."""
    lines = log.read_bytes().splitlines(keepends=True)
    paths = []
    for number, (begin, end) in enumerate(zip((0, *ends), (*ends, len(lines)), strict=True)):
        path = folder / f"part{number}.jsonl"
        path.write_bytes(b"".join(lines[begin:end]))
        paths.append(path)
    return paths


def policy_command(site: Site, *arguments: str) -> str:
    return run_cli("policy", *arguments, "--bootstrap", site.bootstrap, "--topic-prefix", site.prefix)


def number_in_force(worker: WorkerRun) -> list[str]:
    return [number for number, value in worker.metrics("policy_info", "number").items() if value == 1]


def where_it_begins(site: Site, **settings: str) -> tuple[str, int]:
    """Return where a worker that starts now takes its policy from, and which it is."""
    policy, known = policy_at_start(Settings(bootstrap=site.bootstrap, topic_prefix=site.prefix, **settings))  # type: ignore[arg-type]
    return "file" if known is None else "topic", policy.number


def stricter(folder: Path) -> Path:
    """Return a policy under which no freeze request goes out and nobody is the police's at once."""
    text = (DEPLOY / "policy.toml").read_text("utf-8")
    changed = text.replace('version = "', 'version = "strict-', 1)
    changed = changed.replace("review_only = { value = false", "review_only = { value = true")
    assert changed.count("review_only = { value = true") == 1
    path = folder / "strict.toml"
    path.write_text(changed, encoding="utf-8")
    return path


def test_a_worker_follows_and_its_evidence_is_derived_again(
    kafka: KafkaBroker, topic_prefix: str, tmp_path: Path, files: CaseFiles
) -> None:
    site = Site(
        kafka.bootstrap, topic_prefix, tmp_path, tick_after_s=10_000_000_000
    ).make_topics()  # the day is long past: no ticks
    first, second, third = parts_of(files.log, (1, 4), tmp_path)
    publisher = Publisher(site.bootstrap, site.prefix, "a colleague")
    with site.worker() as worker:
        produce(site, first)
        site.wait_until_done()
        assert number_in_force(worker) == ["0"]
        policy_command(site, "apply", str(stricter(tmp_path)), "--actor", "chief", "--reason", "drill")
        wait_until(lambda: number_in_force(worker) == ["2"])
        produce(site, second)
        site.wait_until_done()
        assert site.requests() == []
        broken = 'version = "broken"\n'
        publisher._put(publisher.read(), "APPLY", broken, digest_of(broken), "broken", None)
        wait_until(lambda: worker.metrics("policy_records_total", "fate").get("refused") == 1)
        assert number_in_force(worker) == ["2"]
        assert "policy refused, the one before goes on number=3" in worker.said()
        policy_command(site, "rollback", "--actor", "chief")
        policy_command(site, "rollback", "--actor", "chief")
        wait_until(lambda: number_in_force(worker) == ["5"])
        produce(site, third)
        site.wait_until_done()
        assert worker.terminate() == 0, worker.said()
    assert site.requests()
    assert where_it_begins(site) == ("topic", 5), "the topic wins over the file"
    assert where_it_begins(site, policy_from="file") == ("file", 0)
    audit = [decode("audit", record.value) for record in site.read("audit")]
    acts = [(entry.actor, entry.action, entry.outcome) for entry in audit if isinstance(entry, AuditRecord)]
    assert sorted(acts) == [
        ("a colleague", "POLICY_APPLY", "DONE"),
        ("chief", "POLICY_APPLY", "DONE"),
        ("chief", "POLICY_APPLY", "DONE"),
        ("chief", "POLICY_ROLLBACK", "DONE"),
        ("chief", "POLICY_ROLLBACK", "DONE"),
    ]
    history = json.loads(policy_command(site, "history", "--json"))
    assert [(each["number"], each["action"]) for each in history][-2:] == [(4, "ROLLBACK"), (5, "ROLLBACK")]
    assert [each.get("before") for each in history] == [None, *(each["digest"] for each in history[:-1])]
    assert history[4]["digest"] == history[0]["digest"] == digest_of(policy_command(site, "show"))
    versions = [alert.detector.policy_version for alert in site.alerts()]
    assert {version.startswith("strict-") for version in versions} == {True, False}

    out = tmp_path / "case.json"
    where = ("--bootstrap", site.bootstrap, "--topic-prefix", site.prefix, "--partitions", "1")
    run_cli("evidence", files.case_id, "--out", str(out), *where)
    bundle = bundle_of(take_apart(out.read_bytes()))
    assert check(out.read_bytes()) == []
    assert len(bundle.policy.earlier) == 2
    result = rederive(bundle, read([files.log]))
    assert (result.differences, result.is_exact) == ([], True)
