"""The two pictures of the page: the way of the money, and the case on a line of time."""

import math
from collections.abc import Sequence
from itertools import pairwise

from stream.evaluation import svg
from stream.evidence.facts import Facts, money
from stream.evidence.flow import CASH, Edge, Flow, flow_of
from stream.evidence.telling import LANES, Moment

WIDTH = 760.0
_NODE_WIDTH, _NODE_HEIGHT, _ROW = 128.0, 34.0, 52.0
_COLOURS = {"VICTIM_SUSPECTED": svg.CALM, "MULE_SUSPECTED": svg.BAD}
_KEY = (
    ("疑似受害人 victim", svg.CALM),
    ("疑似涉案 mule", svg.BAD),
    ("他行 other bank", svg.LATE),
    ("现金 cash", svg.INK),
    ("其他 others", svg.THIRD),
)


def money_flow(facts: Facts) -> str:
    """Return the picture of the way of the money, empty where no movement is known."""
    flow = flow_of(facts)
    if not flow.edges:
        return ""
    currency = next((row["currency"] for row in facts.last_alerts), None)
    rows = max(len(column) for column in flow.columns)
    height = 40 + rows * _ROW + 18
    step = (WIDTH - _NODE_WIDTH - 8) / max(1, len(flow.columns) - 1)
    places: dict[str, tuple[float, float]] = {}
    for number, column in enumerate(flow.columns):
        top = 36 + (rows - len(column)) * _ROW / 2
        for row, name in enumerate(column):
            places[name] = 4 + step * number, top + row * _ROW
    parts = _key(4, 12)
    largest = max(edge.amount_minor for edge in flow.edges)
    for edge in flow.edges:
        parts += _edge(edge, places, largest, currency)
    for edge in flow.edges:
        parts.append(_label(edge, places))
    for name, (x, y) in places.items():
        parts += _node(flow, name, x, y)
    if flow.others:
        words = f"另有 {flow.others} 笔流向较小，未画出；{flow.others} smaller flows are not drawn"
        parts.append(svg.text(words, 4, height - 4, colour=svg.SOFT, size=10))
    return svg.drawing(WIDTH, height, parts, "The way of the money")


def _key(x: float, y: float) -> list[str]:
    """Return what the colours mean; a Chinese character is twice as wide as a letter."""
    parts = []
    for words, colour in _KEY:
        parts += [svg.rectangle(x, y - 8, 14, 8, colour), svg.text(words, x + 19, y, size=11)]
        x += 36 + sum(11.0 if ord(letter) > 0x2E80 else 6.2 for letter in words)
    return parts


def _node(flow: Flow, name: str, x: float, y: float) -> list[str]:
    if name == CASH:
        colour, words = svg.INK, "现金 cash"
    else:
        colour = svg.LATE if name in flow.elsewhere else _COLOURS.get(flow.roles.get(name, ""), svg.THIRD)
        words = name if len(name) <= 19 else "…" + name[-18:]
    box = svg.element("rect", x=x, y=y, width=_NODE_WIDTH, height=_NODE_HEIGHT, rx=5, fill="white", stroke=colour, stroke_width=1.5)
    bar = svg.rectangle(x, y, 5, _NODE_HEIGHT, colour)
    return [box, bar, svg.text(words, x + _NODE_WIDTH / 2 + 2, y + _NODE_HEIGHT / 2 + 4, anchor="middle", size=11)]


def _ends(edge: Edge, places: dict[str, tuple[float, float]]) -> tuple[float, float, float, float]:
    (x1, y1), (x2, y2) = places[edge.source], places[edge.target]
    middle = _NODE_HEIGHT / 2
    if x2 < x1:
        return x1, y1 + middle + 6, x2 + _NODE_WIDTH, y2 + middle + 6
    return x1 + _NODE_WIDTH, y1 + middle, x2 + (_NODE_WIDTH if x1 == x2 else 0), y2 + middle


def _edge(edge: Edge, places: dict[str, tuple[float, float]], largest: int, currency: str | None) -> list[str]:
    """Return an arrow as wide as the money is much; within a column it bends out to the right."""
    x1, y1, x2, y2 = _ends(edge, places)
    width = 1.2 + 6.8 * math.sqrt(edge.amount_minor / largest)
    title = svg.element("title", f"{money(edge.amount_minor, currency)}, {edge.movements}")
    direction = 1 if x2 > x1 else -1
    out, into = ((x2 - x1) / 2, (x2 - x1) / 2) if x1 != x2 else (34.0, -34.0)
    numbers = (x1, y1, x1 + out, y1, x2 - into, y2, x2 - 5 * direction, y2)
    path = "M{} {}C{} {} {} {} {} {}".format(*map(svg.place, numbers))
    line = svg.element("path", title, d=path, fill="none", stroke=svg.SOFT, stroke_width=width, stroke_opacity=0.35)
    tip = f"M{svg.place(x2)} {svg.place(y2)}l{-9 * direction} -5v10z"
    return [line, svg.element("path", d=tip, fill=svg.SOFT)]


def _label(edge: Edge, places: dict[str, tuple[float, float]]) -> str:
    """Return an arrow's sum, near its point, where arrows from one account lie apart."""
    x1, y1, x2, y2 = _ends(edge, places)
    words = f"{edge.amount_minor // 100:,}" + (f" ×{edge.movements}" if edge.movements > 1 else "")
    share = 0.5 if y1 == y2 else 0.62
    x = x1 + (x2 - x1) * share if x1 != x2 else x1 + 26
    y = y1 + (y2 - y1) * ((3 - 2 * share) * share**2 if x1 != x2 else 0.5) - 5
    told = svg.text(words, x, y, anchor="middle", size=10)
    halo = told.replace("<text ", '<text stroke="white" stroke-width="3" stroke-linejoin="round" ', 1)
    return halo + told


def timeline(facts: Facts, moments: Sequence[Moment]) -> str:
    """Return the case on a line of time; long silences are drawn shorter than they were, every moment has its clock time."""
    if not moments:
        return ""
    left, right, top, height = 144.0, WIDTH - 24, 40.0, 28.0
    lanes = [lane for lane in LANES if any(row.lane == lane for row in moments)]
    places = _spread([row.at.timestamp() for row in moments], left + 10, right)
    bottom = top + height * len(lanes)
    parts = []
    for number, lane in enumerate(lanes):
        y = top + height * number + height / 2
        zh, en = LANES[lane]
        parts += [svg.line(left, y, right, y), svg.text(f"{zh} {en}", left - 8, y + 4, anchor="end", size=11)]
    parts += _clock(facts, moments, places, bottom, top)
    for row, x in zip(moments, places, strict=True):
        y = top + height * lanes.index(row.lane) + height / 2
        title = f"{facts.local(row.time)} {row.en}"
        if row.lane == "alert":
            parts.append(svg.rectangle(x - 3, y - 8, 6, 16, svg.TIER_COLOURS[row.tier], title))
        elif row.lane == "request":
            parts.append(svg.rectangle(x - 3, y - 8, 6, 16, svg.GOOD, title))
        else:
            parts.append(svg.circle(x, y, 5, svg.CALM if row.lane == "money" else svg.SECOND, title))
    return svg.drawing(WIDTH, bottom + 34, parts, "The case in order of time")


def _spread(times_s: Sequence[float], start: float, end: float) -> list[float]:
    """Return places in order of time: a gap grows with its length, ever more slowly.

    >>> _spread([0.0, 0.0, 60.0, 86_460.0], 0.0, 100.0)[:2]
    [0.0, 0.0]
    """
    steps = [0.0, *(math.log1p((after - before) / 30) for before, after in pairwise(times_s))]
    whole = sum(steps)
    places, reached = [], 0.0
    for step in steps:
        reached += step
        places.append(start + (end - start) * (reached / whole if whole else 0.0))
    return places


def _clock(facts: Facts, moments: Sequence[Moment], places: Sequence[float], bottom: float, top: float) -> list[str]:
    """Return clock times under the line, as many as can be read, and the day where it changes."""
    parts, free, day = [], -1e9, ""
    for row, x in zip(moments, places, strict=True):
        told = facts.local(row.time)
        if told[:10] != day:
            day = told[:10]
            parts += [svg.line(x, top - 12, x, bottom, svg.SOFT, dashes="3 3")]
            parts.append(svg.text(day, x, top - 18, anchor="end" if x > WIDTH - 90 else "start", colour=svg.SOFT, size=10))
        if x - free >= 54:
            parts += [svg.line(x, bottom - 2, x, bottom + 4, svg.SOFT)]
            parts.append(svg.text(told[11:], x, bottom + 16, anchor="middle", colour=svg.SOFT, size=10))
            free = x
    return parts
