"""Evidence gathered from the topics of a cluster, and derived again from the file that was sent to it."""

import json
from pathlib import Path

import pytest

from connectors.broker_errors import BrokerError
from connectors.contract_json import decode
from connectors.kafka_reading import read_topic
from connectors.replay_files import read
from models.records import AuditRecord
from stream.brokers import KafkaBroker
from stream.evidence.checks import check
from stream.evidence.form import EvidenceError, bundle_of, take_apart
from stream.evidence.openings import audit_opening
from stream.evidence.rederiving import rederive
from tests.integration.worker_tools import Site
from tests.parity.days import produce, run_cli
from tests.stream.evidence.case_files import CaseFiles, write_case

pytestmark = pytest.mark.broker


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> CaseFiles:
    return write_case(tmp_path_factory.mktemp("case"))


@pytest.mark.parametrize("partitions", [1, 4])
def test_the_evidence_of_a_cluster_is_derived_again_from_the_file_that_was_sent(
    kafka: KafkaBroker, topic_prefix: str, tmp_path: Path, files: CaseFiles, partitions: int
) -> None:
    site = Site(kafka.bootstrap, topic_prefix, tmp_path, partitions=partitions).make_topics()
    produce(site, files.log)
    site.work_to_the_end()
    out = tmp_path / "case.json"
    run_cli(
        *("evidence", files.case_id, "--out", str(out), "--bootstrap", site.bootstrap),
        *("--topic-prefix", site.prefix, "--partitions", str(partitions)),
    )
    raw = out.read_bytes()
    bundle = bundle_of(take_apart(raw))
    assert check(raw) == []
    result = rederive(bundle, read([files.log]))
    assert (result.differences, result.is_exact) == ([], partitions == 1)
    alerts = {(row["alert_id"], row["revision"]) for row in (json.loads(bytes(entry.record)) for entry in bundle.alerts)}
    assert alerts
    assert {entry.topic for entry in bundle.inputs} == {"transactions", "victim-reports", "freeze-responses"}
    assert bundle.case.missing_events == ()
    assert site.read("audit") == []
    if partitions == 1:
        assert_an_opening_is_audited_or_not_done(site, files, tmp_path)


def assert_an_opening_is_audited_or_not_done(site: Site, files: CaseFiles, tmp_path: Path) -> None:
    where = ("--bootstrap", site.bootstrap, "--partitions", "1")
    opening = ("--case-ref", "P-7", "--reason", "asked by the police", "--openings", str(tmp_path / "openings.jsonl"))
    out = tmp_path / "opened.json"
    run_cli("evidence", files.case_id, "--out", str(out), *where, "--topic-prefix", site.prefix, *opening)
    (told,) = [decode("audit", value) for value in site.values("audit")]
    assert isinstance(told, AuditRecord)
    assert (told.action, told.outcome, told.case_id) == ("OPEN_IDENTIFIERS", "DONE", files.case_id)
    assert (told.case_ref, told.reason) == ("P-7", "asked by the police")
    with pytest.raises(EvidenceError, match="topic audit, so nothing is opened"):
        audit_opening("127.0.0.1:1", site.prefix, told.made_at, files.case_id, "P-7", "asked")


def test_a_topic_that_is_not_there_is_told(kafka: KafkaBroker, topic_prefix: str) -> None:
    with pytest.raises(BrokerError, match="There is no topic "):
        list(read_topic(kafka.bootstrap, f"{topic_prefix}nothing"))


def test_a_cluster_that_cannot_be_reached_is_told() -> None:
    with pytest.raises(BrokerError, match=r"127\.0\.0\.1:1 cannot be reached"):
        list(read_topic("127.0.0.1:1", "alerts"))
