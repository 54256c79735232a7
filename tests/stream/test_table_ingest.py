"""Tables become records, each row once; what is wrong is told by file, row and field; no file is lost on the way."""

import hashlib
import json
import os
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from connectors import mapping
from connectors.tables.rows import SUFFIXES
from connectors.tables.samples import MAPPING, csv_text
from stream.cli import cli
from stream.message_folder import messages_in
from stream.table_ingest import TableIngest
from tests.connectors.golden import TOKENS
from tests.connectors.test_tables import COMMON, ROW, table
from tests.stream.sent_log import Log
from tests.waiting import wait_until

NOW = datetime(2026, 3, 2, 2, tzinfo=UTC)
BY = mapping.parse("own.toml", COMMON)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "in"
    path.mkdir()
    return path


def ingest(folder: Path, log: Any, by: mapping.Mapping = BY) -> TableIngest:
    run = TableIngest(by, TOKENS, log, lambda: NOW, lambda text: None)
    run.run(messages_in(folder, SUFFIXES), moves=True)
    return run


def names(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_rows_go_out_with_the_contracts_key_at_their_own_time(folder: Path) -> None:
    table(folder / "a.csv", ROW)
    log = Log()
    ingest(folder, log)
    ((topic, key, raw, at_ms),) = log.sent
    assert (topic, key, at_ms) == ("transactions", b"a-1", 1_772_413_200_000)
    assert json.loads(raw)["event_id"] == "e1"
    assert names(folder) == ["done/a.csv"]


def test_a_bad_row_is_a_dead_letter_with_file_row_and_field_and_the_others_go_out(folder: Path) -> None:
    path = table(folder / "a.csv", ROW, ROW | {"id": "e2", "sum": "secret", "when": "never"}, ROW | {"id": "e3"})
    content = hashlib.sha256(path.read_bytes()).hexdigest()
    log = Log()
    counts = ingest(folder, log).counts
    assert [record["event_id"] for record in log.records()] == ["e1", "e3"]
    (letter,) = log.records("dead-letters")
    assert letter["source"] == {"topic": f"table-{content[:32]}", "partition": 0, "offset": 2}
    assert (letter["error"]["field"], letter["raw_sha256"]) == ("amount_minor (sum)", content)
    assert "secret" not in json.dumps(letter)
    assert (counts.files, counts.bad_files, counts.transactions, counts.errors) == (1, 1, 2, 1)
    assert (folder / "bad" / "a.csv.error").read_text("utf-8").splitlines() == [
        "wrong_type at amount_minor (sum) (row 2): the cell is no number",
        "bad_time at event_time (when) (row 2): the cell is no time as in 2018-04-01 00:00:31",
    ]


def test_a_file_without_a_column_says_which_and_sends_nothing(folder: Path) -> None:
    table(folder / "a.csv", {"id": "e1", "when": "2026-03-02 09:00:00"})
    log = Log()
    ingest(folder, log)
    assert [topic for topic, *_ in log.sent] == ["dead-letters"]
    assert "no column 'sum'" in (folder / "bad" / "a.csv.error").read_text("utf-8")


def test_a_broker_that_dies_in_the_middle_costs_no_row_and_the_next_run_says_the_same(folder: Path) -> None:
    (folder / "a.csv").write_bytes(csv_text(16_500))
    whole, cut, again = Log(), Log(ends=2), Log()
    with pytest.raises(ConnectionError):
        ingest(folder, cut, MAPPING)
    assert names(folder) == ["a.csv"]
    ingest(folder, again, MAPPING)
    (folder / "done" / "a.csv").rename(folder / "a.csv")
    ingest(folder, whole, MAPPING)
    assert 0 < len(cut.sent) < len(whole.sent) == 16_500
    assert whole.sent[: len(cut.sent)] == cut.sent
    assert again.sent == whole.sent


def test_a_second_file_of_a_name_whose_rows_would_pass_for_copies_is_refused(folder: Path) -> None:
    by = mapping.parse("own.toml", COMMON.replace('event_id = { column = "id" }\n', ""))
    table(folder / "a.csv", ROW)
    ingest(folder, Log(), by)
    table(folder / "a.csv", ROW | {"sum": "9"})
    log = Log()
    assert ingest(folder, log, by).counts.bad_files == 1
    assert log.records() == []
    table(folder / "a.csv", ROW)
    assert ingest(folder, log, by).counts.bad_files == 0


# ---- the command -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    (tmp_path / "own.toml").write_text(COMMON)
    return tmp_path / "own.toml"


def command(*arguments: object) -> tuple[int, str]:
    result = CliRunner().invoke(cli, ["ingest", "table", *map(str, arguments)])
    return result.exit_code, result.output


def test_what_the_command_wrote_can_be_replayed_and_a_second_run_adds_nothing(folder: Path, tmp_path: Path, rules: Path) -> None:
    out = tmp_path / "day.jsonl"
    for _ in range(2):
        table(folder / "a.csv", ROW, ROW | {"id": "e2"})
        assert command(folder, "--mapping", rules, "--out", out) == (0, "1 files, 0 bad: 2 transactions, 0 bad rows\n")
    assert len(out.read_bytes().splitlines()) == 2
    result = CliRunner().invoke(cli, ["replay", str(out), "--out", str(tmp_path / "out"), "--json"])
    assert json.loads(result.output)["dead_letters"] == {}


def test_a_bad_file_named_by_itself_stays_and_is_status_1_with_its_faults(tmp_path: Path, rules: Path) -> None:
    path = table(tmp_path / "a.csv", ROW | {"sum": "x"})
    status, said = command(path, "--mapping", rules, "--out", tmp_path / "day.jsonl")
    assert (status, path.exists()) == (1, True)
    assert "a.csv: wrong_type at amount_minor (sum) (row 1): the cell is no number" in said


@pytest.mark.parametrize("arguments", [("--out", "day.csv"), ("--out", "day.jsonl", "--watch")])
def test_wrong_usage_is_status_2(tmp_path: Path, rules: Path, arguments: tuple[str, ...]) -> None:
    assert command(table(tmp_path / "a.csv", ROW), "--mapping", rules, *arguments)[0] == 2


def test_a_file_of_another_kind_is_refused_before_anything_is_read(tmp_path: Path, rules: Path) -> None:
    (tmp_path / "a.xls").write_bytes(b"")
    status, said = command(tmp_path / "a.xls", "--mapping", rules, "--out", tmp_path / "day.jsonl")
    assert (status, "a table ends in .csv" in said) == (2, True)


def test_watching_reads_what_comes_in_until_it_is_told_to_end(folder: Path, tmp_path: Path, rules: Path) -> None:
    out = tmp_path / "day.jsonl"
    arguments = ["--mapping", str(rules), "--out", str(out), "--watch", str(folder), "--every", "0.05"]
    process = subprocess.Popen(
        [sys.executable, "-m", "stream", "ingest", "table", *arguments],
        env={**os.environ, "GOLDENHOUR_NATIVE": "0"},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        for number in range(2):
            table(folder / f"{number}.csv", ROW | {"id": f"e{number}"})
            wait_until((folder / "done" / f"{number}.csv").exists)
        process.send_signal(signal.SIGTERM)
        said, _ = process.communicate(timeout=30)
    finally:
        process.kill()
    assert process.returncode == 0
    assert said.splitlines()[-1] == "2 files, 0 bad: 2 transactions, 0 bad rows"
    assert len(out.read_bytes().splitlines()) == 2
