"""How people and firms pay, whoever they are: sums, channels, modes. Source of all figures: ours."""

from bisect import bisect
from math import exp, sqrt
from random import Random
from typing import Final

from models.records import ArrivalMode, Channel
from stream.simulator.cast import YUAN, Account
from stream.simulator.plan import Move, amount

REFUSED_SHARE: Final = 0.006
ASKED_SHARE: Final = 0.22
MOBILE_SHARE: Final = 0.86
ARRIVAL_MODES: Final[tuple[ArrivalMode | None, ...]] = ("REALTIME", "DELAYED", "NEXT_DAY", None)
ARRIVAL_WEIGHTS: Final = (80, 85, 88, 100)
"""Cumulative."""
ROUNDINGS_MINOR: Final = (1, 100, 1000, 10_000, 10_000)
"""What a sum that somebody chooses is a multiple of."""

_MEAN_LARGE = 30.0
_SHARE_MIN = 1e-15


def times(rng: Random, mean: float) -> int:
    """Return a Poisson count with this mean; from a mean of 30 on, the normal count nearest to it."""
    if mean >= _MEAN_LARGE:
        return max(0, round(rng.gauss(mean, sqrt(mean))))
    drawn, share = rng.random(), exp(-mean)
    count, reached = 0, share
    while drawn > reached and share > _SHARE_MIN:
        count += 1
        share *= mean / count
        reached += share
    return count


def gift_minor(rng: Random, person: Account) -> int:
    """Return a sum between people: round more often than not, in line with what a customer here has."""
    step = rng.choice(ROUNDINGS_MINOR)
    limit_yuan = max(100, min(8_000, person.balance_minor // YUAN // 8))
    return amount(rng, 180, 1.1, step_minor=step, low_yuan=5, high_yuan=limit_yuan)


def transfer(
    rng: Random,
    at_us: int,
    payer: Account,
    payee: Account,
    amount_minor: int = 0,
    *,
    share: float | None = None,
    step_minor: int = 1,
    purpose: str | None = None,
    asked: bool | None = None,
) -> Move:
    """Return an online transfer as people make it: mostly by telephone, mostly real time, some announced first."""
    channel: Channel = "MOBILE" if rng.random() < MOBILE_SHARE else "WEB"
    mode = ARRIVAL_MODES[bisect(ARRIVAL_WEIGHTS, rng.random() * 100)]
    move = Move(at_us, "TRANSFER", channel, payer, payee, amount_minor, share, step_minor)
    move.purpose, move.arrival_mode = purpose, mode
    move.asked = rng.random() < ASKED_SHARE if asked is None else asked
    return move
