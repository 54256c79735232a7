"""What is too old to change settles: entries become counterparties remembered and habits.

Called once per entry, in (event time, event id) order, so the result does not depend on the order of arrival.
"""

import math
from typing import Final

from models import entry as e
from models.entry import Entry
from models.history_after import history_after
from models.policy import Bounds
from models.profile import AccountProfile, DeviceProfile, Excess, Habits, Profile, TerminalProfile
from models.recency import identifier_hash, remember, seen
from models.stats import count_hour, ew_deviation, ew_update

_HOUR_US: Final = 3_600_000_000
_DEBIT: Final = e.APPROVED | e.CREDIT | e.ACCOUNT_EVENT
_KNOWN_COUNT: Final = 10  # debits from which on habits are worth a cap
_EXCESS_START: Final = 1.5  # deviations above the habits, as common as one payment in fifteen
_EXCESS_MAX: Final = 10.0
LEAST_DEVIATION: Final = 0.25
"""Of ln(amount): habits are never read as narrower than a quarter."""
_HOURS_MAX: Final = 1_024  # of a machine: six weeks of busy hours
_DRAWN: Final = e.CASH | e.APPROVED


def settle(profile: Profile, entry: Entry, bounds: Bounds) -> None:
    """Take one entry into the settled part of a profile. A machine settles how many it serves in an hour."""
    if isinstance(profile, AccountProfile):
        _settle_at_account(profile, entry, bounds)
    elif isinstance(profile, DeviceProfile):
        at_s = entry.at_us // 1_000_000
        profile.first_s = profile.first_s or at_s
        profile.newcomer_count += seen(profile.holders, entry.who) is None
        profile.holders = remember(profile.holders, entry.who, at_s, bounds.forget_s, bounds.devices_max)
    elif isinstance(profile, TerminalProfile):
        _settle_at_machine(profile, entry)


def _settle_at_machine(profile: TerminalProfile, entry: Entry) -> None:
    profile.draws, profile.hours, profile.last_hour = draws_after(
        entry.at_us, entry.code, profile.draws, profile.hours, profile.last_hour
    )
    if profile.hours >= _HOURS_MAX:
        profile.draws, profile.hours = profile.draws // 2, profile.hours // 2


def _settle_at_account(profile: AccountProfile, entry: Entry, bounds: Bounds) -> None:
    """Take an entry into the history; a debit into the habits and its counterparties into memory, unless it was flagged."""
    profile.history = history_after(profile.history, entry, profile.payees, profile.payers, bounds)
    if entry.code & _DEBIT == e.APPROVED:
        profile.excess = excess_after(profile.excess, entry, profile.habits, bounds)
    if not is_learnable(entry):
        return
    code = entry.code
    at_s = entry.at_us // 1_000_000
    if entry.device:
        profile.devices = remember(profile.devices, entry.device, at_s, bounds.forget_s, bounds.devices_max)
    if not code & e.APPROVED:
        return
    if code & e.CREDIT:
        if code & e.TRANSFER:
            payer = identifier_hash(entry.other)
            profile.payers = remember(profile.payers, payer, at_s, bounds.forget_s, bounds.counterparties_max)
        return
    is_new = False
    if code & e.TRANSFER:
        payee = identifier_hash(entry.other)
        known = seen(profile.payees, payee)
        is_new = known is None or at_s - known[1] > bounds.forget_s
        profile.payees = remember(profile.payees, payee, at_s, bounds.forget_s, bounds.counterparties_max)
    if entry.place:
        profile.places = remember(profile.places, identifier_hash(entry.place), at_s, bounds.forget_s, bounds.places_max)
    profile.habits = habits_after(profile.habits, entry, is_new=is_new, bounds=bounds)


def draws_after(at_us: int, code: int, draws: int, hours: int, last_hour: int) -> tuple[int, int, int]:
    """Return (withdrawals, hours with any, the last of these) after one more entry of a machine, in order of time."""
    if code & (_DRAWN | e.CREDIT) != _DRAWN:
        return draws, hours, last_hour
    hour = at_us // _HOUR_US
    return draws + 1, hours + (hour != last_hour), hour


def is_learnable(entry: Entry) -> bool:
    """Return whether an entry may become part of what is usual: nobody flagged it, and it was not taken back in time."""
    code = entry.code
    return not code & e.FLAGGED and code & (e.TAKEN_BACK | e.TAKEN_BACK_LATE) != e.TAKEN_BACK


def local_hour(at_us: int, utc_offset_s: int) -> int:
    """Return the local hour of day, 0..23.

    >>> local_hour(0, utc_offset_s=28_800)
    8
    """
    return (at_us + utc_offset_s * 1_000_000) // _HOUR_US % 24


def habits_after(habits: Habits, entry: Entry, *, is_new: bool, bounds: Bounds) -> Habits:
    """Return the habits after one more debit."""
    weight, count = bounds.habit_weight, habits.count
    amount_cap, cap_us = habits.amount_cap, habits.cap_us
    if count >= _KNOWN_COUNT and entry.at_us - cap_us >= bounds.habit_cap_s * 1_000_000:
        amount_cap, cap_us = usual_max(habits, bounds.habit_cap_deviations), entry.at_us
    amount = math.log1p(entry.amount_minor)
    if cap_us:
        amount = min(amount, amount_cap)
    gap_mean, transfer_count, new_payee_mean = habits.gap_mean, habits.transfer_count, habits.new_payee_mean
    if count:
        gap = math.log1p(max(0, entry.at_us - habits.last_us) / 1_000_000)
        gap_mean = ew_update(gap_mean, gap, weight, count - 1)
    if entry.code & e.TRANSFER:
        new_payee_mean = ew_update(new_payee_mean, float(is_new), weight, transfer_count)
        transfer_count += 1
    return Habits(
        count + 1,
        ew_update(habits.amount_mean, amount, weight, count),
        ew_update(habits.amount_square, amount * amount, weight, count),
        gap_mean,
        entry.at_us,
        transfer_count,
        new_payee_mean,
        count_hour(habits.hours, local_hour(entry.at_us, bounds.utc_offset_s)),
        amount_cap,
        cap_us,
    )


def usual_max(habits: Habits, deviations: float) -> float:
    """Return the ln(1 + amount_minor) that lies so many deviations above the habits."""
    return habits.amount_mean + deviations * max(LEAST_DEVIATION, ew_deviation(habits.amount_mean, habits.amount_square))


def excess_after(excess: Excess, entry: Entry, habits: Habits, bounds: Bounds) -> Excess:
    """Return the excess after one more debit, held against the habits before it; young habits tell nothing."""
    level = faded_excess(excess, entry.at_us, bounds)
    if habits.count >= 3:
        above = math.log1p(entry.amount_minor) - habits.amount_mean
        deviation = max(LEAST_DEVIATION, ew_deviation(habits.amount_mean, habits.amount_square))
        level += min(_EXCESS_MAX, max(0.0, above / deviation - _EXCESS_START))
    return Excess(level, entry.at_us) if level else excess


def faded_excess(excess: Excess, at_us: int, bounds: Bounds) -> float:
    """Return what is left of an excess at an instant."""
    if not excess.level:
        return 0.0
    return excess.level * math.exp(-(at_us - excess.at_us) / (bounds.excess_fade_s * 1_000_000))
