"""`goldenhour simulate`: a folder that repeats to the byte, that replay reads, and that says what is in it."""

import csv
import gzip
import hashlib
import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from connectors.contract_json import decode
from connectors.labels import read_labels
from connectors.replay_files import read
from models.records import Transaction
from stream.cli import cli

SMALL = ("--accounts", "150", "--days", "5", "--history-days", "4", "--cases-per-typology", "1", "--seed", "3")
FILES = ("cases.jsonl", "events.jsonl.gz", "labels.csv", "simulation.json")


def simulate(out: Path, *options: str) -> str:
    """Run the command in this process; return what it printed."""
    result = CliRunner().invoke(cli, ["simulate", "--out", str(out), *options], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("bank")
    simulate(out, *SMALL)
    return out


def _cases(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "cases.jsonl").read_text("utf-8").splitlines()]


def test_the_folder_holds_the_four_files(folder: Path) -> None:
    assert tuple(sorted(path.name for path in folder.iterdir())) == FILES


@pytest.mark.parametrize("hash_seed", ["1", "2"])
def test_one_seed_gives_the_same_bytes_in_another_process(folder: Path, tmp_path: Path, hash_seed: str) -> None:
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "GOLDENHOUR_NATIVE": "0"}
    command = [sys.executable, "-m", "stream", "simulate", "--out", str(tmp_path), *SMALL]
    subprocess.run(command, env=environment, check=True, capture_output=True)
    digests = [{name: hashlib.sha256((place / name).read_bytes()).hexdigest() for name in FILES} for place in (folder, tmp_path)]
    assert digests[0] == digests[1]


def test_another_seed_gives_other_bytes(folder: Path, tmp_path: Path) -> None:
    simulate(tmp_path, *SMALL[:-1], "4")
    assert (tmp_path / "events.jsonl.gz").read_bytes() != (folder / "events.jsonl.gz").read_bytes()


def test_plain_and_packed_files_hold_the_same_lines_and_replace_each_other(folder: Path, tmp_path: Path) -> None:
    simulate(tmp_path, *SMALL)
    simulate(tmp_path, *SMALL, "--form", "jsonl")
    assert not (tmp_path / "events.jsonl.gz").exists()
    assert (tmp_path / "events.jsonl").read_bytes() == gzip.decompress((folder / "events.jsonl.gz").read_bytes())


def test_replay_reads_every_line_in_the_order_of_arrival(folder: Path) -> None:
    lines = list(read([folder / "events.jsonl.gz"]))
    arrivals = [line.arrival_ms for line in lines]
    assert arrivals == sorted(arrivals)
    assert {line.topic for line in lines} == {"transactions", "account-events", "victim-reports", "dispositions"}
    for line in lines:
        decode(line.topic, line.raw)


def test_every_transaction_has_one_label_and_frauds_name_their_case_and_typology(folder: Path) -> None:
    decoded = (decode(line.topic, line.raw) for line in read([folder / "events.jsonl.gz"]))
    events = {record.event_id for record in decoded if isinstance(record, Transaction)}
    labels = read_labels(folder / "labels.csv")
    assert set(labels.label_of) == events
    with (folder / "labels.csv").open(newline="") as file:
        assert len(list(csv.DictReader(file))) == len(events)
    frauds = {event_id for event_id, label in labels.label_of.items() if label}
    assert set(labels.case_of) == set(labels.typology_of) == frauds
    assert set(labels.case_of.values()) == {case["case"] for case in _cases(folder) if case["kind"] == "FRAUD"}


FRAUD = {"case", "kind", "typology", "typologies", "is_hard", "starts_at", "victims", "mules", "terminals", "devices"} | {
    "thefts",
    "moves",
    "stolen_minor",
    "currency",
}
LOOKALIKE = {"case", "kind", "lookalike", "starts_at", "accounts"}


def test_cases_have_the_members_that_an_evaluation_reads(folder: Path) -> None:
    cases = _cases(folder)
    assert len({case["case"] for case in cases}) == len(cases)
    for case in cases:
        if case["kind"] == "LOOKALIKE":
            assert set(case) == LOOKALIKE
            assert case["accounts"]
        else:
            assert set(case) - {"cash_out_complete_at", "reported_at"} == FRAUD
            assert case["typology"] in case["typologies"]
            assert case["stolen_minor"] == sum(theft["amount_minor"] for theft in case["thefts"])
            assert all(move["leaves"] in ("CASH", "OFF_US", "") for move in case["moves"])
            assert all(set(mule) == {"account", "hop", "on_us"} and 1 <= mule["hop"] <= 6 for mule in case["mules"])


def test_the_counts_are_those_of_the_files(folder: Path) -> None:
    told = json.loads((folder / "simulation.json").read_text("utf-8"))
    counts, labels = told["counts"], read_labels(folder / "labels.csv")
    assert counts["records"] == sum(1 for _ in read([folder / "events.jsonl.gz"]))
    assert counts["transactions"] == len(labels.label_of)
    assert counts["fraud_transactions"] == labels.fraud_count
    assert sum(counts["cases"].values()) == sum(case["kind"] == "FRAUD" for case in _cases(folder))
    assert sum(counts["lookalikes"].values()) == sum(case["kind"] == "LOOKALIKE" for case in _cases(folder))
    assert told["seed"] == 3
    assert told["parameters"]["accounts"] == 150


def test_with_json_the_command_prints_what_was_simulated_and_nothing_else(tmp_path: Path) -> None:
    printed = simulate(tmp_path, "--accounts", "120", "--days", "1", "--history-days", "0", "--json")
    assert printed == (tmp_path / "simulation.json").read_text("utf-8")


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (("--typologies", "V99"), "unknown typology or look-alike V99"),
        (("--start", "2025-09-01T00:00:00"), "the offset is missing"),
        (("--start", "monday"), "not a date"),
        (("--accounts", "5"), "5 is not in the range"),
    ],
)
def test_impossible_options_end_in_one_sentence_and_status_two(tmp_path: Path, options: tuple[str, ...], complaint: str) -> None:
    result = CliRunner().invoke(cli, ["simulate", "--out", str(tmp_path), *options])
    assert (result.exit_code, complaint in result.output) == (2, True)


def test_a_bank_may_begin_yesterday(tmp_path: Path) -> None:
    simulate(tmp_path, "--accounts", "100", "--days", "1", "--history-days", "0", "--start", "yesterday")
    with gzip.open(tmp_path / "events.jsonl.gz", "rt") as lines:
        first = datetime.fromisoformat(json.loads(next(lines))["event_time"])
    assert timedelta(0) < datetime.now(UTC) - first < timedelta(days=2)
