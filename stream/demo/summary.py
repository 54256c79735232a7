"""The end of a demo: its figures as data for `report.json`, and as tables for the terminal."""

from collections.abc import Iterator
from typing import Final

import msgspec
from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from stream.demo.outcome import Asked, FalseAlarms, Sighting, StoryOutcome
from stream.demo.words import ROLES, TYPOLOGIES, counted, duration, milliseconds, whole
from stream.quality import OPERATING_PREVALENCE

_TOLD: Final = {"CHAIN": "safe account to mules to ATM"}


class Latency(msgspec.Struct, frozen=True):
    """From handing a record to Kafka's client until the statement it caused was read back, in the day. None: no statement."""

    count: int
    p50_s: float | None
    p99_s: float | None
    max_s: float | None


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """Everything a demo found. What is said of the day leaves out the history before it."""

    seed: int
    accounts: int
    broker: str
    policy: str
    versions: dict[str, str]
    sent: int
    processed: int
    lag_records: int
    day_records: int
    day_seconds: float
    history_records: int
    history_seconds: float
    whole_seconds: float
    stories: list[StoryOutcome]
    alerts: dict[int, int]
    statements: int
    freeze_requests: dict[str, int]
    false_alarms: FalseAlarms
    day_prevalence: float
    latency: Latency
    dead_letters: dict[str, int]

    @property
    def missed(self) -> list[StoryOutcome]:
        """Return the stories that broke a promise."""
        return [story for story in self.stories if story.is_missed]

    @property
    def is_kept(self) -> bool:
        """Return whether everything sent was processed and every promised story was caught on its receiving side."""
        return self.is_complete and not self.missed

    @property
    def is_complete(self) -> bool:
        """Return whether everything sent was processed. What a worker reads twice it counts twice, so more is no fault."""
        return self.processed >= self.sent and not self.lag_records


def report_bytes(report: Report) -> bytes:
    """Return the report as readable JSON."""
    raw = {**msgspec.to_builtins(report, str_keys=True), "is_kept": report.is_kept}
    return msgspec.json.format(msgspec.json.encode(raw), indent=2) + b"\n"


def summary(report: Report, folder: str) -> RenderableType:
    """Return the tables that end the demo. folder: where the files are."""
    return Group(Text(), _stories(report), _READING, Text(), _figures(report, folder), Text(), *_verdict(report))


_READING: Final = Text(
    "First alert: of tier 2 or 3, in simulated time after a mule's first credit; freeze asked: the first request for a mule's "
    "account. Taken: what victims had paid by then; still here: how much of it lay on mule accounts of this bank. In yuan.",
    "dim",
)


def _stories(report: Report) -> Table:
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), show_edge=False, header_style="bold")
    # On a narrow terminal words wrap; a figure cut off would be worse than none.
    table.add_column("planted\nfraud", overflow="fold")
    table.add_column("\ncaught by", overflow="fold")
    for title in ("first\nalert", "taken\nby then", "still\nhere", "", "stolen\nin all", "freeze\nasked", "still\nhere"):
        table.add_column(title, justify="right", no_wrap=True)
    for story in report.stories:
        table.add_row(*_story_row(story))
    return table


def _story_row(story: StoryOutcome) -> Iterator[RenderableType]:
    yield f"{story.kind:<5} {_TOLD.get(story.kind) or TYPOLOGIES[story.typology][0]}"
    if story.first is None:
        yield Text("not caught", "bold red")
        yield from ("", "", "", "")
    else:
        yield from _sighting_cells(story.first)
    yield whole(story.stolen_minor)
    yield from _asked_cells(story.asked)


def _sighting_cells(first: Sighting) -> Iterator[RenderableType]:
    yield f"{first.typology} tier {first.tier}, {ROLES[first.role]}"
    if not first.taken_minor:
        yield from ("before", "nothing", "", "")
        return
    yield duration(max(0.0, first.after_s))
    yield whole(first.taken_minor)
    yield whole(first.left_minor)
    yield f"{min(1.0, first.left_minor / first.taken_minor):.0%}"


def _asked_cells(asked: Asked | None) -> Iterator[RenderableType]:
    if asked is None:
        yield from ("-", "")
        return
    yield duration(max(0.0, asked.after_s))
    yield whole(asked.left_minor)


def _figures(report: Report, folder: str) -> Table:
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for name, text in _figure_rows(report, folder):
        table.add_row(name, text)
    return table


def _figure_rows(report: Report, folder: str) -> Iterator[tuple[str, str]]:
    asked, withdrawn = report.freeze_requests.get("PROPOSED", 0), report.freeze_requests.get("WITHDRAWN", 0)
    yield "Alerts", f"{_tiers(report.alerts)} in the day; {counted(asked, 'freeze request')}, {withdrawn} withdrawn"
    wrong = report.false_alarms
    yield "False alarms", f"{_tiers(wrong.in_day)}, about people in no story"
    if sum(wrong.in_history.values()):
        yield "", f"and {_tiers(wrong.in_history)} in the history, when every account was new to the worker"
    share, times = report.day_prevalence, report.day_prevalence / OPERATING_PREVALENCE
    yield "Prevalence", f"{share:.2%} of the day's transactions are part of a fraud: {times:,.0f} times real life's 1 in 18,000,"
    yield "", "where the same false alarms stand beside far fewer frauds"
    latency = report.latency
    p50, p99, longest = map(milliseconds, (latency.p50_s, latency.p99_s, latency.max_s))
    yield "Latency", f"p50 {p50}, p99 {p99}, longest {longest}, of {counted(latency.count, 'statement')} in the day:"
    yield "", "wall clock, from handing a record to Kafka's client until the alert it caused was read back"
    processed = min(report.processed, report.sent)
    yield "Records", f"{processed:,} of {report.sent:,} processed; the demo took {report.whole_seconds:.0f} s in all"
    history, day = _paced(report.history_records, report.history_seconds), _paced(report.day_records, report.day_seconds)
    yield "", f"history {history}, then the day {day}"
    letters = ", ".join(f"{count} {code}" for code, count in sorted(report.dead_letters.items()))
    yield "Dead letters", letters or "none"
    yield "Files", f"in {folder}: alerts, freeze_requests, dead_letters and day .jsonl, labels.csv, report.json, worker.log"
    yield "Again", f"goldenhour replay {folder}/day.jsonl --labels {folder}/labels.csv --out {folder}/replay"


def _paced(records: int, seconds: float) -> str:
    """Return a number of records with the time they took.

    >>> _paced(12_000, 50.0)
    '12,000 in 50 s (240/s)'
    """
    return f"{records:,} in {seconds:.0f} s ({records / max(seconds, 1e-9):,.0f}/s)"


def _tiers(counts: dict[int, int]) -> str:
    """Return counts by tier in words.

    >>> _tiers({3: 2, 2: 0, 1: 1})
    '3 (tier 3: 2, tier 2: 0, tier 1: 1)'
    """
    return f"{sum(counts.values())} (" + ", ".join(f"tier {tier}: {counts.get(tier, 0)}" for tier in (3, 2, 1)) + ")"


def _verdict(report: Report) -> Iterator[Text]:
    if not report.is_complete:
        lacking = max(0, report.sent - report.processed)
        yield Text(f"Not everything was processed: {lacking:,} records are missing, lag {report.lag_records:,}.", "bold red")
    if report.missed:
        names = ", ".join(story.kind for story in report.missed)
        yield Text(f"Promised and not caught on the receiving side: {names}.", "bold red")
    if report.is_kept:
        promised = sum(story.is_promised for story in report.stories)
        caught = sum(story.first is not None for story in report.stories)
        yield Text(
            f"Every record was processed; all {promised} mule stories were caught on the receiving side, "
            f"{caught} of {len(report.stories)} frauds in all.",
            "bold green",
        )
