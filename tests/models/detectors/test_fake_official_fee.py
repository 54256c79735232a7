"""V6: many unrelated firms pay one private account similar sums."""

import re

import pytest

from tests.models.examine import codes, detector, examined, explained, highest, tiers
from tests.scenario import events_of, shifted

ACCOUNT = "A:trainer"
V6 = detector("fake_official_fee")


def fees(
    firms: int = 5,
    yuan: tuple[int, ...] = (1_280,),
    every_min: int = 20,
    opened_on: str = " opened_on=2026-01-20",
    payer: str = "payer.type=CORPORATE",
    facts: str = "type=PERSON customer=c-0",
) -> str:
    """Return so many firms paying one private account, one every few minutes from nine o'clock on."""
    lines = [f"account trainer {facts}{opened_on} balance=300.00"]
    for n in range(firms):
        at = 9 * 60 + every_min * n
        day = f"+{at // 1440}d " if at >= 1440 else ""
        lines.append(
            f"{day}{at // 60 % 24:02}:{at % 60:02}:00 transfer f{n} -> trainer {yuan[n % len(yuan)]}.00 CNY web id=in{n} "
            f"{payer} payer.customer=k{n}"
        )
    return "\n".join(lines) + "\n"


CAUGHT = (fees(), ACCOUNT, 2)
"""A story it must catch, at which key, and the tier it ends at: for the contract suite."""


def test_the_third_firm_is_worth_a_reminder_and_the_fifth_is_the_managers() -> None:
    signals = examined(V6, fees(), ACCOUNT)

    assert tiers(signals) == {"in2": 1, "in3": 1, "in4": 2}
    assert codes(signals["in4"]) == ["DISTINCT_PAYERS", "OWN_AGE_D"]
    assert (signals["in4"].reasons[0].value, signals["in4"].reasons[0].threshold) == (5, 5)
    assert signals["in4"].evidence == ("in0", "in1", "in2", "in3", "in4")
    assert signals["in4"].at_risk_minor == 5 * 128_000


@pytest.mark.parametrize("hours", [0, 6, 12, 18])
def test_the_hour_does_not_matter(hours: int) -> None:
    assert highest(examined(V6, shifted(events_of(fees()), hours), ACCOUNT)) == 2


@pytest.mark.parametrize(
    "story",
    [
        fees(firms=4),
        fees(yuan=(800, 1_280, 2_000)),
        fees(opened_on=" opened_on=2025-11-25"),
        fees(opened_on=""),
        fees(opened_on=" opened_on=2019-05-01", firms=12),
        fees(every_min=400),
    ],
    ids=["four firms", "sums less alike", "open for 97 days", "age not told", "an old account", "a firm every seven hours"],
)
def test_short_of_a_line_it_is_a_reminder(story: str) -> None:
    assert highest(examined(V6, story, ACCOUNT)) == 1


@pytest.mark.parametrize(
    "story",
    [
        fees(firms=2),
        fees(yuan=(100, 9_000, 400)),
        fees(yuan=(99,)),
        fees(facts="type=MERCHANT customer=c-0"),
        fees(payer="payer.type=PERSON"),
        fees(payer="payer.type=GOVERNMENT"),
    ],
    ids=["two firms", "sums that are not alike", "trifles", "a shop", "persons", "offices"],
)
def test_what_is_no_such_fee_is_left_alone(story: str) -> None:
    assert examined(V6, story, ACCOUNT) == {}


def test_slower_payers_count_less_and_less_and_fall_off_no_edge() -> None:
    strengths = [examined(V6, fees(every_min=every), ACCOUNT)["in4"].strength for every in (20, 300, 400, 500, 600)]

    assert strengths == sorted(strengths, reverse=True)
    assert strengths[0] == 1.0
    assert strengths[-1] > 0.6


def test_payers_whose_type_is_not_told_only_support() -> None:
    signals = examined(V6, fees(payer=""), ACCOUNT)

    assert set(tiers(signals).values()) == {0}
    assert "unknown type" in signals["in4"].reasons[0].en


def test_firms_that_paid_last_month_are_no_strangers() -> None:
    history = "".join(f"-30d 10:0{n}:00 transfer f{n} -> trainer 900.00 CNY web payer.type=CORPORATE\n" for n in range(5))

    assert not any(event_id.startswith("in") for event_id in examined(V6, history + fees(), ACCOUNT))


def test_an_account_that_wakes_is_as_fresh_as_a_new_one() -> None:
    asleep = "-220d 10:00:00 withdrawal trainer 100.00 CNY ATM-1\n-1d 10:00:00 login trainer\n"
    signals = examined(V6, asleep + fees(opened_on=" opened_on=2015-01-01"), ACCOUNT)

    assert highest(signals) == 2
    assert signals["in4"].reasons[1].value == 219


def test_one_firm_paying_five_times_is_one_firm() -> None:
    assert examined(V6, re.sub(r"payer\.customer=k\d", "payer.customer=same", fees()), ACCOUNT) == {}


def test_fees_that_are_paid_back_are_explained() -> None:
    back = "".join(f"10:3{n}:00 transfer trainer -> f{n} 1280.00 CNY mobile payee.customer=k{n}\n" for n in range(5))
    late = "10:50:00 transfer f9 -> trainer 1280.00 CNY web payer.type=CORPORATE payer.customer=k9\n"

    assert explained("refunds", V6, fees(), ACCOUNT).share == 0.0
    assert explained("refunds", V6, fees() + back + late, ACCOUNT).share >= 0.5
