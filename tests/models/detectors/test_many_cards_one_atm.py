"""W2: a runner empties a stack of unrelated cards at one machine."""

import pytest

from tests.bank import shipped_rulebook
from tests.models.examine import codes, detector, examined, explained, highest, tiers
from tests.scenario import events_of, shifted

ATM = "T:ATM-7"
W2 = detector("many_cards_one_atm")


def run(
    cards: int = 3,
    drawn: str = "16000.00",
    gap_s: int = 90,
    left: str = "3000.00",
    facts: str = "payer.customer=k{n}",
    extra: str = "",
) -> str:
    """Return one withdrawal per card, so many seconds apart, each leaving the same balance."""
    lines = []
    for n in range(cards):
        at = n * gap_s
        balance = f"payer.balance_after={left}" if left else ""
        lines.append(
            f"00:{10 + at // 60:02}:{at % 60:02} withdrawal mule{n} {drawn} CNY ATM-7 id=w{n} {balance} {facts.format(n=n)} {extra}"
        )
    return "\n".join(lines) + "\n"


CAUGHT = (run(), ATM, 3)
"""A story it must catch, at which key, and the tier it ends at: for the contract suite."""


def test_the_third_card_near_its_cap_sends_somebody_to_the_machine() -> None:
    signals = examined(W2, run(), ATM)

    assert tiers(signals) == {"w2": 3}
    assert codes(signals["w2"]) == ["DISTINCT_CARDS"]
    assert (signals["w2"].reasons[0].value, signals["w2"].reasons[0].threshold) == (3, 3)
    assert signals["w2"].evidence == ("w0", "w1", "w2")


def test_each_account_of_the_run_is_told_of() -> None:
    signals = examined(W2, run(cards=4), ATM)

    assert [(also.id, also.role, also.tier, also.typology) for also in signals["w3"].also] == [
        (f"mule{n}", "MULE_SUSPECTED", 3, "W2") for n in range(4)
    ]


def test_an_emptied_card_counts_like_one_drawn_to_its_cap() -> None:
    assert highest(examined(W2, run(drawn="3000.00", left="50.00"), ATM)) == 3


@pytest.mark.parametrize(
    "story",
    [
        run(drawn="15999.99"),
        run(gap_s=121),
        run(drawn="2999.99", left="50.00"),
        run(drawn="3000.00", left="158.00"),
    ],
    ids=["below the cap share", "a pause", "emptied of too little", "too much is left"],
)
def test_just_under_a_threshold_it_is_the_managers(story: str) -> None:
    assert highest(examined(W2, story, ATM)) == 2


@pytest.mark.parametrize(
    "story",
    [
        run(cards=2),
        run(drawn="9000.00"),
        run(gap_s=300),
        run(drawn="1700.00", left="30.00"),
        run(drawn="3000.00", left="330.00"),
        run(facts="payer.customer=same"),
    ],
    ids=["two cards", "far below the cap", "a long pause", "emptied of little", "much is left", "one customer's cards"],
)
def test_well_under_a_threshold_nothing_is_said(story: str) -> None:
    assert examined(W2, story, ATM) == {}


def test_nothing_jumps_a_longer_pause_or_a_smaller_sum_counts_less_and_less() -> None:
    by_pause = [highest(examined(W2, run(gap_s=gap), ATM)) for gap in (120, 130, 180, 240, 290)]
    by_sum = [highest(examined(W2, run(drawn=f"{yuan}.00"), ATM)) for yuan in (16_000, 14_000, 12_000, 10_000)]

    assert by_pause == [3, 2, 1, 0, 0]
    assert by_sum == [3, 2, 1, 0]


def test_slices_under_the_cap_and_pauses_beyond_the_limit_are_made_up_for_by_more_cards() -> None:
    assert highest(examined(W2, run(cards=5, drawn="11000.00"), ATM)) == 3
    assert highest(examined(W2, run(cards=4, gap_s=150), ATM)) == 3


def test_ordinary_customers_one_after_the_other_are_no_run_however_many() -> None:
    assert examined(W2, run(cards=12, drawn="2000.00", gap_s=45), ATM) == {}


def test_a_card_in_quiet_use_for_years_is_part_of_the_run_all_the_same() -> None:
    warm = "".join(f"-{20 - n}d 12:00:00 withdrawal mule{n % 3} 300.00 CNY ATM-7 payer.customer=k{n % 3}\n" for n in range(12))

    assert highest(examined(W2, warm + run(), ATM)) == 3


def test_a_deposit_in_between_is_no_withdrawal() -> None:
    deposit = "00:12:00 deposit trader 9000.00 CNY ATM-7 id=paid-in\n"
    signals = examined(W2, run().replace("00:13:00", deposit + "00:13:00"), ATM)

    assert highest(signals) == 3
    assert "paid-in" not in signals["w2"].evidence


def test_the_ten_minutes_exclude_their_start() -> None:
    several = "\n".join(
        f"10:{at // 60:02}:{at % 60:02} withdrawal mule{card} 4000.00 CNY ATM-7 payer.customer=k{card}"
        for card, at in [(0, 0), (0, 60), (0, 120), (0, 180), (1, 270), (1, 300), (1, 330), (1, 360), (2, 450), (2, 500), (2, 550)]
    )
    last = "\n10:{at} withdrawal mule2 4000.00 CNY ATM-7 payer.customer=k2 id=last"

    assert highest(examined(W2, several + last.format(at="09:59"), ATM)) == 3
    assert highest(examined(W2, several + last.format(at="10:00"), ATM)) == 2


@pytest.mark.parametrize("hours", [0, 6, 12, 18])
def test_the_hour_does_not_matter(hours: int) -> None:
    assert highest(examined(W2, shifted(events_of(run()), hours), ATM)) == 3


def test_the_next_customer_is_no_part_of_the_run() -> None:
    bystander = "00:14:00 withdrawal neighbour 200.00 CNY ATM-7 id=next payer.customer=k9 payer.balance_after=900.00\n"
    signals = examined(W2, run() + bystander + "00:15:00 withdrawal mule8 16000.00 CNY ATM-7 id=w8 payer.customer=k8\n", ATM)

    assert tiers(signals) == {"w2": 3, "w8": 3}
    assert "next" not in signals["w8"].evidence
    assert "neighbour" not in {also.id for also in signals["w8"].also}


def test_of_a_long_run_the_newest_cards_are_named_for_the_others_were_named_before() -> None:
    """What reaches an account names a withdrawal there, or the account could not bear it out."""
    story = "".join(f"10:{n // 6:02}:{n % 6 * 10:02} withdrawal mule{n} 16000.00 CNY ATM-7 id=w{n}\n" for n in range(50))
    signals, most = examined(W2, story, ATM), shipped_rulebook().bounds.evidence_max

    for signal in signals.values():
        drawn_at = {event_id.replace("w", "mule") for event_id in signal.evidence[-most:]}
        assert {also.id for also in signal.also} == drawn_at
    assert {also.id for signal in signals.values() for also in signal.also} == {f"mule{n}" for n in range(50)}


@pytest.mark.parametrize("status", ["REQUESTED", "DECLINED"])
def test_cash_that_did_not_come_out_does_not_count(status: str) -> None:
    assert examined(W2, run(extra=f"status={status}"), ATM) == {}


def test_a_reversed_withdrawal_leaves_the_run() -> None:
    reversal = "00:12:00 withdrawal mule1 16000.00 CNY ATM-7 status=REVERSED of=w1\n"
    story = run().replace("00:13:00", reversal + "00:13:00")

    assert examined(W2, story, ATM) == {}


def test_colleagues_who_keep_a_balance_are_explained() -> None:
    pay_day = run(drawn="16000.00", left="9000.00", facts="payer.customer=k{n} payer.cohort=factory")
    emptied = run(drawn="6000.00", left="20.00", facts="payer.customer=k{n} payer.cohort=factory")

    assert explained("pay_day_queue", W2, pay_day, ATM).share >= 0.8
    assert 0.5 <= explained("pay_day_queue", W2, emptied, ATM).share < 0.8
    assert explained("pay_day_queue", W2, run(left="20.00"), ATM).share < 0.5
