"""No identifier is readable in anything that people or logs get to see."""

import json
import traceback
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.contract_json import dead_letter, decode, encode
from connectors.errors import DecodeError
from connectors.masking import FIELD_NAMES, MASK, excerpt, mask
from models.records import INPUT_RECORDS, Record, Source
from tests.record_strategies import TOPICS, records

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
WINDOW = 4
"""So many characters of an identifier in a row are a leak."""

# A letter beyond f and a digit by turns: no field name, closed value, number, time or hash holds four characters of one.
LETTERS = "GHJKMNQXZ户"
IDENTIFIERS = st.integers(10, 10**10 - 1).map(lambda number: "".join(LETTERS[int(digit)] + digit for digit in str(number)))


def pieces(identifier: str) -> set[str]:
    return {identifier[at : at + WINDOW] for at in range(len(identifier) - WINDOW + 1)}


def assert_hidden(identifiers: list[str], *texts: str) -> None:
    for text in texts:
        assert not [piece for identifier in identifiers for piece in pieces(identifier) if piece in text]


def strings(value: object) -> list[str]:
    """Return every text of a JSON value, keys included."""
    if isinstance(value, dict):
        return [text for pair in value.items() for part in pair for text in strings(part)]
    if isinstance(value, list):
        return [text for part in value for text in strings(part)]
    return [value] if isinstance(value, str) else []


def identifiers_of(content: bytes) -> list[str]:
    """Return the texts of a valid record that `IDENTIFIERS` made."""
    return [text for text in strings(json.loads(content)) if len(text) >= WINDOW and text[0] in LETTERS and text[1].isdigit()]


@st.composite
def spoilt(draw: st.DrawFn, topic: str) -> tuple[bytes, list[str]]:
    """Draw a record of a topic and spoil it in one of the ways a sender can; return its bytes and its identifiers."""
    content = encode(draw(records(TOPICS[topic], IDENTIFIERS)))
    secret = draw(IDENTIFIERS)
    identifiers = [*identifiers_of(content), secret]
    document: dict[str, Any] = json.loads(content)
    field = draw(st.sampled_from(sorted(document)))
    match draw(st.sampled_from(["value", "key", "type", "twice", "cut", "text", "bytes"])):
        case "value":
            spoilt = json.dumps(document | {field: secret}, ensure_ascii=draw(st.booleans())).encode()
        case "key":
            spoilt = json.dumps({secret if name == field else name: value for name, value in document.items()}).encode()
        case "type":
            spoilt = json.dumps(document | {field: {secret: [secret, {"account": secret}]}}).encode()
        case "twice":
            spoilt = content[:-1] + b',"' + secret.encode() + b'":1,"' + secret.encode() + b'":2}'
        case "cut":
            spoilt = content[: draw(st.integers(0, len(content) - 1))]
        case "text":
            spoilt = draw(st.sampled_from(["account {}", "{}", '"{}"', "['{}']", "<a>{}</a>"])).format(secret).encode()
        case _:
            spoilt = content[:-1] + b',"\xff":"' + secret.encode() + b'"}'
    return spoilt, identifiers


@pytest.mark.parametrize("topic", INPUT_RECORDS)
@given(st.data())
def test_no_identifier_survives_in_what_is_said_of_a_bad_record(topic: str, data: st.DataObject) -> None:
    content, identifiers = data.draw(spoilt(topic))
    try:
        record = decode(topic, content)
    except DecodeError as error:
        letter = dead_letter(error, Source(topic=topic, partition=0, offset=1), content, NOON)
        trace = "".join(traceback.format_exception(error))
        assert_hidden(identifiers, str(error), repr(error), trace, encode(letter).decode(), repr(letter), excerpt(content, 10**6))
    else:
        assert_hidden(identifiers, repr(record), str(record), excerpt(content, 10**6))


@pytest.mark.parametrize("topic", TOPICS)
@given(st.data())
def test_no_identifier_survives_in_a_good_record_as_shown(topic: str, data: st.DataObject) -> None:
    record: Record = data.draw(records(TOPICS[topic], IDENTIFIERS))
    content = encode(record)
    assert_hidden(identifiers_of(content), repr(record), str(record), f"{record}", excerpt(content, 10**6))


@given(st.text())
def test_at_most_the_last_four_of_a_long_identifier_are_shown(identifier: str) -> None:
    shown = mask(identifier)
    assert shown == MASK or (len(identifier) >= 12 and shown == MASK + identifier[-4:])


@pytest.mark.parametrize(
    "identifier", ["", "1", "a-771", "62220202001", "6222 0202 0011 2233", "账户622202020011", "a@b.example.org"]
)
def test_a_short_or_unknown_shape_is_masked_whole(identifier: str) -> None:
    assert mask(identifier) == MASK


@pytest.mark.parametrize("identifier", ["622202020011", "tok-8f14e45f-ceea-467f"])
def test_a_long_plain_identifier_keeps_its_tail(identifier: str) -> None:
    assert mask(identifier) == MASK + identifier[-4:]


def test_a_closed_value_is_shown_only_in_its_own_field() -> None:
    content = b'{"channel":"ATM","account":"ATM","kind":"MOBILE","kind":"TRANSFER","card":["TRANSFER"]}'
    assert excerpt(content) == '{"channel":"ATM","account":"***","kind":"***","kind":"TRANSFER","card":["***"]}'


def test_a_closed_value_below_an_unknown_member_is_masked() -> None:
    assert excerpt(b'{"kind":{"x":"TRANSFER"}}') == '{"kind":{"***":"***"}}'


def test_numbers_of_any_size_and_truth_are_masked_and_null_is_shown() -> None:
    digits = b"9" * 5000
    assert excerpt(b'{"amount_minor":' + digits + b',"lat":NaN,"on_us":true,"card":null}') == (
        '{"amount_minor":#,"lat":#,"on_us":?,"card":null}'
    )


def test_what_is_no_json_keeps_only_its_punctuation() -> None:
    assert excerpt('{"account": "张三-771"'.encode()) == '{"*******": "******"'


def test_deep_nesting_is_masked_character_by_character() -> None:
    assert excerpt(b"[" * 30_000 + b"7" + b"]" * 30_000, 5) == "[[[[["


@given(st.binary(max_size=400), st.integers(0, 50))
def test_an_excerpt_is_no_longer_than_asked(content: bytes, limit: int) -> None:
    assert len(excerpt(content, limit)) <= limit


def test_an_excerpt_of_a_huge_record_is_short_and_masked() -> None:
    assert excerpt(b'{"account":"' + b"7" * 100_000 + b'"}', 20) == '{"*******":"********'


def test_every_field_of_every_record_may_be_named() -> None:
    assert {"payer", "account", "reported_at", "counterparty_bank", "raw_sha256", "topic", "arrival_time"} <= FIELD_NAMES
