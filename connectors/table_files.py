"""Tables on disk, .csv and .parquet, read as batches of columns: never the whole file in memory.

A batch is a dict of columns, each a plain list with None where a cell is empty; a parquet timestamp column is
`Timestamps`. Both formats end in the same shape, so that everything behind this module exists once. Empty text, null,
NaN and NaT all mean absent: on the wire an unknown value is left out.

Rows are numbered from 1 in file order, the header not counted. A csv row with too few or too many cells is an error
and no dead letter: tables are written by programs, and a torn row means that the columns behind it cannot be trusted.
Who reads a bank's daily file asks to be `told` of such rows instead; they come as rows without a cell.
"""

import csv
import io
import itertools
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt

BATCH_ROWS = 16_384  # ours: large enough that work per batch vanishes beside work per row, small enough for a few MB


class ReplayFileError(ValueError):
    """A file of the operator's cannot be read as what it should be; the text names the file and what to do."""


class TableForm(msgspec.Struct, frozen=True):
    """How a text table is written. header: the names of the columns of a file that does not tell them; trim: blanks around
    cells are no part of them."""

    encoding: str = "utf-8-sig"
    delimiter: str = ","
    header: tuple[str, ...] = ()
    trim: bool = False


AS_USUAL: Final = TableForm()


class RawTable(NamedTuple):
    """A text table that is no file."""

    name: str
    raw: bytes
    suffix: str = ".csv"


TableFile = Path | RawTable
Told = Callable[[int, str], None]
"""Told the number of a row that cannot be read, and why."""


class Timestamps(NamedTuple):
    """A column of instants in microseconds, NaT where absent; `is_utc` False means wall time of a zone not stated."""

    at: npt.NDArray[np.datetime64]
    is_utc: bool


Column = list[Any] | Timestamps
"""Cells in row order; None where absent."""


class Batch(NamedTuple):
    """Rows `first_row`, `first_row + 1`, ... (`row_count` of them) of one table, by column."""

    first_row: int
    row_count: int
    columns: dict[str, Column]


def column_names(path: TableFile, form: TableForm = AS_USUAL) -> list[str]:
    """Return the names of the columns in file order.

    Errors: ReplayFileError if the file is no such table, has no header, or names a column twice.
    """
    if isinstance(path, Path) and path.suffix == ".parquet":
        names = list(_open_parquet(path).schema_arrow.names)
    elif form.header:
        names = list(form.header)
    else:
        with opened_text(path, form) as lines:
            names = next(_csv_rows(path, lines, form, 0, None), [])
    if not names:
        raise ReplayFileError(f"{path.name}: no column names in the first line")
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ReplayFileError(f"{path.name}: column named twice: {', '.join(twice)}")
    return names


def batches(path: TableFile, names: Collection[str], form: TableForm = AS_USUAL, told: Told | None = None) -> Iterator[Batch]:
    """Yield the named columns of the table, batch by batch in file order; names the file does not have are left out.

    Errors: ReplayFileError if the file is no such table or is torn.
    """
    if isinstance(path, Path) and path.suffix == ".parquet":
        return _parquet_batches(path, names)
    return _csv_batches(path, names, form, told)


def parquet_row_count(path: Path) -> int:
    """Return the number of rows as the file's own footer states it."""
    return int(_open_parquet(path).metadata.num_rows)


def opened_text(path: TableFile, form: TableForm) -> io.TextIOBase:
    """Return a table's text, line ends as they are."""
    if isinstance(path, RawTable):
        return io.TextIOWrapper(io.BytesIO(path.raw), encoding=form.encoding, newline="")
    return path.open(encoding=form.encoding, newline="")


def _csv_batches(path: TableFile, names: Collection[str], form: TableForm, told: Told | None) -> Iterator[Batch]:
    header = column_names(path, form)
    first_row = 1
    with opened_text(path, form) as lines:
        rows = itertools.islice(_csv_rows(path, lines, form, len(form.header), told), 0 if form.header else 1, None)
        while chunk := list(itertools.islice(rows, BATCH_ROWS)):
            by_name = zip(header, zip(*chunk, strict=True), strict=True)
            columns: dict[str, Column] = {name: _texts(cells, form.trim) for name, cells in by_name if name in names}
            yield Batch(first_row, len(chunk), columns)
            first_row += len(chunk)


def _texts(cells: tuple[str, ...], trim: bool) -> list[Any]:
    if trim:
        return [cell.strip() or None for cell in cells]
    return [cell or None for cell in cells] if "" in cells else list(cells)


def _csv_rows(path: TableFile, lines: Iterator[str], form: TableForm, width: int, told: Told | None) -> Iterator[list[str]]:
    """Yield header and rows, all of one width, without blank lines; a broken file gets an error that names it.

    width: of the rows, 0 where the first line tells it.
    """
    reader = csv.reader(lines, strict=True, delimiter=form.delimiter)
    number = -1 if width == 0 else 0
    try:
        for cells in reader:
            if not cells:
                continue
            number += 1
            if len(cells) == width or not width:
                width = len(cells)
                yield cells
            elif told is None:
                line = reader.line_num
                raise ReplayFileError(f"{path.name}: line {line} has {len(cells)} cells, the header {width}")
            else:
                told(number, f"the row has {len(cells)} cells, the header {width}")
                yield [""] * width
    except (csv.Error, UnicodeDecodeError) as error:
        what = "UTF-8" if form.encoding == "utf-8-sig" else form.encoding
        reason = error.reason if isinstance(error, UnicodeDecodeError) else error
        raise ReplayFileError(f"{path.name}: no {what} csv after line {reader.line_num}: {reason}") from error


def _open_parquet(path: Path) -> Any:
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError as error:
        text = f"{path.name}: reading parquet needs pyarrow; install it with: pip install 'goldenhour[parquet]'"
        raise ReplayFileError(text) from error
    try:
        return parquet.ParquetFile(path)
    except pyarrow.ArrowException as error:
        raise ReplayFileError(f"{path.name}: no parquet file: {error}") from error


def _parquet_batches(path: Path, names: Collection[str]) -> Iterator[Batch]:
    table = _open_parquet(path)
    import pyarrow

    wanted = [name for name in table.schema_arrow.names if name in names]
    first_row = 1
    try:
        for rows in table.iter_batches(batch_size=BATCH_ROWS, columns=wanted):
            columns = {name: _column(rows.column(at)) for at, name in enumerate(rows.schema.names)}
            yield Batch(first_row, rows.num_rows, columns)
            first_row += rows.num_rows
    except (pyarrow.ArrowException, OSError) as error:
        raise ReplayFileError(f"{path.name}: damaged after row {first_row - 1}: {error}") from error


def _column(array: Any) -> Column:
    """Return one arrow array as a column; the fast ways are for the types that big files are made of."""
    import pyarrow
    from pyarrow import types

    if types.is_dictionary(array.type):
        array = array.dictionary_decode()
    if types.is_timestamp(array.type):
        # Nanoseconds are cut, not refused: the contract carries microseconds at most.
        at = array.cast(pyarrow.timestamp("us", tz=array.type.tz), safe=False).to_numpy(zero_copy_only=False)
        return Timestamps(at, is_utc=array.type.tz is not None)
    if types.is_binary(array.type) or types.is_large_binary(array.type):
        array = array.cast(pyarrow.string())  # text written by a tool that did not say so
    if types.is_floating(array.type):
        cells = array.to_numpy(zero_copy_only=False)
        values: list[Any] = cells.tolist()
        return [None if cell != cell else cell for cell in values] if np.isnan(cells).any() else values
    if types.is_integer(array.type) and not array.null_count:
        return array.to_numpy().tolist()  # type: ignore[no-any-return]
    if types.is_string(array.type) or types.is_large_string(array.type):
        texts: list[Any] = array.to_numpy(zero_copy_only=False).tolist()
        return [text or None for text in texts] if "" in texts else texts
    return array.to_pylist()  # type: ignore[no-any-return]
