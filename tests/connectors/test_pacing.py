"""When records are due, with a clock that the test moves."""

import pytest

from connectors.pacing import OutboundRecord, paced


class Clock:
    """Time that passes only while someone sleeps, or when the test says so."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def read(self) -> float:
        return self.now_s

    def sleep(self, seconds: float) -> None:
        assert seconds > 0
        self.now_s += seconds


def records(*times_ms: int) -> list[OutboundRecord]:
    return [("transactions", b"a-1", b"{}", time_ms) for time_ms in times_ms]


def due_times(clock: Clock, *times_ms: int, rate: float | None = None, speed: float | None = None) -> list[float]:
    """Seconds after the start at which each record came."""
    due = paced(records(*times_ms), rate=rate, speed=speed, clock=clock.read, sleep=clock.sleep)
    return [round(clock.now_s - 100.0, 6) for _ in due]


def test_a_rate_spreads_records_evenly_whatever_their_own_times() -> None:
    assert due_times(Clock(), 0, 0, 9_000_000, 5, rate=4.0) == [0.0, 0.25, 0.5, 0.75]


def test_a_speed_of_sixty_plays_an_hour_in_a_minute() -> None:
    assert due_times(Clock(), 0, 1_800_000, 3_600_000, speed=60.0) == [0.0, 30.0, 60.0]


def test_a_record_older_than_the_one_before_it_does_not_wait() -> None:
    assert due_times(Clock(), 10_000, 12_000, 9_000, 13_000, speed=1.0) == [0.0, 2.0, 2.0, 3.0]


def test_time_lost_by_the_receiver_is_made_up_for() -> None:
    clock = Clock()
    arrived = []
    for number, _ in enumerate(paced(records(0, 0, 0, 0), rate=1.0, speed=None, clock=clock.read, sleep=clock.sleep)):
        arrived.append(clock.now_s - 100.0)
        if number == 0:
            clock.now_s += 2.5
    assert arrived == [0.0, 2.5, 2.5, 3.0]


def test_without_a_rate_or_speed_nothing_waits_and_everything_comes_in_order() -> None:
    clock = Clock()
    given = records(3, 2, 1)
    assert list(paced(given, rate=None, speed=None, clock=clock.read, sleep=clock.sleep)) == given
    assert clock.now_s == 100.0


def test_the_clock_starts_with_the_first_record_not_with_the_call() -> None:
    clock = Clock()
    due = paced(records(0, 0), rate=1.0, speed=None, clock=clock.read, sleep=clock.sleep)
    clock.now_s += 60.0
    next(due)
    next(due)
    assert clock.now_s == 161.0


def test_a_rate_and_a_speed_together_are_refused() -> None:
    with pytest.raises(ValueError, match="not both"):
        due_times(Clock(), 0, rate=1.0, speed=1.0)


@pytest.mark.parametrize("value", [0.0, -1.0, float("nan")])
@pytest.mark.parametrize("name", ["rate", "speed"])
def test_a_pace_that_never_arrives_is_refused_at_once(name: str, value: float) -> None:
    clock = Clock()
    with pytest.raises(ValueError, match=f"The {name} must be above 0"):
        paced([], clock=clock.read, sleep=clock.sleep, **{"rate": None, "speed": None, name: value})
