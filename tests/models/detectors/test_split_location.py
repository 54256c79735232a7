"""W4: a login in one place and cash in another, too far apart for one person."""

import pytest

from tests.bank import Bank
from tests.models.examine import codes, detector, examined, explained, highest, tiers
from tests.scenario import events_of, shifted

MULE = "A:mule"
W4 = detector("split_location")
HANGZHOU = "terminal.lat=30.2741 terminal.lon=120.1551 terminal.region=330106"


def split(
    minutes: int = 20, login: str = "region=110105", machine: str = HANGZHOU, credit: str = "9000.00", drawn: str = "8000.00"
) -> str:
    """Return strangers' money at nine, a login at ten, and cash so many minutes later."""
    return (
        f"account mule type=PERSON customer=c-1 balance=30.00\n"
        f"09:00:00 transfer victim -> mule {credit} CNY mobile id=in payer.type=PERSON\n"
        f"10:00:00 login mule id=login {login}\n"
        f"{10 + minutes // 60}:{minutes % 60:02}:00 withdrawal mule {drawn} CNY ATM-1 id=w {machine}\n"
    )


CAUGHT = (split(), MULE, 2)
"""A story it must catch, at which key, and the tier it ends at: for the contract suite."""


def test_a_login_in_beijing_and_cash_in_hangzhou_within_twenty_minutes_is_held() -> None:
    signals = examined(W4, split(), MULE)

    assert tiers(signals) == {"w": 2}
    assert codes(signals["w"]) == ["TRAVEL_KMH", "STRANGERS_SHARE"]
    assert signals["w"].reasons[0].value > 2_000
    assert signals["w"].evidence == ("in", "login", "w")


def test_it_is_seen_at_the_second_event_whichever_comes_first() -> None:
    login = "10:40:00 login mule id=after region=110105\n"

    assert tiers(examined(W4, split(login="") + login, MULE)) == {"after": 2}


@pytest.mark.parametrize("hours", [0, 3, 9, 12])
def test_the_hour_does_not_matter(hours: int) -> None:
    assert highest(examined(W4, shifted(events_of(split()), hours), MULE)) == 2


def test_with_more_time_it_fades_and_after_a_flight_it_is_silent() -> None:
    """From Beijing's edge to Hangzhou are some thousand kilometres."""
    found = [highest(examined(W4, split(minutes=minutes), MULE)) for minutes in (60, 75, 110)]
    strengths = [next(iter(examined(W4, split(minutes=minutes), MULE).values())).strength for minutes in (60, 75, 110)]

    assert found == [2, 1, 0]
    assert strengths == sorted(strengths, reverse=True)
    assert examined(W4, split(minutes=240), MULE) == {}


@pytest.mark.parametrize("credit", ["3999.99", "10.00"])
def test_a_card_shared_in_the_family_draws_the_holders_own_money_and_is_support_only(credit: str) -> None:
    assert tiers(examined(W4, split(credit=credit), MULE)) == {"w": 0}


def test_a_wage_beside_strangers_money_is_told_and_explains_the_cash_it_covers() -> None:
    wage = "08:00:00 transfer firm -> mule {yuan} CNY batch purpose=SALA payer.type=CORPORATE\n"
    head, _, tail = split(credit="5000.00").partition("09:00:00")

    for yuan, least in (("8000.00", 0.5), ("80.00", 0.0)):
        share = explained("pay_day_queue", W4, head + wage.format(yuan=yuan) + "09:00:00" + tail, MULE).share
        assert least <= share < least + 0.2


def test_half_of_the_cash_from_strangers_is_enough() -> None:
    assert tiers(examined(W4, split(credit="5000.00", drawn="10000.00"), MULE)) == {"w": 2}
    assert tiers(examined(W4, split(credit="5000.00", drawn="10000.02"), MULE)) == {"w": 0}


def test_small_sums_of_strangers_are_daily_life_and_stay_support() -> None:
    assert tiers(examined(W4, split(credit="4999.99", drawn="5000.00"), MULE)) == {"w": 0}


def test_a_short_distance_is_no_journey_however_soon() -> None:
    """A login somewhere in Jiangxi, cash less than 40 km beyond its border: a bank's guess of a place is not that exact."""
    beyond = "terminal.lat=30.27 terminal.lon=120.15"
    signals = examined(W4, split(minutes=1, login="region=360111", machine=beyond), MULE)

    assert 0 < signals["w"].strength < 0.5
    assert signals["w"].tier == 0


def test_machines_without_coordinates_are_known_by_their_province_and_its_reach_is_allowed_for() -> None:
    assert highest(examined(W4, split(machine="terminal.region=330106"), MULE)) == 2
    assert examined(W4, split(login="region=12", machine="terminal.region=13"), MULE) == {}


def test_two_cities_of_one_province_within_half_an_hour_are_a_reminder_and_the_same_city_nothing() -> None:
    signals = examined(W4, split(login="region=3302", machine="terminal.region=330106"), MULE)

    assert tiers(signals) == {"w": 1}
    assert codes(signals["w"])[0] == "TWO_CITIES_S"
    assert highest(examined(W4, split(minutes=50, login="region=3302", machine="terminal.region=330106"), MULE)) == 0
    assert examined(W4, split(login="region=330109", machine="terminal.region=330106"), MULE) == {}
    assert examined(W4, split(login="region=33", machine="terminal.region=330106"), MULE) == {}


@pytest.mark.parametrize(("login", "machine"), [("", HANGZHOU), ("region=110105", ""), ("ip=10.1.2.3", HANGZHOU)])
def test_an_unknown_place_says_nothing_and_an_address_in_the_network_is_none(login: str, machine: str) -> None:
    assert examined(W4, split(login=login, machine=machine), MULE) == {}


def test_a_requested_withdrawal_counts_and_a_declined_one_does_not() -> None:
    assert highest(examined(W4, split(machine=f"{HANGZHOU} status=REQUESTED"), MULE)) == 2
    assert examined(W4, split(machine=f"{HANGZHOU} status=DECLINED"), MULE) == {}


def test_cash_in_slices_is_covered_as_a_whole() -> None:
    slices = "".join(f"10:{5 + n:02}:00 withdrawal mule 900.00 CNY ATM-1 id=s{n} {HANGZHOU}\n" for n in range(9))

    assert highest(examined(W4, split(drawn="100.00") + slices, MULE)) == 2


def test_an_account_with_years_of_quiet_use_is_caught_all_the_same() -> None:
    warm = "".join(f"-{40 - n}d 09:00:00 withdrawal mule 300.00 CNY ATM-1 {HANGZHOU}\n" for n in range(30))

    assert highest(examined(W4, warm + split(), MULE)) == 2


def test_beside_a_quick_cash_out_it_makes_a_police_matter() -> None:
    story = split(minutes=20).replace("09:00:00 transfer", "10:15:00 transfer")
    alone = story.replace("region=110105", "region=330106")

    assert [max(alert.tier for alert in Bank().take(events_of(told)).alerts_on("mule")) for told in (story, alone)] == [3, 2]
