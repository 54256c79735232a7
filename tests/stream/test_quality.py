"""Quality figures against brute force, and the arithmetic that carries them to the prevalence of service."""

from random import Random

import numpy as np
import pytest

from connectors.labels import Labels
from models.decision import ScoreLine
from stream.quality import OPERATING_PREVALENCE, auc, average_precision, quality_figures

Case = tuple[list[float], list[bool]]


def random_case(seed: int) -> Case:
    """Return scores with many ties, and labels of both classes."""
    random = Random(seed)
    count = random.randrange(2, 60)
    scores = [random.randrange(8) / 7 for _ in range(count)]
    fraud = [random.random() < 0.3 for _ in range(count)]
    fraud[0], fraud[1] = True, False
    return scores, fraud


def arrays(case: Case) -> tuple[np.ndarray, np.ndarray]:
    return np.array(case[0]), np.array(case[1])


@pytest.mark.parametrize("seed", range(50))
def test_auc_is_the_chance_that_a_fraud_scores_above_an_honest_one(seed: int) -> None:
    scores, fraud = random_case(seed)
    bad = [score for score, is_fraud in zip(scores, fraud, strict=True) if is_fraud]
    good = [score for score, is_fraud in zip(scores, fraud, strict=True) if not is_fraud]
    wins = sum((b > g) + (b == g) / 2 for b in bad for g in good)
    assert auc(*arrays((scores, fraud))) == pytest.approx(wins / (len(bad) * len(good)), abs=1e-6)


@pytest.mark.parametrize("seed", range(50))
def test_average_precision_walks_down_the_thresholds(seed: int) -> None:
    scores, fraud = random_case(seed)
    expected, recall_before = 0.0, 0.0
    for threshold in sorted(set(scores), reverse=True):
        above = [is_fraud for score, is_fraud in zip(scores, fraud, strict=True) if score >= threshold]
        recall = sum(above) / sum(fraud)
        expected += (recall - recall_before) * sum(above) / len(above)
        recall_before = recall
    assert average_precision(*arrays((scores, fraud))) == pytest.approx(expected, abs=1e-6)


def test_the_order_of_equal_scores_does_not_matter() -> None:
    scores, fraud = arrays(([0.5] * 6, [True, True, False, False, False, False]))
    assert (auc(scores, fraud), average_precision(scores, fraud)) == (0.5, pytest.approx(2 / 6, abs=1e-6))
    assert (auc(scores, fraud[::-1]), average_precision(scores, fraud[::-1])) == (0.5, pytest.approx(2 / 6, abs=1e-6))


def test_a_perfect_and_a_contrary_order_give_the_ends_of_the_scale() -> None:
    fraud = np.array([True, True, False, False])
    assert auc(np.array([4.0, 3.0, 2.0, 1.0]), fraud) == 1.0
    assert auc(np.array([1.0, 2.0, 3.0, 4.0]), fraud) == 0.0
    assert average_precision(np.array([4.0, 3.0, 2.0, 1.0]), fraud) == 1.0


def test_without_both_classes_there_is_no_auc() -> None:
    assert auc(np.array([0.1, 0.2]), np.array([True, True])) is None
    assert auc(np.array([0.1, 0.2]), np.array([False, False])) is None
    assert average_precision(np.array([0.1, 0.2]), np.array([False, False])) is None


def figures(rows: list[tuple[int, bool]], unlabelled: int = 0) -> dict:
    """Return the figures of transactions given as (tier, fraud), and of some that have no label."""
    lines = [ScoreLine(f"e-{n}", 0, tier / 4, tier, "", "PAYER") for n, (tier, _) in enumerate(rows)]
    lines += [ScoreLine(f"u-{n}", 0, 1.0, 3, "M1", "PAYEE") for n in range(unlabelled)]
    return quality_figures(lines, labels([int(fraud) for _, fraud in rows]))


def labels(values: list[int]) -> Labels:
    return Labels({f"e-{n}": value for n, value in enumerate(values)}, {}, {})


ROWS = [(3, True), (2, True), (2, False), (1, False), (0, True), *[(0, False)] * 5]


def test_rates_count_what_stands_at_a_tier_or_above() -> None:
    one, two, three = figures(ROWS)["by_tier"]
    assert (one["alerted"], one["true"], one["precision"], one["recall"]) == (4, 2, 0.5, pytest.approx(2 / 3, abs=1e-6))
    assert (two["alerted"], two["true"], two["precision"]) == (3, 2, pytest.approx(2 / 3, abs=1e-6))
    assert (three["alerted"], three["true"], three["precision"]) == (1, 1, 1.0)


def test_precision_in_service_weighs_both_rates_by_the_prevalence_there() -> None:
    """2 of 3 frauds and 1 of 7 honest ones alerted: in 18,000 transfers that is 2/3 of a fraud beside 17,999/7 false alarms."""
    two = figures(ROWS)["by_tier"][1]
    assert OPERATING_PREVALENCE == 1 / 18_000
    assert two["precision_at_1_in_18000"] == pytest.approx((2 / 3) / (2 / 3 + 17_999 / 7), abs=1e-6)


def test_without_false_alarms_precision_in_service_is_one_and_without_alarms_there_is_none() -> None:
    clean = figures([(3, True), (0, False)])["by_tier"]
    assert [row["precision_at_1_in_18000"] for row in clean] == [1.0, 1.0, 1.0]
    silent = figures([(0, True), (0, False)])["by_tier"]
    assert [(row["precision"], row["recall"], row["precision_at_1_in_18000"]) for row in silent] == [(None, 0.0, None)] * 3


def test_transactions_without_a_label_count_for_nothing() -> None:
    assert figures(ROWS, unlabelled=20) == figures(ROWS)


def test_the_prevalence_stands_beside_the_figures() -> None:
    found = figures(ROWS)
    assert (found["labelled"], found["fraud"], found["prevalence"]) == (10, 3, 0.3)
    assert "prevalence 0.300000" in found["lines"][0]
    assert "a constant score: 0.5" in found["lines"][1]


def test_no_labels_at_all_are_no_error() -> None:
    found = figures([])
    assert (found["labelled"], found["prevalence"], found["auc"]) == (0, None, None)
    assert found["lines"][0] == "no transaction has a label"
