"""A published record is a CloudEvent to whoever reads CloudEvents, and the contract's record to everybody else."""

import json
from datetime import UTC, datetime

import pytest
from cloudevents.core.bindings.kafka import KafkaMessage, from_binary_event
from cloudevents.core.formats.json import JSONFormat
from hypothesis import given

from connectors.cloud_events import ATTRIBUTES, headers_by_topic, headers_for
from connectors.contract_json import dead_letter, encode
from connectors.errors import DecodeError
from connectors.record_stamp import STAMPED_TOPICS, stamp_of
from connectors.schemas import schemas
from models.records import OUTPUT_RECORDS, Record, Source, TraceRecord
from tests.record_strategies import ANY_RECORD

AT = datetime(2026, 3, 2, 1, 14, 6, tzinfo=UTC)
LETTER = encode(dead_letter(DecodeError("not_json"), Source(topic="transactions", partition=3, offset=41), b"{", AT))


def trace(revision: int) -> bytes:
    return encode(TraceRecord(account="6222020200112233445", revision=revision, as_of=AT, hop=1, method="fifo"))


def test_a_reader_of_cloud_events_finds_id_source_type_time_and_the_record() -> None:
    headers = dict(headers_for("dead-letters", "the bank/1")(LETTER))
    event = from_binary_event(KafkaMessage(headers=headers, key=b"k", value=LETTER), JSONFormat())
    assert event.get_id() == "transactions-3-41"
    assert event.get_source() == "urn:goldenhour:installation:the%20bank%2F1"
    assert event.get_type() == "goldenhour.dead-letter.v1"
    assert event.get_time() == AT
    assert event.get_dataschema() == schemas()["dead-letter.schema.json"]["$id"]
    assert event.get_data() == json.loads(LETTER)


@given(ANY_RECORD)
def test_every_record_that_can_be_published_has_all_headers_and_always_the_same(case: tuple[str, Record]) -> None:
    topic, record = case
    if topic not in STAMPED_TOPICS:
        return
    raw = encode(record)
    headers = headers_for(topic, "goldenhour")(raw)
    assert {name for name, _ in headers} == set(ATTRIBUTES)
    assert headers_for(topic, "goldenhour")(raw) == headers


def test_revisions_are_different_events_and_copies_are_not() -> None:
    assert stamp_of("traces", trace(1)) == stamp_of("traces", trace(1))
    assert stamp_of("traces", trace(1)).id != stamp_of("traces", trace(2)).id


def test_no_account_is_in_the_headers() -> None:
    assert not any(b"2233445" in said for _, said in headers_for("traces", "goldenhour")(trace(1)))


def test_topics_are_known_by_their_full_names() -> None:
    found = headers_by_topic("bank-", "goldenhour")
    assert set(found) == {f"bank-{topic}" for topic in STAMPED_TOPICS}
    assert set(STAMPED_TOPICS) < set(OUTPUT_RECORDS)
    assert dict(found["bank-traces"](trace(1)))["ce_type"] == b"goldenhour.trace.v1"


@pytest.mark.parametrize("topic", STAMPED_TOPICS)
def test_the_type_and_the_schema_speak_of_the_same_record(topic: str) -> None:
    assert f"{topic.removesuffix('s')}.schema.json" in schemas()
