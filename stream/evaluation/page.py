"""The evaluation as one HTML page: no script, nothing fetched, prints well. It shows the figures object and counts nothing."""

from html import escape
from typing import Any

from stream.evaluation import page_alerts, page_cases, page_ranking
from stream.evaluation.page_parts import cells, prose, section, table
from stream.evaluation.words import count, goal_value, one_in, percent

_STYLE = """
:root{color-scheme:light}
body{font:15px/1.5 system-ui,sans-serif;color:#1d2733;max-width:960px;margin:2rem auto;padding:0 1rem;background:#fff}
h1{font-size:1.7rem;margin:0}h2{font-size:1.2rem;margin:2.2rem 0 .4rem;border-bottom:2px solid #dfe4ea;padding-bottom:.2rem}
h3{font-size:1rem;margin:1.2rem 0 .2rem}p{margin:.3rem 0;max-width:75ch}.soft{color:#5b6875}.wide{overflow-x:auto}
table{border-collapse:collapse;margin:.6rem 0;font-size:13px}
th,td{padding:.25rem .5rem;border-bottom:1px solid #dfe4ea;text-align:right;white-space:nowrap}
th{font-weight:600;vertical-align:bottom;white-space:normal}th:first-child,td:first-child{text-align:left}
svg{width:100%;height:auto;display:block;margin:.5rem 0}.met{color:#1b8a5a;font-weight:600}.not{color:#c0392b;font-weight:600}
section{break-inside:auto}figure{margin:0;break-inside:avoid}tr{break-inside:avoid}
@media print{body{margin:0;max-width:none;font-size:11pt}h2{break-after:avoid}}
""".strip()


def page(figures: dict[str, Any]) -> str:
    """Return the page."""
    parts = [
        _head(figures),
        section("Goals", _goals(figures)),
        section("Beside what it must beat", page_ranking.baselines(figures)),
        section("Precision and recall", page_ranking.precision_recall(figures)),
        section("Is the score what it says?", page_ranking.reliability(figures)),
        section("Time to detect", page_cases.time_to_detect(figures)),
        section("Money stopped before the cash-out", page_cases.money_stopped(figures)),
        section("The way of the money", page_cases.money_flow(figures)),
        section("Alerts per day", page_ranking.alerts_per_day(figures)),
        section("Precision of the alerts", page_alerts.alerts(figures)),
        section("By typology", page_alerts.typologies(figures)),
        section("Look-alikes", page_cases.lookalikes(figures)),
        section("Freeze requests and wrong holds", page_cases.freezes(figures)),
        section("Cases, moment by moment", page_cases.timelines(figures)),
        section("Made with", _made_with(figures)),
    ]
    title = "Golden Hour: how good was it?"
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f'<meta name="viewport" content="width=device-width,initial-scale=1"><style>{_STYLE}</style></head>\n'
        f"<body>\n" + "\n".join(parts) + "\n</body></html>\n"
    )


def _head(figures: dict[str, Any]) -> str:
    told = figures["transactions"]
    simulation = figures["simulation"]
    seed = f" Simulated bank, seed {simulation.get('seed')}." if simulation else ""
    return "<h1>Golden Hour: how good was it?</h1>\n" + prose(
        f"{count(told['labelled'])} labelled transactions, {count(told['fraud'])} of them fraud: prevalence "
        f"{one_in(told['prevalence'])} by number, {percent(told['value_prevalence'])} of the value. In service about 1 transfer in "
        f"18,000 is fraud, so each precision stands twice: as measured here, and re-weighted to 1 in 18,000.{seed} "
        f"Policy {figures['policy']}."
    )


def _goals(figures: dict[str, Any]) -> str:
    rows = []
    for row in figures["goals"]:
        sign = "≥" if row["at_least"] else "≤"
        target = "" if row["target"] is None else goal_value(row, row["target"])
        goal = target if not row["target"] and not row["at_least"] else f"{sign} {target}" if target else "–"
        mark = {True: '<span class="met">met</span>', False: '<span class="not">not met</span>', None: "–"}[row["is_met"]]
        rows.append([*cells(row["goal"], goal, goal_value(row, row["measured"])), mark, escape(row["basis"])])
    return table(("", "goal", "measured", "", "rests on"), rows)


def _made_with(figures: dict[str, Any]) -> str:
    rows = [[escape(name.replace("_", " ")), escape(str(value))] for name, value in figures["made_with"].items()]
    if figures["simulation"]:
        told = {**figures["simulation"], **figures["simulation"].get("parameters", {})}
        plain = {name: value for name, value in told.items() if not isinstance(value, dict | list)}
        rows += [[f"simulation: {escape(name.replace('_', ' '))}", escape(str(value))] for name, value in plain.items()]
    left_out = figures["transactions"]["left_out"]
    rows += [[f"left out: {escape(name.replace('_', ' '))}", count(value)] for name, value in left_out.items()]
    rows.append(["random baseline: seed", str(figures["random_seed"])])
    return table(("", ""), rows)
