"""`replay --labels-after`: labels come back late, and what they teach shows in the scores of later payments only."""

import csv
from pathlib import Path
from statistics import median

import pytest

from connectors.contract_json import encode
from tests.stream.shop_cards import OVERLAY, START_US, is_bad, purchases
from tests.stream.test_cli import ended

PAYMENTS = purchases(days=14, bad_from=0, a_day=24)


def replayed(capfd: pytest.CaptureFixture[str], folder: Path, *options: str) -> dict[str, float]:
    """Replay two weeks of payments with labels; return the score of each."""
    folder.mkdir()
    day, labels = folder / "day.jsonl", folder / "labels.csv"
    day.write_bytes(b"".join(encode(payment) + b"\n" for payment in PAYMENTS))
    labels.write_text("event_id,label\n" + "".join(f"{payment.event_id},{is_bad(payment):d}\n" for payment in PAYMENTS), "utf-8")
    asked = ("replay", str(day), "--labels", str(labels), "--scores", "--out", str(folder / "out"), *options)
    status, _, err = ended(capfd, *asked)
    assert (status, err) == (0, "")
    with (folder / "out" / "scores.csv").open(encoding="utf-8") as file:
        return {row["event_id"]: float(row["score"]) for row in csv.DictReader(file)}


def test_labels_teach_the_scores_of_what_comes_after_them(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    without = replayed(capfd, tmp_path / "without", "--policy-overlay", str(OVERLAY))
    taught = replayed(capfd, tmp_path / "taught", "--policy-overlay", str(OVERLAY), "--labels-after", "7")
    week_us = START_US + 7 * 86_400_000_000
    early = {payment.event_id for payment in PAYMENTS if payment.event_time.timestamp() * 1_000_000 < week_us}
    assert {name: taught[name] for name in early} == {name: without[name] for name in early}
    last = PAYMENTS[-24:]
    bad = [taught[payment.event_id] for payment in last if is_bad(payment)]
    other = [taught[payment.event_id] for payment in last if not is_bad(payment)]
    assert min(bad) > 10 * max(without[payment.event_id] for payment in last if is_bad(payment))
    assert min(bad) > median(other)


def test_labels_that_come_back_need_a_label_file(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    day = tmp_path / "day.jsonl"
    day.write_bytes(encode(PAYMENTS[0]) + b"\n")
    status, _, err = ended(capfd, "replay", str(day), "--labels-after", "7", "--out", str(tmp_path / "out"))
    assert status == 2
    assert "--labels-after needs --labels or --mapped-labels" in err


def test_the_report_names_the_overlay(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    replayed(capfd, tmp_path / "named", "--policy-overlay", str(OVERLAY))
    assert '+shop-cards-1"' in (tmp_path / "named" / "out" / "report.json").read_text("utf-8")
