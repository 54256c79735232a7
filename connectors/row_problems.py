"""What is wrong with the rows of a mapped table, collected so that it is told at once."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from connectors.errors import DecodeError
from connectors.mapping_rules import Mapping, MappingError, Rule, columns_of

PROBLEMS_MAX: Final = 20  # ours: enough to see the pattern, few enough to read


class RowProblems:
    """Collects what is wrong with the rows of one batch."""

    def __init__(self, mapping: Mapping, first_row: int) -> None:
        self._mapping = mapping
        self._first_row = first_row
        self._found: list[tuple[int, str, str, Any]] = []

    def add(self, key: str, places: Sequence[int], what: str, code: str = "wrong_type") -> None:
        """Note a problem at places (from 0) of the batch. what: a sentence without any value of the row."""
        self._found += [(self._first_row + place, key, what, code) for place in places]

    def raise_any(self) -> None:
        """Raise MappingError if anything was noted, in row order."""
        if not self._found:
            return
        lines = [f"row {row}: {key}: {what}" for row, key, what, _ in sorted(self._found)]
        rest = len(lines) - PROBLEMS_MAX
        raise MappingError(self._mapping.name, lines[:PROBLEMS_MAX] + ([f"and {rest} more"] if rest > 0 else []))

    def errors(self) -> Iterator[tuple[int, DecodeError]]:
        """Yield (row, error) for every problem, in row order; a field is told with the columns that it is made of."""
        for row, key, what, code in sorted(self._found):
            yield row, DecodeError(code, self._place(key), row, what)

    def _place(self, key: str) -> str:
        head, _, field = key.partition(".")
        return place_of(self._mapping, field) if head == "fields" else key


def place_of(mapping: Mapping, field: str | None) -> str:
    """Return a field with the columns that it is made of: `amount_minor (TXN_AMT)`."""
    rules: list[Rule | None] = [fields[field] for fields in mapping.variants.values() if field in fields]
    if field in ("event_time", "event_id"):
        rules = [mapping.event_time if field == "event_time" else mapping.event_id]
    columns = sorted(mapping.of_file({column for rule in rules if rule is not None for column in columns_of(rule)}))
    return f"{field or 'row'} ({', '.join(columns)})" if columns else field or "row"
