"""Replay: the same input and policy give the same bytes, however the input is cut into files."""

import io
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import pytest

from connectors.contract_json import decode, decode_transaction
from connectors.errors import DecodeError
from connectors.replay_files import InputRecord, read
from models.records import Alert, DeadLetter
from stream.replay import Replay, Sinks, report_bytes
from stream.score_file import write_scores
from tests.bank import shipped_rulebook
from tests.integration.worker_tools import Read
from tests.parity.days import line_of, small_day, write_day
from tests.parity.exactness import keyed_log_of, run_over


class Replayed(NamedTuple):
    """The outputs of a replay as bytes, and the replay itself."""

    alerts: bytes
    requests: bytes
    dead_letters: bytes
    report: bytes
    run: Replay


def replayed(records: Iterable[InputRecord]) -> Replayed:
    sinks = Sinks(io.BytesIO(), io.BytesIO(), io.BytesIO())
    run = Replay(shipped_rulebook(), sinks, with_scores=True)
    run.run(records)
    outputs = [sink.getvalue() for sink in sinks]
    return Replayed(*outputs, report_bytes(run.figures()), run)


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_day(tmp_path_factory.mktemp("day") / "day.jsonl", small_day(7, malformed=6))


@pytest.fixture(scope="module")
def outcome(day: Path) -> Replayed:
    return replayed(read([day]))


def test_the_same_file_gives_the_same_bytes_twice(day: Path, outcome: Replayed) -> None:
    again = replayed(read([day]))
    assert again[:4] == outcome[:4]
    assert list(again.run.score_lines()) == list(outcome.run.score_lines())
    assert outcome.alerts
    assert outcome.requests
    assert outcome.dead_letters


def test_every_transaction_stands_in_the_scores_once(day: Path, outcome: Replayed, tmp_path: Path) -> None:
    readable = set()
    for record in read([day]):
        if record.topic == "transactions":
            with suppress(DecodeError):
                readable.add(decode_transaction(record.raw).event_id)
    count = write_scores(tmp_path / "scores.csv", outcome.run.score_lines())
    rows = (tmp_path / "scores.csv").read_text(encoding="utf-8").splitlines()[1:]
    assert sorted(row.split(",")[0] for row in rows) == sorted(readable)
    assert count == len(rows)


def test_several_files_are_one_stream_in_the_order_of_arrival(outcome: Replayed, tmp_path: Path) -> None:
    parts: list[list[bytes]] = [[], [], []]
    for number, (arrival_us, topic, _, value) in enumerate(small_day(7, malformed=0).messages()):
        parts[number * 7 % 3].append(line_of(arrival_us // 1_000 * 1_000 + number % 1_000, topic, value))
    paths = [tmp_path / f"part{number}.jsonl" for number in range(3)]
    for path, lines in zip(paths, parts, strict=True):
        path.write_bytes(b"\n".join(lines) + b"\n")
    merged = replayed(read(paths))
    assert statements(merged.alerts) == statements(outcome.alerts)


def statements(lines: bytes) -> list[tuple[str, int]]:
    alerts = [decode("alerts", line) for line in lines.splitlines()]
    return [(alert.alert_id, alert.revision) for alert in alerts if isinstance(alert, Alert)]


def test_the_stream_of_one_partition_says_the_same_as_the_replay(day: Path, outcome: Replayed) -> None:
    """Both run the same judge; this holds the bundles, the addresses and the profiles' stored form against it."""
    sources = [Read(record.topic, 0, record.offset, record.arrival_ms, b"", record.raw) for record in read([day])]
    left = run_over(keyed_log_of(sources, ""), shipped_rulebook(), "")
    assert left.alerts == set(outcome.alerts.splitlines())
    assert left.requests == set(outcome.requests.splitlines())


def test_the_report_counts_what_was_read_and_raised(day: Path, outcome: Replayed) -> None:
    figures = outcome.run.figures()
    records = list(read([day]))
    events = sum(row["count"] for row in figures["events"])
    kept = sum(record.topic == "victim-reports" for record in records)
    assert figures["records"] == len(records) == events + kept + sum(figures["dead_letters"].values())
    assert sum(figures["alert_statements"].values()) == len(outcome.alerts.splitlines())
    assert sum(row["count"] for row in figures["alerts"]) == len({alert_id for alert_id, _ in statements(outcome.alerts)})
    assert sum(figures["freeze_requests"].values()) == len(outcome.requests.splitlines())


def test_every_alert_says_where_in_the_file_its_trigger_lies(day: Path, outcome: Replayed) -> None:
    records = {(record.topic, record.offset): record for record in read([day])}
    for line in outcome.alerts.splitlines():
        alert = decode("alerts", line)
        assert isinstance(alert, Alert)
        source = records[alert.source.topic, alert.source.offset]
        assert alert.raised_at.timestamp() == pytest.approx(source.arrival_ms / 1_000, abs=1e-6)


def test_a_bad_line_becomes_a_dead_letter_at_its_own_place(tmp_path: Path) -> None:
    path = tmp_path / "bad.jsonl"
    path.write_bytes(b'{"topic":"transactions"}\nnonsense\n{"topic":"weather"}\n')
    letters = [decode("dead-letters", line) for line in replayed(read([path])).dead_letters.splitlines()]
    found = [(letter.source.topic, letter.source.offset, letter.error.code) for letter in letters if isinstance(letter, DeadLetter)]
    assert found == [("transactions", 0, "missing_field"), ("transactions", 1, "not_json"), ("weather", 0, "unknown_topic")]


@pytest.mark.parametrize("arrival", ["1900-01-01T00:00:00Z", "9999-12-31T23:59:59Z"])
def test_an_absurd_time_of_arrival_is_a_dead_letter_and_no_crash(tmp_path: Path, arrival: str) -> None:
    path = tmp_path / "absurd.jsonl"
    path.write_bytes(b'{"arrival_time":"%s","event_id":"e-1"}\n' % arrival.encode())
    assert replayed(read([path])).run.figures()["dead_letters"] == {"bad_time": 1}


def test_an_empty_file_gives_empty_outputs(tmp_path: Path) -> None:
    path = tmp_path / "empty.jsonl"
    path.touch()
    found = replayed(read([path]))
    assert found[:3] == (b"", b"", b"")
    assert found.run.figures()["first_arrival"] is None


def test_progress_is_told_to_the_last_record(day: Path) -> None:
    told: list[int] = []
    Replay(shipped_rulebook(), Sinks(io.BytesIO(), io.BytesIO(), io.BytesIO())).run(read([day]), told.append)
    assert told[-1] == sum(1 for _ in read([day]))
