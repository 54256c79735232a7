"""The end of a demo as an operator reads it, and what decides its exit status."""

import json
from typing import Any

import pytest
from rich.cells import cell_len
from rich.console import Console

from stream.demo.lines import WIDTH
from stream.demo.outcome import Asked, FalseAlarms, Sighting, StoryOutcome
from stream.demo.summary import Latency, Report, report_bytes, summary

CAUGHT = StoryOutcome(
    story="s7-M1-2",
    kind="M1",
    typology="M1",
    stolen_minor=3_110_000,
    first=Sighting("M1", 3, "MULE_SUSPECTED", 576.0, 3_110_000, 1_555_000),
    on_mule=Sighting("M1", 3, "MULE_SUSPECTED", 576.0, 3_110_000, 1_555_000),
    asked=Asked(835.0, 69_188, 700_000, 1),
)
WARNED = StoryOutcome(
    story="s7-V2-8",
    kind="V2",
    typology="V2",
    stolen_minor=94_300_000,
    first=Sighting("V2", 2, "VICTIM_SUSPECTED", -4.0, 0, 0),
    on_mule=None,
    asked=None,
)
MISSED = StoryOutcome(story="s7-W2-5", kind="W2", typology="W2", stolen_minor=14_180_000, first=None, on_mule=None, asked=None)

GOLDEN = """\

planted                                 first    taken   still        stolen  freeze  still
fraud               caught by           alert  by then    here        in all   asked   here
────────────────────────────────────────────────────────────────────────────────────────────
M1    pass-through  M1 tier 3, mule    10 min   31,100  15,550  50%   31,100  14 min  7,000
V2    fake boss     V2 tier 2, victim  before  nothing               943,000       -
First alert: of tier 2 or 3, in simulated time after a mule's first credit; freeze asked: the first request for a mule's
account. Taken: what victims had paid by then; still here: how much of it lay on mule accounts of this bank. In yuan.

Alerts        29 (tier 3: 19, tier 2: 8, tier 1: 2) in the day; 24 freeze requests, 1 withdrawn
False alarms  4 (tier 3: 0, tier 2: 3, tier 1: 1), about people in no story
              and 25 (tier 3: 0, tier 2: 25, tier 1: 0) in the history, when every account was new to the worker
Prevalence    1.21% of the day's transactions are part of a fraud: 218 times real life's 1 in 18,000,
              where the same false alarms stand beside far fewer frauds
Latency       p50 41 ms, p99 157 ms, longest 157 ms, of 95 statements in the day:
              wall clock, from handing a record to Kafka's client until the alert it caused was read back
Records       41,753 of 41,753 processed; the demo took 75 s in all
              history 30,032 in 8 s (3,754/s), then the day 11,721 in 50 s (233/s)
Dead letters  2 empty_record, 1 missing_field
Files         in out/demo: alerts, freeze_requests, dead_letters and day .jsonl, labels.csv, report.json, worker.log
Again         goldenhour replay out/demo/day.jsonl --labels out/demo/labels.csv --out out/demo/replay

Every record was processed; all 1 mule stories were caught on the receiving side, 2 of 2 frauds in all."""


def report(**changes: Any) -> Report:
    fields: dict[str, Any] = {
        "seed": 7,
        "accounts": 3_000,
        "broker": "a broker",
        "policy": "cn-1",
        "versions": {},
        "sent": 41_753,
        "processed": 41_753,
        "lag_records": 0,
        "day_records": 11_721,
        "day_seconds": 50.2,
        "history_records": 30_032,
        "history_seconds": 8.0,
        "whole_seconds": 75.0,
        "stories": [CAUGHT, WARNED],
        "alerts": {3: 19, 2: 8, 1: 2},
        "statements": 140,
        "freeze_requests": {"PROPOSED": 24, "WITHDRAWN": 1},
        "false_alarms": FalseAlarms({3: 0, 2: 3, 1: 1}, {3: 0, 2: 25, 1: 0}),
        "day_prevalence": 0.0121,
        "latency": Latency(95, 0.041, 0.157, 0.157),
        "dead_letters": {"empty_record": 2, "missing_field": 1},
    }
    return Report(**{**fields, **changes})


def lines_of(given: Report) -> list[str]:
    console = Console(width=WIDTH, color_system=None, highlight=False)
    with console.capture() as printed:
        console.print(summary(given, "out/demo"))
    return [line.rstrip() for line in printed.get().splitlines()]


def test_the_summary_tells_each_story_the_false_alarms_beside_the_prevalence_and_where_to_look() -> None:
    assert "\n".join(lines_of(report())) == GOLDEN


def test_a_fraud_that_was_not_caught_is_named() -> None:
    said = lines_of(report(stories=[CAUGHT, MISSED]))
    assert any(line.startswith("W2    many cards, one ATM  not caught") for line in said)
    assert said[-1] == "Promised and not caught on the receiving side: W2."


def test_no_line_of_the_summary_is_wider_than_the_terminal() -> None:
    assert max(map(cell_len, lines_of(report()))) <= WIDTH


@pytest.mark.parametrize(
    ("changes", "is_kept"),
    [
        ({}, True),
        ({"stories": [CAUGHT, WARNED, MISSED]}, False),
        ({"processed": 41_752}, False),
        ({"lag_records": 1}, False),
        ({"processed": 41_760}, True),
    ],
)
def test_the_promise_is_kept_if_all_was_processed_and_no_promised_story_missed(changes: dict[str, Any], is_kept: bool) -> None:
    assert report(**changes).is_kept is is_kept


def test_records_that_were_not_processed_are_said_to_be_missing() -> None:
    assert "Not everything was processed: 3 records are missing, lag 2." in lines_of(report(processed=41_750, lag_records=2))


def test_a_day_without_dead_letters_or_alerts_has_a_summary_too() -> None:
    none = {3: 0, 2: 0, 1: 0}
    quiet = report(
        dead_letters={}, latency=Latency(0, None, None, None), alerts=none, false_alarms=FalseAlarms(none, none), stories=[]
    )
    said = "\n".join(lines_of(quiet))
    assert "Dead letters  none" in said
    assert "p50 -, p99 -, longest -" in said
    assert "before the day" not in said


def test_the_report_file_holds_the_figures_and_the_verdict() -> None:
    raw = json.loads(report_bytes(report()))
    assert (raw["is_kept"], raw["alerts"]["3"], raw["stories"][0]["first"]["after_s"]) == (True, 19, 576.0)


def test_a_narrow_terminal_cuts_no_figure_off() -> None:
    console = Console(width=80, color_system=None, highlight=False)
    with console.capture() as printed:
        console.print(summary(report(), "out/demo"))
    said = printed.get()
    assert "…" not in said
    assert all(figure in said for figure in ("31,100", "15,550", "7,000", "943,000"))
