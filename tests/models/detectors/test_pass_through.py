"""M1: what arrives from a stranger leaves at once, to somebody just as new or to a machine."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models import entry as e
from models.entry import Entry
from tests.models.examine import codes, detector, examined, explained, highest, tiers, views_at
from tests.scenario import events_of, shifted

MULE = "A:mule"
M1 = detector("pass_through")
ACCOUNTS = "account victim type=PERSON customer=c-1\naccount mule type=PERSON customer=c-2 balance={opening}\n"


def cycle(
    credit: str = "50000.00",
    out: str = "48500.00",
    out_at: str = "09:21:40",
    opening: str = "20.00",
    payee: str = "next",
    extra: str = "",
) -> str:
    """Return one pass-through: in at 09:14:05, out a few minutes later."""
    return ACCOUNTS.format(opening=opening) + (
        f"09:14:05 transfer victim -> mule {credit} CNY mobile id=in\n"
        f"{out_at} transfer mule -> {payee} {out} CNY mobile id=out {extra}\n"
    )


TWO_CYCLES = cycle() + (
    "15:02:00 transfer other -> mule 30000.00 CNY mobile id=in2\n15:09:00 withdrawal mule 20000.00 CNY ATM-1 id=cash\n"
    "15:12:00 transfer mule -> third 11000.00 CNY mobile id=out2\n"
)

CAUGHT = (TWO_CYCLES, MULE, 3)
"""A story it must catch, at which key, and the tier it ends at: for the contract suite."""


def test_a_strangers_money_that_leaves_within_minutes_is_tier_2() -> None:
    signals = examined(M1, cycle(), MULE)

    assert tiers(signals) == {"out": 2}
    assert codes(signals["out"]) == ["OUT_IN_RATIO"]
    assert signals["out"].reasons[0].value == 0.97
    assert signals["out"].evidence == ("in", "out")
    assert signals["out"].at_risk_minor == 150_000


def test_a_second_pass_through_within_a_day_is_a_police_matter() -> None:
    signals = examined(M1, TWO_CYCLES, MULE)

    assert tiers(signals) == {"out": 2, "out2": 3}
    assert "PASS_THROUGH_CYCLES" in codes(signals["out2"])
    assert signals["out2"].evidence == ("in", "out", "in2", "cash", "out2")


def test_those_who_got_the_money_are_told_of() -> None:
    (signal,) = examined(M1, cycle(), MULE).values()

    assert [(also.id, also.role, also.tier, also.typology) for also in signal.also] == [("next", "MULE_SUSPECTED", 0, "M7")]


@pytest.mark.parametrize(
    "story",
    [
        cycle(credit="4999.99", out="4950.00"),
        cycle(out="47499.99", opening="0.00"),
        cycle(out_at="09:44:06"),
        cycle(credit="50000.00", out="39000.00", opening="0.00", extra="status=REQUESTED"),
    ],
    ids=["below the smallest credit", "more than a twentieth is left", "after half an hour", "a request below four fifths"],
)
def test_just_under_a_threshold_it_is_a_near_miss(story: str) -> None:
    (signal,) = examined(M1, story, MULE).values()

    assert signal.tier in (0, 1)
    assert 0.0 < signal.strength < 0.8


@pytest.mark.parametrize(
    "story",
    [
        cycle(credit="1500.00", out="1500.00", opening="0.00"),
        cycle(out="25000.00", opening="0.00"),
        cycle(out="40000.00", opening="0.00"),
        cycle(out_at="15:14:05"),
    ],
    ids=["a trifle", "half of it", "a fifth is left", "six hours later"],
)
def test_far_under_a_threshold_nothing_is_said(story: str) -> None:
    assert examined(M1, story, MULE) == {}


def test_the_strength_fades_with_the_pause_and_falls_off_no_edge() -> None:
    pauses = ("09:21:40", "09:44:04", "09:44:06", "10:30:00", "11:30:00", "13:00:00")
    strengths = [max(signal.strength for signal in examined(M1, cycle(out_at=at), MULE).values()) for at in pauses]

    assert strengths == sorted(strengths, reverse=True)
    assert strengths[1] - strengths[2] < 0.001
    assert strengths[-1] < 0.6 * strengths[0]


def small_cycles(count: int, credit: str = "4900.00", out: str = "4850.00", pause_min: int = 10) -> str:
    """Return so many rounds of slices below the smallest credit, every ninety minutes."""
    lines = ["account mule type=PERSON customer=c-2 balance=0.00"]
    for n in range(count):
        at = 8 * 60 + 90 * n
        lines.append(f"{at // 60:02}:{at % 60:02}:00 transfer s{n} -> mule {credit} CNY mobile id=in{n}")
        at += pause_min
        lines.append(f"{at // 60:02}:{at % 60:02}:00 transfer mule -> t{n} {out} CNY mobile id=out{n}")
    return "\n".join(lines) + "\n"


def test_slices_below_the_smallest_credit_add_up() -> None:
    assert tiers(examined(M1, small_cycles(3), MULE)) == {"out0": 1, "out1": 2, "out2": 3}


def test_pauses_beyond_half_an_hour_add_up() -> None:
    story = small_cycles(3, credit="30000.00", out="29950.00", pause_min=45)

    assert tiers(examined(M1, story, MULE)) == {"out0": 1, "out1": 2, "out2": 3}


def test_a_drain_in_stages_over_two_hours_is_seen_by_the_pause_of_the_average_yuan() -> None:
    stages = "".join(
        f"{10 + n // 3:02}:{20 * n % 60:02}:00 transfer mule -> t{n} 9900.00 CNY mobile id=stage{n}\n" for n in range(5)
    )
    story = ACCOUNTS.format(opening="20.00") + "09:50:00 transfer victim -> mule 50000.00 CNY mobile id=in\n" + stages

    assert highest(examined(M1, story, MULE)) == 1
    assert list(examined(M1, story, MULE))[-1] == "stage4"


def test_what_was_named_in_a_full_round_is_in_no_near_one() -> None:
    signals = examined(M1, cycle() + "09:40:00 transfer mule -> third 1400.00 CNY mobile id=rest\n", MULE)

    assert tiers(signals) == {"out": 2}


@pytest.mark.parametrize(
    "story",
    [
        cycle(credit="5000.00", out="5000.00"),
        cycle(out="47500.00", opening="0.00"),
        cycle(credit="5000.00", out="4920.00", opening="20.00"),
        cycle(out_at="09:44:04"),
    ],
    ids=["the smallest credit", "a twentieth is left", "100 yuan are left", "just within half an hour"],
)
def test_on_the_threshold_it_is_said(story: str) -> None:
    assert highest(examined(M1, story, MULE)) == 2


@pytest.mark.parametrize(("first_in", "tier"), [("09:20:00", 2), ("09:20:01", 3)])
def test_the_day_of_cycles_excludes_its_start(first_in: str, tier: int) -> None:
    first = cycle(out_at="09:25:00").replace("09:14:05", first_in)
    second = (
        "+1d 09:10:00 transfer other -> mule 30000.00 CNY mobile\n+1d 09:20:00 transfer mule -> third 31000.00 CNY mobile id=late\n"
    )

    assert tiers(examined(M1, first + second, MULE))["late"] == tier


@pytest.mark.parametrize("hours", [0, 6, 12, 18])
def test_the_hour_does_not_matter(hours: int) -> None:
    assert highest(examined(M1, shifted(events_of(TWO_CYCLES), hours), MULE)) == 3


def test_a_probe_of_one_yuan_beforehand_does_not_start_the_clock() -> None:
    probe = "08:50:00 transfer victim -> mule 1.00 CNY mobile\n"
    head, _, tail = cycle().partition("09:14:05")

    assert highest(examined(M1, head + probe + "09:14:05" + tail, MULE)) == 2


def test_a_probe_three_days_before_makes_nobody_an_acquaintance() -> None:
    head, _, tail = cycle().partition("09:14:05")

    assert highest(examined(M1, head + "-3d 10:00:00 transfer victim -> mule 1.00 CNY mobile\n09:14:05" + tail, MULE)) == 2


def test_money_that_leaves_in_three_stages_is_seen_at_the_last() -> None:
    story = cycle(out="42000.00") + "09:23:00 transfer mule -> third 5600.00 CNY mobile id=second\n"

    assert tiers(examined(M1, story, MULE)) == {"second": 2}


def test_a_request_counts_as_approved_but_never_makes_a_police_matter() -> None:
    asked = TWO_CYCLES.replace("id=out2", "id=out2 status=REQUESTED")

    assert tiers(examined(M1, asked, MULE)) == {"out": 2, "out2": 2}


def test_a_request_enters_no_sum() -> None:
    story = cycle(extra="status=REQUESTED", out="30000.00") + "09:23:00 transfer mule -> third 18000.00 CNY mobile\n"

    assert examined(M1, story, MULE) == {}


def test_a_declined_payment_is_no_money() -> None:
    assert examined(M1, cycle(extra="status=DECLINED"), MULE) == {}


def test_a_reversed_credit_was_never_passed_on() -> None:
    story = cycle().replace("09:21:40", "09:16:00 transfer victim -> mule 50000.00 CNY mobile status=REVERSED of=in\n09:21:40")

    assert examined(M1, story, MULE) == {}


def test_without_balances_it_is_tier_2_at_most() -> None:
    assert highest(examined(M1, TWO_CYCLES.replace(" balance=20.00", ""), MULE)) == 2


# ---- people who did nothing wrong ------------------------------------------------------------------------


def test_rent_from_own_money_and_a_friends_repayment_is_no_pass_through() -> None:
    story = cycle(credit="5000.00", out="13800.00", opening="9000.00", payee="landlord")

    assert examined(M1, story, MULE) == {}


def test_rent_to_the_usual_landlord_is_no_pass_through() -> None:
    history = "-30d 10:00:00 transfer mule -> landlord 4500.00 CNY mobile\n"
    account, _, rest = cycle(credit="5000.00", out="4900.00", opening="4520.00", payee="landlord").partition("09:14:05")

    assert examined(M1, account + history + "09:14:05" + rest, MULE) == {}


def test_a_first_wage_sent_home_at_once_is_no_pass_through() -> None:
    story = cycle(credit="6000.00", out="5980.00").replace("id=in", "id=in purpose=SALA payer.type=CORPORATE")

    assert examined(M1, story, MULE) == {}


def test_a_private_payer_cannot_make_it_a_wage() -> None:
    assert highest(examined(M1, cycle().replace("id=in", "id=in purpose=SALA"), MULE)) == 2


@pytest.mark.parametrize("purpose", ["SALA", "LOAN", "GOVT"])
def test_a_payer_of_unknown_type_cannot_make_it_the_holders_due(purpose: str) -> None:
    claimed = TWO_CYCLES.replace("mobile id=in", f"mobile purpose={purpose} id=in").replace("victim type=PERSON", "victim")

    assert tiers(examined(M1, claimed, MULE)) == tiers(examined(M1, TWO_CYCLES, MULE))


def test_a_purchase_with_what_came_in_is_fair_trade() -> None:
    story = ACCOUNTS.format(opening="20.00") + (
        "09:14:05 transfer buyer -> mule 5500.00 CNY mobile\n"
        "09:21:00 purchase mule -> shop 5000.00 CNY POS-1 payee.type=MERCHANT\n"
        "09:22:00 transfer mule -> friend 480.00 CNY mobile\n"
    )

    assert examined(M1, story, MULE) == {}


def test_what_goes_back_to_the_payer_is_explained_for_two_tiers() -> None:
    assert explained("refunds", M1, cycle(payee="victim"), MULE).share >= 0.8
    assert explained("refunds", M1, cycle(), MULE).share == 0.0


def test_what_goes_on_to_the_own_name_is_explained_for_one_tier() -> None:
    story = cycle(extra="payee.customer=c-2")

    assert 0.5 <= explained("own_name_move", M1, story, MULE).share < 0.8


# ---- the brute-force oracle ------------------------------------------------------------------------------

MOVES = st.lists(st.tuples(st.booleans(), st.integers(1, 40), st.integers(1, 60), st.integers(0, 400_000)), min_size=2, max_size=14)


def _counted_plainly(entries: list[Entry], bounds_us: int) -> int:
    """Count cycles as the policy words them: after each debit look at all strangers' money at most half an hour old."""
    used: set[str] = set()
    cycles = 0
    for debit in (entry for entry in entries if not entry.code & e.CREDIT):
        fresh = [
            entry
            for entry in entries
            if entry.code & e.CREDIT and entry.event_id not in used and debit.at_us - bounds_us < entry.at_us < debit.at_us
        ]
        if not fresh:
            continue
        gone = [
            entry
            for entry in entries
            if not entry.code & e.CREDIT and entry.event_id not in used and fresh[0].at_us <= entry.at_us <= debit.at_us
        ]
        came_minor, gone_minor = sum(x.amount_minor for x in fresh), sum(x.amount_minor for x in gone)
        residual_minor = debit.balance_minor or 0
        if came_minor >= 500_000 and gone_minor >= 0.8 * came_minor and residual_minor <= max(10_000, round(0.05 * came_minor)):
            cycles += 1
            used |= {entry.event_id for entry in fresh + gone}
    return cycles


@settings(max_examples=60, deadline=None)
@given(MOVES)
def test_cycles_are_counted_as_a_plain_reading_of_the_rule_counts_them(moves: list[tuple[bool, int, int, int]]) -> None:
    at, lines, balance = 0, ["account mule type=PERSON balance=0.00"], 0
    for number, (is_credit, minutes, thousands, left) in enumerate(moves):
        at += minutes
        clock = f"{9 + at // 60:02}:{at % 60:02}:00"
        if is_credit or balance == 0:
            balance += thousands * 100_000
            lines.append(f"{clock} transfer p{number} -> mule {thousands}000.00 CNY mobile")
        else:
            out, balance = balance - min(balance - 1, left), min(balance - 1, left)
            lines.append(f"{clock} transfer mule -> q{number} {out // 100}.{out % 100:02} CNY mobile")
    views = list(views_at("\n".join(lines), MULE))
    entries = views[-1].entries

    assert sum(found.closeness == 1.0 for found in M1._full(entries)) == _counted_plainly(entries, 1_800_000_000)  # type: ignore[attr-defined]
