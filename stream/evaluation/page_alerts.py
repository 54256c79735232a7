"""The parts of the page about alerts: how right they are, by tier and by typology."""

from html import escape
from typing import Any

from stream.evaluation.page_parts import EMPTY_CASES, cells, prose, table
from stream.evaluation.words import count, duration, money, one_in, percent, ratio

_PRECISION = (
    "alarms",
    "right",
    "precision",
    "at 1 in 18,000",
    "surely above",
    "value at risk",
    "precision by value",
    "at 1 in 18,000",
)


def _precision_cells(row: dict[str, Any], currency: str | None) -> list[str]:
    return cells(
        count(row["alarms"]),
        count(row["right"]),
        percent(row["precision"]),
        percent(row["precision_at_1_in_18000"]),
        percent(row["precision_at_1_in_18000_low"]),
        money(row["value_minor"], currency) if "value_minor" in row else "–",
        percent(row.get("value_precision")),
        percent(row.get("value_precision_at_1_in_18000")),
    )


def alerts(figures: dict[str, Any]) -> str:
    """Return precision of transactions, alerts and accounts by tier."""
    currency, rows = figures["currency"], []
    for row in figures["transactions"]["by_tier"]:
        rows.append([f"transactions of tier ≥ {row['tier_min']}", *_precision_cells(row, currency)])
    for unit, name in (("per_alert", "alerts"), ("per_account", "accounts and machines named")):
        for row in figures["alerts"]["by_tier"]:
            rows.append([f"{name}, tier ≥ {row['tier_min']}", *_precision_cells(row[unit], currency)])
    return prose(
        f"Prevalence {one_in(figures['transactions']['prevalence'])}. An alert is right if it names somebody or some "
        "machine of a fraud while that fraud goes on, up to a day after; without cases, if it rests on a transaction that is "
        "labelled fraud. Surely above: with as many false alarms as 95 % confidence must allow for."
    ) + table(("", *_PRECISION), rows)


def typologies(figures: dict[str, Any]) -> str:
    """Return precision and recall by typology: of alerts, of labels, of cases."""
    currency = figures["currency"]
    parts = ["<h3>What alerts of tier ≥ 2 say</h3>"]
    said = [[escape(row["typology"]), *_precision_cells(row, currency)] for row in figures["alerts"]["by_typology"]]
    parts.append(table(("typology", *_PRECISION), said) if said else prose("No alert reached tier 2."))
    parts.append("<h3>Frauds by their label, at tier ≥ 2</h3>")
    labels = [
        cells(
            row["typology"],
            count(row["fraud"]),
            one_in(row["prevalence"]),
            percent(row["recall"]),
            percent(row["value_recall"]),
            percent(row["precision"]),
            percent(row["precision_at_1_in_18000"]),
            ratio(row["auc"]),
            ratio(row["average_precision"]),
        )
        for row in figures["transactions"]["by_typology"]
    ]
    names = ("typology", "transactions", "prevalence", "recall", "by value", "precision", "at 1 in 18,000", "AUC", "AP")
    parts.append(table(names, labels) if labels else prose("The labels hold no fraud."))
    cases = figures["cases"]
    if cases is None:
        return "".join((*parts, prose(EMPTY_CASES)))
    told = [
        cells(
            row["typology"] + (" (hard)" if row["is_hard"] else ""),
            count(row["cases"]),
            count(row["caught"]),
            percent(row["recall"]),
            money(row["stolen_minor"], currency),
            percent(row["value_recall"]),
            duration(row["detect_s_median"]),
        )
        for row in cases["by_typology"]
    ]
    parts.append("<h3>Cases</h3>")
    parts.append(table(("typology", "cases", "caught", "recall", "stolen", "money stopped", "median time to detect"), told))
    return "".join(parts)
