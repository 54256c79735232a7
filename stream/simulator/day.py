"""A simulated bank day: ordinary life of a town's bank with planted frauds, from a seed.

Same arguments, same bytes: all chance comes from `random.Random` seeded with the seed and a purpose, no clock is read. Money is
whole minor units and every balance is right after each of its movements. The share of fraud is far above life (about one
transfer in 18,000) so that a day shows something: `prevalence` says how far, and belongs beside every figure drawn from it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from typing import Final

from connectors.contract_json import encode
from models.records import AccountEvent, InputRecord, Transaction
from stream.simulator.booked import Booked
from stream.simulator.cases import CaseBook
from stream.simulator.delivery import deliver, spoil
from stream.simulator.plan import DAY_US, HOUR_US, Move, Plot, between
from stream.simulator.planted import Label, Story, labels_of, story_of
from stream.simulator.script import Script
from stream.simulator.stories import STORIES
from stream.simulator.tactics import TACTICS
from stream.simulator.town import Town

Delivery = tuple[int, str, InputRecord]
"""(arrival_us, topic, record)."""

TRANSACTIONS_PER_ACCOUNT: Final = 3.4
"""Measured over seeds; turns `fraud_share` into a number of stories before the day has happened."""


@dataclass(frozen=True, slots=True)
class DayOptions:
    """What may be set beside seed and sizes.

    fraud_share: wished share of frauds among the day's transactions; stories are planted in turn until it is reached.
    stories: exactly these instead, by name. tactic: a name of `TACTICS`. reports: victims go to the police.
    malformed: unreadable records among the messages.
    """

    fraud_share: float = 0.012
    stories: tuple[str, ...] | None = None
    tactic: str = "plain"
    reports: bool = True
    malformed: int = 0


PLAIN_DAY: Final = DayOptions()


@dataclass(frozen=True, slots=True, eq=False)
class BankDay:
    """What a bank day produced. All of it is kept, so it can be read more than once.

    labels: one row per transaction, in the order of event time. stories: what was planted, in the order of planting.
    day_us, end_us: local midnight at which the day begins and ends; records before and a few after lie around it.
    """

    seed: int
    day_us: int
    deliveries: tuple[Delivery, ...] = field(repr=False)
    labels: tuple[Label, ...] = field(repr=False)
    stories: tuple[Story, ...]
    malformed: int

    @property
    def end_us(self) -> int:
        """Return the midnight that ends the day."""
        return self.day_us + DAY_US

    @property
    def records(self) -> Iterator[Delivery]:
        """Return (arrival_us, topic, record) in the order of arrival, without the malformed ones; a new iterator each time."""
        return iter(self.deliveries)

    @property
    def prevalence(self) -> float:
        """Return the share of transactions, history included, that are part of a fraud. Life has about 1 / 18,000."""
        return sum(row.label for row in self.labels) / len(self.labels) if self.labels else 0.0

    def messages(self) -> Iterator[tuple[int, str, bytes, bytes]]:
        """Yield (arrival_us, topic, key, value) as Kafka records, the asked number of malformed transactions among them."""
        rng = Random(f"{self.seed}:malformed")
        own = [place for place, delivery in enumerate(self.deliveries) if delivery[1] == "transactions"]
        broken = set(rng.sample(own, min(self.malformed, len(own))))
        for place, (arrival_us, topic, record) in enumerate(self.deliveries):
            key, value = key_of(record), encode(record)
            yield arrival_us, topic, key, value
            if place in broken:
                yield arrival_us, topic, key, spoil(rng, value)


def key_of(record: InputRecord) -> bytes:
    """Return the Kafka key the contract gives an input record of the simulator."""
    if isinstance(record, Transaction):
        party = record.payer or record.payee
        return party.account.encode() if party is not None else b""
    return (record.account if isinstance(record, AccountEvent) else record.report_id).encode()  # type: ignore[union-attr]


def bank_day(seed: int, accounts: int, start: datetime, history_days: int = 0, options: DayOptions = PLAIN_DAY) -> BankDay:
    """Return the local calendar day of `start`, after a thin history of so many days.

    accounts: at this bank; mules come on top. start: with offset, which is the bank's local zone. The factory pays on the day.
    Errors: ValueError for a time without offset, fewer than 30 accounts, or an unknown story or tactic: the caller's fault.
    """
    if accounts < 30:
        raise ValueError("a bank day needs at least 30 accounts")
    if options.tactic not in TACTICS or any(name not in STORIES for name in options.stories or ()):
        raise ValueError("unknown story or tactic")
    town = Town(seed, accounts, start)
    town.people.companies[0].month_day = min(28, start.day)
    scripts = _planted(seed, town, accounts, options)
    for script in scripts:
        town.ledger.plan(script.steps)
    book = CaseBook(Random(f"{seed}:cases"), town.ledger, reports=options.reports, dispositions=False)
    warmed = [mule for script in scripts for mule in script.warmed]
    booked: list[Booked] = []
    for number in range(-history_days, 0):
        booked += book.watch(town.past_day(number, history_days, warmed))
    booked += book.watch(town.day(0))
    booked += book.watch(town.ledger.run())
    deliveries = tuple((arrival_us, entry.topic, entry.record) for arrival_us, entry in deliver(Random(f"{seed}:delivery"), booked))
    stories = tuple(story_of(book.case_of(script.plot)) for script in scripts)
    return BankDay(seed, town.calendar.day_zero_us, deliveries, labels_of(booked), stories, options.malformed)


def _planted(seed: int, town: Town, accounts: int, options: DayOptions) -> list[Script]:
    """Write the stories: those asked for, or in turn until the wished share of frauds is reached."""
    rng = Random(f"{seed}:stories")
    tactic, day_us = TACTICS[options.tactic], town.calendar.day_zero_us
    wanted = options.fraud_share * accounts * TRANSACTIONS_PER_ACCOUNT
    scripts: list[Script] = []
    planted, names = 0, list(STORIES)
    while len(scripts) < len(options.stories) if options.stories is not None else planted < wanted:
        name = options.stories[len(scripts)] if options.stories is not None else names[len(scripts) % len(names)]
        plot = Plot(f"s{seed}-{name}-{len(scripts) + 1}", "V1" if name == "CHAIN" else name)
        script = Script(rng, town.cast, town.people, tactic, plot, day_us)
        first, last = tactic.hours
        STORIES[name](script, day_us + first * HOUR_US + between(rng, 0, (last - first) * 3_600))
        scripts.append(script)
        planted += sum(1 + step.asked for step in script.steps if isinstance(step, Move) and step.plot is plot)
    return scripts
