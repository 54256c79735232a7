"""The handbook's protocol and CP@100 on days small enough to follow by hand."""

import numpy as np
import pytest

from stream.evaluation.handbook import DAY_US, TRAIN_FROM_DAY, Week, card_precision, handbook_figures, in_test_week
from stream.evaluation.reading import Transactions

WEEK = Week(train_from=0, train_days=2, delay_days=2, test_days=3)
"""Learn from days 0 and 1, wait for days 2 and 3, test days 4, 5 and 6."""


def kept(rows: list[tuple[int, str, int]]) -> list[bool]:
    """rows: (day, customer, fraud)."""
    day, customer, fraud = zip(*rows, strict=True)
    return in_test_week(np.array(day), list(customer), np.array(fraud, bool), WEEK).tolist()


def test_the_test_week_of_the_book_begins_on_2018_08_08() -> None:
    assert Week().test_from - TRAIN_FROM_DAY == 14
    assert np.datetime64("1970-01-01") + Week().test_from == np.datetime64("2018-08-08")


def test_only_the_test_days_are_tested() -> None:
    rows = [(day, "c", 0) for day in range(9)]
    assert kept(rows) == [False] * 4 + [True] * 3 + [False] * 2


def test_a_customer_whose_fraud_was_learnt_from_is_left_out() -> None:
    assert kept([(1, "known", 1), (0, "other", 0), (4, "known", 1), (4, "other", 1)]) == [False, False, False, True]


def test_a_fraud_before_the_training_days_is_not_known() -> None:
    assert kept([(-1, "c", 1), (4, "c", 1)]) == [False, True]


def test_a_fraud_in_the_delay_becomes_known_day_by_day() -> None:
    """Of day 2 on test day 5, of day 3 on test day 6; of a test day itself not within the week."""
    rows = [(2, "a", 1), (3, "b", 1), (4, "c", 1), *((day, name, 0) for name in "abc" for day in (4, 5, 6))]
    told = dict(zip([(day, name) for day, name, _ in rows[3:]], kept(rows)[3:], strict=True))
    assert [told[day, "a"] for day in (4, 5, 6)] == [True, False, False]
    assert [told[day, "b"] for day in (4, 5, 6)] == [True, True, False]
    assert [told[day, "c"] for day in (4, 5, 6)] == [True, True, True]


def precision(rows: list[tuple[int, str, int, float]], top: int = 2, *, keep_found: bool = False) -> float | None:
    """rows: (day, customer, fraud, score)."""
    day, customer, fraud, score = zip(*rows, strict=True)
    return card_precision(np.array(day), list(customer), np.array(fraud, bool), np.array(score), top, keep_found=keep_found)


def test_customers_are_ranked_by_their_highest_payment_of_the_day() -> None:
    rows = [(0, "a", 0, 0.1), (0, "a", 1, 0.9), (0, "b", 1, 0.8), (0, "c", 1, 0.7)]
    assert precision(rows) == 1.0
    assert precision(rows, top=1) == 1.0


def test_a_customer_counts_by_any_fraud_of_the_day_whatever_its_own_score() -> None:
    assert precision([(0, "a", 0, 0.9), (0, "a", 1, 0.0), (0, "b", 0, 0.8)]) == 0.5


def test_the_mean_is_over_days_and_the_share_is_of_the_top() -> None:
    rows = [(0, "a", 1, 0.9), (0, "b", 0, 0.8), (1, "c", 1, 0.3)]
    assert precision(rows) == 0.5
    assert precision(rows, top=4) == 0.25


def test_who_was_found_on_an_earlier_day_is_left_out() -> None:
    rows = [(0, "a", 1, 0.9), (0, "b", 0, 0.8), (1, "a", 1, 0.9), (1, "b", 0, 0.5), (1, "c", 1, 0.1)]
    assert precision(rows) == pytest.approx((0.5 + 0.5) / 2)
    assert precision(rows, top=1) == pytest.approx((1.0 + 0.0) / 2)
    assert precision(rows, top=1, keep_found=True) == 1.0


def test_who_was_missed_may_be_found_later() -> None:
    rows = [(0, "a", 1, 0.1), (0, "b", 0, 0.8), (0, "c", 0, 0.9), (1, "a", 1, 0.9)]
    assert precision(rows) == pytest.approx((0.0 + 0.5) / 2)


def test_equal_scores_go_by_customer_and_not_by_the_order_of_the_file() -> None:
    rows = [(0, "b", 1, 0.5), (0, "a", 0, 0.5)]
    assert precision(rows, top=1) == precision(rows[::-1], top=1) == 0.0


def test_no_payment_has_no_precision() -> None:
    assert card_precision(np.array([], int), [], np.array([], bool), np.array([])) is None


def test_ours_stands_beside_the_amount_and_chance() -> None:
    day = np.array([0, 4, 4, 5, 5])
    rows = Transactions(
        event_id=[f"e{number}" for number in range(5)],
        at_us=day * DAY_US,
        score=np.array([0.0, 0.9, 0.1, 0.8, 0.2]),
        tier=np.zeros(5, int),
        fraud=np.array([True, True, False, True, False]),
        typology=[""] * 5,
        amount_minor=np.array([1, 10, 20, 30, 40]),
        is_transfer=np.zeros(0, bool),
        currency=["EUR"] * 5,
        payer=["a", "b", "c", "d", "e"],
        payee=["m"] * 5,
    )
    told = handbook_figures(rows, WEEK, top=1)
    assert (told["rows"], told["fraud"], told["prevalence"]) == (4, 2, 0.5)
    assert [row["name"] for row in told["scores"]] == ["ours", "amount alone", "random"]
    ours, amount, _ = told["scores"]
    assert (ours["auc"], ours["average_precision"], ours["card_precision_100"]) == (1.0, 1.0, 1.0)
    assert (amount["auc"], amount["card_precision_100"]) == (0.25, 0.0)
