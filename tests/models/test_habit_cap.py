"""A slow ramp has a known price: within a term an account's habits rise no further than its cap."""

import math

import pytest

from models import entry as e
from models.entry import Entry
from models.profile import Excess, Habits
from models.settling import LEAST_DEVIATION, excess_after, habits_after, usual_max
from models.stats import ew_deviation
from tests.bank import shipped_rulebook

BOUNDS = shipped_rulebook().bounds
DAY_US = 86_400_000_000


def debit(day: float, yuan: float) -> Entry:
    return Entry(int(day * DAY_US), f"e-{day}", e.APPROVED | e.MONEY | e.PURCHASE, int(yuan * 100))


def habits_of(debits: list[Entry], habits: Habits | None = None) -> Habits:
    habits = habits or Habits()
    for entry in debits:
        habits = habits_after(habits, entry, is_new=False, bounds=BOUNDS)
    return habits


USUAL = [debit(100 + number / 10, 100.0 + number % 5) for number in range(60)]


def test_a_ramp_of_a_tenth_a_payment_cannot_lift_the_threshold_beyond_twice_the_usual_reach_in_a_term() -> None:
    """The threshold: what lies `habit_cap_deviations` above the habits."""
    before = habits_of(USUAL)
    reach = BOUNDS.habit_cap_deviations * LEAST_DEVIATION
    ramp = [debit(107 + number / 20, 110.0 * 1.1**number) for number in range(400)]
    within = [entry for entry in ramp if entry.at_us < before.cap_us + BOUNDS.habit_cap_s * 1_000_000]
    assert len(within) > 100
    habits = before
    for entry in within:
        habits = habits_of([entry], habits)
        assert usual_max(habits, BOUNDS.habit_cap_deviations) <= before.amount_mean + 2.1 * reach


def test_one_enormous_payment_is_learnt_as_the_cap() -> None:
    before = habits_of(USUAL)
    huge, capped = debit(107, 1e9), debit(107, math.expm1(before.amount_cap) / 100)
    assert habits_of([huge], before).amount_mean == pytest.approx(habits_of([capped], before).amount_mean, abs=1e-4)


def test_a_lasting_honest_change_is_learnt_within_two_terms() -> None:
    doubled = [debit(107 + number / 2, 200.0) for number in range(140)]
    habits = habits_of(doubled, habits_of(USUAL))
    assert habits.amount_mean == pytest.approx(math.log1p(20_000), abs=0.05)


def test_small_payments_are_learnt_as_they_are() -> None:
    less = [debit(107 + number / 10, 10.0) for number in range(100)]
    assert habits_of(less, habits_of(USUAL)).amount_mean == pytest.approx(math.log1p(1_000), abs=0.05)


def test_the_excess_adds_up_what_lies_above_the_habits_and_fades() -> None:
    habits = habits_of(USUAL)
    deviation = max(LEAST_DEVIATION, ew_deviation(habits.amount_mean, habits.amount_square))
    once = excess_after(Excess(), debit(107, 500.0), habits, BOUNDS)
    assert once.level == pytest.approx((math.log1p(50_000) - habits.amount_mean) / deviation - 1.5)
    fade_days = BOUNDS.excess_fade_s / 86_400
    later = excess_after(once, debit(107 + fade_days, 100.0), habits, BOUNDS)
    assert later.level == pytest.approx(once.level / math.e)


def test_young_habits_tell_no_excess() -> None:
    assert excess_after(Excess(), debit(1, 1e6), habits_of(USUAL[:2]), BOUNDS) == Excess()
