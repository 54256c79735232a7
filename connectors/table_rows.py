"""Rows of a table as raw transactions: under the contract's flattened names as they are, or through a column mapping.

A cell that does not fit its field is passed on as it is, so that the codec refuses the record with the field's name
and the row becomes a dead letter instead of vanishing. A mapping is stricter where it has to compute: a cell that is
no number, no time or no known code is the mapping's error, since more rows than one are sure to have it.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from connectors.cell_json import member, transaction_rows
from connectors.flat_fields import transaction_fields
from connectors.mapping_rules import Mapping, MappingError
from connectors.row_clock import RowClock
from connectors.row_problems import RowProblems
from connectors.rule_values import Cells, cells_of, derived, member_of, plain_text, texts_of
from connectors.table_files import Batch, Column, ReplayFileError, TableFile, Timestamps, batches, column_names
from connectors.tokens import Tokens
from models.units import time_us

_ROW_ID_STEM_MAX = 40  # leaves 23 of the 64 characters of an event_id for the number of the row

Warn = Callable[[str], None]


class Rows(NamedTuple):
    """Raw transactions with the milliseconds since 1970 at which each arrived, None where the row does not say."""

    arrivals_ms: list[int | None]
    raws: list[bytes]


def contract_rows(path: Path, warn: Warn) -> Iterator[Rows]:
    """Yield the rows of a table whose columns are flattened fields; `arrival_time` is known besides, as in .jsonl.

    Times without offset are read as UTC in a parquet timestamp column and refused by the codec as text.
    Errors: ReplayFileError if a required column is missing. Other columns are told to `warn`, once, and left out.
    """
    fields = transaction_fields()
    present = column_names(path)
    missing = [name for name, field in fields.items() if field.is_required and name not in present]
    if missing:
        raise ReplayFileError(f"{path.name}: no column {', '.join(missing)}; foreign columns need a mapping")
    unknown = [name for name in present if name not in fields and name != "arrival_time"]
    if unknown:
        warn(f"{path.name}: columns left out, the contract has no such field: {', '.join(unknown)}")
    return _contract_rows(path, [*fields, "arrival_time"])


def _contract_rows(path: Path, names: list[str]) -> Iterator[Rows]:
    for batch in batches(path, names):
        arrivals = _arrivals_ms(batch.columns["event_time"])
        if "arrival_time" in batch.columns:
            own = _arrivals_ms(batch.columns.pop("arrival_time"))
            arrivals = [at if at is not None else other for at, other in zip(own, arrivals, strict=True)]
        fields = transaction_fields()
        flat = {name: member(batch.columns[name], fields[name].kind) for name in names if name in batch.columns}
        yield Rows(arrivals, transaction_rows(flat, batch.row_count))


def _arrivals_ms(column: Column) -> list[int | None]:
    if isinstance(column, Timestamps):
        return _milliseconds(column.at)
    return [_text_ms(cell) for cell in column]


def _text_ms(cell: Any) -> int | None:
    try:
        at = datetime.fromisoformat(cell)
    except (TypeError, ValueError):
        return None
    return None if at.tzinfo is None else time_us(at) // 1000


def _milliseconds(at: npt.NDArray[np.datetime64]) -> list[int | None]:
    known: list[int | None] = (at.astype(np.int64) // 1000).tolist()
    if not np.isnat(at).any():
        return known
    return [None if nat else ms for ms, nat in zip(known, np.isnat(at).tolist(), strict=True)]


def mapped_rows(mapping: Mapping, path: Path, warn: Warn, tokens: Tokens | None = None) -> Iterator[Rows]:
    """Yield the rows of a table as the mapping makes them, in file order.

    tokens: for a mapping that makes any. Errors: MappingError if the file lacks a required column, or, with the rows named, if a
    cell cannot be computed with. Columns that the mapping neither uses nor ignores are told to `warn`, once.
    """
    check_fit(mapping, path, column_names(path, mapping.table), tokens, warn)
    return _mapped_rows(mapping, path, tokens)


def check_fit(mapping: Mapping, path: TableFile, present: list[str], tokens: Tokens | None, warn: Warn) -> None:
    """Return if a mapping can read a table with these columns; tell `warn` which columns of a file it says nothing of.

    Errors: MappingError.
    """
    mapping.check_columns(present)
    if problems := key_problems(mapping, tokens):
        raise MappingError(mapping.name, problems)
    unknown = unknown_columns(mapping, present)
    if unknown and isinstance(path, Path):
        warn(f"{path.name}: columns left out, the mapping {mapping.name} says nothing of them: {', '.join(unknown)}")


def key_problems(mapping: Mapping, tokens: Tokens | None) -> list[str]:
    """Return what is wrong where a mapping makes tokens and there is no key for them."""
    if mapping.needs_tokens() and tokens is None:
        return ["it makes tokens: set token_key_file to the key that all feeds share"]
    return []


def unknown_columns(mapping: Mapping, present: Iterable[str]) -> list[str]:
    """Return the columns of a file that a mapping says nothing of."""
    known = mapping.known_columns()
    return [name for name in present if name not in known]


def _mapped_rows(mapping: Mapping, path: Path, tokens: Tokens | None) -> Iterator[Rows]:
    clock = RowClock(mapping, path)
    for batch in batches(path, mapping.columns(), mapping.table):
        problems = RowProblems(mapping, batch.first_row)
        rows = rows_of(mapping, batch, clock, problems, row_id_prefix(path), tokens)
        problems.raise_any()
        yield rows


def rows_of(mapping: Mapping, batch: Batch, clock: RowClock, problems: RowProblems, id_prefix: str, tokens: Tokens | None) -> Rows:
    """Return a batch's rows as the mapping makes them; those that cannot be read are in `problems`, and no transaction here."""
    batch = derived(mapping, batch, problems)
    at = clock.instants(batch, problems) if clock.column in batch.columns else np.full(batch.row_count, "NaT", dtype="M8[us]")
    shared: dict[str, Column] = {
        "event_id": event_ids(mapping, id_prefix, batch, problems),
        "event_time": Timestamps(at, is_utc=True),
    }
    raws: list[bytes] = [b""] * batch.row_count
    for code, places in _places_by_code(mapping, batch, problems).items():
        fields = mapping.variants[code]
        own = _picked(shared, places, batch.row_count)
        cells = Cells(_picked(batch.columns, places, batch.row_count), places, problems, tokens)
        flat = {name: member(column, _kind(name)) for name, column in own.items()}
        flat |= {name: member_of(name, rule, cells) for name, rule in fields.items()}
        for place, raw in zip(places, transaction_rows(flat, len(places)), strict=True):
            raws[place] = raw
    return Rows(_milliseconds(at), raws)


def _kind(field: str) -> str:
    return transaction_fields()[field].kind


def _places_by_code(mapping: Mapping, batch: Batch, problems: RowProblems) -> dict[str, Sequence[int]]:
    if mapping.code_column is None:
        return {"": range(batch.row_count)}
    places: dict[str, list[int]] = {}
    column = batch.columns.get(mapping.code_column)
    for place, cell in enumerate(cells_of(column) if column is not None else [None] * batch.row_count):
        places.setdefault(plain_text(cell), []).append(place)
    for code in sorted(places.keys() - mapping.variants.keys()):
        problems.add("when", places.pop(code), "holds a code that no `when` names", "unknown_value")
    return dict(places)


def _picked(columns: dict[str, Column], places: Sequence[int], count: int) -> dict[str, Column]:
    if len(places) == count:
        return columns
    return {
        name: Timestamps(cells.at[list(places)], cells.is_utc)
        if isinstance(cells, Timestamps)
        else [cells[place] for place in places]
        for name, cells in columns.items()
    }


def event_ids(mapping: Mapping, id_prefix: str, batch: Batch, problems: RowProblems) -> list[Any]:
    """Return the event ids of a batch with its derived columns, the same in the stream and in a label file.

    Without a rule they are made of the file's name and the row's number.
    """
    rule = mapping.event_id
    if rule is None:
        return [f"{id_prefix}{row}" for row in range(batch.first_row, batch.first_row + batch.row_count)]
    return texts_of("fields.event_id", rule, Cells(batch.columns, range(batch.row_count), problems, None))


def row_id_prefix(path: TableFile) -> str:
    """Return what stands before the row's number in a made event id.

    >>> row_id_prefix(Path("days/2026-03-02.csv"))
    '2026-03-02-'
    """
    return (path.stem if isinstance(path, Path) else path.name)[:_ROW_ID_STEM_MAX] + "-"
