"""What became of each planted fraud: noticed when, with how much of the money still within reach.

The first right action on a case is the first alert of tier 2 or 3, or freeze request, about one of its victims, mules, machines or
devices. Caught: an alert of tier >= 2 about one of them was published before the cash-out was complete. Money stopped: what had not
yet left as cash or to another bank at the first right action, so a late catch of money already gone counts as a miss by value. Time
to detect runs from the first credit of a mule to the first such alert.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from stream.evaluation.alarms import Truth
from stream.evaluation.measures import quantile, share
from stream.evaluation.reading import Flags, Material, Transactions
from stream.evaluation.stories import PlantedStory

MINUTE_S = 60
TIER_MIN = 2
"""A reminder stops nothing: below this tier no case is caught."""


class CaseOutcome(msgspec.Struct, frozen=True):
    """One fraud and what was done about it. Moments in microseconds, None: never."""

    story: PlantedStory
    alerted_us: int | None
    requested_us: int | None

    @property
    def acted_us(self) -> int | None:
        """Return the first right action."""
        return min((at for at in (self.alerted_us, self.requested_us) if at is not None), default=None)

    @property
    def is_caught(self) -> bool:
        """Return whether an alert came before the cash-out was complete; if some money never left, any one counts."""
        gone_us = self.story.gone_us
        return self.alerted_us is not None and (gone_us is None or self.alerted_us < gone_us)

    @property
    def stopped_minor(self) -> int:
        """Return what could still be stopped at the first right action."""
        return 0 if self.acted_us is None else self.story.reachable_minor(self.acted_us)

    @property
    def late_minor(self) -> int:
        """Return what was already gone when we acted."""
        return 0 if self.acted_us is None else self.story.stolen_minor - self.stopped_minor

    @property
    def detect_s(self) -> float | None:
        """Return seconds from a mule's first credit to the first alert; negative: before the money was there."""
        credit_us = self.story.first_credit_us()
        return None if self.alerted_us is None or credit_us is None else (self.alerted_us - credit_us) / 1e6

    @property
    def ending(self) -> str:
        """Return "in_time", "late" or "missed": whether any right action came before the cash-out was complete."""
        if self.acted_us is None:
            return "missed"
        return "in_time" if self.story.gone_us is None or self.acted_us < self.story.gone_us else "late"


def case_outcomes(material: Material, truth: Truth) -> list[CaseOutcome]:
    """Return the outcome of every fraud in the order of the file."""
    alerted: dict[str, int] = {}
    for line in material.alerts:  # in order of publication
        if line.tier >= TIER_MIN:
            for case in truth.cases_of(line):
                alerted.setdefault(case, line.raised_us)
    asked: dict[str, list[int]] = {}
    for request in material.requests:
        if request.state == "PROPOSED":
            asked.setdefault(request.target.account, []).append(request.requested_us)
    return [_outcome(story, alerted.get(story.case), asked) for story in material.stories or () if story.is_fraud]


def _outcome(story: PlantedStory, alerted_us: int | None, asked: Mapping[str, list[int]]) -> CaseOutcome:
    times = [at for mule in story.mules for at in asked.get(mule.account, ()) if story.starts_us <= at <= story.ends_us]
    return CaseOutcome(story, alerted_us, min(times, default=None))


def flagged_outcomes(stories: Iterable[PlantedStory], transactions: Transactions, flagged: Flags) -> list[CaseOutcome]:
    """Return what would have become of the frauds, had somebody acted on these transactions as they were booked."""
    booked = {name: int(at) for name, at, taken in zip(transactions.event_id, transactions.at_us, flagged, strict=True) if taken}
    outcomes = []
    for story in stories:
        if story.is_fraud:
            times = [booked[move.event_id] for move in story.movements if move.event_id in booked]
            outcomes.append(CaseOutcome(story, min(times, default=None), None))
    return outcomes


def totals(outcomes: Iterable[CaseOutcome]) -> dict[str, Any]:
    """Return recall by count and by value, and time to detect, of these cases. late: acted upon, but after the cash-out."""
    rows = list(outcomes)
    caught = sum(row.is_caught for row in rows)
    stolen_minor = sum(row.story.stolen_minor for row in rows)
    stopped_minor = sum(row.stopped_minor for row in rows)
    delays = [row.detect_s for row in rows if row.detect_s is not None]
    return {
        "cases": len(rows),
        "caught": caught,
        "late": sum(row.ending == "late" for row in rows),
        "missed": sum(row.ending == "missed" for row in rows),
        "recall": share(caught, len(rows)),
        "stolen_minor": stolen_minor,
        "stopped_minor": stopped_minor,
        "late_minor": sum(row.late_minor for row in rows),
        "value_recall": share(stopped_minor, stolen_minor),
        "detect_s_median": quantile(delays, 0.5),
        "detect_s_p90": quantile(delays, 0.9),
        "detected_within_5_min": share(sum(delay <= 5 * MINUTE_S for delay in delays), len(rows)),
        "detected_within_10_min": share(sum(delay <= 10 * MINUTE_S for delay in delays), len(rows)),
    }


def by_typology(outcomes: Iterable[CaseOutcome]) -> list[dict[str, Any]]:
    """Return the totals of each typology, hard cases apart."""
    groups: dict[tuple[str, bool], list[CaseOutcome]] = {}
    for row in outcomes:
        groups.setdefault((row.story.typology, row.story.is_hard), []).append(row)
    return [{"typology": name, "is_hard": hard, **totals(rows)} for (name, hard), rows in sorted(groups.items())]


def case_rows(outcomes: Iterable[CaseOutcome]) -> list[dict[str, Any]]:
    """Return one row for every case, times in seconds from its beginning."""
    rows = []
    for row in outcomes:
        story = row.story
        rows.append(
            {
                "case": story.case,
                "typology": story.typology,
                "is_hard": story.is_hard,
                "ending": row.ending,
                "stolen_minor": story.stolen_minor,
                "stopped_minor": row.stopped_minor,
                "alert_after_s": _after(story, row.alerted_us),
                "request_after_s": _after(story, row.requested_us),
                "gone_after_s": _after(story, story.gone_us),
                "detect_s": row.detect_s,
            }
        )
    return rows


def _after(story: PlantedStory, at_us: int | None) -> float | None:
    return None if at_us is None else (at_us - story.starts_us) / 1e6
