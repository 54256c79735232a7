"""M8: dozens of round payments a day, in and out, with ever other people."""

import pytest

from tests.models.examine import codes, detector, examined, explained, highest, tiers
from tests.scenario import events_of, shifted

STUDENT = "A:student"
M8 = detector("matching_mule")


def matching(
    pairs: int = 10,
    yuan: tuple[int, ...] = (500, 800, 1_200, 600),
    every_min: int = 20,
    others: int = 100,
    start_h: int = 9,
    in_only: bool = False,
    facts: str = "",
) -> str:
    """Return so many pairs of a payment in and one out, each with somebody else."""
    lines = [f"account student type=PERSON customer=c-0 balance=100.00 {facts}"]
    for n in range(pairs):
        sum_yuan, at = yuan[n % len(yuan)], start_h * 60 + every_min * n
        day = f"+{at // 1440}d " if at >= 1440 else ""
        lines.append(
            f"{day}{at // 60 % 24:02}:{at % 60:02}:00 transfer s{n % others} -> student {sum_yuan}.00 CNY mobile id=in{n} "
            f"payer.type=PERSON"
        )
        if not in_only:
            lines.append(
                f"{day}{at // 60 % 24:02}:{at % 60:02}:30 transfer student -> t{n % others} {sum_yuan}.00 CNY mobile id=out{n} "
                f"payee.type=PERSON"
            )
    return "\n".join(lines) + "\n"


CAUGHT = (matching(), STUDENT, 2)
"""A story it must catch, at which key, and the tier it ends at: for the contract suite."""


def test_the_tenth_movement_is_a_reminder_and_the_twentieth_the_managers() -> None:
    signals = examined(M8, matching(), STUDENT)

    assert tiers(signals)["out4"] == 1
    assert tiers(signals)["out8"] == 1
    assert tiers(signals)["out9"] == 2
    assert codes(signals["out9"]) == ["DAY_MOVEMENTS"]
    assert (signals["out9"].reasons[0].value, signals["out9"].reasons[0].threshold) == (20, 20)
    assert "100% round" in signals["out9"].reasons[0].en


@pytest.mark.parametrize("hours", [0, 6, 12, 18])
def test_the_hour_does_not_matter(hours: int) -> None:
    assert highest(examined(M8, shifted(events_of(matching()), hours), STUDENT)) == 2


def test_midnight_is_no_edge() -> None:
    assert highest(examined(M8, matching(start_h=22), STUDENT)) == 2


@pytest.mark.parametrize(
    "story",
    [matching(pairs=7), matching(yuan=(500, 850, 1_230, 600)), matching(others=5)],
    ids=["fourteen movements", "half of them round", "each comes twice"],
)
def test_short_of_a_line_it_reminds_or_supports(story: str) -> None:
    signals = examined(M8, story, STUDENT)

    assert signals
    assert highest(signals) < 2


@pytest.mark.parametrize(
    "story",
    [
        matching(pairs=3),
        matching(yuan=(513, 821, 1_207, 666)),
        matching(in_only=True, pairs=25),
        matching(others=1),
        matching(pairs=10, yuan=(100,), every_min=5).replace("100.00 CNY", "10.00 CNY"),
        matching(every_min=400),
    ],
    ids=["six movements", "no round sums", "nothing leaves", "two friends", "red packets", "a few a day"],
)
def test_daily_life_is_left_alone(story: str) -> None:
    assert highest(examined(M8, story, STUDENT)) == 0
    assert not any(signal.strength >= 0.5 for signal in examined(M8, story, STUDENT).values())


def test_a_till_swept_once_is_no_matching() -> None:
    till = matching(in_only=True, pairs=25) + "+0d 20:00:00 transfer student -> owner 19000.00 CNY mobile id=sweep\n"

    assert highest(examined(M8, till, STUDENT)) == 0


def test_whoever_is_always_as_busy_is_measured_by_the_own_days() -> None:
    busy = "".join(
        f"-{d}d {9 + n}:00:00 transfer b{d}x{n} -> student 35.00 CNY mobile\n".replace("d 9:", "d 09:")
        for d in range(12, 0, -1)
        for n in range(8)
    )
    quiet = "".join(f"-{d}d 12:00:00 transfer student -> shop 20.00 CNY mobile\n" for d in range(12, 0, -1))

    assert highest(examined(M8, busy + matching(), STUDENT)) < 2
    assert highest(examined(M8, quiet + matching(), STUDENT)) == 2


def test_orders_paid_back_to_the_same_people_are_explained() -> None:
    back = matching().replace("student -> t", "student -> s")

    assert explained("refunds", M8, matching(), STUDENT).share == 0.0
    assert explained("refunds", M8, back, STUDENT).share >= 0.8
