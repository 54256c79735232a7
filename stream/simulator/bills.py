"""What private customers pay or get once a month, each on a day of their own: rent, utilities, school, wages from other banks.

Source of all figures: ours.
"""

from random import Random
from typing import Final

from stream.simulator.calendar_days import Calendar, Day
from stream.simulator.cast import Account
from stream.simulator.habits import transfer
from stream.simulator.plan import HOUR_US, Move, Step, amount, at_hour, between
from stream.simulator.population import Population

UTILITIES_SHARE: Final = 0.75
SCHOOL_SHARE: Final = 0.12
TERM_MONTHS: Final = (2, 3, 9)
RENT_DAYS: Final = 5
"""Rent is due on the first to the fifth of the month."""


class Bills:
    """Plans what is due on a day; a person's shares of the town follow from its `month_day` and age, so nothing is kept."""

    def __init__(self, rng: Random, people: Population, calendar: Calendar) -> None:
        """rng: the only source of chance."""
        self._rng = rng
        self._people = people
        self._calendar = calendar

    def add(self, steps: list[Step], person: Account, day: Day) -> None:
        """Add what this person pays or gets on a day."""
        today, month_day = day.date.day, person.month_day
        if today == 1 + month_day % RENT_DAYS and person in self._people.landlord:
            steps.append(self._rent(person, at_hour(self._rng, day.start_us, person.rhythm)))
        if today != month_day and today != 1 + (month_day + 3) % 28:
            if today == 15 - month_day % 6 and person in self._people.paid_elsewhere:
                steps.append(self._wage(person, day))
            return
        if today == month_day and self._rng.random() < UTILITIES_SHARE:
            steps.append(self._utilities(person, at_hour(self._rng, day.start_us, person.rhythm)))
        elif today != month_day and 28 <= (person.holder_age or 0) <= 50 and self._rng.random() < SCHOOL_SHARE:
            steps.append(self._school(person, at_hour(self._rng, day.start_us, person.rhythm), day.date.month))

    def _rent(self, tenant: Account, at_us: int) -> Move:
        landlord, rent = self._people.landlord[tenant], self._people.rent_minor[tenant]
        purpose = "RENT" if self._rng.random() < 0.8 else None
        return transfer(self._rng, at_us, tenant, landlord, rent, purpose=purpose, asked=False)

    def _utilities(self, person: Account, at_us: int) -> Move:
        payee = self._people.utilities[person.month_day % len(self._people.utilities)]
        paid = amount(self._rng, 140, 0.5, low_yuan=15, high_yuan=1_200)
        return transfer(self._rng, at_us, person, payee, paid, purpose="UBIL", asked=False)

    def _school(self, person: Account, at_us: int, month: int) -> Move:
        """Return the fee of a term, or of a month's meals (N18)."""
        median_yuan = 2_600 if month in TERM_MONTHS else 380
        fee = amount(self._rng, median_yuan, 0.3, step_minor=1_000, low_yuan=100, high_yuan=9_000)
        payee = self._people.schools[person.month_day % len(self._people.schools)]
        return transfer(self._rng, at_us, person, payee, fee, purpose="SCHO", asked=False)

    def _wage(self, person: Account, day: Day) -> Move:
        rng = self._rng
        paid = round(person.wage_minor * rng.uniform(0.97, 1.04))
        at_us = day.start_us + 9 * HOUR_US + between(rng, 0, 6 * 3600)
        payer = self._people.paid_elsewhere[person]
        return Move(at_us, "TRANSFER", "BATCH", payer, person, paid, purpose="SALA", arrival_mode="REALTIME")
