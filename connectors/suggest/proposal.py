"""Puts names and shapes of columns together: which column is what, how sure that is, and why."""

from typing import Final

import msgspec

from connectors.suggest.roles import Named, named
from connectors.suggest.shapes import Shape

SURE, LIKELY, GUESS = "sure", "likely", "guess"
_WORDS: Final = {
    "id": "an id of the movement",
    "original": "the id of the movement taken back",
    "time": "when it happened",
    "date": "the day",
    "step": "a count of hours",
    "amount": "the amount",
    "currency": "the currency",
    "side": "debit or credit",
    "code": "what kind of movement",
    "status": "the status",
    "channel": "the channel",
    "account": "the account that is booked",
    "other": "the account on the other side",
    "payer": "the payer's account",
    "payee": "the payee's account",
    "merchant": "the shop",
    "other_bank": "the bank on the other side",
    "card": "the card",
    "customer": "the customer",
    "terminal": "the machine",
    "lat": "a latitude",
    "lon": "a longitude",
    "balance": "a balance after it",
    "device": "the device",
    "ip": "an address of the network",
    "purpose": "the purpose",
    "age": "an age",
    "opened": "the day of opening",
    "label": "a label",
    "person": "a person's name or trait",
}


class Found(msgspec.Struct, frozen=True):
    """A column taken for a role. why: names and counts, never a cell."""

    column: str
    role: str
    shape: Shape
    certainty: str
    why: str


def find_roles(shapes: dict[str, Shape]) -> dict[str, Found]:
    """Return role -> the column that fits it best. shapes: column -> its shape, in file order."""
    found: dict[str, Found] = {}
    names = {column: named(column) for column in shapes}
    for column, name in names.items():
        if name is not None and _fits(name.role, shapes[column]):
            _take(found, Found(column, name.role, shapes[column], SURE if name.is_exact else LIKELY, _reason(name, shapes[column])))
        elif (name is not None and name.role in ("time", "date")) and shapes[column].is_whole and not shapes[column].is_unique:
            why = f"the name says a time ({name.name}), the cells a count; {told_of(shapes[column])}"
            _take(found, Found(column, "step", shapes[column], GUESS, why))
    taken = {one.column for one in found.values()} | {column for column, name in names.items() if name is not None}
    for column, shape in shapes.items():
        role = _role_by_shape(shape)
        if column not in taken and role is not None and role not in found:
            _take(found, Found(column, role, shape, GUESS, f"by its cells alone {_WORDS[role]}: {told_of(shape)}"))
    return found


def _take(found: dict[str, Found], one: Found) -> None:
    before = found.get(one.role)
    if before is None or (before.certainty != SURE and one.certainty == SURE):
        found[one.role] = one


def _reason(name: Named, shape: Shape) -> str:
    return f"the name says {_WORDS[name.role]} ({name.name}); {told_of(shape)}"


def _fits(role: str, shape: Shape) -> bool:
    """Say whether cells can be what the name says; a column without any cell cannot be used."""
    if not shape.count:
        return False
    match role:
        case "time":
            return shape.time is not None or shape.is_time_of_day
        case "date" | "opened":
            return shape.date is not None or shape.time is not None
        case "amount" | "lat" | "lon" | "balance" | "age" | "step":
            return shape.is_number and shape.date is None
        case "currency":
            return shape.is_currency
        case "label":
            return shape.is_flag
        case "code" | "status" | "channel" | "side":
            return bool(shape.codes)
    return True


def _role_by_shape(shape: Shape) -> str | None:
    if not shape.count:
        return None
    if shape.time is not None:
        return "time"
    if shape.is_currency and shape.distinct < shape.count:
        return "currency"
    if shape.is_number and shape.decimals == 2 and not shape.is_whole:
        return "amount"
    if shape.digits >= 16:
        return "account"
    return None


def told_of(shape: Shape) -> str:
    """Return a shape in words.

    >>> told_of(Shape(count=3, absent=1, distinct=2, is_number=True, decimals=2, has_negative=True))
    '3 cells, 1 empty, 2 different; numbers, 2 decimals, some negative'
    """
    words = [f"{shape.count} cells", *([f"{shape.absent} empty"] if shape.absent else []), f"{shape.distinct} different"]
    kinds = []
    if shape.time is not None:
        kinds.append(f"times ({shape.time[1] or shape.time[0]}), {'with' if shape.has_zone else 'without'} offset")
    elif shape.date is not None:
        kinds.append(f"days ({shape.date})")
    elif shape.is_number:
        kinds.append("whole numbers" if shape.is_whole else f"numbers, {shape.decimals} decimals")
        if shape.has_negative:
            kinds.append("some negative")
        if shape.has_grouping:
            kinds.append("thousands grouped")
    elif shape.is_currency:
        kinds.append("ISO 4217")
    return ", ".join(words) + (f"; {', '.join(kinds)}" if kinds else "")
