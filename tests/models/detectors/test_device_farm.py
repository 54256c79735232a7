"""M6: one handset works the accounts of many unrelated people."""

import pytest

from tests.bank import Bank
from tests.models.examine import codes, detector, examined, explained, highest, tiers
from tests.scenario import events_of, shifted

DEVICE = "D:farm"
M6 = detector("device_farm")


def logins(holders: int = 3, first_day: int = -2, facts: str = "customer=k{n}") -> str:
    return "".join(f"{first_day + n:+d}d 10:00:00 login acc{n} id=l{n} device=farm {facts.format(n=n)}\n" for n in range(holders))


def payments(yuan: str = "6000.00", holders: int = 3) -> str:
    """Return a payment of each holder from the device on the last day."""
    return "".join(
        f"14:{n:02}:00 transfer acc{n} -> x{n} {yuan} CNY mobile id=pay{n} session.device=farm payer.customer=k{n}\n"
        for n in range(holders)
    )


CAUGHT = (logins() + payments(), DEVICE, 3)
"""A story it must catch, at which key, and the tier it ends at: for the contract suite."""


def test_the_third_holders_login_is_the_managers_before_any_money() -> None:
    signals = examined(M6, logins(), DEVICE)

    assert tiers(signals) == {"l2": 2}
    assert codes(signals["l2"]) == ["DEVICE_HOLDERS"]
    assert (signals["l2"].reasons[0].value, signals["l2"].reasons[0].threshold) == (3, 3)


def test_the_account_used_is_told_as_a_mules_and_as_a_victims() -> None:
    (signal,) = examined(M6, logins(), DEVICE).values()

    assert [(also.id, also.role, also.tier, also.typology) for also in signal.also if also.id == "acc2"] == [
        ("acc2", "VICTIM_SUSPECTED", 0, "X1"),
        ("acc2", "MULE_SUSPECTED", 1, "M6"),
    ]


def test_a_new_holder_makes_the_others_of_the_day_be_told_as_well() -> None:
    same_day = "".join(f"10:0{n}:00 login acc{n} id=l{n} device=farm customer=k{n}\n" for n in range(3))
    (signal,) = examined(M6, same_day, DEVICE).values()

    assert {also.id for also in signal.also} == {"acc0", "acc1", "acc2"}


def test_larger_sums_from_three_of_them_are_a_police_matter() -> None:
    signals = examined(M6, logins() + payments(), DEVICE)

    assert tiers(signals) == {"l2": 2, "pay0": 2, "pay1": 2, "pay2": 3}
    assert "DEVICE_SENDERS" in codes(signals["pay2"])


@pytest.mark.parametrize(
    "story",
    [
        logins() + payments("4999.99"),
        logins() + payments(holders=2),
        logins() + payments().replace("id=pay", "status=DECLINED id=pay"),
    ],
    ids=["small sums", "two senders", "declined"],
)
def test_without_a_sign_of_money_it_stays_with_the_manager(story: str) -> None:
    assert highest(examined(M6, story, DEVICE)) == 2


def test_a_payment_that_is_taken_back_is_no_sign_of_money() -> None:
    back = "14:01:30 transfer acc1 -> x1 6000.00 CNY mobile status=REVERSED of=pay1 session.device=farm payer.customer=k1\n"

    assert highest(examined(M6, logins() + payments() + back, DEVICE)) == 2


@pytest.mark.parametrize(
    "story",
    [logins(holders=2), logins(facts="customer=same"), logins(first_day=-20).replace("-19d", "-6d").replace("-18d", "+0d")],
    ids=["two holders", "one holder with three accounts", "three weeks in between"],
)
def test_what_is_no_farm_is_left_alone(story: str) -> None:
    assert examined(M6, story, DEVICE) == {}


def test_the_week_has_no_edge() -> None:
    def strength(days: int) -> float:
        story = logins(holders=2, first_day=-1) + f"+{days}d 10:00:00 login acc2 id=l2 device=farm customer=k2\n"
        return max((signal.strength for signal in examined(M6, story, DEVICE).values()), default=0.0)

    strengths = [strength(days) for days in (1, 6, 7, 8, 9, 13)]
    assert strengths == sorted(strengths, reverse=True)
    assert strengths[1] > strengths[2] > strengths[3] > strengths[-1] == 0.0


def test_a_household_that_shares_it_for_months_only_supports() -> None:
    months = "".join(f"-{60 - n}d 10:00:00 login acc{n} device=farm customer=k{n}\n" for n in range(3))

    now = examined(M6, months + logins(), DEVICE)["l2"]

    assert now.tier == 0
    assert {also.role for also in now.also} == {"VICTIM_SUSPECTED"}


def test_a_payment_counts_like_a_login_and_a_declined_one_too() -> None:
    payment = "12:00:00 transfer acc3 -> x 100.00 CNY mobile id=pay status=DECLINED session.device=farm payer.customer=k3\n"
    login = "13:00:00 login acc1 id=again device=farm customer=k1\n"

    assert set(examined(M6, logins(holders=2) + payment + login, DEVICE)) == {"pay", "again"}


def test_without_customers_an_account_stands_for_a_holder_and_counts_less() -> None:
    assert tiers(examined(M6, logins(facts=""), DEVICE)) == {"l2": 1}
    assert tiers(examined(M6, logins(holders=4, facts=""), DEVICE)) == {"l2": 1, "l3": 2}


def test_an_account_whose_customer_only_its_payment_tells_is_one_holder() -> None:
    untold = "".join(f"13:0{n}:00 login acc{n} id=l{n} device=farm\n" for n in range(2))

    assert examined(M6, untold + payments(holders=2), DEVICE) == {}


@pytest.mark.parametrize("hours", [0, 6, 12, 18])
def test_the_hour_does_not_matter(hours: int) -> None:
    assert highest(examined(M6, shifted(events_of(logins()), hours), DEVICE)) == 2


def test_a_pass_through_on_a_farmed_account_is_a_police_matter() -> None:
    farm = logins(holders=2) + "+0d 08:00:00 login mule device=farm customer=k2\n"
    cycle = (
        "account mule type=PERSON customer=k2 balance=0.00\n"
        "09:00:00 transfer v -> mule 20000.00 CNY mobile\n09:10:00 transfer mule -> next 19900.00 CNY mobile\n"
    )

    assert Bank().take(events_of(cycle)).alerts_on("mule")[-1].tier == 2
    assert Bank().take(events_of(farm + cycle)).alerts_on("mule")[-1].tier == 3
    assert Bank().take(events_of(farm + cycle)).alerts_on("farm")[-1].recommended_action == "CALL_BACK"


def test_the_banks_own_tablet_is_explained_for_a_public_one_too() -> None:
    visitors = "".join(
        f"-{50 - n // 3}d {9 + n % 3}:00:00 login v{n} device=farm customer=j{n}\n".replace("d 9:", "d 09:") for n in range(120)
    )

    assert explained("shared_tablet", M6, logins(), DEVICE).share == 0.0
    assert explained("shared_tablet", M6, visitors + logins(), DEVICE).share >= 0.5
