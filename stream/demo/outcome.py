"""What came of a day: which planted frauds were caught, when, with how much money still there, and who was suspected wrongly.

Caught: an alert of tier 2 or 3 about somebody or some machine of the story, resting on an event of that story, raised before the
victim told the police (if ever). Moments are simulated: see `Moments`.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from models.records import AccountEvent, Alert, AlertTier, FreezeRequest, Role, Transaction
from models.units import time_us
from stream.demo.scenario import PROMISED
from stream.simulator import BankDay, Story

TIER_MIN: Final = 2
"""A reminder stops nothing: below this tier a story does not count as caught."""


class Moments:
    """Knows at which simulated time a record could be made at the soonest: when the last event it rests on had reached the bank.

    That is `raised_at`, the log time of the record that raised it, wherever that came last. In a day pressed into a minute what one
    account's judgement tells another's takes minutes of simulated time, and meanwhile later events have been seen: then `raised_at`
    alone would flatter us.
    """

    def __init__(self, bank: BankDay) -> None:
        """Note the first arrival of every event."""
        self._arrival_us: dict[str, int] = {}
        for arrival_us, _, record in bank.records:
            if isinstance(record, Transaction | AccountEvent):
                self._arrival_us.setdefault(record.event_id, arrival_us)

    def of_alert(self, alert: Alert) -> int:
        """Return the moment of a statement, in microseconds."""
        return self._latest(time_us(alert.raised_at), (alert.trigger_event_id, *alert.evidence))

    def of_request(self, request: FreezeRequest) -> int:
        """Return the moment of a freeze request, in microseconds."""
        return self._latest(time_us(request.requested_at), (row.event_id for row in request.transactions))

    def _latest(self, at_us: int, event_ids: Iterable[str]) -> int:
        return max(at_us, max((self._arrival_us.get(event_id, 0) for event_id in event_ids), default=0))


class Sighting(msgspec.Struct, frozen=True):
    """The first word on a story. after_s: since a mule's first credit; negative: before the money was there.

    taken_minor, left_minor: what the victims had paid by then, and how much of it lay on mule accounts of this bank.
    """

    typology: str
    tier: AlertTier
    role: Role
    after_s: float
    taken_minor: int
    left_minor: int


class Asked(msgspec.Struct, frozen=True):
    """The first freeze request of a story. count: of accounts asked for; amount_minor: of the first."""

    after_s: float
    amount_minor: int
    left_minor: int
    count: int


class StoryOutcome(msgspec.Struct, frozen=True):
    """What became of one story. on_mule: the first sighting of the receiving side, a mule or a machine."""

    story: str
    kind: str
    typology: str
    stolen_minor: int
    first: Sighting | None
    on_mule: Sighting | None
    asked: Asked | None

    @property
    def is_promised(self) -> bool:
        """Return whether the demo fails without this one."""
        return self.kind in PROMISED

    @property
    def is_missed(self) -> bool:
        """Return whether a promise was broken: a promised story must be seen on the receiving side."""
        return self.is_promised and self.on_mule is None


class FalseAlarms(msgspec.Struct, frozen=True):
    """Alerts about people and machines in no story, by the highest tier each reached.

    in_day: those stated in the day; in_history: those stated only before it, while every account was new to the worker.
    """

    in_day: dict[int, int]
    in_history: dict[int, int]


def kind_of(story: Story) -> str:
    """Return which kind of story it is: "CHAIN" of "s7-CHAIN-7"."""
    return story.story.split("-")[1]


def story_outcomes(bank: BankDay, alerts: Sequence[Alert], requests: Sequence[FreezeRequest]) -> list[StoryOutcome]:
    """Return the outcome of every story, in the order of the day."""
    moments = Moments(bank)
    story_of = {row.event_id: row.case for row in bank.labels if row.label}
    touching: dict[str, list[tuple[int, Alert]]] = {story.story: [] for story in bank.stories}
    for alert in alerts:
        for name in {story_of.get(event_id) for event_id in (alert.trigger_event_id, *alert.evidence)} - {None}:
            touching[str(name)].append((moments.of_alert(alert), alert))
    asked = [(moments.of_request(request), request) for request in requests if request.state == "PROPOSED"]
    stories = sorted(bank.stories, key=lambda story: (story.first_credit_us, story.story))
    return [_outcome(story, touching[story.story], asked) for story in stories]


def _outcome(story: Story, alerts: Iterable[tuple[int, Alert]], requests: Iterable[tuple[int, FreezeRequest]]) -> StoryOutcome:
    receivers = {*story.mules, *story.elsewhere, *story.terminals}
    own = [
        (at_us, alert)
        for at_us, alert in alerts
        if alert.tier >= TIER_MIN
        and alert.subject.id in receivers.union(story.victims)
        and (story.reported_us is None or at_us < story.reported_us)
    ]
    on_mule = [(at_us, alert) for at_us, alert in own if alert.subject.id in receivers]
    return StoryOutcome(
        story=story.story,
        kind=kind_of(story),
        typology=story.typology,
        stolen_minor=story.stolen_minor,
        first=_sighting(story, own),
        on_mule=_sighting(story, on_mule),
        asked=_asked(story, [(at_us, request) for at_us, request in requests if request.target.account in receivers]),
    )


def _sighting(story: Story, alerts: list[tuple[int, Alert]]) -> Sighting | None:
    if not alerts:
        return None
    at_us, alert = min(alerts, key=lambda found: (found[0], -found[1].tier, found[1].alert_id, found[1].revision))
    return Sighting(
        typology=alert.typology,
        tier=alert.tier,
        role=alert.subject.role,
        after_s=(at_us - story.first_credit_us) / 1e6,
        taken_minor=taken_minor(story, at_us),
        left_minor=story.left_minor(at_us),
    )


def taken_minor(story: Story, at_us: int) -> int:
    """Return what the victims had paid by a moment."""
    victims = set(story.victims)
    return sum(move.amount_minor for move in story.movements if move.at_us <= at_us and move.payer in victims)


def _asked(story: Story, requests: list[tuple[int, FreezeRequest]]) -> Asked | None:
    if not requests:
        return None
    at_us, first = min(requests, key=lambda asked: (asked[0], asked[1].request_id, asked[1].sequence))
    return Asked(
        after_s=(at_us - story.first_credit_us) / 1e6,
        amount_minor=first.requested_amount_minor,
        left_minor=story.left_minor(at_us),
        count=len({request.target.account for _, request in requests}),
    )


def false_alarms(bank: BankDay, alerts: Iterable[Alert]) -> FalseAlarms:
    """Return the alerts about people in no story. A machine or device counts as in a story if the alert rests on its events."""
    people = {name for story in bank.stories for name in (*story.victims, *story.mules, *story.elsewhere, *story.terminals)}
    stolen = {row.event_id for row in bank.labels if row.label}
    highest: dict[str, int] = {}
    in_day: set[str] = set()
    for alert in alerts:
        rests_on_story = not stolen.isdisjoint((alert.trigger_event_id, *alert.evidence))
        if alert.subject.id in people or (alert.subject.kind != "ACCOUNT" and rests_on_story):
            continue
        highest[alert.alert_id] = max(highest.get(alert.alert_id, 0), alert.tier)
        if time_us(alert.raised_at) >= bank.day_us:
            in_day.add(alert.alert_id)
    return FalseAlarms(
        in_day=_by_tier(tier for alert_id, tier in highest.items() if alert_id in in_day),
        in_history=_by_tier(tier for alert_id, tier in highest.items() if alert_id not in in_day),
    )


def day_alerts(bank: BankDay, alerts: Iterable[Alert]) -> dict[int, int]:
    """Return how many different alerts were stated in the day, by the highest tier each reached."""
    highest: dict[str, int] = {}
    for alert in alerts:
        if time_us(alert.raised_at) >= bank.day_us:
            highest[alert.alert_id] = max(highest.get(alert.alert_id, 0), alert.tier)
    return _by_tier(highest.values())


def _by_tier(tiers: Iterable[int]) -> dict[int, int]:
    counts = Counter(tiers)
    return {tier: counts[tier] for tier in (3, 2, 1)}


def quantile(values: Sequence[float], share: float) -> float | None:
    """Return the smallest value that at least this share of the values does not exceed; None of none.

    >>> quantile([0.4, 0.1, 0.2, 0.3], 0.5), quantile([0.4, 0.1, 0.2, 0.3], 0.99), quantile([], 0.5)
    (0.2, 0.4, None)
    """
    if not values:
        return None
    ordered = sorted(values)
    return ordered[max(0, -(-int(share * 1_000 * len(ordered)) // 1_000) - 1)]
