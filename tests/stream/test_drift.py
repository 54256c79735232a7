"""Scores and what they rest on are watched; what stays as it was is not told of."""

import random

from models.decision import Row
from models.features import FEATURES
from stream.drift import WATCHED, DriftWatch


def rows(count: int, amount: int, score: float, seed: int = 1) -> list[Row]:
    chance = random.Random(seed)
    found = []
    for _ in range(count):
        bins = dict.fromkeys(FEATURES, 3) | {"amount": amount + chance.randrange(3)}
        found.append(Row(1, b"A:a", 0, bytes(bins[name] for name in FEATURES), {}, 0.0, score * chance.uniform(0.9, 1.1)))
    return found


def test_what_stays_as_it_was_does_not_drift() -> None:
    assert list(DriftWatch().take(rows(3_000, 10, 0.001))) == []


def test_a_change_is_told_by_the_name_of_what_changed() -> None:
    watch = DriftWatch()
    assert list(watch.take(rows(1_500, 10, 0.001))) == []
    assert set(watch.take(rows(1_500, 25, 0.001))) == {"amount"}
    assert set(watch.take(rows(1_500, 25, 0.05))) == {"score"}


def test_a_score_of_nought_or_one_is_no_fault() -> None:
    watch = DriftWatch()
    assert list(watch.take([*rows(5, 10, 0.0), *rows(5, 10, 1.2)])) == []
    assert set(WATCHED) == {"score", *FEATURES}
