"""Each counting measure against numbers worked out by hand."""

import numpy as np
import pytest

from stream.evaluation.baselines import AMOUNT, NOTHING, OURS, RANDOM, RULES, chance, rankings
from stream.evaluation.measures import (
    DAY_US,
    calibration_gap,
    curve,
    flagged_figures,
    precision_figures,
    rarer,
    reliability,
    reweighted,
    top_per_day,
)
from stream.evaluation.reading import Transactions
from stream.quality import OPERATING_PREVALENCE, precision_at

P = 1 / 18_000


def test_precision_at_the_prevalence_of_service_follows_the_formula() -> None:
    recall, false_rate = 0.8, 0.001
    assert precision_at(recall, false_rate) == pytest.approx(recall * P / (recall * P + false_rate * (1 - P)), abs=1e-6)
    assert precision_at(recall, false_rate, prevalence=0.5) == pytest.approx(0.8 / 0.801, abs=1e-6)
    assert precision_at(0.0, 0.0) is None


@pytest.mark.parametrize(
    ("true", "false", "frauds", "honest"), [(50, 14, 100, 99_000), (1, 1, 1, 1), (7, 0, 10, 90), (0, 5, 10, 90)]
)
def test_reweighting_counts_is_reweighting_rates(true: int, false: int, frauds: int, honest: int) -> None:
    expected = precision_at(true / frauds, false / honest)
    assert reweighted(true, false, frauds / (frauds + honest)) == pytest.approx(expected, abs=1e-6)


def test_at_the_prevalence_of_service_itself_nothing_is_reweighted() -> None:
    assert reweighted(17, 83, OPERATING_PREVALENCE) == pytest.approx(0.17)
    assert rarer(OPERATING_PREVALENCE) == pytest.approx(1.0)


def test_without_fraud_or_without_anything_else_there_is_no_precision_in_service() -> None:
    assert [reweighted(1, 1, prevalence) for prevalence in (None, 0.0, 1.0)] == [None, None, None]


def test_value_counts_beside_number() -> None:
    told = precision_figures(1, 1, 900, 100, prevalence=0.5)
    assert (told["precision"], told["value_precision"], told["prevalence"]) == (0.5, 0.9, 0.5)
    factor = P / (1 - P)
    assert told["value_precision_at_1_in_18000"] == pytest.approx(900 * factor / (900 * factor + 100), abs=1e-6)


def test_few_data_without_a_false_alarm_prove_little() -> None:
    told = precision_figures(10, 0, 0, 0, prevalence=0.01)
    factor = P / (1 - P) * 99
    assert told["precision_at_1_in_18000"] == 1.0
    assert told["precision_at_1_in_18000_low"] == pytest.approx(10 * factor / (10 * factor + 2.967), abs=1e-3)


def test_no_alarm_has_no_precision_but_a_recall_of_zero() -> None:
    fraud = np.array([True, False])
    told = flagged_figures(np.zeros(2, bool), fraud, np.array([5, 7]))
    assert (told["alarms"], told["precision"], told["precision_at_1_in_18000"], told["value_precision"]) == (0, None, None, None)
    assert (told["recall"], told["value_recall"]) == (0.0, 0.0)


def test_flagged_transactions_are_weighed_by_number_and_value() -> None:
    fraud = np.array([True, True, False, False, False])
    told = flagged_figures(np.array([True, False, True, False, False]), fraud, np.array([80, 20, 40, 100, 60]))
    assert (told["alarms"], told["right"], told["precision"], told["recall"]) == (2, 1, 0.5, 0.5)
    assert (told["value_precision"], told["value_recall"]) == (round(80 / 120, 6), 0.8)


def test_the_curve_walks_down_the_thresholds_and_equal_scores_enter_together() -> None:
    points = curve(np.array([0.9, 0.5, 0.5, 0.1]), np.array([True, True, False, False]), np.array([30, 10, 60, 100]))
    assert [(row["recall"], row["precision"]) for row in points] == [(0.5, 1.0), (1.0, round(2 / 3, 6)), (1.0, 0.5)]
    assert [(row["value_recall"], row["value_precision"]) for row in points] == [(0.75, 1.0), (1.0, 0.4), (1.0, 0.2)]
    factor = P / (1 - P)
    assert points[1]["precision_at_1_in_18000"] == pytest.approx(2 * factor / (2 * factor + 1), abs=1e-6)


def test_a_curve_of_one_class_is_no_curve() -> None:
    assert curve(np.array([0.1, 0.2]), np.array([True, True]), np.array([1, 1])) == []
    assert curve(np.array([0.1, 0.2]), np.array([False, False]), np.array([1, 1])) == []


def test_a_long_curve_is_thinned_and_keeps_its_end() -> None:
    score = np.linspace(0, 1, 5_000)
    fraud = np.arange(5_000) % 3 == 0
    points = curve(score, fraud, np.ones(5_000, np.int64))
    assert len(points) <= 241
    assert (points[-1]["recall"], points[-1]["precision"]) == (1.0, round(float(fraud.mean()), 6))


def test_what_the_score_says_is_held_against_what_came() -> None:
    rows = reliability(np.array([0.95, 1.0, 0.15, 0.19, 0.00005]), np.array([True, True, True, False, False]))
    assert [(row["from"], row["count"], row["fraud"], row["observed"]) for row in rows] == [
        (0.0, 1, 0, 0.0),
        (0.1, 2, 1, 0.5),
        (0.9, 2, 2, 1.0),
    ]
    assert [row["mean_score"] for row in rows] == [0.00005, 0.17, 0.975]


def test_the_calibration_gap_weighs_each_bin_as_in_service() -> None:
    rows = reliability(np.array([0.15, 0.15, 0.00005, 0.00005]), np.array([True, False, False, False]))
    factor = (P / (1 - P)) * 3
    seen = factor / (factor + 1)
    weights = (factor + 1, 2.0)
    expected = ((0.15 - seen) * weights[0] + 0.00005 * weights[1]) / sum(weights)
    assert calibration_gap(rows, 0.25) == pytest.approx(expected, abs=2e-6)


def test_the_budget_holds_for_each_local_day() -> None:
    hour = DAY_US // 24
    at_us = np.array([15 * hour, 17 * hour, 18 * hour, 20 * hour])
    score = np.array([0.9, 0.5, 0.7, 0.6])
    assert top_per_day(score, at_us, 1).tolist() == [True, False, False, False]
    assert top_per_day(score, at_us, 1, offset_us=8 * hour).tolist() == [True, False, True, False]
    assert top_per_day(score, at_us, 2, offset_us=8 * hour).tolist() == [True, False, True, True]


def test_equal_scores_are_taken_in_order_of_time_and_nothing_is_never_taken() -> None:
    assert top_per_day(np.array([0.5, 0.5]), np.array([20, 10]), 1).tolist() == [False, True]
    assert top_per_day(np.array([-np.inf, 0.1]), np.array([1, 2]), 5).tolist() == [False, True]


def transactions(count: int) -> Transactions:
    return Transactions(
        event_id=[f"e{number}" for number in range(count)],
        at_us=np.arange(count),
        score=np.linspace(0, 1, count),
        tier=np.array([0, 1, 3, 0][:count]),
        fraud=np.zeros(count, bool),
        typology=[""] * count,
        amount_minor=np.array([400, 300, 200, 100][:count]),
        is_transfer=np.zeros(0, bool),
        currency=["CNY"] * count,
        payer=["p"] * count,
        payee=["q"] * count,
    )


def test_the_baselines_rank_by_what_their_name_says() -> None:
    ranked = rankings(transactions(4), seed=1)
    assert list(ranked) == [OURS, RULES, AMOUNT, RANDOM, NOTHING]
    assert ranked[AMOUNT].tolist() == [400, 300, 200, 100]
    assert ranked[RULES].tolist() == [-np.inf, 1, 3, -np.inf]
    assert not np.isfinite(ranked[NOTHING]).any()


def test_chance_is_the_same_for_the_same_seed_and_even() -> None:
    names = [f"e{number}" for number in range(4_000)]
    drawn = chance(names, 1)
    assert drawn.tolist() == chance(names, 1).tolist() != chance(names, 2).tolist()
    assert 0.0 <= drawn.min() < drawn.max() < 1.0
    assert float(drawn.mean()) == pytest.approx(0.5, abs=0.02)
