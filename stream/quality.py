"""Quality figures of a labelled replay. The prevalence stands beside every one of them, and two dull baselines too.

Ranking figures use the score alone. AUC: chance that a fraud scores above an honest transaction. AP: mean precision over the frauds
in order of score. Ties count half (AUC) or as one block (AP), so a constant score gives AUC 0.5 and AP equal to the prevalence.
"""

from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

from connectors.labels import Labels
from models.decision import ScoreLine

OPERATING_PREVALENCE = 1 / 18_000
"""Share of transfers that are fraud in service. Source: UK PSR, APP scams report 2023 (252,626 in 4.5 billion)."""


def quality_figures(lines: Iterable[ScoreLine], labels: Labels) -> dict[str, Any]:
    """Return ranking and alert quality of the transactions that have a label.

    precision_at_1_in_18000 re-weights the measured rates to the prevalence of service: TPR*p / (TPR*p + FPR*(1-p)).
    """
    scores, tiers, truth = [], [], []
    for line in lines:
        label = labels.label_of.get(line.event_id)
        if label is not None:
            scores.append(line.score)
            tiers.append(line.tier)
            truth.append(label)
    score, tier, fraud = np.array(scores, float), np.array(tiers, int), np.array(truth, bool)
    prevalence = float(fraud.mean()) if fraud.size else None
    figures: dict[str, Any] = {
        "labelled": int(fraud.size),
        "fraud": int(fraud.sum()),
        "prevalence": prevalence,
        "auc": auc(score, fraud),
        "average_precision": average_precision(score, fraud),
        "by_tier": [_at_tier(tier >= least, fraud, least) for least in (1, 2, 3)],
    }
    figures["lines"] = _lines(figures)
    return figures


def auc(score: npt.NDArray[np.float64], fraud: npt.NDArray[np.bool_]) -> float | None:
    """Return the area under the ROC curve, ties counted half; None without both classes."""
    positive = int(fraud.sum())
    negative = fraud.size - positive
    if not positive or not negative:
        return None
    _, place, count = np.unique(score, return_inverse=True, return_counts=True)
    last = np.cumsum(count)
    rank = (last - (count - 1) / 2)[place]
    return round(float((rank[fraud].sum() - positive * (positive + 1) / 2) / (positive * negative)), 6)


def average_precision(score: npt.NDArray[np.float64], fraud: npt.NDArray[np.bool_]) -> float | None:
    """Return the average precision; transactions of equal score enter together. None without any fraud."""
    positive = int(fraud.sum())
    if not positive:
        return None
    order = np.argsort(-score, kind="stable")
    ordered, hits = score[order], np.cumsum(fraud[order])
    ends = np.flatnonzero(np.append(ordered[1:] != ordered[:-1], True))
    recall = hits[ends] / positive
    precision = hits[ends] / (ends + 1)
    return round(float(np.sum(np.diff(recall, prepend=0.0) * precision)), 6)


def precision_at(recall: float, false_rate: float, prevalence: float = OPERATING_PREVALENCE) -> float | None:
    """Return the precision that measured rates give at another prevalence: TPR*p / (TPR*p + FPR*(1-p)); None if nothing is flagged.

    >>> precision_at(recall=0.5, false_rate=1.4e-4)
    0.165571
    >>> precision_at(recall=0.5, false_rate=1.4e-4, prevalence=0.01)
    0.973028
    """
    hit, false = recall * prevalence, false_rate * (1 - prevalence)
    return round(hit / (hit + false), 6) if hit + false else None


def _at_tier(alerted: npt.NDArray[np.bool_], fraud: npt.NDArray[np.bool_], least: int) -> dict[str, Any]:
    true = int((alerted & fraud).sum())
    count, positive = int(alerted.sum()), int(fraud.sum())
    recall = true / positive if positive else None
    false_rate = (count - true) / (fraud.size - positive) if fraud.size > positive else None
    return {
        "tier_min": least,
        "alerted": count,
        "true": true,
        "precision": round(true / count, 6) if count else None,
        "recall": None if recall is None else round(recall, 6),
        "precision_at_1_in_18000": None if recall is None or false_rate is None else precision_at(recall, false_rate),
    }


def _lines(figures: dict[str, Any]) -> list[str]:
    lines = [
        f"{figures['labelled']:,} labelled, {figures['fraud']:,} fraud (prevalence {figures['prevalence']:.6f})"
        if figures["labelled"]
        else "no transaction has a label",
        f"AUC {figures['auc']} (a constant score: 0.5), AP {figures['average_precision']} (a constant score: the prevalence)",
    ]
    for row in figures["by_tier"]:
        lines.append(
            f"tier >= {row['tier_min']}: {row['alerted']:,} transactions, precision {row['precision']}, recall {row['recall']}, "
            f"precision at 1 in 18,000: {row['precision_at_1_in_18000']}"
        )
    return lines
