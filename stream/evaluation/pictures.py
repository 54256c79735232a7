"""The pictures of amounts: money stopped, money flow, alerts of a day, and the cases moment by moment."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from stream.evaluation import svg
from stream.evaluation.svg import Tick
from stream.evaluation.words import count, duration, money, percent

WIDTH = 760.0
ENDINGS = {
    "in_time": ("within reach when we spoke", svg.GOOD),
    "late": ("gone before we spoke", svg.LATE),
    "missed": ("never noticed", svg.BAD),
}


def money_stopped(figures: dict[str, Any]) -> str:
    """Return for each typology how much of the stolen money could be stopped, was gone when we spoke, and was never noticed."""
    rows = figures["cases"]["by_typology"]
    left, right = 150.0, WIDTH - 120
    parts = svg.key_row(ENDINGS.values(), left, 12)
    for number, row in enumerate(rows):
        top, x = 26.0 + 26 * number, left
        stolen = row["stolen_minor"]
        words = f"{row['typology']}{' (hard)' if row['is_hard'] else ''}, {row['cases']} case{'s' if row['cases'] != 1 else ''}"
        parts.append(svg.text(words, left - 8, top + 13, anchor="end", size=11))
        sums = {"in_time": row["stopped_minor"], "late": row["late_minor"]}
        sums["missed"] = stolen - sums["in_time"] - sums["late"]
        for ending, amount in sums.items():
            width = (right - left) * (amount / stolen if stolen else 0)
            title = f"{words}: {money(amount, figures['currency'])} {ENDINGS[ending][0]}"
            parts.append(svg.rectangle(x, top, width, 18, ENDINGS[ending][1], title))
            x += width
        parts.append(svg.text(money(stolen, figures["currency"]), right + 6, top + 13, colour=svg.SOFT, size=11))
    bottom = 26.0 + 26 * len(rows)
    for value in range(6):
        x = left + (right - left) * value / 5
        parts.append(svg.text(percent(value / 5, 0), x, bottom + 12, anchor="middle", colour=svg.SOFT, size=11))
    parts.append(svg.text("share of the stolen money", (left + right) / 2, bottom + 30, anchor="middle"))
    return svg.drawing(WIDTH, bottom + 40, parts, "Stolen money by typology: stopped, gone before we spoke, never noticed")


def money_flow(figures: dict[str, Any]) -> str:
    """Return the way of all stolen money: a column for the victims, one for each layer of mules; what leaves goes up or down."""
    flow, currency = figures["cases"]["money_flow"], figures["currency"]
    layers = flow["hops"]
    whole = max([flow["stolen_minor"], *(row["entered_minor"] for row in layers)], default=0)
    if not whole:
        return svg.text("no money was stolen", 0, 14)
    scale, gap, top = 190.0 / whole, 24.0, 96.0
    columns = len(layers) + 1
    step = min(170.0, (WIDTH - 150) / columns)
    parts: list[str] = []
    direct = [("cash", flow["direct_cash_minor"], svg.BAD), ("other banks", flow["direct_off_us_minor"], svg.LATE)]
    forward = flow["stolen_minor"] - sum(amount for _, amount, _ in direct)
    _node(parts, 20.0, top, scale, "victims", flow["stolen_minor"], direct, [("mules", forward)], step if layers else 0, currency)
    for number, row in enumerate(layers):
        leaving = [("cash", row["cash_minor"], svg.BAD), ("other banks", row["off_us_minor"], svg.LATE)]
        onward = [("next layer", row["forward_minor"])] if number + 1 < len(layers) else []
        entered = max(row["entered_minor"], row["cash_minor"] + row["off_us_minor"] + row["forward_minor"])
        leaving.append(("still there", row["stayed_minor"], svg.GOOD))
        _node(parts, 20.0 + step * (number + 1), top, scale, f"layer {row['hop']}", entered, leaving, onward, step, currency)
    entries = [
        ("taken as cash", svg.BAD),
        ("to other banks", svg.LATE),
        ("still on the account", svg.GOOD),
        ("passed on", svg.CALM),
    ]
    parts += svg.key_row(entries, 20, 24)
    return svg.drawing(WIDTH, top + 190 + gap + 130, parts, "The way of the stolen money through the layers of mules")


def _node(
    parts: list[str],
    x: float,
    top: float,
    scale: float,
    name: str,
    total: int,
    leaving: Sequence[tuple[str, int, str]],
    onward: Sequence[tuple[str, int]],
    step: float,
    currency: str | None,
) -> None:
    """Draw one column: its bar, what passes on as a band to the right, what leaves as labelled blocks below."""
    parts.append(svg.rectangle(x, top, 14, total * scale, svg.INK, f"{name}: {money(total, currency)}"))
    parts.append(svg.text(name, x, top - 24, size=12))
    parts.append(svg.text(money(total, currency), x, top - 9, colour=svg.SOFT, size=11))
    y = top
    for words, amount in onward:
        if amount and step:
            parts.append(
                svg.band(x + 14, y, x + step, top, amount * scale, svg.CALM, f"{name} to {words}: {money(amount, currency)}")
            )
            y += amount * scale
    below = top + 190 + 30.0
    for words, amount, colour in leaving:
        if amount:
            height = amount * scale
            parts.append(svg.rectangle(x + 14, y, 26, height, colour, f"{name}, {words}: {money(amount, currency)}"))
            y += height
            parts.append(svg.text(f"{words}", x, below, colour=colour, size=11))
            parts.append(svg.text(money(amount, currency), x, below + 14, colour=svg.SOFT, size=11))
            below += 32


def alerts_per_day(figures: dict[str, Any]) -> str:
    """Return for every day how many alerts reached tier 2 and tier 3, beside the budget of a desk."""
    rows = figures["alerts"]["per_day"]
    budget = figures["budget_per_day"]
    steps = svg.even_ticks(max([budget * 1.1, *(row["tier_2"] for row in rows)]))
    plot = svg.frame(WIDTH, 300, (0, len(rows)), (0, steps[-1]))
    every = max(1, -(-len(rows) // 9))
    days = [Tick(number + 0.5, _day(rows[number]["day"])) for number in range(0, len(rows), every)]
    parts = plot.axes(days, [Tick(step, count(step)) for step in steps], "local day", "alerts that reached the tier")
    width = max(1.0, (plot.x.end - plot.x.start) / max(1, len(rows)) * 0.8)
    for number, row in enumerate(rows):
        x = plot.x(number + 0.5) - width / 2
        said = f"{_day(row['day'])}: {row['tier_2']} of tier >= 2, {row['right_tier_2']} of them right; {row['tier_3']} of tier 3"
        for name, colour in (("tier_2", svg.TIER_COLOURS[2]), ("tier_3", svg.TIER_COLOURS[3])):
            parts.append(svg.rectangle(x, plot.y(row[name]), width, plot.y.start - plot.y(row[name]), colour, said))
    y = plot.y(budget)
    parts.append(svg.line(plot.x.start, y, plot.x.end, y, svg.CALM, dashes="6 4"))
    parts.append(svg.text(f"a desk reads {budget}", plot.x.end, y - 5, anchor="end", colour=svg.CALM, size=11))
    parts += svg.key([("tier >= 2", svg.TIER_COLOURS[2]), ("of them tier 3", svg.TIER_COLOURS[3])], plot.x.end - 110, 12)
    return svg.drawing(WIDTH, 300, parts, "Alerts of tier 2 and 3 by day")


def _day(number: int) -> str:
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=number)).strftime("%Y-%m-%d")


LANES = ("victims pay", "mules pass on", "leaves the bank", "our alerts", "freeze request")


def timeline(told: dict[str, Any]) -> str:
    """Return one case on a line of time: payments as dots by their size, alerts in the colour of their tier."""
    money_marks = [mark[0] for name in ("thefts", "moves", "departures") for mark in told[name]]
    first_words = [min((alert["after_s"] for alert in told["alerts"] if alert["tier"] > 1), default=0.0)]
    first_words += [mark[0] for mark in told["requests"]][:1]
    end = max([*money_marks, *first_words, told["gone_after_s"] or 0.0, 60.0]) * 1.03
    left, right, row_height = 110.0, WIDTH - 60, 26.0
    first = 22.0
    bottom = first + row_height * len(LANES)
    first_mark = min([0.0, *money_marks, *(alert["after_s"] for alert in told["alerts"])])
    scale = svg.Scale(first_mark - 0.03 * end, end, left, right)
    parts = []
    for number, lane in enumerate(LANES):
        y = first + row_height * number + 9
        parts += [svg.line(left, y, right, y), svg.text(lane, left - 8, y + 4, anchor="end", size=11)]
    for tick in _moments(scale.high):
        parts += [
            svg.line(scale(tick), 18, scale(tick), bottom),
            svg.text(duration(tick), scale(tick), bottom + 14, anchor="middle", size=10),
        ]
    for when, words, colour in (("gone_after_s", "all gone ", svg.BAD), ("reported_after_s", " reported", svg.SOFT)):
        at = told[when]
        if at is not None and at <= scale.high:
            parts += [
                svg.line(scale(at), 6, scale(at), bottom, colour, dashes="4 3"),
                svg.text(words, scale(at), 14, anchor="end" if when == "gone_after_s" else "start", size=10, colour=colour),
            ]
    for number, (name, colour) in enumerate((("thefts", svg.CALM), ("moves", svg.SECOND), ("departures", svg.BAD))):
        for at, amount in told[name]:
            title = f"{LANES[number]} after {duration(at)}: {money(amount, told['currency'])}"
            parts.append(
                svg.circle(scale(at), first + 9 + row_height * number, _radius(amount, told["stolen_minor"]), colour, title)
            )
    for alert in (alert for alert in told["alerts"] if alert["after_s"] <= end):
        title = f"after {duration(alert['after_s'])}: {alert['typology']} tier {alert['tier']}, {alert['subject']}"
        parts.append(
            svg.rectangle(scale(alert["after_s"]) - 3, first + 1 + row_height * 3, 6, 16, svg.TIER_COLOURS[alert["tier"]], title)
        )
    for at, amount in (mark for mark in told["requests"] if mark[0] <= end):
        title = f"stop {money(amount, told['currency'])} asked after {duration(at)}"
        parts.append(svg.rectangle(scale(at) - 3, first + 1 + row_height * 4, 6, 16, svg.GOOD, title))
    return svg.drawing(WIDTH, bottom + 20, parts, f"Case {told['case']}, {told['typology']}, moment by moment")


def _moments(high: float) -> list[float]:
    """Return about six round moments up to a span, in seconds.

    >>> _moments(600)
    [0, 120, 240, 360, 480, 600]
    """
    steps = (10, 30, 60, 120, 300, 600, 1_800, 3_600, 7_200, 21_600, 43_200, 86_400, 172_800, 604_800, 2_592_000)
    step = next((step for step in steps if high / step <= 7), steps[-1])
    return list(range(0, int(high) + 1, step))


def _radius(amount: int, stolen: int) -> float:
    return 3.0 + 6.0 * float(min(1.0, amount / stolen if stolen else 0.0) ** 0.5)
