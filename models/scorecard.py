"""A scorecard that learns online: each feature's value falls into one bin, each bin has points, and the points of an event add up.

A logistic regression over bins, by AdaGrad. Additive, so that a score can be told as a list of points; over bins, so that a feature
may speak in any shape. Nothing depends on a seed or on the order of a dict.

Tried beside it, see deploy/ARCHITECTURE.md: River's logistic regression, its Hoeffding trees and its adaptive forest.
"""

import math
from collections.abc import Mapping

import msgspec
from river import base

from models.fuse import log_odds

_FIRST_SQUARE = 0.01
_ERROR_MAX = 3.0  # one heavy event teaches no more than three


class Scorecard(base.Classifier):  # type: ignore[misc]
    """A binary classifier as River has them; a feature's bin is the whole part of its value, from 0 to `bins` - 1.

    rate: of AdaGrad. bins, features_max: bound its size. prevalence: share of fraud before any label, worth one
    label of fraud. frauds, labels: seen, with their weights.
    """

    def __init__(self, rate: float = 0.2, bins: int = 40, features_max: int = 64, prevalence: float = 0.01) -> None:
        """Start without any points: then nothing is moved."""
        self.rate = rate
        self.bins = bins
        self.features_max = features_max
        self.prevalence = prevalence
        self.frauds = 0.0
        self.labels = 0.0
        self.points: dict[str, list[float]] = {}
        self.squares: dict[str, list[float]] = {}

    @property
    def base_share(self) -> float:
        """Return the share of fraud among the labels seen."""
        return (self.frauds + 1.0) / (self.labels + 1.0 / self.prevalence)

    def points_of(self, x: Mapping[str, float]) -> float:
        """Return the sum of an event's points, in nats."""
        points = 0.0
        for name in sorted(x):
            of_feature = self.points.get(name)
            if of_feature is not None:
                at = self._bin(x[name])
                points += of_feature[at] if at < len(of_feature) else 0.0
        return points

    def predict_proba_one(self, x: dict[str, float], offset: float = 0.0) -> dict[bool, float]:
        """Return the probabilities at the prevalence of the labels. offset: nats known beside what was learnt."""
        probability = _logistic(log_odds(self.base_share) + offset + self.points_of(x))
        return {False: 1.0 - probability, True: probability}

    def learn_one(self, x: dict[str, float], y: bool, w: float = 1.0, offset: float = 0.0) -> None:
        """Learn one label. w: how many such events it stands for. offset: as for `predict_proba_one`."""
        error = (self.predict_proba_one(x, offset)[True] - float(y)) * w
        error = min(_ERROR_MAX, max(-_ERROR_MAX, error))
        self.labels += w
        self.frauds += w * float(y)
        for name in sorted(x):
            points = self.points.get(name)
            if points is None:
                if len(self.points) >= self.features_max:
                    continue
                points = self.points[name] = []
                self.squares[name] = []
            squares, at = self.squares[name], self._bin(x[name])
            squares += [_FIRST_SQUARE] * (at + 1 - len(squares))
            points += [0.0] * (at + 1 - len(points))
            squares[at] += error * error
            points[at] -= self.rate * error / math.sqrt(squares[at])

    def _bin(self, value: float) -> int:
        return int(min(self.bins - 1, max(0, value)))


def _logistic(nats: float) -> float:
    return 1.0 / (1.0 + math.exp(-nats)) if nats > -700.0 else 0.0


class StoredScorecard(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """What a scorecard has learnt; its parameters are the policy's."""

    frauds: float
    labels: float
    points: dict[str, list[float]]
    squares: dict[str, list[float]]


def stored_scorecard(scorecard: Scorecard) -> StoredScorecard:
    """Return the stored form of what a scorecard has learnt."""
    return StoredScorecard(scorecard.frauds, scorecard.labels, scorecard.points, scorecard.squares)


def restore_scorecard(scorecard: Scorecard, kept: StoredScorecard) -> None:
    """Give a new scorecard what was learnt."""
    scorecard.frauds, scorecard.labels = kept.frauds, kept.labels
    scorecard.points, scorecard.squares = kept.points, kept.squares
