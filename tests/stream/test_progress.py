"""Lag and progress as of now, of the partitions that are ours now."""

import time
from collections.abc import Callable

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


def test_a_record_after_a_quiet_hour_is_as_old_as_it_is_and_not_as_old_as_the_one_before_it() -> None:
    found, _ = progress(a=1)
    an_hour_ago_ms, now_ms = round((time.time() - 3_600) * 1_000), round(time.time() * 1_000)
    found.taken(A, an_hour_ago_ms)
    found.done(A, an_hour_ago_ms)
    found.taken(A, now_ms)
    assert next(found.lags()).seconds == pytest.approx(0, abs=60)


def test_the_age_of_lag_is_that_of_the_oldest_batch_held() -> None:
    found, _ = progress(a=3)
    ages_s = (3_000, 2_000, 1_000)
    for age_s in ages_s:
        found.taken(A, round((time.time() - age_s) * 1_000))
    for age_s in ages_s:
        assert next(found.lags()).seconds == pytest.approx(age_s, abs=60)
        found.done(A, round((time.time() - age_s) * 1_000))


def test_batches_of_an_earlier_assignment_are_no_longer_held() -> None:
    found, _ = progress(a=1)
    found.taken(A, 0)
    found.assign([A])
    assert next(found.lags()).seconds is None


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
    found.stalled_s()  # the clock starts at the first look that finds lag
    assert found.stalled_s() > 0.0
    lag[A] = 0
    assert found.stalled_s() == 0.0


def stalled_for_s(found: Progress, *, step: Callable[[], object]) -> tuple[float, float]:
    """Let the clocks run and take a step; return the most that a clock started by it may show, and what the oldest clock shows."""
    found.stalled_s()
    time.sleep(0.05)
    before_s = time.monotonic()
    step()
    stalled_s = found.stalled_s()
    return time.monotonic() - before_s, stalled_s


def test_work_done_in_one_partition_does_not_hide_that_another_is_stuck() -> None:
    found, _ = progress(a=10, b=10)
    fresh_s, stalled_s = stalled_for_s(found, step=lambda: found.done(B, 0))
    assert stalled_s > fresh_s


@pytest.mark.parametrize(
    "step",
    [
        lambda found: found.done(A, 0),
        lambda found: found.moved([A]),
        lambda found: found.taken(A, 0),
        lambda found: found.assign([A]),
    ],
    ids=["done", "moved", "taken", "assigned"],
)
def test_a_step_in_a_partition_starts_its_clock_anew(step: Callable[[Progress], None]) -> None:
    found, _ = progress(a=10)
    fresh_s, stalled_s = stalled_for_s(found, step=lambda: step(found))
    assert stalled_s <= fresh_s


def test_one_more_batch_for_a_partition_that_holds_some_is_no_step() -> None:
    found, _ = progress(a=10)
    found.taken(A, 0)
    fresh_s, stalled_s = stalled_for_s(found, step=lambda: found.taken(A, 1))
    assert stalled_s > fresh_s


def test_the_watermark_is_the_log_time_of_the_last_record_done() -> None:
    found, _ = progress()
    assert next(found.lags()).done_log_s is None
    found.taken(A, 7_000)
    found.done(A, 9_500)
    assert next(found.lags()).done_log_s == 9.5
