"""The page: every section, readable alone, nothing fetched, nobody named; and the command that writes it."""

import csv
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from stream.cli import main
from stream.evaluation.figures import evaluate
from stream.evaluation.page import page
from stream.evaluation.reading import read_material
from tests.stream.evaluation import small_bank
from tests.stream.evaluation.planted_day import written
from tests.stream.evaluation.small_bank import write

SECTIONS = [
    "Goals",
    "Beside what it must beat",
    "Precision and recall",
    "Is the score what it says?",
    "Time to detect",
    "Money stopped before the cash-out",
    "The way of the money",
    "Alerts per day",
    "Precision of the alerts",
    "By typology",
    "Look-alikes",
    "Freeze requests and wrong holds",
    "Cases, moment by moment",
    "Made with",
]
PICTURES = 6


class Outline(HTMLParser):
    """Collects headings, counts elements, and notes elements left open."""

    VOID = frozenset({"meta", "br", "line", "rect", "circle", "path", "polyline", "text", "title"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.headings: list[str] = []
        self.count: dict[str, int] = {}
        self.open: list[str] = []
        self._in_heading = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.count[tag] = self.count.get(tag, 0) + 1
        self._in_heading = tag == "h2"
        if tag != "meta":
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: Any) -> None:
        self.count[tag] = self.count.get(tag, 0) + 1

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag
        self._in_heading = False

    def handle_data(self, data: str) -> None:
        if self._in_heading:
            self.headings.append(data)


def page_of(folder: Path, *, with_cases: bool = True, **files: Any) -> str:
    out = write(folder, **files)
    cases = folder / "cases.jsonl" if with_cases else None
    return page(evaluate(read_material(out, folder / "labels.csv", cases), made_with={"cpu": "a <fast> one"}))


def ended(capfd: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as end:
        main(arguments)
    out, err = capfd.readouterr()
    return int(end.value.code or 0), out, err


def test_the_page_has_every_section_and_picture(tmp_path: Path) -> None:
    outline = Outline(page_of(tmp_path))
    assert (outline.headings, outline.open) == (SECTIONS, [])
    assert outline.count["svg"] == PICTURES + len(small_bank.CASES[:3])


def test_every_picture_says_what_it_shows(tmp_path: Path) -> None:
    text = page_of(tmp_path)
    assert text.count("<svg ") == len(re.findall(r'<svg [^>]*role="img" aria-label="[^"]+', text))


def test_the_page_needs_nothing_from_elsewhere(tmp_path: Path) -> None:
    text = page_of(tmp_path)
    assert re.findall(r"<script|<link|<img|https?://|url\(|@import", text) == []


def test_the_page_names_nobody(tmp_path: Path) -> None:
    text = page_of(tmp_path)
    assert [name for name in small_bank.NAMES if name in text] == []
    assert "***0001" in text


def test_what_comes_from_files_is_text_and_never_markup(tmp_path: Path) -> None:
    cases = [{**small_bank.CASES[0], "case": "<b>k</b>", "typology": "<i>V1</i>"}, *small_bank.CASES[1:]]
    out = write(tmp_path, cases=cases, alerts=[small_bank.alert("a", "10:01", 2, small_bank.MULE, typology="<u>")])
    (out / "report.json").write_text('{"policy": "<s>1</s>"}')
    text = page(evaluate(read_material(out, tmp_path / "labels.csv", tmp_path / "cases.jsonl"), made_with={"cpu": "a <fast> one"}))
    assert "&lt;b&gt;k" in text
    assert "a &lt;fast&gt; one" in text
    assert re.findall(r"<[bius]>", text) == []


def test_the_prevalence_and_the_seed_stand_on_the_page(tmp_path: Path) -> None:
    text = page_of(tmp_path)
    assert "prevalence 1 in 2 by number" in text
    assert "seed 77" in text
    assert "re-weighted to 1 in 18,000" in text


def test_without_cases_the_page_says_what_is_missing(tmp_path: Path) -> None:
    outline = Outline(text := page_of(tmp_path, with_cases=False))
    assert outline.headings == SECTIONS
    assert text.count("No cases were given (--cases)") == 7
    assert outline.count["svg"] == 3


def test_a_day_without_alerts_fraud_or_transactions_still_gives_a_page(tmp_path: Path) -> None:
    quiet = page_of(tmp_path / "quiet", alerts=[], requests=[])
    assert "No alert reached tier 2." in quiet
    honest = [row for row in small_bank.TRANSACTIONS if not row[7]]
    assert "Nothing to rank" in page_of(
        tmp_path / "honest", alerts=[], requests=[], cases=small_bank.CASES[3:], transactions=honest
    )
    empty = page_of(tmp_path / "empty", alerts=[], requests=[], cases=[], transactions=[])
    assert Outline(empty).headings == SECTIONS
    assert "No transaction has a label." in empty


def test_the_command_writes_page_and_json_the_same_twice(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    out = write(tmp_path)
    files = []
    for name in ("one", "two"):
        told = ("--json", str(tmp_path / f"{name}.json"), "--html", str(tmp_path / f"{name}.html"))
        cases = ("--cases", str(tmp_path / "cases.jsonl"))
        status, said, err = ended(capfd, "evaluate", str(out), "--labels", str(tmp_path / "labels.csv"), *cases, *told)
        assert (status, err) == (0, "")
        assert "50.0 %  cases caught at tier >= 2 before the cash-out is complete  (goal: at least 90.0 %) NOT MET" in said
        files.append([(tmp_path / f"{name}.{kind}").read_bytes() for kind in ("json", "html")])
    assert files[0] == files[1]
    figures = json.loads(files[0][0])
    assert figures["made_with"]["cores"] >= 1
    assert "load_average" not in figures["made_with"]


def test_page_and_json_lie_in_the_folder_unless_told_otherwise(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    out = write(tmp_path)
    status, _, _ = ended(capfd, "evaluate", str(out), "--labels", str(tmp_path / "labels.csv"))
    assert status == 0
    assert (out / "evaluation.html").is_file()
    assert json.loads((out / "evaluation.json").read_bytes())["cases"] is None


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (lambda out: (out / "scores.csv").unlink(), "scores.csv: not in this folder; run goldenhour replay with --scores"),
        (lambda out: (out / "transactions.csv").unlink(), "transactions.csv: not in this folder"),
        (
            lambda out: (out / "scores.csv").write_text("event_id,score\nt1,0.5\n"),
            "scores.csv: no column event_time, tier, typology",
        ),
        (lambda out: (out / "alerts.jsonl").unlink(), "alerts.jsonl: not in this folder; it is written by: goldenhour replay"),
        (lambda out: (out / "alerts.jsonl").write_text('{"alert_id": 5}\n'), "alerts.jsonl: line 1 is not what replay writes"),
        (lambda out: (out / "report.json").write_text("[1]"), "report.json: no JSON object"),
        (lambda out: (out.parent / "cases.jsonl").write_text("\n{}\n"), "cases.jsonl: line 2 is no planted story"),
        (lambda out: _repeat(out.parent / "cases.jsonl"), "cases.jsonl: a case is named twice"),
        (lambda out: (out.parent / "labels.csv").write_text("event_id\nt1\n"), "labels.csv: no column label"),
    ],
)
def test_a_file_that_is_missing_or_wrong_is_named(
    capfd: pytest.CaptureFixture[str], tmp_path: Path, spoil: Any, sentence: str
) -> None:
    out = write(tmp_path)
    spoil(out)
    told = ("--labels", str(tmp_path / "labels.csv"), "--cases", str(tmp_path / "cases.jsonl"))
    status, _, err = ended(capfd, "evaluate", str(out), *told)
    assert (status, sentence in err) == (2, True), err
    assert [name for name in small_bank.NAMES if name in err] == []


def _repeat(path: Path) -> None:
    path.write_text(path.read_text() * 2)


def test_a_time_that_is_none_is_refused(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    status, _, err = ended(capfd, "evaluate", str(write(tmp_path)), "--labels", str(tmp_path / "labels.csv"), "--from", "noon")
    assert (status, "--from: noon is no time" in err) == (2, True)


def test_a_simulated_day_is_replayed_and_evaluated(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """The whole way with the real detection: most planted frauds are caught, and every transaction has its facts once."""
    day, out = written(tmp_path / "day"), tmp_path / "out"
    assert ended(capfd, "replay", str(day / "events.jsonl"), "--out", str(out), "--scores")[0] == 0
    status, _, _ = ended(capfd, "evaluate", str(out), "--labels", str(day / "labels.csv"), "--cases", str(day / "cases.jsonl"))
    assert status == 0
    told = json.loads((out / "evaluation.json").read_bytes())
    with (out / "transactions.csv").open(newline="") as file:
        names = [row["event_id"] for row in csv.DictReader(file)]
    assert len(names) == len(set(names)) > 400
    assert told["transactions"]["left_out"]["not_in_transactions"] == 0
    assert told["cases"]["all"]["recall"] >= 0.5
    assert Outline((out / "evaluation.html").read_text()).headings == SECTIONS
