"""What the demo plays: a seeded bank day cut into history and day, the files that tell about it, and what it promises."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final, Literal, NamedTuple

from connectors.labels import Label as LabelRow
from connectors.labels import write_labels
from models.records import Transaction
from models.units import instant
from stream.simulator import BankDay, DayOptions, bank_day

START: Final = datetime.fromisoformat("2025-09-17T00:00:00+08:00")
"""A Wednesday. Fixed, so that a seed gives the same bytes every day; and past, because brokers refuse times far ahead."""

STORIES: Final = ("V1", "M1", "M2", "W1", "W2", "X1", "CHAIN", "V2")
"""One of each kind the simulator can plant."""

PROMISED: Final = frozenset({"M1", "M2", "W1", "W2", "CHAIN"})
"""Stories in which the money runs through mule accounts here in the way a mule's detector looks for: these must be caught."""

MALFORMED: Final = 5
"""Unreadable records among the others, so that dead letters are seen."""

SizeName = Literal["small", "normal"]


class Size(NamedTuple):
    """accounts: of the bank. history_days: before the day. day_s: seconds that the day takes."""

    accounts: int
    history_days: int
    day_s: float


SIZES: Final[dict[SizeName, Size]] = {"small": Size(400, 1, 10.0), "normal": Size(3_000, 2, 50.0)}
"""Ours: normal shows a day to watch within two minutes in all on two busy cores; small is for a quick look and for tests."""


class Message(NamedTuple):
    """A Kafka record to be, at the moment it arrives at the bank."""

    arrival_us: int
    topic: str
    key: bytes
    value: bytes


@dataclass(frozen=True, slots=True)
class Scenario:
    """A day ready to be sent.

    history, day: messages in the order of arrival, before and from the midnight that begins the day.
    day_prevalence: share of frauds among the day's transactions.
    """

    bank: BankDay
    accounts: int
    history: Sequence[Message]
    day: Sequence[Message]
    day_prevalence: float

    @property
    def count(self) -> int:
        """Return the number of all messages."""
        return len(self.history) + len(self.day)


def make_scenario(seed: int, accounts: int, history_days: int) -> Scenario:
    """Return the demo's day. Same arguments, same bytes.

    Errors: ValueError for fewer than 30 accounts.
    """
    bank = bank_day(seed, accounts, START, history_days, DayOptions(stories=STORIES, malformed=MALFORMED))
    messages = [Message(*message) for message in bank.messages()]
    history = [message for message in messages if message.arrival_us < bank.day_us]
    return Scenario(bank, accounts, history, messages[len(history) :], _day_prevalence(bank))


def _day_prevalence(bank: BankDay) -> float:
    frauds = {row.event_id for row in bank.labels if row.label}
    own = {record.event_id for at_us, _, record in bank.records if at_us >= bank.day_us and isinstance(record, Transaction)}
    return len(own & frauds) / len(own) if own else 0.0


def write_scenario(scenario: Scenario, folder: Path) -> None:
    """Write `day.jsonl`, a replay file with history and day, and `labels.csv`.

    An empty message has no line: a replay file cannot hold it.
    """
    with (folder / "day.jsonl").open("wb") as file:
        for message in (*scenario.history, *scenario.day):
            if message.value:
                file.write(line_of(message) + b"\n")
    rows = (LabelRow(row.event_id, row.label, row.case, row.typology) for row in scenario.bank.labels)
    write_labels(folder / "labels.csv", rows)


def line_of(message: Message) -> bytes:
    """Return a message as a line of a replay file: topic and time of arrival stand first. What is no JSON object stays as it is.

    >>> line_of(Message(1_758_038_400_000_000, "victim-reports", b"", b'{"report_id":"r-1"}'))
    b'{"topic":"victim-reports","arrival_time":"2025-09-16T16:00:00Z","report_id":"r-1"}'
    """
    if not message.value.startswith(b"{"):
        return message.value
    arrival = instant(message.arrival_us).isoformat().replace("+00:00", "Z")
    return b'{"topic":"%s","arrival_time":"%s",%s' % (message.topic.encode(), arrival.encode(), message.value[1:])
