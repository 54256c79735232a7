"""A segment is River's forest and River's averages, and its stored form goes on exactly where it stopped."""

import random

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from river import anomaly, stats

from models.segment import FEATURES, SEGMENT_VERSION, Segment, decode_segment, encode_segment

STORED_BYTES_MAX = 1_500
"""A segment is written whole each time it has learned; this bounds what one lesson adds to the log."""


def lessons(count: int, seed: int = 3) -> list[tuple[dict[str, float], float]]:
    chance = random.Random(seed)
    return [({name: chance.betavariate(1, 4) for name in FEATURES}, chance.uniform(0, 16)) for _ in range(count)]


def figures(count: int, seed: int = 5) -> list[tuple[float | None, float | None]]:
    """Return gaps and newnesses, some of them unknown."""
    chance = random.Random(seed)
    return [(chance.choice((None, chance.uniform(0, 12))), chance.choice((None, 0.0, 1.0))) for _ in range(count)]


def taught(count: int) -> Segment:
    segment = Segment()
    for (features, amount_log), (gap_log, newness) in zip(lessons(count), figures(count), strict=True):
        segment.learn(features, amount_log, gap_log, newness)
    return segment


def test_the_forest_is_rivers() -> None:
    segment = Segment()
    forest = anomaly.HalfSpaceTrees(n_trees=5, height=5, window_size=100, seed=segment.seed)
    for features, amount_log in lessons(700):
        assert segment.forest.score_one(features) == forest.score_one(features)
        segment.learn(features, amount_log)
        forest.learn_one(features)


def test_a_score_is_read_against_rivers_mean_and_deviation_of_the_scores_before() -> None:
    segment = Segment()
    forest = anomaly.HalfSpaceTrees(n_trees=5, height=5, window_size=100, seed=segment.seed)
    mean, variance = stats.EWMean(0.01), stats.EWVar(0.01)
    for number, (features, amount_log) in enumerate(lessons(900)):
        raw = forest.score_one(features)
        if number > 200:
            above = (raw - mean.get()) / (4 * variance.get() ** 0.5)
            assert segment.score_one(features) == pytest.approx(min(1.0, max(0.0, above)), abs=1e-9)
        else:
            assert segment.score_one(features) == 0.0
        if number > 100:
            mean.update(raw)
            variance.update(raw)
        segment.learn(features, amount_log)
        forest.learn_one(features)


def test_the_amounts_are_averaged_as_river_does() -> None:
    segment, mean, variance = Segment(), stats.EWMean(0.01), stats.EWVar(0.01)
    for features, amount_log in lessons(300):
        segment.learn(features, amount_log)
        mean.update(amount_log)
        variance.update(amount_log)
        assert segment.amount_mean == pytest.approx(mean.get(), abs=1e-9)
        assert segment.amount_deviation**2 == pytest.approx(variance.get(), abs=1e-9)


def test_gaps_and_new_payees_are_averaged_as_river_does_over_those_that_are_known() -> None:
    segment, gaps, payees = Segment(), stats.EWMean(0.01), stats.EWMean(0.01)
    for (features, amount_log), (gap_log, newness) in zip(lessons(300), figures(300), strict=True):
        segment.learn(features, amount_log, gap_log, newness)
        if gap_log is not None:
            gaps.update(gap_log)
        if newness is not None:
            payees.update(newness)
    assert (segment.gap_mean, segment.new_payee_mean) == pytest.approx((gaps.get(), payees.get()), abs=1e-9)


@settings(max_examples=25, deadline=None, print_blob=True)
@given(st.integers(0, 450), st.integers(0, 150))
def test_a_stored_segment_goes_on_as_if_it_had_never_stopped(before: int, after: int) -> None:
    steady = taught(before)
    again = decode_segment(encode_segment(steady))
    for (features, amount_log), (gap_log, newness) in zip(lessons(after, seed=4), figures(after, seed=6), strict=True):
        assert again.score_one(features) == steady.score_one(features)
        steady.learn(features, amount_log, gap_log, newness)
        again.learn(features, amount_log, gap_log, newness)
    assert encode_segment(again) == encode_segment(steady)


def test_looking_changes_nothing() -> None:
    segment = taught(400)
    before = encode_segment(segment)
    for features, _ in lessons(50, seed=5):
        segment.score_one(features)
    assert encode_segment(segment) == before


@pytest.mark.parametrize("count", [0, 1, 100, 2_000])
def test_the_stored_form_stays_small(count: int) -> None:
    assert len(encode_segment(taught(count))) < STORED_BYTES_MAX


def test_the_forest_grown_from_the_seed_is_the_one_of_this_version() -> None:
    """If River grows other trees from the same seed, stored masses lie at the wrong nodes: the segment's version must change."""
    roots = [next((node.feature, round(node.threshold, 6)) for node in nodes) for nodes in taught(1).forest._tree_nodes]
    assert SEGMENT_VERSION == 3
    assert roots == [("gap", 0.619662), ("hour", 0.413569), ("hour", 0.646656), ("payee", 0.542362), ("gap", 0.481943)]


@pytest.mark.parametrize("stored", [b"", b"\xc1", msgspec.msgpack.encode([1, 2, 3])])
def test_an_unreadable_segment_is_refused(stored: bytes) -> None:
    with pytest.raises(ValueError, match="not readable"):
        decode_segment(stored)


def test_a_segment_of_another_version_is_refused() -> None:
    fields = msgspec.msgpack.decode(encode_segment(taught(3)))
    with pytest.raises(ValueError, match="version 9"):
        decode_segment(msgspec.msgpack.encode([9, *fields[1:]]))


def test_masses_that_do_not_fit_the_forest_are_refused() -> None:
    fields = msgspec.msgpack.decode(encode_segment(taught(3)))
    fields[-1][0].pop()
    with pytest.raises(ValueError, match="shorter"):
        decode_segment(msgspec.msgpack.encode(fields))
