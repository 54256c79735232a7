"""How the page says numbers to people."""

from typing import Any


def percent(value: float | None, digits: int = 1) -> str:
    """Return a share in percent, small ones with enough digits to be no zero; a dash for unknown.

    >>> percent(0.1234), percent(0.00021), percent(None), percent(0.0)
    ('12.3 %', '0.021 %', '–', '0 %')
    """
    if value is None:
        return "–"
    if value in (0, 1):
        return f"{value:.0%}".replace("%", " %")
    if abs(value) < 0.01:
        return f"{100 * value:.2g} %"
    return f"{100 * value:.{digits}f} %"


def count(value: float | None) -> str:
    """Return a whole number with separators; a dash for unknown."""
    return "–" if value is None else f"{value:,.0f}"


def ratio(value: float | None) -> str:
    """Return a figure between 0 and 1 as rankings are told: three digits."""
    return "–" if value is None else f"{value:.3f}"


def money(value_minor: int | None, currency: str | None) -> str:
    """Return a sum in whole major units.

    >>> money(1_234_567, "CNY")
    'CNY 12,345'
    """
    return "–" if value_minor is None else f"{currency or ''} {value_minor // 100:,}".strip()


def duration(seconds: float | None) -> str:
    """Return a time span in the unit that suits it.

    >>> duration(42.4), duration(600), duration(9000), duration(200_000), duration(-30)
    ('42 s', '10 min', '2.5 h', '2.3 d', '30 s before')
    """
    if seconds is None:
        return "–"
    if seconds < 0:
        return f"{duration(-seconds)} before"
    for limit, unit, words in ((120, 1, "s"), (7_200, 60, "min"), (172_800, 3_600, "h")):
        if seconds < limit:
            return f"{seconds / unit:.{1 if words == 'h' else 0}f} {words}".replace(".0 ", " ")
    return f"{seconds / 86_400:.1f} d"


def one_in(prevalence: float | None) -> str:
    """Return a prevalence as people say it.

    >>> one_in(1 / 18_000), one_in(None), one_in(0.0)
    ('1 in 18,000', 'no labels', 'no fraud')
    """
    if prevalence is None:
        return "no labels"
    return f"1 in {1 / prevalence:,.0f}" if prevalence else "no fraud"


def goal_value(row: dict[str, Any], value: float | None) -> str:
    """Return a goal's target or figure in its unit."""
    return percent(value) if row["is_share"] else count(value)
