"""A bank from one seed: its people, what they and the firms do day by day, and the ledger that books it."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from random import Random

from models.units import time_us
from stream.simulator.booked import Booked
from stream.simulator.business import Business
from stream.simulator.calendar_days import Calendar
from stream.simulator.cast import Account, Cast
from stream.simulator.ledger import Ledger
from stream.simulator.ordinary import OrdinaryLife
from stream.simulator.plan import DAY_US
from stream.simulator.population import populate, renew


def midnight_us(start: datetime) -> int:
    """Return the local midnight that begins the day of a time with offset.

    Errors: ValueError for a time without offset.
    """
    if start.tzinfo is None:
        raise ValueError("the start of the day needs an offset")
    return time_us(start.replace(hour=0, minute=0, second=0, microsecond=0))


class Town:
    """A bank whose days are asked for one after the other: first those of the thin past, then the full ones."""

    def __init__(self, seed: int, accounts: int, start: datetime, *, pace: float = 1.0, tells_all: bool = True) -> None:
        """accounts: at this bank. start: with offset, its local day is number 0. pace: multiplies how much people do.

        tells_all: as for the ledger.
        Errors: ValueError for a time without offset.
        """
        self.calendar = Calendar(midnight_us(start), start.date())
        self.cast = Cast(Random(f"{seed}:cast"), start.date())
        self.people = populate(Random(f"{seed}:people"), self.cast, accounts)
        self._life = OrdinaryLife(Random(f"{seed}:life"), self.cast, self.people, self.calendar, pace)
        self._business = Business(Random(f"{seed}:business"), self.people, self.calendar, pace)
        self._renewal = Random(f"{seed}:renewal")
        self.ledger = Ledger(Random(f"{seed}:ledger"), self.calendar.day_zero_us, f"s{seed}-", tells_all=tells_all)

    @property
    def places(self) -> dict[str, str]:
        """Return where each cash machine stands, by its id."""
        return self._life.places

    def past_day(self, number: int, days: int, others: Iterable[Account] = ()) -> Iterator[Booked]:
        """Yield what is booked on one of the last `days` days before day 0. others: persons with a past beside the people."""
        day = self.calendar.day(number)
        self.ledger.plan(self._life.thin_day(day, days))
        self.ledger.plan(self._life.thin_day(day, days, list(others)))
        self.ledger.plan(self._business.thin_day(day, days))
        return self.ledger.run(day.start_us + DAY_US)

    def day(self, number: int) -> Iterator[Booked]:
        """Yield what is booked on a full day."""
        day = self.calendar.day(number)
        self.cast.today = day.date
        if number:
            renew(self._renewal, self.cast, self.people)
        self.ledger.plan(self._life.day(day))
        self.ledger.plan(self._business.day(day))
        return self.ledger.run(day.start_us + DAY_US)
