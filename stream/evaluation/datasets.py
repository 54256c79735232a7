"""Public data sets, each by one rule that is stated, beside its trivial score and chance."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from connectors.table_files import Timestamps, batches, column_names
from stream.evaluation.baselines import chance
from stream.evaluation.reading import AlertLine, Flags, Floats, Transactions
from stream.evaluation.stories import EvaluationError
from stream.quality import auc, average_precision


def ranked(fraud: Flags, rankings: Mapping[str, Floats]) -> dict[str, Any]:
    """Return AUC and AP of each ranking of the same things, and their prevalence."""
    return {
        "rows": int(fraud.size),
        "fraud": int(fraud.sum()),
        "prevalence": round(float(fraud.mean()), 9) if fraud.size else None,
        "scores": [
            {"name": name, "auc": auc(score, fraud), "average_precision": average_precision(score, fraud)}
            for name, score in rankings.items()
        ],
    }


def payment_figures(rows: Transactions) -> dict[str, Any]:
    """Return how well single payments are ranked (PaySim, Sparkov)."""
    amount = rows.amount_minor.astype(np.float64)
    return ranked(rows.fraud, {"ours": rows.score, "amount alone": amount, "random": chance(rows.event_id, 1)})


def account_labels(path: Path, identifier: str = "nodeid", label: str = "isFraud") -> dict[str, bool]:
    """Return account -> whether it belongs to a fraud, of a table with one row for each account (AMLSim).

    Errors: EvaluationError if a column is missing.
    """
    missing = {identifier, label} - set(column_names(path))
    if missing:
        raise EvaluationError(f"{path.name}: no column {', '.join(sorted(missing))}")
    found: dict[str, bool] = {}
    for batch in batches(path, (identifier, label)):
        names, values = batch.columns[identifier], batch.columns[label]
        assert not isinstance(names, Timestamps)
        assert not isinstance(values, Timestamps)
        found.update((str(name), str(value) in ("1", "True", "true")) for name, value in zip(names, values, strict=True))
    return found


def account_figures(
    labels: Mapping[str, bool], payments: Iterable[tuple[float, str, str]], alerts: Iterable[AlertLine]
) -> dict[str, Any]:
    """Return how well accounts are ranked (AMLSim).

    payments: (score, payer, payee) of every transfer. Rules: by payments, an account has the highest score of any transfer that it
    pays or receives; by alerts, the highest (tier, score) of any alert revision about it, accounts without one behind, by payments.
    The trivial score is the in-degree: the number of different payers.
    """
    accounts = sorted(labels)
    best: dict[str, float] = {}
    received: dict[str, set[str]] = {}
    for score, payer, payee in payments:
        received.setdefault(payee, set()).add(payer)
        for account in (payer, payee):
            best[account] = max(best.get(account, 0.0), score)
    said: dict[str, tuple[int, float]] = {}
    for line in alerts:
        if line.subject.kind == "ACCOUNT":
            said[line.subject.id] = max(said.get(line.subject.id, (0, 0.0)), (line.tier, line.score))
    by_alerts = [(*said.get(account, (0, 0.0)), best.get(account, 0.0)) for account in accounts]
    places = {value: float(place) for place, value in enumerate(sorted(set(by_alerts)))}
    return ranked(
        np.array([labels[account] for account in accounts], np.bool_),
        {
            "ours, by payments": np.array([best.get(account, 0.0) for account in accounts]),
            "ours, by alerts": np.array([places[value] for value in by_alerts]),
            "in-degree": np.array([float(len(received.get(account, ()))) for account in accounts]),
            "random": chance(accounts, 1),
        },
    )
