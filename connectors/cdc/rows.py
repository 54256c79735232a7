"""Changed rows as events of the contract: the rows before and after go through the mapping a batch at a time."""

from collections.abc import Sequence
from typing import Any

import msgspec

from connectors.cdc.changes import Flat, events_of, events_of_deleted
from connectors.cdc.envelope import Change, Row
from connectors.contract_json import decode_transaction
from connectors.errors import DecodeError
from connectors.json_position import position_of
from connectors.mapping_rules import SPREAD_US, Mapping, MappingError
from connectors.row_clock import RowClock
from connectors.row_problems import RowProblems, place_of
from connectors.table_files import RawTable
from connectors.table_json import batch_of
from connectors.table_rows import key_problems, rows_of, unknown_columns
from connectors.tokens import Tokens
from models.records import Transaction

Events = list[Transaction] | DecodeError

_decode = msgspec.json.Decoder(dict[str, Any]).decode
_encode = msgspec.json.Encoder().encode


class ChangeRows:
    """Carries out one mapping. Errors: MappingError for one that says too little of a row by itself."""

    def __init__(self, mapping: Mapping, tokens: Tokens | None) -> None:
        problems = []
        if mapping.event_id is None:
            problems.append("fields.event_id: is required, a change stream has no row numbers")
        if mapping.event_time.reading in SPREAD_US:
            problems.append("fields.event_time: a change stream has no day or hour to spread rows over")
        problems += key_problems(mapping, tokens)
        if problems:
            raise MappingError(mapping.name, problems)
        self.mapping = mapping
        self._tokens = tokens
        self._clock = RowClock(mapping, RawTable("rows", b""))
        self._columns = mapping.columns()

    def missing_column(self, change: Change) -> str | None:
        """Return a column of the mapping that a row no longer has, or never had; the first by name."""
        row = change.after
        return None if row is None else next((name for name in sorted(self._columns) if name not in row), None)

    def unknown_columns(self, row: Row) -> list[str]:
        """Return the columns of a row that the mapping says nothing of."""
        return unknown_columns(self.mapping, row)

    def events(self, changes: Sequence[tuple[bytes, Change]]) -> list[Events]:
        """Return what each change makes, in order."""
        befores = self._mapped([change.before for _, change in changes])
        afters = self._mapped([change.after for _, change in changes])
        return [
            self._events(raw, change, before, after) for (raw, change), before, after in zip(changes, befores, afters, strict=True)
        ]

    def _mapped(self, rows: list[Row | None]) -> list[Flat | DecodeError | None]:
        """Return rows as the mapping makes them; None where there is none."""
        batch = batch_of([row or {} for row in rows], self._columns, self.mapping.table.trim)
        problems = RowProblems(self.mapping, 1)
        raws = rows_of(self.mapping, batch, self._clock, problems, "", self._tokens).raws
        found: list[Flat | DecodeError | None] = [
            None if row is None else _decode(raw) if raw else None for row, raw in zip(rows, raws, strict=True)
        ]
        for number, error in reversed(list(problems.errors())):
            if rows[number - 1] is not None:
                found[number - 1] = error
        return found

    def _events(self, raw: bytes, change: Change, before: Flat | DecodeError | None, after: Flat | DecodeError | None) -> Events:
        try:
            # A row of which only the key was logged says nothing of what it was.
            was = before if not isinstance(before, DecodeError) and self._is_whole(change.before) else None
            match change.op:
                case "c" | "r" | "u":
                    if after is None:
                        raise DecodeError("missing_field", "after", None, "the change tells no row")
                    if isinstance(after, DecodeError):
                        raise after
                    made = events_of(was if change.op == "u" else None, after, change.at_ms)
                case "d":
                    made = events_of_deleted(was, change.at_ms) if self.mapping.deletes_reverse else []
                case "t" | "m":
                    made = []
                case _:
                    raise DecodeError("unknown_value", "op", None, "the kind of change is none of c, u, d, r, t, m")
            return [decode_transaction(_encode(event)) for event in made]
        except DecodeError as error:
            return self._placed(raw, change, error)

    def _is_whole(self, row: Row | None) -> bool:
        return row is not None and row.keys() >= self._columns

    def _placed(self, raw: bytes, change: Change, error: DecodeError) -> DecodeError:
        """Return an error with the columns to blame, and the byte at which the first of them stands."""
        if error.field in ("op", "before", "after"):
            field = change.prefix + error.field
            return DecodeError(error.code, field, position_of(raw, field) or 0, error.reason)
        field = error.field or "row"
        if " (" not in field:
            field = place_of(self.mapping, field)
        column = field.partition(" (")[2].rstrip(")").split(", ")[0]
        side = "before" if change.op == "d" else "after"
        at = position_of(raw, f"{change.prefix}{side}.{column}" if column else f"{change.prefix}{side}")
        return DecodeError(error.code, field, at or 0, error.reason)
