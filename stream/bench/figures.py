"""What a benchmark finds: figures over several runs, checks, and the sections they stand in. Pure arithmetic."""

import math
from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

import msgspec


def percentile(values: Sequence[float], share: float) -> float:
    """Return the smallest value that at least `share` of all values do not exceed (nearest rank); 0 < share <= 1.

    Errors: ValueError for no values or another share, the caller's fault.

    >>> percentile([5, 1, 4, 2, 3], 0.5)
    3
    >>> percentile([1, 2], 0.99)
    2
    """
    if not values or not 0 < share <= 1:
        raise ValueError("a percentile needs values and a share in (0, 1]")
    return sorted(values)[math.ceil(len(values) * share) - 1]


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """One measured quantity.

    name: unique in its section, for files and targets. text: what it is, for people. unit: of every value. runs: one value per run,
    not empty.
    """

    name: str
    text: str
    unit: str
    runs: tuple[float, ...]

    @property
    def median(self) -> float:
        """Return the median of the runs."""
        return median(self.runs)

    @property
    def low(self) -> float:
        """Return the least run."""
        return min(self.runs)

    @property
    def high(self) -> float:
        """Return the greatest run."""
        return max(self.runs)


def ratio(name: str, text: str, of: Figure, to: Figure) -> Figure:
    """Return how many times `to` the figure `of` is: run by run if both have as many, else against the median of `to`.

    Rounds that were measured one after the other share the machine's mood, so their ratio varies less than either.
    Errors: ZeroDivisionError if `to` is 0.

    >>> two, one = (Figure(name="", text="", unit="s", runs=runs) for runs in ((2.0, 9.0), (1.0, 3.0)))
    >>> ratio("r", "", of=two, to=one).runs
    (2.0, 3.0)
    """
    if len(of.runs) == len(to.runs):
        runs = tuple(value / base for value, base in zip(of.runs, to.runs, strict=True))
    else:
        runs = tuple(value / to.median for value in of.runs)
    return Figure(name=name, text=text, unit="x", runs=runs)


class Check(msgspec.Struct, frozen=True):
    """Something that must hold. detail: what was compared, with numbers and without identifiers."""

    name: str
    is_ok: bool
    detail: str


class Section(msgspec.Struct, kw_only=True):
    """One part of the benchmark. facts: the circumstances that the figures hold under. seconds: how long it took."""

    name: str
    title: str
    figures: list[Figure] = []
    checks: list[Check] = []
    facts: dict[str, Any] = {}
    seconds: float = 0.0

    def add(self, name: str, text: str, unit: str, runs: Sequence[float]) -> Figure:
        """Add a figure and return it."""
        figure = Figure(name=name, text=text, unit=unit, runs=tuple(runs))
        self.figures.append(figure)
        return figure

    def add_ratio(self, name: str, text: str, of: Figure, to: Figure) -> None:
        """Add the ratio of two figures."""
        self.figures.append(ratio(name, text, of, to))

    def check(self, name: str, detail: str, *, is_ok: bool) -> None:
        """Add a check."""
        self.checks.append(Check(name, is_ok, detail))


def as_json(section: Section, targets: Mapping[tuple[str, str], Any]) -> dict[str, Any]:
    """Return a section ready for the result file; floor and goal are left out where there are none."""
    figures = []
    for figure in section.figures:
        row: dict[str, Any] = {
            "name": figure.name,
            "text": figure.text,
            "unit": figure.unit,
            "median": figure.median,
            "min": figure.low,
            "max": figure.high,
            "runs": list(figure.runs),
        }
        target = targets.get((section.name, figure.name))
        if target is not None:
            row |= {"floor": target.floor, "goal": target.goal, "reached": target.reached(figure.median)}
        figures.append(row)
    checks = [{"name": check.name, "ok": check.is_ok, "detail": check.detail} for check in section.checks]
    return {
        "name": section.name,
        "title": section.title,
        "seconds": round(section.seconds, 1),
        "figures": figures,
        "checks": checks,
        "facts": section.facts,
    }
