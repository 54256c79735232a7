"""A living bank over many days: daily life with frauds at a realistic rate and the patterns that resemble them, from a seed.

Day by day: what people, firms, frauds and look-alikes mean to do is planned, the ledger books it in the order of time, and what is
over is forgotten. So memory holds the accounts, one day's plans, and the stories under way, however long the simulation is.
Same arguments, same records.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from random import Random
from typing import Any, Final

from stream.simulator.booked import Booked
from stream.simulator.case_file import case_of
from stream.simulator.cases import CaseBook
from stream.simulator.catalogue import CATALOGUE
from stream.simulator.delivery import USUAL, Delivery, Disorder, deliver
from stream.simulator.habits import times
from stream.simulator.lookalikes import LOOKALIKES
from stream.simulator.plan import HOUR_US, Plot, between
from stream.simulator.tactics import TACTIC_WEIGHTS, TACTICS
from stream.simulator.town import Town
from stream.simulator.town_scene import PER_10K_ACCOUNTS_AND_30_DAYS, TownScene
from stream.simulator.town_script import TownScript

START: Final = datetime.fromisoformat("2025-09-01T00:00:00+08:00")
"""A Monday. Fixed, so that a seed gives the same bytes every day; and past, because brokers refuse times far ahead."""
BASE_RATE: Final = 1 / 18_000
"""Fraud cases per approved transfer. Source: UK PSR 2023, domain handbook section 2."""
RATE: Final = 3.0
"""Transactions per account and day that daily life has of itself, measured; `rate` is relative to it."""
TRANSFERS_SHARE: Final = 0.33
"""Of these: approved transfers, measured; only the first day is planned from it."""


@dataclass(frozen=True, slots=True)
class SimulationOptions:
    """What is simulated.

    accounts: at this bank. start: with offset; its local day is the first. rate: transactions per account and day. base_rate:
    fraud cases per approved transfer. cases_per_typology: planted at least, of each typology and each look-alike. typologies,
    lookalikes: only these, None = all. history_days: thin past before the first day. disorder: of delivery.
    """

    seed: int = 7
    accounts: int = 5_000
    days: int = 7
    start: datetime = START
    rate: float = RATE
    base_rate: float = BASE_RATE
    cases_per_typology: int = 0
    typologies: tuple[str, ...] | None = None
    lookalikes: tuple[str, ...] | None = None
    history_days: int = 60
    disorder: Disorder = USUAL


class Simulation:
    """One run: iterate `deliveries`, then read `counts`. Cases are told to a function as soon as they are over."""

    def __init__(self, options: SimulationOptions, on_case: Callable[[dict[str, Any]], None]) -> None:
        """Errors: ValueError for a start without offset, fewer than 100 accounts, or an unknown typology or look-alike."""
        self._check(options)
        self._options = options
        self._on_case = on_case
        seed = options.seed
        self._rng = Random(f"{seed}:frauds")
        self._scenes_rng = Random(f"{seed}:scenes")
        self.town = Town(seed, options.accounts, options.start, pace=options.rate / RATE, tells_all=False)
        self.book = CaseBook(Random(f"{seed}:cases"), self.town.ledger)
        self._typologies = [name for name in CATALOGUE if options.typologies is None or name in options.typologies]
        self._lookalikes = [name for name in LOOKALIKES if options.lookalikes is None or name in options.lookalikes]
        self._scripts: dict[Plot, TownScript] = {}
        self._case_count = 0
        self._planted = 0
        self._transfers = 0
        self._phase = self._rng.random()
        self._due = self._spread(self._rng, {name: CATALOGUE[name].days for name in self._typologies})
        self._scenes_due = self._spread(self._scenes_rng, dict.fromkeys(self._lookalikes, 1))
        self.counts: Counter[str] = Counter()
        self.cases: Counter[str] = Counter()
        self.scenes: Counter[str] = Counter()

    @staticmethod
    def _check(options: SimulationOptions) -> None:
        if options.accounts < 100:
            raise ValueError("a simulated bank needs at least 100 accounts")
        for name in (*(options.typologies or ()), *(options.lookalikes or ())):
            if name not in CATALOGUE and name not in LOOKALIKES:
                raise ValueError(f"unknown typology or look-alike {name}")

    def deliveries(self, on_booked: Callable[[Booked], None]) -> Iterator[Delivery]:
        """Yield the records in the order of arrival. on_booked: told each record in the order of event time, duplicates once."""
        return deliver(Random(f"{self._options.seed}:delivery"), self._told(on_booked), self._options.disorder)

    def _told(self, on_booked: Callable[[Booked], None]) -> Iterator[Booked]:
        for booked in self._booked():
            on_booked(booked)
            yield booked

    def _booked(self) -> Iterator[Booked]:
        options, town = self._options, self.town
        for number in range(-options.history_days, 0):
            self._plan_scenes(number + options.history_days, number)
            yield from self.book.watch(town.past_day(number, options.history_days))
        for number in range(options.days):
            if number + options.history_days < options.days:
                self._plan_scenes(number + options.history_days, number)
            self._plan_frauds(number)
            for booked in self.book.watch(town.day(number)):
                if booked.status == "APPROVED" and booked.move is not None and booked.move.kind == "TRANSFER":
                    self._transfers += 1
                yield booked
            self._close(town.ledger.ended)
            town.ledger.ended = []
        self._close(list(self.book.open))
        self.counts["transfers"] = self._transfers

    def _spread(self, rng: Random, days: dict[str, int]) -> dict[int, list[str]]:
        """Return on which day each of the cases asked for begins, so early that it can end."""
        due: dict[int, list[str]] = {}
        for name, needed in days.items():
            for _ in range(self._options.cases_per_typology):
                due.setdefault(rng.randrange(max(1, self._options.days - needed + 1)), []).append(name)
        return due

    def _next_case(self) -> str:
        self._case_count += 1
        return f"k-{self._case_count:05d}"

    def _plan_scenes(self, number: int, now: int) -> None:
        """Write the look-alikes of a day, with what of their past lies in the days to come from `now`."""
        if number >= self._options.days:
            return
        rng, names = self._scenes_rng, list(self._scenes_due.pop(number, ()))
        for name in self._lookalikes:
            names += [name] * times(rng, PER_10K_ACCOUNTS_AND_30_DAYS[name] * self._options.accounts / 10_000 / 30)
        now_us = self.town.calendar.day(now).start_us
        for name in names:
            scene = TownScene(name, rng, self.town, number, now_us)
            self.town.ledger.plan(scene.steps)
            self._on_case(scene.case(self._next_case(), name))
            self.scenes[name] += 1

    def _plan_frauds(self, number: int) -> None:
        """Write the frauds that begin on a day: those asked for, and as many more as the base rate wants by its end."""
        options, rng = self._options, self._rng
        names = self._due.pop(number, [])
        if not self.town.calendar.day(number).is_worked and number + 1 < options.days:
            later = [name for name in names if CATALOGUE[name].on_work_days]
            names = [name for name in names if name not in later]
            self._due.setdefault(number + 1, []).extend(later)
        today = self._transfers / number if number else options.accounts * options.rate * TRANSFERS_SHARE
        waiting = sum(len(later) for later in self._due.values())
        wanted = int((self._transfers + today) * options.base_rate + self._phase) - self._planted - len(names)
        if self._typologies:
            names += [self._drawn(number) for _ in range(wanted - waiting)]
        for name in names:
            self._plant(name, number, rng)

    def _drawn(self, number: int) -> str:
        left = self._options.days - number
        fitting = [name for name in self._typologies if CATALOGUE[name].days <= left] or self._typologies
        worked = self.town.calendar.day(number).is_worked
        open_now = [name for name in fitting if worked or not CATALOGUE[name].on_work_days] or fitting
        return self._rng.choices(open_now, [CATALOGUE[name].weight for name in open_now])[0]

    def _plant(self, name: str, number: int, rng: Random) -> None:
        tactic = TACTICS[rng.choices(list(TACTIC_WEIGHTS), list(TACTIC_WEIGHTS.values()))[0]]
        plot = Plot(self._next_case(), name, is_hard=tactic.is_hard)
        day_us = self.town.calendar.day(number).start_us
        script = TownScript(rng, self.town, tactic, plot, day_us, self._options.days - number)
        first, last = tactic.hours
        CATALOGUE[name].write(script, day_us + first * HOUR_US + between(rng, 0, (last - first) * 3_600))
        self._scripts[plot] = script
        self._planted += 1
        self.town.ledger.plan(script.steps)

    def _close(self, plots: list[Plot]) -> None:
        """Tell the cases that are over and let their people go."""
        for plot in plots:
            script, case = self._scripts.pop(plot, None), self.book.open.pop(plot, None)
            if script is not None:
                script.release()
            if case is not None and case.booked:
                self.cases[plot.typology] += 1
                self.counts["stolen_minor"] += sum(entry.amount_minor for entry in case.thefts)
                self._on_case(case_of(case))
