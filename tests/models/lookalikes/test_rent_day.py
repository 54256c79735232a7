"""N2: tenants pay on the same day each month, and some are new."""

import pytest

from tests.models.examine import detector, explained

FAN_IN = detector("fan_in")


def rents(old: int = 8, new: int = 5, months: int = 3, opened_on: str = "2012-05-01") -> str:
    lines = [f"account landlord type=PERSON customer=c-0 balance=900.00 opened_on={opened_on}"]
    for month in range(months, 0, -1):
        lines += [f"-{30 * month}d 18:{n:02}:00 transfer tenant{n} -> landlord 2500.00 CNY mobile" for n in range(old)]
    lines += [f"18:{n:02}:00 transfer tenant{n} -> landlord 2500.00 CNY mobile payer.customer=k{n}" for n in range(old)]
    lines += [f"18:{20 + n}:00 transfer newcomer{n} -> landlord 2500.00 CNY mobile payer.customer=j{n}" for n in range(new)]
    return "\n".join(lines) + "\n"


EXPLAINED = (rents(), "fan_in", "A:landlord", 0.5)


def test_tenants_of_old_beside_new_ones_cost_one_tier() -> None:
    assert 0.5 <= explained("rent_day", FAN_IN, rents(), "A:landlord").share < 0.8


@pytest.mark.parametrize(
    "story",
    [rents(old=2), rents(months=0), rents(old=3, new=9), rents(opened_on="2026-01-05")],
    ids=["two tenants", "nobody paid before", "mostly new", "a young account"],
)
def test_without_its_marks_it_costs_nothing(story: str) -> None:
    assert explained("rent_day", FAN_IN, story, "A:landlord").share < 0.5
