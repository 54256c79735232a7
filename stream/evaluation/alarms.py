"""Alerts as the people who answer them meet them: one alarm each, at the moment it first reached a tier, right or wrong.

Right, with stories: the alert names somebody or some machine of a fraud, and the time from its event to its publication meets that
from half a day before the story's first payment (devices are bound and payments asked for before one is booked) to a day after its
end. So what a report or a finding raises days later is about what happened then.
Right, with labels alone: the alert rests on a transaction that is labelled fraud; so an innocent named beside one counts as right.
"""

from collections import Counter
from collections.abc import Iterable
from typing import Any

import msgspec
import numpy as np

from connectors.labels import Labels
from stream.evaluation.measures import DAY_US, precision_figures, share
from stream.evaluation.reading import AlertLine, Material
from stream.evaluation.stories import LEAD_US, PlantedStory

TIERS = (1, 2, 3)
_PER_ACCOUNT = ("alarms", "right", "prevalence", "precision", "precision_at_1_in_18000", "precision_at_1_in_18000_low")


class Alarm(msgspec.Struct, frozen=True):
    """An alert when it first reached a tier. cases: the frauds it is rightly about, by their ids."""

    line: AlertLine
    is_right: bool
    cases: tuple[str, ...]


class Truth:
    """Tells what an alert is rightly about."""

    def __init__(self, stories: Iterable[PlantedStory] | None, labels: Labels) -> None:
        """Index the frauds by whom they involve. stories None: labels alone decide."""
        self._labels = labels
        self._has_stories = stories is not None
        self._of: dict[tuple[str, str], list[tuple[int, int, str]]] = {}
        for story in stories or ():
            if story.is_fraud:
                for subject in story.subjects:
                    self._of.setdefault(subject, []).append((story.starts_us - LEAD_US, story.ends_us, story.case))

    def cases_of(self, line: AlertLine) -> tuple[str, ...]:
        """Return the frauds an alert revision is about, in order."""
        found = self._of.get((line.subject.kind, line.subject.id), ())
        return tuple(sorted(case for starts_us, ends_us, case in found if starts_us <= line.raised_us and line.event_us <= ends_us))

    def judge(self, line: AlertLine) -> Alarm:
        """Return the revision with what is true of it."""
        if self._has_stories:
            cases = self.cases_of(line)
            return Alarm(line, bool(cases), cases)
        return Alarm(line, any(self._labels.label_of.get(name) == 1 for name in (line.trigger_event_id, *line.evidence)), ())


def alarms_at(tier: int, alerts: Iterable[AlertLine], truth: Truth) -> list[Alarm]:
    """Return every alert that ever reached a tier, at the first revision that did, in order of publication."""
    first: dict[str, AlertLine] = {}
    for line in alerts:
        if line.tier >= tier:
            first.setdefault(line.alert_id, line)
    return [truth.judge(line) for line in first.values()]


def alarm_figures(alarms: list[Alarm], prevalence: float | None) -> dict[str, Any]:
    """Return the precision of alarms, per alert and per account named, by number and by amount at risk."""
    accounts = {(alarm.line.subject.kind, alarm.line.subject.id): False for alarm in alarms}
    for alarm in alarms:
        accounts[alarm.line.subject.kind, alarm.line.subject.id] |= alarm.is_right
    right = sum(accounts.values())
    value = {True: 0, False: 0}
    for alarm in alarms:
        value[alarm.is_right] += alarm.line.amount_at_risk_minor
    count = sum(alarm.is_right for alarm in alarms)
    by_account = precision_figures(right, len(accounts) - right, 0, 0, prevalence)
    return {
        "per_alert": precision_figures(count, len(alarms) - count, value[True], value[False], prevalence),
        "per_account": {name: by_account[name] for name in _PER_ACCOUNT},
    }


def by_typology(alarms: list[Alarm], prevalence: float | None) -> list[dict[str, Any]]:
    """Return the same per alert, for each typology that an alert states."""
    names = sorted({alarm.line.typology for alarm in alarms})
    rows = []
    for name in names:
        own = [alarm for alarm in alarms if alarm.line.typology == name]
        rows.append({"typology": name, **alarm_figures(own, prevalence)["per_alert"]})
    return rows


def per_day(material: Material, truth: Truth, offset_us: int) -> list[dict[str, Any]]:
    """Return for every local day how many alerts first reached each tier, and how many of tier >= 2 were right."""
    counts: dict[int, Counter[int]] = {}
    right: Counter[int] = Counter()
    for tier in TIERS:
        for alarm in alarms_at(tier, material.alerts, truth):
            day = (alarm.line.raised_us + offset_us) // DAY_US
            counts.setdefault(day, Counter())[tier] += 1
            right[day] += tier == 2 and alarm.is_right
    whole = {*map(int, np.unique((material.transactions.at_us + offset_us) // DAY_US)), *counts}
    if not whole:
        return []
    return [
        {
            "day": day,
            **{f"tier_{tier}": counts.get(day, Counter())[tier] for tier in TIERS},
            "right_tier_2": right[day],
        }
        for day in range(min(whole), max(whole) + 1)
    ]


def wrong_holds(alarms: list[Alarm], customers: int) -> dict[str, Any]:
    """Return how many accounts an alarm of tier 2 or more named wrongly, and per 10,000 customers."""
    right = {alarm.line.subject.id for alarm in alarms if alarm.is_right}
    wrong = {alarm.line.subject.id for alarm in alarms if not alarm.is_right and alarm.line.subject.kind == "ACCOUNT"}
    count = len(wrong - right)
    return {"accounts": count, "customers": customers, "per_10000_customers": share(10_000 * count, customers)}
