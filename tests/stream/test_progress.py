"""Lag and progress as of now, of the partitions that are ours now."""

import time

import pytest

from stream.batches import TP
from stream.progress import Progress

A, B = TP("transactions", 0), TP("transactions", 1)


def progress(**lags: int | None) -> tuple[Progress, dict[TP, int | None]]:
    """Return a progress over A and B with these lags, which the test may change."""
    lag: dict[TP, int | None] = {A: lags.get("a", 0), B: lags.get("b", 0)}
    found = Progress(lag.get)
    found.assign([A, B])
    return found, lag


def test_every_assigned_partition_has_its_lag_and_no_other() -> None:
    found, _ = progress(a=5, b=0)
    assert [(lag.topic, lag.partition, lag.records) for lag in found.lags()] == [(*A, 5), (*B, 0)]
    found.assign([B])
    assert [(lag.topic, lag.partition) for lag in found.lags()] == [B]


def test_the_age_of_lag_is_that_of_the_log_position_done() -> None:
    found, _ = progress(a=5)
    found.done(A, round((time.time() - 100) * 1_000))
    assert next(found.lags()).seconds == pytest.approx(100, abs=60)


def test_what_is_being_worked_on_gives_lag_an_age_until_something_is_done() -> None:
    found, _ = progress(a=5)
    assert next(found.lags()).seconds is None
    found.taken(A, round((time.time() - 1_000) * 1_000))
    found.taken(A, round(time.time() * 1_000))
    assert next(found.lags()).seconds == pytest.approx(1_000, abs=60)


def test_without_lag_the_age_is_zero_however_old_the_last_record_is() -> None:
    found, _ = progress(a=0)
    found.done(A, 0)
    assert next(found.lags()).seconds == 0.0


def test_an_unknown_lag_is_not_taken_for_none() -> None:
    found, _ = progress(a=None)
    assert (next(found.lags()).records, next(found.lags()).seconds) == (None, None)


def test_a_record_from_the_future_is_not_a_negative_age() -> None:
    found, _ = progress(a=1)
    found.done(A, round((time.time() + 3_600) * 1_000))
    assert next(found.lags()).seconds == 0.0


def test_a_partition_that_left_and_came_back_does_not_remember_its_old_age() -> None:
    found, _ = progress(a=1)
    found.done(A, 0)
    found.assign([B])
    found.assign([A, B])
    assert next(found.lags()).seconds is None


def test_the_clock_of_a_stall_runs_only_while_there_is_lag() -> None:
    found, lag = progress()
    assert found.stalled_s() == 0.0
    lag[A] = 3
    assert found.stalled_s() > 0.0
    lag[A] = 0
    assert found.stalled_s() == 0.0


def test_work_done_in_any_partition_is_progress() -> None:
    found, _ = progress(a=10, b=10)
    time.sleep(0.05)
    before_s = time.monotonic()
    found.done(B, 0)
    assert found.stalled_s() <= time.monotonic() - before_s


def test_a_new_assignment_starts_the_clock_anew() -> None:
    found, _ = progress(a=10)
    time.sleep(0.05)
    before_s = time.monotonic()
    found.assign([A])
    assert found.stalled_s() <= time.monotonic() - before_s
