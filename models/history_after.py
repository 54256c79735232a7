"""How an account's history goes on, entry by entry, in (event time, event id) order."""

import math
from typing import Final

from models import entry as e
from models.entry import Entry
from models.history import DaySum, History, Relation
from models.policy import Bounds
from models.recency import identifier_hash, seen
from models.stats import ew_update

_DAY_S: Final = 86_400
ATM_PAUSE_S: Final = 31_536_000
"""After a year without any, transfers at a machine begin anew. Source: Japanese banks, which block them then for older holders."""
_MONTH_D: Final = 30
_ROUND_MINOR: Final = 10_000  # whole hundreds of the currency, the sums people hand over
_DAYS_MAX: Final = 4
_MONTHS_MAX: Final = 7  # 180 days, and the month begun
_OUTS_MAX: Final = 6
_INS_MAX: Final = 3
_ATM_TRANSFER: Final = e.ATM | e.TRANSFER
_NO_RELATION: Final = e.OWN_NAME | e.PUBLIC


def history_after(history: History, entry: Entry, payees: bytes, payers: bytes, bounds: Bounds) -> History:
    """Return the history after one more entry.

    payees, payers: whom the account remembers from before (`recency.py`); with those there is no young relation.
    What was taken back within the lateness did not happen; an attempt is a sign of life, and no more.
    """
    code = entry.code
    at_s = entry.at_us // 1_000_000
    first_s, active_s, woke_s, slept_s = history.first_s or at_s, history.active_s, history.woke_s, history.slept_s
    enrolled_s, atm_transfer_s, atm_since_s = history.enrolled_s, history.atm_transfer_s, history.atm_since_s
    if _is_sign_of_life(code):
        silence_s = at_s - (active_s or first_s)
        if silence_s >= bounds.dormant_s:
            woke_s, slept_s = at_s, silence_s
        active_s = at_s
    if code & e.EBANK_ENROLLED:
        enrolled_s = at_s
    if not code & e.APPROVED or code & (e.TAKEN_BACK | e.TAKEN_BACK_LATE) == e.TAKEN_BACK:
        return History(
            first_s,
            active_s,
            woke_s,
            slept_s,
            enrolled_s,
            atm_transfer_s,
            history.currency,
            history.days,
            history.day_count,
            history.day_mean,
            history.day_square,
            history.cash_months,
            history.relations,
            atm_since_s,
        )
    if code & (_ATM_TRANSFER | e.CREDIT) == _ATM_TRANSFER:
        if not atm_transfer_s or at_s - atm_transfer_s > ATM_PAUSE_S:
            atm_since_s = at_s
        atm_transfer_s = at_s
    currency = history.currency or entry.currency
    days, day_count, day_mean, day_square = history.days, history.day_count, history.day_mean, history.day_square
    cash_months = history.cash_months
    if entry.currency == currency:
        day = (at_s + bounds.utc_offset_s) // _DAY_S
        if days and days[-1].day == day:
            days = (*days[:-1], _day_after(days[-1], entry))
        else:
            days = (*days, _day_after(DaySum(day), entry))
            if len(days) > _DAYS_MAX:
                left, days = days[0], days[1:]
                movements = math.log1p(left.count)
                day_mean = ew_update(day_mean, movements, bounds.habit_weight, day_count)
                day_square = ew_update(day_square, movements * movements, bounds.habit_weight, day_count)
                day_count += 1
                cash_months = _months_after(cash_months, left)
    relations = history.relations
    if code & e.TRANSFER and not code & _NO_RELATION:
        relations = _relations_after(relations, entry, at_s, payees, payers, bounds)
    return History(
        first_s,
        active_s,
        woke_s,
        slept_s,
        enrolled_s,
        atm_transfer_s,
        currency,
        days,
        day_count,
        day_mean,
        day_square,
        cash_months,
        relations,
        atm_since_s,
    )


def _is_sign_of_life(code: int) -> bool:
    """Return whether the customer did it: a login, or a debit asked for, whatever came of it; standing orders run by themselves."""
    if code & e.ACCOUNT_EVENT:
        return code & e.LOGIN != 0
    return not code & (e.CREDIT | e.BATCH | e.REVERSAL)


def _day_after(day: DaySum, entry: Entry) -> DaySum:
    code, minor = entry.code, entry.amount_minor
    is_credit = code & e.CREDIT != 0
    return DaySum(
        day.day,
        day.count + 1,
        day.round_count + (minor % _ROUND_MINOR == 0),
        day.in_minor + (minor if is_credit else 0),
        day.out_minor + (0 if is_credit else minor),
        day.cash_minor + (minor if code & e.CASH and not is_credit else 0),
    )


def _months_after(months: tuple[int, ...], left: DaySum) -> tuple[int, ...]:
    """Return the largest cash sums by month after one more day, the newest months only."""
    if not left.cash_minor:
        return months
    month = left.day // _MONTH_D
    if months and months[-2] == month:
        return (*months[:-1], max(months[-1], left.cash_minor))
    return (*months, month, left.cash_minor)[-2 * _MONTHS_MAX :]


def _relations_after(
    relations: tuple[Relation, ...], entry: Entry, at_s: int, payees: bytes, payers: bytes, bounds: Bounds
) -> tuple[Relation, ...]:
    """Return the young relations after one more transfer; those begun longer than `relation_s` ago are young no more."""
    kept = []
    found: Relation | None = None
    for relation in relations:
        if relation.who == entry.who and relation.currency == entry.currency:
            found = relation
        elif at_s - relation.first_s <= bounds.relation_s:
            kept.append(relation)
    if found is not None and at_s - found.first_s > bounds.relation_s:
        return tuple(kept)
    if found is None:
        if _is_remembered(payees, entry, at_s, bounds) or _is_remembered(payers, entry, at_s, bounds):
            return tuple(kept)
        found = Relation(entry.who, entry.currency, at_s, at_s)
    kept.append(_relation_after(found, entry, at_s))
    return tuple(kept[-bounds.relations_max :])


def _is_remembered(memory: bytes, entry: Entry, at_s: int, bounds: Bounds) -> bool:
    known = seen(memory, identifier_hash(entry.other))
    return known is not None and at_s - known[1] <= bounds.forget_s


def _relation_after(relation: Relation, entry: Entry, at_s: int) -> Relation:
    minor = entry.amount_minor
    if entry.code & e.CREDIT:
        return Relation(
            relation.who,
            relation.currency,
            relation.first_s,
            at_s,
            relation.out_count,
            relation.out_minor,
            relation.out_max_minor,
            relation.in_count + 1,
            relation.in_minor + minor,
            max(relation.in_max_minor, minor),
            relation.outs,
            (*relation.ins, at_s, minor)[-2 * _INS_MAX :],
        )
    return Relation(
        relation.who,
        relation.currency,
        relation.first_s,
        at_s,
        relation.out_count + 1,
        relation.out_minor + minor,
        max(relation.out_max_minor, minor),
        relation.in_count,
        relation.in_minor,
        relation.in_max_minor,
        (*relation.outs, at_s, minor)[-2 * _OUTS_MAX :],
        relation.ins,
    )
