"""A1: intruders lifted the limits of a card, and its clones drain machines."""

import pytest

from tests.bank import Bank
from tests.models.examine import codes, detector, examined, highest, tiers
from tests.scenario import events_of, shifted

VICTIM = "A:holder"
A1 = detector("unlimited_operation")


def drain(draws: int = 11, drawn: str = "2000.00", gap_s: int = 300, facts: str = "card=k-1", start: str = "50000.00") -> str:
    """Return so many withdrawals of one card, each at a machine of its own."""
    lines = [f"account holder type=PERSON customer=c-1 balance={start}"]
    for n in range(draws):
        at = n * gap_s
        lines.append(
            f"{10 + at // 3600}:{at % 3600 // 60:02}:{at % 60:02} withdrawal holder {drawn} CNY ATM-{n} "
            f"id=w{n:02} {facts.format(n=n)}"
        )
    return "\n".join(lines) + "\n"


CAUGHT = (drain(), VICTIM, 2)
"""A story it must catch, at which key, and the tier it ends at: for the contract suite."""


def test_the_eleventh_withdrawal_of_an_hour_that_passes_the_cap_is_held() -> None:
    signals = examined(A1, drain(), VICTIM)

    assert signals["w10"].tier == 2
    assert {"CARD_DRAWS", "CAP_RATIO"} <= set(codes(signals["w10"]))
    assert max(signal.tier for event_id, signal in signals.items() if event_id < "w10") <= 1
    assert signals["w10"].role == "VICTIM_SUSPECTED"


@pytest.mark.parametrize("hours", [0, 4, 9, 13])
def test_the_hour_does_not_matter(hours: int) -> None:
    """But for the cap, which starts anew at midnight; the pace does not."""
    assert highest(examined(A1, shifted(events_of(drain()), hours), VICTIM)) == 2


def test_within_the_cap_many_withdrawals_are_a_reminder_and_few_are_nothing() -> None:
    assert highest(examined(A1, drain(drawn="100.00"), VICTIM)) == 1
    assert examined(A1, drain(draws=8, drawn="100.00"), VICTIM) == {}


def test_a_slower_pace_hides_nothing_for_the_hour_before_counts_less_and_less() -> None:
    """Eleven withdrawals seven minutes apart never fall into one hour."""
    assert highest(examined(A1, drain(gap_s=420), VICTIM)) == 2
    strengths = [examined(A1, drain(gap_s=gap), VICTIM)["w10"].strength for gap in (300, 420, 540)]
    assert strengths == sorted(strengths, reverse=True)


def test_several_currencies_beside_another_sign_are_held_and_alone_a_reminder() -> None:
    """A tourist of three countries in a day has no other sign."""
    tourist = (
        "09:00:00 withdrawal holder 500.00 CNY ATM-1 card=k-1\n14:00:00 withdrawal holder 800.00 HKD ATM-2 card=k-1\n"
        "19:00:00 withdrawal holder 900.00 MOP ATM-3 card=k-1 id=last\n"
    )
    drained = tourist.replace("500.00", "21000.00").replace("MOP", "CNY").replace("800.00 HKD", "100.00 THB")

    assert tiers(examined(A1, tourist, VICTIM)) == {"last": 1}
    assert highest(examined(A1, drained, VICTIM)) == 1
    assert highest(examined(A1, drain(facts="card=k-1") + "10:59:00 withdrawal holder 500.00 THB ATM-9 card=k-1\n", VICTIM)) == 2


def test_one_card_at_two_machines_too_far_apart_is_a_reminder_and_two_cards_are_a_familys() -> None:
    story = (
        "10:00:00 withdrawal holder 500.00 CNY ATM-1 card=k-1 terminal.lat=39.90 terminal.lon=116.41\n"
        "10:30:00 withdrawal holder 500.00 CNY ATM-2 card={card} terminal.lat=30.27 terminal.lon=120.15 id=far\n"
    )

    assert tiers(examined(A1, story.format(card="k-1"), VICTIM)) == {"far": 1}
    assert codes(examined(A1, story.format(card="k-1"), VICTIM)["far"]) == ["TRAVEL_KMH"]
    assert examined(A1, story.format(card="k-2"), VICTIM) == {}


def test_two_machines_of_one_town_are_no_journey_however_soon() -> None:
    story = (
        "10:00:00 withdrawal holder 500.00 CNY ATM-1 card=k-1 terminal.lat=30.27 terminal.lon=120.15\n"
        "10:01:00 withdrawal holder 500.00 CNY ATM-2 card=k-1 terminal.lat=30.45 terminal.lon=120.15\n"
    )

    assert examined(A1, story, VICTIM) == {}


def test_more_than_the_account_held_is_a_sign_but_not_alone() -> None:
    assert tiers(examined(A1, drain(draws=1, start="100.00"), VICTIM)) == {"w00": 0}
    assert highest(examined(A1, drain(drawn="500.00", start="5200.00"), VICTIM)) == 2


def test_a_mule_that_draws_strangers_money_is_no_victim() -> None:
    credit = "09:00:00 transfer someone -> holder 30000.00 CNY mobile payer.type=PERSON\n"
    head, _, tail = drain(start="10.00").partition("\n")

    assert highest(examined(A1, f"{head}\n{credit}{tail}", VICTIM)) == 0


@pytest.mark.parametrize("status", ["DECLINED", "REVERSED"])
def test_what_was_not_paid_out_does_not_count(status: str) -> None:
    assert examined(A1, drain(facts=f"card=k-1 status={status} of=x{{n}}"), VICTIM) == {}


def test_cash_at_the_counter_is_no_machines() -> None:
    story = drain().replace("ATM-", "counter #")
    story = "\n".join(line.split("#")[0] for line in story.splitlines())

    assert examined(A1, story, VICTIM) == {}


def test_the_card_is_held_and_nobody_asked_for_a_freeze() -> None:
    bank = Bank().take(events_of(drain()))

    assert bank.alerts_on("holder")[-1].recommended_action == "HOLD"
    assert not bank.requests
