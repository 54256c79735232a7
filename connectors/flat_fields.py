"""The transaction record seen flat: `payer.account`, `terminal.id`, ... with the type of each field.

Tables (.csv, .parquet) and column mappings address a transaction by these names. They are read off the record class
itself, so a field added to the contract is known here without an edit.
"""

from collections.abc import Iterator, Mapping
from functools import cache
from types import MappingProxyType
from typing import NamedTuple

from msgspec import inspect

from models.records import Transaction

_KINDS: Mapping[type[inspect.Type], str] = MappingProxyType(
    {
        inspect.StrType: "string",
        inspect.LiteralType: "string",
        inspect.IntType: "integer",
        inspect.FloatType: "number",
        inspect.BoolType: "boolean",
        inspect.DateType: "date",
        inspect.DateTimeType: "time",
    }
)


class FlatField(NamedTuple):
    """One leaf of the transaction record.

    kind: `string`, `integer`, `number`, `boolean`, `date` or `time`.
    choices: the only values allowed, empty where any is.
    is_required: the record never goes without it (False for what only a party or terminal requires).
    """

    kind: str
    choices: frozenset[str]
    is_required: bool


@cache
def transaction_fields() -> Mapping[str, FlatField]:
    """Return every leaf of the transaction record by its flattened name, in the record's order.

    >>> transaction_fields()["payer.holder_age"].kind
    'integer'
    """
    return MappingProxyType(dict(_leaves(Transaction, prefix="", is_root=True)))


def _leaves(record: type, *, prefix: str, is_root: bool) -> Iterator[tuple[str, FlatField]]:
    shape = inspect.type_info(record)
    assert isinstance(shape, inspect.StructType)
    for field in shape.fields:
        kind = _without_absence(field.type)
        name = prefix + field.encode_name
        if isinstance(kind, inspect.StructType):
            yield from _leaves(kind.cls, prefix=name + ".", is_root=False)
        else:
            choices = frozenset(map(str, kind.values)) if isinstance(kind, inspect.LiteralType) else frozenset[str]()
            yield name, FlatField(_KINDS[type(kind)], choices, is_root and field.required)


def _without_absence(kind: inspect.Type) -> inspect.Type:
    """Return the type a value has when it is there; `str | None` is a string."""
    while isinstance(kind, inspect.Metadata | inspect.UnionType):
        if isinstance(kind, inspect.Metadata):
            kind = kind.type
        else:
            (kind,) = (member for member in kind.types if not isinstance(member, inspect.NoneType))
    return kind
