"""How far two places are apart at the least: an uncertain place makes it less, never more."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.entry import Where
from models.travel import are_other_cities, km_between, least_km, travel_kmh
from tests.bank import shipped_rulebook

BOUNDS = shipped_rulebook().bounds
BEIJING, HANGZHOU = Where("110105", 39.92, 116.44), Where("330106", 30.27, 120.12)


def test_machines_with_coordinates_are_measured() -> None:
    assert least_km(BEIJING, HANGZHOU, BOUNDS) == pytest.approx(1_125, abs=5)
    assert travel_kmh(BEIJING, HANGZHOU, 1_800, BOUNDS) == pytest.approx(2_250, abs=10)


def test_a_place_known_by_its_province_is_nearer_by_as_much_as_the_province_reaches() -> None:
    by_code = least_km(Where("110105"), HANGZHOU, BOUNDS)

    assert by_code == pytest.approx(km_between(39.90, 116.41, 30.27, 120.12) - 100, abs=1)
    assert least_km(Where("110105"), Where("330106"), BOUNDS) < by_code


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (Where("3301"), Where("3302")),
        (Where(""), HANGZHOU),
        (Where("99"), HANGZHOU),
        (Where("12"), Where("13")),
        (Where("", 39.9), HANGZHOU),
    ],
    ids=["one province", "no place", "no such province", "neighbours", "half a coordinate"],
)
def test_what_is_not_known_to_be_far_is_near(first: Where, second: Where) -> None:
    assert least_km(first, second, BOUNDS) == 0.0


@given(st.sampled_from(sorted(BOUNDS.provinces)), st.sampled_from(sorted(BOUNDS.provinces)))
def test_it_is_the_same_both_ways(one: str, other: str) -> None:
    assert least_km(Where(one), Where(other), BOUNDS) == pytest.approx(least_km(Where(other), Where(one), BOUNDS))


def test_every_province_has_a_place_in_or_near_china() -> None:
    assert len(BOUNDS.provinces) == 34
    assert all(18 < lat < 54 and 73 < lon < 136 and 20 <= reach <= 1_700 for lat, lon, reach in BOUNDS.provinces.values())


def test_cities_are_told_by_four_digits_and_only_where_both_are_known() -> None:
    assert are_other_cities(Where("330106"), Where("3302"))
    assert not are_other_cities(Where("330106"), Where("330109"))
    assert not are_other_cities(Where("330106"), Where("32"))
