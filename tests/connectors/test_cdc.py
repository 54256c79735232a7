"""Changes of a core bank's rows beyond what every connector holds: the life of a row, types, what is not told."""

import json
from typing import Any

import pytest

from connectors import mapping
from connectors.cdc import Changes
from connectors.cdc.envelope import Envelopes
from connectors.cdc.rows import ChangeRows
from connectors.cdc.samples import MAPPING, change, row
from connectors.errors import DecodeError
from connectors.mapping import Mapping, MappingError
from models.records import Transaction
from tests.connectors.golden import TOKENS

COMMITTED_MS = 1_772_414_099_000


def events(raw: bytes, by: Mapping = MAPPING) -> list[Transaction]:
    return [record for record in Changes(by, TOKENS).decode(raw) if isinstance(record, Transaction)]


def told(*arguments: Any, by: Mapping = MAPPING) -> list[tuple[str, str, str | None]]:
    return [(t.event_id, t.status, t.original_event_id) for t in events(change(*arguments, ts_ms=COMMITTED_MS), by)]


def fault(raw: bytes) -> DecodeError:
    with pytest.raises(DecodeError) as refusal:
        Changes(MAPPING, TOKENS).decode(raw)
    return refusal.value


def rule(**given: str) -> Mapping:
    """Return a mapping with other rules for some fields."""
    lines = {
        "event_id": '{ column = "id" }',
        "event_time": '{ column = "at", time = "timestamp", zone = "+08:00" }',
        "kind": '"TRANSFER"',
        "status": '"APPROVED"',
        "channel": '"API"',
        "amount_minor": '{ column = "sum", scale = 100 }',
        "currency": '"CNY"',
        '"payer.account"': '"p"',
        '"payee.account"': '"q"',
        **given,
    }
    head = lines.pop("head", "")
    return mapping.parse("own.toml", head + "[fields]\n" + "".join(f"{name} = {text}\n" for name, text in lines.items()))


def plain(cells: dict[str, Any], types: dict[str, dict[str, Any]] | None = None, by: Mapping | None = None) -> Transaction:
    """Return the transaction of an inserted row. types: column -> its schema, if the message brings one."""
    after = {"id": "e1", "at": "2026-03-02 09:00:00", "sum": "1.00", **cells}
    message: dict[str, Any] = {"before": None, "after": after, "op": "c", "source": {"ts_ms": COMMITTED_MS}}
    if types is not None:
        fields = [{"field": name, "optional": True, **told} for name, told in types.items()]
        message = {"schema": {"type": "struct", "fields": [{"field": "after", "fields": fields}]}, "payload": message}
    (found,) = events(json.dumps(message).encode(), by or rule())
    return found


# ---- the life of a row ----------------------------------------------------------------------------------------------------


def test_a_row_asked_for_approved_and_taken_back_is_three_events_that_name_each_other() -> None:
    assert told("c", None, row(1, "N")) == [("t1-q", "REQUESTED", None)]
    assert told("u", row(1, "N"), row(1, "S")) == [("t1-a", "APPROVED", "t1-q")]
    assert told("u", row(1, "S"), row(1, "R")) == [("t1-r", "REVERSED", "t1-a")]


def test_a_change_happens_when_the_database_made_it_and_a_rows_first_event_when_the_row_says() -> None:
    (asked,) = events(change("c", None, row(1, "N"), ts_ms=COMMITTED_MS))
    (approved,) = events(change("u", row(1, "N"), row(1, "S"), ts_ms=COMMITTED_MS))
    assert asked.event_time.isoformat() == "2026-03-02T01:14:06.123456+00:00"
    assert approved.event_time.isoformat() == "2026-03-02T01:14:59+00:00"


def test_a_row_that_tells_a_new_time_of_its_own_is_believed() -> None:
    later = row(1, "S", created_at=row(1)["created_at"] + 5_000_000)
    (approved,) = events(change("u", row(1, "N"), later, ts_ms=COMMITTED_MS))
    assert approved.event_time.isoformat() == "2026-03-02T01:14:11.123456+00:00"


def test_a_declined_request_names_it_and_a_withdrawn_one_is_declined_because_no_money_moved() -> None:
    assert told("u", row(1, "N"), row(1, "F")) == [("t1-d", "DECLINED", "t1-q")]
    assert told("u", row(1, "N"), row(1, "R")) == [("t1-d", "DECLINED", "t1-q")]


def test_a_row_that_is_reversed_when_first_seen_was_approved_before() -> None:
    assert told("r", None, row(1, "R")) == [("t1-a", "APPROVED", None), ("t1-r", "REVERSED", "t1-a")]


def test_the_same_change_told_twice_makes_the_same_events() -> None:
    raw = change("u", row(1, "N"), row(1, "S"))
    assert events(raw) == events(raw)
    assert events(change("r", None, row(1, "S")))[0].event_id == events(raw)[0].event_id


def test_an_update_of_what_is_no_event_says_nothing() -> None:
    assert told("u", row(1), row(1, channel="NB")) == []


@pytest.mark.parametrize("changed", [{"amount": "AeI7"}, {"currency": "USD"}, {"payee_acct": "62330200999"}])
def test_an_amount_or_account_that_changes_is_an_error_that_names_the_column(changed: dict[str, str]) -> None:
    error = fault(change("u", row(1), row(1, **changed)))
    assert (error.code, next(iter(changed)) in str(error.field)) == ("conflicting_fields", True)


@pytest.mark.parametrize(("was", "now"), [("S", "F"), ("S", "N"), ("F", "S"), ("R", "S")])
def test_a_status_that_cannot_follow_is_an_error(was: str, now: str) -> None:
    assert (fault(change("u", row(1, was), row(1, now))).field) == "status (status)"


def test_an_old_row_of_which_only_the_key_is_logged_makes_the_update_tell_the_status() -> None:
    assert told("u", {"txn_id": 1}, row(1, "S")) == [("t1-a", "APPROVED", None)]
    assert told("u", None, row(1, "S")) == [("t1-a", "APPROVED", None)]


def test_a_reversal_in_a_row_of_its_own_names_the_original_row() -> None:
    by = rule(status='{ column = "st", codes = { "S" = "APPROVED", "R" = "REVERSED" } }', original_event_id='{ column = "orig" }')
    back = plain({"id": "e2", "st": "R", "orig": "e1"}, by=by)
    assert (back.event_id, back.status, back.original_event_id) == ("e2-r", "REVERSED", "e1-a")


def test_a_deleted_row_says_nothing_unless_deleting_means_taking_back() -> None:
    raw = change("d", row(1), None, ts_ms=COMMITTED_MS)
    assert events(raw) == []
    by = mapping.parse("own.toml", 'deleted = "REVERSED"\n' + rule_text())
    (back,) = Changes(by, TOKENS).decode(raw)
    assert isinstance(back, Transaction)
    assert (back.event_id, back.status, back.original_event_id) == ("t1-r", "REVERSED", "t1-a")
    with pytest.raises(DecodeError, match="REPLICA IDENTITY FULL"):
        Changes(by, TOKENS).decode(change("d", {"txn_id": 1}, None))


def rule_text() -> str:
    return """
[fields]
event_id = { template = "t{txn_id}" }
event_time = { column = "created_at", time = "wall_us", zone = "+08:00" }
kind = "TRANSFER"
status = { column = "status", codes = { "S" = "APPROVED" } }
channel = "API"
amount_minor = { column = "amount", scale = 100, decimals = 2 }
currency = "CNY"
"payer.account" = { column = "payer_acct", token = "account" }
"payee.account" = { column = "payee_acct", token = "account" }
"""


# ---- types ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("semantic", "cell", "time"),
    [
        ("io.debezium.time.Timestamp", 1_772_442_000_123, "2026-03-02T01:00:00.123000+00:00"),
        ("io.debezium.time.MicroTimestamp", 1_772_442_000_123_456, "2026-03-02T01:00:00.123456+00:00"),
        ("io.debezium.time.NanoTimestamp", 1_772_442_000_123_456_999, "2026-03-02T01:00:00.123456+00:00"),
        ("org.apache.kafka.connect.data.Timestamp", 1_772_442_000_123, "2026-03-02T01:00:00.123000+00:00"),
        ("io.debezium.time.ZonedTimestamp", "2026-03-02T02:00:00.5+01:00", "2026-03-02T01:00:00.500000+00:00"),
    ],
)
def test_a_time_is_read_by_the_type_that_the_schema_tells(semantic: str, cell: object, time: str) -> None:
    assert plain({"at": cell}, {"at": {"type": "int64", "name": semantic}}).event_time.isoformat() == time


@pytest.mark.parametrize(
    ("reading", "cell"),
    [("wall_ms", 1_772_442_000_123), ("wall_us", 1_772_442_000_123_456), ("wall_ns", 1_772_442_000_123_456_999)],
)
def test_one_mapping_reads_a_time_with_the_schema_and_without(reading: str, cell: int) -> None:
    by = rule(event_time=f'{{ column = "at", time = "{reading}", zone = "+08:00" }}')
    semantic = {"wall_ms": "Timestamp", "wall_us": "MicroTimestamp", "wall_ns": "NanoTimestamp"}[reading]
    bare = plain({"at": cell}, by=by)
    assert bare.event_time.isoformat().startswith("2026-03-02T01:00:00.123")
    assert plain({"at": cell}, {"at": {"type": "int64", "name": f"io.debezium.time.{semantic}"}}, by=by) == bare


DECIMAL = {"type": "bytes", "name": "org.apache.kafka.connect.data.Decimal", "parameters": {"scale": "2"}}


@pytest.mark.parametrize(
    ("cell", "types"),
    [
        ("AeI6", {"sum": DECIMAL}),
        ({"scale": 3, "value": "EtZE"}, {"sum": {"type": "struct", "name": "io.debezium.data.VariableScaleDecimal"}}),
        ("1234.50", None),
        (1234.5, None),
        ("1234.50", {"sum": {"type": "string"}}),
    ],
)
def test_a_decimal_is_read_as_bytes_text_or_number(cell: object, types: dict[str, Any] | None) -> None:
    assert plain({"sum": cell}, types).amount_minor == 123_450


def test_a_decimal_in_bytes_needs_its_decimals_where_no_schema_tells_them() -> None:
    by = rule(amount_minor='{ column = "sum", scale = 100, decimals = 2 }')
    assert plain({"sum": "AeI6"}, by=by).amount_minor == 123_450
    assert plain({"sum": "AeI6"}, {"sum": DECIMAL}, by=by).amount_minor == 123_450


def test_a_date_and_a_time_of_day_make_an_instant() -> None:
    by = rule(
        head='[derived]\nmoment = { template = "{day} {time}" }\n',
        event_time='{ column = "moment", time = "timestamp", zone = "+08:00" }',
    )
    types = {
        "day": {"type": "int32", "name": "io.debezium.time.Date"},
        "time": {"type": "int64", "name": "io.debezium.time.MicroTime"},
    }
    assert plain({"day": 20_514, "time": 32_400_500_000}, types, by).event_time.isoformat() == "2026-03-02T01:00:00.500000+00:00"


def test_a_cell_that_the_database_did_not_log_is_absent() -> None:
    by = rule(purpose='{ column = "why" }')
    assert plain({"why": "__debezium_unavailable_value"}, by=by).purpose is None


def test_a_cell_of_another_type_than_its_schema_tells_is_named_by_column_and_byte() -> None:
    raw = change("c", None, row(1, created_at="now"), with_schema=True)
    error = fault(raw)
    assert (error.code, error.field) == ("wrong_type", "payload.after.created_at")
    assert raw[error.position : error.position + 4] == b'"now' or raw[error.position :].startswith(b'"created_at"')  # type: ignore[misc]


def test_the_schema_is_read_once_and_a_new_one_is_noticed() -> None:
    envelopes = Envelopes()
    first = envelopes.read(change("c", None, row(1), with_schema=True))
    assert first is not None
    assert first.after is not None
    message = json.loads(change("c", None, row(1), with_schema=True))
    message["schema"]["fields"][1]["fields"][4]["parameters"]["scale"] = "3"
    second = envelopes.read(json.dumps(message).encode())
    assert second is not None
    assert second.after is not None
    assert (str(first.after["amount"]), str(second.after["amount"])) == ("1234.50", "123.450")


def test_a_lost_column_is_found_before_anything_is_made_of_the_row() -> None:
    rows = ChangeRows(MAPPING, TOKENS)
    after = {name: cell for name, cell in row(1).items() if name not in ("amount", "status")}
    lost = Envelopes().read(change("c", None, after))
    assert lost is not None
    assert rows.missing_column(lost) == "amount"


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"event_id": ""}, "event_id: is required"),
        ({"event_time": '{ column = "at", time = "day", origin = 2026-01-01T00:00:00Z }'}, "no day or hour to spread"),
    ],
)
def test_a_mapping_that_needs_a_whole_file_is_refused(given: dict[str, str], problem: str) -> None:
    lines = rule(**{name: text for name, text in given.items() if text})
    by = (
        lines
        if "event_id" not in given
        else mapping.parse("own.toml", rule_text().replace('event_id = { template = "t{txn_id}" }', ""))
    )
    with pytest.raises(MappingError, match=problem):
        ChangeRows(by, TOKENS)
