"""A scorecard keeps River's conventions, moves nothing beyond its bound, and goes on exactly where its stored form stopped."""

import random
from collections.abc import Callable, Iterator

import msgspec
import pytest
from river import metrics
from river.checks import clf, common

from models.scorecard import Scorecard, StoredScorecard, restore_scorecard, stored_scorecard
from tests.models.test_estimators import GENERAL_CHECKS, STREAM_CHECKS, name_of

Check = Callable[..., None]
NAMES = ("amount", "run", "excess")


class Payments:
    """Payments in bins, one in fifty a fraud, whose bins lie higher; the same each time it is read."""

    def __init__(self, count: int) -> None:
        self.count = count

    def __iter__(self) -> Iterator[tuple[dict[str, float], bool]]:
        chance = random.Random(7)
        for number in range(self.count):
            is_fraud = number % 50 == 49
            yield {name: max(0.0, chance.gauss(14.0 if is_fraud else 8.0, 3.0)) for name in NAMES}, is_fraud


def taught(count: int) -> Scorecard:
    scorecard = Scorecard()
    for x, y in Payments(count):
        scorecard.learn_one(x, y)
    return scorecard


@pytest.mark.parametrize("check", GENERAL_CHECKS, ids=name_of)
def test_a_scorecard_passes_rivers_general_check(check: Check) -> None:
    check(Scorecard().clone())


@pytest.mark.parametrize("check", STREAM_CHECKS, ids=name_of)
def test_a_scorecard_passes_rivers_check_on_a_stream(check: Check) -> None:
    check(Scorecard().clone(), dataset=Payments(600))


CLASSIFIER_CHECKS = [value for name, value in sorted(vars(clf).items()) if name.startswith("check_") and "multiclass" not in name]


@pytest.mark.parametrize("check", CLASSIFIER_CHECKS, ids=name_of)
def test_a_scorecard_passes_rivers_check_of_a_classifier(check: Check) -> None:
    check(Scorecard().clone(), dataset=Payments(600))


def test_rivers_checks_of_a_classifier_are_among_them() -> None:
    assert "check_predict_proba_one" in {check.__name__ for check in CLASSIFIER_CHECKS}
    assert hasattr(common, "check_learn_one")


def test_what_was_labelled_fraud_before_scores_higher() -> None:
    scorecard, auc = Scorecard(), metrics.RollingROCAUC(window_size=4_000)
    for x, y in Payments(5_000):
        auc.update(y, scorecard.predict_proba_one(x)[True])
        scorecard.learn_one(x, y)
    assert auc.get() > 0.93


def test_without_a_label_nothing_is_moved() -> None:
    assert Scorecard().points_of({"amount": 12.0}) == 0.0


def test_an_event_that_stands_for_many_teaches_no_more_than_three() -> None:
    once, heavy = Scorecard(), Scorecard()
    for _ in range(3):
        once.learn_one({"amount": 5.0}, True)
    heavy.learn_one({"amount": 5.0}, True, w=1_000.0)
    assert 0.0 < heavy.points_of({"amount": 5.0}) <= once.points_of({"amount": 5.0})


def test_the_stored_form_goes_on_exactly() -> None:
    steady = taught(500)
    again = Scorecard()
    stored = msgspec.msgpack.encode(stored_scorecard(steady))
    restore_scorecard(again, msgspec.msgpack.decode(stored, type=StoredScorecard))
    for x, y in Payments(300):
        assert again.predict_proba_one(x) == steady.predict_proba_one(x)
        steady.learn_one(x, y)
        again.learn_one(x, y)


def test_its_size_is_bounded_whatever_the_features() -> None:
    scorecard = Scorecard(bins=8, features_max=4)
    for number in range(1_000):
        scorecard.learn_one({f"feature {number}": float(number)}, number % 2 == 0)
    assert len(scorecard.points) == 4
    assert max(map(len, scorecard.points.values())) <= 8
