"""The parts of the page about rankings: baselines, curves, days."""

from typing import Any

from stream.evaluation import curves, pictures
from stream.evaluation.page_parts import cells, figure, prose, table
from stream.evaluation.words import count, one_in, percent, ratio


def baselines(figures: dict[str, Any]) -> str:
    """Return ours beside every baseline, read with the same budget."""
    prevalence = one_in(figures["transactions"]["prevalence"])
    rows = []
    for row in figures["baselines"]:
        cases = row["cases"] or {}
        rows.append(
            cells(
                row["name"],
                count(row["alarms"]),
                percent(row["precision"]),
                percent(row["precision_at_1_in_18000"]),
                percent(row["value_precision"]),
                percent(row["recall"]),
                percent(row["value_recall"]),
                ratio(row["auc"]),
                ratio(row["average_precision"]),
                f"{count(cases.get('caught'))} of {count(cases.get('cases'))}" if cases else "–",
                percent(cases.get("value_recall")),
            )
        )
    names = ("", "alarms read", f"precision at {prevalence}", "at 1 in 18,000", "by value", "recall", "by value", "AUC", "AP")
    return prose(
        f"Each may raise {figures['budget_per_day']} alarms a day. Ours as published: the alerts of tier >= 2 in order of "
        "publication, freeze requests left aside. The others rank the transactions of a day, seeing all of them before they "
        "choose, which no live system can, and act on a transaction when it is booked."
    ) + table((*names, "cases caught", "money stopped"), rows)


def precision_recall(figures: dict[str, Any]) -> str:
    """Return the curve and its two sums."""
    told = figures["transactions"]
    if not told["precision_recall"]:
        return prose("Nothing to rank: the labels hold no fraud, or nothing else.")
    return prose(
        f"AUC {ratio(told['auc'])}, average precision {ratio(told['average_precision'])} at prevalence "
        f"{one_in(told['prevalence'])} (a constant score: 0.5, and the prevalence). Each transaction by its final score."
    ) + figure(curves.precision_recall(figures))


def reliability(figures: dict[str, Any]) -> str:
    """Return picture and table of said against seen."""
    rows = figures["transactions"]["reliability"]
    if not rows:
        return prose("No transaction has a label.")
    bins = [
        cells(
            f"{row['from']:g} – {row['to']:g}",
            count(row["count"]),
            count(row["fraud"]),
            f"{row['mean_score']:.3g}",
            percent(row["observed"]),
            percent(row["observed_at_1_in_18000"]),
        )
        for row in rows
    ]
    gap = figures["transactions"]["calibration_gap_at_1_in_18000"]
    return (
        prose(
            "The score is meant as the risk in service, at 1 in 18,000; the red points should lie on the dashed line. "
            f"Mean distance there: {percent(gap)}."
        )
        + figure(curves.reliability(figures))
        + table(
            (
                "score",
                "transactions",
                "fraud",
                "mean score",
                f"observed, {one_in(figures['transactions']['prevalence'])}",
                "at 1 in 18,000",
            ),
            bins,
        )
    )


def alerts_per_day(figures: dict[str, Any]) -> str:
    """Return the days."""
    if not any(row["tier_2"] for row in figures["alerts"]["per_day"]):
        return prose("No alert reached tier 2.")
    return prose("An alert counts on the day it first reached the tier.") + figure(pictures.alerts_per_day(figures))
