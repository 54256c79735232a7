"""What each rule of a mapping makes of the columns of a batch: columns derived of others, texts, members of a record."""

import base64
import binascii
import datetime
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

import msgspec

from connectors.cell_json import ABSENT, Member, NotNumbersError, constant, member, rfc3339, scaled
from connectors.flat_fields import transaction_fields
from connectors.mapping_rules import Constant, FromColumn, FromSign, FromTemplate, Mapping, Rule, columns_of
from connectors.row_problems import RowProblems
from connectors.table_files import Batch, Column, Timestamps
from connectors.time_format import reader_of
from connectors.tokens import Tokens

_EPOCH = datetime.date(1970, 1, 1)


class Cells(msgspec.Struct, frozen=True):
    """Columns of some rows of a batch. places: theirs in the batch, to tell problems by."""

    columns: dict[str, Column]
    places: Sequence[int]
    problems: RowProblems
    tokens: Tokens | None

    def wrong(self, key: str, at: Sequence[int], what: str, code: str = "wrong_type") -> None:
        """Note a problem at some of these rows."""
        self.problems.add(key, [self.places[number] for number in at], what, code)


def derived(mapping: Mapping, batch: Batch, problems: RowProblems) -> Batch:
    """Return the batch with the mapping's derived columns, each where the file has what it is derived from."""
    if not mapping.derived:
        return batch
    columns = dict(batch.columns)
    cells = Cells(columns, range(batch.row_count), problems, None)
    for name, rule in mapping.derived.items():
        key = f"derived.{name}"
        if not columns.keys() >= set(columns_of(rule)):
            if isinstance(rule, FromColumn) and rule.default is not None:
                columns[name] = [rule.default] * batch.row_count
        elif isinstance(rule, FromSign):
            columns[name] = [None if number is None else "-" if number < 0 else "+" for number in _signs(key, rule, cells)]
        elif isinstance(rule, FromTemplate):
            columns[name] = _filled(key, rule, cells)
        else:
            columns[name] = _column(key, rule, cells)
    return batch._replace(columns=columns)


def _signs(key: str, rule: FromSign, cells: Cells) -> list[int | None]:
    """Return numbers of the sign that each cell has; a fraction of one is not lost."""
    found = [_ungrouped(cell, rule.grouping) for cell in cells_of(cells.columns[rule.column])]
    try:
        return scaled(found, 1_000)
    except NotNumbersError as error:
        cells.wrong(key, error.places, "the cell is no number")
        return error.values


def member_of(field: str, rule: Rule, cells: Cells) -> Member:
    """Return one field's values; a column that the file does not have leaves the field absent, or at its default."""
    key, kind = f"fields.{field}", transaction_fields()[field].kind
    if isinstance(rule, Constant):
        return constant(rule.value)
    if not cells.columns.keys() >= set(columns_of(rule)):
        has_default = isinstance(rule, FromColumn) and rule.default is not None
        return constant(rule.default) if has_default else [ABSENT] * len(cells.places)  # type: ignore[union-attr,arg-type]
    if isinstance(rule, FromColumn) and rule == FromColumn(rule.column):
        return member(cells.columns[rule.column], kind)
    values = texts_of(key, rule, cells) if isinstance(rule, FromTemplate) else _column(key, rule, cells)  # type: ignore[arg-type]
    return member(values, kind)


def texts_of(key: str, rule: Rule, cells: Cells) -> list[Any]:
    """Return a rule's values as texts, None where absent. key: of the rule, for messages."""
    count = len(cells.places)
    if isinstance(rule, Constant):
        return [str(rule.value)] * count
    if not cells.columns.keys() >= set(columns_of(rule)):
        return [None] * count
    if isinstance(rule, FromTemplate):
        return _tokens(rule.token, _filled(key, rule, cells), cells)
    assert isinstance(rule, FromColumn)
    return [None if cell is None else plain_text(cell) for cell in _column(key, rule, cells)]


def _column(key: str, rule: FromColumn, cells: Cells) -> list[Any]:
    found = cells_of(cells.columns[rule.column])
    if rule.scale is not None:
        found = _amounts(key, rule, found, cells)
    elif rule.codes is not None:
        found = _decoded(key, rule, found, cells)
    elif rule.date:
        found = _each(key, found, cells, _date_reader(rule.date), "the cell is no day of this form", "bad_time")
    if rule.default is not None:
        found = [rule.default if cell is None else cell for cell in found]
    return _tokens(rule.token, found, cells)


def _amounts(key: str, rule: FromColumn, found: list[Any], cells: Cells) -> list[Any]:
    if rule.decimals is not None:
        digits = rule.decimals
        found = _each(key, found, cells, lambda cell: _from_base64(cell, digits), "the cell is no base64 number")
    if rule.grouping:
        found = [_ungrouped(cell, rule.grouping) for cell in found]
    try:
        numbers = scaled(found, rule.scale or 1)
    except NotNumbersError as error:
        cells.wrong(key, error.places, "the cell is no number")
        numbers = error.values
    return [number if number is None else abs(number) for number in numbers] if rule.unsigned else numbers


def _ungrouped(cell: Any, grouping: str) -> Any:
    return cell.replace(grouping, "") if grouping and isinstance(cell, str) else cell


def _from_base64(cell: Any, digits: int) -> Any:
    return decimal_of(cell, digits) if isinstance(cell, str) else cell  # a topic with schemas has told the number already


def decimal_of(text: str, digits: int) -> Decimal:
    """Return the number that Kafka Connect writes as base64 of a whole number in two's complement, highest byte first.

    Errors: ValueError.

    >>> decimal_of("BNI=", 2)
    Decimal('12.34')
    """
    try:
        raw = base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ValueError("no base64") from error
    if not raw or len(raw) > 16:
        raise ValueError("no number of a size that an amount can have")
    return Decimal(int.from_bytes(raw, "big", signed=True)).scaleb(-digits)


def _decoded(key: str, rule: FromColumn, found: list[Any], cells: Cells) -> list[Any]:
    codes, wrong, values = rule.codes or {}, [], []
    for place, cell in enumerate(found):
        value = None if cell is None else codes.get(plain_text(cell), rule.otherwise)
        if cell is not None and value is None:
            wrong.append(place)
        values.append(value)
    cells.wrong(key, wrong, "holds a code that `codes` does not name", "unknown_value")
    return values


def _date_reader(form: str) -> Callable[[Any], datetime.date]:
    def read(cell: Any) -> datetime.date:
        if isinstance(cell, datetime.date):
            return cell
        if form == "days":
            return _EPOCH + datetime.timedelta(days=int(cell))
        return reader_of(form)(plain_text(cell)).date()

    return read


def _each(key: str, found: list[Any], cells: Cells, read: Callable[[Any], Any], what: str, code: str = "wrong_type") -> list[Any]:
    values, wrong = [], []
    for place, cell in enumerate(found):
        try:
            values.append(None if cell is None else read(cell))
        except (ArithmeticError, TypeError, ValueError):
            values.append(None)
            wrong.append(place)
    cells.wrong(key, wrong, what, code)
    return values


def _tokens(kind: str, found: list[Any], cells: Cells) -> list[Any]:
    if not kind:
        return found
    assert cells.tokens is not None, "who carries out a mapping with tokens brings the key"
    make = getattr(cells.tokens, kind)
    return [None if cell is None else make(plain_text(cell)) for cell in found]


def _filled(key: str, rule: FromTemplate, cells: Cells) -> list[Any]:
    text = ""
    holes: list[list[Any]] = []
    for before, column, shape in rule.parts:
        text += before.replace("%", "%%")
        if column is not None:
            text += "%s"
            holes.append(_hole(key, cells_of(cells.columns[column]), shape, cells))
    return [None if None in parts else text % parts for parts in zip(*holes, strict=True)]


def _hole(key: str, found: list[Any], shape: str, cells: Cells) -> list[Any]:
    if not shape:
        return [None if cell is None else plain_text(cell) for cell in found]
    if shape.startswith("0"):
        return [None if cell is None else plain_text(cell).zfill(int(shape)) for cell in found]
    return _each(key, found, cells, lambda cell: format(_finite(cell), "z" + shape), "the cell is no number")


def _finite(cell: Any) -> float:
    number = float(cell)
    if number - number != 0:
        raise ValueError("infinity and NaN are no measures")
    return number


def plain_text(cell: Any) -> str:
    """Return a cell as text; a whole number is written as one even where a gap in its column made it a float."""
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    return "" if cell is None else str(cell)


def cells_of(column: Column) -> list[Any]:
    """Return a column as a list; instants as texts."""
    return rfc3339(column.at) if isinstance(column, Timestamps) else column
