"""Sums over an account's young relations."""

from itertools import pairwise

import pytest

from models.history import Relation
from models.young_relations import faded_out_minor, fading, in_groups, others_money_minor, paid_out, rises

DAY_S = 86_400


def relation(who: int, *, outs: tuple[int, ...] = (), ins: tuple[int, ...] = (), currency: str = "CNY", **sums: int) -> Relation:
    moved = sorted([*outs[::2], *ins[::2]])
    told = {"out_minor": sum(outs[1::2]), "in_minor": sum(ins[1::2]), "in_count": len(ins) // 2, "first_s": moved[0]} | sums
    return Relation(who, currency, last_s=moved[-1], outs=outs, ins=ins, **told)


def test_fading_has_no_edge() -> None:
    steps = [fading(age_s, 3 * DAY_S, 4 * DAY_S) for age_s in range(0, 8 * DAY_S, 3_600)]

    assert steps[0] == 1.0
    assert steps[-1] == 0.0
    assert all(0.0 <= earlier - later < 0.02 for earlier, later in pairwise(steps))


def test_what_was_paid_out_is_told_in_order_of_time_over_all_relations() -> None:
    relations = [relation(1, outs=(10, 100, 30, 300)), relation(2, outs=(20, 200))]

    assert paid_out(relations, 10) == [(20, 200), (30, 300)]


def test_payments_no_longer_remembered_count_as_old_as_the_first() -> None:
    busy = relation(1, outs=(9 * DAY_S, 100), out_minor=900, first_s=5 * DAY_S)

    assert faded_out_minor([busy], 9 * DAY_S, 3 * DAY_S, 4 * DAY_S) == 100 + int(800 * 0.75)


@pytest.mark.parametrize(("since_s", "minor"), [(0, 900), (50, 500), (200, 0)])
def test_others_money_is_what_came_in_lately_in_the_same_currency(since_s: int, minor: int) -> None:
    known = relation(1, ins=(60, 100, 100, 400), in_minor=900, first_s=40)
    foreign = relation(2, ins=(100, 7), currency="USD")

    assert others_money_minor((known, foreign), "CNY", since_s) == minor


def test_slices_are_one_payment_as_long_as_each_follows_the_last_within_the_time() -> None:
    assert in_groups([(0, 1), (60, 1), (120, 1), (181, 1)], merge_s=60) == [(120, 3), (181, 1)]


@pytest.mark.parametrize(
    ("sums", "expected"), [((100, 150, 225), 2.0), ((100, 100, 100), 0.0), ((300, 200, 100), 0.0), ((100, 1_000, 1_200), 1.4)]
)
def test_a_row_rises_by_growth_over_all_before(sums: tuple[int, ...], expected: float) -> None:
    assert rises([(at_s, minor) for at_s, minor in enumerate(sums)], 1.5, 60, 60) == pytest.approx(expected)
