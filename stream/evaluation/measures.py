"""Counting measures of a ranking or of a set of alarms: by number and by value, as measured and at the prevalence of service.

Re-weighting makes frauds rarer and leaves alarms about honest people as they are: each true alarm counts with the factor
odds(1/18,000) / odds(prevalence measured). For alarms about transactions that is TPR*p / (TPR*p + FPR*(1-p)) exactly; alerts and
accounts are re-weighted by the same factor, that of the transactions they came from.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from stream.evaluation.reading import Counts, Flags, Floats
from stream.quality import OPERATING_PREVALENCE

DAY_US = 86_400_000_000
POINTS_MAX = 240
"""Points kept of a curve: two pixels apart on the page. Source: ours."""

RELIABILITY_EDGES = (0.0, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
"""Bins of the score: three to a decade where scores are small, tenths above. Source: ours."""


def share(part: float, whole: float) -> float | None:
    """Return part / whole to six places, None of nothing."""
    return round(float(part) / float(whole), 6) if whole else None


def rarer(prevalence: float | None, at: float = OPERATING_PREVALENCE) -> float | None:
    """Return by how much rarer frauds are in service than here; None where there is no fraud or nothing else.

    >>> round(rarer(0.01), 6)
    0.0055
    """
    if prevalence is None or not 0 < prevalence < 1:
        return None
    return at * (1 - prevalence) / ((1 - at) * prevalence)


def reweighted(true: float, false: float, prevalence: float | None) -> float | None:
    """Return the precision of these alarms at 1 in 18,000. true, false: alarms, or their value.

    Example: 50 of 100 frauds and 14 of 99,000 honest transactions flagged; precision_at(50/100, 14/99_000) says the same.

    >>> reweighted(50, 14, prevalence=100 / 99_100)
    0.164187
    """
    factor = rarer(prevalence)
    return None if factor is None else share(true * factor, true * factor + false)


def precision_by_cases(true: int, false: int, cases: int, transfers: int) -> float | None:
    """Return the precision of alarms where 1 case in 18,000 transfers is fraud: as published, a case may hold several payments.

    Milder than `reweighted`, which takes every transaction of a case for a fraud of its own. None without a case or a transfer.

    >>> precision_by_cases(true=60, false=10, cases=50, transfers=90_000)
    0.375
    """
    if not cases or not transfers or not true + false:
        return None
    factor = OPERATING_PREVALENCE * transfers / cases
    return share(true * factor, true * factor + false)


def at_most(false: int) -> float:
    """Return how many false alarms there may be in the long run where so many were seen, with 95 % confidence.

    Source: Byar's approximation of the upper Poisson limit (exact for none: 3.0).

    >>> round(at_most(0), 2), round(at_most(10), 2)
    (2.97, 16.96)
    """
    more = false + 1
    return float(more * (1 - 1 / (9 * more) + 1.645 / (3 * more**0.5)) ** 3)


def precision_figures(
    true: int, false: int, true_value_minor: int, false_value_minor: int, prevalence: float | None
) -> dict[str, Any]:
    """Return how right alarms were, by number and by value, each as measured and re-weighted, the prevalence beside them.

    ..._low: the same with as many false alarms as 95 % confidence must allow for; few data that show none prove little.
    """
    return {
        "alarms": true + false,
        "right": true,
        "prevalence": None if prevalence is None else round(prevalence, 9),
        "precision": share(true, true + false),
        "precision_at_1_in_18000": reweighted(true, false, prevalence) if true + false else None,
        "precision_at_1_in_18000_low": reweighted(true, at_most(false), prevalence) if true + false else None,
        "right_value_minor": true_value_minor,
        "value_minor": true_value_minor + false_value_minor,
        "value_precision": share(true_value_minor, true_value_minor + false_value_minor),
        "value_precision_at_1_in_18000": reweighted(true_value_minor, false_value_minor, prevalence)
        if true_value_minor + false_value_minor
        else None,
    }


def flagged_figures(flagged: Flags, fraud: Flags, value_minor: Counts) -> dict[str, Any]:
    """Return precision and recall of flagged transactions, by number and by value. value_minor: 0 where of another currency."""
    hit, wrong = flagged & fraud, flagged & ~fraud
    prevalence = float(fraud.mean()) if fraud.size else None
    hit_minor, wrong_minor = int(value_minor[hit].sum()), int(value_minor[wrong].sum())
    return {
        **precision_figures(int(hit.sum()), int(wrong.sum()), hit_minor, wrong_minor, prevalence),
        "recall": share(int(hit.sum()), int(fraud.sum())),
        "value_recall": share(hit_minor, int(value_minor[fraud].sum())),
    }


def curve(score: Floats, fraud: Flags, value_minor: Counts) -> list[dict[str, Any]]:
    """Return precision along recall, from the highest threshold down; equal scores enter together.

    Each point: recall, precision, precision at 1 in 18,000, and the same two by value. At most POINTS_MAX points, even in recall.
    """
    if not fraud.any() or fraud.all():
        return []
    order = np.argsort(-score, kind="stable")
    ends = np.flatnonzero(np.append(score[order][1:] != score[order][:-1], True))
    hits, value = fraud[order], value_minor[order].astype(np.float64)
    true, flagged = np.cumsum(hits)[ends], ends + 1
    true_value, flagged_value = np.cumsum(value * hits)[ends], np.cumsum(value)[ends]
    factor = rarer(float(fraud.mean())) or 0.0
    points = []
    for place in _thinned(true / true[-1]):
        right, wrong = float(true[place]), float(flagged[place] - true[place])
        right_value = float(true_value[place])
        points.append(
            {
                "recall": share(right, true[-1]),
                "precision": share(right, right + wrong),
                "precision_at_1_in_18000": share(right * factor, right * factor + wrong),
                "value_recall": share(right_value, true_value[-1]),
                "value_precision": share(right_value, float(flagged_value[place])),
            }
        )
    return points


def _thinned(recall: Floats) -> list[int]:
    """Return which points to keep: the first that reaches each step of recall, and the last."""
    steps = np.linspace(0, 1, POINTS_MAX)
    places = np.searchsorted(recall, steps)
    return sorted({min(int(place), recall.size - 1) for place in places} | {recall.size - 1})


def reliability(score: Floats, fraud: Flags) -> list[dict[str, Any]]:
    """Return, for each bin of the score, what was said and what came: count, mean score, share of fraud, the same at 1 in 18,000.

    A bin is [low, high); the last one includes 1. Empty bins are left out.
    """
    place = np.clip(np.searchsorted(RELIABILITY_EDGES, score, side="right") - 1, 0, len(RELIABILITY_EDGES) - 2)
    prevalence = float(fraud.mean()) if fraud.size else None
    rows = []
    for number in sorted({int(found) for found in place}):
        inside = place == number
        count, true = int(inside.sum()), int(fraud[inside].sum())
        rows.append(
            {
                "from": RELIABILITY_EDGES[number],
                "to": RELIABILITY_EDGES[number + 1],
                "count": count,
                "fraud": true,
                "mean_score": round(float(score[inside].mean()), 6),
                "observed": share(true, count),
                "observed_at_1_in_18000": reweighted(true, count - true, prevalence),
            }
        )
    return rows


def calibration_gap(rows: Sequence[dict[str, Any]], prevalence: float | None) -> float | None:
    """Return the mean distance between score and observed share at 1 in 18,000, each bin by its weight there."""
    factor = rarer(prevalence)
    if factor is None:
        return None
    weights = [row["fraud"] * factor + row["count"] - row["fraud"] for row in rows]
    gaps = [abs(row["mean_score"] - row["observed_at_1_in_18000"]) for row in rows]
    return round(float(sum(gap * weight for gap, weight in zip(gaps, weights, strict=True)) / sum(weights)), 6)


def top_per_day(score: Floats, at_us: Counts, per_day: int, offset_us: int = 0) -> Flags:
    """Return which transactions are among the `per_day` highest of their day; equal scores in order of time, then of the file.

    A score of -inf is never taken. offset_us: of the local day.
    """
    day = (at_us + offset_us) // DAY_US
    order = np.lexsort((np.arange(score.size), at_us, -score, day))
    flagged = np.zeros(score.size, np.bool_)
    if not score.size:
        return flagged
    first = np.searchsorted(day[order], day[order], side="left")
    flagged[order[np.arange(score.size) - first < per_day]] = True
    return flagged & np.isfinite(score)


def quantile(values: Sequence[float], at: float) -> float | None:
    """Return the smallest value that at least this share of the values does not exceed; None of none.

    >>> quantile([4.0, 1.0, 2.0, 3.0], 0.5), quantile([], 0.9)
    (2.0, None)
    """
    if not values:
        return None
    ordered = sorted(values)
    return ordered[max(0, int(np.ceil(round(at * len(ordered), 9))) - 1)]
