"""What is learnt from people: bounded for each of them, nothing from silence where a detector spoke, and calibrated."""

import random

import pytest

from models.calibration import SLOPE_MAX, SLOPE_MIN, Calibration, calibration_after
from models.decision import Row
from models.features import FEATURES
from models.fuse import log_odds, score_of
from models.learner import SILENCE, SOURCES_MAX, Label, Learner, encode_learner, inputs_of, restore_learner
from tests.bank import shipped_rulebook

POLICY = shipped_rulebook().learning
PREVALENCE = shipped_rulebook().fusion.prevalence
BOUND = POLICY.source_nats_max


def row(amount: int, run: int = 0, evidence: float = 0.0) -> Row:
    bins = dict.fromkeys(FEATURES, 0) | {"amount": amount, "run": run}
    return Row(1, b"A:a", 0, bytes(bins[name] for name in FEATURES), {}, evidence)


BAD, GOOD = row(20, run=4), row(8)


def learner(lessons: list[tuple[Row, Label, str]]) -> Learner:
    taught = Learner(POLICY, PREVALENCE)
    for lesson in lessons:
        taught.learn(*lesson)
    return taught


def honest_bank() -> list[tuple[Row, Label, str]]:
    """Lessons of two offices that agree, and of silence."""
    found: list[tuple[Row, Label, str]] = []
    for number in range(2_000):
        found.append((GOOD, "LEGITIMATE", SILENCE))
        if number % 20 == 0:
            found.append((BAD, "FRAUD", "office-1" if number % 40 else "office-2"))
    return found


def test_before_any_label_a_score_is_the_evidence() -> None:
    assert learner([]).score([4.2], inputs_of(BAD)) == score_of(PREVALENCE, [4.2])


def test_frauds_like_those_found_score_higher_and_others_lower() -> None:
    taught = learner(honest_bank())
    assert taught.score([], inputs_of(BAD)) > 20 * PREVALENCE > taught.score([], inputs_of(GOOD))


@pytest.mark.parametrize("verdict", ["FRAUD", "LEGITIMATE"])
@pytest.mark.parametrize("target", [BAD, GOOD])
def test_one_hostile_source_moves_no_score_beyond_its_bound(verdict: Label, target: Row) -> None:
    """However often it says so, of whatever it likes: against the same bank without it."""
    clean = learner(honest_bank())
    hostile = learner([*honest_bank(), *[(target, verdict, "hostile")] * 5_000])
    for told in (BAD, GOOD):
        assert abs(hostile.shift(inputs_of(told)) - clean.shift(inputs_of(told))) <= BOUND


def test_a_single_source_moves_no_score_beyond_its_bound() -> None:
    alone = learner([(BAD, "FRAUD", "hostile")] * 5_000)
    assert 0.5 * BOUND < alone.shift(inputs_of(BAD)) <= BOUND


def test_many_names_do_not_grow_the_state() -> None:
    taught = learner([(BAD, "FRAUD", f"name-{number}") for number in range(100)])
    assert len(taught.cards) == SOURCES_MAX


def test_the_stored_form_goes_on_exactly() -> None:
    steady, again = learner(honest_bank()), Learner(POLICY, PREVALENCE)
    assert restore_learner(again, encode_learner(steady, 7, 3)) == (7, 3)
    for lesson in honest_bank()[:200]:
        steady.learn(*lesson)
        again.learn(*lesson)
    assert encode_learner(again, 7, 3) == encode_learner(steady, 7, 3)


def test_another_version_is_refused() -> None:
    with pytest.raises(ValueError, match="not readable"):
        restore_learner(Learner(POLICY, PREVALENCE), b"\x90")


def test_the_highest_scores_of_a_day_are_told_by_the_day_before() -> None:
    taught = Learner(POLICY, PREVALENCE)
    scores = [number / 1_000 for number in range(1_000)]
    assert not any(taught.is_top(1, score) for score in scores)
    next_day = [taught.is_top(86_400_000_001, score) for score in scores]
    assert sum(next_day) == POLICY.top_count - 1


def test_evidence_that_says_too_much_is_taken_back_by_labels() -> None:
    """Ten nats for what is fraud once in a hundred: the slope falls until what is said comes true, within its bounds."""
    chance, calibration, base = random.Random(3), Calibration(), log_odds(0.001)
    for _ in range(20_000):
        calibration = calibration_after(calibration, 5.0, base, is_fraud=chance.random() < 0.01, weight=1)
    assert calibration.slope == pytest.approx((log_odds(0.01) - base) / 5.0, abs=0.05) or calibration.slope == SLOPE_MIN


@pytest.mark.parametrize(("is_fraud", "end"), [(True, SLOPE_MAX), (False, SLOPE_MIN)])
def test_no_label_turns_a_score_round(is_fraud: bool, end: float) -> None:
    calibration = Calibration()
    for _ in range(50_000):
        calibration = calibration_after(calibration, 3.0, log_odds(0.3), is_fraud=is_fraud, weight=16)
    assert calibration.slope == end or abs(calibration.slope - end) < 0.5
