import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from connectors.connector import find_connectors
from connectors.iso8583.layout import builtin_layouts
from connectors.tokens import Tokens
from stream.bench.session import QUICK, Sizes, options_from
from stream.bench.targets import TARGETS
from stream.brokers import KafkaBroker
from stream.cli import cli

NOTHING_GIVEN = {"quick": False, "runs": None, "seed": 1, "events": None, "kills": None, "pin": False, "bootstrap": None}


def test_a_full_call_repeats_three_times_and_a_quick_one_does_not() -> None:
    assert options_from(("replay",), **NOTHING_GIVEN).runs == 3
    assert options_from(("replay",), **NOTHING_GIVEN | {"quick": True}).runs == 1
    assert options_from(("replay",), **NOTHING_GIVEN | {"quick": True, "runs": 2}).runs == 2


def test_sizes_are_those_of_the_kind_of_call_but_for_what_is_given() -> None:
    assert options_from((), **NOTHING_GIVEN).sizes == Sizes()
    quick = options_from((), **NOTHING_GIVEN | {"quick": True, "kills": 50, "events": 1_000}).sizes
    assert (quick.kills, quick.throughput_events, quick.accounts) == (50, 1_000, QUICK.accounts)


def test_an_unknown_section_is_wrong_usage() -> None:
    result = CliRunner().invoke(cli, ["bench", "weather"])
    assert result.exit_code == 2
    assert "weather" in result.output


def test_a_quick_run_shows_tables_and_writes_one_result_file(tmp_path: Path) -> None:
    arguments = ["bench", "--quick", "--out", str(tmp_path), "--name", "quick", "replay", "scaling", "detectors"]
    result = CliRunner().invoke(cli, arguments, catch_exceptions=False)
    assert result.exit_code == 0
    assert "events/s" in result.output
    found = json.loads((tmp_path / "quick.json").read_text())
    assert [section["name"] for section in found["sections"]] == ["replay", "scaling", "detectors"]
    assert found["seed"] == 1
    assert found["broker"] == "none needed"
    figures = [figure for section in found["sections"] for figure in section["figures"]]
    measured = {(section["name"], figure["name"]) for section in found["sections"] for figure in section["figures"]}
    assert {target for target in TARGETS if target[0] in ("replay", "scaling", "detectors")} <= measured
    assert all(figure["min"] <= figure["median"] <= figure["max"] for figure in figures)
    assert all(check["ok"] for section in found["sections"] for check in section["checks"])


def test_every_connector_is_measured_and_reads_what_its_peer_reads(tmp_path: Path) -> None:
    arguments = ["bench", "--quick", "--out", str(tmp_path), "--name", "connectors", "connectors"]
    result = CliRunner().invoke(cli, arguments, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    (section,) = json.loads((tmp_path / "connectors.json").read_text())["sections"]
    figures = {figure["name"] for figure in section["figures"]}
    names = {connector.name for connector in find_connectors(Tokens(b"k" * 32))}
    assert {f"{name}_per_s" for name in names} <= figures
    assert {f"{name}_to_peer" for name in builtin_layouts()} <= figures
    assert len(section["checks"]) >= len(builtin_layouts())
    assert all(check["ok"] for check in section["checks"])


@pytest.mark.broker
def test_state_comes_back_and_a_killed_worker_loses_nothing(kafka: KafkaBroker, tmp_path: Path) -> None:
    arguments = ["bench", "--quick", "--kills", "1", "--bootstrap", kafka.bootstrap, "--out", str(tmp_path), "--name", "kafka"]
    result = CliRunner().invoke(cli, [*arguments, "recovery", "kill"], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    sections = {section["name"]: section for section in json.loads((tmp_path / "kafka.json").read_text())["sections"]}
    told = {figure["name"]: figure["median"] for figure in sections["kill"]["figures"]}
    assert (told["lost"], told["doubled"]) == (0, 0)
    assert told["told"] > 0
    assert sections["recovery"]["checks"][0]["ok"]
    assert {f"seconds_{QUICK.recovery_keys}", "keys_per_s"} <= {figure["name"] for figure in sections["recovery"]["figures"]}
