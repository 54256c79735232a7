"""V7: small sums from many unrelated persons to a fresh account."""

import pytest

from tests.models.examine import codes, detector, examined, explained, highest, tiers
from tests.scenario import events_of, shifted

SELLER = "A:seller"
V7 = detector("purchase_fraud")


def orders(
    buyers: int = 5,
    yuan: tuple[int, ...] = (680, 699, 450, 720),
    every_min: int = 45,
    opened_on: str = " opened_on=2026-01-20",
    facts: str = "",
) -> str:
    """Return so many persons paying a young private account, one every three quarters of an hour from nine o'clock on."""
    lines = [f"account seller type=PERSON customer=c-0{opened_on} balance=60.00"]
    for n in range(buyers):
        at = 9 * 60 + every_min * n
        day = f"+{at // 1440}d " if at >= 1440 else ""
        lines.append(
            f"{day}{at // 60 % 24:02}:{at % 60:02}:00 transfer b{n} -> seller {yuan[n % len(yuan)]}.00 CNY mobile id=in{n} "
            f"payer.type=PERSON payer.customer=k{n} {facts}"
        )
    return "\n".join(lines) + "\n"


CAUGHT = (orders(), SELLER, 2)
"""A story it must catch, at which key, and the tier it ends at: for the contract suite."""


def test_the_fifth_stranger_on_a_young_account_is_the_managers() -> None:
    signals = examined(V7, orders(), SELLER)

    assert tiers(signals) == {"in2": 0, "in3": 1, "in4": 2}
    assert codes(signals["in4"]) == ["DISTINCT_PAYERS"]
    assert "41 d old" in signals["in4"].reasons[0].en
    assert signals["in4"].evidence == ("in0", "in1", "in2", "in3", "in4")


@pytest.mark.parametrize("hours", [0, 6, 12, 18])
def test_the_hour_does_not_matter(hours: int) -> None:
    assert highest(examined(V7, shifted(events_of(orders()), hours), SELLER)) == 2


@pytest.mark.parametrize(
    "story",
    [
        orders(buyers=4),
        orders(opened_on=" opened_on=2025-11-25"),
        orders(yuan=(195,)),
        orders(every_min=400),
    ],
    ids=["four buyers", "open for 97 days", "975 yuan together", "a buyer every seven hours"],
)
def test_short_of_a_line_it_is_a_reminder(story: str) -> None:
    assert highest(examined(V7, story, SELLER)) == 1


@pytest.mark.parametrize(
    "story",
    [
        orders(buyers=2),
        orders(opened_on=" opened_on=2019-05-01", buyers=9),
        orders(yuan=(19,)),
        orders(yuan=(5_001,)),
        orders(facts="payer.customer=same"),
    ],
    ids=["two buyers", "nine at an old account", "shared fares", "large sums", "one customer"],
)
def test_what_is_no_such_trade_is_left_alone(story: str) -> None:
    assert examined(V7, story, SELLER) == {}


def test_where_the_age_is_not_told_the_first_sight_of_the_account_counts_less() -> None:
    signals = examined(V7, orders(opened_on=""), SELLER)
    seen_long_ago = "-200d 10:00:00 withdrawal seller 20.00 CNY ATM-1\n-60d 10:00:00 login seller\n"

    assert tiers(signals) == {"in3": 0, "in4": 1}
    assert "first seen 0 d ago" in signals["in4"].reasons[0].en
    assert not any(event_id.startswith("in") for event_id in examined(V7, seen_long_ago + orders(opened_on=""), SELLER))


def test_ten_strangers_support_a_case_at_an_account_of_any_age() -> None:
    signals = examined(V7, orders(buyers=11, opened_on=" opened_on=2019-05-01"), SELLER)

    assert tiers(signals) == {"in9": 0, "in10": 0}


def test_an_account_that_wakes_is_as_fresh_as_a_new_one() -> None:
    asleep = "-220d 10:00:00 withdrawal seller 100.00 CNY ATM-1\n-1d 10:00:00 login seller\n"

    assert highest(examined(V7, asleep + orders(opened_on=" opened_on=2015-01-01"), SELLER)) == 2


def test_slower_buyers_count_less_and_less_and_fall_off_no_edge() -> None:
    strengths = [examined(V7, orders(every_min=every), SELLER)["in4"].strength for every in (45, 300, 400, 500)]

    assert strengths == sorted(strengths, reverse=True)
    assert strengths[1] - strengths[2] < 0.1
    assert strengths[-1] > 0.6


def test_what_was_taken_back_is_no_sale() -> None:
    back = "11:00:00 transfer b1 -> seller 699.00 CNY mobile status=REVERSED of=in1 payer.type=PERSON payer.customer=k1\n"

    assert highest(examined(V7, orders() + back, SELLER)) < 2


def test_refunds_and_regulars_explain_it() -> None:
    back = "".join(f"12:1{n}:00 transfer seller -> b{n} 680.00 CNY mobile payee.customer=k{n}\n" for n in range(5))
    late = "12:50:00 transfer b9 -> seller 600.00 CNY mobile payer.type=PERSON payer.customer=k9\n"
    regulars = "".join(f"-30d 10:0{n}:00 transfer r{n} -> seller 700.00 CNY mobile\n" for n in range(8))
    again = "".join(f"08:0{n}:00 transfer r{n} -> seller 700.00 CNY mobile\n" for n in range(8))

    assert explained("refunds", V7, orders() + back + late, SELLER).share >= 0.5
    assert explained("rent_day", V7, orders(), SELLER).share == 0.0
    assert explained("rent_day", V7, regulars + again + orders(), SELLER).share >= 0.3
