"""N19: the customers of a branch, or a campus, use one device."""

import msgspec
import pytest

from models.detector import Explanation
from tests.models.examine import detector, lookalike, views_at

M6 = detector("device_farm")


def visits(per_day: int = 3, days: int = 50) -> str:
    """Return so many different people a day at one tablet."""
    lines = []
    for day in range(days, -1, -1):
        for n in range(per_day):
            lines.append(f"-{day}d 1{n}:00:00 login v{day}x{n} device=tablet customer=k{day}x{n}")
    return "\n".join(lines) + "\n"


EXPLAINED = (visits(), "device_farm", "D:tablet", 0.5)


def told(story: str, bank_devices: str = "") -> Explanation:
    """Return what the look-alike makes of the last signal on the tablet."""
    shipped = lookalike("shared_tablet")
    asked = type(shipped)(msgspec.structs.replace(shipped.policy, bank_devices=bank_devices))
    *_, view = views_at(story, "D:tablet")
    signal = M6.examine(view)
    assert signal is not None
    return asked.explain(view, signal)


def test_a_device_on_the_banks_list_costs_two_tiers_and_its_neighbour_none() -> None:
    assert told(visits(days=2), "counter-7 tablet").share >= 0.8
    assert told(visits(days=2), "counter-7 tablet-2").share == 0.0


def test_hundreds_of_people_over_months_make_a_public_device() -> None:
    assert 0.5 <= told(visits()).share < 0.8


@pytest.mark.parametrize("story", [visits(days=20, per_day=9), visits(days=50, per_day=1)], ids=["three weeks", "fifty people"])
def test_short_of_either_it_is_no_public_device(story: str) -> None:
    assert told(story).share == 0.0
