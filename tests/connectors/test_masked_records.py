"""A record shown without being opened: nobody is named, and what a reader needs stays."""

import json
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.contract_json import encode
from connectors.masked_records import Names, masked_record, without_place
from models.records import INPUT_RECORDS, OUTPUT_RECORDS, Record
from tests.record_strategies import records

SECRET = "6222020200112"
SECRETS = st.integers(100_000, 999_999).map(lambda number: f"{SECRET}{number}")
"""Texts that look like account numbers, everywhere that a record takes a text of its own."""
REFERENCES = {
    *("event_id", "original_event_id", "trigger_event_id", "evidence", "events", "sources", "alert_id", "alert_ids"),
    *("request_id", "case_id", "case_ref", "case_refs", "report_id", "reports", "disposition_id", "control_id", "order_no"),
    *("typology", "topic", "bank", "counterparty_bank", "authority", "terminal", "code", "zh", "en", "lookalike", "name"),
    *("version", "policy_version", "method"),
}


def named_under(value: Any, path: tuple[str, ...] = ()) -> set[tuple[str, ...]]:
    """Return the paths at which a secret is shown in full."""
    if isinstance(value, dict):
        return {found for key, part in value.items() for found in named_under(part, (*path, key))}
    if isinstance(value, list):
        return {found for part in value for found in named_under(part, path)}
    return {path} if isinstance(value, str) and SECRET in value else set()


CASES = {
    topic: st.tuples(st.just(topic), records(record, SECRETS))
    for topic, record in {**INPUT_RECORDS, **OUTPUT_RECORDS}.items()
    if topic != "dead-letters"  # holds nothing of anybody as it is
}


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(case=st.one_of(*CASES.values()))
def test_only_references_our_own_words_and_machines_are_shown(case: tuple[str, Record]) -> None:
    topic, record = case
    shown = json.loads(masked_record(encode(record), Names(), is_ours=topic in OUTPUT_RECORDS))
    for path in named_under(shown):
        is_machine = path[-2:] in {("terminal", "id"), ("subject", "id")}
        assert path[-1] in REFERENCES or is_machine, path
        if path[-2:] == ("subject", "id"):
            assert shown["subject"]["kind"] == "TERMINAL"


def test_a_transaction_keeps_what_happened_and_loses_who_did_it() -> None:
    raw = json.dumps(
        {
            "event_id": "e1",
            "event_time": "2026-03-02T09:14:05+08:00",
            "kind": "CASH_WITHDRAWAL",
            "amount_minor": 5,
            "payer": {"account": "6222020200112233445", "holder_age": 71, "on_us": True, "bank": "BANKA"},
            "card": "6222020200112233445",
            "terminal": {"id": "ATM-12", "lat": 31.2, "region": "310000"},
            "session": {"device": "d-1", "ip": "10.1.2.3"},
            "name": "张三",
        }
    ).encode()
    assert json.loads(masked_record(raw, Names(), is_ours=False)) == {
        "event_id": "e1",
        "event_time": "2026-03-02T09:14:05+08:00",
        "kind": "CASH_WITHDRAWAL",
        "amount_minor": 5,
        "payer": {"account": "#1 ***3445", "holder_age": "***", "on_us": True, "bank": "BANKA"},
        "card": "#1 ***3445",
        "terminal": {"id": "ATM-12", "lat": "***", "region": "#2 ***"},
        "session": {"device": "#3 ***", "ip": "#4 ***"},
        "***": "#5 ***",
    }


def test_our_words_in_a_foreign_record_are_nobodys() -> None:
    raw = b'{"event_id":"e1","zh":"a name","sha256":"x","note":7}'
    assert masked_record(raw, Names(), is_ours=False) == b'{"event_id":"e1","***":"***"}'


def test_a_value_that_is_closed_elsewhere_is_not_shown_under_another_name() -> None:
    assert json.loads(masked_record(b'{"account":"FRAUD"}', Names(), is_ours=False)) == {"account": "#1 ***"}


def test_the_number_of_a_masked_name_can_be_taken_off() -> None:
    assert [without_place(text) for text in ("#12 ***", "***3445", "e-#1 x")] == ["***", "***3445", "e-#1 x"]
