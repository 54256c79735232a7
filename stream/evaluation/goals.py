"""What was promised, beside what was measured."""

from typing import Any, NamedTuple


class Goal(NamedTuple):
    """One promise. at_least: whether more is better. Sources: domain handbook, section 12."""

    name: str
    target: float
    at_least: bool
    is_share: bool = True


CAUGHT = Goal("cases caught at tier >= 2 before the cash-out is complete", 0.90, at_least=True)
CAUGHT_HARD = Goal("the same of the hard cases (no goal of their own)", 0.0, at_least=True)
STOPPED = Goal("stolen value still reachable at the first right action", 0.60, at_least=True)
TIER_2 = Goal("precision of alerts of tier >= 2, at 1 in 18,000", 0.17, at_least=True)
TIER_3 = Goal("precision of alerts of tier 3, at 1 in 18,000", 0.80, at_least=True)
SCENES_3 = Goal("look-alikes at tier 3", 0.0, at_least=False)
SCENES_2 = Goal("look-alikes at tier >= 2", 0.01, at_least=False)
TARGETS = Goal("victims or innocents as freeze target", 0.0, at_least=False, is_share=False)
GOALS = (CAUGHT, CAUGHT_HARD, STOPPED, TIER_2, TIER_3, SCENES_3, SCENES_2, TARGETS)


def goal_rows(figures: dict[str, Any]) -> list[dict[str, Any]]:
    """Return for each goal what was measured and whether it is met; None where nothing could be measured."""
    measured, bases = _measured(figures), _bases(figures)
    rows = []
    for goal in GOALS:
        value = measured[goal]
        is_met = None if value is None or goal is CAUGHT_HARD else value >= goal.target if goal.at_least else value <= goal.target
        rows.append(
            {
                "goal": goal.name,
                "target": None if goal is CAUGHT_HARD else goal.target,
                "at_least": goal.at_least,
                "is_share": goal.is_share,
                "measured": value,
                "is_met": is_met,
                "basis": bases[goal],
            }
        )
    return rows


def _measured(figures: dict[str, Any]) -> dict[Goal, float | None]:
    cases, scenes, freezes = figures["cases"], figures["lookalikes"], figures["freezes"]
    alarms = {row["tier_min"]: row for row in figures["alerts"]["by_tier"]}
    return {
        CAUGHT: cases["plain"]["recall"] if cases else None,
        CAUGHT_HARD: cases["hard"]["recall"] if cases else None,
        STOPPED: cases["all"]["value_recall"] if cases else None,
        TIER_2: alarms[2]["per_alert"]["precision_at_1_in_18000"],
        TIER_3: alarms[3]["per_alert"]["precision_at_1_in_18000"],
        SCENES_3: scenes["total"]["tier_3_share"] if scenes else None,
        SCENES_2: scenes["total"]["tier_2_share"] if scenes else None,
        TARGETS: freezes["victims"] + freezes["innocents"] if freezes else None,
    }


def _bases(figures: dict[str, Any]) -> dict[Goal, str]:
    """Return what each figure rests on, in words."""
    cases, scenes, freezes = figures["cases"], figures["lookalikes"], figures["freezes"]
    alarms = {row["tier_min"]: row["per_alert"] for row in figures["alerts"]["by_tier"]}
    return {
        CAUGHT: _cases(cases["plain"]) if cases else "",
        CAUGHT_HARD: _cases(cases["hard"]) if cases else "",
        STOPPED: f"{cases['all']['stolen_minor'] // 100:,} stolen in {cases['all']['cases']:,} cases" if cases else "",
        TIER_2: _alarms(alarms[2]),
        TIER_3: _alarms(alarms[3]),
        SCENES_3: f"{scenes['total']['tier_3']:,} of {scenes['total']['scenes']:,} scenes" if scenes else "",
        SCENES_2: f"{scenes['total']['tier_2']:,} of {scenes['total']['scenes']:,} scenes" if scenes else "",
        TARGETS: f"{freezes['victims']:,} victims, {freezes['innocents']:,} innocents of {freezes['targets']:,}" if freezes else "",
    }


def _cases(row: dict[str, Any]) -> str:
    return f"{row['caught']:,} of {row['cases']:,} cases"


def _alarms(row: dict[str, Any]) -> str:
    if not row["alarms"]:
        return "no alert"
    low = row["precision_at_1_in_18000_low"]
    surely = "" if low is None else f", surely above {low:.1%}".replace("%", " %")
    by_cases = row["precision_at_1_case_in_18000"]
    at_cases = "" if by_cases is None else f"; at 1 case in 18,000 transfers {by_cases:.1%}".replace("%", " %")
    return f"{row['right']:,} of {row['alarms']:,} alerts right{surely}{at_cases}"
