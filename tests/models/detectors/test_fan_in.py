"""M2: many strangers pay one account, which sends the sum on."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.signal import Signal
from tests.models.examine import codes, detector, examined, explained, highest, tiers
from tests.scenario import events_of, shifted

COLLECTOR = "A:collector"
M2 = detector("fan_in")


def gathering(
    payers: int = 5,
    yuan: int = 3_000,
    every_min: int = 10,
    opening: str = " balance=50.00",
    facts: str = "",
) -> str:
    """Return so many strangers paying in, one every few minutes from nine o'clock on."""
    lines = [f"account collector type=PERSON customer=c-0{opening}"]
    for number in range(payers):
        at = number * every_min
        lines.append(
            f"{9 + at // 60:02}:{at % 60:02}:00 transfer p{number} -> collector {yuan}.00 CNY mobile id=in{number} "
            f"payer.type=PERSON payer.customer=k{number} {facts.format(number=number)}"
        )
    return "\n".join(lines) + "\n"


def outflow(yuan: str, at: str = "09:50:00", payee: str = "next", extra: str = "") -> str:
    return f"{at} transfer collector -> {payee} {yuan} CNY mobile id=out-{payee} payee.type=PERSON {extra}\n"


def managed(signals: dict[str, Signal]) -> dict[str, int]:
    """Return event id -> tier of what is more than a reminder."""
    return {event_id: tier for event_id, tier in tiers(signals).items() if tier >= 2}


CAUGHT = (gathering() + outflow("10500.00"), COLLECTOR, 3)
"""A story it must catch, at which key, and the tier it ends at: for the contract suite."""


def test_the_fifth_stranger_within_an_hour_is_tier_2() -> None:
    signals = examined(M2, gathering(), COLLECTOR)

    assert managed(signals) == {"in4": 2}
    assert codes(signals["in4"]) == ["DISTINCT_PAYERS"]
    assert signals["in4"].reasons[0].value == 5
    assert signals["in4"].reasons[0].threshold == 5
    assert signals["in4"].evidence == ("in0", "in1", "in2", "in3", "in4")


def test_the_outflow_makes_it_a_police_matter() -> None:
    signals = examined(M2, gathering() + outflow("10500.00"), COLLECTOR)

    assert signals["out-next"].tier == 3
    assert codes(signals["out-next"]) == ["DISTINCT_PAYERS", "OUT_IN_RATIO"]
    assert signals["out-next"].evidence[-1] == "out-next"
    assert [(also.id, also.typology, also.tier) for also in signals["out-next"].also] == [("next", "M7", 0)]


def test_ten_strangers_spread_over_a_day_count_as_well() -> None:
    signals = examined(M2, gathering(payers=10, yuan=1_200, every_min=80), COLLECTOR)

    assert managed(signals) == {"in9": 2}
    assert (signals["in9"].reasons[0].threshold, signals["in9"].reasons[0].window_s) == (10, 86_400)


@pytest.mark.parametrize(
    "story",
    [
        gathering(payers=4, yuan=4_000),
        gathering(payers=9, yuan=2_000, every_min=80),
        gathering(yuan=1_999),
        gathering(every_min=15),
    ],
    ids=["four payers", "nine payers in a day", "below the smallest sum", "an hour passes before the fifth"],
)
def test_just_under_a_threshold_it_reminds_or_supports(story: str) -> None:
    signals = examined(M2, story, COLLECTOR)

    assert signals
    assert highest(signals) == (0 if story == gathering(payers=4, yuan=4_000) else 1)


@pytest.mark.parametrize(
    "story",
    [gathering(payers=2, yuan=9_000), gathering(yuan=999), gathering(payers=4, yuan=4_000, every_min=240)],
    ids=["two payers", "next to nothing", "four payers in twelve hours"],
)
def test_far_under_a_threshold_nothing_is_said(story: str) -> None:
    assert examined(M2, story, COLLECTOR) == {}


def test_the_strength_fades_with_the_pause_between_payers() -> None:
    strengths = [
        max(signal.strength for signal in examined(M2, gathering(payers=5, every_min=every), COLLECTOR).values())
        for every in (14, 15, 30, 60, 120)
    ]

    assert strengths == sorted(strengths, reverse=True)
    assert strengths[0] > strengths[-1] > 0.0
    assert strengths[0] - strengths[1] < 0.02


def test_four_payers_and_an_outflow_together_are_the_managers() -> None:
    story = gathering(payers=4, yuan=4_000) + outflow("15500.00")

    assert managed(examined(M2, story, COLLECTOR)) == {"out-next": 2}


def test_payers_of_the_days_before_count_for_the_nearness() -> None:
    before = "".join(
        f"-1d {9 + n:02}:00:00 transfer q{n} -> collector 3000.00 CNY mobile payer.type=PERSON payer.customer=j{n}\n"
        for n in range(4)
    )
    day = gathering(payers=4, yuan=3_000, every_min=240)

    assert examined(M2, day, COLLECTOR) == {}
    assert "in3" in examined(M2, before + day, COLLECTOR)


@pytest.mark.parametrize(
    "sent",
    [
        outflow("10499.99"),
        outflow("4000.00", at="09:46:00", payee="a") + outflow("3500.00", at="09:47:00", payee="b") + outflow("3500.00", payee="c"),
        outflow("10500.00", at="11:40:00"),
    ],
    ids=["below seven tenths", "three destinations", "two hours after the fifth"],
)
def test_just_under_the_outflow_line_it_stays_with_the_manager(sent: str) -> None:
    signals = managed(examined(M2, gathering() + sent, COLLECTOR))

    assert signals["in4"] == 2
    assert max(signals.values()) == 2
    assert any(event_id.startswith("out") for event_id in signals), "the outflow is told all the same"


def test_a_third_tiny_payment_hides_no_outflow() -> None:
    sent = outflow("200.00", at="09:46:00", payee="a") + outflow("100.00", at="09:47:00", payee="b") + outflow("10500.00")

    signals = examined(M2, gathering() + sent, COLLECTOR)

    assert signals["out-next"].tier == 3
    assert [also.id for also in signals["out-next"].also] == ["next"]


def test_two_destinations_are_still_together_and_three_like_ones_are_not() -> None:
    halves = outflow("7000.00", at="09:46:00", payee="a") + outflow("7000.00", payee="b")
    thirds = (
        outflow("4900.00", at="09:46:00", payee="a") + outflow("4900.00", at="09:47:00", payee="b") + outflow("4900.00", payee="c")
    )

    assert highest(examined(M2, gathering() + halves, COLLECTOR)) == 3
    assert highest(examined(M2, gathering() + thirds, COLLECTOR)) == 2


def test_own_money_on_the_account_keeps_it_from_the_police() -> None:
    rich = examined(M2, gathering(opening=" balance=5000.00") + outflow("10500.00"), COLLECTOR)
    unknown = examined(M2, gathering(opening="") + outflow("10500.00"), COLLECTOR)

    assert rich["out-next"].tier == 2
    assert unknown["out-next"].tier == 2


@pytest.mark.parametrize("hours", [0, 6, 12, 18])
def test_the_hour_does_not_matter(hours: int) -> None:
    assert highest(examined(M2, shifted(events_of(gathering() + outflow("10500.00")), hours), COLLECTOR)) == 3


def test_the_hour_excludes_its_start() -> None:
    late_by_a_second = gathering().replace("09:00:00", "08:40:01")
    on_the_hour = gathering().replace("09:00:00", "08:40:00")

    assert highest(examined(M2, late_by_a_second, COLLECTOR)) == 2
    assert highest(examined(M2, on_the_hour, COLLECTOR)) == 1


def test_a_requested_fifth_payment_counts_and_enters_no_sum() -> None:
    asked = gathering().replace("id=in4", "id=in4 status=REQUESTED")
    earlier = gathering(payers=6).replace("id=in2", "id=in2 status=REQUESTED")

    assert managed(examined(M2, asked, COLLECTOR)) == {"in4": 2}
    assert managed(examined(M2, earlier, COLLECTOR)) == {"in5": 2}


def test_declined_payments_are_no_money() -> None:
    assert managed(examined(M2, gathering().replace("id=in2", "id=in2 status=DECLINED"), COLLECTOR)) == {}


def test_a_reversed_payment_takes_its_payer_back() -> None:
    reversal = "09:35:00 transfer p3 -> collector 3000.00 CNY mobile status=REVERSED of=in3\n"
    story = gathering().replace("09:40:00", reversal + "09:40:00")

    assert managed(examined(M2, story, COLLECTOR)) == {}


def test_one_customer_with_five_accounts_is_one_payer() -> None:
    assert examined(M2, gathering(facts="payer.customer=same"), COLLECTOR) == {}


def test_colleagues_are_not_strangers() -> None:
    story = gathering(facts="payer.cohort=factory").replace("type=PERSON customer=c-0", "type=PERSON customer=c-0 cohort=factory")

    assert examined(M2, story, COLLECTOR) == {}


def test_class_fees_and_wedding_gifts_stay_below_tier_2() -> None:
    fees = gathering(payers=30, yuan=380, every_min=1)

    assert highest(examined(M2, fees, COLLECTOR)) == 1


def test_what_goes_to_an_institution_is_no_outflow() -> None:
    to_agency = outflow("10500.00").replace("payee.type=PERSON", "payee.type=CORPORATE")

    assert managed(examined(M2, gathering() + to_agency, COLLECTOR)) == {"in4": 2}


def test_small_sums_are_never_a_police_matter() -> None:
    story = gathering(payers=12, yuan=1_000, every_min=3) + outflow("11000.00")

    assert highest(examined(M2, story, COLLECTOR)) == 2


def test_tenants_of_last_month_are_not_strangers() -> None:
    history = "\n".join(f"-{34 - n}d 18:00:00 transfer p{n} -> collector 3000.00 CNY mobile" for n in range(5))

    assert examined(M2, history + "\n" + gathering(), COLLECTOR) == {}


def test_a_shop_of_long_standing_is_explained() -> None:
    regulars = "\n".join(f"-{n + 95}d 12:00:00 transfer guest{n} -> collector 30.00 CNY mobile" for n in reversed(range(25)))

    assert explained("small_merchant", M2, regulars + "\n" + gathering(), COLLECTOR).share >= 0.5
    assert explained("small_merchant", M2, gathering(), COLLECTOR).share < 0.5


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 8), st.integers(1, 6)), min_size=1, max_size=20))
def test_payers_are_counted_as_a_plain_reading_of_the_rule_counts_them(moves: list[tuple[int, int, int]]) -> None:
    """Each move: minutes since the one before, which payer, thousands of yuan."""
    at, lines, paid = 0, [], []
    for minutes, payer, thousands in moves:
        at += minutes
        paid.append((at, payer, thousands))
        lines.append(
            f"{8 + at // 60:02}:{at % 60:02}:00 transfer p{payer} -> collector {thousands}000.00 CNY mobile id=e{len(paid) - 1:02}"
        )
    expected = set()
    for number, (now, _, _) in enumerate(paid):
        for end, _, _ in paid[: number + 1]:
            span = [move for move in paid[: number + 1] if end - 60 < move[0] <= end]
            kept = [move for move in paid[: number + 1] if move[0] > end - 60]
            if end > now - 120 and len({payer for _, payer, _ in span}) >= 5 and sum(move[2] for move in kept) >= 10:
                expected.add(f"e{number:02}")

    of_any_size = detector("fan_in", small_minor=0)
    assert set(managed(examined(of_any_size, "\n".join(lines), COLLECTOR))) == expected
