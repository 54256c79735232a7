"""Behavioural anomaly: a debit unlike this account; support, never an alert."""

from models.segment import Segment
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
