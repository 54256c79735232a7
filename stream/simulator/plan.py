"""What people mean to do: moves of money, happenings at an account and notices, before the ledger decides what comes of them.

Times are microseconds since 1970 UTC. A move's sum is fixed, or a share of what the payer has when the move is made, so that a
story can say "nine tenths of it" without knowing the balance.
"""

from bisect import bisect
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import accumulate
from math import exp
from random import Random
from typing import Final

from models.records import AccountEventType, ArrivalMode, Channel, InputRecord, Kind, NameMatch, ReportSource, Terminal
from stream.simulator.cast import HOURS, Account

SECOND_US: Final = 1_000_000
MINUTE_US: Final = 60 * SECOND_US
HOUR_US: Final = 60 * MINUTE_US
DAY_US: Final = 24 * HOUR_US


@dataclass(slots=True, eq=False)
class Plot:
    """A planted fraud while it is being planned and carried out.

    mules: accounts that take stolen money, here or elsewhere; hops: how far from the victim, 1 = paid by the victim.
    report_after_us: from the first theft, None = never reported. rounded_report: the victim gives the minute and no event id.
    is_hard: its signs are nearly those of daily life. pending: steps not yet carried out.
    """

    story: str
    typology: str
    victims: list[Account] = field(default_factory=list)
    mules: list[Account] = field(default_factory=list)
    hops: dict[Account, int] = field(default_factory=dict)
    terminals: list[Terminal] = field(default_factory=list)
    devices: list[str] = field(default_factory=list)
    report_after_us: int | None = None
    report_source: ReportSource = "POLICE"
    rounded_report: bool = False
    is_hard: bool = False
    pending: int = 0


@dataclass(slots=True, eq=False)
class Move:
    """A payment, withdrawal or deposit somebody wants to make.

    amount_minor: fixed sum, used where `share` is None. share: part of the payer's balance at that moment, rounded down to
    `step_minor`; a share that comes to less than `floor_minor` is not made at all. asked: announced by a REQUESTED record
    before. refused: DECLINED for a reason other than money. forced: approved whatever balance and cap say. reversed_after_us:
    taken back so much later. theft: the step from victim to mule. plot, typology: set where the move is part of a fraud.
    """

    at_us: int
    kind: Kind
    channel: Channel
    payer: Account | None = None
    payee: Account | None = None
    amount_minor: int = 0
    share: float | None = None
    step_minor: int = 1
    floor_minor: int = 10_000
    terminal: Terminal | None = None
    purpose: str | None = None
    arrival_mode: ArrivalMode | None = None
    name_match: NameMatch | None = None
    device: str | None = None
    otp_count: int | None = None
    call_active: bool | None = None
    remote_access: bool | None = None
    asked: bool = False
    refused: bool = False
    forced: bool = False
    reversed_after_us: int | None = None
    theft: bool = False
    plot: Plot | None = None
    typology: str | None = None


@dataclass(slots=True, eq=False)
class Happening:
    """Something done to an account without money. device: where it differs from the holder's own."""

    at_us: int
    account: Account
    type: AccountEventType
    payee: Account | None = None
    device: str | None = None
    region: str | None = None


@dataclass(slots=True, eq=False)
class Notice:
    """Something said about events later: `make` gives the record at the moment, or None if there is nothing to say after all."""

    at_us: int
    topic: str
    make: Callable[[int], InputRecord | None]
    plot: Plot | None = None


Step = Move | Happening | Notice

_CUMULATED: Final = {rhythm: tuple(accumulate(weights)) for rhythm, weights in HOURS.items()}


def at_hour(rng: Random, day_us: int, rhythm: str) -> int:
    """Return a moment of the local day that begins at `day_us`, to the millisecond, in the hours of a life rhythm."""
    cumulated = _CUMULATED[rhythm]
    hour = bisect(cumulated, rng.random() * cumulated[-1])
    return day_us + hour * HOUR_US + int(rng.random() * 3_600_000) * 1_000


def between(rng: Random, low_s: float, high_s: float) -> int:
    """Return a duration from `low_s` to `high_s` seconds in whole milliseconds, as microseconds."""
    return int((low_s + (high_s - low_s) * rng.random()) * 1_000) * 1_000


def amount(rng: Random, median_yuan: float, spread: float, *, step_minor: int = 1, low_yuan: int = 1, high_yuan: int) -> int:
    """Return a log-normal sum in minor units, a multiple of `step_minor` from `low_yuan` to `high_yuan`."""
    drawn = int(median_yuan * 100 * exp(rng.gauss(0.0, spread)))
    return max(low_yuan * 100, min(high_yuan * 100, drawn)) // step_minor * step_minor or step_minor
