"""Rows of a table as raw transactions: under the contract's flattened names as they are, or through a column mapping.

A cell that does not fit its field is passed on as it is, so that the codec refuses the record with the field's name
and the row becomes a dead letter instead of vanishing. A mapping is stricter where it has to compute: a cell that is
no number, no time or no known code is the mapping's error, since more rows than one are sure to have it.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from connectors.cell_json import ABSENT, Member, NotNumbersError, constant, member, rfc3339, scaled, transaction_rows
from connectors.flat_fields import transaction_fields
from connectors.mapping_rules import Constant, FromColumn, FromTemplate, Mapping, Rule, columns_of
from connectors.row_clock import RowClock, RowProblems
from connectors.table_files import Batch, Column, ReplayFileError, Timestamps, batches, column_names
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


def mapped_rows(mapping: Mapping, path: Path, warn: Warn) -> Iterator[Rows]:
    """Yield the rows of a table as the mapping makes them, in file order.

    Errors: MappingError if the file lacks a required column, or, with the rows named, if a cell cannot be computed
    with. Columns that the mapping neither uses nor ignores are told to `warn`, once.
    """
    present = column_names(path)
    mapping.check_columns(present)
    unknown = [name for name in present if name not in mapping.known_columns()]
    if unknown:
        warn(f"{path.name}: columns left out, the mapping {mapping.name} says nothing of them: {', '.join(unknown)}")
    return _mapped_rows(mapping, path)


def _mapped_rows(mapping: Mapping, path: Path) -> Iterator[Rows]:
    clock = RowClock(mapping, path)
    for batch in batches(path, mapping.columns()):
        problems = RowProblems(mapping, batch.first_row)
        at = clock.instants(batch, problems)
        shared: dict[str, Column] = {
            "event_id": event_ids(mapping, path, batch, problems),
            "event_time": Timestamps(at, is_utc=True),
        }
        raws: list[bytes] = [b""] * batch.row_count
        for code, places in _places_by_code(mapping, batch, problems).items():
            fields = mapping.variants[code]
            own = _picked(shared, places, batch.row_count)
            columns = _picked(batch.columns, places, batch.row_count)
            flat = {name: member(cells, _kind(name)) for name, cells in own.items()}
            flat |= {name: _member(name, rule, columns, places, problems) for name, rule in fields.items()}
            for place, raw in zip(places, transaction_rows(flat, len(places)), strict=True):
                raws[place] = raw
        problems.raise_any()
        yield Rows(_milliseconds(at), raws)


def _kind(field: str) -> str:
    return transaction_fields()[field].kind


def _places_by_code(mapping: Mapping, batch: Batch, problems: "RowProblems") -> dict[str, Sequence[int]]:
    if mapping.code_column is None:
        return {"": range(batch.row_count)}
    places: dict[str, list[int]] = {}
    for place, cell in enumerate(_cells(batch.columns[mapping.code_column])):
        places.setdefault(_plain_text(cell), []).append(place)
    for code in places.keys() - mapping.variants.keys():
        problems.add("when", places.pop(code), "holds a code that no `when` names")
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


def _member(field: str, rule: Rule, columns: dict[str, Column], places: Sequence[int], problems: "RowProblems") -> Member:
    """Return one field's values; a column that the file does not have leaves the field absent in every row."""
    if isinstance(rule, Constant):
        return constant(rule.value)
    absent = [ABSENT] * len(places)
    if not columns.keys() >= set(columns_of(rule)):
        return absent
    if isinstance(rule, FromColumn) and rule.scale is None:
        return member(columns[rule.column], _kind(field))
    try:
        if isinstance(rule, FromTemplate):
            return member(_filled_template(rule, columns), _kind(field))
        assert isinstance(rule, FromColumn)
        return member(scaled(_cells(columns[rule.column]), rule.scale or 1), _kind(field))
    except NotNumbersError as error:
        problems.add(f"fields.{field}", [places[at] for at in error.places], "the cell is no number")
    return absent


def _filled_template(rule: FromTemplate, columns: dict[str, Column]) -> list[str | None]:
    text = ""
    holes: list[list[Any]] = []
    for before, column, rounding in rule.parts:
        text += before.replace("%", "%%")
        if column is not None:
            text += "%s"
            holes.append(_hole(_cells(columns[column]), rounding))
    return [None if None in cells else text % cells for cells in zip(*holes, strict=True)]


def _hole(cells: list[Any], rounding: str) -> list[Any]:
    if not rounding:
        return [None if cell is None else _plain_text(cell) for cell in cells]
    texts: list[str | None] = []
    wrong: list[int] = []
    for place, cell in enumerate(cells):
        try:
            texts.append(None if cell is None else format(_finite(cell), "z" + rounding))
        except (TypeError, ValueError):
            wrong.append(place)
    if wrong:
        raise NotNumbersError(wrong)
    return texts


def _finite(cell: Any) -> float:
    number = float(cell)
    if number - number != 0:
        raise ValueError("infinity and NaN are no measures")
    return number


def _plain_text(cell: Any) -> str:
    """Return a cell as text; a whole number is written as one even where a gap in its column made it a float."""
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    return "" if cell is None else str(cell)


def _cells(column: Column) -> list[Any]:
    return rfc3339(column.at) if isinstance(column, Timestamps) else column


def event_ids(mapping: Mapping, path: Path, batch: Batch, problems: "RowProblems") -> list[Any]:
    """Return the event ids of a batch, the same in the stream and in a label file.

    Without a rule they are made of the file's name and the row's number.
    """
    rule = mapping.event_id
    if rule is None:
        prefix = row_id_prefix(path)
        return [f"{prefix}{row}" for row in range(batch.first_row, batch.first_row + batch.row_count)]
    return texts_of("fields.event_id", rule, batch, problems)


def row_id_prefix(path: Path) -> str:
    """Return what stands before the row's number in a made event id.

    >>> row_id_prefix(Path("days/2026-03-02.csv"))
    '2026-03-02-'
    """
    return path.stem[:_ROW_ID_STEM_MAX] + "-"


def texts_of(key: str, rule: Rule, batch: Batch, problems: "RowProblems") -> list[Any]:
    """Return a rule's values as texts, None where absent. key: of the rule, for messages."""
    if isinstance(rule, Constant):
        return [str(rule.value)] * batch.row_count
    if not batch.columns.keys() >= set(columns_of(rule)):
        return [None] * batch.row_count
    if not isinstance(rule, FromTemplate):
        return _hole(_cells(batch.columns[rule.column]), "")
    try:
        return _filled_template(rule, batch.columns)
    except NotNumbersError as error:
        problems.add(key, error.places, "the cell is no number")
    return [None] * batch.row_count
