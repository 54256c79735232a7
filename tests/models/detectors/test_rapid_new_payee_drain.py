"""V1: most of a balance leaves to payees never paid before."""

import pytest
from hypothesis import given, settings

from models.detectors.rapid_new_payee_drain import RapidNewPayeeDrain
from models.view import View
from tests.bank import Event
from tests.models.examine import codes, detector, examined, explained, highest, tiers
from tests.properties.bank_day import days
from tests.scenario import events_of, shifted

VICTIM = "A:victim"
V1 = detector("rapid_new_payee_drain")


def drain(
    opening: str = " balance=100000.00",
    first: str = "",
    paid: str = "60000.00",
    extra: str = "",
    payee: str = "payee.type=PERSON",
) -> str:
    """Return one transfer out of savings to somebody new, after what else happened (`first`)."""
    return (
        f"account victim type=PERSON customer=c-1{opening}\n{first}\n"
        f"10:00:00 transfer victim -> safe {paid} CNY mobile id=out {payee} {extra}\n"
    )


BROKEN = "09:50:00 deposit-broken victim\n"
RAISED = "09:51:00 limit-raised victim\n"
PLAIN = drain(first=BROKEN, extra="session.call_active=true payee.opened_on=2026-02-20")
CAUGHT = (PLAIN, VICTIM, 2)
"""A story it must catch, at which key, and the tier it ends at: for the contract suite."""


def test_more_than_half_of_the_savings_to_somebody_new_is_worth_a_reminder() -> None:
    signals = examined(V1, drain(), VICTIM)

    assert tiers(signals) == {"out": 1}
    assert codes(signals["out"]) == ["DRAIN_24H"]
    assert signals["out"].reasons[0].value == 0.6
    assert signals["out"].evidence == ("out",)
    assert signals["out"].at_risk_minor == 6_000_000


@pytest.mark.parametrize(
    ("story", "code"),
    [
        (drain(first=BROKEN), "DEPOSIT_BROKEN"),
        (drain(first=RAISED), "LIMIT_RAISED"),
        (drain(extra="session.call_active=true"), "COACHED"),
        (drain(extra="session.remote_access=true"), "COACHED"),
        (drain(extra="payee.name_match=NO"), "NAME_MATCH"),
        (drain(extra="payee.opened_on=2025-12-03"), "PAYEE_AGE_D"),
    ],
)
def test_a_sign_that_somebody_else_is_behind_it_makes_it_tier_2(story: str, code: str) -> None:
    signals = examined(V1, story, VICTIM)

    assert tiers(signals) == {"out": 2}
    assert codes(signals["out"]) == ["DRAIN_24H", code]


@pytest.mark.parametrize(
    "story",
    [
        drain(paid="50000.00"),
        drain(opening=" balance=49999.99", paid="40000.00"),
    ],
    ids=["half of the savings", "small savings"],
)
def test_just_under_a_threshold_nothing_is_said(story: str) -> None:
    assert examined(V1, story, VICTIM) == {}


def test_a_payee_account_of_ninety_days_is_no_sign() -> None:
    assert highest(examined(V1, drain(extra="payee.opened_on=2025-12-02"), VICTIM)) == 1


def test_another_province_and_several_payees_add_strength_but_no_tier() -> None:
    second = "10:05:00 transfer victim -> other 20000.00 CNY mobile id=second payer.region=330106 payee.region=440300\n"
    alone, both = examined(V1, drain(), VICTIM), examined(V1, drain() + second, VICTIM)

    assert tiers(both) == {"out": 1, "second": 1}
    assert codes(both["second"]) == ["DRAIN_24H", "CROSS_REGION", "DISTINCT_PAYEES"]
    assert both["second"].strength > alone["out"].strength


def test_a_drain_in_three_stages_is_a_reminder_at_the_first_and_tier_2_once_it_crosses_the_line() -> None:
    story = "account victim type=PERSON balance=300000.00\n" + BROKEN
    for n, at in enumerate(("10:00:00", "13:00:00", "16:00:00")):
        story += f"{at} transfer victim -> safe{n} 90000.00 CNY mobile id=out{n} payee.type=PERSON\n"
    signals = examined(V1, story, VICTIM)

    assert tiers(signals) == {"out0": 1, "out1": 2, "out2": 2}
    assert signals["out2"].evidence == ("out0", "out1", "out2")
    assert [also.id for also in signals["out2"].also] == ["safe0", "safe1", "safe2"]


def test_whoever_got_only_a_little_of_it_is_not_named() -> None:
    lunch = "08:00:00 transfer victim -> canteen 20.00 CNY mobile\n"

    assert [also.id for also in examined(V1, drain(first=lunch), VICTIM)["out"].also] == ["safe"]


def test_savings_gathered_from_the_own_name_first_still_count() -> None:
    lunch = "08:00:00 transfer victim -> canteen 20.00 CNY mobile\n"
    gathered = "09:40:00 transfer savings -> victim 200000.00 CNY mobile payer.customer=c-1\n"
    story = drain(opening=" balance=500.00", first=lunch + gathered, paid="190000.00")

    assert tiers(examined(V1, story, VICTIM)) == {"out": 1}


def test_wages_that_arrive_between_two_stages_do_not_hide_the_drain() -> None:
    wage = "10:30:00 transfer firm -> victim 8000.00 CNY batch purpose=SALA payer.type=CORPORATE\n"
    story = drain() + wage + "11:00:00 transfer victim -> safe2 30000.00 CNY mobile id=second\n"

    assert set(examined(V1, story, VICTIM)) == {"out", "second"}


@pytest.mark.parametrize(("first_at", "code"), [("10:00:00", "DRAIN_STAGED"), ("10:00:01", "DRAIN_24H")])
def test_the_window_excludes_its_start(first_at: str, code: str) -> None:
    story = (
        "account victim type=PERSON balance=100000.00\n"
        f"{first_at} transfer victim -> safe 40000.00 CNY mobile\n"
        "+1d 10:00:00 transfer victim -> safe2 15000.00 CNY mobile id=out\n"
    )

    assert codes(examined(V1, story, VICTIM)["out"])[0] == code


@pytest.mark.parametrize("hours", [0, 6, 12, 18])
def test_the_hour_does_not_matter(hours: int) -> None:
    assert highest(examined(V1, shifted(events_of(PLAIN), hours), VICTIM)) == 2


# ---- requests, refusals, reversals -----------------------------------------------------------------------------------------


def test_a_request_is_judged_before_the_money_moves() -> None:
    earlier = "08:00:00 purchase victim -> shop 30.00 CNY POS-1\n"
    signal = examined(V1, drain(first=earlier, extra="status=REQUESTED"), VICTIM)["out"]

    assert (signal.tier, signal.money) == (1, "REQUESTED")


def test_a_request_enters_no_sum() -> None:
    story = drain(paid="40000.00", extra="status=REQUESTED") + "10:10:00 transfer victim -> safe2 40000.00 CNY mobile\n"

    assert examined(V1, story, VICTIM) == {}


def test_a_declined_payment_is_no_money() -> None:
    assert examined(V1, drain(extra="status=DECLINED"), VICTIM) == {}


def test_a_reversed_payment_is_back() -> None:
    story = drain(paid="40000.00") + (
        "10:05:00 transfer victim -> safe 40000.00 CNY mobile status=REVERSED of=out\n"
        "10:10:00 transfer victim -> safe2 40000.00 CNY mobile\n"
    )

    assert examined(V1, story, VICTIM) == {}


@pytest.mark.parametrize(("mode", "money"), [("REVOCABLE_24H", "REVOCABLE"), ("REALTIME", "MOVED")])
def test_the_arrival_mode_tells_whether_it_can_be_revoked(mode: str, money: str) -> None:
    assert examined(V1, drain(extra=f"arrival_mode={mode}"), VICTIM)["out"].money == money


# ---- without a balance ---------------------------------------------------------------------------------------------------------


def test_without_a_balance_a_large_sum_alone_says_nothing() -> None:
    assert examined(V1, drain(opening=""), VICTIM) == {}


def test_without_a_balance_one_sign_makes_a_reminder_and_two_make_tier_2() -> None:
    assert highest(examined(V1, drain(opening="", first=BROKEN), VICTIM)) == 1
    assert highest(examined(V1, drain(opening="", first=BROKEN + RAISED), VICTIM)) == 2
    assert highest(examined(V1, drain(opening="", paid="49999.99", first=BROKEN + RAISED), VICTIM)) == 0


def test_without_a_drain_the_own_habit_of_large_sums_speaks_for_the_customer() -> None:
    habit = "".join(f"-{40 - n}d 09:00:00 transfer victim -> supplier 70000.00 CNY mobile\n" for n in range(25))

    assert examined(V1, drain(opening="", first=habit + BROKEN + RAISED), VICTIM) == {}


# ---- people who did nothing wrong --------------------------------------------------------------------------------------------


def test_a_payee_of_old_is_left_alone() -> None:
    known = "-10d 10:00:00 transfer victim -> safe 100.00 CNY mobile\n"

    assert examined(V1, drain(first=known), VICTIM) == {}


def test_a_payee_first_paid_yesterday_is_still_fresh() -> None:
    probe = "-1d 09:00:00 transfer victim -> safe 100.00 CNY mobile\n"

    assert highest(examined(V1, drain(first=probe), VICTIM)) == 1


def test_money_of_strangers_passed_on_is_nobodys_savings() -> None:
    credit = "09:55:00 transfer stranger -> victim 90000.00 CNY mobile payer.type=PERSON\n"

    assert examined(V1, drain(opening=" balance=10.00", first=credit, paid="89000.00"), VICTIM) == {}


def test_a_joint_dinner_is_nothing() -> None:
    dinner = "10:00:00 transfer victim -> friend 180.00 CNY mobile\n"

    assert examined(V1, "account victim type=PERSON balance=300.00\n" + dinner, VICTIM) == {}


def test_a_flat_or_an_operation_is_explained_unless_somebody_is_on_the_line() -> None:
    flat, operation = drain(first=BROKEN, payee="payee.type=CORPORATE"), drain(first=BROKEN, payee="payee.type=GOVERNMENT")
    coached = drain(first=BROKEN, payee="payee.type=CORPORATE", extra="session.call_active=true")
    shell = drain(first=BROKEN, payee="payee.type=CORPORATE", extra="payee.opened_on=2026-02-20")

    assert 0.5 <= explained("large_life_payment", V1, flat, VICTIM).share < 0.8
    assert explained("large_life_payment", V1, operation, VICTIM).share >= 0.8
    assert explained("large_life_payment", V1, coached, VICTIM).share == 0.0
    assert explained("large_life_payment", V1, shell, VICTIM).share == 0.0


def test_a_move_to_the_own_name_is_explained() -> None:
    assert explained("own_name_move", V1, drain(extra="payee.customer=c-1"), VICTIM).share >= 0.8


def test_a_companys_payments_are_another_patterns_business() -> None:
    assert examined(V1, PLAIN.replace("account victim type=PERSON", "account victim type=CORPORATE"), VICTIM) == {}


# ---- in stages over days -----------------------------------------------------------------------------------------------------


def stages(*days: int, paid: str = "16000.00", extra: str = "", balance: str = "100000.00") -> str:
    """Return one payment a day to somebody new, each time somebody else."""
    lines = [
        f"+{day}d 10:00:00 transfer victim -> safe{day} {paid} CNY mobile id=s{day} payee.type=PERSON {extra}\n" for day in days
    ]
    return f"account victim type=PERSON customer=c-1 balance={balance}\n" + "".join(lines)


def test_a_drain_of_one_slice_a_day_is_seen_on_the_day_that_crosses_the_line() -> None:
    signals = examined(V1, stages(0, 1, 2, 3), VICTIM)

    assert tiers(signals) == {"s2": 0, "s3": 1}
    assert codes(signals["s3"]) == ["DRAIN_STAGED"]
    assert signals["s3"].at_risk_minor == 6_400_000
    assert [also.id for also in signals["s3"].also] == ["safe3"]


def test_a_strong_sign_makes_the_stages_tier_2() -> None:
    assert highest(examined(V1, stages(0, 1, 2, 3, extra="session.call_active=true"), VICTIM)) == 2


def test_a_pause_just_beyond_a_day_or_three_is_no_way_out() -> None:
    two = "account victim type=PERSON balance=100000.00\n10:00:00 transfer victim -> safe {0} CNY mobile id=a\n"
    second = "{1} transfer victim -> safe {0} CNY mobile id=b\n"

    for at, tier in (("+1d 10:00:01", 1), ("+3d 10:00:00", 1), ("+3d 14:00:00", 1), ("+5d 10:00:00", 0), ("+7d 10:00:01", None)):
        signal = examined(V1, (two + second).format("27000.00", at), VICTIM).get("b")
        assert (None if signal is None else signal.tier) == tier, at


def test_stages_out_of_small_savings_or_to_a_payee_of_old_are_left_alone() -> None:
    known = "".join(f"-40d 10:0{n}:00 transfer victim -> safe{n} 10.00 CNY mobile\n" for n in range(4))
    old = stages(0, 1, 2, 3).replace("balance=100000.00\n", "balance=100000.00\n" + known)

    assert examined(V1, stages(0, 1, 2, 3, balance="49999.99", paid="11000.00"), VICTIM) == {}
    assert examined(V1, old, VICTIM) == {}


def test_strangers_money_passed_on_over_days_is_nobodys_savings() -> None:
    fed = "".join(f"+{n}d 09:00:00 transfer s{n} -> victim 16000.00 CNY mobile payer.type=PERSON\n" for n in range(4))
    story = stages(0, 1, 2, 3).replace("balance=100000.00\n", "balance=100000.00\n" + fed)

    assert examined(V1, story, VICTIM) == {}


def test_a_mule_that_floods_its_memory_with_trifles_is_no_victim() -> None:
    """Else a few cents to seven strangers, who push the payer out of memory, would contest the freeze of its account."""
    fed = "09:00:00 transfer stranger -> victim 60000.00 CNY mobile payer.type=PERSON\n"
    flood = "".join(f"+1d 07:0{n}:00 transfer victim -> f{n} 0.01 CNY mobile\n" for n in range(7))
    more = "".join(f"+1d 10:{n}0:00 transfer victim -> safe0 10000.00 CNY mobile\n" for n in (3, 4))
    story = stages(0, balance="1000.00").replace("=1000.00\n", f"=1000.00\n{fed}")
    small = detector("rapid_new_payee_drain", balance_min_minor=1_000_000)

    assert examined(small, story + flood + more, VICTIM) == {}


class Thorough(RapidNewPayeeDrain):
    """Looks at the whole window of every transfer to somebody new."""

    def _may_speak(self, view: View) -> bool:
        return True


@settings(max_examples=60, deadline=None, print_blob=True)
@given(days())
def test_the_cheap_exit_never_hides_what_a_thorough_look_says(events: list[Event]) -> None:
    for account in range(1, 9):
        key = f"A:a-{account}"
        assert examined(V1, events, key) == examined(Thorough(V1.policy), events, key)
