"""The connector of tables beyond what every connector holds: rows, encodings, what core systems write."""

import json
from pathlib import Path

import pytest

from connectors import mapping
from connectors.contract_json import encode
from connectors.errors import DecodeError
from connectors.mapping import MappingError
from connectors.replay_files import read
from connectors.tables.rows import RowsRead, read_rows
from connectors.tables.samples import MAPPING, csv_text
from connectors.tokens import Tokens
from models.records import Transaction
from tests.connectors.golden import FOLDER, TOKENS

COMMON = """
[fields]
event_id = { column = "id" }
event_time = { column = "when", time = "timestamp", zone = "+08:00" }
kind = "TRANSFER"
status = "APPROVED"
channel = "MOBILE"
currency = "CNY"
amount_minor = { column = "sum", scale = 100 }
"payer.account" = { column = "from" }
"payee.account" = { column = "to" }
"""
ROW = {"id": "e1", "when": "2026-03-02 09:00:00", "sum": "1.00", "from": "a-1", "to": "a-2"}


def table(path: Path, *rows: dict[str, str], encoding: str = "utf-8", delimiter: str = ",") -> Path:
    lines = [list(rows[0]), *(list(row.values()) for row in rows)]
    path.write_bytes("".join(delimiter.join(line) + "\n" for line in lines).encode(encoding))
    return path


def rows(path: Path, text: str, tokens: Tokens | None = None) -> list[RowsRead]:
    return list(read_rows(mapping.parse("own.toml", text), path, tokens))


def one(path: Path, text: str, tokens: Tokens | None = None) -> Transaction:
    ((_, (record,), errors),) = rows(path, text, tokens)
    assert errors == []
    assert record is not None
    return record


def changed(old: str, new: str) -> str:
    assert old in COMMON
    return COMMON.replace(old, new)


# ---- the language ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "cell", "minor"),
    [
        ('grouping = ","', '"12,345.60"', 1_234_560),
        ("unsigned = true", "-12.34", 1_234),
        ('grouping = " ", unsigned = true', "-1 200", 120_000),
        ("decimals = 2", "BNI=", 1_234),
    ],
)
def test_an_amount_is_read_as_the_core_system_writes_it(tmp_path: Path, rule: str, cell: str, minor: int) -> None:
    text = changed("scale = 100", f"scale = 100, {rule}")
    assert one(table(tmp_path / "a.csv", ROW | {"sum": cell}), text).amount_minor == minor


@pytest.mark.parametrize(
    ("rule", "cell"),
    [
        ('"timestamp", zone = "+08:00", format = "%Y%m%d%H%M%S"', "20260302090000"),
        ('"timestamp", zone = "+08:00", format = "%Y/%m/%d %H:%M"', "2026/3/2 9:00"),
        ('"timestamp", format = "%d.%m.%Y %H:%M:%S %z"', "02.03.2026 09:00:00 +0800"),
        ('"timestamp", zone = "+08:00", format = "%Y年%m月%d日%H时%M分"', "2026年03月02日09时00分"),
        ('"unix_us"', "1772413200000000"),
        ('"unix_ns"', "1772413200000000999"),
        ('"wall_ms", zone = "+08:00"', "1772442000000"),
        ('"wall_us", zone = "+08:00"', "1772442000000000"),
        ('"wall_ns", zone = "+08:00"', "1772442000000000999"),
    ],
)
def test_a_time_is_read_in_the_form_and_zone_that_the_mapping_tells(tmp_path: Path, rule: str, cell: str) -> None:
    text = changed('"timestamp", zone = "+08:00"', rule)
    assert one(table(tmp_path / "a.csv", ROW | {"when": cell}), text).event_time.isoformat() == "2026-03-02T01:00:00+00:00"


def test_digits_that_touch_have_their_full_width(tmp_path: Path) -> None:
    text = changed('zone = "+08:00"', 'zone = "+08:00", format = "%Y%m%d%H%M%S"')
    (found,) = rows(table(tmp_path / "a.csv", ROW | {"when": "2026302090000"}), text)
    assert [(error.code, error.field) for error in found.errors] == [("bad_time", "event_time (when)")]


def test_a_day_and_a_time_without_its_zero_are_put_together(tmp_path: Path) -> None:
    derived = '[derived]\nmoment = { template = "{day} {time:06}" }\n'
    text = derived + changed('"when", time = "timestamp"', '"moment", time = "timestamp", format = "%Y%m%d %H%M%S"')
    row = {name: cell for name, cell in ROW.items() if name != "when"} | {"day": "20260302", "time": "90000"}
    assert one(table(tmp_path / "a.csv", row), text).event_time.isoformat() == "2026-03-02T01:00:00+00:00"


def test_codes_defaults_and_the_rest_are_three_things(tmp_path: Path) -> None:
    text = changed('"CNY"', '{ column = "cur", codes = { "156" = "CNY", "840" = "USD" }, default = "CNY" }')
    text = text.replace('channel = "MOBILE"', 'channel = { column = "ch", codes = { "1" = "WEB" }, otherwise = "API" }')
    known = [ROW | {"id": str(number), "cur": cur, "ch": ch} for number, (cur, ch) in enumerate([("840", "1"), ("", "7")])]
    ((_, found, errors),) = rows(table(tmp_path / "a.csv", *known, ROW | {"cur": "999", "ch": "1"}), text)
    assert [(record.currency, record.channel) for record in found if record] == [("USD", "WEB"), ("CNY", "API")]
    assert [(error.code, error.field, error.position) for error in errors] == [("unknown_value", "currency (cur)", 3)]


def test_the_sign_of_an_amount_tells_who_pays(tmp_path: Path) -> None:
    sides = "".join(
        f'[[when]]\ncolumn = "side"\ncodes = ["{sign}"]\n[when.fields]\n'
        f'"{own}.account" = {{ column = "from" }}\n"{other}.account" = {{ column = "to" }}\n'
        for sign, own, other in (("-", "payer", "payee"), ("+", "payee", "payer"))
    )
    text = '[derived]\nside = { sign = "sum" }\n' + changed("scale = 100", "scale = 100, unsigned = true").replace(
        '"payer.account" = { column = "from" }\n"payee.account" = { column = "to" }\n', sides
    )
    ((_, found, _),) = rows(table(tmp_path / "a.csv", ROW | {"sum": "-2.5"}, ROW | {"sum": "2.5"}), text)
    assert [(t.payer.account, t.payee.account, t.amount_minor) for t in found if t and t.payer and t.payee] == [
        ("a-1", "a-2", 250),
        ("a-2", "a-1", 250),
    ]


def test_a_day_of_opening_is_read_by_its_form_or_as_days(tmp_path: Path) -> None:
    for rule, cell in (("%Y%m%d", "20190414"), ("days", "18000")):
        text = COMMON + f'"payer.opened_on" = {{ column = "opened", date = "{rule}" }}\n'
        record = one(table(tmp_path / "a.csv", ROW | {"opened": cell}), text)
        assert record.payer is not None
        assert str(record.payer.opened_on) == "2019-04-14"


def test_a_token_stands_for_an_account_and_is_that_of_every_other_feed(tmp_path: Path) -> None:
    text = changed('"payer.account" = { column = "from" }', '"payer.account" = { column = "from", token = "account" }')
    text += 'card = { column = "from", token = "card" }\n"payer.customer" = { template = "c{from}", token = "customer" }\n'
    record = one(table(tmp_path / "a.csv", ROW | {"from": "6222020200112233"}), text, TOKENS)
    assert record.payer is not None
    assert record.payer.account == TOKENS.account("6222020200112233")
    assert record.card == TOKENS.card("6222020200112233")
    assert record.payer.customer == TOKENS.customer("c6222020200112233")


def test_tokens_without_a_key_are_refused_in_ingest_and_replay(tmp_path: Path) -> None:
    path = table(tmp_path / "a.csv", ROW)
    text = changed('{ column = "from" }', '{ column = "from", token = "account" }')
    with pytest.raises(MappingError, match="set token_key_file"):
        rows(path, text)
    with pytest.raises(MappingError, match="set token_key_file"):
        list(read([path], mapping=mapping.parse("own.toml", text)))


@pytest.mark.parametrize("encoding", ["gb18030", "utf-16", "utf-8"])
def test_columns_and_cells_are_read_in_the_encoding_of_the_core_system(tmp_path: Path, encoding: str) -> None:
    text = f'[table]\nencoding = "{encoding}"\ndelimiter = "|"\ntrim = true\n' + changed('"payee.account" = { column = "to" }', "")
    text += '"payee.account" = { column = "对方户名" }\n'
    row = {**ROW, "from": "  a-1 ", "对方户名": "张三丰"}
    record = one(table(tmp_path / "a.csv", row, encoding=encoding, delimiter="|"), text)
    assert (record.payer and record.payer.account, record.payee and record.payee.account) == ("a-1", "张三丰")


def test_a_file_without_header_gets_its_names_from_the_mapping(tmp_path: Path) -> None:
    path = table(tmp_path / "a.csv", ROW)
    path.write_text(path.read_text().partition("\n")[2])
    text = f"[table]\nheader = {json.dumps(list(ROW))}\n" + COMMON
    assert one(path, text).event_id == "e1"


# ---- files -----------------------------------------------------------------------------------------------------------------


def test_json_rows_say_the_same_as_csv_and_parquet(tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    csv = table(tmp_path / "a.csv", ROW, ROW | {"id": "e2"})
    found = [ROW, ROW | {"id": "e2"}]
    (tmp_path / "a.jsonl").write_text("".join(json.dumps(row) + "\n" for row in found))
    (tmp_path / "a.json").write_text(json.dumps(found))
    pq.write_table(pa.Table.from_pylist(found), tmp_path / "a.parquet")
    expected = rows(csv, COMMON)
    assert len(expected[0].records) == 2
    for suffix in ("jsonl", "json", "parquet"):
        assert rows(tmp_path / f"a.{suffix}", COMMON) == expected


def test_a_member_within_a_member_is_a_column_with_a_dot(tmp_path: Path) -> None:
    row = {**ROW, "from": {"acct": 6222}}
    (tmp_path / "a.jsonl").write_text(json.dumps(row) + "\n[1]\n")
    ((_, (record, none), errors),) = rows(tmp_path / "a.jsonl", changed('"from"', '"from.acct"'))
    assert record is not None
    assert record.payer is not None
    assert record.payer.account == "6222"
    assert none is None
    assert [(error.code, error.position) for error in errors] == [("bad_frame", 2)]


def test_a_torn_row_is_an_error_by_its_number_and_its_neighbours_are_read(tmp_path: Path) -> None:
    path = table(tmp_path / "a.csv", ROW, ROW | {"id": "e2"}, ROW | {"id": "e3"})
    path.write_text(path.read_text().replace("e2,2026-03-02 09:00:00", "e2"))
    ((_, found, errors),) = rows(path, COMMON)
    assert [record and record.event_id for record in found] == ["e1", None, "e3"]
    assert [(error.code, error.position, error.reason) for error in errors] == [
        ("bad_frame", 2, "the row has 4 cells, the header 5")
    ]


def test_every_problem_of_a_row_is_told_with_field_and_column(tmp_path: Path) -> None:
    ((_, _, errors),) = rows(table(tmp_path / "a.csv", ROW | {"sum": "secret", "when": "secret"}), COMMON)
    assert [str(error) for error in errors] == [
        "wrong_type at amount_minor (sum) (byte 1): the cell is no number",
        "bad_time at event_time (when) (byte 1): the cell is no time as in 2018-04-01 00:00:31",
    ]


def test_what_the_codec_refuses_is_told_with_its_column_too(tmp_path: Path) -> None:
    ((_, _, errors),) = rows(table(tmp_path / "a.csv", ROW | {"sum": "-1"}), COMMON)
    assert [(error.code, error.field) for error in errors] == [("out_of_range", "amount_minor (sum)")]


# ---- the connector ---------------------------------------------------------------------------------------------------------


def test_the_byte_of_an_error_is_where_its_row_starts() -> None:
    from connectors.tables import Tables

    raw = csv_text(5).replace(b"S0000000003,2026-03-02 09:00:03", b"S0000000003,2026-03-02 25:00:03")
    with pytest.raises(DecodeError) as refusal:
        Tables(MAPPING, TOKENS).decode(raw)
    assert refusal.value.position == raw.index(b"S0000000003")


def test_a_golden_table_replays_to_the_same_records(tmp_path: Path) -> None:
    from connectors.tables import Tables

    golden = FOLDER / "tables" / "four_kinds_of_booking.csv"
    replayed = [json.loads(record.raw) for record in read([golden], mapping=MAPPING, tokens=TOKENS)]
    assert replayed == [json.loads(encode(found)) for found in Tables(MAPPING, TOKENS).decode(golden.read_bytes())]


def test_a_row_that_cannot_be_computed_with_takes_no_other_with_it(tmp_path: Path) -> None:
    text = '[derived]\nside = { sign = "sum" }\n' + COMMON.replace("scale = 100", "scale = 100, grouping = ','")
    text = text.replace('"timestamp", zone = "+08:00"', '"unix_s"') + 'card = { template = "{side}{lat:.1f}" }\n'
    good = ROW | {"when": "1772413200", "lat": "1.25"}
    bad = [good | {"sum": "x"}, good | {"when": "x"}, good | {"lat": "x"}]
    ((_, found, errors),) = rows(table(tmp_path / "a.csv", good, *bad, good | {"id": "e5"}), text)
    assert [record and record.event_id for record in found] == ["e1", None, None, None, "e5"]
    assert {error.position for error in errors} == {2, 3, 4}
