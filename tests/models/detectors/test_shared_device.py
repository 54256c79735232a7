"""Support for X1: one handset works the accounts of several unrelated people."""

import pytest

from tests.models.examine import codes, detector, examined, tiers
from tests.scenario import events_of, shifted

DEVICE = "D:farm"
SHARED = detector("shared_device")


def logins(holders: int = 3, first_day: int = -2, facts: str = "customer=k{n}") -> str:
    return "".join(f"{first_day + n:+d}d 10:00:00 login acc{n} id=l{n} device=farm {facts.format(n=n)}\n" for n in range(holders))


CAUGHT = (logins(), DEVICE, 0)
"""A story it must catch, at which key, and the tier it ends at: for the contract suite."""


def test_the_third_holder_on_a_device_is_stated_to_the_account_used() -> None:
    signals = examined(SHARED, logins(), DEVICE)

    assert tiers(signals) == {"l2": 0}
    assert codes(signals["l2"]) == ["DEVICE_HOLDERS"]
    assert (signals["l2"].reasons[0].value, signals["l2"].reasons[0].threshold) == (3, 3)
    assert [(also.id, also.role, also.tier) for also in signals["l2"].also] == [("acc2", "VICTIM_SUSPECTED", 0)]


@pytest.mark.parametrize(
    "story",
    [logins(holders=2), logins(facts="customer=same"), logins(first_day=-5).replace("+0d", "+2d").replace("-3d", "+2d")],
    ids=["two holders", "one holder with three accounts", "a week in between"],
)
def test_just_under_a_threshold_nothing_is_said(story: str) -> None:
    assert examined(SHARED, story, DEVICE) == {}


def test_the_week_excludes_its_start() -> None:
    at_the_edge = logins(holders=2, first_day=-1) + "+6d 10:00:0{second} login acc2 id=l2 device=farm customer=k2\n"

    assert examined(SHARED, at_the_edge.format(second=0), DEVICE) == {}
    assert set(examined(SHARED, at_the_edge.replace("-1d 10:00:00", "-1d 10:00:01").format(second=0), DEVICE)) == {"l2"}


def test_a_payment_counts_like_a_login_and_a_declined_one_too() -> None:
    payment = "12:00:00 transfer acc3 -> x 100.00 CNY mobile id=pay session.device=farm payer.customer=k3\n"

    assert set(examined(SHARED, logins(holders=2) + payment, DEVICE)) == {"pay"}


def test_without_customers_each_account_stands_for_a_holder() -> None:
    assert set(examined(SHARED, logins(facts=""), DEVICE)) == {"l2"}


@pytest.mark.parametrize("hours", [0, 6, 12, 18])
def test_the_hour_does_not_matter(hours: int) -> None:
    assert set(examined(SHARED, shifted(events_of(logins()), hours), DEVICE)) == {"l2"}


def test_it_never_raises_anything_by_itself() -> None:
    assert set(tiers(examined(SHARED, logins(holders=16, first_day=-15), DEVICE)).values()) == {0}
