"""How fresh an account is: opened a short while ago, or asleep for long and just awake. What several mule detectors ask alike."""

from typing import Final

from models import entry as e
from models.closeness import grade
from models.view import View

_DAY_S: Final = 86_400
_WAKE_FULL_D: Final = 3.0  # ours: for three days after waking it counts as just awake,
_WAKE_NONE_D: Final = 14.0  # and after two weeks in use it is an account like any other


class Freshness:
    """grade: 0..1. age_d: days since the account was opened, -1 = unknown. slept_d: days without a debit or login, 0 = awake."""

    __slots__ = ("age_d", "grade", "slept_d")

    def __init__(self, grade: float, age_d: int, slept_d: int) -> None:
        self.grade = grade
        self.age_d = age_d
        self.slept_d = slept_d

    @property
    def zh(self) -> str:
        """Return what makes it fresh, for a text."""
        return f"休眠{self.slept_d}天" if self.slept_d else f"开户{self.age_d}天"

    @property
    def en(self) -> str:
        """Return what makes it fresh, for a text."""
        return f"asleep for {self.slept_d} d" if self.slept_d else f"{self.age_d} d old"


def freshness_of(view: View, young_d: int, old_d: int, asleep_d: int) -> Freshness:
    """Return how fresh the account is at the event.

    young_d, old_d: opened less than `young_d` days ago is fresh in full, `old_d` and more not at all. asleep_d: so many days
    without a debit or a login are a full sleep, half of them none. Both unknown: not fresh.
    """
    age_d = _own_age_d(view)
    by_age = grade(float(age_d), float(old_d), float(young_d - 1)) if age_d != e.UNKNOWN_AGE_D else 0.0
    if by_age >= 1.0:
        return Freshness(1.0, age_d, 0)
    slept_s, awake_s = _sleep_s(view)
    by_sleep = grade(slept_s / _DAY_S, asleep_d / 2, float(asleep_d)) * grade(awake_s / _DAY_S, _WAKE_NONE_D, _WAKE_FULL_D)
    if by_sleep > by_age:
        return Freshness(by_sleep, age_d, slept_s // _DAY_S)
    return Freshness(by_age, age_d, 0)


def _own_age_d(view: View) -> int:
    """Return the account's age as the newest record told it that told it."""
    if view.now.own_age_d != e.UNKNOWN_AGE_D:
        return view.now.own_age_d
    for index in range(view.index - 1, -1, -1):
        age_d = view.entries[index].own_age_d
        if age_d != e.UNKNOWN_AGE_D:
            return age_d
    return e.UNKNOWN_AGE_D


def _sleep_s(view: View) -> tuple[int, int]:
    """Return how long the account slept, and how long it has been awake since: 0 while it sleeps."""
    history, now_s = view.history(), view.now.at_us // 1_000_000
    last_s = history.active_s or history.first_s
    silence_s = now_s - last_s if last_s else 0
    if silence_s >= view.bounds.dormant_s:
        return silence_s, 0
    return history.slept_s, now_s - history.woke_s
