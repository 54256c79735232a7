"""From change events to records: read, map, write, wait for the brokers, then commit; a crash repeats events by their ids."""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime

from connectors.cdc.envelope import Change, Envelopes
from connectors.cdc.rows import ChangeRows
from connectors.contract_json import dead_letter
from connectors.errors import DecodeError
from connectors.kafka_group import GroupRecord
from connectors.mapping_rules import Mapping
from connectors.pacing import OutboundRecord
from connectors.table_files import ReplayFileError
from connectors.tokens import Tokens
from models.records import Source
from stream.ingest import Send, outbound, outbound_letter

_OPS = {"c": "inserted", "r": "snapshot", "u": "updated", "d": "deleted", "t": "truncated", "m": "message"}


class SchemaChangeError(ReplayFileError):
    """A table has no longer the columns that the mapping needs. Nothing of the record or behind it is committed."""


class CdcIngest:
    """Takes batches of records of change topics. counts: of kinds of change, transactions and errors.

    tokens: for a mapping that makes any. now: of dead letters. say: told once of each column that the mapping does not name.
    """

    def __init__(
        self, mapping: Mapping, tokens: Tokens | None, send: Send, now: Callable[[], datetime], say: Callable[[str], None]
    ) -> None:
        self.counts: Counter[str] = Counter()
        self._rows = ChangeRows(mapping, tokens)
        self._envelopes = Envelopes()
        self._send = send
        self._now = now
        self._say = say
        self._told: set[str] = set()

    def take(self, records: Sequence[GroupRecord]) -> None:
        """Send what the records say; on return the brokers have it, and the records may be committed.

        Errors: BrokerError; SchemaChangeError naming topic and column, after what stands before it was sent.
        """
        changes: list[tuple[GroupRecord, Change]] = []
        out: list[OutboundRecord] = []
        fault: SchemaChangeError | None = None
        for record in records:
            try:
                change = self._envelopes.read(record.value)
            except DecodeError as error:
                out.append(self._letter(record, error))
                continue
            if change is None:
                self.counts["tombstones"] += 1
                continue
            fault = self._schema_fault(record, change)
            if fault is not None:
                break
            self.counts[_OPS.get(change.op, "unknown")] += 1
            changes.append((record, change))
        found = self._rows.events([(record.value or b"", change) for record, change in changes])
        for (record, _), events in zip(changes, found, strict=True):
            if isinstance(events, DecodeError):
                out.append(self._letter(record, events))
            else:
                self.counts["transactions"] += len(events)
                out += map(outbound, events)
        self._send(out)
        if fault is not None:
            raise fault

    def _schema_fault(self, record: GroupRecord, change: Change) -> SchemaChangeError | None:
        column = self._rows.missing_column(change)
        if column is not None:
            where = f"{record.topic}, partition {record.partition}, offset {record.offset}"
            mapping = self._rows.mapping.name
            what = f"the row has no column {column!r}, which the mapping {mapping} uses"
            return SchemaChangeError(f"{where}: {what}; put the mapping right and start again")
        new = [name for name in self._rows.unknown_columns(change.after or {}) if name not in self._told]
        if new:
            self._told.update(new)
            self._say(
                f"{record.topic}: columns left out, the mapping {self._rows.mapping.name} says nothing of them: {', '.join(new)}"
            )
        return None

    def _letter(self, record: GroupRecord, error: DecodeError) -> OutboundRecord:
        self.counts["errors"] += 1
        source = Source(topic=record.topic, partition=record.partition, offset=record.offset)
        now = self._now()
        return outbound_letter(dead_letter(error, source, record.value, now), now)

    def told(self) -> str:
        """Return the counts in one line."""
        told = ("inserted", "snapshot", "updated", "deleted", "tombstones", "truncated", "message", "unknown")
        seen = ", ".join(f"{self.counts[name]:,} {name}" for name in told if self.counts[name])
        return f"{seen or 'no changes'}: {self.counts['transactions']:,} transactions, {self.counts['errors']:,} errors"
