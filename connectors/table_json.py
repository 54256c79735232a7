"""Tables written as JSON: `.jsonl` with an object a line, `.json` with one array of them, in the shape of `table_files.py`.

A member within a member is the column `outer.inner`. What is no object is a torn row. An array is read at once, so it must
fit memory; lines are read a batch at a time.
"""

import itertools
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any, Final

import msgspec

from connectors.table_files import BATCH_ROWS, Batch, ReplayFileError, Told

JSON_SUFFIXES: Final = (".jsonl", ".json")
_DEPTH_MAX: Final = 8  # ours: rows are flat or nearly so

_decode: Final = msgspec.json.Decoder().decode
_decode_array: Final = msgspec.json.Decoder(list[msgspec.Raw]).decode


def json_column_names(path: Path) -> list[str]:
    """Return the columns of the first rows, by first appearance. Errors: ReplayFileError."""
    names: dict[str, None] = {}
    for raw in itertools.islice(_raw_rows(path), BATCH_ROWS):
        names |= dict.fromkeys(flat_row(raw) or ())
    if not names:
        raise ReplayFileError(f"{path.name}: no JSON object in the first rows")
    return list(names)


def json_batches(path: Path, names: Collection[str], trim: bool, told: Told) -> Iterator[Batch]:
    """Yield the named columns, batch by batch; rows that are no objects are told and come without a cell."""
    rows = _raw_rows(path)
    first_row = 1
    while chunk := list(itertools.islice(rows, BATCH_ROWS)):
        found = []
        for number, raw in enumerate(chunk, first_row):
            row = flat_row(raw)
            if row is None:
                told(number, "the row is no JSON object")
            found.append(row or {})
        yield batch_of(found, names, trim, first_row)
        first_row += len(chunk)


def batch_of(rows: list[dict[str, Any]], names: Collection[str], trim: bool = False, first_row: int = 1) -> Batch:
    """Return rows as a batch of the named columns that any of them has."""
    present = set().union(*rows) if rows else set()
    return Batch(first_row, len(rows), {name: [_cell(row.get(name), trim) for row in rows] for name in names if name in present})


def _cell(cell: Any, trim: bool) -> Any:
    if isinstance(cell, str):
        return (cell.strip() if trim else cell) or None
    return cell


def flat_row(raw: bytes | msgspec.Raw) -> dict[str, Any] | None:
    """Return the columns of a JSON object, None for what is none.

    >>> flat_row(b'{"id":1,"payer":{"account":"a-1"}}')
    {'id': 1, 'payer.account': 'a-1'}
    """
    try:
        row = _decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return dict(_leaves("", row, _DEPTH_MAX)) if isinstance(row, dict) else None


def _leaves(prefix: str, row: dict[str, Any], depth: int) -> Iterator[tuple[str, Any]]:
    for name, cell in row.items():
        if isinstance(cell, dict) and depth:
            yield from _leaves(f"{prefix}{name}.", cell, depth - 1)
        else:
            yield prefix + name, cell


def _raw_rows(path: Path) -> Iterator[bytes | msgspec.Raw]:
    if path.suffix == ".json":
        try:
            return iter(_decode_array(path.read_bytes()))
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise ReplayFileError(f"{path.name}: no JSON array of rows: {error}") from error
    return _lines(path)


def _lines(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        yield from (line for line in map(bytes.strip, file) if line)
