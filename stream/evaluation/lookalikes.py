"""Legitimate scenes that resemble fraud, N1 to N20: how often we would have wronged somebody.

An alert counts against a scene if it names one of its accounts or machines from the scene's beginning on, and no fraud explains it.
A scene has no end in the file, so this errs against us.
"""

from collections.abc import Iterable
from typing import Any

from stream.evaluation.alarms import Alarm
from stream.evaluation.measures import share
from stream.evaluation.reading import RequestLine
from stream.evaluation.stories import PlantedStory


def lookalike_rows(
    stories: Iterable[PlantedStory], tier_2: list[Alarm], tier_3: list[Alarm], requests: Iterable[RequestLine], mules: set[str]
) -> list[dict[str, Any]]:
    """Return for each look-alike how many scenes there were and how many met tier 2 or more, tier 3 and a freeze request."""
    scenes = [story for story in stories if not story.is_fraud]
    held, police = (_last_seen(alarms) for alarms in (tier_2, tier_3))
    asked: dict[tuple[str, str], int] = {}
    for line in requests:
        if line.state == "PROPOSED" and line.target.account not in mules:
            asked["ACCOUNT", line.target.account] = line.requested_us
    rows = []
    for name in sorted({story.lookalike for story in scenes}, key=lambda name: (len(name), name)):
        own = [story for story in scenes if story.lookalike == name]
        counts = [sum(_is_met(story, seen) for story in own) for seen in (held, police, asked)]
        rows.append(lookalike_row(name, len(own), *counts))
    return rows


def lookalike_total(rows: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """Return all look-alikes together."""
    told = list(rows)
    return lookalike_row("all", *(sum(row[name] for row in told) for name in ("scenes", "tier_2", "tier_3", "freeze_requests")))


def lookalike_row(name: str, scenes: int, tier_2: int, tier_3: int, requests: int) -> dict[str, Any]:
    """Return one line of the table."""
    return {
        "lookalike": name,
        "scenes": scenes,
        "tier_2": tier_2,
        "tier_3": tier_3,
        "freeze_requests": requests,
        "tier_2_share": share(tier_2, scenes),
        "tier_3_share": share(tier_3, scenes),
        "freeze_request_share": share(requests, scenes),
    }


def _last_seen(alarms: Iterable[Alarm]) -> dict[tuple[str, str], int]:
    """Return when each subject was last named wrongly."""
    return {(alarm.line.subject.kind, alarm.line.subject.id): alarm.line.raised_us for alarm in alarms if not alarm.is_right}


def _is_met(scene: PlantedStory, seen: dict[tuple[str, str], int]) -> bool:
    return any(seen.get(subject, scene.starts_us - 1) >= scene.starts_us for subject in scene.subjects)
