"""The parts of the page about planted stories: when, how much, who was wronged."""

from html import escape
from typing import Any

from stream.evaluation import curves, pictures
from stream.evaluation.page_parts import EMPTY_CASES, cells, figure, prose, table
from stream.evaluation.words import count, duration, money, percent, ratio


def time_to_detect(figures: dict[str, Any]) -> str:
    """Return how soon frauds were noticed."""
    cases = figures["cases"]
    if cases is None:
        return prose(EMPTY_CASES)
    told = cases["all"]
    if not told["cases"]:
        return prose("The cases hold no fraud.")
    return prose(
        f"Of {count(told['cases'])} frauds {percent(told['detected_within_5_min'])} were noticed within 5 minutes of the mule's "
        f"first credit, {percent(told['detected_within_10_min'])} within 10. Of those noticed: median "
        f"{duration(told['detect_s_median'])}, nine of ten within {duration(told['detect_s_p90'])}. Those never "
        "noticed keep the line below 100 %."
    ) + figure(curves.time_to_detect(figures))


def money_stopped(figures: dict[str, Any]) -> str:
    """Return recall by value."""
    cases = figures["cases"]
    if cases is None:
        return prose(EMPTY_CASES)
    told = cases["all"]
    if not told["cases"]:
        return prose("The cases hold no fraud.")
    return prose(
        f"Stolen {money(told['stolen_minor'], figures['currency'])}; {money(told['stopped_minor'], figures['currency'])} "
        f"({percent(told['value_recall'])}) was still within reach at the first right action: an alert of tier >= 2 or a "
        "freeze request about somebody of the case. What had left as cash or to another bank by then counts as missed. By number "
        f"{count(told['caught'])} of {count(told['cases'])} cases ({percent(told['recall'])}) were caught before the cash-out was "
        "complete. What was within reach was not all stopped by that: a person had to act."
    ) + figure(pictures.money_stopped(figures))


def money_flow(figures: dict[str, Any]) -> str:
    """Return the way of the stolen money."""
    cases = figures["cases"]
    if cases is None:
        return prose(EMPTY_CASES)
    return prose("All frauds together, as the story was planted, whether or not we spoke.") + figure(pictures.money_flow(figures))


def lookalikes(figures: dict[str, Any]) -> str:
    """Return how the look-alikes fared."""
    told = figures["lookalikes"]
    if told is None:
        return prose(EMPTY_CASES)
    if not told["rows"]:
        return prose("The cases hold no look-alike.")
    rows = [
        cells(
            row["lookalike"],
            count(row["scenes"]),
            f"{count(row['tier_2'])} ({percent(row['tier_2_share'])})",
            f"{count(row['tier_3'])} ({percent(row['tier_3_share'])})",
            f"{count(row['freeze_requests'])} ({percent(row['freeze_request_share'])})",
        )
        for row in (*told["rows"], told["total"])
    ]
    return prose("Legitimate scenes that resemble fraud. Goal: none at tier 3, at most 1 % at tier 2 or more.") + table(
        ("look-alike", "scenes", "tier ≥ 2", "tier 3", "freeze request"), rows
    )


def freezes(figures: dict[str, Any]) -> str:
    """Return whom freeze requests and holds would have hurt."""
    holds, told = figures["alerts"]["wrong_holds"], figures["freezes"]
    words = [
        f"Wrongly named at tier >= 2: {count(holds['accounts'])} accounts of {count(holds['customers'])} customers, "
        f"{ratio(holds['per_10000_customers'])} per 10,000."
    ]
    if told is None:
        return prose(*words, EMPTY_CASES)
    words.append(
        f"{count(told['targets'])} accounts were proposed for a stop-payment, {count(told['right'])} of them mules; "
        f"{count(told['victims'])} victims, {count(told['innocents'])} innocents "
        f"({count(told['of_them_in_lookalikes'])} of them in look-alike scenes): "
        f"{ratio(told['wrong_per_10000_customers'])} wrong per 10,000 customers."
    )
    if told["wrong_withdrawn"]:
        words.append(
            f"{count(told['wrong_withdrawn'])} wrong requests were withdrawn, median after "
            f"{duration(told['wrong_withdrawn_after_s_median'])}."
        )
    return prose(*words)


def timelines(figures: dict[str, Any]) -> str:
    """Return a few cases moment by moment."""
    if figures["cases"] is None:
        return prose(EMPTY_CASES)
    if not figures["timelines"]:
        return prose("The cases hold no fraud.")
    parts = [
        prose(
            "The largest cases of each ending. A dot is a payment, the larger the more; an alert has the colour of its tier "
            "(blue 1, amber 2, red 3), a freeze request is green. Point at a mark to read it."
        )
    ]
    for told in figures["timelines"]:
        ending = {"in_time": "noticed in time", "late": "noticed too late", "missed": "never noticed"}[told["ending"]]
        share = told["stopped_minor"] / told["stolen_minor"] if told["stolen_minor"] else 0.0
        title = f"{told['case']}, {told['typology']}{' (hard)' if told['is_hard'] else ''}: {ending}"
        words = f"{money(told['stolen_minor'], told['currency'])} stolen"
        if told["ending"] != "missed":
            words += f", {percent(share)} still within reach when we spoke"
        parts.append(f"<h3>{escape(title)}</h3>{prose(words)}{figure(pictures.timeline(told))}")
    return "".join(parts)
