"""The rules of a column mapping as checked values: `mapping_reader.py` makes them, `table_rows.py` carries them out."""

from collections.abc import Iterable
from typing import Final

import msgspec

from connectors.table_files import ReplayFileError, TableForm

SPREAD_US: Final = {"day": 86_400_000_000, "hour": 3_600_000_000}
"""Readings of a time that give only a day or an hour -> its length, over which the rows of one are spread."""

Plain = str | int | float | bool


class MappingError(ReplayFileError):
    """A mapping is wrong or does not fit the file. Says every problem at once with its key, column or row, no value."""

    def __init__(self, name: str, problems: list[str]) -> None:
        super().__init__(f"mapping {name}: " + "; ".join(problems))
        self.problems = problems


class Constant(msgspec.Struct, frozen=True):
    """The same value in every row."""

    value: Plain


class FromColumn(msgspec.Struct, frozen=True):
    """The cell of one column, after what is asked of it, in the order of the members.

    decimals: a base64 text is a whole number of so many decimals, as Kafka Connect writes one. grouping: what stands between
    thousands. scale: makes a whole number, cell times scale; unsigned: without its sign. codes: what each code stands for, with
    `otherwise` for any other. date: form of a day, or `days` since 1970. default: of an empty cell. token: `account`, `card` or
    `customer`: a keyed hash in place of the value.
    """

    column: str
    decimals: int | None = None
    grouping: str = ""
    scale: int | None = None
    unsigned: bool = False
    codes: dict[str, Plain] | None = None
    otherwise: Plain | None = None
    date: str = ""
    default: Plain | None = None
    token: str = ""


class FromTemplate(msgspec.Struct, frozen=True):
    """A text put together of cells; absent where one of its cells is."""

    parts: tuple[tuple[str, str | None, str], ...]
    """(text before, column or None at the end, rounding such as `.1f`, width such as `06`, or nothing)."""
    token: str = ""


class FromSign(msgspec.Struct, frozen=True):
    """`-` where a number is below zero, else `+`; of derived columns only."""

    column: str
    grouping: str = ""


class FromTime(msgspec.Struct, frozen=True):
    """An instant. `zone_us` is the offset east of UTC, `origin_us` the instant at which the count is `first`.

    form: of texts, in strftime's letters; "" for ISO 8601.
    """

    column: str
    reading: str
    zone_us: int = 0
    origin_us: int = 0
    first: int = 0
    form: str = ""


Rule = Constant | FromColumn | FromTemplate | FromTime
DerivedRule = FromColumn | FromTemplate | FromSign


class LabelRule(msgspec.Struct, frozen=True):
    """Where the label of a row stands, and optionally its case and typology."""

    column: str
    case: Rule | None = None
    typology: Rule | None = None

    def columns(self) -> frozenset[str]:
        """Return the columns that label, case and typology are read from."""
        extras = (rule for rule in (self.case, self.typology) if rule is not None)
        return frozenset({self.column}.union(*map(columns_of, extras)))


class Mapping(msgspec.Struct, frozen=True):
    """A checked mapping. `variants`: code -> the fields of the rows with that code; without `when` the only code is "".

    event_id: None where it is to be made of the row's number. Both it and event_time are the same for every code.
    derived: columns made of others, in the order in which they are made. deletes_reverse: a deleted row was taken back.
    """

    name: str
    requires: frozenset[str]
    event_time: FromTime
    event_id: Rule | None
    variants: dict[str, dict[str, Rule]]
    code_column: str | None
    ignored: dict[str, str]
    label: LabelRule | None
    about: str = ""
    derived: dict[str, DerivedRule] = {}
    table: TableForm = TableForm()
    deletes_reverse: bool = False

    def columns(self) -> frozenset[str]:
        """Return the columns of the file that the fields are made from, the label's not among them."""
        used = {self.event_time.column}
        if self.code_column is not None:
            used.add(self.code_column)
        if self.event_id is not None:
            used.update(columns_of(self.event_id))
        for fields in self.variants.values():
            used.update(column for rule in fields.values() for column in columns_of(rule))
        return self.of_file(used)

    def of_file(self, names: Iterable[str]) -> frozenset[str]:
        """Return the columns of the file that these are made of, a derived one replaced by what it is derived from."""
        found, left = set[str](), list(names)
        while left:
            name = left.pop()
            if name in self.derived:
                left += columns_of(self.derived[name])
            else:
                found.add(name)
        return frozenset(found)

    def known_columns(self) -> frozenset[str]:
        """Return every column that the mapping says something of."""
        return self.columns() | self.ignored.keys() | (self.label.columns() if self.label else frozenset())

    def check_columns(self, present: Iterable[str]) -> None:
        """Accept a file with these columns. Errors: MappingError naming all required columns that it has not."""
        missing = sorted(self.of_file(self.requires) - set(present))
        if missing:
            raise MappingError(self.name, [f"the file has no column {column!r}, see requires" for column in missing])

    def needs_tokens(self) -> bool:
        """Return whether a rule makes tokens, so that a key is needed."""
        rules = [rule for fields in self.variants.values() for rule in fields.values()]
        return any(isinstance(rule, FromColumn | FromTemplate) and rule.token for rule in rules)


def columns_of(rule: Rule | DerivedRule) -> list[str]:
    """Return the columns a rule reads.

    >>> columns_of(FromTemplate((("", "shop", ""), ("@", "lat", ".1f"))))
    ['shop', 'lat']
    """
    if isinstance(rule, FromTemplate):
        return [column for _, column, _ in rule.parts if column is not None]
    return [] if isinstance(rule, Constant) else [rule.column]
