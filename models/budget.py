"""The alert budget: how often a customer is reminded, and what goes first when people are asked to look at more than they can.

Times are log times, so that the same log gives the same alerts. A burst fills a minute's room in the order in which alerts come;
from then on they wait, and whenever there is room again, the police's matters go before the manager's, and of each the most money
at risk first. An alert that waits is replaced by its next revision and takes no second place. Nothing is lost: too many to wait let
the first of them out beyond the limit.
"""

from bisect import insort

import msgspec

from models.case import Told
from models.policy import Budget
from models.records import Alert

_MINUTE_MS = 60_000


def is_reminded(told: Told, log_ms: int, budget: Budget) -> bool:
    """Return whether the subject was reminded not long ago; log time may also go back a little, from one source to the next."""
    return abs(log_ms - told.log_ms) < budget.remind_s * 1_000


class Waiting(msgspec.Struct, array_like=True, frozen=True, gc=False, order=True):
    """An alert in the queue. Sorts by what goes first: negative tier, negative sum at risk, since when, id."""

    minus_tier: int
    minus_minor: int
    since_ms: int
    alert_id: str


class Queue(msgspec.Struct, array_like=True, gc=False):
    """What of a partition's alerts waits, first to go first, and how many of tiers 2 and 3 the present minute has taken.

    now_ms: the newest log time.
    """

    now_ms: int = 0
    taken: tuple[int, int] = (0, 0)
    waiting: list[Waiting] = []


def is_same_minute(queue: Queue, log_ms: int) -> bool:
    """Return whether no new minute has begun."""
    return log_ms // _MINUTE_MS <= queue.now_ms // _MINUTE_MS


def advance(queue: Queue, log_ms: int) -> None:
    """Let time pass; a new minute has all its room."""
    if not is_same_minute(queue, log_ms):
        queue.taken = (0, 0)
    queue.now_ms = max(queue.now_ms, log_ms)


def is_budgeted(alert: Alert) -> bool:
    """Return whether an alert is one more for people to look at; reminders are not, nor is what takes an alert back."""
    return alert.tier >= 2


def admit(queue: Queue, alert: Alert, limits: tuple[int, int]) -> bool:
    """Return whether an alert may go out now; or else put it in the queue, in the place of its earlier revision if there is one."""
    tier = alert.tier
    since_ms = leave(queue, alert.alert_id)
    is_first = all(waiting.minus_tier != -tier for waiting in queue.waiting)
    if since_ms is None and is_first and queue.taken[tier - 2] < limits[tier - 2]:
        _take(queue, tier)
        return True
    waiting = Waiting(-tier, -alert.amount_at_risk_minor, since_ms if since_ms is not None else queue.now_ms, alert.alert_id)
    insort(queue.waiting, waiting)
    return False


def leave(queue: Queue, alert_id: str) -> int | None:
    """Take an alert out of the queue; return since when it waited, or None if it did not."""
    for place, waiting in enumerate(queue.waiting):
        if waiting.alert_id == alert_id:
            del queue.waiting[place]
            return waiting.since_ms
    return None


def next_out(queue: Queue, limits: tuple[int, int], waiting_max: int) -> Waiting | None:
    """Take the alert that goes next out of the queue, or return None if there is no room for any."""
    for place, waiting in enumerate(queue.waiting):
        if queue.taken[-waiting.minus_tier - 2] < limits[-waiting.minus_tier - 2]:
            _take(queue, -waiting.minus_tier)
            return queue.waiting.pop(place)
    return queue.waiting.pop(0) if len(queue.waiting) > waiting_max else None


def _take(queue: Queue, tier: int) -> None:
    second, third = queue.taken
    queue.taken = (second + (tier == 2), third + (tier == 3))


def limits_of(budget: Budget, partitions: int) -> tuple[int, int]:
    """Return one partition's share of the limits of tiers 2 and 3, at least one.

    >>> limits_of(Budget(remind_s=86_400, tier_2_per_minute=10, tier_3_per_minute=3, waiting_max=100), 4)
    (3, 1)
    """
    return -(-budget.tier_2_per_minute // partitions), -(-budget.tier_3_per_minute // partitions)
