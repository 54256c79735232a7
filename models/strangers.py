"""Money gathered from strangers: who paid an account within a window, and who did so in the days before.

What the detectors of collecting accounts (V6, V7, M2) read in the same way.
"""

from typing import Final

from models import entry as e
from models.closeness import grade
from models.entry import Entry
from models.view import View

ANY_MINOR: Final = 10**15
_TRANSFER_IN: Final = e.TRANSFER | e.CREDIT
_NO_NEWCOMER: Final = e.OWN_NAME | e.PUBLIC | e.SAME_COHORT


def strangers_credits(view: View, window_s: int, stranger_s: int) -> list[Entry]:
    """Return the window's transfers in from strangers who are no colleagues; a requested one counts while it is examined."""
    now = view.now
    return [
        entry
        for entry in view.window(window_s)
        if not entry.code & e.SAME_COHORT and view.is_from_stranger(entry, stranger_s, is_asked=entry is now)
    ]


def newcomers_credits(view: View, window_s: int, stranger_s: int) -> list[Entry]:
    """Return the same, and what a firm calls a wage or a loan as well: of many firms at once nobody is the employer."""
    now = view.now
    return [
        entry
        for entry in view.window(window_s)
        if entry.code & _TRANSFER_IN == _TRANSFER_IN
        and (entry.code & e.MONEY or entry is now)
        and not entry.code & _NO_NEWCOMER
        and view.is_new_payer(entry.other, stranger_s)
    ]


def earlier_payers(
    view: View, credits: list[Entry], window_s: int, end_s: int, least_minor: int = 0, most_minor: int = ANY_MINOR
) -> float:
    """Return how many strangers paid before the window, older ones counting less: nobody from `end_s` ago on.

    credits: of the window; their payers are not counted twice. Only whoever paid between `least_minor` and `most_minor` at a time,
    and got nothing back, counts. Known of the account's last young relations, so a lower bound.
    """
    now = view.now
    now_s = now.at_us // 1_000_000
    known = {entry.who for entry in credits}
    count = 0.0
    for relation in view.history().relations:
        if relation.who in known or relation.currency != now.currency or relation.out_count or not relation.in_count:
            continue
        age_s = now_s - relation.ins[-2]
        if age_s >= window_s and least_minor <= relation.in_max_minor <= most_minor:
            count += grade(float(age_s), float(end_s), float(window_s))
    return count


def spread(amounts_minor: list[int]) -> float:
    """Return the coefficient of variation: standard deviation by mean, 0 for equal sums.

    >>> spread([100, 100]), spread([50, 150])
    (0.0, 0.5)
    """
    count = len(amounts_minor)
    if not count:
        return 0.0
    total = sum(amounts_minor)
    if not total:
        return 0.0
    # In integers up to the last step, so that no order of summing shows.
    square = sum(amount * amount for amount in amounts_minor)
    return float(max(0, count * square - total * total) ** 0.5 / total)
