"""Any valid record of the contract, drawn from its declared fields: nothing here repeats a field or a limit."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import msgspec
from hypothesis import strategies as st
from msgspec import inspect

from models.input_records import FOR_ALL
from models.records import (
    CASH_KINDS,
    CASHLESS_CHANNELS,
    INPUT_RECORDS,
    OUTPUT_RECORDS,
    CaseControl,
    ControlSubject,
    Disposition,
    FreezeRequest,
    Party,
    Record,
    ReportedTransfer,
    Terminal,
    Transaction,
)

NAME_MAX = 20
TOPICS = {**INPUT_RECORDS, **OUTPUT_RECORDS}
OFFSETS = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
TIMES = st.datetimes(datetime(1971, 1, 1), datetime(2200, 1, 1), timezones=OFFSETS | st.just(UTC))  # noqa: DTZ001 the offset is drawn


def _fields(record: type[Record], names: st.SearchStrategy[str], **given: Any) -> st.SearchStrategy[dict[str, Any]]:
    required, optional = {}, {}
    for field in msgspec.structs.fields(record):
        values = _values(inspect.type_info(field.type), names)
        (required if field.required else optional)[field.encode_name] = values
    optional |= {name: values for name, values in given.items() if name in optional}
    required |= {name: values for name, values in given.items() if name in required}
    return st.fixed_dictionaries(required, optional=optional)


def _values(kind: inspect.Type, names: st.SearchStrategy[str]) -> st.SearchStrategy[Any]:
    """Return the values of one declared type; `names` gives identifiers and free texts of at most `NAME_MAX` characters."""
    match kind:
        case inspect.UnionType(types=types):
            return st.one_of(*(_values(part, names) for part in types if not isinstance(part, inspect.NoneType)))
        case inspect.StructType(cls=cls):
            return records(cls, names)
        case inspect.LiteralType(values=values):
            return st.sampled_from(list(values))
        case inspect.VarTupleType(item_type=item, min_length=least):
            return st.lists(_values(item, names), min_size=least or 0, max_size=3).map(tuple)
        case inspect.StrType(pattern=str()):  # the only texts with a pattern are SHA-256 values
            return st.binary(min_size=32, max_size=32).map(bytes.hex)
        case inspect.StrType(min_length=least, max_length=most):
            return names if most is None or most >= NAME_MAX else st.text(min_size=least or 0, max_size=most)
        case inspect.IntType(ge=low, le=high):
            return st.integers(low, high)
        case inspect.FloatType(ge=low, le=high):
            return st.floats(low, high, allow_nan=False, allow_infinity=False)
        case inspect.BoolType():
            return st.booleans()
        case inspect.DateTimeType():
            return TIMES
        case inspect.DateType():
            return st.dates()
    raise AssertionError(f"no values known for {kind}")


def records(record: type[Record], names: st.SearchStrategy[str] | None = None) -> st.SearchStrategy[Any]:
    """Return valid records of one class; `names` gives its identifiers and other free texts."""
    texts = names if names is not None else st.text(min_size=1, max_size=NAME_MAX)
    given = {"payer": _parties(texts, payee=False), "payee": _parties(texts, payee=True)} if record is Transaction else {}
    drawn = _fields(record, texts, **given)
    return st.builds(lambda fields, spare: record(**_joined(record, fields, spare)), drawn, texts)


def _parties(names: st.SearchStrategy[str], *, payee: bool) -> st.SearchStrategy[Party]:
    def side(fields: dict[str, Any]) -> Party:
        return Party(**fields) if payee else Party(**{k: v for k, v in fields.items() if k != "name_match"})

    return _fields(Party, names).map(side)


def _joined(record: type[Record], fields: dict[str, Any], spare: str) -> dict[str, Any]:
    """Fill or drop what the rules across fields ask for; `spare` is a free text to fill with."""
    if record is Transaction:
        for side in ("payer", "payee"):
            fields.setdefault(side, Party(account=spare))
        fields.setdefault("terminal", Terminal(id=spare))
        fields.setdefault("original_event_id", spare)
        if fields["kind"] in CASH_KINDS and fields["channel"] in CASHLESS_CHANNELS:
            fields["channel"] = "COUNTER"
    if record is ReportedTransfer and "payee_account" not in fields:
        fields.setdefault("terminal", spare)
    if record is Disposition:
        fields.pop("alert_id" if "event_id" in fields else "event_id", None)
        if "event_id" not in fields:
            fields.setdefault("alert_id", spare)
    if record is FreezeRequest and fields["valid_until"] < fields["requested_at"]:
        fields["valid_until"], fields["requested_at"] = fields["requested_at"], fields["valid_until"]
    if record is CaseControl and (fields["action"] == "SNOOZE" or "until" in fields):
        fields["until"] = fields["made_at"] + timedelta(hours=1)
    if record is CaseControl and fields["action"] in FOR_ALL:
        fields.pop("subject", None)
    elif record is CaseControl:
        fields.setdefault("subject", ControlSubject(kind="ACCOUNT", id=spare))
    return fields


ANY_RECORD = st.one_of(*(st.tuples(st.just(topic), records(record)) for topic, record in TOPICS.items()))
"""(topic, record) of any topic."""
