"""Plain pieces of SVG: elements, axes with readable ticks, and a frame that maps values to places. Same values, same bytes.

Own code rather than a plotting library: the page needs lines, bars and bands, must be one light file that prints well, and must not
change with the version of a library or the fonts of a machine.
"""

import math
from collections.abc import Iterable, Sequence
from html import escape
from typing import NamedTuple

INK, SOFT, GRID = "#1d2733", "#5b6875", "#dfe4ea"
GOOD, LATE, BAD, CALM, SECOND, THIRD = "#1b8a5a", "#d98e04", "#c0392b", "#2b6cb0", "#8e44ad", "#9aa5b1"
TIER_COLOURS = {1: "#9db8d9", 2: "#d98e04", 3: "#c0392b"}


def element(name: str, content: str = "", /, **attributes: object) -> str:
    """Return one element; `content` is markup already, attribute names have _ for -, values are escaped.

    >>> element("rect", x=1.0, stroke_width=2)
    '<rect x="1" stroke-width="2"/>'
    """
    told = "".join(f' {key.rstrip("_").replace("_", "-")}="{_value(value)}"' for key, value in attributes.items())
    return f"<{name}{told}>{content}</{name}>" if content else f"<{name}{told}/>"


def _value(value: object) -> str:
    return place(value) if isinstance(value, float) else escape(str(value), quote=True)


def place(value: float) -> str:
    """Return a coordinate to a tenth of a pixel.

    >>> place(3.04), place(2.0)
    ('3', '2')
    """
    return f"{value:.1f}".removesuffix(".0")


def text(
    words: str, x: float, y: float, *, anchor: str = "start", colour: str = INK, size: int = 12, turn: float | None = None
) -> str:
    """Return words at a place; turn: degrees around it."""
    turned = {} if turn is None else {"transform": f"rotate({place(turn)} {place(x)} {place(y)})"}
    return element("text", escape(words), x=x, y=y, text_anchor=anchor, fill=colour, font_size=size, **turned)


def line(x1: float, y1: float, x2: float, y2: float, colour: str = GRID, width: float = 1.0, dashes: str = "") -> str:
    """Return a straight line."""
    dashed = {"stroke_dasharray": dashes} if dashes else {}
    return element("line", x1=x1, y1=y1, x2=x2, y2=y2, stroke=colour, stroke_width=width, **dashed)


def rectangle(x: float, y: float, width: float, height: float, colour: str, title: str = "") -> str:
    """Return a filled rectangle; title shows when one points at it."""
    return element("rect", _title(title), x=x, y=y, width=max(0.0, width), height=max(0.0, height), fill=colour)


def circle(x: float, y: float, radius: float, colour: str, title: str = "", *, hollow: bool = False) -> str:
    """Return a disc, or a ring."""
    fill = {"fill": "white", "stroke": colour, "stroke_width": 1.5} if hollow else {"fill": colour, "fill_opacity": 0.8}
    return element("circle", _title(title), cx=x, cy=y, r=radius, **fill)


def polyline(points: Iterable[tuple[float, float]], colour: str, width: float = 2.0, dashes: str = "") -> str:
    """Return an open line through points."""
    told = " ".join(f"{place(x)},{place(y)}" for x, y in points)
    dashed = {"stroke_dasharray": dashes} if dashes else {}
    return element("polyline", points=told, fill="none", stroke=colour, stroke_width=width, stroke_linejoin="round", **dashed)


def band(x1: float, top1: float, x2: float, top2: float, height: float, colour: str, title: str) -> str:
    """Return a curved band of one height from one place to another, as in a flow."""
    middle = (x1 + x2) / 2
    path = (
        f"M{place(x1)} {place(top1)}C{place(middle)} {place(top1)} {place(middle)} {place(top2)} {place(x2)} {place(top2)}"
        f"V{place(top2 + height)}C{place(middle)} {place(top2 + height)} {place(middle)} {place(top1 + height)} "
        f"{place(x1)} {place(top1 + height)}Z"
    )
    return element("path", _title(title), d=path, fill=colour, fill_opacity=0.45)


def _title(words: str) -> str:
    return element("title", escape(words)) if words else ""


def drawing(width: float, height: float, parts: Iterable[str], label: str) -> str:
    """Return a whole picture. label: what it shows, for those who cannot see it."""
    return element(
        "svg",
        "".join(parts),
        viewBox=f"0 0 {place(width)} {place(height)}",
        role="img",
        aria_label=label,
        style=f"max-width:{place(width)}px",
        font_family="system-ui,sans-serif",
    )


class Tick(NamedTuple):
    """A mark on an axis."""

    at: float
    words: str


class Scale(NamedTuple):
    """Maps values to pixels, evenly or by their logarithm; what lies outside is drawn at the edge."""

    low: float
    high: float
    start: float
    end: float
    is_log: bool = False

    def __call__(self, value: float) -> float:
        """Return the place of a value."""
        low, high, value = self.low, self.high, min(max(value, self.low), self.high)
        if self.is_log:
            low, high, value = math.log10(low), math.log10(high), math.log10(value)
        return self.start + (self.end - self.start) * ((value - low) / (high - low) if high > low else 0.0)


def even_ticks(high: float, count: int = 5) -> list[float]:
    """Return round steps from 0 up to at least `high`: 1, 2 or 5 times a power of ten.

    >>> even_ticks(7.3), even_ticks(0)
    ([0.0, 2.0, 4.0, 6.0, 8.0], [0.0, 1.0])
    """
    if high <= 0:
        return [0.0, 1.0]
    raw = high / count
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= raw * (1 - 1e-9))
    return [round(number * step, 12) for number in range(math.ceil(high / step - 1e-9) + 1)]


class Frame(NamedTuple):
    """The plot area with its two scales."""

    x: Scale
    y: Scale

    def axes(self, across: Sequence[Tick], up: Sequence[Tick], x_name: str, y_name: str) -> list[str]:
        """Return grid, ticks and names of both axes."""
        left, right, bottom, top = self.x.start, self.x.end, self.y.start, self.y.end
        parts = []
        for tick in up:
            y = self.y(tick.at)
            parts += [line(left, y, right, y), text(tick.words, left - 7, y + 4, anchor="end", colour=SOFT, size=11)]
        for tick in across:
            x = self.x(tick.at)
            parts += [line(x, bottom, x, bottom + 4, SOFT), text(tick.words, x, bottom + 17, anchor="middle", colour=SOFT, size=11)]
        parts.append(line(left, bottom, right, bottom, SOFT))
        parts.append(text(x_name, (left + right) / 2, bottom + 36, anchor="middle"))
        parts.append(text(y_name, left, top - 10))
        return parts


def frame(width: float, height: float, x: tuple[float, float], y: tuple[float, float], *, log: str = "", left: float = 58) -> Frame:
    """Return a plot area inside a picture of this size. log: which of the scales are logarithmic, "x", "y" or "xy"."""
    across = Scale(*x, left, width - 18, "x" in log)
    return Frame(across, Scale(*y, height - 46, 28.0, "y" in log))


def key(entries: Iterable[tuple[str, str]], x: float, y: float) -> list[str]:
    """Return what the colours mean, one entry below the other."""
    parts = []
    for number, (words, colour) in enumerate(entries):
        top = y + 17 * number
        parts += [rectangle(x, top - 8, 14, 8, colour), text(words, x + 20, top, size=11)]
    return parts


def key_row(entries: Iterable[tuple[str, str]], x: float, y: float) -> list[str]:
    """Return what the colours mean, one entry beside the other."""
    parts = []
    for words, colour in entries:
        parts += [rectangle(x, y - 8, 14, 8, colour), text(words, x + 20, y, size=11)]
        x += 40 + 6.2 * len(words)
    return parts
