"""The times of a record: which fields hold them, all of them in UTC, none finer than microseconds."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any, Final, TypeVar, cast

from msgspec import inspect, structs

from connectors.errors import DecodeError
from models.records import Record

_RecordT = TypeVar("_RecordT", bound=Record)

_TOO_FINE: Final = re.compile(r"\.\d{7}")


@cache
def time_fields(record: type[Record]) -> Mapping[str, type[Record] | None]:
    """Return the names of a record's times, each with None, and of its lists of records with times, each with their
    class.

    >>> from models.records import ReportedTransfer, VictimReport
    >>> time_fields(VictimReport) == {"reported_at": None, "transfers": ReportedTransfer}
    True
    """
    fields: dict[str, type[Record] | None] = {}
    for field in structs.fields(record):
        kind = inspect.type_info(field.type)
        for option in kind.types if isinstance(kind, inspect.UnionType) else (kind,):
            if isinstance(option, inspect.DateTimeType):
                fields[field.name] = None
            if isinstance(option, inspect.VarTupleType) and isinstance(option.item_type, inspect.StructType):
                nested = cast(type[Record], option.item_type.cls)
                if time_fields(nested):
                    fields[field.name] = nested
    return fields


def in_utc(record: _RecordT) -> _RecordT:
    """Return the record with every time in UTC; the same object if they all are already."""
    changes: dict[str, Any] = {}
    for name in time_fields(type(record)):
        value = getattr(record, name)
        if isinstance(value, datetime):
            if value.tzinfo is not UTC:
                changes[name] = value.astimezone(UTC)
        elif value is not None:
            changes[name] = tuple(in_utc(part) for part in value)
    return structs.replace(record, **changes) if changes else record


def check_precision(document: Mapping[str, Any], record: type[Record], path: str = "") -> None:
    """Refuse a time finer than microseconds, which a decoder would round without a word.

    document: the record's JSON as dicts and lists, already known to be of this class.
    Errors: DecodeError `bad_time` with the field.
    """
    for name, nested in time_fields(record).items():
        value = document.get(name)
        if isinstance(value, str) and _TOO_FINE.search(value):
            raise DecodeError("bad_time", path + name, None, "the time is finer than microseconds")
        if isinstance(value, list) and nested is not None:
            for index, part in enumerate(value):
                check_precision(part, nested, f"{path}{name}[{index}].")
