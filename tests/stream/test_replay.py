"""Replay: the same input and policy give the same bytes, however the input is cut into files."""

import io
import re
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import pytest

from connectors.contract_json import decode, decode_transaction, encode
from connectors.errors import DecodeError
from connectors.replay_files import InputRecord, read
from models.decision import ScoreLine
from models.records import Alert, DeadLetter, Transaction
from models.units import time_us
from stream.replay import Replay, Sinks, report_bytes
from stream.score_file import FinalScores, write_scores
from tests.bank import shipped_rulebook
from tests.integration.worker_tools import Read
from tests.parity.days import line_of, small_day, write_day
from tests.parity.exactness import keyed_log_of, run_over
from tests.scenario import SCENARIOS, read_story


class Replayed(NamedTuple):
    """The outputs of a replay as bytes, and the replay itself."""

    alerts: bytes
    requests: bytes
    dead_letters: bytes
    traces: bytes
    report: bytes
    run: Replay


def replayed(records: Iterable[InputRecord], until_ms: int | None = None) -> Replayed:
    sinks = Sinks(*(io.BytesIO() for _ in Sinks._fields))
    run = Replay(shipped_rulebook(), sinks, with_scores=True)
    run.run(records, until_ms=until_ms)
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
    assert again[:5] == outcome[:5]
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


def test_every_transaction_is_told_once_in_the_order_of_the_scores(day: Path) -> None:
    """Copies far apart, beyond a slice, included: the file is read twice over."""
    told: list[str] = []
    sinks = Sinks(*(io.BytesIO() for _ in Sinks._fields))
    run = Replay(shipped_rulebook(), sinks, with_scores=True, on_transaction=lambda record: told.append(record.event_id))
    run.run([record for _ in range(4) for record in read([day])])
    assert told == [line.event_id for line in run.score_lines()]
    assert len(told) > 400


def scores_of(story: str) -> dict[str, tuple[float, int, str]]:
    """Return score, tier and typology of every transaction of a story, after its last event."""
    lines = []
    for step in read_story(story):
        topic = "transactions" if isinstance(step.event, Transaction) else "account-events"
        arrival_us = time_us(step.event.event_time) + step.late_ms * 1_000
        lines.append(InputRecord(topic, encode(step.event), arrival_us // 1_000, len(lines)))
    return {line.event_id: (line.score, line.tier, line.typology) for line in replayed(lines).run.score_lines()}


TAKEOVER = (SCENARIOS / "x1_takeover.txt").read_text("utf-8")
DRAIN = (SCENARIOS / "v1_reversed.txt").read_text("utf-8")


def test_a_payment_whose_takeover_is_told_late_scores_as_if_it_had_been_told_in_time() -> None:
    told_late = re.sub(r"(?m)^(13:0[046]:00 .*)$", r"\1 late=480", TAKEOVER)
    assert [step.event.event_id for step in read_story(told_late)] != [step.event.event_id for step in read_story(TAKEOVER)]
    assert scores_of(told_late) == scores_of(TAKEOVER)
    assert [tier for _, tier, _ in scores_of(TAKEOVER).values()] == [2]


def test_a_payment_that_was_taken_back_keeps_no_suspicion() -> None:
    stood = scores_of(DRAIN.partition("09:06:00")[0])["wrong"]
    assert stood[1:] == (2, "V1")
    assert scores_of(DRAIN)["wrong"] == (pytest.approx(1 / 18_000, abs=1e-6), 0, "")


def test_a_payment_that_was_taken_back_an_hour_later_keeps_no_suspicion_either() -> None:
    assert scores_of(DRAIN.replace("09:06:00", "10:06:00"))["wrong"][1:] == (0, "")


def test_what_was_suspected_of_a_request_is_said_of_the_payment_that_answers_it() -> None:
    asked = DRAIN.partition("09:06:00")[0].replace("id=wrong ", "id=wrong status=REQUESTED ")
    answered = asked + "09:06:00  transfer  a-771 -> a-902  60000.00 CNY  mobile  id=paid of=wrong\n"
    assert scores_of(asked)["wrong"][2] == "V1"
    assert scores_of(answered)["wrong"][1:] == (0, "")
    assert scores_of(answered)["paid"][2] == "V1"


def test_a_score_is_the_highest_of_what_its_parties_said_last() -> None:
    final = FinalScores()
    for seen_as, score, tier in (("PAYER", 0.9, 2), ("PAYEE", 0.5, 1), ("TERMINAL", 0.4, 1), ("PAYER", 0.1, 0)):
        final.take(ScoreLine("e-1", 0, score, tier, "V1" if tier else "", seen_as))  # type: ignore[arg-type]
    assert list(final.lines()) == [ScoreLine("e-1", 0, 0.5, 1, "V1", "PAYEE")]


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
        if any(reason.code == "ACKNOWLEDGEMENT_OVERDUE" for reason in alert.reasons) and alert.revision > 1:
            assert alert.raised_at.timestamp() >= source.arrival_ms / 1_000  # raised by time, on the record that set the clock
            continue
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
    Replay(shipped_rulebook(), Sinks(*(io.BytesIO() for _ in Sinks._fields))).run(read([day]), told.append)
    assert told[-1] == sum(1 for _ in read([day]))
