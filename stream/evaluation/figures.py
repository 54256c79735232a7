"""All figures of an evaluation as one object, ready for JSON; the page shows this object and nothing else."""

from collections import Counter
from typing import Any

import numpy as np

from stream.evaluation import alarms as alerting
from stream.evaluation import cases as casework
from stream.evaluation.comparison import Reading, compared
from stream.evaluation.freezes import freeze_figures
from stream.evaluation.goals import goal_rows
from stream.evaluation.lookalikes import lookalike_rows, lookalike_total
from stream.evaluation.measures import (
    calibration_gap,
    curve,
    flagged_figures,
    precision_by_cases,
    reliability,
    share,
)
from stream.evaluation.money_flow import money_flow
from stream.evaluation.reading import Counts, Flags, Material
from stream.evaluation.timelines import timelines
from stream.quality import OPERATING_PREVALENCE, auc, average_precision

FORMAT = 1
BUDGET = 40
"""Alerts of tier >= 2 that one desk can work off in a day. Source: domain handbook, section 12: 25 to 40 in a shift of 7 h."""
SEED = 1


def evaluate(
    material: Material, *, budget: int = BUDGET, offset_s: int = 0, seed: int = SEED, made_with: dict[str, Any] | None = None
) -> dict[str, Any]:
    """Return every figure.

    budget: alarms a day that are read, of ours as of every baseline. offset_s: of the bank's local day from UTC. seed: of the
    random baseline. made_with: machine and versions, for the record.
    """
    offset_us = offset_s * 1_000_000
    truth = alerting.Truth(material.stories, material.labels)
    by_tier = {tier: alerting.alarms_at(tier, material.alerts, truth) for tier in alerting.TIERS}
    prevalence = material.transactions.prevalence
    outcomes = casework.case_outcomes(material, truth)
    value_minor, currency = _value(material)
    figures: dict[str, Any] = {
        "format": FORMAT,
        "made_with": made_with or {},
        "simulation": material.simulation,
        "policy": material.report.get("policy"),
        "records": material.report.get("records"),
        "operating_prevalence": round(OPERATING_PREVALENCE, 9),
        "currency": currency,
        "budget_per_day": budget,
        "random_seed": seed,
        "transactions": _transaction_figures(material, value_minor),
        "alerts": {
            "by_tier": [_tier_figures(tier, rows, material, len(outcomes)) for tier, rows in by_tier.items()],
            "by_typology": alerting.by_typology(by_tier[2], prevalence),
            "per_day": alerting.per_day(material, truth, offset_us),
            "wrong_holds": alerting.wrong_holds(by_tier[2], material.customers),
        },
        "baselines": compared(material, value_minor, outcomes, by_tier[2], Reading(budget, offset_us, seed)),
        "cases": _case_figures(material, outcomes),
        "freezes": freeze_figures(material),
        "lookalikes": _lookalike_figures(material, by_tier),
        "timelines": timelines(material, truth, outcomes),
    }
    figures["goals"] = goal_rows(figures)
    return figures


def _tier_figures(tier: int, alarms: list[alerting.Alarm], material: Material, cases: int) -> dict[str, Any]:
    told = alerting.alarm_figures(alarms, material.transactions.prevalence)
    right = told["per_alert"]["right"]
    transfers = int(material.transactions.is_transfer.sum())
    told["per_alert"]["precision_at_1_case_in_18000"] = precision_by_cases(right, len(alarms) - right, cases, transfers)
    return {"tier_min": tier, **told}


def _value(material: Material) -> tuple[Counts, str | None]:
    """Return what each transaction counts by value, and in which currency: the commonest; others count by number only."""
    names = Counter(material.transactions.currency)
    if not names:
        return material.transactions.amount_minor, None
    currency = min(names, key=lambda name: (-names[name], name))
    own = np.array([name == currency for name in material.transactions.currency], np.bool_)
    return np.where(own, material.transactions.amount_minor, 0), currency


def _transaction_figures(material: Material, value_minor: Counts) -> dict[str, Any]:
    rows = material.transactions
    bins = reliability(rows.score, rows.fraud) if rows.fraud.size else []
    value_total = int(value_minor.sum())
    return {
        "labelled": int(rows.fraud.size),
        "fraud": int(rows.fraud.sum()),
        "transfers": int(rows.is_transfer.sum()),
        "prevalence": None if rows.prevalence is None else round(rows.prevalence, 9),
        "value_minor": value_total,
        "value_prevalence": share(int(value_minor[rows.fraud].sum()), value_total),
        "left_out": material.left_out,
        "auc": auc(rows.score, rows.fraud),
        "average_precision": average_precision(rows.score, rows.fraud),
        "by_tier": [{"tier_min": tier, **flagged_figures(rows.tier >= tier, rows.fraud, value_minor)} for tier in alerting.TIERS],
        "by_typology": _by_label(material, value_minor),
        "precision_recall": curve(rows.score, rows.fraud, value_minor),
        "reliability": bins,
        "calibration_gap_at_1_in_18000": calibration_gap(bins, rows.prevalence),
    }


def _by_label(material: Material, value_minor: Counts) -> list[dict[str, Any]]:
    """Return, for each typology of the labels, how well its frauds stand out from the honest transactions."""
    rows = material.transactions
    names = np.array(rows.typology, dtype=object)
    told = []
    for name in sorted({name for name, fraud in zip(rows.typology, rows.fraud, strict=True) if fraud}):
        own: Flags = rows.fraud & (names == name)
        kept = ~rows.fraud | own
        flagged = flagged_figures(rows.tier[kept] >= casework.TIER_MIN, own[kept], value_minor[kept])
        told.append(
            {
                "typology": name or "not said",
                "fraud": int(own.sum()),
                "auc": auc(rows.score[kept], own[kept]),
                "average_precision": average_precision(rows.score[kept], own[kept]),
                **flagged,
            }
        )
    return told


def _case_figures(material: Material, outcomes: list[casework.CaseOutcome]) -> dict[str, Any] | None:
    if material.stories is None:
        return None
    return {
        "all": casework.totals(outcomes),
        "plain": casework.totals(row for row in outcomes if not row.story.is_hard),
        "hard": casework.totals(row for row in outcomes if row.story.is_hard),
        "by_typology": casework.by_typology(outcomes),
        "money_flow": money_flow(material.stories),
        "rows": casework.case_rows(outcomes),
    }


def _lookalike_figures(material: Material, by_tier: dict[int, list[alerting.Alarm]]) -> dict[str, Any] | None:
    if material.stories is None:
        return None
    mules = {mule.account for story in material.stories if story.is_fraud for mule in story.mules}
    rows = lookalike_rows(material.stories, by_tier[2], by_tier[3], material.requests, mules)
    return {"rows": rows, "total": lookalike_total(rows)}
