"""Behavioural anomaly: a debit unlike this account; support, never an alert."""

import math

import pytest

from models.detectors.unusual_behaviour import UnusualBehaviour
from models.segment import FEATURES, Segment
from models.view import View
from tests.models.examine import codes, detector, examined, tiers, views_at

HOLDER = "A:holder"
BEHAVIOUR = detector("unusual_behaviour")
HABIT = "".join(f"-{40 - n}d 12:{n:02}:00 transfer holder -> friend {80 + 3 * n}.00 CNY mobile id=h{n}\n" for n in range(30))
ODD = "03:00:00 transfer holder -> stranger 90000.00 CNY mobile id=odd\n"
CAUGHT = (HABIT + ODD, HOLDER, 0)
"""A story it must catch, at which key, and the tier it ends at: for the contract suite."""


def test_a_huge_sum_at_night_to_a_stranger_is_unlike_a_customer_of_habits() -> None:
    signals = examined(BEHAVIOUR, HABIT + ODD, HOLDER)

    assert tiers(signals) == {"odd": 0}
    assert codes(signals["odd"]) == ["UNUSUAL_FOR_SELF"]
    assert signals["odd"].reasons[0].value >= signals["odd"].reasons[0].threshold


def test_just_under_the_line_nothing_is_said() -> None:
    (odd,) = examined(BEHAVIOUR, HABIT + ODD, HOLDER).values()

    assert set(examined(detector("unusual_behaviour", signal_min=odd.strength), HABIT + ODD, HOLDER)) == {"odd"}
    assert examined(detector("unusual_behaviour", signal_min=odd.strength + 1e-9), HABIT + ODD, HOLDER) == {}


def test_one_more_usual_payment_is_not_unusual() -> None:
    assert examined(BEHAVIOUR, HABIT + "12:30:00 transfer holder -> friend 150.00 CNY mobile\n", HOLDER) == {}


def test_without_history_nothing_is_unusual() -> None:
    assert examined(BEHAVIOUR, ODD.replace("-> stranger", "-> anybody"), HOLDER) == {}


def test_a_night_shift_alone_says_nothing() -> None:
    assert examined(BEHAVIOUR, HABIT + "03:00:00 transfer holder -> friend 140.00 CNY mobile\n", HOLDER) == {}


def test_a_cold_segment_says_nothing_of_its_own() -> None:
    *_, last = views_at(HABIT + ODD, HOLDER)
    beside = View(last.identifier, last.profile, last.entries, last.index, last.bounds, Segment())

    assert BEHAVIOUR.examine(beside) == BEHAVIOUR.examine(last)


def test_a_declined_payment_is_not_examined() -> None:
    assert examined(BEHAVIOUR, HABIT + ODD.replace("id=odd", "id=odd status=DECLINED"), HOLDER) == {}


# ---- a young account -------------------------------------------------------------------------------------------------------


def warm(newness: float, gap_s: float) -> Segment:
    """Return a segment in which every payment is of 100 yuan, so new and so long after the one before."""
    segment = Segment()
    for _ in range(2 * segment.window + 1):
        segment.learn(dict.fromkeys(FEATURES, 0.1), math.log1p(10_000), math.log1p(gap_s), newness)
    return segment


def features(story: str, segment: Segment | None = None) -> dict[str, float]:
    """Return the features of a story's last payment."""
    *_, last = views_at(story, HOLDER)
    view = View(last.identifier, last.profile, last.entries, last.index, last.bounds, segment)
    assert isinstance(BEHAVIOUR, UnusualBehaviour)
    return dict(zip(FEATURES, BEHAVIOUR.features(view), strict=True))


FIRST = "-2d 12:00:00 transfer holder -> friend 100.00 CNY mobile\n"
SECOND = "12:00:00 transfer holder -> other 100.00 CNY mobile\n"


@pytest.mark.parametrize("segment", [None, warm(newness=0.1, gap_s=600)])
def test_of_an_accounts_first_transfer_the_payee_and_the_gap_are_unknown_and_no_worse_than_of_its_second(
    segment: Segment | None,
) -> None:
    first, second = features(FIRST, segment), features(FIRST + SECOND, segment)

    assert (first["payee"], first["gap"], first["hour"]) == (0.0, 0.0, 0.0)
    assert sum(first.values()) <= sum(second.values())


def test_a_young_accounts_new_payee_is_held_against_what_its_segment_does() -> None:
    payees = [features(FIRST + SECOND, warm(newness, gap_s=600))["payee"] for newness in (0.0, 0.5, 1.0)]

    assert payees == pytest.approx([5 / 6, 5 / 12, 0.0])
    assert features(HABIT + ODD, warm(newness=1.0, gap_s=600))["payee"] > 0.5


def test_a_young_accounts_gap_is_held_against_what_its_segment_does() -> None:
    soon = FIRST + "-2d 12:20:00 transfer holder -> friend 100.00 CNY mobile\n"

    assert features(soon, warm(newness=0.1, gap_s=86_400))["gap"] > 0.5
    assert features(soon, warm(newness=0.1, gap_s=600))["gap"] == 0.0
    assert features(soon)["gap"] == 0.0


def test_an_hour_that_a_young_account_has_not_seen_says_less_than_one_that_an_old_account_has_not() -> None:
    night = "03:00:00 transfer holder -> friend 100.00 CNY mobile\n"
    young = features(FIRST + FIRST.replace("-2d", "-1d") + night)["hour"]

    assert 0.0 < young < 0.5 < features(HABIT + night)["hour"]
