"""Several evaluations as one: numbers and sums are added, shares drawn from the sums, so a small run weighs little."""

from collections.abc import Iterable, Sequence
from typing import Any

from stream.evaluation.goals import goal_rows
from stream.evaluation.lookalikes import lookalike_row, lookalike_total
from stream.evaluation.measures import precision_by_cases, precision_figures, share

_CASE_SUMS = ("cases", "caught", "late", "missed", "stolen_minor", "stopped_minor", "late_minor")


def pooled(runs: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return what `evaluate` returns, as far as it can be added up, of runs that all had cases. runs: at least one."""
    transactions = [run["transactions"] for run in runs]
    labelled, fraud, transfers = (sum(told[name] for told in transactions) for name in ("labelled", "fraud", "transfers"))
    cases = _cases([run["cases"] for run in runs])
    prevalence = fraud / labelled if labelled else None
    figures: dict[str, Any] = {
        "currency": runs[0]["currency"],
        "transactions": {"labelled": labelled, "fraud": fraud, "transfers": transfers, "prevalence": prevalence},
        "alerts": {
            "by_tier": [_tier(tier, runs, prevalence, cases["all"]["cases"], transfers) for tier in (1, 2, 3)],
            "by_typology": _alert_typologies([run["alerts"]["by_typology"] for run in runs], prevalence),
            "wrong_holds": _wrong_holds([run["alerts"]["wrong_holds"] for run in runs]),
        },
        "baselines": _baselines(runs, prevalence, fraud),
        "cases": cases,
        "freezes": _freezes([run["freezes"] for run in runs]),
        "lookalikes": _lookalikes([run["lookalikes"] for run in runs]),
    }
    figures["goals"] = goal_rows(figures)
    return figures


def _tier(tier: int, runs: Sequence[dict[str, Any]], prevalence: float | None, cases: int, transfers: int) -> dict[str, Any]:
    told = _precision([run["alerts"]["by_tier"][tier - 1]["per_alert"] for run in runs], prevalence)
    by_cases = precision_by_cases(told["right"], told["alarms"] - told["right"], cases, transfers)
    return {"tier_min": tier, "per_alert": {**told, "precision_at_1_case_in_18000": by_cases}}


def _precision(rows: Sequence[dict[str, Any]], prevalence: float | None) -> dict[str, Any]:
    names = ("right", "alarms", "right_value_minor", "value_minor")
    right, alarms, right_value, value = (sum(row[name] for row in rows) for name in names)
    return precision_figures(right, alarms - right, right_value, value - right_value, prevalence)


def _alert_typologies(runs: Sequence[list[dict[str, Any]]], prevalence: float | None) -> list[dict[str, Any]]:
    rows = [row for run in runs for row in run]
    names = sorted({row["typology"] for row in rows})
    return [{"typology": name, **_precision([row for row in rows if row["typology"] == name], prevalence)} for name in names]


def _wrong_holds(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    accounts, customers = (sum(row[name] for row in rows) for name in ("accounts", "customers"))
    return {"accounts": accounts, "customers": customers, "per_10000_customers": share(10_000 * accounts, customers)}


def _case_sums(rows: Iterable[dict[str, Any]]) -> dict[str, Any]:
    told = list(rows)
    sums = {name: sum(row[name] for row in told) for name in _CASE_SUMS}
    return {
        **sums,
        "recall": share(sums["caught"], sums["cases"]),
        "value_recall": share(sums["stopped_minor"], sums["stolen_minor"]),
    }


def _cases(runs: Sequence[dict[str, Any]]) -> dict[str, Any]:
    kinds = sorted({(row["typology"], row["is_hard"]) for run in runs for row in run["by_typology"]})
    by_typology = [
        {
            "typology": typology,
            "is_hard": is_hard,
            **_case_sums(
                row for run in runs for row in run["by_typology"] if (row["typology"], row["is_hard"]) == (typology, is_hard)
            ),
        }
        for typology, is_hard in kinds
    ]
    return {**{name: _case_sums(run[name] for run in runs) for name in ("all", "plain", "hard")}, "by_typology": by_typology}


def _freezes(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    sums = {name: sum(row[name] for row in rows) for name in ("targets", "right", "victims", "innocents", "customers")}
    wrong = sums["targets"] - sums["right"]
    return {
        **sums,
        "precision": share(sums["right"], sums["targets"]),
        "wrong_per_10000_customers": share(10_000 * wrong, sums["customers"]),
    }


def _lookalikes(runs: Sequence[dict[str, Any]]) -> dict[str, Any]:
    names = sorted({row["lookalike"] for run in runs for row in run["rows"]}, key=lambda name: (len(name), name))
    rows = []
    for name in names:
        own = [row for run in runs for row in run["rows"] if row["lookalike"] == name]
        rows.append(
            lookalike_row(name, *(sum(row[key] for row in own) for key in ("scenes", "tier_2", "tier_3", "freeze_requests")))
        )
    return {"rows": rows, "total": lookalike_total(rows)}


def _baselines(runs: Sequence[dict[str, Any]], prevalence: float | None, fraud: int) -> list[dict[str, Any]]:
    """Return each baseline over all runs; AUC and AP are the mean of the runs."""
    rows = []
    for place, first in enumerate(runs[0]["baselines"]):
        own = [run["baselines"][place] for run in runs]
        told = _precision(own, prevalence)
        is_ranking = first["auc"] is not None
        cases = [row["cases"] for row in own if row["cases"] is not None]
        rows.append(
            {
                "name": first["name"],
                **told,
                "recall": share(told["right"], fraud) if is_ranking else None,
                "auc": _mean([row["auc"] for row in own]),
                "average_precision": _mean([row["average_precision"] for row in own]),
                "cases": _case_sums(cases) if cases else None,
            }
        )
    return rows


def _mean(values: Sequence[float | None]) -> float | None:
    told = [value for value in values if value is not None]
    return round(sum(told) / len(told), 6) if told else None
