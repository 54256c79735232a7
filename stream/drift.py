"""Drift of scores and of what they rest on, told at the edge: River's ADWIN over each, restarted with the worker.

Nothing is decided by it. A drift says that scores, or payments, are no longer what they were: look at the feed, then at the policy.
"""

from collections.abc import Iterable, Iterator
from typing import Final

from river import drift

from models.decision import Row
from models.features import FEATURES
from models.fuse import log_odds

_SCORE_MIN: Final = 1e-9
WATCHED: Final = ("score", *FEATURES)
"""What is watched: log-odds of the score, and the bins of each feature."""


class DriftWatch:
    """One ADWIN for each thing watched."""

    def __init__(self) -> None:
        """Start with no history."""
        self._detectors = {name: drift.ADWIN() for name in WATCHED}

    def take(self, rows: Iterable[Row]) -> Iterator[str]:
        """Take rows in; yield the name of what has drifted, each time it does."""
        for row in rows:
            score = min(1.0 - _SCORE_MIN, max(_SCORE_MIN, row.score))
            for name, value in zip(WATCHED, (log_odds(score), *row.bins), strict=True):
                detector = self._detectors[name]
                detector.update(value)
                if detector.drift_detected:
                    yield name
