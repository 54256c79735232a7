"""The whole protocol with commands that only write files, and the document made of it."""

import json
import re
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow
import pytest
from pyarrow import parquet

from stream.cli import main
from stream.evaluation.document import document
from stream.evaluation.figures import evaluate
from stream.evaluation.pooled import pooled
from stream.evaluation.reading import read_material
from stream.results import SimulationOptions, StepError, data_sets, run_command, simulated
from tests.stream.evaluation import small_bank
from tests.stream.evaluation.small_bank import write

OPTIONS = SimulationOptions(accounts=100, days=2, base_rate=0.001)


class Commands:
    """Stands for the processes: keeps what was asked and writes what `evaluate` and `replay` would."""

    def __init__(self, evaluations: dict[str, dict[str, Any]], replays: Path | None = None) -> None:
        self.asked: list[tuple[str, ...]] = []
        self._evaluations = evaluations
        self._replays = replays

    def __call__(self, arguments: Sequence[str]) -> None:
        self.asked.append(tuple(arguments))
        if arguments[0] == "evaluate":
            out = Path(arguments[1])
            out.mkdir(parents=True, exist_ok=True)
            (out / "evaluation.json").write_text(json.dumps(self._evaluations[out.parent.name]))
        elif arguments[0] == "replay" and self._replays is not None:
            shutil.copytree(self._replays, Path(arguments[-1]))


def figures_of(folder: Path, **files: Any) -> dict[str, Any]:
    out = write(folder, **files)
    return evaluate(read_material(out, folder / "labels.csv", folder / "cases.jsonl"), budget=2)


@pytest.fixture
def two(tmp_path: Path) -> dict[str, dict[str, Any]]:
    """A run as the small bank is, and one in which nothing was said."""
    return {"seed-1": figures_of(tmp_path / "a"), "seed-2": figures_of(tmp_path / "b", alerts=[], requests=[])}


@pytest.fixture
def told(two: dict[str, dict[str, Any]], tmp_path: Path) -> dict[str, Any]:
    return simulated((1, 2), OPTIONS, tmp_path / "work", Commands(two))


def test_each_seed_is_simulated_replayed_and_evaluated(two: dict[str, dict[str, Any]], tmp_path: Path) -> None:
    commands, steps = Commands(two), []
    simulated((1, 2), OPTIONS, tmp_path / "work", commands, since="2026-03-02", say=steps.append)
    assert [asked[0] for asked in commands.asked] == ["simulate", "replay", "evaluate"] * 2
    simulate, replay, evaluation = (" ".join(asked).replace(str(tmp_path / "work"), "W") for asked in commands.asked[:3])
    assert simulate == "simulate --seed 1 --accounts 100 --days 2 --base-rate 0.001 --out W/seed-1/bank"
    assert replay == "replay W/seed-1/bank/events.jsonl.gz --out W/seed-1/out --scores"
    assert evaluation == (
        "evaluate W/seed-1/out --labels W/seed-1/bank/labels.csv --cases W/seed-1/bank/cases.jsonl --from 2026-03-02"
    )
    assert steps[0] == "seed 1: simulate"


def test_what_is_counted_begins_with_the_first_full_day_that_the_simulator_states(
    two: dict[str, dict[str, Any]], tmp_path: Path
) -> None:
    bank = tmp_path / "work" / "seed-1" / "bank"
    bank.mkdir(parents=True)
    (bank / "simulation.json").write_text(json.dumps({"parameters": {"start": "2025-09-01T00:00:00+08:00"}}))
    commands = Commands(two)
    options = SimulationOptions(accounts=100, days=2, base_rate=1 / 18_000, cases_per_typology=3)
    simulated((1, 2), options, tmp_path / "work", commands)
    assert commands.asked[0][5:11] == ("--days", "2", "--base-rate", "5.555555556e-05", "--cases-per-typology", "3")
    assert commands.asked[2][-2:] == ("--from", "2025-09-01T00:00:00+08:00")
    assert "--from" not in commands.asked[5]


def test_runs_are_pooled_by_their_sums(told: dict[str, Any]) -> None:
    whole = told["pooled"]
    assert (whole["transactions"]["labelled"], whole["transactions"]["fraud"]) == (24, 14)
    assert (whole["cases"]["all"]["cases"], whole["cases"]["all"]["caught"]) == (6, 1)
    assert whole["cases"]["all"]["value_recall"] == round(120 / 460, 6)
    assert whole["cases"]["plain"]["recall"] == 0.25
    alerts = whole["alerts"]["by_tier"][1]["per_alert"]
    assert (alerts["alarms"], alerts["right"], alerts["value_precision"]) == (3, 2, round(110 / 610, 6))
    assert {row["typology"]: row["alarms"] for row in whole["alerts"]["by_typology"]} == {"M1": 2, "M2": 1}
    assert whole["lookalikes"]["total"]["tier_2_share"] == round(1 / 6, 6)
    assert (whole["freezes"]["targets"], whole["freezes"]["right"]) == (1, 1)
    assert whole["alerts"]["wrong_holds"]["per_10000_customers"] == round(10_000 / 22, 6)
    amount = next(row for row in whole["baselines"] if row["name"] == "amount alone")
    assert (amount["alarms"], amount["right"], amount["recall"]) == (4, 2, round(2 / 14, 6))


def test_one_run_pooled_reaches_the_goals_that_it_reached_alone(two: dict[str, dict[str, Any]]) -> None:
    alone = two["seed-1"]
    assert pooled([alone])["goals"] == alone["goals"]


def test_the_document_states_goals_seeds_prevalence_and_machine(told: dict[str, Any]) -> None:
    text = document({"made_with": {"cpu": "a | fast one"}, "simulated": told, "data_sets": {}})
    caught = "cases caught at tier >= 2 before the cash-out is complete"
    assert f"| {caught} | ≥ 90.0 % | 25.0 % | **not met** | 1 of 4 cases | 50.0 % | 0 % |" in text
    assert "24 ranked transactions, 14 of them fraud: prevalence 1 in 2" in text
    assert "seeds 1, 2" in text
    assert "| cpu | a / fast one |" in text
    assert "make results DATA=DIR" in text
    assert "not the 6 look-alike scenes" in text
    assert "1 accounts proposed for a stop-payment: 1 mules, 0 victims, 0 innocents; 0.000 wrong per 10,000 customers." in text
    titles = re.findall("^#+ (.*)$", text, re.MULTILINE)
    assert titles[:3] == ["Results", "Made with", "Simulated bank"]
    assert {"Goals", "Look-alikes", "Beside what it must beat", "Time to detect"} <= set(titles)


def test_every_table_of_the_document_is_even(told: dict[str, Any]) -> None:
    text = document({"made_with": {"cpu": "x"}, "simulated": told, "data_sets": {}})
    for table in re.findall(r"(?:^\|.*\|\n)+", text, re.MULTILINE):
        assert len({line.count("|") for line in table.splitlines()}) == 1, table


def test_data_sets_stand_in_the_document_with_their_rule(told: dict[str, Any]) -> None:
    week = {"name": "ours", "auc": 0.5, "average_precision": 0.1, "card_precision_100": 0.25, "card_precision_100_found_kept": 0.3}
    heads = {"name": "in-degree", "auc": 0.7, "average_precision": 0.2}
    sets = {
        "fraud_handbook": {"rows": 1_000, "fraud": 10, "prevalence": 0.01, "scores": [week]},
        "amlsim_fanin": {"rows": 200, "fraud": 10, "prevalence": 0.05, "scores": [heads]},
    }
    text = document({"made_with": {}, "simulated": told, "data_sets": sets})
    assert "1,000 rows, 10 fraud: prevalence 1 in 100" in text
    assert "| ours | 0.500 | 0.100 | 0.250 | 0.300 |" in text
    assert "| in-degree | 0.700 | 0.200 |" in text
    assert "those found on an earlier day left out" in text


def data_folder(tmp_path: Path, *names: str) -> Path:
    for name in names:
        (tmp_path / "data" / name).mkdir(parents=True)
        (tmp_path / "data" / name / "rows.parquet").touch()
    return tmp_path / "data"


def test_data_sets_that_are_there_are_replayed_with_their_mapping(tmp_path: Path) -> None:
    replayed = write(tmp_path / "bank")
    shutil.copy(tmp_path / "bank" / "labels.csv", replayed)
    commands = Commands({}, replayed)
    told = data_sets(data_folder(tmp_path, "paysim", "fraud_handbook"), tmp_path / "work", commands)
    assert [asked[2:5] for asked in commands.asked] == [
        ("--mapping", "handbook", "--mapped-labels"),
        ("--mapping", "paysim", "--mapped-labels"),
    ]
    assert ["--labels-after" in asked for asked in commands.asked] == [True, False], "only the Handbook's labels come back"
    assert (told["paysim"]["rows"], told["paysim"]["fraud"]) == (12, 7)
    assert told["fraud_handbook"]["rows"] == 0, "none of these days is of the test week"


def test_accounts_of_amlsim_are_ranked_without_labels_of_payments(tmp_path: Path) -> None:
    folder = data_folder(tmp_path, "amlsim_fanin")
    accounts = pyarrow.table({"nodeid": [small_bank.MULE, "c-1", "c-2"], "isFraud": [1, 0, 0]})
    parquet.write_table(accounts, folder / "amlsim_fanin" / "rows_accounts.parquet")
    commands = Commands({}, write(tmp_path / "bank"))
    told = data_sets(folder, tmp_path / "work", commands)
    assert "--mapped-labels" not in commands.asked[0]
    assert [(row["name"], row["auc"]) for row in told["amlsim_fanin"]["scores"][:2]] == [
        ("ours, by payments", 1.0),
        ("ours, by alerts", 1.0),
    ]


def test_a_data_folder_that_holds_something_else_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StepError, match=r"none of fraud_handbook, amlsim_fanin, paysim, sparkov"):
        data_sets(tmp_path, tmp_path / "work", Commands({}))
    with pytest.raises(StepError, match=r"amlsim_fanin: expected one table of payments and one of accounts"):
        data_sets(data_folder(tmp_path, "amlsim_fanin"), tmp_path / "work", Commands({}))


def test_a_step_that_fails_says_why() -> None:
    with pytest.raises(StepError, match=r"goldenhour replay ended with status 2: .*no-such-file"):
        run_command(("replay", "no-such-file.jsonl", "--out", "never"))


@pytest.mark.parametrize(("seeds", "reason"), [("1,1", "a seed is named twice"), ("one", "seeds are whole numbers")])
def test_seeds_must_be_different_numbers(capfd: pytest.CaptureFixture[str], seeds: str, reason: str) -> None:
    with pytest.raises(SystemExit) as end:
        main(("results", "--seeds", seeds))
    assert (end.value.code, reason in capfd.readouterr().err) == (2, True)
