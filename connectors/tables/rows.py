"""Rows of one file as transactions of the contract, and for each row that is none an error with its number, field and column."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from connectors.contract_json import decode_transaction
from connectors.errors import DecodeError
from connectors.mapping_rules import Mapping, MappingError
from connectors.row_clock import RowClock
from connectors.row_problems import RowProblems, place_of
from connectors.table_files import Batch, ReplayFileError, TableFile, Told, batches, column_names
from connectors.table_json import JSON_SUFFIXES, json_batches, json_column_names
from connectors.table_rows import check_fit, row_id_prefix, rows_of
from connectors.tokens import Tokens
from models.records import Transaction

SUFFIXES = (".csv", ".txt", ".parquet", *JSON_SUFFIXES)


class RowsRead(NamedTuple):
    """Some rows of a file in order. errors: their `position` is the number of the row, from 1; 0 is the file as a whole."""

    first_row: int
    records: list[Transaction | None]
    errors: list[DecodeError]


def columns_in(mapping: Mapping, path: TableFile) -> list[str]:
    """Return the columns of a file. Errors: ReplayFileError."""
    if isinstance(path, Path) and path.suffix in JSON_SUFFIXES:
        return json_column_names(path)
    return column_names(path, mapping.table)


def read_rows(
    mapping: Mapping, path: TableFile, tokens: Tokens | None, warn: Callable[[str], None] = lambda text: None
) -> Iterator[RowsRead]:
    """Yield the rows of a table, batch by batch.

    warn: called with one sentence for columns that the mapping says nothing of. Errors: ReplayFileError where it is no table, or
    breaks off; MappingError for one without the columns that the mapping requires. What came before holds.
    """
    check_fit(mapping, path, columns_in(mapping, path), tokens, warn)
    clock = RowClock(mapping, path)
    torn: dict[int, str] = {}
    for batch in _batches(mapping, path, torn.__setitem__):
        yield read_batch(mapping, batch, clock, row_id_prefix(path), tokens, torn)
        torn.clear()


def _batches(mapping: Mapping, path: TableFile, told: Told) -> Iterator[Batch]:
    names = mapping.columns()
    if isinstance(path, Path) and path.suffix in JSON_SUFFIXES:
        yield from json_batches(path, names, mapping.table.trim, told)
        return
    yield from batches(path, names, mapping.table, told)


def read_batch(
    mapping: Mapping, batch: Batch, clock: RowClock, id_prefix: str, tokens: Tokens | None, torn: dict[int, str]
) -> RowsRead:
    """Return a batch's rows. torn: number of a row that came without its cells -> why."""
    problems = RowProblems(mapping, batch.first_row)
    raws = rows_of(mapping, batch, clock, problems, id_prefix, tokens).raws
    errors: dict[int, list[DecodeError]] = {row: [DecodeError("bad_frame", "row", row, why)] for row, why in torn.items()}
    for row, error in problems.errors():
        if row not in torn:
            errors.setdefault(row, []).append(error)
    records: list[Transaction | None] = []
    for row, raw in enumerate(raws, batch.first_row):
        record = None
        if row not in errors:
            try:
                record = decode_transaction(raw)
            except DecodeError as error:
                errors[row] = [DecodeError(error.code, place_of(mapping, error.field), row, error.reason)]
        records.append(record)
    return RowsRead(batch.first_row, records, [error for row in sorted(errors) for error in errors[row]])


def error_of_file(error: ReplayFileError) -> DecodeError:
    """Return what is wrong with a file as a whole as an error of row 0."""
    reason = str(error) if isinstance(error, MappingError) else "the file is no table of this kind, or breaks off"
    return DecodeError("bad_frame", "file", 0, reason)
