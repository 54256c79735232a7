"""Which days are worked and how busy each kind of life is on them: weekdays, weekends and public holidays.

Holidays are data: those of mainland China as the State Council announced or fixed them, make-up working days left out. Factors of
a week average to one; source: ours.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from stream.simulator.plan import DAY_US


def _span(first: date, days: int) -> frozenset[date]:
    return frozenset(first + timedelta(days=number) for number in range(days))


HOLIDAYS: Final = frozenset[date]().union(
    _span(date(2025, 1, 1), 1),
    _span(date(2025, 1, 28), 8),
    _span(date(2025, 4, 4), 3),
    _span(date(2025, 5, 1), 5),
    _span(date(2025, 5, 31), 3),
    _span(date(2025, 10, 1), 8),
    _span(date(2026, 1, 1), 3),
    _span(date(2026, 2, 15), 9),
    _span(date(2026, 4, 4), 3),
    _span(date(2026, 5, 1), 5),
    _span(date(2026, 6, 19), 3),
    _span(date(2026, 9, 25), 3),
    _span(date(2026, 10, 1), 7),
)

WEEK: Final[Mapping[str, tuple[float, ...]]] = {
    "shop": (0.90, 0.91, 0.93, 0.95, 1.05, 1.18, 1.08),
    "online": (1.02, 1.00, 0.98, 0.98, 0.98, 1.00, 1.04),
    "transfer": (1.05, 1.02, 1.01, 1.01, 1.06, 0.95, 0.90),
    "cash": (1.02, 0.95, 0.95, 0.98, 1.22, 1.03, 0.85),
    "office": (1.40, 1.35, 1.30, 1.30, 1.45, 0.12, 0.08),
}
"""Kind of life -> factor from Monday to Sunday."""

HOLIDAY: Final[Mapping[str, float]] = {"shop": 1.25, "online": 1.1, "transfer": 1.05, "cash": 0.9, "office": 0.06}
"""Kind of life -> factor on a public holiday."""


@dataclass(frozen=True, slots=True)
class Day:
    """A local calendar day. start_us: its midnight."""

    start_us: int
    date: date
    is_holiday: bool

    @property
    def is_worked(self) -> bool:
        """Return whether offices are open."""
        return not self.is_holiday and self.date.weekday() < 5

    def factor(self, life: str) -> float:
        """Return how busy a kind of life is, 1 = its mean."""
        return HOLIDAY[life] if self.is_holiday else WEEK[life][self.date.weekday()]


@dataclass(frozen=True, slots=True)
class Calendar:
    """The days of a bank, counted from the first: day 0 begins at `day_zero_us` and is `first`."""

    day_zero_us: int
    first: date
    holidays: frozenset[date] = HOLIDAYS

    def day(self, number: int) -> Day:
        """Return a day by its number, negative before the first."""
        on = self.first + timedelta(days=number)
        return Day(self.day_zero_us + number * DAY_US, on, on in self.holidays)

    def is_pay_day(self, day: Day, month_day: int) -> bool:
        """Return whether what is due on a day of the month (1..28) is paid on this day: there, or on the last worked day before.

        >>> days = Calendar(0, date(2025, 9, 1))
        >>> [days.is_pay_day(days.day(number), 14) for number in (11, 13)]  # the 14th is a Sunday, the 12th a Friday
        [True, False]
        """
        if not day.is_worked:
            return False
        number = (day.date - self.first).days
        for ahead in range(15):
            coming = self.day(number + ahead)
            if ahead and coming.is_worked:
                return False
            if coming.date.day == month_day:
                return True
        return False
