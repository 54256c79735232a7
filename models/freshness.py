"""How fresh an account is: opened a short while ago, or asleep for long and just awake. What several mule detectors ask alike."""

from typing import Final

from models import entry as e
from models.closeness import grade
from models.view import View

_DAY_S: Final = 86_400
_WAKE_FULL_D: Final = 3.0  # ours: for three days after waking it counts as just awake,
_WAKE_NONE_D: Final = 14.0  # and after two weeks in use it is an account like any other


class Freshness:
    """grade: 0..1. age_d: days since the account was opened (is_told), or else first seen.

    slept_d: days without a debit or login, 0 = awake.
    """

    __slots__ = ("age_d", "grade", "is_told", "slept_d")

    def __init__(self, grade: float, age_d: int, slept_d: int, *, is_told: bool) -> None:
        self.grade = grade
        self.age_d = age_d
        self.slept_d = slept_d
        self.is_told = is_told

    @property
    def zh(self) -> str:
        """Return what makes it fresh, for a text."""
        if self.slept_d:
            return f"休眠{self.slept_d}天"
        return f"开户{self.age_d}天" if self.is_told else f"首次出现{self.age_d}天"

    @property
    def en(self) -> str:
        """Return what makes it fresh, for a text."""
        if self.slept_d:
            return f"asleep for {self.slept_d} d"
        return f"{self.age_d} d old" if self.is_told else f"first seen {self.age_d} d ago"


def freshness_of(view: View, young_d: int, old_d: int, asleep_d: int, seen_share: float) -> Freshness:
    """Return how fresh the account is at the event.

    young_d, old_d: opened less than `young_d` days ago is fresh in full, `old_d` and more not at all. asleep_d: so many days
    without a debit or a login are a full sleep, half of them none. seen_share: how much it is worth that an account whose age is
    not told was first seen a short while ago; less than one, for where a stream begins, every account is.
    """
    age_d = _own_age_d(view)
    is_told = age_d != e.UNKNOWN_AGE_D
    if not is_told:
        first_s = view.history().first_s
        age_d = (view.now.at_us // 1_000_000 - first_s) // _DAY_S if first_s else 0
    by_age = grade(float(age_d), float(old_d), float(young_d - 1)) * (1.0 if is_told else seen_share)
    if by_age >= 1.0:
        return Freshness(1.0, age_d, 0, is_told=is_told)
    slept_s, awake_s = _sleep_s(view)
    by_sleep = grade(slept_s / _DAY_S, asleep_d / 2, float(asleep_d)) * grade(awake_s / _DAY_S, _WAKE_NONE_D, _WAKE_FULL_D)
    if by_sleep > by_age:
        return Freshness(by_sleep, age_d, slept_s // _DAY_S, is_told=is_told)
    return Freshness(by_age, age_d, 0, is_told=is_told)


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
