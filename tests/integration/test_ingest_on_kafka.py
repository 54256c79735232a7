"""Messages through `goldenhour ingest` and `recall` on a real Kafka."""

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from connectors.contract_json import encode
from connectors.kafka_admin import ensure_topics
from connectors.kafka_producer import produce
from connectors.kafka_reader import read_topic
from connectors.topics import TopicSpec
from stream.brokers import KafkaBroker
from stream.cli import cli
from tests.connectors.iso20022.messages import golden_path
from tests.connectors.iso20022.test_recall import approvals, freeze_request

pytestmark = pytest.mark.broker


@pytest.fixture
def topics(kafka: KafkaBroker, topic_prefix: str) -> str:
    names = ("transactions", "freeze-responses", "dead-letters", "freeze-requests", "traces")
    ensure_topics(kafka.bootstrap, [TopicSpec(topic_prefix + name, "in", partitions=2, replication=1, config={}) for name in names])
    return topic_prefix


def test_messages_become_records_and_a_request_becomes_a_recall(kafka: KafkaBroker, topics: str, tmp_path: Path) -> None:
    folder, key = tmp_path / "in", tmp_path / "key"
    folder.mkdir()
    key.write_bytes(b"k" * 32)
    for case in ("pacs008_two_payments", "pacs002_accepted_refused_pending", "camt029_pending", "cut_off"):
        shutil.copy(golden_path(case), folder)
    common = ["--bootstrap", kafka.bootstrap, "--topic-prefix", topics, "--own-bics", "BANKCNBJ"]
    result = CliRunner().invoke(cli, ["ingest", "iso20022", str(folder), "--token-key-file", str(key), *common])
    assert result.exit_code == 1, result.output
    assert result.output == "4 files, 1 bad: 4 transactions, 1 freeze responses, 1 errors\n"
    statuses = sorted(json.loads(raw)["status"] for raw in read_topic(kafka.bootstrap, topics + "transactions"))
    assert statuses == ["APPROVED", "DECLINED", "REQUESTED", "REQUESTED"]
    (response,) = read_topic(kafka.bootstrap, topics + "freeze-responses")
    assert json.loads(response)["status"] == "ACKNOWLEDGED"
    (letter,) = read_topic(kafka.bootstrap, topics + "dead-letters")
    assert json.loads(letter)["error"]["code"] == "bad_frame"

    request = freeze_request(approvals()[0])
    produce(kafka.bootstrap, [(topics + "freeze-requests", request.request_id.encode(), encode(request), 1_772_415_000_000)])
    out = tmp_path / "out"
    asked = CliRunner().invoke(cli, ["recall", "--originals", str(folder / "done"), "--out", str(out), *common])
    assert asked.output == "1 recalls written, 0 there already\n"
    assert len(list(out.iterdir())) == 1
