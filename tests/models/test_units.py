"""Instants are whole microseconds, exactly, in both directions."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.units import AMOUNT_MAX_MINOR, instant, time_us

MICROSECOND = timedelta(microseconds=1)


@given(st.datetimes(timezones=st.just(UTC)))
def test_an_instant_comes_back_from_its_microseconds(time: datetime) -> None:
    assert instant(time_us(time)) == time


@given(st.datetimes(datetime(1970, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001 the offset is drawn
def test_the_next_microsecond_counts_one_more(time: datetime) -> None:
    assert time_us(time + MICROSECOND) - time_us(time) == 1


def test_the_offset_does_not_change_the_instant() -> None:
    beijing = datetime(2026, 3, 2, 9, 14, 5, 123000, tzinfo=timezone(timedelta(hours=8)))
    assert time_us(beijing) == time_us(datetime(2026, 3, 2, 1, 14, 5, 123000, tzinfo=UTC))


def test_a_time_without_offset_is_refused() -> None:
    with pytest.raises(TypeError):
        time_us(datetime(2026, 3, 2))  # noqa: DTZ001 the fault under test


def test_an_instant_is_given_in_utc() -> None:
    assert instant(0).tzinfo is UTC


def test_the_largest_amount_is_the_contracts() -> None:
    assert AMOUNT_MAX_MINOR == 1_000_000_000_000_000
