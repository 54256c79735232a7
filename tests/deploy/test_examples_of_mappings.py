"""The mappings that operators start from read what they are written for."""

from pathlib import Path

from connectors import mapping
from connectors.cdc import Changes
from connectors.cdc.samples import change, change_events, row
from connectors.tables.rows import read_rows
from models.records import Transaction
from tests.connectors.golden import TOKENS

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "deploy" / "examples"


def test_the_core_banks_file_is_read_row_by_row() -> None:
    by = mapping.load(str(EXAMPLES / "core_bank_csv.toml"))
    told: list[str] = []
    (part,) = read_rows(by, ROOT / "tests" / "data" / "core_bank_gb18030.csv", TOKENS, told.append)
    assert (part.errors, told) == ([], [])
    kinds = [record.kind for record in part.records if record is not None]
    assert {kind: kinds.count(kind) for kind in set(kinds)} == {"TRANSFER": 18, "CASH_WITHDRAWAL": 4, "CASH_DEPOSIT": 2}
    assert {record.channel for record in part.records if record is not None} == {"MOBILE", "WEB", "COUNTER"}


def test_the_change_stream_is_read_with_and_without_schemas_through_a_rows_life() -> None:
    connector = Changes(mapping.load(str(EXAMPLES / "core_bank_debezium.toml")), TOKENS)
    found = connector.decode_many([*change_events(), change("u", row(1), row(1, "R"))])
    events = [(record.event_id, record.status, record.amount_minor) for record in found if isinstance(record, Transaction)]
    asked, done = ("t1-q", "REQUESTED", 123_450), ("t1-a", "APPROVED", 123_450)
    assert events == [asked, asked, done, done, ("t1-r", "REVERSED", 123_450)]
