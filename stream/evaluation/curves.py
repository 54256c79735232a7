"""The pictures with two axes: precision against recall, said against seen, time to detect."""

from typing import Any

from stream.evaluation import svg
from stream.evaluation.svg import Tick
from stream.evaluation.words import count, duration, one_in, percent

_SHARES = [Tick(value / 5, percent(value / 5, 0)) for value in range(6)]
_DECADES = [Tick(10.0**power, percent(10.0**power, 0)) for power in range(-5, 1)]
_SCORES = [Tick(10.0**power, "1" if not power else f"{10.0**power:.5f}".rstrip("0")) for power in range(-5, 1)]
_MOMENTS = (0.1, 1, 10, 60, 600, 3_600, 6 * 3_600, 86_400)
WIDTH, HEIGHT = 520.0, 340.0


def precision_recall(figures: dict[str, Any]) -> str:
    """Return ours, by number, by value and at 1 in 18,000, beside the amount and chance."""
    ours = figures["transactions"]["precision_recall"]
    others = {row["name"]: row.get("precision_recall", []) for row in figures["baselines"]}
    lines = [
        ("ours, by number", svg.CALM, [(row["recall"], row["precision"]) for row in ours], ""),
        ("ours, by value", svg.SECOND, sorted((row["value_recall"] or 0, row["value_precision"] or 0) for row in ours), ""),
        ("ours at 1 in 18,000", svg.BAD, [(row["recall"], row["precision_at_1_in_18000"]) for row in ours], ""),
        ("amount alone", svg.LATE, [(row["recall"], row["precision"]) for row in others.get("amount alone", [])], "5 3"),
        ("random", svg.THIRD, [(row["recall"], row["precision"]) for row in others.get("random", [])], "2 3"),
    ]
    prevalence = one_in(figures["transactions"]["prevalence"])
    plot = svg.frame(WIDTH, HEIGHT, (0, 1), (0, 1))
    parts = plot.axes(_SHARES, _SHARES, "recall (share of frauds found)", f"precision, prevalence {prevalence}")
    for _, colour, points, dashes in lines:
        parts.append(svg.polyline([(plot.x(x), plot.y(y)) for x, y in points], colour, dashes=dashes))
    parts += svg.key([(name, colour) for name, colour, *_ in lines], WIDTH, 40)
    return svg.drawing(WIDTH + 150, HEIGHT, parts, f"Precision against recall at prevalence {prevalence}")


def reliability(figures: dict[str, Any]) -> str:
    """Return what the score said against the share of fraud that came, as measured and at 1 in 18,000, on logarithmic axes."""
    rows = figures["transactions"]["reliability"]
    plot = svg.frame(WIDTH, HEIGHT, (1e-5, 1), (1e-5, 1), log="xy", left=66)
    parts = plot.axes(_SCORES, _DECADES, "score (mean of the bin)", "share that was fraud")
    parts.append(svg.line(plot.x.start, plot.y.start, plot.x.end, plot.y.end, svg.SOFT, dashes="4 4"))
    kinds = (
        ("observed_at_1_in_18000", svg.BAD, "at 1 in 18,000"),
        ("observed", svg.CALM, f"as measured, {one_in(figures['transactions']['prevalence'])}"),
    )
    for name, colour, words in kinds:
        for row in rows:
            seen = row[name] or 0.0
            title = f"score {row['from']:g} to {row['to']:g}: {count(row['count'])} transactions, {percent(seen)} fraud {words}"
            parts.append(svg.circle(plot.x(row["mean_score"]), plot.y(seen), 4.5, colour, title, hollow=not seen))
    parts += svg.key([(words, colour) for _, colour, words in kinds], WIDTH, 40)
    parts += [svg.text("ring at the bottom: none", WIDTH, 76, size=11), svg.text("dashed: as said", WIDTH, 93, size=11)]
    return svg.drawing(WIDTH + 160, HEIGHT, parts, "Score against the share of fraud that came, both axes logarithmic")


def time_to_detect(figures: dict[str, Any]) -> str:
    """Return the share of all frauds that were noticed within a time of the mule's first credit."""
    rows = figures["cases"]["rows"]
    low, high = _MOMENTS[0], _MOMENTS[-1]
    plot = svg.frame(WIDTH, HEIGHT, (low, high), (0, 1), log="x")
    parts = plot.axes(
        [Tick(moment, "at once" if moment == low else duration(moment)) for moment in _MOMENTS],
        _SHARES,
        "from the mule's first credit to the first alert of tier >= 2",
        "share of all frauds",
    )
    for moment, words in ((600, "10 min: most money is gone"), (1_800, "30 min: the golden half hour")):
        x = plot.x(moment)
        parts.append(svg.line(x, plot.y.start, x, plot.y.end, svg.LATE, dashes="4 4"))
        parts.append(svg.text(words, x - 4, plot.y.start - (20 if moment == 600 else 6), anchor="end", size=10, colour=svg.LATE))
    kinds = (
        ("all frauds", svg.CALM, rows, ""),
        ("noticed before all was gone", svg.GOOD, _in_time(rows), "6 4"),
    )
    for _, colour, own, dashes in kinds:
        parts.append(svg.polyline(_steps(plot, [row["detect_s"] for row in own], len(rows)), colour, dashes=dashes))
    parts += svg.key([(name, colour) for name, colour, *_ in kinds], WIDTH, 40)
    return svg.drawing(WIDTH + 250, HEIGHT, parts, "Share of frauds noticed against time since the first credit")


def _in_time(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [row for row in rows if row["ending"] == "in_time"]


def _steps(plot: svg.Frame, delays: list[float | None], total: int) -> list[tuple[float, float]]:
    points = [(plot.x.start, plot.y.start)]
    told = sorted(delay for delay in delays if delay is not None)
    for number, delay in enumerate(told):
        x = plot.x(delay)
        points += [(x, plot.y(number / total)), (x, plot.y((number + 1) / total))]
    points.append((plot.x.end, points[-1][1]))
    return points
