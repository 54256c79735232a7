"""The money-flow picture as boxes, arrows and labels with coordinates; the template writes them as SVG. Pure."""

from typing import Final, NamedTuple

from stream.desk.flow import Flow, Node
from stream.desk.veil import Veil
from stream.desk.words import money, word

_BOX_WIDTH: Final = 164
_BOX_HEIGHT: Final = 48
_COLUMN: Final = 272
_ROW: Final = 66
_MARGIN: Final = 8


class Box(NamedTuple):
    """A node. kind: its CSS class."""

    x: int
    y: int
    kind: str
    title: str
    below: str


class Arrow(NamedTuple):
    """A movement, or several between the same two. path: of SVG. x, y: of the label."""

    path: str
    x: int
    y: int
    label: str
    is_reported: bool


class Picture(NamedTuple):
    """What is drawn, in pixels."""

    width: int
    height: int
    box_width: int
    box_height: int
    boxes: list[Box]
    arrows: list[Arrow]
    more: int


def picture(flow: Flow, veil: Veil, language: str) -> Picture:
    """Return the picture of a money flow; without boxes where there is none."""
    by_key = {node.key: node for node in flow.nodes}
    boxes = [_box(flow, node, veil, language) for node in flow.nodes]
    between: dict[tuple[str, str], tuple[int, int, bool]] = {}
    for one in flow.arrows:
        minor, count, is_reported = between.get((one.source, one.sink), (0, 0, False))
        between[one.source, one.sink] = (minor + one.amount_minor, count + 1, is_reported or one.is_reported)
    arrows = []
    for (source, sink), (minor, count, is_reported) in sorted(between.items()):
        label = money(minor, flow.currency) + (f" ×{count}" if count > 1 else "")
        arrows.append(_arrow(flow, by_key[source], by_key[sink], label, is_reported=is_reported))
    width = max(1, flow.columns) * _COLUMN - (_COLUMN - _BOX_WIDTH) + 2 * _MARGIN
    return Picture(width, flow.rows * _ROW + 2 * _MARGIN, _BOX_WIDTH, _BOX_HEIGHT, boxes, arrows, flow.more)


def _corner(flow: Flow, node: Node) -> tuple[int, int]:
    """Return where a box begins; a column with fewer boxes stands in the middle of the height."""
    in_column = sum(other.column == node.column for other in flow.nodes)
    top = _MARGIN + (flow.rows - in_column) * _ROW // 2
    return _MARGIN + node.column * _COLUMN, top + node.row * _ROW + (_ROW - _BOX_HEIGHT) // 2


def _box(flow: Flow, node: Node, veil: Veil, language: str) -> Box:
    x, y = _corner(flow, node)
    if node.kind != "ACCOUNT":
        return Box(x, y, "leaf", word(node.kind, language), node.terminal)
    kind = "subject" if node.is_subject else "elsewhere" if node.bank else "account"
    below = node.bank
    if node.still_minor is not None:
        here = money(node.still_minor, flow.currency)
        below = f"{word('here', language)} {here}" if language == "zh" else f"{here} {word('here', language)}"
    return Box(x, y, kind, veil.account(node.account), below)


def _arrow(flow: Flow, source: Node, sink: Node, label: str, *, is_reported: bool) -> Arrow:
    (from_x, from_y), (to_x, to_y) = _corner(flow, source), _corner(flow, sink)
    half = _BOX_HEIGHT // 2
    is_onward = sink.column > source.column
    start_x, end_x = (from_x + _BOX_WIDTH, to_x - 7) if is_onward else (from_x, to_x + _BOX_WIDTH + 7)
    start_y, end_y = from_y + half, to_y + half
    if sink.column == source.column:  # beside each other in one column: round the right side
        start_x = from_x + _BOX_WIDTH
        bow = start_x + 46
        path = f"M{start_x} {start_y} C{bow} {start_y} {bow} {end_y} {end_x} {end_y}"
        return Arrow(path, bow, (start_y + end_y) // 2, label, is_reported)
    middle = (start_x + end_x) // 2
    path = f"M{start_x} {start_y} C{middle} {start_y} {middle} {end_y} {end_x} {end_y}"
    # Nearer to the end with more boxes, so that labels of a fan do not lie on each other.
    is_fan_in = sum(other.column == source.column for other in flow.nodes) > sum(
        other.column == sink.column for other in flow.nodes
    )
    label_y = start_y + (end_y - start_y) * (22 if is_fan_in else 78) // 100
    return Arrow(path, middle, label_y - 5, label, is_reported)
