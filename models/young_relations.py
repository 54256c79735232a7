"""What an account's young relations came to in the last days: payments that grow, and other people's money that came in.

A young relation is somebody the account first dealt with within `relation_s` (30 days, `history.py`). Evidence over days fades with
its age; there is no hour at which it is gone.
"""

from models.history import Relation

Payment = tuple[int, int]
"""Second since 1970, amount in minor units."""


def fading(age_s: int, whole_s: int, fade_s: int) -> float:
    """Return how much something so old still counts: 1.0 up to `whole_s`, then evenly less, 0.0 from `whole_s + fade_s` on.

    >>> fading(10, whole_s=10, fade_s=20), fading(20, whole_s=10, fade_s=20), fading(40, whole_s=10, fade_s=20)
    (1.0, 0.5, 0.0)
    """
    return 1.0 if age_s <= whole_s else max(0.0, 1.0 - (age_s - whole_s) / fade_s)


def payments(flat: tuple[int, ...]) -> list[Payment]:
    """Return a relation's payments of one direction as pairs, oldest first.

    >>> payments((1, 500, 9, 700))
    [(1, 500), (9, 700)]
    """
    return [(flat[at], flat[at + 1]) for at in range(0, len(flat), 2)]


def paid_out(relations: list[Relation], since_s: int) -> list[Payment]:
    """Return what went to some relations after a second, oldest first, as far as it is remembered."""
    return sorted(paid for relation in relations for paid in payments(relation.outs) if paid[0] > since_s)


def faded_out_minor(relations: list[Relation], now_s: int, whole_s: int, fade_s: int) -> int:
    """Return what went to some relations, each payment as far as it still counts, forgotten ones as old as the first."""
    total_minor = 0
    for relation in relations:
        forgotten_minor = relation.out_minor
        for at_s, minor in payments(relation.outs):
            forgotten_minor -= minor
            total_minor += int(minor * fading(now_s - at_s, whole_s, fade_s))
        total_minor += int(forgotten_minor * fading(now_s - relation.first_s, whole_s, fade_s))
    return total_minor


def others_money_minor(relations: tuple[Relation, ...], currency: str, since_s: int) -> int:
    """Return what young relations paid in after a second: money that is not the holder's own savings."""
    total_minor = 0
    for relation in relations:
        if relation.currency == currency and relation.in_count and relation.last_s > since_s:
            if relation.first_s > since_s:
                total_minor += relation.in_minor
            else:
                total_minor += sum(minor for at_s, minor in payments(relation.ins) if at_s > since_s)
    return total_minor


def in_groups(paid: list[Payment], merge_s: int) -> list[Payment]:
    """Return payments with those that follow within `merge_s` of each other taken as one: slices of one sum.

    >>> in_groups([(0, 100), (50, 100), (900, 300)], merge_s=60)
    [(50, 200), (900, 300)]
    """
    groups: list[Payment] = []
    for at_s, minor in paid:
        if groups and at_s - groups[-1][0] <= merge_s:
            groups[-1] = (at_s, groups[-1][1] + minor)
        else:
            groups.append((at_s, minor))
    return groups


def rises(groups: list[Payment], growth_min: float, whole_s: int, fade_s: int) -> float:
    """Return how many times in a row a payment exceeded all before it `growth_min` times, earlier rises fading with the pauses.

    A lesser growth counts in part, a smaller payment in between not at all.

    >>> rises([(0, 100), (10, 150), (20, 120), (30, 300)], growth_min=1.5, whole_s=60, fade_s=60)
    2.0
    >>> rises([(0, 100), (10, 125), (100, 250)], growth_min=1.5, whole_s=60, fade_s=60)
    0.75
    """
    total, largest, last_s = 0.0, 0, 0
    for at_s, minor in groups:
        if largest:
            growth = minor / largest
            total = (total + min(1.0, max(0.0, (growth - 1.0) / (growth_min - 1.0)))) * fading(at_s - last_s, whole_s, fade_s)
        largest, last_s = max(largest, minor), at_s
    return total
