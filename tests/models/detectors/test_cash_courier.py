"""V10: savings drawn as cash up to the cap, day after day."""

import pytest

from tests.models.examine import codes, detector, examined, explained, highest
from tests.scenario import events_of, shifted

VICTIM = "A:victim"
V10 = detector("cash_courier")
WATCHED = "".join(f"-{60 - n}d 10:00:00 withdrawal victim 500.00 CNY ATM-1\n" for n in range(5))


def drawn(*days: tuple[str, str], before: str = WATCHED, facts: str = " balance=400000.00 holder_age=50", per_day: int = 4) -> str:
    """Return days of cash (when, yuan), each in four withdrawals a minute apart; the last withdrawal of day n is "d<n>"."""
    lines = []
    for n, (at, yuan) in enumerate(days):
        day, _, clock = at.rpartition(" ")
        for part in range(per_day):
            name = f"d{n}" if part == per_day - 1 else f"d{n}-{part}"
            lines.append(
                f"{day} {clock[:3]}{int(clock[3:5]) + part:02}:00 withdrawal victim {int(yuan) / per_day:.2f} CNY ATM-1 id={name}\n"
            )
    return f"account victim type=PERSON customer=c-1{facts}\n{before}" + "".join(lines)


DAYS = (("+0d 10:00:00", "19600"), ("+1d 11:00:00", "20000"), ("+2d 09:00:00", "18400"))
PLAIN = drawn(*DAYS)
CAUGHT = (PLAIN, VICTIM, 2)
"""A story it must catch, at which key, and the tier it ends at: for the contract suite."""


def test_the_second_day_near_the_cap_is_a_reminder_and_the_third_tier_2() -> None:
    signals = examined(V10, PLAIN, VICTIM)

    assert signals["d1"].tier == 1
    assert signals["d2"].tier == 2
    assert "d0" not in signals
    assert codes(signals["d2"]) == ["CAP_RATIO"]
    assert "3 days" in signals["d2"].reasons[0].en
    assert signals["d2"].at_risk_minor == 5_800_000


def test_the_third_day_is_the_managers_before_its_last_withdrawal() -> None:
    signals = examined(V10, PLAIN, VICTIM)

    assert (signals["d2-1"].tier, signals["d2-2"].tier) == (1, 2)


def test_two_signs_make_the_second_day_tier_2_and_age_alone_does_not() -> None:
    older = " balance=400000.00 holder_age=78"
    broken = WATCHED + "+1d 10:50:00 deposit-broken victim\n"

    assert examined(V10, drawn(*DAYS[:2], facts=older), VICTIM)["d1"].tier == 1
    assert examined(V10, drawn(*DAYS[:2], before=broken), VICTIM)["d1"].tier == 1
    both = examined(V10, drawn(*DAYS[:2], facts=older, before=broken), VICTIM)["d1"]
    assert both.tier == 2
    assert codes(both) == ["CAP_RATIO", "DEPOSIT_BROKEN", "HOLDER_AGE"]


def test_most_of_the_savings_gone_is_a_sign() -> None:
    assert "DRAIN" in codes(examined(V10, drawn(*DAYS[:2], facts=" balance=60000.00"), VICTIM)["d1"])
    assert "DRAIN" not in codes(examined(V10, drawn(*DAYS[:2]), VICTIM)["d1"])


@pytest.mark.parametrize(
    "story",
    [
        drawn(DAYS[0]),
        drawn(("+0d 10:00:00", "10000"), ("+1d 10:00:00", "10000"), ("+2d 10:00:00", "10000")),
        drawn(DAYS[0], ("+8d 10:00:00", "19600")),
    ],
    ids=["one day", "half of the cap", "a week apart"],
)
def test_just_under_a_threshold_nothing_is_said(story: str) -> None:
    assert examined(V10, story, VICTIM) == {}


def test_days_kept_under_the_line_count_in_part_and_add_up() -> None:
    just_under = drawn(*((f"+{n}d 10:00:00", "17000") for n in range(3)))
    low = drawn(*((f"+{n}d 10:00:00", "15000") for n in range(3)))

    assert examined(V10, just_under, VICTIM)["d2"].tier == 2
    assert examined(V10, low, VICTIM)["d2"].tier == 1
    assert examined(V10, low, VICTIM)["d2"].strength < examined(V10, just_under, VICTIM)["d2"].strength


def test_a_pause_between_two_days_fades_them_and_is_no_way_out() -> None:
    paused = drawn(("+0d 10:00:00", "19600"), ("+3d 10:00:00", "19600"))
    three = drawn(("+0d 10:00:00", "19600"), ("+3d 10:00:00", "19600"), ("+4d 10:00:00", "19600"))

    assert examined(V10, paused, VICTIM)["d1"].tier == 1
    assert examined(V10, drawn(("+0d 10:00:00", "19600"), ("+5d 10:00:00", "19600")), VICTIM)["d1"].tier == 0
    assert examined(V10, three, VICTIM)["d2"].strength > examined(V10, paused, VICTIM)["d1"].strength


def test_a_day_ends_at_local_midnight() -> None:
    late, early = ("+0d 23:50:00", "19600"), ("+1d 00:10:00", "19600")

    assert examined(V10, drawn(late, early), VICTIM)["d1"].tier == 1


@pytest.mark.parametrize(("own", "tier"), [("9000", 1), ("13000", 0), ("18000", None)])
def test_whoever_drew_as_much_before_does_as_ever(own: str, tier: int | None) -> None:
    before = f"-60d 10:00:00 withdrawal victim {own}.00 CNY ATM-1\n" + WATCHED.split("\n", 1)[1]
    signal = examined(V10, drawn(*DAYS[:2], before=before), VICTIM).get("d1")

    assert (None if signal is None else signal.tier) == tier


def test_an_account_we_have_not_watched_for_long_is_reminded_at_most() -> None:
    assert highest(examined(V10, drawn(*DAYS, before=""), VICTIM)) == 1


@pytest.mark.parametrize("hours", [0, 6, 12])
def test_the_hour_does_not_matter(hours: int) -> None:
    assert highest(examined(V10, shifted(events_of(PLAIN), hours), VICTIM)) == 2


def test_the_counter_counts_as_well_and_a_refusal_does_not() -> None:
    assert highest(examined(V10, PLAIN.replace("ATM-1 id", "counter id"), VICTIM)) == 2
    assert examined(V10, PLAIN.replace("ATM-1 id", "ATM-1 status=DECLINED id"), VICTIM) == {}


def test_strangers_money_drawn_is_a_mules_pattern() -> None:
    fed = WATCHED + "".join(f"+{n}d 08:00:00 transfer s{n} -> victim 20000.00 CNY mobile payer.type=PERSON\n" for n in range(3))

    assert examined(V10, drawn(*DAYS, before=fed), VICTIM) == {}


def test_a_wage_of_the_day_explains_its_part() -> None:
    bonus = WATCHED + "+1d 09:00:00 transfer firm -> victim 40000.00 CNY batch purpose=BONU payer.type=CORPORATE payer.customer=f\n"
    firm = "-60d 09:00:00 transfer firm -> victim 5000.00 CNY batch purpose=SALA payer.type=CORPORATE payer.customer=f\n"
    wages = drawn(*DAYS[:2], before=firm + bonus)

    assert explained("seasonal_habit", V10, wages, VICTIM).share >= 0.5
    assert explained("seasonal_habit", V10, PLAIN, VICTIM).share == 0.0
