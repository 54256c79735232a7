"""A mapping proposed from a table: what is understood, how sure that is, what is asked; nobody's number stands in it."""

import re
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from connectors import mapping
from connectors.mapping import MappingError
from connectors.rule_reader import OPEN
from connectors.suggest.roles import ROLES, named
from connectors.suggest.shapes import shape_of
from connectors.tables.rows import read_rows
from models.records import Transaction
from stream.cli import cli
from stream.mapping_sample import suggest
from tests.connectors.golden import TOKENS

DATA = Path(__file__).parents[2] / "data"
CHINESE, PINYIN = DATA / "core_bank_gb18030.csv", DATA / "core_bank_pinyin.csv"

HANDBOOK = [
    {
        "TRANSACTION_ID": number,
        "TX_DATETIME": datetime(2018, 4, 1, 0, number),  # noqa: DTZ001 as the data set has it
        "CUSTOMER_ID": 596 + number % 3,
        "TERMINAL_ID": 3156 + number % 4,
        "TX_AMOUNT": 57.16 + number,
        "TX_FRAUD": number % 2,
        "TX_FRAUD_SCENARIO": number % 3,
    }
    for number in range(12)
]
AMLSIM = [
    {"sourceNodeId": number % 5, "targetNodeId": 9 + number % 3, "value": 103.55, "time": 1 + number // 6} for number in range(12)
]
PAYSIM = [
    {
        "step": 1,
        "type": ("PAYMENT", "TRANSFER", "CASH_OUT", "DEBIT", "CASH_IN")[number % 5],
        "amount": 181.25 + number,
        "nameOrig": f"C12310068{number:02d}",
        "oldbalanceOrg": 181.25,
        "newbalanceOrig": 0.5,
        "nameDest": f"M19797871{number:02d}",
        "isFraud": number % 2,
    }
    for number in range(20)
]
SPARKOV = [
    {
        "cc_num": 3506537947383471 + number % 4,
        "gender": "F",
        "trans_num": f"6b86f656eab5675b6ce5223a44de{number // 2:04d}",
        "unix_time": 1546300989 + number,
        "category": "gas_transport",
        "amt": 61.74,
        "is_fraud": number % 2,
        "merchant": f"shop {number % 3}",
        "merch_lat": 30.093277,
        "merch_long": -82.826183,
    }
    for number in range(12)
]
ANSWERS = {
    "event_id": '{ template = "{COLUMNS}" }',
    "zone": '"+08:00"',
    "kind": '"PURCHASE"',
    "status": '"APPROVED"',
    "channel": '"WEB"',
    "currency": '"CNY"',
    "origin": "2017-01-01T00:00:00Z",
}


def answered(text: str, **given: str) -> mapping.Mapping:
    """Return the mapping once a person has answered every question in it."""
    answers = ANSWERS | given

    def answer(match: re.Match[str]) -> str:
        return f"{match[1]} = {answers[match[1]]}"

    rules = re.sub(rf'(\w+) = "{OPEN}[^"]*"', answer, "\n".join(line.partition(" # ")[0] for line in text.splitlines()))
    return mapping.parse("own.toml", rules)


def transactions(path: Path, by: mapping.Mapping) -> list[Transaction]:
    (part,) = read_rows(by, path, TOKENS)
    assert [str(error) for error in part.errors] == []
    return [record for record in part.records if record is not None]


def parquet(path: Path, rows: list[dict[str, Any]]) -> Path:
    pq.write_table(pa.Table.from_pylist(rows), path)
    return path


def rule_line(text: str, field: str) -> str:
    (line,) = [line for line in text.splitlines() if line.startswith(f"{field} = ")]
    return line


# ---- names and shapes ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("column", ["交易金额", "jyje", "txn_amt", "TxnAmt", "TXN-AMT", "交易金额(元)"])
def test_an_amount_is_known_by_its_chinese_pinyin_and_english_name(column: str) -> None:
    found = named(column)
    assert found is not None
    assert (found.role, found.is_exact) == ("amount", True)


def test_no_name_stands_for_two_things() -> None:
    every = [name for names in ROLES.values() for name in names.split()]
    assert sorted({name for name in every if every.count(name) > 1}) == []


@pytest.mark.parametrize(
    ("cells", "time", "has_zone"),
    [
        (["2026-03-02 09:00:00"], ("timestamp", ""), False),
        (["2026-03-02T09:00:00+08:00"], ("timestamp", ""), True),
        (["20260302090000"], ("timestamp", "%Y%m%d%H%M%S"), False),
        (["2026/3/2 9:00"], ("timestamp", "%Y/%m/%d %H:%M"), False),
        ([1772413200], ("unix_s", ""), True),
        ([1772413200000], ("unix_ms", ""), True),
    ],
)
def test_a_time_is_known_by_its_cells(cells: list[Any], time: tuple[str, str], has_zone: bool) -> None:
    shape = shape_of(cells)
    assert (shape.time, shape.has_zone) == (time, has_zone)


def test_codes_are_few_short_and_repeated_and_numbers_of_somebody_are_none() -> None:
    assert shape_of(["TRF", "CSH"] * 3).codes == {"CSH": 3, "TRF": 3}
    assert shape_of(["62220200112233", "62220200112233"] * 3).codes == {}
    assert shape_of([f"c{number}" for number in range(40)]).codes == {}


# ---- proposals -------------------------------------------------------------------------------------------------------------


def test_a_chinese_core_banks_file_is_understood_but_for_the_clock() -> None:
    text = suggest(CHINESE)
    assert [line.partition(" = ")[0] for line in text.splitlines()[2:] if OPEN in line] == ["event_time"]
    found = transactions(CHINESE, answered(text))
    assert len(found) == 24
    first = found[0]
    assert (first.kind, first.status, first.amount_minor, first.currency) == ("CASH_DEPOSIT", "DECLINED", 100_000, "CNY")
    assert first.event_time.isoformat() == "2026-03-01T16:00:00+00:00"
    transfer = found[1]
    assert (transfer.kind, transfer.channel) == ("TRANSFER", "WEB")
    assert transfer.payer is not None
    assert transfer.payer.account == TOKENS.account("6222020000000000001")
    incoming = found[3]
    assert incoming.payee is not None
    assert (incoming.payee.account, incoming.payee.on_us) == (TOKENS.account("6222020000000000003"), True)


def test_a_file_in_pinyin_initials_is_understood_but_for_the_clock_and_the_kind() -> None:
    text = suggest(PINYIN)
    found = transactions(PINYIN, answered(text, kind='"TRANSFER"'))
    assert {record.status for record in found} == {"APPROVED", "DECLINED"}
    assert found[0].payer is not None
    assert (found[0].payer.holder_age, str(found[0].payer.opened_on)) == (60, "2019-01-14")
    assert found[0].event_time.isoformat() == "2026-03-02T01:00:00+00:00"


@pytest.mark.parametrize(
    ("rows", "answers", "kinds"),
    [
        (HANDBOOK, {"channel": '"POS"'}, {"PURCHASE"}),
        (AMLSIM, {"event_id": '{ template = "{sourceNodeId}-{targetNodeId}-{time}" }', "kind": '"TRANSFER"'}, {"TRANSFER"}),
        (SPARKOV, {"event_id": '{ template = "{trans_num}-{unix_time}" }'}, {"PURCHASE"}),
        (
            PAYSIM,
            {"event_id": '{ template = "{nameOrig}-{step}" }', "channel": '"COUNTER"'},
            {"TRANSFER", "PURCHASE", "CASH_WITHDRAWAL", "CASH_DEPOSIT"},
        ),
    ],
    ids=["handbook", "amlsim", "sparkov", "paysim"],
)
def test_a_public_data_sets_columns_become_a_mapping_that_reads_every_row(
    tmp_path: Path, rows: list[dict[str, Any]], answers: dict[str, str], kinds: set[str]
) -> None:
    path = parquet(tmp_path / "rows.parquet", rows)
    found = transactions(path, answered(suggest(path), **answers))
    assert (len(found), {record.kind for record in found}) == (len(rows), kinds)
    assert found[0].amount_minor == round(
        100 * next(rows[0][name] for name in rows[0] if name in ("TX_AMOUNT", "value", "amount", "amt"))
    )


def test_every_rule_says_how_sure_it_is_and_why(tmp_path: Path) -> None:
    text = suggest(parquet(tmp_path / "rows.parquet", SPARKOV))
    assert "# sure: the name says the amount (amt); 12 cells, 1 different; numbers, 2 decimals" in rule_line(text, "amount_minor")
    assert re.search(rf"# {OPEN}: .*12 cells, 6 different", rule_line(text, "event_id"))
    rules = [line for line in text.splitlines() if " = " in line and not line.startswith(("#", "about", "codes", "column"))]
    assert [line for line in rules if " # " not in line] == []


def test_an_open_question_keeps_the_mapping_from_being_read_and_is_named_with_its_line() -> None:
    with pytest.raises(MappingError) as refusal:
        mapping.parse("own.toml", suggest(PINYIN))
    told = "; ".join(refusal.value.problems)
    assert re.search(r"fields\.kind: is still to be answered \(line \d+\)", told)


def test_a_label_reaches_no_field_and_persons_are_left_out() -> None:
    by = answered(suggest(CHINESE))
    assert by.ignored["户名"].startswith("a person's name")
    assert by.label is None


def test_signs_tell_who_pays_where_no_flag_does(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("txn_id,txn_time,acct_no,opp_acct,amount\n1,2026-03-02 09:00:00,a,b,-1.50\n2,2026-03-02 09:01:00,a,b,2.50\n")
    found = transactions(path, answered(suggest(path), kind='"TRANSFER"'))
    assert [(t.payer.account, t.payee.account, t.amount_minor) for t in found if t.payer and t.payee] == [
        ("a", "b", 150),
        ("b", "a", 250),
    ]


def test_no_number_and_no_name_of_anybody_stands_in_a_proposal(tmp_path: Path) -> None:
    for path in (CHINESE, PINYIN, parquet(tmp_path / "a.parquet", SPARKOV), parquet(tmp_path / "b.parquet", PAYSIM)):
        text = suggest(path)
        assert re.findall(r"\d{9,}", text) == []
        assert [name for name in ("张三", "李四", "王五", "赵六", "shop 1") if name in text] == []


# ---- the commands ----------------------------------------------------------------------------------------------------------


def command(*arguments: object) -> tuple[int, str]:
    result = CliRunner().invoke(cli, ["mapping", *map(str, arguments)])
    return result.exit_code, result.output


def test_a_proposal_is_written_once_and_never_over_anothers_answers(tmp_path: Path) -> None:
    out = tmp_path / "own.toml"
    assert command("suggest", CHINESE, "--out", out) == (0, f"{out}: 1 lines to answer\n")
    assert out.read_text("utf-8") == suggest(CHINESE)
    assert command("suggest", CHINESE, "--out", out)[0] == 2


def test_check_shows_records_masked_and_what_stays_empty(tmp_path: Path) -> None:
    out = tmp_path / "own.toml"
    out.write_text(suggest(CHINESE).replace(f'"{OPEN} the offset of the clock, as +08:00"', '"+08:00"'), "utf-8")
    status, said = command("check", out, "--sample", CHINESE, "--records", "2")
    lines = said.splitlines()
    assert status == 0
    assert lines[0].startswith('{"event_id":"L20260302000","event_time":"2026-03-01T16:00:00Z","kind":"CASH_DEPOSIT"')
    assert lines[2] == "24 rows can be read, 0 problems"
    assert "session.device" in lines[3]
    assert "without payer.holder_age: V3, X2 not seen, or less surely" in lines
    assert not [line for line in lines if line.startswith("without payer.balance_after_minor")]
    assert re.search(r"62220200\d{4}", said) is None


def test_check_names_rows_that_cannot_be_read(tmp_path: Path) -> None:
    out, sample = tmp_path / "own.toml", tmp_path / "a.csv"
    out.write_text(suggest(CHINESE).replace(f'"{OPEN} the offset of the clock, as +08:00"', '"+08:00"'), "utf-8")
    sample.write_bytes(CHINESE.read_bytes().replace("|成功|".encode("gb18030"), "|未知|".encode("gb18030"), 1))
    status, said = command("check", out, "--sample", sample)
    assert status == 1
    assert "unknown_value at status (交易状态) (row 2): holds a code that `codes` does not name" in said
