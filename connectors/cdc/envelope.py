"""A Debezium change event, with or without the schema that Kafka Connect puts beside it: which row, before and after.

With the schema, cells become what their types say: a decimal a decimal, a count of microseconds a time of the wall clock, a count
of days a day. Without it they stay as written, and the mapping says how to read them.
"""

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from typing import Any, Final, NamedTuple

import msgspec

from connectors.errors import DecodeError
from connectors.json_position import position_of, position_of_no_text
from connectors.rule_values import decimal_of

UNAVAILABLE: Final = "__debezium_unavailable_value"
"""What Debezium writes for a large cell that the database did not log because it has not changed."""
_SCHEMAS_MAX: Final = 64  # ours: a topic has one schema at a time

Row = dict[str, Any]


class Change(NamedTuple):
    """A change of one row. prefix: path of the envelope in the message. at_ms: when the database made it."""

    op: str
    before: Row | None
    after: Row | None
    at_ms: int | None
    prefix: str


class _Source(msgspec.Struct):
    ts_ms: int | None = None


class _Envelope(msgspec.Struct):
    op: str
    before: Row | None = None
    after: Row | None = None
    source: _Source | None = None
    ts_ms: int | None = None


class _Message(msgspec.Struct):
    schema: msgspec.Raw = msgspec.Raw()
    payload: msgspec.Raw = msgspec.Raw()


class _Field(msgspec.Struct):
    field: str = ""
    type: str = ""
    name: str = ""
    parameters: dict[str, str] = {}
    fields: "list[_Field]" = []


_message = msgspec.json.Decoder(_Message).decode
_envelope = msgspec.json.Decoder(_Envelope).decode
_schema = msgspec.json.Decoder(_Field).decode


class Envelopes:
    """Reads messages; remembers the schemas it has seen."""

    def __init__(self) -> None:
        self._known: dict[bytes, Mapping[str, Callable[[Any], Any]]] = {}

    def read(self, raw: bytes | None) -> Change | None:
        """Return the change that a message tells, None for a tombstone. Errors: DecodeError with field and byte."""
        if not raw:
            return None
        prefix = ""
        try:
            message = _message(raw)
            payload: bytes | msgspec.Raw = raw
            if bytes(message.payload):
                prefix, payload = "payload.", message.payload
                if bytes(payload).strip() == b"null":
                    return None
            envelope = _envelope(payload)
            readers = self._readers(message.schema)
        except (msgspec.ValidationError, RecursionError) as error:
            raise _no_envelope(raw, prefix, str(error)) from None
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise DecodeError("not_json", "value", position_of_no_text(raw) or 0, "the value is not valid UTF-8 JSON") from None
        source = envelope.source
        at_ms = source.ts_ms if source is not None and source.ts_ms is not None else envelope.ts_ms
        before, after = (_typed(raw, prefix + side, getattr(envelope, side), readers) for side in ("before", "after"))
        return Change(envelope.op, before, after, at_ms, prefix)

    def _readers(self, schema: msgspec.Raw) -> Mapping[str, Callable[[Any], Any]]:
        """Return column -> how its cells are read, by the schema of `after` (or `before`, which has the same)."""
        key = bytes(schema)
        if not key or key == b"null":
            return {}
        known = self._known.get(key)
        if known is None:
            if len(self._known) >= _SCHEMAS_MAX:
                self._known.clear()
            rows = [part for part in _schema(key).fields if part.field in ("after", "before")]
            known = {column.field: read for row in rows for column in row.fields if (read := _reader(column)) is not None}
            self._known[key] = known
        return known


def _no_envelope(raw: bytes, prefix: str, message: str) -> DecodeError:
    name = next(
        (name for name in ("op", "before", "after", "source", "ts_ms") if f"`{name}`" in message or f"$.{name}" in message), None
    )
    field = prefix + (name or "op")
    code = "missing_field" if "missing required" in message else "wrong_type"
    reason = "the value is no change event of Debezium: op, before, after, source"
    return DecodeError(code, field, position_of(raw, field) or 0, reason)  # type: ignore[arg-type]


def _typed(raw: bytes, path: str, row: Row | None, readers: Mapping[str, Callable[[Any], Any]]) -> Row | None:
    if row is None:
        return None
    found: Row = {}
    for column, cell in row.items():
        read = readers.get(column)
        if cell == UNAVAILABLE:
            cell = None
        elif read is not None and cell is not None:
            try:
                cell = read(cell)
            except (ArithmeticError, KeyError, TypeError, ValueError):
                at = position_of(raw, f"{path}.{column}") or 0
                raise DecodeError(
                    "wrong_type", f"{path}.{column}", at, "the cell is not of the type that the schema tells"
                ) from None
        found[column] = cell
    return found


_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 # of a wall clock: which zone it is in, the mapping says


def _days(cell: Any) -> date:
    return _EPOCH.date() + timedelta(days=_count(cell))


def _wall(unit_us: float) -> Callable[[Any], datetime]:
    def read(cell: Any) -> datetime:
        count = _count(cell)
        return _EPOCH + timedelta(microseconds=count * int(unit_us) if unit_us >= 1 else count // round(1 / unit_us))

    return read


def _time_of_day(unit_us: float) -> Callable[[Any], str]:
    def read(cell: Any) -> str:
        return _wall(unit_us)(cell).time().isoformat()

    return read


def _count(cell: Any) -> int:
    if type(cell) is not int:
        raise TypeError("no count")
    return cell


_READERS: Final[Mapping[str, Callable[[Any], Any]]] = {
    "io.debezium.time.Date": _days,
    "io.debezium.time.Timestamp": _wall(1_000),
    "io.debezium.time.MicroTimestamp": _wall(1),
    "io.debezium.time.NanoTimestamp": _wall(0.001),
    "io.debezium.time.Time": _time_of_day(1_000),
    "io.debezium.time.MicroTime": _time_of_day(1),
    "io.debezium.time.NanoTime": _time_of_day(0.001),
    "org.apache.kafka.connect.data.Date": _days,
    "org.apache.kafka.connect.data.Timestamp": _wall(1_000),
    "org.apache.kafka.connect.data.Time": _time_of_day(1_000),
    "io.debezium.data.VariableScaleDecimal": lambda cell: decimal_of(cell["value"], _count(cell["scale"])),
}
"""A schema's name -> how its cells are read. Others are texts, numbers and truth values already."""


def _reader(column: _Field) -> Callable[[Any], Any] | None:
    if column.name == "org.apache.kafka.connect.data.Decimal" and column.type == "bytes":
        scale = int(column.parameters.get("scale", "0"))
        return lambda cell: decimal_of(cell, scale)
    return _READERS.get(column.name)
