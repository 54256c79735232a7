"""Column mappings: the language, its problems told together, and the data sets that come with the package."""

import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from connectors import mapping
from connectors.cell_json import NotNumbersError, scaled
from connectors.contract_json import decode_transaction, encode
from connectors.mapping import Mapping, MappingError
from connectors.replay_files import read
from connectors.table_files import BATCH_ROWS
from connectors.tokens import TokenKeyError, Tokens
from models.records import Transaction
from stream.cli import cli

DATA = Path(__file__).parents[1] / "data"
FIXED = """
status = "APPROVED"
channel = "MOBILE"
kind = "TRANSFER"
currency = "CNY"
"payer.account" = { column = "from" }
"payee.account" = { column = "to" }
"""
SMALL = (
    """
[fields]
event_time = { column = "when", time = "timestamp" }
amount_minor = { column = "sum", scale = 100 }"""
    + FIXED
)
ROW = {"when": "2026-03-02T09:00:00Z", "sum": "1.00", "from": "a-1", "to": "a-2"}


def with_time(rule: str) -> Mapping:
    text = f'[fields]\nevent_time = {rule}\namount_minor = {{ column = "sum", scale = 100 }}{FIXED}'
    return mapping.parse("own.toml", text)


def parquet(path: Path, **columns: Any) -> Path:
    pq.write_table(pa.table(columns), path)
    return path


def csv(path: Path, rows: list[dict[str, str]]) -> Path:
    names = list(rows[0])
    path.write_text("\n".join([",".join(names), *(",".join(row[name] for name in names) for row in rows)]) + "\n")
    return path


def transactions(path: Path, by: Mapping) -> list[Transaction]:
    return [decode_transaction(record.raw) for record in read([path], mapping=by)]


def times(path: Path, by: Mapping) -> list[str]:
    return [json.loads(record.raw)["event_time"] for record in read([path], mapping=by)]


def problems(text: str) -> list[str]:
    with pytest.raises(MappingError) as refusal:
        mapping.parse("own.toml", text)
    assert str(refusal.value).startswith("mapping own.toml: ")
    return refusal.value.problems


# The language ---------------------------------------------------------------------------------------------------------


def test_every_part_of_the_language_ends_in_the_transactions_it_describes() -> None:
    first, second, third = transactions(DATA / "mapping_full.csv", mapping.load(str(DATA / "mapping_full.toml")))
    assert encode(first) == (
        b'{"event_id":"w-1","event_time":"2026-03-02T01:14:05Z","kind":"TRANSFER","status":"APPROVED","channel":"MOBILE",'
        b'"amount_minor":5716,"currency":"CNY","payer":{"account":"a-1","holder_age":71},'
        b'"payee":{"account":"a-2","on_us":true}}'
    )
    assert encode(second) == (
        b'{"event_id":"w-2","event_time":"2026-03-02T01:15:00Z","kind":"PURCHASE","status":"APPROVED","channel":"POS",'
        b'"amount_minor":12,"currency":"CNY","payer":{"account":"a-1"},"payee":{"account":"shop 7","type":"MERCHANT"},'
        b'"terminal":{"id":"shop 7@30.0","lat":30.04}}'
    )
    assert third.event_time == datetime(2026, 3, 2, 1, 16, 0, 250_000, UTC)


def test_rows_arrive_at_their_event_time_in_file_order() -> None:
    full = mapping.load(str(DATA / "mapping_full.toml"))
    arrivals = [record.arrival_ms for record in read([DATA / "mapping_full.csv"], mapping=full)]
    assert arrivals == [1772414045000, 1772414100000, 1772414160250]


def test_a_column_ignored_or_used_by_the_label_is_passed_over_without_a_word() -> None:
    told: list[str] = []
    list(read([DATA / "mapping_full.csv"], mapping=mapping.load(str(DATA / "mapping_full.toml")), warn=told.append))
    assert told == []


def test_a_column_the_mapping_does_not_mention_is_told(tmp_path: Path) -> None:
    told: list[str] = []
    list(read([csv(tmp_path / "a.csv", [ROW | {"mood": "x"}])], mapping=mapping.parse("own.toml", SMALL), warn=told.append))
    assert told == ["a.csv: columns left out, the mapping own.toml says nothing of them: mood"]


def test_event_ids_are_made_of_file_name_and_row_where_the_table_has_none(tmp_path: Path) -> None:
    path = csv(tmp_path / "march.csv", [ROW, ROW])
    assert [t.event_id for t in transactions(path, mapping.parse("own.toml", SMALL))] == ["march-1", "march-2"]


def test_a_made_event_id_is_never_too_long_for_the_contract(tmp_path: Path) -> None:
    path = csv(tmp_path / ("x" * 200 + ".csv"), [ROW])
    assert len(transactions(path, mapping.parse("own.toml", SMALL))[0].event_id) <= 64


def test_an_optional_column_that_the_file_does_not_have_leaves_its_field_absent(tmp_path: Path) -> None:
    by = mapping.parse("own.toml", SMALL + 'purpose = { column = "why" }\ncard = { template = "{card}-{country}" }\n')
    (transaction,) = transactions(csv(tmp_path / "a.csv", [ROW]), by)
    assert (transaction.purpose, transaction.card) == (None, None)


def test_a_party_of_which_the_row_says_nothing_is_absent_whatever_constants_it_would_have(tmp_path: Path) -> None:
    by = mapping.parse(
        "own.toml", SMALL.replace("TRANSFER", "CASH_WITHDRAWAL").replace("MOBILE", "COUNTER") + '"payee.on_us" = true\n'
    )
    (transaction,) = transactions(csv(tmp_path / "a.csv", [ROW | {"to": ""}]), by)
    assert transaction.payee is None


def test_texts_with_quotes_percent_signs_and_line_breaks_survive(tmp_path: Path) -> None:
    name = 'the "5%s" shop\\\n\u2028\x07é'
    text = SMALL + 'card = { template = "100%% %s {to}" }\npurpose = "%d%%"\n'
    path = parquet(tmp_path / "a.parquet", **{"when": [ROW["when"]], "sum": [1.0], "from": ["a"], "to": [name]})
    (transaction,) = transactions(path, mapping.parse("own.toml", text))
    assert transaction.payee is not None
    assert transaction.payee.account == name
    assert transaction.card == f"100%% %s {name}"
    assert transaction.purpose == "%d%%"


def test_a_position_rounded_to_nothing_has_one_name_on_both_sides_of_zero(tmp_path: Path) -> None:
    text = SMALL + '"terminal.id" = { template = "{to}@{lat:.1f}" }\n'
    rows = [ROW | {"lat": "-0.01"}, ROW | {"lat": "0.01"}]
    names = {t.terminal.id for t in transactions(csv(tmp_path / "a.csv", rows), mapping.parse("own.toml", text)) if t.terminal}
    assert names == {"a-2@0.0"}


# Amounts --------------------------------------------------------------------------------------------------------------


@given(st.lists(st.decimals(0, 10**11, places=3), min_size=1), st.sampled_from([1, 10, 100, 1000]))
def test_amounts_are_scaled_as_decimals_whether_stored_as_floats_or_as_text(amounts: list[Decimal], scale: int) -> None:
    exact = [int((Decimal(repr(float(amount))) * scale).to_integral_value(ROUND_HALF_EVEN)) for amount in amounts]
    assert scaled([float(amount) for amount in amounts], scale) == exact
    assert scaled([repr(float(amount)) for amount in amounts], scale) == exact


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False, min_value=-1e15, max_value=1e15), min_size=1))
def test_any_float_amount_is_the_decimal_it_prints_as(amounts: list[float]) -> None:
    assert scaled(amounts, 100) == [int((Decimal(repr(x)) * 100).to_integral_value(ROUND_HALF_EVEN)) for x in amounts]


@pytest.mark.parametrize(
    ("cell", "minor"),
    [(57.16, 5716), (0.29, 29), (1.005, 100), (1.015, 102), (2.5, 250), ("57.165", 5716), ("57.175", 5718), (3, 300), (None, None),
     (Decimal("0.005"), 0), (" 7 ", 700)],
)  # fmt: skip
def test_an_amount_is_exact_and_ties_go_to_even(cell: Any, minor: int | None) -> None:
    assert scaled([cell], 100) == [minor]


@pytest.mark.parametrize("cell", ["lots", "1,5", "nan", "1e999999999", float("inf"), True, b"1"])
def test_what_is_no_amount_is_named_by_its_place(cell: Any) -> None:
    with pytest.raises(NotNumbersError) as refusal:
        scaled([1.0, cell, 2.0], 100)
    assert refusal.value.places == [1]


# Times ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "cell", "time"),
    [
        ('{ column = "when", time = "timestamp" }', "2026-03-02 09:00:00", "2026-03-02T09:00:00Z"),
        ('{ column = "when", time = "timestamp", zone = "+08:00" }', "2026-03-02 09:00:00", "2026-03-02T01:00:00Z"),
        ('{ column = "when", time = "timestamp", zone = "-03:30" }', "2026-03-02 09:00:00", "2026-03-02T12:30:00Z"),
        ('{ column = "when", time = "timestamp", zone = "+08:00" }', "2026-03-02T09:00:00Z", "2026-03-02T09:00:00Z"),
        ('{ column = "when", time = "unix_s" }', 1546300989, "2019-01-01T00:03:09Z"),
        ('{ column = "when", time = "unix_s" }', "1546300989.25", "2019-01-01T00:03:09.250000Z"),
        ('{ column = "when", time = "unix_ms" }', 1546300989007, "2019-01-01T00:03:09.007000Z"),
    ],
)
def test_a_time_is_read_as_the_mapping_says(tmp_path: Path, rule: str, cell: Any, time: str) -> None:
    path = parquet(tmp_path / "a.parquet", **{"when": [cell], "sum": [1.0], "from": ["a"], "to": ["b"]})
    assert times(path, with_time(rule)) == [time]


def test_a_timestamp_column_with_a_zone_of_its_own_keeps_it(tmp_path: Path) -> None:
    at = datetime.fromisoformat("2026-03-02T09:00:00+08:00")
    naive = at.replace(tzinfo=None)
    by = with_time('{ column = "when", time = "timestamp", zone = "+09:00" }')
    rest = {"sum": [1.0], "from": ["a"], "to": ["b"]}
    assert times(parquet(tmp_path / "a.parquet", when=[at], **rest), by) == ["2026-03-02T01:00:00Z"]
    assert times(parquet(tmp_path / "b.parquet", when=[naive], **rest), by) == ["2026-03-02T00:00:00Z"]


def test_the_rows_of_a_day_are_spread_evenly_over_it_in_file_order(tmp_path: Path) -> None:
    by = with_time('{ column = "day", time = "day", origin = 2026-03-02T00:00:00+08:00, first = 1 }')
    path = parquet(tmp_path / "a.parquet", **{"day": [1, 1, 2, 1, 1], "sum": [1.0] * 5, "from": ["a"] * 5, "to": ["b"] * 5})
    hours = ["01T16:00:00Z", "01T22:00:00Z", "02T16:00:00Z", "02T04:00:00Z", "02T10:00:00Z"]
    assert times(path, by) == [f"2026-03-{hour}" for hour in hours]


def test_the_rows_of_an_hour_are_spread_evenly_over_batches_too(tmp_path: Path) -> None:
    count = BATCH_ROWS + BATCH_ROWS // 2
    by = with_time('{ column = "step", time = "hour", origin = 2017-01-01T00:00:00Z }')
    path = parquet(
        tmp_path / "a.parquet", **{"step": [3] * count, "sum": [1.0] * count, "from": ["a"] * count, "to": ["b"] * count}
    )
    start = datetime(2017, 1, 1, 3, tzinfo=UTC)
    expected = [start + timedelta(microseconds=3_600_000_000 * place // count) for place in range(count)]
    assert [t.event_time for t in transactions(path, by)] == expected


# Problems -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[fields", "no TOML"),
        ("", "fields: must be there, as a table"),
        (SMALL.replace('event_time = { column = "when", time = "timestamp" }', ""), "fields.event_time: is required"),
        (SMALL + "colour = 1", "fields.colour: no such field"),
        (SMALL + 'payer = { column = "x" }', "fields.payer: no such field"),
        (SMALL + 'card = { colum = "x" }', "fields.card.colum: unknown key"),
        (SMALL + "card = [1]", "fields.card: must be there, as a table"),
        (SMALL + 'card = { column = "x", zone = "UTC" }', "fields.card.zone: goes with `time` only"),
        (SMALL + 'card = { column = "x", scale = 100 }', "fields.card.scale: makes a whole number"),
        (SMALL + 'card = { column = "x", time = "unix_s" }', "fields.card: `time` goes with event_time"),
        (SMALL + 'card = { template = "x" }', "fields.card: a template without a column"),
        (SMALL + 'card = { template = "{}" }', "fields.card: a hole is"),
        (SMALL + 'card = { template = "{x!r}" }', "fields.card: a hole is"),
        (SMALL + 'card = { template = "{x:>9}" }', "fields.card: a hole is"),
        (SMALL + 'card = { template = "{x" }', "fields.card: no template"),
        (SMALL + 'card = { template = "{x}", scale = 1 }', "fields.card: a template goes with nothing else"),
        (SMALL + '"payer.on_us" = "yes"', "fields.payer.on_us: the constant is not of the field's type, boolean"),
        (SMALL + '"payer.type" = "ROBOT"', "fields.payer.type: must be one of CORPORATE"),
        (SMALL + '"payer.holder_age" = { template = "{x}" }', "fields.payer.holder_age: a template makes text"),
        (SMALL + 'event_id = "e"', "fields.event_id: a constant would make all rows copies"),
        (SMALL.replace("scale = 100", "scale = 0.5"), "fields.amount_minor.scale: must be a whole number"),
        (SMALL.replace('currency = "CNY"', ""), "fields.currency: is required"),
        (SMALL.replace('"timestamp"', '"sundial"'), "fields.event_time.time: must be one of timestamp"),
        (SMALL.replace('"timestamp"', '"timestamp", zone = "China"'), 'fields.event_time.zone: must be "UTC" or an offset'),
        (SMALL.replace('"timestamp"', '"unix_s", zone = "UTC"'), "fields.event_time.zone: does not go with"),
        (SMALL.replace('"timestamp"', '"day"'), "fields.event_time.origin: must be a TOML date-time"),
        (SMALL.replace('"timestamp"', '"day", origin = 2026-01-01T00:00:00Z, first = "x"'), "fields.event_time.first"),
        (SMALL + "[ignored]\nsum = 'leaks'", "ignored.sum: is used by a rule"),
        (SMALL + "[ignored]\nx = 'leaks'\n[label]\ncolumn = 'x'", "ignored.x: is used by the label"),
        (SMALL + "[label]\ncolumn = 'sum'", "label.column: the label must not reach"),
        (SMALL + "[label]\ncase = 'c'", "label.column: must be there, as text"),
        (SMALL + "[label]\ncolumn = 'x'\ncase = { column = 'c', scale = 2 }", "label.case: must be a text"),
        (SMALL + "[labels]\ncolumn = 'x'", "labels: unknown key"),
        ("requires = 'x'" + SMALL, "requires: must be a list of texts"),
        (SMALL + "[[when]]\ncolumn = 'x'\ncodes = ['a', 'a']\nfields = {}", "when[1].codes: 'a' is named twice"),
        (SMALL + "[[when]]\ncolumn = 'x'\ncodes = ['a']\nfields = { kind = 'PURCHASE' }", "when[1].fields.kind: is in [fields]"),
        (SMALL + "[[when]]\ncolumn = 'x'\ncodes = ['a']\nfields = { event_id = { column = 'i' } }", "when[1].fields.event_id"),
        (SMALL.replace('currency = "CNY"', "") + "[[when]]\ncolumn = 'x'\ncodes = ['a']\nfields = {}", "also for code 'a'"),
        (
            SMALL + "[[when]]\ncolumn = 'x'\ncodes = ['a']\nfields = {}\n[[when]]\ncolumn = 'y'\ncodes = ['b']\nfields = {}",
            "when: all of them must look at the same column",
        ),
    ],
)
def test_a_wrong_mapping_says_what_is_wrong_at_which_key(text: str, problem: str) -> None:
    assert problem in "; ".join(problems(text))


def test_a_right_mapping_has_no_problem() -> None:
    assert mapping.parse("own.toml", SMALL).columns() == {"when", "sum", "from", "to"}


def test_all_problems_of_a_mapping_are_told_at_once() -> None:
    text = SMALL.replace('"timestamp"', '"sundial"').replace('"TRANSFER"', '"GIFT"') + "colour = 1\n"
    assert [problem.partition(":")[0] for problem in problems(text)] == ["fields.event_time.time", "fields.kind", "fields.colour"]


def test_an_unknown_name_is_answered_with_the_known_ones() -> None:
    with pytest.raises(MappingError, match=r"mapping bank: neither .* nor one of amlsim, handbook, paysim, sparkov"):
        mapping.load("bank")


def test_a_mapping_file_that_is_not_there_is_named() -> None:
    with pytest.raises(MappingError, match=r"mapping gone\.toml: cannot be read"):
        mapping.load("somewhere/gone.toml")


def test_all_missing_columns_are_named_before_the_first_record(tmp_path: Path) -> None:
    with pytest.raises(MappingError) as refusal:
        read([csv(tmp_path / "a.csv", [{"to": "x"}])], mapping=mapping.parse("own.toml", 'requires = ["from"]' + SMALL))
    assert refusal.value.problems == [f"the file has no column {name!r}, see requires" for name in ("from", "sum", "when")]


def test_all_cells_that_cannot_be_computed_with_are_named_by_row_and_key_but_not_shown(tmp_path: Path) -> None:
    by = mapping.parse("own.toml", SMALL + 'card = { template = "{lat:.1f}" }\n')
    rows = [ROW | {"lat": "1"}, ROW | {"lat": "secret", "sum": "secret"}, ROW | {"lat": "", "when": "secret"}]
    with pytest.raises(MappingError) as refusal:
        list(read([csv(tmp_path / "a.csv", rows)], mapping=by))
    assert refusal.value.problems == [
        "row 2: fields.amount_minor: the cell is no number",
        "row 2: fields.card: the cell is no number",
        "row 3: fields.event_time: the cell is no time as in 2018-04-01 00:00:31",
    ]


def test_a_code_without_a_when_is_named_by_its_row(tmp_path: Path) -> None:
    text = (DATA / "mapping_full.csv").read_text().replace("SHOP", "GIFT")
    (tmp_path / "a.csv").write_text(text)
    with pytest.raises(MappingError, match=r"mapping_full\.toml: row 2: when: holds a code that no `when` names"):
        list(read([tmp_path / "a.csv"], mapping=mapping.load(str(DATA / "mapping_full.toml"))))


def test_a_thousand_wrong_rows_are_told_in_twenty_lines(tmp_path: Path) -> None:
    with pytest.raises(MappingError) as refusal:
        list(read([csv(tmp_path / "a.csv", [ROW | {"sum": "x"}] * 1000)], mapping=mapping.parse("own.toml", SMALL)))
    assert len(refusal.value.problems) == 21
    assert refusal.value.problems[-1] == "and 980 more"


def test_a_negative_amount_is_left_to_the_codec_which_makes_a_dead_letter_of_it(tmp_path: Path) -> None:
    (record,) = read([csv(tmp_path / "a.csv", [ROW | {"sum": "-1"}])], mapping=mapping.parse("own.toml", SMALL))
    assert json.loads(record.raw)["amount_minor"] == -100


# The data sets that come with the package -----------------------------------------------------------------------------


HANDBOOK = {
    "TRANSACTION_ID": st.integers(0, 2**31 - 1),
    "TX_DATETIME": st.datetimes(datetime(2018, 4, 1), datetime(2018, 9, 30)),  # noqa: DTZ001 as the data set has it
    "CUSTOMER_ID": st.integers(0, 4999),
    "TERMINAL_ID": st.integers(0, 9999),
    "TX_AMOUNT": st.floats(0, 1e6),
    "TX_FRAUD": st.integers(0, 1),
    "TX_FRAUD_SCENARIO": st.integers(0, 3),
}
AMLSIM = {
    "sourceNodeId": st.integers(0, 19_999),
    "targetNodeId": st.integers(0, 19_999),
    "value": st.floats(0, 1e6),
    "time": st.integers(1, 149),
}
PAYSIM = {
    "step": st.integers(1, 743),
    "type": st.sampled_from(["TRANSFER", "CASH_OUT", "PAYMENT", "DEBIT", "CASH_IN"]),
    "amount": st.floats(0, 1e8),
    "nameOrig": st.from_regex(r"C\d{3,10}", fullmatch=True),
    "nameDest": st.from_regex(r"[CM]\d{3,10}", fullmatch=True),
    **{name: st.floats(0, 1e8) for name in ("oldbalanceOrg", "newbalanceOrig", "oldbalanceDest", "newbalanceDest")},
    "isFraud": st.integers(0, 1),
    "isFlaggedFraud": st.integers(0, 1),
}
SPARKOV = {
    "cc_num": st.integers(10**11, 10**19 // 2),
    "trans_num": st.sampled_from(["a", "b"]),
    "unix_time": st.integers(1546300800, 1577836800),
    "category": st.sampled_from(["gas_transport", "grocery_pos", "misc_net", "shopping_net", "travel", "home"]),
    "amt": st.floats(1, 1e5),
    "merchant": st.text(st.characters(codec="utf-8"), min_size=1, max_size=40),
    "merch_lat": st.floats(-90, 90),
    "merch_long": st.floats(-180, 180),
    "is_fraud": st.integers(0, 1),
}


@pytest.mark.parametrize(
    ("name", "columns"), [("handbook", HANDBOOK), ("amlsim", AMLSIM), ("paysim", PAYSIM), ("sparkov", SPARKOV)]
)
@given(data=st.data())
def test_every_row_of_a_known_data_set_becomes_a_valid_transaction(
    tmp_path_factory: pytest.TempPathFactory, name: str, columns: dict[str, st.SearchStrategy[Any]], data: st.DataObject
) -> None:
    rows = data.draw(st.lists(st.fixed_dictionaries(columns), min_size=1, max_size=5))
    path = tmp_path_factory.mktemp(name) / "rows.parquet"
    pq.write_table(pa.Table.from_pylist(rows), path)
    told: list[str] = []
    replay = list(read([path], mapping=mapping.load(name), warn=told.append))
    assert len([decode_transaction(record.raw) for record in replay]) == len(rows)
    assert told == []


def known(name: str, path: Path, **row: Any) -> dict[str, Any]:
    pq.write_table(pa.table({column: [cell] for column, cell in row.items()}), path)
    (record,) = read([path], mapping=mapping.load(name))
    written: dict[str, Any] = json.loads(record.raw)
    return written


def test_a_handbook_payment_is_a_purchase_at_a_terminal_whose_shop_is_no_customer(tmp_path: Path) -> None:
    at = datetime.fromisoformat("2018-04-01T00:00:31")
    row = {"TRANSACTION_ID": 0, "TX_DATETIME": at, "CUSTOMER_ID": 596, "TERMINAL_ID": 3156, "TX_AMOUNT": 57.16}
    assert known("handbook", tmp_path / "a.parquet", **row) == {
        "event_id": "0",
        "event_time": "2018-04-01T00:00:31Z",
        "kind": "PURCHASE",
        "status": "APPROVED",
        "channel": "POS",
        "amount_minor": 5716,
        "currency": "EUR",
        "payer": {"account": "596", "on_us": True, "type": "PERSON"},
        "payee": {"account": "m3156", "type": "MERCHANT"},
        "terminal": {"id": "3156"},
    }


@pytest.mark.parametrize(
    ("code", "kind", "channel", "parties"),
    [
        ("TRANSFER", "TRANSFER", "MOBILE", {"payer": "C1", "payee": "C2"}),
        ("DEBIT", "TRANSFER", "MOBILE", {"payer": "C1", "payee": "C2"}),
        ("PAYMENT", "PURCHASE", "MOBILE", {"payer": "C1", "payee": "C2"}),
        ("CASH_OUT", "CASH_WITHDRAWAL", "COUNTER", {"payer": "C1", "terminal": "C2"}),
        ("CASH_IN", "CASH_DEPOSIT", "COUNTER", {"payee": "C1", "terminal": "C2"}),
    ],
)
def test_a_paysim_type_decides_kind_channel_and_who_is_who(
    tmp_path: Path, code: str, kind: str, channel: str, parties: dict[str, str]
) -> None:
    row = {"step": 1, "type": code, "amount": 181.0, "nameOrig": "C1", "nameDest": "C2", "oldbalanceOrg": 181.0}
    written = known("paysim", tmp_path / "a.parquet", **row)
    assert (written["kind"], written["channel"]) == (kind, channel)
    found = {side: written[side] for side in ("payer", "payee", "terminal") if side in written}
    assert {side: party.get("account") or party["id"] for side, party in found.items()} == parties


def test_no_paysim_balance_reaches_a_transaction(tmp_path: Path) -> None:
    balances = dict.fromkeys(["oldbalanceOrg", "newbalanceOrig", "oldbalanceDest", "newbalanceDest"], 424242.0)
    row = {"step": 1, "type": "TRANSFER", "amount": 1.0, "nameOrig": "C1", "nameDest": "C2", **balances}
    assert "424242" not in json.dumps(known("paysim", tmp_path / "a.parquet", **row))


def test_a_sparkov_web_purchase_has_no_terminal_and_one_in_a_shop_has_its_position(tmp_path: Path) -> None:
    row = {"cc_num": 35, "unix_time": 1546300989, "amt": 61.74, "merchant": "Rau", "merch_lat": 30.09, "merch_long": -82.83}
    shop = known("sparkov", tmp_path / "a.parquet", category="home", **row)
    web = known("sparkov", tmp_path / "b.parquet", category="misc_net", **row)
    assert shop["terminal"] == {"id": "Rau@30.1,-82.8", "lat": 30.09, "lon": -82.83}
    assert (web["channel"], "terminal" in web) == ("WEB", False)


def test_payments_that_share_a_sparkov_number_stay_two_events(tmp_path: Path) -> None:
    count = Counter[str]()
    row = {"cc_num": 35, "unix_time": 1546300989, "amt": 1.0, "merchant": "Rau", "category": "misc_net", "trans_num": "same"}
    pq.write_table(pa.Table.from_pylist([row, row]), tmp_path / "a.parquet")
    count.update(t.event_id for t in transactions(tmp_path / "a.parquet", mapping.load("sparkov")))
    assert list(count.values()) == [1, 1]


@pytest.mark.parametrize("name", mapping.builtin_names())
def test_a_mapping_of_the_package_says_what_it_is_of(name: str) -> None:
    assert mapping.load(name).about


NEWER = [
    ('card = { column = "x", unsigned = true }', "fields.card.unsigned: goes with `scale` only"),
    ('card = { column = "x", otherwise = "y" }', "fields.card.otherwise: goes with `codes` only"),
    ('card = { column = "x", codes = {} }', "fields.card.codes: must name a code"),
    ('card = { column = "x", codes = { a = [1] } }', "fields.card.codes.a: must be a text, a number or a truth value"),
    ('"payer.type" = { column = "x", codes = { a = "ROBOT" } }', "fields.payer.type.codes.a: must be one of CORPORATE"),
    ('"payer.type" = { column = "x", default = "ROBOT" }', "fields.payer.type.default: must be one of CORPORATE"),
    ('"payer.holder_age" = { column = "x", scale = 1, codes = { a = 1 } }', "scale and codes exclude each other"),
    ('"payer.opened_on" = { column = "x", date = "%H" }', "fields.payer.opened_on.date: must tell year, month and day"),
    ('card = { column = "x", date = "%Y%m%d" }', "fields.card.date: makes a day, and the field is none"),
    ('card = { column = "x", token = "person" }', "fields.card.token: must be one of account, card, customer"),
    ('"payer.on_us" = { column = "x", token = "card" }', "fields.payer.on_us.token: makes an identifier"),
    ('event_id = { column = "x", token = "card" }', "fields.event_id.token: makes an identifier"),
    ('event_id = { column = "x", default = "e" }', "fields.event_id.default: would make rows copies"),
    ('card = { template = "{x:7}" }', "fields.card: a hole is"),
    ("[derived]\na = { template = '{b}' }\nb = { template = '{x}' }", "derived.a: the derived column 'b' must stand before it"),
    ("[derived]\na = { template = '{a}' }", "derived.a: the derived column 'a' must stand before it"),
    ("[derived]\na = { column = 'x', scale = 2 }", "derived.a.scale: unknown key"),
    ("[table]\nencoding = 'klingon'", "table.encoding: must be the name of an encoding"),
    ("[table]\ndelimiter = '||'", "table.delimiter: must be one character"),
    ("[table]\ntrim = 'yes'", "table.trim: must be true or false"),
    ("[label]\ncolumn = 'l'\ncase = { column = 'c', token = 'card' }", "label.case.token: no label file has tokens"),
]


@pytest.mark.parametrize(("line", "problem"), NEWER)
def test_a_wrong_rule_for_what_core_systems_write_says_what_is_wrong(line: str, problem: str) -> None:
    assert problem in "; ".join(problems(SMALL + line))


def test_deleted_is_one_of_two_words() -> None:
    assert "deleted: must be one of IGNORED, REVERSED (line 1)" in problems('deleted = "GONE"\n' + SMALL)


def test_every_problem_tells_its_line_within_tables_arrays_and_texts_of_several_lines() -> None:
    text = 'about = """\n[fields]\nkind = 1\n"""' + SMALL + 'colour = 1\n"payer.type" = "ROBOT"\n[[when]]\ncolumn = "x"\n'
    text += 'codes = [\n    "a",\n    "a",\n]\n[when.fields]\npurpose = 1\n'
    assert [(problem.partition(":")[0], problem.rpartition(" ")[2]) for problem in problems(text)] == [
        ("fields.colour", "14)"),
        ("fields.payer.type", "15)"),
        ("when[1].fields.purpose", "23)"),
        ("when[1].codes", "18)"),
    ]


def test_a_mapping_with_tokens_is_replayed_with_the_key_of_the_feeds(tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(b"k" * 32)
    (tmp_path / "own.toml").write_text(SMALL.replace('{ column = "from" }', '{ column = "from", token = "account" }'))
    path = csv(tmp_path / "a.csv", [ROW])
    arguments = ["replay", str(path), "--mapping", str(tmp_path / "own.toml"), "--out", str(tmp_path / "out"), "--scores"]
    with_key = CliRunner().invoke(cli, arguments, env={"GOLDENHOUR_TOKEN_KEY_FILE": str(tmp_path / "key")})
    assert with_key.exit_code == 0, with_key.output
    assert Tokens(b"k" * 32).account("a-1") in (tmp_path / "out" / "transactions.csv").read_text()
    assert isinstance(CliRunner().invoke(cli, arguments).exception, TokenKeyError)
