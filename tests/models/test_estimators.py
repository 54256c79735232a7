"""Our own estimator keeps River's conventions: River's checks of an estimator, on payments instead of its downloaded data sets."""

import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from river import metrics
from river.checks import common

from models.segment import FEATURES, Segment

GENERAL_CHECKS = [
    common.check_repr,
    common.check_str,
    common.check_tags,
    common.check_clone_same_class,
    common.check_clone_is_idempotent,
    common.check_init_has_default_params_for_tests,
    common.check_init_default_params_are_not_mutable,
    common.check_doc,
    common.check_clone_changes_memory_addresses,
    common.check_mutate_can_be_idempotent,
    common.check_pickling_supports_roundtrip,
    common.check_repr_roundtrips_clone,
    common.check_clone_with_new_params_applies,
    common.check_get_params_matches_signature,
]
STREAM_CHECKS = [
    common.check_learn_one,
    common.check_pickling,
    common.check_shuffle_features_no_impact,
    common.check_emerging_features,
    common.check_disappearing_features,
    common.check_radically_disappearing_features,
    common.check_predict_one_pure,
    common.check_predict_one_before_any_learn,
    common.check_no_state_aliasing_with_input,
    common.check_clone_is_independent,
    common.check_seeding_is_idempotent,
    common.check_bounded_memory_growth,
]
Check = Callable[..., None]


class Payments:
    """Payments as a segment sees them, one in fifty of another kind, which is the label; the same each time it is read."""

    def __init__(self, count: int) -> None:
        self.count = count

    def __iter__(self) -> Iterator[tuple[dict[str, float], bool]]:
        chance = random.Random(7)
        for number in range(self.count):
            is_odd = number % 50 == 49
            centre = 0.8 if is_odd else 0.2
            yield {name: min(1.0, max(0.0, chance.gauss(centre, 0.08))) for name in FEATURES}, is_odd


def name_of(check: Check) -> str:
    return check.__name__.removeprefix("check_")


@pytest.mark.parametrize("check", GENERAL_CHECKS, ids=name_of)
def test_a_segment_passes_rivers_general_check(check: Check) -> None:
    check(Segment().clone())


@pytest.mark.parametrize("check", STREAM_CHECKS, ids=name_of)
def test_a_segment_passes_rivers_check_on_a_stream(check: Check) -> None:
    check(Segment().clone(), dataset=Payments(600))


def test_every_check_that_river_has_for_an_anomaly_detector_is_made_here() -> None:
    """What is left out is for estimators that predict classes or numbers, transform, take batches, or wrap others."""
    found = {name for name, value in vars(common).items() if name.startswith("check_") and callable(value)}
    made = {check.__name__ for check in GENERAL_CHECKS + STREAM_CHECKS}
    others = {name for name in found - made if name.endswith("_one") and "many" not in name}
    assert others == {"check_debug_one", "check_transform_one"}
    assert found - made - others == {
        "check_has_tag",
        "check_learn_many_matches_learn_one",
        "check_mutable_attributes_exist",
        "check_predict_many_matches_predict_one",
        "check_predict_proba_many_matches_predict_proba_one",
        "check_transform_many_matches_transform_one",
        "check_wrapper_accepts_kwargs",
    }


def test_what_is_unlike_the_segment_scores_above_what_is_like_it() -> None:
    segment, auc = Segment(), metrics.ROCAUC()
    for features, is_odd in Payments(3_000):
        if segment.is_warm:
            auc.update(is_odd, segment.score_one(features))
        segment.learn_one(features)
    assert auc.get() > 0.95


def test_a_score_lies_between_0_and_1() -> None:
    segment, scores = Segment(), list[float]()
    for features, _ in Payments(1_000):
        scores.append(segment.score_one(features))
        segment.learn_one(features)
    assert min(scores) == 0.0
    assert 0.9 < max(scores) <= 1.0


def test_no_features_are_no_lesson() -> None:
    segment: Any = Segment()
    segment.learn_one({})
    assert (segment.learned, segment.score_one({})) == (0, 0.0)
