"""Change streams of a core bank's tables: what Debezium writes to Kafka, through a mapping, as transactions.

`envelope.py` reads a change, `changes.py` says which events it makes, `rows.py` does so for many at once. The language of
mappings is that of tables (connectors/mapping.py); a column is a column of the row.

| change | becomes |
|---|---|
| insert (c), snapshot (r) | the transaction in the status that the row has; for REVERSED its approval too |
| update (u) of the status | APPROVED, DECLINED with the request as original; REVERSED with the approval as original |
| update (u) of anything else | nothing; an amount, currency, kind or account that changes is an error |
| delete (d) | nothing; with `deleted = "REVERSED"` the reversal of an approved row |
| tombstone, truncate (t), message (m) | nothing, counted |

| column with a schema | becomes |
|---|---|
| Decimal, VariableScaleDecimal (base64) | the number, exactly; decimals as text or number are read without a schema too |
| Date | a day |
| Timestamp, MicroTimestamp, NanoTimestamp | a time of the wall clock in the mapping's `zone`, cut to microseconds |
| ZonedTimestamp | the instant |
| Time, MicroTime, NanoTime | a text, for templates |

Dropped: columns that the mapping does not name; a large cell that the database did not log (absent); changes of columns that are
part of no event. `event_id` is the row's id and `-q`, `-a`, `-d` or `-r`; an event that is not the row's first happens at
`source.ts_ms`.

What a detector misses without it is what the table does not have (see connectors/tables). A database that logs only keys of the
old row (no REPLICA IDENTITY FULL) hides what an update changed: then every update tells the row's status anew, harmless by its id,
but an approval does not name its request. A table that overwrites a row's time loses when the customer acted.
"""

from collections.abc import Iterable, Sequence

from connectors.cdc.envelope import Envelopes
from connectors.cdc.rows import ChangeRows
from connectors.cdc.samples import MAPPING, change_events
from connectors.errors import DecodeError
from connectors.mapping_rules import Mapping
from connectors.tokens import Tokens
from models.records import InputRecord


class Changes:
    """The connector. mapping: of the rows of one table; tokens: for a mapping that makes any."""

    name = "cdc"

    def __init__(self, mapping: Mapping, tokens: Tokens) -> None:
        self.rows = ChangeRows(mapping, tokens)

    def decode(self, raw: bytes) -> Sequence[InputRecord]:
        """Return the transactions that a change makes. Errors: DecodeError, for a row without a column of the mapping too."""
        change = Envelopes().read(raw)
        if change is None:
            return []
        column = self.rows.missing_column(change)
        if column is not None:
            side = "after" if change.after is not None else "before"
            raise DecodeError("missing_field", f"{change.prefix}{side}.{column}", 0, "the row has no such column")
        (found,) = self.rows.events([(raw, change)])
        if isinstance(found, DecodeError):
            raise found
        return found

    def decode_many(self, raws: Iterable[bytes]) -> list[InputRecord]:
        """Return the transactions of many changes at once, as `goldenhour ingest cdc` reads them. Errors: DecodeError."""
        envelopes, found = Envelopes(), list[InputRecord]()
        changes = [(raw, change) for raw in raws if (change := envelopes.read(raw)) is not None]
        for events in self.rows.events(changes):
            if isinstance(events, DecodeError):
                raise events
            found += events
        return found

    def samples(self) -> Sequence[bytes]:
        """Return changes with and without their schema."""
        return change_events()


def connectors(tokens: Tokens) -> Iterable[Changes]:
    """Return the connector with the mapping of its own samples."""
    return [Changes(MAPPING, tokens)]
