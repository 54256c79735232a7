"""A3: cards that were copied at one machine and abused elsewhere lead back to it once people dispute."""

import random

import pytest

from models.policy import Skimming
from models.profile import Disputed, TerminalProfile, decode_profile
from models.skimming import point_of, usual_draws
from stream.store import payload_of
from tests.bank import Bank, rulebook_with, shipped_rulebook
from tests.scenario import SCENARIOS, events_of, read_story

POLICY: Skimming = shipped_rulebook().skimming
HOUR = 3_600


def used(cards: int = 3, *, minutes: int = 10, hour: int = 9, machine: str = "ATM-A", day: int = -10) -> str:
    """Return holders who draw at one machine one after the other."""
    times = [f"{day}d {hour + n * minutes // 60:02}:{n * minutes % 60:02}:00" for n in range(cards)]
    return "".join(f"{at} withdrawal h{n} 300.00 CNY {machine} id=own{n}{machine}{day}\n" for n, at in enumerate(times))


def abused(cards: int = 3, *, where: str = "ATM-Z{n}") -> str:
    return "".join(f"02:{n:02}:00 withdrawal h{n} 900.00 CNY {where.format(n=n)} id=abused{n}\n" for n in range(cards))


def disputed(cards: int = 3, *, day: int = 3, words: str = "verdict=FRAUD") -> str:
    return "".join(f"+{day}d 12:{n:02}:00 disposition abused{n} {words}\n" for n in range(cards))


def tier(story: str, machine: str = "ATM-A", partitions: int = 3) -> int:
    """Return the tier at which A3 stands on a machine in the end, 0 for not at all."""
    bank = Bank(partitions).take(step.event for step in read_story(story))
    final = [alert for alert in bank.final_alerts().values() if alert.subject.id == machine and alert.typology == "A3"]
    return max((alert.tier for alert in final), default=0)


STORY = used() + abused() + disputed()


def test_the_third_disputed_card_sends_the_banks_security_to_the_machine() -> None:
    bank = Bank(3).take(step.event for step in read_story(STORY))
    (alert,) = bank.alerts_on("ATM-A")

    assert (alert.typology, alert.tier, alert.recommended_action) == ("A3", 2, "PATROL_TERMINAL")
    assert alert.evidence == ("abused0", "abused1", "abused2")
    assert [reason.code for reason in alert.reasons[:2]] == ["DISPUTED_CARDS", "USUAL_HOUR_SHARE"]
    assert [line.lookalike for line in alert.counter_evidence] == ["N7"]
    assert "too few for chance" in alert.counter_evidence[0].en
    assert not bank.requests


@pytest.mark.parametrize(("hour", "ends"), [(3, 2), (9, 2), (22, 2)], ids=["by night", "in the morning", "in the evening"])
def test_the_hour_of_the_day_does_not_matter(hour: int, ends: int) -> None:
    assert tier(used(hour=hour) + abused() + disputed()) == ends


@pytest.mark.parametrize(
    "story",
    [
        used(2) + abused(2) + disputed(2),
        used(minutes=30) + abused() + disputed(),
        used(day=-31) + abused() + disputed(),
        used() + abused() + disputed(words="verdict=LEGITIMATE"),
        used() + abused() + disputed(words="verdict=UNKNOWN"),
        used() + abused() + disputed(words="verdict=FRAUD typology=M1"),
        used() + abused(where="ATM-A") + disputed(),
    ],
    ids=["two cards", "not in one hour", "31 days before", "legitimate", "unknown", "a mule's", "abused at that machine"],
)
def test_less_than_that_raises_nothing(story: str) -> None:
    assert tier(story) == 0


def test_up_to_30_days_before_the_abuse_a_use_counts() -> None:
    assert tier(used(day=-29) + abused() + disputed()) == 2


def test_the_machine_at_which_copies_were_used_together_is_no_skimming_point() -> None:
    again = abused(where="ATM-Z") + abused(where="ATM-Z").replace("02:", "03:").replace("id=abused", "id=second")
    both = disputed() + disputed().replace("abused", "second")

    assert tier(used() + again + both) == 2
    assert tier(used() + again + both, "ATM-Z") == 0


def test_several_disputes_of_one_holder_are_one_card() -> None:
    one = "".join(f"02:{n:02}:00 withdrawal h0 900.00 CNY ATM-Z{n} id=abused{n}\n" for n in range(3))
    assert tier(used(1) + one + disputed()) == 0


def test_a_verdict_that_turns_legitimate_takes_the_alert_back_and_one_that_turns_again_brings_it_back() -> None:
    legitimate = "+4d 09:00:00 disposition abused1 verdict=LEGITIMATE\n"
    fraud = "+5d 09:00:00 disposition abused1 verdict=FRAUD\n"

    assert [tier(STORY), tier(STORY + legitimate), tier(STORY + legitimate + fraud)] == [2, 0, 2]


def test_each_further_disputed_card_is_told_in_the_same_alert_however_much_later_it_was_abused() -> None:
    later = used(5)
    story = later + abused(3) + disputed(3) + "+9d 02:00:00 withdrawal h3 900.00 CNY ATM-Y id=abused3\n"
    story += "+12d 02:00:00 disposition abused3 verdict=FRAUD\n"
    alerts = Bank(3).take(step.event for step in read_story(story)).alerts_on("ATM-A")

    assert [len(alert.evidence) for alert in alerts] == [3, 4]
    assert len({alert.alert_id for alert in alerts}) == 1


def test_a_run_of_cards_at_a_skimming_point_weeks_later_does_not_tell_the_point_a_second_time() -> None:
    run = "".join(
        f"+{{day}}d 21:0{n}:00 withdrawal r{n} 19000.00 CNY ATM-A payer.balance_after=10.00 payer.customer=r{n}\n" for n in range(4)
    )
    turned = "+40d 09:00:00 disposition abused1 verdict=LEGITIMATE\n"
    for day, ids in ((30, 1), (80, 2)):
        bank = Bank(3).take(step.event for step in read_story(STORY + run.format(day=day)))
        told = [alert for alert in bank.alerts_on("ATM-A") if "DISPUTED_CARDS" in [reason.code for reason in alert.reasons]]
        assert {alert.typology for alert in bank.alerts_on("ATM-A")} == {"A3", "W2"}
        assert len({alert.alert_id for alert in bank.alerts_on("ATM-A")}) == ids
        assert len({alert.alert_id for alert in told}) == 1

    bank = Bank(3).take(step.event for step in read_story(STORY + run.format(day=30) + turned))
    counted = {reason.code: reason.value for reason in bank.alerts_on("ATM-A")[-1].reasons}
    assert counted["DISPUTED_CARDS"] == 2  # no point any more: support of the run


def test_whenever_the_verdicts_come_even_before_the_payments_the_end_is_the_same() -> None:
    story = STORY + "+4d 09:00:00 disposition abused1 verdict=LEGITIMATE\n+5d 09:00:00 disposition abused1 verdict=FRAUD\n"
    records = [step.event for step in read_story(story)]
    payments, words = records[:6], records[6:]
    ends = set()
    for seed in range(20):
        chance = random.Random(seed)
        mixed = payments.copy()
        for word in words:
            mixed.insert(chance.randint(0, len(mixed)), word)
        bank = Bank(1 + seed % 3).take(mixed, delay_ms=20 * 86_400_000)
        (alert,) = bank.final_alerts().values()
        (machine,) = (payload_of(value) for key, value in bank.state().items() if key == b"T:ATM-A")
        profile = decode_profile("TERMINAL", machine)
        assert isinstance(profile, TerminalProfile)
        ends.add((alert.tier, alert.subject.id, alert.evidence, tuple(profile.disputed)))
    assert len(ends) == 1


def test_a_verdict_may_name_the_pattern_and_the_card_may_be_known_or_not() -> None:
    assert tier(used() + abused() + disputed(words="verdict=FRAUD typology=A3")) == 2
    assert tier("\n".join(f"{line} card=c" if " withdrawal " in line else line for line in STORY.splitlines())) == 2


# ---- against the machine's usual volume ---------------------------------------------------------------------------------


def machine(cards: int, usual: int, hours: int = 24) -> TerminalProfile:
    told = [Disputed(HOUR + n * 60, f"h{n}", f"e{n}", 90 * HOUR + n) for n in range(cards)]
    return TerminalProfile(disputed=told, hours=hours, draws=usual * hours, last_hour=1)


@pytest.mark.parametrize(
    ("cards", "usual", "expected"),
    [(3, 20, 2), (3, 25, 1), (3, 60, 1), (3, 80, None), (12, 80, 2), (8, 80, 1), (2, 5, 0), (2, 60, None), (1, 1, None)],
)
def test_disputed_cards_count_by_their_share_in_the_machines_usual_hour(cards: int, usual: int, expected: int | None) -> None:
    signal = point_of(machine(cards, usual), POLICY)
    assert (signal.tier if signal is not None else None) == expected


def test_strength_grows_with_the_cards_and_with_their_share() -> None:
    def strength(cards: int, usual: int) -> float:
        signal = point_of(machine(cards, usual), POLICY)
        return signal.strength if signal is not None else 0.0

    assert strength(2, 2) < strength(3, 2) < strength(4, 2) < strength(6, 2) <= 1.0
    assert strength(3, 80) < strength(3, 50) < strength(3, 30) < strength(3, 20) == strength(3, 2)


def test_the_usual_hour_is_counted_over_what_has_settled_and_what_has_not() -> None:
    bank = Bank().take(events_of("".join(used(6, minutes=9, day=day) for day in (-3, -2, -1))))
    stored = bank._keyed[0]._profile(b"T:ATM-A", "TERMINAL")
    assert isinstance(stored, TerminalProfile)

    assert stored.settled < len(stored.entries)
    assert usual_draws(stored) == 6


def test_an_old_habit_of_a_machine_fades() -> None:
    hours = "".join(f"-{day}d {hour:02}:00:00 withdrawal w 10.00 CNY ATM-A\n" for day in range(60, 0, -1) for hour in range(24))
    bank = Bank().take(events_of(hours))
    stored = bank._keyed[0]._profile(b"T:ATM-A", "TERMINAL")
    assert isinstance(stored, TerminalProfile)

    assert stored.hours < 1_024
    assert usual_draws(stored) == 1


def test_a_busy_machine_at_which_three_holders_met_by_chance_is_left_alone() -> None:
    story = (SCENARIOS / "n0_busy_machine.txt").read_text("utf-8")
    quiet = "\n".join(line for line in story.splitlines() if " q{n} " not in line and "for n in 10..59" not in line)
    quiet += "\nfor n in 11..13 | -10d 09:{n}:05  withdrawal  p{n}  300.00 CNY  ATM-mall  id=a{n} card=c{n}\n"

    assert tier(story, "ATM-mall") == 0
    assert tier(quiet, "ATM-mall") == 2


def test_a_machine_keeps_a_bounded_number_of_what_it_was_told() -> None:
    rulebook = rulebook_with("skimming", disputed_max=4)
    bank = Bank(1, rulebook).take(step.event for step in read_story(used(9, minutes=5) + abused(9) + disputed(9)))
    stored = bank._keyed[0]._profile(b"T:ATM-A", "TERMINAL")
    assert isinstance(stored, TerminalProfile)

    assert [one.account for one in stored.disputed] == ["h5", "h6", "h7", "h8"]
