"""A few cases told moment by moment, for the page: when money was taken, moved and lost, and when we spoke."""

from typing import Any

from connectors.masking import mask
from models.units import time_us
from stream.evaluation.alarms import Truth
from stream.evaluation.cases import CaseOutcome
from stream.evaluation.reading import AlertLine, Material, RequestLine
from stream.evaluation.stories import PlantedStory

SHOWN_MAX = 8
MARKS_MAX = 60
"""Marks kept of a lane; a fan-in of hundreds of payments reads the same with fewer."""


def chosen(outcomes: list[CaseOutcome]) -> list[CaseOutcome]:
    """Return the cases worth telling: the largest of each ending in turn, each typology once if possible; the worst first."""
    by_size = sorted(outcomes, key=lambda row: (-row.story.stolen_minor, row.story.case))
    taken: list[CaseOutcome] = []
    seen: set[tuple[str, str]] = set()
    endings = ("missed", "late", "in_time")
    queues = {ending: [row for row in by_size if row.ending == ending] for ending in endings}
    for may_repeat in (False, True):
        while len(taken) < SHOWN_MAX:
            found = [row for ending in endings if (row := _next(queues[ending], seen, taken, may_repeat=may_repeat)) is not None]
            if not found:
                break
            taken.extend(found[: SHOWN_MAX - len(taken)])
            seen.update((row.ending, row.story.typology) for row in found)
    return sorted(taken, key=lambda row: (endings.index(row.ending), -row.story.stolen_minor, row.story.case))


def _next(
    queue: list[CaseOutcome], seen: set[tuple[str, str]], taken: list[CaseOutcome], *, may_repeat: bool
) -> CaseOutcome | None:
    for row in queue:
        if row not in taken and (may_repeat or (row.ending, row.story.typology) not in seen):
            return row
    return None


def timelines(material: Material, truth: Truth, outcomes: list[CaseOutcome]) -> list[dict[str, Any]]:
    """Return the chosen cases with their moments in seconds from the beginning of the case; accounts masked."""
    alerts: dict[str, list[AlertLine]] = {row.story.case: [] for row in chosen(outcomes)}
    for line in material.alerts:
        for case in truth.cases_of(line):
            if case in alerts:
                alerts[case].append(line)
    return [_timeline(row, alerts[row.story.case], material) for row in chosen(outcomes)]


def _timeline(row: CaseOutcome, alerts: list[AlertLine], material: Material) -> dict[str, Any]:
    story = row.story
    raised: dict[tuple[str, int], AlertLine] = {}
    for line in alerts:
        raised.setdefault((line.alert_id, line.tier), line)
    return {
        "case": story.case,
        "typology": story.typology,
        "is_hard": story.is_hard,
        "ending": row.ending,
        "currency": story.currency,
        "stolen_minor": story.stolen_minor,
        "stopped_minor": row.stopped_minor,
        "gone_after_s": _after(story, story.gone_us),
        "reported_after_s": None if story.reported_at is None else _after(story, time_us(story.reported_at)),
        "thefts": _kept([[_after(story, time_us(move.booked_at)), move.amount_minor] for move in story.thefts]),
        "moves": _kept([[_after(story, time_us(move.booked_at)), move.amount_minor] for move in story.moves if not move.leaves]),
        "departures": _kept([[_after(story, at_us), amount] for at_us, amount in story.departures()]),
        "alerts": [
            {
                "after_s": _after(story, line.raised_us),
                "tier": line.tier,
                "typology": line.typology,
                "subject": f"{line.subject.role} {mask(line.subject.id)}",
            }
            for line in sorted(raised.values(), key=lambda line: (line.raised_us, line.alert_id, line.tier))
        ][:MARKS_MAX],
        "requests": _requests(story, material.requests),
    }


def _requests(story: PlantedStory, requests: list[RequestLine]) -> list[list[Any]]:
    """Return when each account of the story was first asked for, and for how much."""
    mules = {mule.account for mule in story.mules}
    first: dict[str, RequestLine] = {}
    for line in requests:
        if line.state == "PROPOSED" and line.target.account in mules and story.starts_us <= line.requested_us <= story.ends_us:
            first.setdefault(line.target.account, line)
    return [[_after(story, line.requested_us), line.requested_amount_minor] for line in first.values()][:MARKS_MAX]


def _after(story: PlantedStory, at_us: int | None) -> float | None:
    return None if at_us is None else (at_us - story.starts_us) / 1e6


def _kept(marks: list[list[Any]]) -> list[list[Any]]:
    """Return the largest marks in order of time."""
    largest = sorted(marks, key=lambda mark: (-mark[1], mark[0]))[:MARKS_MAX]
    return sorted(largest)
