"""Days the simulator tests share, made once, and a few ways to look at them."""

from datetime import datetime
from functools import lru_cache

from models.records import AccountEvent, Transaction
from models.units import time_us
from stream.simulator import BankDay, DayOptions, Story, bank_day
from stream.simulator.stories import STORIES

START = datetime.fromisoformat("2026-03-02T00:00:00+08:00")
HISTORY_DAYS = 6


@lru_cache(maxsize=16)
def small_day(seed: int, tactic: str = "plain") -> BankDay:
    """A day of a small bank with one story of each kind."""
    options = DayOptions(stories=tuple(STORIES), tactic=tactic, malformed=4)
    return bank_day(seed, 220, START, HISTORY_DAYS, options)


@lru_cache(maxsize=16)
def transactions(day: BankDay) -> tuple[Transaction, ...]:
    """Every transaction once, in the order of event time."""
    unique = {record.event_id: record for _, _, record in day.records if isinstance(record, Transaction)}
    return tuple(sorted(unique.values(), key=lambda record: (record.event_time, record.event_id)))


@lru_cache(maxsize=16)
def account_events(day: BankDay) -> tuple[AccountEvent, ...]:
    """Every account event once, in the order of event time."""
    unique = {record.event_id: record for _, _, record in day.records if isinstance(record, AccountEvent)}
    return tuple(sorted(unique.values(), key=lambda record: (record.event_time, record.event_id)))


def story_named(day: BankDay, name: str) -> Story:
    """The story of a kind that `small_day` plants."""
    return next(story for story in day.stories if f"-{name}-" in story.story)


def approved(day: BankDay, story: Story) -> list[Transaction]:
    """What was approved in a story, in the order of event time."""
    own = {row.event_id for row in day.labels if row.case == story.story}
    return [record for record in transactions(day) if record.event_id in own and record.status == "APPROVED"]


def thefts(day: BankDay, story: Story) -> list[Transaction]:
    """The payments of victims to mules."""
    victims = set(story.victims)
    return [record for record in approved(day, story) if record.payer is not None and record.payer.account in victims]


def between_s(earlier: datetime, later: datetime) -> float:
    """Seconds from one moment to another."""
    return (time_us(later) - time_us(earlier)) / 1_000_000


def yuan(amount_minor: int) -> float:
    """Minor units as yuan."""
    return amount_minor / 100
