"""Change events and tables through `goldenhour ingest` on a real Kafka: killed in the middle, nothing is lost or doubled."""

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from click.testing import CliRunner

from connectors.cdc.samples import change, row
from connectors.kafka_admin import ensure_topics
from connectors.kafka_producer import produce
from connectors.kafka_reader import read_topic
from connectors.topics import TopicSpec
from stream.brokers import KafkaBroker
from stream.cli import cli, main
from tests.connectors.test_cdc import rule_text
from tests.connectors.test_tables import COMMON, ROW, table
from tests.waiting import wait_until

pytestmark = pytest.mark.broker

ROWS = 6_000
SAME_INSTANCE = {"GOLDENHOUR_INSTANCE_ID": "cdc-1"}
"""By its name a restart takes its partitions over at once, instead of waiting for the session of the one killed to end."""


@pytest.fixture
def topics(kafka: KafkaBroker, topic_prefix: str) -> str:
    names = ("transactions", "dead-letters", "core.transfers")
    ensure_topics(kafka.bootstrap, [TopicSpec(topic_prefix + name, "in", partitions=2, replication=1, config={}) for name in names])
    return topic_prefix


@pytest.fixture
def given(kafka: KafkaBroker, topics: str, tmp_path: Path) -> list[str]:
    (tmp_path / "key").write_bytes(b"k" * 32)
    (tmp_path / "changes.toml").write_text(rule_text().replace('{ "S" = "APPROVED" }', '{ "S" = "APPROVED", "R" = "REVERSED" }'))
    own = ["--topic", topics + "core.transfers", "--mapping", str(tmp_path / "changes.toml"), "--group", topics + "cdc"]
    return [*own, "--token-key-file", str(tmp_path / "key"), "--bootstrap", kafka.bootstrap, "--topic-prefix", topics]


def stream(kafka: KafkaBroker, topics: str, values: list[tuple[int, bytes]]) -> None:
    produce(kafka.bootstrap, [(topics + "core.transfers", b"%d" % number, raw, 1_772_414_050_000) for number, raw in values])


def transactions(kafka: KafkaBroker, topics: str) -> list[dict[str, object]]:
    return [json.loads(raw) for raw in read_topic(kafka.bootstrap, topics + "transactions")]


def test_killed_in_the_middle_it_loses_nothing_and_repeats_only_the_same(kafka: KafkaBroker, topics: str, given: list[str]) -> None:
    inserts = [(number, change("c", None, row(number))) for number in range(ROWS)]
    reversals = [(number, change("u", row(number), row(number, "R"))) for number in range(0, ROWS, 3)]
    stream(kafka, topics, [*inserts, *reversals, (5, change("d", row(5), None)), (7, b"{")])
    command = [sys.executable, "-m", "stream", "ingest", "cdc", *given]
    environ = {**os.environ, "GOLDENHOUR_NATIVE": "0", **SAME_INSTANCE}
    process = subprocess.Popen(command, env=environ, stdout=subprocess.DEVNULL)
    try:
        wait_until(lambda: bool(transactions(kafka, topics)))
    finally:
        process.kill()
        process.wait()
    result = CliRunner().invoke(cli, ["ingest", "cdc", *given, "--once"], env=SAME_INSTANCE)
    assert result.exit_code in (0, 1), result.output

    found = transactions(kafka, topics)
    contents: dict[object, set[str]] = {}
    for record in found:
        contents.setdefault(record["event_id"], set()).add(json.dumps(record))
    assert {len(told) for told in contents.values()} == {1}
    assert Counter(str(name)[-2:] for name in contents) == {"-a": ROWS, "-r": len(reversals)}
    letters = set(read_topic(kafka.bootstrap, topics + "dead-letters"))
    assert {json.loads(raw)["error"]["code"] for raw in letters} == {"not_json"}

    again = CliRunner().invoke(cli, ["ingest", "cdc", *given, "--once"], env=SAME_INSTANCE)
    assert (again.exit_code, again.output) == (0, "no changes: 0 transactions, 0 errors\n")


def test_a_lost_column_stops_it_with_the_columns_name_and_nothing_behind_is_skipped(
    kafka: KafkaBroker, topics: str, given: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    lost = {name: cell for name, cell in row(2).items() if name != "amount"}
    stream(kafka, topics, [(1, change("c", None, row(1)))])
    stream(kafka, topics, [(1, change("c", None, lost)), (1, change("c", None, row(3)))])
    for _ in range(2):
        with pytest.raises(SystemExit) as ended:
            main(["ingest", "cdc", *given, "--once"])
        assert ended.value.code == 2
        said = capsys.readouterr().err
        assert "the row has no column 'amount'" in said
        assert topics + "core.transfers, partition" in said
    assert {record["event_id"] for record in transactions(kafka, topics)} == {"t1-a"}


def test_a_table_is_written_with_its_rows_own_times(kafka: KafkaBroker, topics: str, tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text(COMMON)
    path = table(tmp_path / "a.csv", ROW, ROW | {"id": "e2", "sum": "x"}, ROW | {"id": "e3"})
    arguments = ["--mapping", str(tmp_path / "own.toml"), "--bootstrap", kafka.bootstrap, "--topic-prefix", topics]
    result = CliRunner().invoke(cli, ["ingest", "table", str(path), *arguments])
    assert result.exit_code == 1, result.output
    assert {record["event_id"] for record in transactions(kafka, topics)} == {"e1", "e3"}
    (letter,) = read_topic(kafka.bootstrap, topics + "dead-letters")
    assert json.loads(letter)["source"]["offset"] == 2
