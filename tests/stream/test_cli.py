"""The command line: every command explains itself, bad input ends in one sentence and status 2, machines get JSON."""

import csv
import json
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import click
import pytest

from connectors.pacing import OutboundRecord
from stream.cli import cli, main
from stream.settings import Settings
from tests.bank import shipped_rulebook
from tests.parity.days import small_day, write_day

COMMANDS = sorted(cli.commands)
UNREACHABLE = "127.0.0.1:1"
CARDS = """\
TRANSACTION_ID,TX_DATETIME,CUSTOMER_ID,TERMINAL_ID,TX_AMOUNT,TX_TIME_SECONDS,TX_TIME_DAYS,TX_FRAUD,TX_FRAUD_SCENARIO
0,2018-04-01 00:00:31,596,3156,57.16,31,0,0,0
1,2018-04-01 00:02:10,4961,3412,81.51,130,0,1,1
2,2018-04-01 00:07:56,2,1365,146.00,476,0,0,0
"""


def ended(capfd: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    """Run a command as the process would; return status, output and error output."""
    with pytest.raises(SystemExit) as end:
        main(arguments)
    out, err = capfd.readouterr()
    return int(end.value.code or 0), out, err


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_day(tmp_path_factory.mktemp("day") / "day.jsonl", small_day(7, malformed=3))


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(capfd: pytest.CaptureFixture[str], command: str) -> None:
    status, out, err = ended(capfd, command, "--help")
    assert (status, err) == (0, "")
    assert out.startswith(f"Usage: goldenhour {command}")


@pytest.mark.parametrize("command", COMMANDS)
def test_every_option_says_what_it_is_for(command: str) -> None:
    options = [option for option in cli.commands[command].params if isinstance(option, click.Option)]
    assert [option.name for option in options if not option.help and not option.hidden] == []


def test_without_a_command_the_commands_are_listed(capfd: pytest.CaptureFixture[str]) -> None:
    _, out, err = ended(capfd)
    visible = [name for name in COMMANDS if not cli.commands[name].hidden]
    assert [name for name in visible if f"  {name} " not in out + err] == []


def test_the_version_is_told(capfd: pytest.CaptureFixture[str]) -> None:
    status, out, _ = ended(capfd, "--version")
    assert (status, out.split(",")[0]) == (0, "goldenhour")


@pytest.mark.parametrize(
    "arguments",
    [
        ("judge",),
        ("replay",),
        ("replay", "no-such-file.jsonl", "--out", "out"),
        ("replay", str(Path(__file__))),
        ("produce", str(Path(__file__)), "--rate", "0"),
        ("produce", str(Path(__file__)), "--rate", "5", "--speed", "5"),
        ("worker", "--partitions", "0"),
        ("worker", "--transport", "pigeon"),
        ("topics", "--replication", "0"),
        ("--settings", "no-such-file.toml", "settings"),
    ],
)
def test_wrong_usage_ends_with_status_2_and_how_to_use_it(capfd: pytest.CaptureFixture[str], arguments: tuple[str, ...]) -> None:
    status, out, err = ended(capfd, *arguments)
    assert (status, out) == (2, "")
    assert "Usage: goldenhour" in err


def sentences(capfd: pytest.CaptureFixture[str], *arguments: str) -> list[str]:
    """Return what a command that must fail by status 2 says, one sentence a line."""
    status, out, err = ended(capfd, *arguments)
    assert (status, out) == (2, "")
    lines = err.splitlines()
    assert [line for line in lines if not line.startswith("goldenhour: ")] == []
    return [line.removeprefix("goldenhour: ") for line in lines]


def test_wrong_settings_are_told_all_at_once(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOLDENHOUR_PARTITIONS", "none")
    monkeypatch.setenv("GOLDENHOUR_COLOUR", "red")
    first, second = sentences(capfd, "settings")
    assert first.startswith("GOLDENHOUR_COLOUR: colour is not a setting")
    assert second.startswith("GOLDENHOUR_PARTITIONS: partitions: ")


def test_a_file_of_a_foreign_kind_is_refused(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "day.xml"
    path.touch()
    (sentence,) = sentences(capfd, "replay", str(path), "--out", str(tmp_path / "out"))
    assert sentence.startswith("day.xml: a replay file ends in ")


def test_a_mapping_that_does_not_exist_is_refused(capfd: pytest.CaptureFixture[str], day: Path, tmp_path: Path) -> None:
    assert sentences(capfd, "replay", str(day), "--out", str(tmp_path), "--mapping", "astrology")
    assert not (tmp_path / "alerts.jsonl").exists()


def test_every_fault_of_a_mapping_is_told(capfd: pytest.CaptureFixture[str], day: Path, tmp_path: Path) -> None:
    mapping = tmp_path / "bad.toml"
    mapping.write_text('[fields]\nkind = "GIFT"\ncolour = "red"\n', encoding="utf-8")
    told = "\n".join(sentences(capfd, "replay", str(day), "--out", str(tmp_path / "out"), "--mapping", str(mapping)))
    assert "kind" in told
    assert "colour" in told


def test_labels_that_are_no_labels_are_refused(capfd: pytest.CaptureFixture[str], day: Path, tmp_path: Path) -> None:
    labels = tmp_path / "labels.csv"
    labels.write_text("event_id,label\ne-1,perhaps\n", encoding="utf-8")
    (sentence,) = sentences(capfd, "replay", str(day), "--out", str(tmp_path / "out"), "--labels", str(labels))
    assert sentence.startswith("labels.csv")


def test_labels_from_a_mapping_need_one_that_has_them(capfd: pytest.CaptureFixture[str], day: Path, tmp_path: Path) -> None:
    status, _, err = ended(capfd, "replay", str(day), "--out", str(tmp_path), "--mapped-labels")
    assert (status, "--mapped-labels needs a --mapping" in err) == (2, True)


def test_settings_for_machines_are_those_for_people(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOLDENHOUR_PARTITIONS", "9")
    status, out, _ = ended(capfd, "settings", "--json")
    values = json.loads(out)
    assert (status, values["partitions"], set(values)) == (0, 9, set(Settings.__struct_fields__))
    _, out, _ = ended(capfd, "settings")
    assert [line.split()[0] for line in out.splitlines()] == list(Settings.__struct_fields__)


def test_settings_come_from_the_file_that_is_named(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "bank.toml"
    file.write_text('topic_prefix = "bank-"\n', encoding="utf-8")
    _, out, _ = ended(capfd, "--settings", str(file), "settings", "--json")
    assert json.loads(out)["topic_prefix"] == "bank-"


def test_replay_writes_its_files_and_sums_them_up(capfd: pytest.CaptureFixture[str], day: Path, tmp_path: Path) -> None:
    out = tmp_path / "deep" / "out"
    status, said, _ = ended(capfd, "replay", str(day), "--out", str(out), "--scores")
    report = json.loads((out / "report.json").read_bytes())
    assert status == 0
    names = {f"{name}.jsonl" for name in ("alerts", "freeze_requests", "dead_letters", "traces")}
    names |= {"report.json", "scores.csv", "transactions.csv"}
    assert {path.name for path in out.iterdir()} == names
    assert said.startswith(f"{report['records']:,} records in ")
    assert "dead letters" in said
    with (out / "scores.csv").open(newline="", encoding="utf-8") as file:
        assert sum(1 for _ in csv.DictReader(file)) == sum(
            row["count"] for row in report["events"] if row["topic"] == "transactions" and row["outcome"] != "duplicate"
        )


def test_replay_gives_machines_the_report_and_nothing_else(capfd: pytest.CaptureFixture[str], day: Path, tmp_path: Path) -> None:
    outputs = [ended(capfd, "replay", str(day), "--out", str(tmp_path / name), "--json") for name in ("one", "two")]
    assert outputs[0] == outputs[1]
    assert json.loads(outputs[0][1]) == json.loads((tmp_path / "one" / "report.json").read_bytes())
    assert not (tmp_path / "one" / "scores.csv").exists()
    for name in ("alerts.jsonl", "freeze_requests.jsonl", "dead_letters.jsonl", "traces.jsonl", "report.json"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_a_foreign_table_is_replayed_and_judged_by_its_own_labels(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    table = tmp_path / "cards.csv"
    table.write_text(CARDS, encoding="utf-8")
    arguments = ("replay", str(table), "--mapping", "handbook", "--mapped-labels", "--out", str(tmp_path / "out"), "--json")
    status, out, _ = ended(capfd, *arguments)
    report = json.loads(out)
    assert (status, report["records"], report["dead_letters"]) == (0, 3, {})
    assert (report["quality"]["labelled"], report["quality"]["fraud"]) == (3, 1)
    assert (tmp_path / "out" / "labels.csv").read_text(encoding="utf-8").startswith("event_id,label")


def test_a_foreign_table_without_a_mapping_is_refused(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    table = tmp_path / "cards.csv"
    table.write_text(CARDS, encoding="utf-8")
    assert "cards.csv" in sentences(capfd, "replay", str(table), "--out", str(tmp_path / "out"))[0]


def test_the_report_of_a_replay_says_nothing_of_the_machine(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, day: Path, tmp_path: Path
) -> None:
    ended(capfd, "replay", str(day), "--out", str(tmp_path / "here"))
    monkeypatch.setattr("platform.python_version", lambda: "3.99.0")
    monkeypatch.setattr("stream.versions.version", lambda name: "99.0")
    ended(capfd, "replay", str(day), "--out", str(tmp_path / "there"))
    report = (tmp_path / "here" / "report.json").read_bytes()
    assert report == (tmp_path / "there" / "report.json").read_bytes()
    assert json.loads(report)["policy"] == shipped_rulebook().version


def test_produce_leaves_out_what_is_of_no_input_topic_and_says_so(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    sent: list[OutboundRecord] = []

    def load(bootstrap: str, records: Iterable[OutboundRecord], **_: object) -> dict[str, int]:
        sent.extend(records)
        return dict(Counter(topic for topic, *_ in sent))

    monkeypatch.setattr(sys.modules["stream.cli.produce"], "bulk_load", load)
    file = tmp_path / "mixed.jsonl"
    file.write_text('{"topic":"weather"}\n{"topic":"transactions"}\n{"topic":"alerts"}\n{"topic":"weather"}\nnonsense\n')
    status, out, err = ended(capfd, "produce", str(file), "--topic-prefix", "bank-")
    assert [topic for topic, *_ in sent] == ["bank-transactions", "bank-transactions"]
    assert (status, out.split()) == (1, ["2", "bank-transactions"])
    assert err.split() == ["3", "left", "out:", "not", "of", "an", "input", "topic,", "but", "of", "'weather',", "'alerts'"]


def test_the_switch_of_freeze_requests_is_a_control_that_names_who_and_why(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[OutboundRecord] = []

    def send(bootstrap: str, records: Iterable[OutboundRecord], **_: object) -> dict[str, int]:
        sent.extend(records)
        return {}

    monkeypatch.setattr(sys.modules["stream.cli.freeze"], "produce", send)
    status, out, _ = ended(capfd, "freeze", "review-only", "--actor", "chief", "--reason", "drill", "--topic-prefix", "bank-")
    ((topic, key, raw, _),) = sent
    control = json.loads(raw)
    assert (status, topic, key.decode()) == (0, "bank-case-controls", control["control_id"])
    assert (control["action"], control["actor"], control["reason"]) == ("FREEZE_REVIEW_ONLY", "chief", "drill")
    assert out.split() == ["FREEZE_REVIEW_ONLY", control["control_id"]]


def test_schemas_are_written_where_they_are_wanted(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    status, out, _ = ended(capfd, "schemas", "--out", str(tmp_path))
    assert (status, sorted(out.split())) == (0, sorted(path.name for path in tmp_path.iterdir()))
    assert json.loads((tmp_path / out.split()[0]).read_bytes())["$schema"]


def test_a_cluster_out_of_reach_is_named(capfd: pytest.CaptureFixture[str]) -> None:
    assert f"The cluster at {UNREACHABLE}" in "\n".join(sentences(capfd, "topics", "--bootstrap", UNREACHABLE))
