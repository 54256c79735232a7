"""Our statistics are River's, on plain numbers."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from river import stats

from models.stats import count_hour, ew_deviation, ew_update, hour_rarity, shrink

RUNS = settings(max_examples=200, deadline=None, print_blob=True)
VALUES = st.lists(st.floats(0, 40, allow_subnormal=False), min_size=1, max_size=60)
"""Logarithms of amounts and of gaps: what the core averages."""
WEIGHTS = st.sampled_from([0.01, 0.05, 0.3, 0.5, 0.99])


def averaged(values: list[float], weight: float) -> float:
    mean = 0.0
    for count, value in enumerate(values):
        mean = ew_update(mean, value, weight, count)
    return mean


@RUNS
@given(VALUES, WEIGHTS)
def test_the_weighted_mean_is_rivers(values: list[float], weight: float) -> None:
    river = stats.EWMean(fading_factor=weight)
    for value in values:
        river.update(value)
    assert averaged(values, weight) == pytest.approx(river.get(), abs=1e-9)


@RUNS
@given(VALUES, WEIGHTS)
def test_the_squared_deviation_is_rivers_variance(values: list[float], weight: float) -> None:
    river = stats.EWVar(fading_factor=weight)
    for value in values:
        river.update(value)
    deviation = ew_deviation(averaged(values, weight), averaged([value * value for value in values], weight))
    assert deviation**2 == pytest.approx(max(0.0, river.get()), abs=1e-9)


@given(st.floats(-1e6, 1e6), st.floats(0, 1e-6))
def test_a_deviation_is_a_number_even_where_rounding_makes_the_variance_negative(mean: float, error: float) -> None:
    assert ew_deviation(mean, mean * mean - error) >= 0.0


@given(st.floats(0, 100), st.integers(0, 1_000), st.floats(0, 100), st.floats(0, 50))
def test_a_shrunk_figure_lies_between_the_own_and_the_segments(own: float, count: int, prior: float, prior_count: float) -> None:
    shrunk = shrink(own, count, prior, prior_count)
    assert min(own, prior) - 1e-9 <= shrunk <= max(own, prior) + 1e-9


def test_without_own_values_the_segment_speaks_and_without_a_segment_the_account() -> None:
    assert shrink(own=3.0, own_count=0, prior=8.0, prior_count=5.0) == 8.0
    assert shrink(own=3.0, own_count=7, prior=8.0, prior_count=0.0) == 3.0
    assert shrink(own=3.0, own_count=0, prior=8.0, prior_count=0.0) == 8.0


@RUNS
@given(st.lists(st.integers(0, 23), max_size=400))
def test_hours_are_24_bytes_and_the_most_used_hour_is_never_rare(used: list[int]) -> None:
    hours = b""
    for hour in used:
        hours = count_hour(hours, hour)
    assert len(hours) == (24 if used else 0)
    rarities = [hour_rarity(hours, hour) for hour in range(24)]
    assert all(0.0 <= rarity <= 1.0 for rarity in rarities)
    assert min(rarities) == 0.0


def test_an_old_habit_fades_where_a_new_one_grows() -> None:
    hours = b""
    for hour in [9] * 25 + [22] * 60:
        hours = count_hour(hours, hour)
    assert hour_rarity(hours, 22) == 0.0
    assert hour_rarity(hours, 9) > 0.6


def test_the_hours_beside_a_habit_count_half_also_across_midnight() -> None:
    hours = count_hour(b"", 0)
    assert [hour_rarity(hours, hour) for hour in (23, 0, 1, 2)] == [0.5, 0.0, 0.5, 1.0]


def test_a_single_value_has_no_deviation() -> None:
    assert ew_deviation(averaged([math.pi], 0.1), averaged([math.pi**2], 0.1)) == pytest.approx(0.0, abs=1e-7)
