"""What an account has lived through, beyond the longest window: young relations, sums of its last days, when it was active.

Bounded in size, kept in event order (`history_after.py`), so any order of arrival within the lateness ends in the same history.
Unlike habits it holds what was flagged too: evidence of a slow fraud adds up over days, and it is no picture of what is usual.
"""

import msgspec


class Relation(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """What passed between the account and somebody it first dealt with a short while ago, in one currency.

    who: hash of the other's customer, else account. first_s, last_s: seconds since 1970. Sums in minor units. outs, ins: the last
    payments in each direction, flat: second, amount, second, amount, ..., oldest first.
    """

    who: int
    currency: str
    first_s: int
    last_s: int
    out_count: int = 0
    out_minor: int = 0
    out_max_minor: int = 0
    in_count: int = 0
    in_minor: int = 0
    in_max_minor: int = 0
    outs: tuple[int, ...] = ()
    ins: tuple[int, ...] = ()


class DaySum(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """What an account moved on one local day, in its own currency. day: days since 1970. count: movements, of which round: whole
    hundreds."""

    day: int
    count: int = 0
    round_count: int = 0
    in_minor: int = 0
    out_minor: int = 0
    cash_minor: int = 0


class History(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """Times are seconds since 1970, 0 = never or unknown.

    first_s: first record of the account. active_s: last debit or login by the customer. woke_s: the last one after a silence of at
    least `dormant_s`, slept_s: how long that silence was. enrolled_s: online banking opened. atm_transfer_s: last transfer out at
    a machine. currency: of the first movement; day sums count it alone. days: the last days with movements, oldest first.
    day_count: days before those. day_mean, day_square: of ln(1 + movements) on a day with any, exponentially weighted, over them.
    cash_months: flat, month (30 days, since 1970) and largest cash sum of one of its days, before `days`. relations: least recent
    first. atm_since_s: first transfer out at a machine after a year without any.
    """

    first_s: int = 0
    active_s: int = 0
    woke_s: int = 0
    slept_s: int = 0
    enrolled_s: int = 0
    atm_transfer_s: int = 0
    currency: str = ""
    days: tuple[DaySum, ...] = ()
    day_count: int = 0
    day_mean: float = 0.0
    day_square: float = 0.0
    cash_months: tuple[int, ...] = ()
    relations: tuple[Relation, ...] = ()
    atm_since_s: int = 0
