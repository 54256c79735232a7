"""Our alerts beside what they must beat, all read with the same number of alarms a day."""

from collections import Counter
from typing import Any, NamedTuple

from stream.evaluation import cases as casework
from stream.evaluation.alarms import Alarm, alarm_figures
from stream.evaluation.baselines import NOTHING, OURS, rankings
from stream.evaluation.measures import DAY_US, curve, flagged_figures, top_per_day
from stream.evaluation.reading import Counts, Floats, Material
from stream.quality import auc, average_precision


class Reading(NamedTuple):
    """How alarms are read: so many a local day. seed: of the random baseline."""

    per_day: int
    offset_us: int
    seed: int


def compared(
    material: Material,
    value_minor: Counts,
    outcomes: list[casework.CaseOutcome],
    alarms: list[Alarm],
    reading: Reading,
) -> list[dict[str, Any]]:
    """Return one row for our alerts, read in order of publication up to the budget of a day, then one for each ranking."""
    rows = material.transactions
    read = _read(alarms, reading)
    published = {
        "name": "ours, as published",
        **alarm_figures(read, rows.prevalence)["per_alert"],
        "recall": None,
        "value_recall": None,
        "auc": None,
        "average_precision": None,
        "cases": casework.totals(_within_budget(outcomes, read)) if outcomes else None,
    }
    return [
        published,
        *(_ranked(material, name, score, value_minor, reading) for name, score in rankings(rows, reading.seed).items()),
    ]


def _read(alarms: list[Alarm], reading: Reading) -> list[Alarm]:
    """Return the alarms that are read: the first of each day."""
    taken: Counter[int] = Counter()
    kept = []
    for alarm in alarms:
        day = (alarm.line.raised_us + reading.offset_us) // DAY_US
        taken[day] += 1
        if taken[day] <= reading.per_day:
            kept.append(alarm)
    return kept


def _within_budget(outcomes: list[casework.CaseOutcome], read: list[Alarm]) -> list[casework.CaseOutcome]:
    """Return what would have become of the cases by the alarms that were read alone, freeze requests left aside."""
    first: dict[str, int] = {}
    for alarm in read:
        for case in alarm.cases:
            first.setdefault(case, alarm.line.raised_us)
    return [casework.CaseOutcome(row.story, first.get(row.story.case), None) for row in outcomes]


def _ranked(material: Material, name: str, score: Floats, value_minor: Counts, reading: Reading) -> dict[str, Any]:
    rows = material.transactions
    flagged = top_per_day(score, rows.at_us, reading.per_day, reading.offset_us)
    found = casework.flagged_outcomes(material.stories or (), rows, flagged)
    row = {
        "name": name,
        **flagged_figures(flagged, rows.fraud, value_minor),
        "auc": auc(score, rows.fraud),
        "average_precision": average_precision(score, rows.fraud),
        "cases": casework.totals(found) if found else None,
    }
    if name not in (NOTHING, OURS):
        row["precision_recall"] = curve(score, rows.fraud, value_minor)
    return row
