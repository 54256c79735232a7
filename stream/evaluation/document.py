"""RESULTS.md, written from figures alone: nothing in it is typed by hand."""

from collections.abc import Iterable, Sequence
from typing import Any

from stream.evaluation.words import count, duration, goal_value, money, one_in, percent, ratio

_INTRO = """# Results

Written by `make results`; do not edit. The seeds are not used in development. In service about 1 transfer in 18,000 is fraud: each
precision stands as measured, beside its prevalence, and re-weighted to 1 in 18,000. How a figure is counted stands in
`stream/evaluation/`. A generator flatters: the simulated frauds are those we thought of.
"""

DATA_RULES = {
    "fraud_handbook": (
        "Fraud Detection Handbook, test week 2018-08-08 to 08-14 by the book's protocol: customers whose fraud is known by then "
        "are left out. CP@100: of the 100 customers with the highest score on a day the share with a fraud that day, those found "
        "on an earlier day left out, mean over the days."
    ),
    "amlsim_fanin": (
        "AMLSim sample, accounts. By payments: the highest score of any transfer that the account pays or receives. By alerts: the "
        "highest tier and score of any alert about it, the others behind by payments."
    ),
    "paysim": "PaySim, head of the log, payments. The four balance columns are withheld: they give the label away.",
    "sparkov": "Sparkov generator, card payments.",
}
"""Data set -> by which rule it is scored."""


def document(results: dict[str, Any]) -> str:
    """Return the file. results: what `stream/results.py` gathers."""
    parts = [_INTRO, _made_with(results), _simulated(results["simulated"])]
    parts += [_data_set(name, figures) for name, figures in results["data_sets"].items()]
    if not results["data_sets"]:
        parts.append("## Public data sets\n\nNot measured in this run: `make results DATA=DIR` names their folder.\n")
    return "\n".join(parts)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---", *("---:" for _ in head[1:])], *rows]
    return "".join("| " + " | ".join(cell.replace("|", "/") for cell in line) + " |\n" for line in lines)


def _made_with(results: dict[str, Any]) -> str:
    rows = [(name.replace("_", " "), str(value)) for name, value in results["made_with"].items()]
    return "## Made with\n\n" + _table(("", ""), rows)


def _simulated(told: dict[str, Any]) -> str:
    whole, runs = told["pooled"], told["runs"]
    seeds = [str(seed) for seed in told["seeds"]]
    parts = [
        "## Simulated bank\n",
        _sizes(told),
        "### Goals\n",
        _goals(whole, runs, seeds),
        "### Beside what it must beat\n",
        f"Each may raise {runs[0]['budget_per_day']} alarms a day; all seeds together. Rankings see a day before they choose.\n",
        _baselines(whole),
        "### Alerts\n",
        _alerts(whole),
        "### Cases by typology\n",
        _cases(whole),
        "### Time to detect\n",
        "From the mule's first credit to the first alert of tier >= 2.\n",
        _times(runs, seeds),
        "### Look-alikes\n",
        _lookalikes(whole),
        "### Wrong holds and freeze requests\n",
        _wrong(whole),
    ]
    return "\n".join(parts)


def _sizes(told: dict[str, Any]) -> str:
    options, transactions, runs = told["options"], told["pooled"]["transactions"], told["runs"]
    return (
        f"{count(options['accounts'])} accounts, {count(options['days'])} days, {options['base_rate']:g} fraud cases per "
        f"transfer and at least {count(options['cases_per_typology'])} of each fraud and "
        f"look-alike; seeds {', '.join(map(str, told['seeds']))}. {count(transactions['labelled'])} ranked transactions, "
        f"{count(transactions['fraud'])} of them fraud: prevalence {one_in(transactions['prevalence'])}. "
        f"Policy {runs[0]['policy']}. Counted from {told['since'] or 'the first full day'} on.\n"
    )


def _goals(whole: dict[str, Any], runs: Sequence[dict[str, Any]], seeds: Sequence[str]) -> str:
    rows = []
    for place, row in enumerate(whole["goals"]):
        sign = "≥" if row["at_least"] else "≤"
        goal = "–" if row["target"] is None else f"{sign} {goal_value(row, row['target'])}"
        met = {True: "met", False: "**not met**", None: "–"}[row["is_met"]]
        single = [goal_value(row, run["goals"][place]["measured"]) for run in runs]
        rows.append((row["goal"], goal, goal_value(row, row["measured"]), met, row["basis"], *single))
    return _table(("", "goal", "all seeds", "", "rests on", *(f"seed {seed}" for seed in seeds)), rows)


def _baselines(whole: dict[str, Any]) -> str:
    rows = []
    for row in whole["baselines"]:
        cases = row["cases"] or {}
        rows.append(
            (
                row["name"],
                count(row["alarms"]),
                percent(row["precision"]),
                percent(row["precision_at_1_in_18000"]),
                percent(row["value_precision"]),
                percent(row["recall"]),
                ratio(row["auc"]),
                ratio(row["average_precision"]),
                percent(cases.get("recall")),
                percent(cases.get("value_recall")),
            )
        )
    prevalence = one_in(whole["transactions"]["prevalence"])
    names = ("", "alarms", f"precision at {prevalence}", "at 1 in 18,000", "by value", "recall of transactions", "AUC", "AP")
    return _table((*names, "cases caught", "money stopped"), rows)


def _alerts(whole: dict[str, Any]) -> str:
    named = [(f"tier ≥ {row['tier_min']}", row["per_alert"]) for row in whole["alerts"]["by_tier"]]
    named += [(f"{row['typology']}, tier ≥ 2", row) for row in whole["alerts"]["by_typology"]]
    rows = [
        (
            name,
            count(row["alarms"]),
            count(row["right"]),
            percent(row["precision"]),
            percent(row["precision_at_1_in_18000"]),
            percent(row["precision_at_1_in_18000_low"]),
            percent(row["value_precision"]),
            percent(row["value_precision_at_1_in_18000"]),
        )
        for name, row in named
    ]
    prevalence = one_in(whole["transactions"]["prevalence"])
    names = ("", "alerts", "right", f"precision at {prevalence}", "at 1 in 18,000", "surely above", "by value", "at 1 in 18,000")
    scenes = count(whole["lookalikes"]["total"]["scenes"])
    return _table(names, rows) + (
        "\nSurely above: with as many false alarms as 95 % confidence must allow for. Re-weighting makes frauds as rare as in "
        f"life, not the {scenes} look-alike scenes, which are planted far more often; their false alarms count in full.\n"
    )


def _cases(whole: dict[str, Any]) -> str:
    rows = [
        (
            row["typology"] + (" (hard)" if row["is_hard"] else ""),
            count(row["cases"]),
            percent(row["recall"]),
            money(row["stolen_minor"], whole["currency"]),
            percent(row["value_recall"]),
        )
        for row in whole["cases"]["by_typology"]
    ]
    return _table(("typology", "cases", "caught", "stolen", "money stopped"), rows)


def _times(runs: Sequence[dict[str, Any]], seeds: Sequence[str]) -> str:
    rows = []
    for seed, run in zip(seeds, runs, strict=True):
        told = run["cases"]["all"]
        within = (percent(told["detected_within_5_min"]), percent(told["detected_within_10_min"]))
        rows.append((f"seed {seed}", duration(told["detect_s_median"]), duration(told["detect_s_p90"]), *within))
    return _table(("", "median of those noticed", "nine of ten", "of all within 5 min", "within 10 min"), rows)


def _lookalikes(whole: dict[str, Any]) -> str:
    rows = [
        (
            row["lookalike"],
            count(row["scenes"]),
            f"{count(row['tier_2'])} ({percent(row['tier_2_share'])})",
            f"{count(row['tier_3'])} ({percent(row['tier_3_share'])})",
            f"{count(row['freeze_requests'])} ({percent(row['freeze_request_share'])})",
        )
        for row in (*whole["lookalikes"]["rows"], whole["lookalikes"]["total"])
    ]
    return _table(("look-alike", "scenes", "tier ≥ 2", "tier 3", "freeze request"), rows)


def _wrong(whole: dict[str, Any]) -> str:
    holds, freezes = whole["alerts"]["wrong_holds"], whole["freezes"]
    return (
        f"{count(holds['accounts'])} accounts wrongly named at tier >= 2, {ratio(holds['per_10000_customers'])} per 10,000 "
        f"customers. {count(freezes['targets'])} accounts proposed for a stop-payment: {count(freezes['right'])} mules, "
        f"{count(freezes['victims'])} victims, {count(freezes['innocents'])} innocents; "
        f"{ratio(freezes['wrong_per_10000_customers'])} wrong per 10,000 customers.\n"
    )


def _data_set(name: str, figures: dict[str, Any]) -> str:
    has_cards = "card_precision_100" in figures["scores"][0]
    names = ("", "AUC", "AP", *(("CP@100", "found ones kept") if has_cards else ()))
    rows = []
    for row in figures["scores"]:
        cards = (ratio(row["card_precision_100"]), ratio(row["card_precision_100_found_kept"])) if has_cards else ()
        rows.append((row["name"], ratio(row["auc"]), ratio(row["average_precision"]), *cards))
    return (
        f"## {name}\n\n{DATA_RULES[name]}\n\n{count(figures['rows'])} rows, {count(figures['fraud'])} fraud: prevalence "
        f"{one_in(figures['prevalence'])}.\n\n" + _table(names, rows)
    )
