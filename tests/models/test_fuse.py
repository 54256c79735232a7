"""Signals of one case become one score and one tier, whatever the order in which they came."""

import math

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.fuse import assess, explain_away, independent_facts, log_odds, score_of, strongest_faded
from models.signal import MULE, VICTIM, Also, Role, Signal
from tests.bank import shipped_rulebook

FUSION = shipped_rulebook().fusion


def signal(
    typology: str = "M1",
    tier: int = 2,
    nats: float = 5.0,
    evidence: tuple[str, ...] = ("e1",),
    *,
    role: Role = MULE,
    detector: str = "",
    also: tuple[Also, ...] = (),
    at_us: int = 0,
) -> Signal:
    return Signal(
        detector or typology, 1, typology, role, evidence[-1], at_us, tier, min(1.0, nats / 10), nats, (), evidence, also=also
    )


# ---- the score -------------------------------------------------------------------------------------------------------------


def test_without_evidence_the_score_is_the_prevalence() -> None:
    assert score_of(1 / 18_000, []) == pytest.approx(1 / 18_000, abs=1e-6)


def test_evidence_worth_the_prior_odds_makes_it_even() -> None:
    assert score_of(1 / 18_000, [-log_odds(1 / 18_000)]) == 0.5


@given(st.lists(st.floats(-20, 40), max_size=12), st.randoms())
def test_the_score_is_a_probability_and_order_does_not_show(nats: list[float], chance: object) -> None:
    shuffled = list(nats)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]

    assert 0.0 <= score_of(1 / 18_000, nats) <= 1.0
    assert score_of(1 / 18_000, nats) == score_of(1 / 18_000, shuffled)


def test_a_detector_that_repeats_itself_counts_once_with_its_strongest() -> None:
    once = assess(VICTIM, [signal("V1", 1, 7.0, role=VICTIM)], FUSION)
    often = assess(VICTIM, [signal("V1", 1, nats, (f"e{nats}",), role=VICTIM) for nats in (3.0, 7.0, 5.0)], FUSION)

    assert once.score == often.score


# ---- fading ----------------------------------------------------------------------------------------------------------------

HALF_LIFE_US = FUSION.half_life_s * 1_000_000


def test_a_sign_counts_half_when_it_is_a_half_life_older_than_the_newest() -> None:
    old, new = signal("X1", 1, 4.0, role=VICTIM), signal("V1", 1, 3.0, ("e2",), role=VICTIM, at_us=HALF_LIFE_US)

    assert strongest_faded([old, new], FUSION) == {"X1": 2.0, "V1": 3.0}
    assert assess(VICTIM, [old, new], FUSION).score == score_of(FUSION.prevalence, [2.0, 3.0])


def test_what_matters_is_the_age_against_the_newest_sign_not_the_hour() -> None:
    pair = [signal("X1", 1, 4.0, role=VICTIM), signal("V1", 1, 3.0, ("e2",), role=VICTIM, at_us=60)]
    later = [msgspec.structs.replace(each, at_us=each.at_us + 9 * HALF_LIFE_US) for each in pair]

    assert assess(VICTIM, later, FUSION).score == assess(VICTIM, pair, FUSION).score


@given(st.integers(0, 20 * HALF_LIFE_US), st.integers(0, HALF_LIFE_US))
def test_there_is_no_age_at_which_a_sign_falls_off(age_us: int, more_us: int) -> None:
    def score(age_us: int) -> float:
        return assess(VICTIM, [signal("X1", 1, 8.0), signal("V1", 1, 1.0, ("e2",), at_us=age_us)], FUSION).score

    assert score(age_us) >= score(age_us + more_us)
    assert score(age_us) - score(age_us + HALF_LIFE_US // 1_000) < 0.002


# ---- weak signs that add up ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", [MULE, VICTIM])
@pytest.mark.parametrize(
    ("said", "tier"),
    [
        ([signal("V1", 1, 5.0), signal("X1", 1, 3.6)], 2),
        ([signal("V1", 1, 5.0), signal("X1", 1, 3.0)], 1),
        ([signal("V1", 1, 9.5)], 1),
        ([signal("V1", 1, 9.5), signal("V1", 1, 9.0, ("e2",))], 1),
        ([signal("V1", 1, 5.0), signal("X1", 1, 3.6, ("e2",), at_us=HALF_LIFE_US)], 1),
        ([signal("V1", 1, 5.0), signal("", 0, 5.0, detector="unusual_behaviour")], 1),
        ([signal("V1", 1, 5.0), signal("W2", 0, 9.0)], 1),
        ([signal("V1", 0, 5.0), signal("X1", 0, 5.0)], 0),
        ([signal("V1", 1, 4.0), signal("X1", 1, 2.4), signal("N8", 0, 2.4)], 2),
    ],
    ids=[
        "two reminders of different detectors",
        "two that are too weak",
        "one alone, however strong",
        "one detector that repeats itself",
        "one that has faded",
        "unusual behaviour raises nothing",
        "a machine's word that was not borne out",
        "support alone",
        "two reminders and a supporting sign",
    ],
)
def test_weak_signs_of_several_detectors_add_up_to_a_matter_for_people(role: Role, said: list[Signal], tier: int) -> None:
    said = [msgspec.structs.replace(each, role=role) for each in said]
    if role == MULE:  # one fact more is needed there
        said.append(signal("N9", 0, 0.0, role=role))

    assert assess(role, said, FUSION).tier == tier
    assert assess(role, said[::-1], FUSION).tier == tier


def test_two_weak_signs_of_a_collector_who_pays_on_are_not_yet_a_matter_for_people() -> None:
    pair = [signal("M2", 1, 5.0), signal("M1", 1, 5.0, ("e2",))]

    assert assess(MULE, pair, FUSION).tier == 1
    assert assess(MULE, [*pair, signal("V7", 1, 5.0, ("e3",)), signal("M3", 1, 5.0, ("e4",))], FUSION).tier == 1, "facts seen twice"
    assert assess(MULE, [*pair, signal("W4", 1, 5.0, ("e3",))], FUSION).tier == 2


def test_counter_evidence_keeps_two_reminders_two_reminders() -> None:
    pair = [signal("V1", 1, 6.0, role=VICTIM), signal("X1", 1, 3.6, role=VICTIM)]
    explained = [pair[0], explain_away(pair[1], 0.4, FUSION)]

    assert (assess(VICTIM, pair, FUSION).tier, assess(VICTIM, explained, FUSION).tier) == (2, 1)


def test_a_payers_word_adds_up_to_nothing_on_the_payee() -> None:
    assert assess(MULE, [signal("M2", 1, 4.0), signal("V1", 0, 8.0)], FUSION).tier == 1


# ---- the tier --------------------------------------------------------------------------------------------------------------


def test_support_alone_raises_nothing() -> None:
    assessment = assess(MULE, [signal("V1", 0), signal("M7", 0)], FUSION)

    assert (assessment.tier, assessment.leading) == (0, None)


def test_the_highest_tier_stated_leads() -> None:
    assessment = assess(MULE, [signal("M1", 2, 9.0), signal("M2", 3, 1.0), signal("W1", 1, 20.0)], FUSION)

    assert assessment.tier == 3
    assert assessment.leading is not None
    assert assessment.leading.typology == "M2"


def test_of_equals_the_newest_leads() -> None:
    older, newer = signal(evidence=("e1",), at_us=1), signal(evidence=("e2",), at_us=2)

    assert assess(MULE, [older, newer], FUSION).leading == newer
    assert assess(MULE, [newer, older], FUSION).leading == newer


def test_a_victims_side_never_reaches_the_police_by_itself() -> None:
    loud = [signal("V1", 3, 9.0, role=VICTIM), signal("X1", 2, 9.0, ("e2",), role=VICTIM)]

    assert assess(VICTIM, loud, FUSION).tier == FUSION.victim_tier_max == 2


@pytest.mark.parametrize(
    ("said", "tier"),
    [
        ([signal("M1")], 2),
        ([signal("M1"), signal("M2")], 3),
        ([signal("M1"), signal("W1")], 2),
        ([signal("M1"), signal("W1"), signal("M2")], 3),
        ([signal("M1"), signal("W2")], 3),
        ([signal("M1"), signal("M2", 1)], 2),
        ([signal("M1"), signal("V1", 0)], 3),
        ([signal("M1"), signal("X1", 0)], 3),
        ([signal("M1"), signal("M7", 0)], 3),
        ([signal("M1"), signal("V1", 0, evidence=("lunch",))], 2),
        ([signal("W2", evidence=("cash",)), signal("V1", 0, evidence=("paid",))], 3),
        ([signal("M1", 1), signal("V1", 0)], 1),
        ([signal("M1"), signal("", 0)], 2),
    ],
    ids=[
        "one pattern",
        "two patterns",
        "one fact seen twice",
        "one fact twice and another",
        "a pattern and a machine's word",
        "a reminder corroborates nothing",
        "the victim's word",
        "a taken-over victim's word",
        "the word of the mule before",
        "the victim's word about other money",
        "a machine's and the victim's word",
        "a reminder upheld stays a reminder",
        "unusual behaviour corroborates nothing",
    ],
)
def test_tier_2_becomes_a_police_matter_with_one_more_independent_fact(said: list[Signal], tier: int) -> None:
    assert assess(MULE, said, FUSION).tier == tier
    assert assess(MULE, said[::-1], FUSION).tier == tier


def test_two_victims_are_one_more_fact_not_two() -> None:
    assert independent_facts([signal("M1"), signal("V1", 0), signal("X1", 0)]) == 2


# ---- counter-evidence -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("explained", "tier"), [(0.0, 3), (0.499, 3), (0.5, 2), (0.799, 2), (0.8, 1), (1.0, 1)])
def test_half_explained_costs_one_tier_and_four_fifths_two(explained: float, tier: int) -> None:
    assert explain_away(signal(tier=3), explained, FUSION).tier == tier


@given(st.floats(0, 1), st.integers(0, 3))
def test_counter_evidence_only_weakens_and_never_exempts(explained: float, tier: int) -> None:
    before = signal(tier=tier, nats=8.0)
    after = explain_away(before, explained, FUSION)

    assert after.tier <= before.tier
    assert 0.0 < after.strength <= before.strength
    assert 0.0 < after.nats <= before.nats
    assert math.isclose(after.nats / before.nats, after.strength / before.strength)


def test_what_a_signal_says_of_others_is_weakened_with_it() -> None:
    card = Also("ACCOUNT", "m-1", MULE, 3, "W2")

    assert explain_away(signal("W2", 3, also=(card,)), 0.6, FUSION).also == (msgspec.structs.replace(card, tier=2),)


def test_what_is_explained_away_says_nothing_elsewhere() -> None:
    payee = Also("ACCOUNT", "mule", MULE, 0, "V1")

    assert explain_away(signal("V1", 1, also=(payee,)), 0.6, FUSION).also == ()
    assert explain_away(signal("V1", 2, also=(payee,)), 0.6, FUSION).also == (payee,)


def test_a_stack_drawn_at_two_machines_is_one_fact() -> None:
    assert independent_facts([signal("W2"), signal("W3")]) == 1
    assert independent_facts([signal("W2"), signal("W4")]) == 2


def test_support_speaks_elsewhere_until_it_is_mostly_explained() -> None:
    machine = Also("TERMINAL", "ATM-1", "TERMINAL", 0, "W3")

    assert explain_away(signal("W3", 0, also=(machine,)), 0.4, FUSION).also == (machine,)
    assert explain_away(signal("W3", 0, also=(machine,)), 0.6, FUSION).also == ()


# ---- a probe, a farm, and one fact under two names -----------------------------------------------------------------------------


@pytest.mark.parametrize("near", ["M1", "M5"])
def test_a_near_miss_after_a_probe_is_the_managers(near: str) -> None:
    assert assess(MULE, [signal(near, 1), signal("M4", 0, 3.0)], FUSION).tier == 2
    assert assess(MULE, [signal(near, 1)], FUSION).tier == 1
    assert assess(MULE, [signal(near, 0, 1.0), signal("M2", 1, 3.0), signal("M4", 0, 1.0)], FUSION).tier == 1
    assert assess(VICTIM, [signal(near, 1, role=VICTIM), signal("M4", 0, 3.0, role=VICTIM)], FUSION).tier == 1


def test_a_probe_alone_raises_nothing() -> None:
    assert assess(MULE, [signal("M4", 0, 3.0)], FUSION).tier == 0


@pytest.mark.parametrize("pair", [("M1", "M3"), ("M1", "M5"), ("M1", "M8"), ("M2", "V6"), ("M2", "V7"), ("M3", "W1")])
def test_two_names_of_one_fact_are_one(pair: tuple[str, str]) -> None:
    assert independent_facts([signal(typology, 2) for typology in pair]) == 1


def test_money_from_a_farmed_account_is_a_police_matter_and_the_farm_alone_is_not() -> None:
    assert assess(MULE, [signal("M1", 2), signal("M6", 1)], FUSION).tier == 3
    assert assess(MULE, [signal("M1", 2), signal("M6", 0)], FUSION).tier == 2
    assert assess(MULE, [signal("M6", 1)], FUSION).tier == 1


@pytest.mark.parametrize("own", ["V6", "V7"])
def test_what_an_account_says_of_itself_is_no_payers_word(own: str) -> None:
    assert assess(MULE, [signal("M2", 2), signal(own, 0)], FUSION).tier == 2
