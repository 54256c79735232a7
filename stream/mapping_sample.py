"""The head of a table whose form nobody has told: encoding and delimiter are found by trying, cells are read as columns."""

import csv
from pathlib import Path
from typing import Final

from connectors.suggest.proposal import find_roles
from connectors.suggest.shapes import Shape, shape_of
from connectors.suggest.writing import Writer
from connectors.table_files import AS_USUAL, ReplayFileError, TableForm, batches, column_names
from connectors.table_json import JSON_SUFFIXES, json_batches, json_column_names

SAMPLE_BYTES: Final = 4_000_000
SAMPLE_ROWS: Final = 5_000
_ENCODINGS: Final = ("utf-8-sig", "gb18030", "utf-16")
_DELIMITERS: Final = ",|\t;"


def suggest(path: Path) -> str:
    """Return the text of a proposed mapping. Errors: ReplayFileError."""
    form = form_of(path)
    shapes = _shapes(path, form)
    return Writer(path.name, form, shapes, find_roles(shapes)).text()


def form_of(path: Path) -> TableForm:
    """Return how a text table seems to be written. Errors: ReplayFileError for one in no encoding that is known."""
    if path.suffix == ".parquet" or path.suffix in JSON_SUFFIXES:
        return AS_USUAL
    with path.open("rb") as file:
        head = file.read(SAMPLE_BYTES)
    head = head[: head.rfind(b"\n") + 1] or head
    encodings = ("utf-16",) if head[:2] in (b"\xff\xfe", b"\xfe\xff") else _ENCODINGS[:2]
    for encoding in encodings:
        try:
            text = head.decode(encoding)
        except UnicodeDecodeError:
            continue
        first = text.partition("\n")[0]
        return TableForm(encoding, max(_DELIMITERS, key=lambda mark: (first.count(mark), -_DELIMITERS.index(mark))))
    raise ReplayFileError(f"{path.name}: neither UTF-8 nor GB18030 nor UTF-16")


def _shapes(path: Path, form: TableForm) -> dict[str, Shape]:
    try:
        if path.suffix in JSON_SUFFIXES:
            names = json_column_names(path)
            found = json_batches(path, names, False, lambda row, why: None)
        else:
            names = column_names(path, form)
            found = batches(path, names, form, lambda row, why: None)
        batch = next(iter(found), None)
    except csv.Error as error:
        raise ReplayFileError(f"{path.name}: {error}") from error
    if batch is None:
        raise ReplayFileError(f"{path.name}: no rows to propose a mapping from")
    return {name: shape_of(batch.columns[name]) for name in names if name in batch.columns}
