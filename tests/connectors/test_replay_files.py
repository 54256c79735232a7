"""Replay files: what arrives, when, in which order, under which offset; and that nothing unreadable is lost."""

import csv
import gzip
import json
import subprocess
import sys
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors import mapping, replay_files
from connectors.contract_json import decode, decode_transaction, encode
from connectors.errors import DecodeError
from connectors.flat_fields import transaction_fields
from connectors.replay_files import InputRecord, read
from connectors.table_files import BATCH_ROWS, ReplayFileError
from models.records import Host, Session, Transaction
from models.units import time_us
from tests.record_strategies import records

DATA = Path(__file__).parents[1] / "data"
REQUIRED = {
    "event_time": "2026-03-02T09:00:00Z",
    "kind": "TRANSFER",
    "status": "APPROVED",
    "channel": "MOBILE",
    "amount_minor": 100,
    "currency": "CNY",
    "payer.account": "a-1",
    "payee.account": "a-2",
}
HEADER = ",".join(["event_id", *REQUIRED])


def ms(text: str) -> int:
    return time_us(datetime.fromisoformat(text)) // 1000


def lines_file(path: Path, lines: Iterable[str | dict[str, Any]]) -> Path:
    path.write_text("".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in lines))
    return path


def line(name: str, at: str, **more: Any) -> dict[str, Any]:
    return {"event_id": name, "event_time": f"2026-03-02T{at}Z", **more}


def csv_file(path: Path, rows: list[dict[str, Any]]) -> Path:
    names = list(dict.fromkeys(name for row in rows for name in row))
    with path.open("w", encoding="utf-8", newline="") as file:
        lines = csv.DictWriter(file, names, restval="")
        lines.writeheader()
        lines.writerows(rows)
    return path


def parquet_file(path: Path, rows: list[dict[str, Any]]) -> Path:
    names = list(dict.fromkeys(name for row in rows for name in row))
    pq.write_table(pa.table({name: [row.get(name) for row in rows] for name in names}), path)
    return path


def ids(records_read: Iterable[InputRecord]) -> list[str]:
    return [json.loads(record.raw)["event_id"] for record in records_read]


def test_every_line_of_a_day_reaches_its_topic_and_decodes_there() -> None:
    day = list(read([DATA / "replay_day.jsonl"]))
    topics = [record.topic for record in day]
    assert topics == ["transactions", "account-events", "transactions", "victim-reports", "dispositions", "freeze-responses"]
    assert all(decode(record.topic, record.raw) for record in day)


def test_a_record_arrives_at_its_arrival_time_or_else_at_the_time_of_its_own_kind() -> None:
    arrivals = [record.arrival_ms for record in read([DATA / "replay_day.jsonl"])]
    times = ["09:14:05.123", "09:15:00", "09:21:40", "09:40:00", "10:00:00", "10:05:00"]
    assert arrivals == [ms(f"2026-03-02T{at}+08:00") for at in times]


def test_the_raw_bytes_are_the_line_as_it_stands(tmp_path: Path) -> None:
    text = '{ "event_id":"e1", "event_time":"2026-03-02T09:00:00Z", "topic":"transactions", "own":[1.50] }'
    (record,) = read([lines_file(tmp_path / "a.jsonl", [f"  {text}\r"])])
    assert record.raw == text.encode()


def test_microseconds_of_an_arrival_are_cut_to_the_millisecond_before(tmp_path: Path) -> None:
    (record,) = read([lines_file(tmp_path / "a.jsonl", [line("e1", "09:00:00.123999")])])
    assert record.arrival_ms == ms("2026-03-02T09:00:00.123Z")


def test_offsets_count_per_topic_over_all_files_together(tmp_path: Path) -> None:
    first = lines_file(tmp_path / "a.jsonl", [line("a1", "09:00:00"), line("a2", "09:00:02", topic="account-events")])
    second = lines_file(tmp_path / "b.jsonl", [line("b1", "09:00:01"), line("b2", "09:00:03")])
    offsets = [(record.topic, record.offset) for record in read([first, second])]
    assert offsets == [("transactions", 0), ("transactions", 1), ("account-events", 0), ("transactions", 2)]


def test_files_are_merged_by_arrival_and_the_file_named_first_goes_first_at_the_same_time(tmp_path: Path) -> None:
    first = lines_file(tmp_path / "a.jsonl", [line("a1", "09:00:00"), line("a2", "09:00:02")])
    second = lines_file(tmp_path / "b.jsonl", [line("b1", "09:00:00"), line("b2", "09:00:01")])
    assert ids(read([first, second])) == ["a1", "b1", "b2", "a2"]
    assert ids(read([second, first])) == ["b1", "a1", "b2", "a2"]


def test_lines_of_one_file_keep_their_order_even_if_their_times_step_back(tmp_path: Path) -> None:
    file = lines_file(tmp_path / "a.jsonl", [line("a1", "09:00:05"), line("a2", "09:00:01"), line("a3", "09:00:03")])
    other = lines_file(tmp_path / "b.jsonl", [line("b1", "09:00:02")])
    assert ids(read([file])) == ["a1", "a2", "a3"]
    assert [name for name in ids(read([file, other])) if name != "b1"] == ["a1", "a2", "a3"]


@given(st.lists(st.lists(st.integers(0, 5), max_size=8), max_size=4))
def test_a_merge_loses_and_reorders_nothing_within_a_file(times_of_files: list[list[int]]) -> None:
    with TemporaryDirectory() as folder:
        paths = [
            lines_file(Path(folder) / f"{number}.jsonl", [line(f"{number}-{n}", f"09:00:0{at}") for n, at in enumerate(times)])
            for number, times in enumerate(times_of_files)
        ]
        merged = ids(read(paths))
    for number, times in enumerate(times_of_files):
        assert [name for name in merged if name.startswith(f"{number}-")] == [f"{number}-{n}" for n in range(len(times))]


@pytest.mark.parametrize(
    ("unreadable", "topic"),
    [
        ("{not json", "transactions"),
        ("[1, 2]", "transactions"),
        ('{"event_id":"x"}', "transactions"),
        ('{"event_id":"x","event_time":"2026-03-02T09:00:00"}', "transactions"),
        ('{"event_id":"x","event_time":"yesterday","topic":"account-events"}', "account-events"),
        ('{"topic":17,"event_time":"2026-03-02T09:00:00Z"}', "transactions"),
        ("[" * 5000, "transactions"),
    ],
)
def test_an_unreadable_line_is_passed_on_at_the_time_of_the_line_before(tmp_path: Path, unreadable: str, topic: str) -> None:
    lines = [line("e1", "09:00:00"), unreadable, line("e2", "09:00:05")]
    before, bad, after = read([lines_file(tmp_path / "a.jsonl", lines)])
    assert bad.raw == unreadable.encode()
    assert bad.topic == topic
    assert bad.arrival_ms == before.arrival_ms
    assert after.arrival_ms == ms("2026-03-02T09:00:05Z")
    with pytest.raises(DecodeError):
        decode(bad.topic, bad.raw)


def test_unreadable_lines_at_the_start_take_the_time_of_the_first_readable_one(tmp_path: Path) -> None:
    arrivals = {record.arrival_ms for record in read([lines_file(tmp_path / "a.jsonl", ["?", "?", line("e1", "09:00:00")])])}
    assert arrivals == {ms("2026-03-02T09:00:00Z")}


def test_a_file_without_any_readable_line_is_still_passed_on(tmp_path: Path) -> None:
    assert [(record.raw, record.arrival_ms) for record in read([lines_file(tmp_path / "a.jsonl", ["?", "!"])])] == [
        (b"?", 0),
        (b"!", 0),
    ]


def test_bytes_that_are_no_text_are_passed_on_as_they_are(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'{"topic":"\xff"}\n')
    assert [record.raw for record in read([path])] == [b'{"topic":"\xff"}']


def test_an_unknown_topic_is_left_to_the_processor(tmp_path: Path) -> None:
    (record,) = read([lines_file(tmp_path / "a.jsonl", [line("e1", "09:00:00", topic="rumours")])])
    assert record.topic == "rumours"


def test_blank_lines_and_a_byte_order_mark_are_no_records(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"\xef\xbb\xbf" + json.dumps(line("e1", "09:00:00")).encode() + b"\n\n  \n")
    assert ids(read([path])) == ["e1"]


def test_an_empty_file_holds_no_records(tmp_path: Path) -> None:
    assert list(read([lines_file(tmp_path / "a.jsonl", [])])) == []
    assert list(read([])) == []


def test_a_gzip_file_gives_the_same_records_as_the_plain_one(tmp_path: Path) -> None:
    plain = DATA / "replay_day.jsonl"
    packed = tmp_path / "day.jsonl.gz"
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    assert list(read([packed])) == list(read([plain]))


def test_a_gzip_file_that_is_cut_off_is_named(tmp_path: Path) -> None:
    packed = tmp_path / "day.jsonl.gz"
    packed.write_bytes(gzip.compress((DATA / "replay_day.jsonl").read_bytes())[:-20])
    with pytest.raises(ReplayFileError, match=r"day\.jsonl\.gz: damaged"):
        list(read([packed]))


def test_a_flat_csv_gives_the_contract_s_transactions_with_empty_cells_left_out() -> None:
    transfer, withdrawal = (decode_transaction(record.raw) for record in read([DATA / "replay_flat.csv"]))
    assert encode(transfer) == (
        b'{"event_id":"t1","event_time":"2026-03-02T01:14:05.123000Z","kind":"TRANSFER","status":"APPROVED","channel":"MOBILE",'
        b'"amount_minor":4980000,"currency":"CNY","payer":{"account":"a-771","on_us":true,"holder_age":71,"opened_on":'
        b'"2009-05-11"},"payee":{"account":"a-902","type":"PERSON"}}'
    )
    assert withdrawal.payee is None
    assert withdrawal.terminal is not None
    assert withdrawal.terminal.lat == 30.2741
    assert withdrawal.payer is not None
    assert withdrawal.payer.on_us is True


def _flat(transaction: Transaction, *, for_csv: bool) -> dict[str, Any]:
    wire = json.loads(encode(transaction)) if for_csv else None
    row = {}
    for name in transaction_fields():
        value: Any = wire if wire is not None else transaction
        for part in name.split("."):
            if value is not None:
                value = value.get(part) if isinstance(value, dict) else getattr(value, part)
        if value is not None:
            row[name] = value
    return row


def _read_back(transactions: list[Transaction], suffix: str) -> list[Transaction]:
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"rows{suffix}"
        rows = [_flat(transaction, for_csv=suffix == ".csv") for transaction in transactions]
        (csv_file if suffix == ".csv" else parquet_file)(path, rows)
        return [decode_transaction(record.raw) for record in read([path])]


def _without_empty_parts(transaction: Transaction) -> Transaction:
    empty = {name: None for name, nothing in (("session", Session()), ("host", Host())) if getattr(transaction, name) == nothing}
    return Transaction(**{**_members(transaction), **empty})


def _members(transaction: Transaction) -> dict[str, Any]:
    return {name: getattr(transaction, name) for name in transaction.__struct_fields__}


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
@given(transactions=st.lists(records(Transaction).map(_without_empty_parts), min_size=1, max_size=4))
def test_any_transactions_written_flat_are_read_back_as_the_same(suffix: str, transactions: list[Transaction]) -> None:
    assert [encode(transaction) for transaction in _read_back(transactions, suffix)] == [encode(t) for t in transactions]


@pytest.mark.parametrize(
    ("field", "cell"),
    [("amount_minor", "12.5"), ("amount_minor", "-1"), ("amount_minor", "lots"), ("payer.holder_age", "old"),
     ("payer.on_us", "perhaps"), ("event_time", "2026-03-02 09:00:00"), ("kind", "GIFT"), ("payer.opened_on", "May"),
     ("currency", "YUAN"), ("terminal.lat", "inf")],
)  # fmt: skip
def test_a_cell_that_does_not_fit_becomes_a_dead_letter_naming_its_field(tmp_path: Path, field: str, cell: str) -> None:
    (record,) = read([csv_file(tmp_path / "a.csv", [{"event_id": "e1", **REQUIRED, "terminal.id": "T", field: cell}])])
    with pytest.raises(DecodeError) as refusal:
        decode_transaction(record.raw)
    assert refusal.value.field == field


def test_infinity_in_a_parquet_file_is_refused_by_the_codec_and_not_written_as_broken_json(tmp_path: Path) -> None:
    rows = [{"event_id": "e1", **REQUIRED, "terminal.id": "T", "terminal.lat": float("inf")}]
    (record,) = read([parquet_file(tmp_path / "a.parquet", rows)])
    with pytest.raises(DecodeError) as refusal:
        decode_transaction(record.raw)
    assert refusal.value.field == "terminal.lat"


def test_a_required_cell_left_empty_becomes_a_dead_letter(tmp_path: Path) -> None:
    rows = [{"event_id": "e1", **REQUIRED}, {"event_id": "e2", **REQUIRED, "event_time": "", "payer.account": ""}]
    good, bad = read([csv_file(tmp_path / "a.csv", rows)])
    assert decode_transaction(good.raw).event_id == "e1"
    assert bad.arrival_ms == good.arrival_ms
    with pytest.raises(DecodeError, match=r"event_time"):
        decode_transaction(bad.raw)


def test_whole_numbers_that_a_gap_made_floats_are_whole_numbers_again(tmp_path: Path) -> None:
    columns = {"event_id": [1.0, 2.0], "amount_minor": [100.0, 250.0], "payer.holder_age": [71.0, None]}
    table = pa.table({**{name: [value] * 2 for name, value in REQUIRED.items()}, **columns})
    pq.write_table(table, tmp_path / "a.parquet")
    first, second = (decode_transaction(record.raw) for record in read([tmp_path / "a.parquet"]))
    assert (first.event_id, first.amount_minor, second.amount_minor) == ("1", 100, 250)
    assert first.payer is not None
    assert first.payer.holder_age == 71


def test_an_arrival_time_column_decides_the_arrival(tmp_path: Path) -> None:
    rows = [{"event_id": name, **REQUIRED, "arrival_time": at} for name, at in (("e1", "2026-03-02T10:00:00Z"), ("e2", ""))]
    arrivals = [record.arrival_ms for record in read([csv_file(tmp_path / "a.csv", rows)])]
    assert arrivals == [ms("2026-03-02T10:00:00Z"), ms("2026-03-02T09:00:00Z")]


def test_a_parquet_timestamp_with_a_zone_is_taken_as_the_instant_it_is(tmp_path: Path) -> None:
    at = datetime.fromisoformat("2026-03-02T09:14:05.000123+08:00")
    (record,) = read([parquet_file(tmp_path / "a.parquet", [{"event_id": "e1", **REQUIRED, "event_time": at}])])
    assert decode_transaction(record.raw).event_time == at


def test_columns_that_the_contract_does_not_know_are_told_once_and_left_out(tmp_path: Path) -> None:
    told: list[str] = []
    rows = [{"event_id": f"e{n}", **REQUIRED, "mood": "good", "label": 1} for n in range(3)]
    raws = [record.raw for record in read([csv_file(tmp_path / "a.csv", rows)], warn=told.append)]
    assert told == ["a.csv: columns left out, the contract has no such field: mood, label"]
    assert b"mood" not in b"".join(raws)


def test_a_table_without_a_required_column_is_refused_before_the_first_record(tmp_path: Path) -> None:
    with pytest.raises(ReplayFileError, match=r"a\.csv: no column event_id, currency; foreign columns need a mapping"):
        read([csv_file(tmp_path / "a.csv", [{name: cell for name, cell in REQUIRED.items() if name != "currency"}])])


def test_a_table_longer_than_a_batch_keeps_its_order(tmp_path: Path) -> None:
    count = BATCH_ROWS + 2
    table = pa.table({"event_id": range(count), **{name: [value] * count for name, value in REQUIRED.items()}})
    pq.write_table(table, tmp_path / "a.parquet")
    assert ids(read([tmp_path / "a.parquet"])) == [str(number) for number in range(count)]


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (f"{HEADER}\n1,2,3\n", "line 2 has 3 cells, the header 9"),
        (f"{HEADER}\n1,2,3,4,5,6,7,8,9,10\n", "line 2 has 10 cells, the header 9"),
        (f"{HEADER},event_id\n", "column named twice: event_id"),
        (f'{HEADER}\n"1,2\n', "no UTF-8 csv after line 2"),
        ("", "no column names"),
    ],
)
def test_a_torn_csv_file_is_named_with_its_line(tmp_path: Path, content: str, complaint: str) -> None:
    path = tmp_path / "torn.csv"
    path.write_text(content)
    with pytest.raises(ReplayFileError, match=rf"torn\.csv: {complaint}"):
        list(read([path]))


def test_a_file_that_is_no_parquet_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.parquet").write_text("event_id\n")
    with pytest.raises(ReplayFileError, match=r"a\.parquet: no parquet file"):
        read([tmp_path / "a.parquet"])


@pytest.mark.parametrize(("name", "complaint"), [("a.txt", "a replay file ends in"), ("gone.csv", "no such file")])
def test_a_wrong_file_name_is_refused_before_the_first_record(tmp_path: Path, name: str, complaint: str) -> None:
    (tmp_path / "a.txt").touch()
    with pytest.raises(ReplayFileError, match=complaint):
        read([tmp_path / name])


def test_without_pyarrow_a_parquet_file_is_refused_with_the_way_to_install_it(tmp_path: Path) -> None:
    path = parquet_file(tmp_path / "a.parquet", [{"event_id": "e1", **REQUIRED}])
    program = "import sys; sys.modules['pyarrow'] = None; from connectors import replay_files; replay_files.read([sys.argv[1]])"
    run = subprocess.run([sys.executable, "-c", program, str(path)], capture_output=True, text=True, check=False)
    assert "pip install 'goldenhour[parquet]'" in run.stderr


def test_csv_needs_no_pyarrow(tmp_path: Path) -> None:
    path = csv_file(tmp_path / "a.csv", [{"event_id": "e1", **REQUIRED}])
    program = "import sys; sys.modules['pyarrow'] = None; from connectors import replay_files; " + (
        "sys.stdout.write(next(replay_files.read([sys.argv[1]])).topic)"
    )
    run = subprocess.run([sys.executable, "-c", program, str(path)], capture_output=True, text=True, check=True)
    assert run.stdout == "transactions"


def test_a_mapping_is_for_tables_and_leaves_lines_of_the_contract_alone(tmp_path: Path) -> None:
    wallet = mapping.load(str(DATA / "mapping_full.toml"))
    replay = list(read([DATA / "mapping_full.csv", DATA / "replay_day.jsonl"], mapping=wallet))
    assert ids(record for record in replay if record.topic == "transactions") == ["w-1", "t1", "w-2", "w-3", "t2"]


def test_two_tables_that_would_make_the_same_event_ids_are_refused(tmp_path: Path) -> None:
    paths = [tmp_path / folder / "day.csv" for folder in ("a", "b")]
    for path in paths:
        path.parent.mkdir()
        csv_file(path, [{"sourceNodeId": 1, "targetNodeId": 2, "value": 1.0, "time": 1}])
    with pytest.raises(ReplayFileError, match="same event ids"):
        read(paths, mapping=mapping.load("amlsim"))


def test_the_total_is_exact_for_parquet(tmp_path: Path) -> None:
    path = parquet_file(tmp_path / "a.parquet", [{"event_id": f"e{n}", **REQUIRED} for n in range(7)])
    assert replay_files.total([path, path]) == (14, 2 * path.stat().st_size, True)


@pytest.mark.parametrize("packed", [False, True])
def test_the_total_of_lines_is_estimated_within_a_tenth_from_their_start(tmp_path: Path, packed: bool) -> None:
    count = 40_000
    text = "".join(json.dumps(line(f"e{n * 7919 % count}", "09:00:00")) + "\n" for n in range(count)).encode()
    path = tmp_path / ("a.jsonl.gz" if packed else "a.jsonl")
    path.write_bytes(gzip.compress(text) if packed else text)
    total = replay_files.total([path])
    assert abs(total.records - count) < count / 10
    assert not total.is_exact


def test_the_total_of_an_empty_file_is_nothing(tmp_path: Path) -> None:
    assert replay_files.total([lines_file(tmp_path / "a.jsonl", [])]).records == 0
