"""How results are shown and kept: an aligned table for people, one JSON file per call for history."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from stream.bench.figures import Figure, Section, as_json
from stream.bench.targets import TARGETS

HEAD = ("", "median", "min .. max", "unit", "floor", "goal", "reached")


def number(value: float) -> str:
    """Return a value with about three significant digits, and whole from 100 on.

    >>> [number(value) for value in (123_456.7, 12.34, 1.234, 0.0123, 0)]
    ['123,457', '12.3', '1.23', '0.0123', '0']
    """
    if value == 0:
        return "0"
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def head_lines(head: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is said of machine, versions and options before anything is measured."""
    machine = head["machine"]
    yield f"{machine['cpu']}, {machine['cores']} cores, {machine['memory_gb']} GB, {machine['system']}"
    yield "  ".join(f"{name} {version}" for name, version in head["versions"].items())
    yield f"seed {head['seed']}, {head['runs']} runs, load average {machine['load_average']}"


def rows(section: Section) -> Iterator[tuple[str, ...]]:
    """Yield one row of table cells per figure, in the order of `HEAD`."""
    for figure in section.figures:
        target = TARGETS.get((section.name, figure.name))
        aims = (number(target.floor), number(target.goal), target.reached(figure.median)) if target is not None else ("", "", "")
        yield (figure.text, number(figure.median), _range(figure), figure.unit, *aims)


def _range(figure: Figure) -> str:
    return f"{number(figure.low)} .. {number(figure.high)}" if len(figure.runs) > 1 else ""


def table(section: Section) -> Iterator[str]:
    """Yield the lines of a section: title, figures, circumstances, checks."""
    yield f"{section.title}  ({section.seconds:.0f} s)"
    cells = [HEAD, *rows(section)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(HEAD))]
    for row in cells if section.figures else ():
        yield "  " + "  ".join(_aligned(row, widths)).rstrip()
    for name, value in section.facts.items():
        if isinstance(value, Sequence) and not isinstance(value, str):
            yield f"  {name}:"
            yield from (f"    {line}" for line in value)
        else:
            yield f"  {name}: {f'{value:,}' if isinstance(value, int) else value}"
    for check in section.checks:
        yield f"  {'ok   ' if check.is_ok else 'WRONG'} {check.name}: {check.detail}"


def _aligned(row: Sequence[str], widths: Sequence[int]) -> Iterator[str]:
    for column, (cell, width) in enumerate(zip(row, widths, strict=True)):
        is_text = column in (0, 3, 6)
        yield cell.ljust(width) if is_text else cell.rjust(width)


def write(path: Path, head: dict[str, Any], sections: Iterable[Section]) -> None:
    """Write one result file, its folder made if missing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    result = {**head, "sections": [as_json(section, TARGETS) for section in sections]}
    path.write_bytes(msgspec.json.format(msgspec.json.encode(result), indent=2) + b"\n")
