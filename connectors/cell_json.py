"""A column of table cells as JSON values, and columns of members as JSON objects: a whole column at a time.

A `Piece` is JSON text with a hole per column; filling the holes row by row gives that row's JSON. As long as a member
is there in every row, it costs one hole of the row's template and nothing else, so a mapped row takes a few
microseconds. A member that is absent in some rows is a plain list instead, its cells JSON text or "" (absent): it
brings its own comma.

Nothing here judges a value. A cell that is not of its field's type stays JSON of the type it has, and the codec
behind refuses it with the field's name: one place decides what is valid.
"""

import re
from collections.abc import Mapping
from datetime import date, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from types import NoneType
from typing import Any, NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt

from connectors.table_files import Column, Timestamps

ABSENT = ""

_TO_ESCAPE = re.compile(r'[\x00-\x1f"\\]')
_WHOLE_NUMBER = re.compile(r"[+-]?\d{1,19}")
_TEXT_KINDS = ("string", "date", "time")
_BOOLEANS = {"true": "true", "false": "false", "1": "true", "0": "false"}
SCALED_DIGITS_MAX = 18  # amounts have 16 at most, microseconds of this millennium 17; eight bytes hold any 18
_SURE_OF_PRODUCT = 1e12  # below it a float product is off by less than 0.001, so only near-ties need the exact way
_TIE_MARGIN = 1e-3

_encoder = msgspec.json.Encoder()


class NotNumbersError(ValueError):
    """Cells to compute with are no numbers. places: theirs in the column, from 0. values: of the column, None at these places."""

    def __init__(self, places: list[int], values: list[int | None]) -> None:
        super().__init__("cells that are no numbers")
        self.places = places
        self.values = values


class Piece(NamedTuple):
    """JSON text present in every row: `template` has one `%s` per column of `columns`."""

    template: str
    columns: tuple[list[Any], ...]


Member = Piece | list[str]
"""A piece, or a list with `ABSENT` in some rows."""


def constant(value: str | int | float | bool) -> Piece:
    """Return the piece that is the same JSON value in every row."""
    return Piece(_encoder.encode(value).decode().replace("%", "%%"), ())


def member(column: Column, kind: str) -> Member:
    """Return a column as JSON values of a contract type.

    kind: as in `flat_fields.FlatField`. Numbers become texts in a field of texts (account numbers are often stored as
    such), texts become numbers and truth values where they read as one (csv knows nothing else).

    >>> member([17, 18], "string")
    Piece(template='"%s"', columns=([17, 18],))
    >>> member(["12", None, "twelve"], "integer")
    ['12', '', '"twelve"']
    """
    if isinstance(column, Timestamps):
        texts = rfc3339(column.at)
        column = texts if kind == "time" else [text and text[:10] for text in texts] if kind == "date" else texts
    types = set(map(type, column))
    if types <= {str} or (kind == "string" and types <= {str, int}):
        if kind in _TEXT_KINDS:
            return _text_piece(column, types)
    elif (kind == "integer" and types == {int}) or (kind == "number" and types == {float} and np.isfinite(column).all()):
        return Piece("%s", (column,))
    cell_json = _CELL_JSON.get(kind, _any_json)
    if types <= {str, NoneType}:  # csv: few different texts in most columns, so each is worked out once
        known = {cell: ABSENT if cell is None else cell_json(cell) for cell in set(column)}
        texts = [known[cell] for cell in column]
    else:
        texts = [ABSENT if cell is None else cell_json(cell) for cell in column]
    return texts if NoneType in types else Piece("%s", (texts,))


def _text_piece(column: list[Any], types: set[type]) -> Piece:
    """One search of all the texts together is far cheaper than escaping each; real data rarely needs any."""
    if str in types and _TO_ESCAPE.search(" ".join(map(str, column))):
        return Piece("%s", ([_encoder.encode(str(cell)).decode() for cell in column],))
    return Piece('"%s"', (column,))


def _text_json(cell: Any) -> str:
    if isinstance(cell, float) and cell.is_integer():  # a column of whole numbers that once had a gap
        cell = int(cell)
    if isinstance(cell, int) and not isinstance(cell, bool):
        cell = str(cell)
    return _any_json(cell)


def _integer_json(cell: Any) -> str:
    if isinstance(cell, str) and _WHOLE_NUMBER.fullmatch(cell):
        return str(int(cell))
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, Decimal) and cell.is_finite() and cell == cell.to_integral_value():
        return str(int(cell))
    return _any_json(cell)


def _number_json(cell: Any) -> str:
    if isinstance(cell, str | Decimal):
        try:
            return _any_json(float(cell))
        except ValueError:
            return _any_json(cell)
    return _any_json(cell)


def _boolean_json(cell: Any) -> str:
    return _BOOLEANS.get(str(cell).lower()) or _any_json(cell)


def _any_json(cell: Any) -> str:
    """Return the cell as JSON; infinity, which JSON does not have, as its name, so that the codec refuses it."""
    if isinstance(cell, float) and cell - cell != 0:
        cell = str(cell)
    if isinstance(cell, date) and not isinstance(cell, datetime):
        cell = cell.isoformat()
    return _encoder.encode(cell).decode()


_CELL_JSON = {"string": _text_json, "integer": _integer_json, "number": _number_json, "boolean": _boolean_json}


def rfc3339(at: npt.NDArray[np.datetime64]) -> list[Any]:
    """Return instants as RFC 3339 text in UTC, None for NaT; microseconds are written only where there are any.

    >>> rfc3339(np.array(["2018-04-01T00:00:31", "NaT", "2018-04-01T00:00:31.5"], dtype="M8[us]"))
    ['2018-04-01T00:00:31Z', None, '2018-04-01T00:00:31.500000Z']
    """
    seconds = at.astype("M8[s]")
    is_whole = (seconds == at) | np.isnat(at)
    texts: list[Any] = np.datetime_as_string(seconds, timezone="UTC").tolist()
    if not is_whole.all():
        exact = np.datetime_as_string(at, timezone="UTC").tolist()
        texts = [whole if keep else full for whole, full, keep in zip(texts, exact, is_whole.tolist(), strict=True)]
    return [None if text == "NaT" else text for text in texts] if np.isnat(at).any() else texts


def json_object(members: Mapping[str, Member], *, needs_a_cell: bool = False) -> Member:
    """Return the objects with these members, row by row; absent members are left out.

    needs_a_cell: an object in which every cell of the table is absent is itself absent, whatever constants it would
    have (a transaction without payee has no `{"type": "MERCHANT"}` either).
    """
    fixed = {name: member for name, member in members.items() if isinstance(member, Piece)}
    loose = {name: member for name, member in members.items() if not isinstance(member, Piece)}
    body = ",".join(f'"{name}":{piece.template}' for name, piece in fixed.items())
    columns = tuple(column for piece in fixed.values() for column in piece.columns)
    if not loose:
        return Piece("{" + body + "}", columns)
    with_commas = [[f',"{name}":{cell}' if cell else ABSENT for cell in cells] for name, cells in loose.items()]
    if columns or (fixed and not needs_a_cell):
        return Piece("{" + body + "%s" * len(loose) + "}", (*columns, *with_commas))
    tails = ["".join(cells) for cells in zip(*with_commas, strict=True)]
    body %= ()
    skip = 0 if body else 1
    return [f"{{{body}{tail[skip:]}}}" if tail else ABSENT for tail in tails]


def transaction_rows(flat: Mapping[str, Member], count: int) -> list[bytes]:
    """Return `count` transactions from their members by flattened name, in the order of `flat`."""
    nested: dict[str, dict[str, Member]] = {}
    top: dict[str, Member] = {}
    for name, cells in flat.items():
        head, dot, leaf = name.partition(".")
        if dot:
            nested.setdefault(head, {})[leaf] = cells
        else:
            top[head] = cells
    objects = {head: json_object(members, needs_a_cell=True) for head, members in nested.items()}
    return filled(json_object(top | objects), count)


def filled(piece: Member, count: int) -> list[bytes]:
    """Return the JSON of each of `count` rows as UTF-8 bytes."""
    if not isinstance(piece, Piece):
        return [text.encode() for text in piece]
    template = piece.template
    if not piece.columns:
        return [(template % ()).encode()] * count
    return [(template % cells).encode() for cells in zip(*piece.columns, strict=True)]


def scaled(column: list[Any], scale: int, digits_max: int = SCALED_DIGITS_MAX) -> list[int | None]:
    """Return cells times `scale` as whole numbers, exactly, ties to even; None where a cell is absent.

    A float stands for the shortest decimal that reads back as it: 0.29 is 0.29 and gives 29, although the float product
    is 28.999999999999996. Texts and decimals are taken as written.
    Errors: NotNumbersError naming all places whose cells are no finite number.

    >>> scaled([0.29, "0.125", None], 100)
    [29, 12, None]
    """
    types = set(map(type, column))
    if types == {int} and max(max(column), -min(column)) * scale < 10**digits_max:
        return [cell * scale for cell in column]
    if types == {float}:
        product = np.array(column, dtype=np.float64) * scale
        with np.errstate(invalid="ignore"):
            whole = np.rint(product)
            is_sure = (np.abs(np.abs(product - whole) - 0.5) > _TIE_MARGIN) & (np.abs(product) < _SURE_OF_PRODUCT)
        if is_sure.all():
            return whole.astype(np.int64).tolist()  # type: ignore[no-any-return]
    values: list[int | None] = []
    wrong = []
    for place, cell in enumerate(column):
        try:
            values.append(None if cell is None else _scaled_exactly(cell, scale, digits_max))
        except (ArithmeticError, TypeError, ValueError):
            wrong.append(place)
            values.append(None)
    if wrong:
        raise NotNumbersError(wrong, values)
    return values


def _scaled_exactly(cell: Any, scale: int, digits_max: int) -> int:
    if isinstance(cell, bool):
        raise TypeError("a truth value is no number")
    number = Decimal(repr(cell) if isinstance(cell, float) else cell) * scale
    if not number.is_finite() or number.adjusted() >= digits_max:
        raise ValueError("no number of a size that an amount can have")
    return int(number.to_integral_value(ROUND_HALF_EVEN))
