"""On which line of a TOML text each key stands: the parser tells values only, and a problem should be found at once."""

import re
from typing import Final

_TABLE: Final = re.compile(r"^\s*(\[\[|\[)\s*(.+?)\s*\]{1,2}\s*(?:#.*)?$")
_KEY: Final = re.compile(r"""^\s*((?:"[^"]*"|'[^']*'|[\w-]+)(?:\s*\.\s*(?:"[^"]*"|'[^']*'|[\w-]+))*)\s*=""")
_PART: Final = re.compile(r""""([^"]*)"|'([^']*)'|([\w-]+)""")


def lines_of(text: str) -> dict[str, int]:
    """Return dotted key -> line from 1; elements of an array of tables are numbered from 1.

    Members of an inline table stand on the line of their key, which `line_of` falls back to.

    >>> lines_of('a = 1\\n[[when]]\\n[when.fields]\\n"payer.account" = 2')
    {'a': 1, 'when[1]': 2, 'when[1].fields': 3, 'when[1].fields.payer.account': 4}
    """
    found: dict[str, int] = {}
    counts: dict[str, int] = {}
    table = ""
    inside = ""  # the mark that ends a text of several lines
    for number, line in enumerate(text.splitlines(), start=1):
        if inside:
            inside = "" if inside in line else inside
            continue
        if match := _TABLE.match(line):
            table = _dotted(match[2])
            if match[1] == "[[":
                counts[table] = counts.get(table, 0) + 1
            table = _numbered(table, counts)
            found.setdefault(table, number)
        elif match := _KEY.match(line):
            found.setdefault(".".join(filter(None, (table, _dotted(match[1])))), number)
        inside = next((mark for mark in ('"""', "'''") if line.count(mark) % 2), "")
    return found


def line_of(lines: dict[str, int], key: str) -> int | None:
    """Return the line of a key, or else of the nearest table around it.

    >>> line_of({"fields": 3, "fields.kind": 5}, "fields.kind.column"), line_of({"fields": 3}, "fields.card"), line_of({}, "x")
    (5, 3, None)
    """
    while key:
        if key in lines:
            return lines[key]
        key = key[: max(key.rfind("."), 0)]
    return None


def _dotted(text: str) -> str:
    return ".".join(quoted or single or bare for quoted, single, bare in _PART.findall(text))


def _numbered(table: str, counts: dict[str, int]) -> str:
    """Return the name of a table within the latest element of the array that it stands in."""
    for array, count in counts.items():
        if table == array or table.startswith(array + "."):
            return f"{array}[{count}]{table[len(array) :]}"
    return table
