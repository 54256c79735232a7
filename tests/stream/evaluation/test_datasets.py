"""Rankings of accounts and payments, on tables small enough to rank by hand."""

from pathlib import Path

import numpy as np
import pytest

from models.units import instant
from stream.evaluation.datasets import account_figures, account_labels, payment_figures, ranked
from stream.evaluation.reading import AlertLine, Subject, Transactions
from stream.evaluation.stories import EvaluationError

LABELS = {"bad": True, "worse": True, "shop": False, "quiet": False}
PAYMENTS = [(0.2, "quiet", "shop"), (0.9, "quiet", "bad"), (0.3, "worse", "shop"), (0.1, "bad", "shop")]


def alert(account: str, tier: int, score: float, kind: str = "ACCOUNT") -> AlertLine:
    return AlertLine("a", 1, instant(0), instant(0), "t", "M2", Subject("MULE_SUSPECTED", kind, account), tier, score, 0, "XXX")


def scores(alerts: list[AlertLine]) -> dict[str, tuple[float, float]]:
    told = account_figures(LABELS, PAYMENTS, alerts)
    return {row["name"]: (row["auc"], row["average_precision"]) for row in told["scores"]}


def test_an_account_has_the_highest_score_of_its_payments_on_either_side() -> None:
    """bad 0.9, quiet 0.9, worse 0.3, shop 0.3: of four pairs two won and two tied by half... one each way."""
    assert scores([])["ours, by payments"] == ((0.5 + 1 + 0 + 0.5) / 4, pytest.approx(0.5))


def test_the_trivial_score_is_how_many_different_payers_there_were() -> None:
    """shop 3, bad 1, worse 0, quiet 0."""
    assert scores([])["in-degree"][0] == (0 + 1 + 0 + 0.5) / 4


def test_an_alert_ranks_above_any_payment_and_tier_goes_before_score() -> None:
    assert scores([alert("worse", 2, 0.1), alert("bad", 1, 0.9)])["ours, by alerts"] == (1.0, 1.0)
    assert scores([alert("worse", 2, 0.1), alert("shop", 1, 0.9)])["ours, by alerts"][0] == (1 + 1 + 0 + 0.5) / 4


def test_accounts_without_an_alert_stand_behind_by_their_payments() -> None:
    assert scores([])["ours, by alerts"] == scores([])["ours, by payments"]
    assert scores([alert("bad", 2, 0.5, kind="DEVICE")])["ours, by alerts"] == scores([])["ours, by payments"]


def test_prevalence_stands_beside_the_scores() -> None:
    told = account_figures(LABELS, PAYMENTS, [])
    assert (told["rows"], told["fraud"], told["prevalence"]) == (4, 2, 0.5)
    assert ranked(np.array([], bool), {})["prevalence"] is None


def test_labels_of_accounts_are_read_from_a_table(tmp_path: Path) -> None:
    table = tmp_path / "accounts.csv"
    table.write_text("nodeid,isFraud,init_balance\n0,0,5\n17,1,6\n")
    assert account_labels(table) == {"0": False, "17": True}
    table.write_text("nodeid\n0\n")
    with pytest.raises(EvaluationError, match=r"accounts.csv: no column isFraud"):
        account_labels(table)


def test_payments_stand_beside_amount_and_chance() -> None:
    rows = Transactions(
        event_id=["e1", "e2", "e3"],
        at_us=np.zeros(3, int),
        score=np.array([0.9, 0.5, 0.1]),
        tier=np.zeros(3, int),
        fraud=np.array([True, False, False]),
        typology=[""] * 3,
        amount_minor=np.array([5, 10, 1]),
        is_transfer=np.zeros(0, bool),
        currency=["XXX"] * 3,
        payer=["p"] * 3,
        payee=["q"] * 3,
    )
    told = {row["name"]: (row["auc"], row["average_precision"]) for row in payment_figures(rows)["scores"]}
    assert (told["ours"], told["amount alone"]) == ((1.0, 1.0), (0.5, 0.5))
    assert set(told) == {"ours", "amount alone", "random"}
