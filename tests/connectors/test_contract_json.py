"""Bytes and records of the contract: the way there and back, and every way in which bytes can be wrong."""

import hashlib
import json
import os
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from msgspec import inspect

from connectors.contract_json import RECORD_BYTES_MAX, dead_letter, decode, decode_transaction, encode
from connectors.errors import ERROR_CODES, DecodeError
from connectors.json_position import position_of, position_of_no_text, position_of_repeated
from models.contract_types import IDENTIFIER_LENGTH_MAX
from models.records import (
    INPUT_RECORDS,
    Alert,
    CounterEvidence,
    DeadLetter,
    DeadLetterCause,
    DetectorStamp,
    FreezeRequest,
    FreezeResponse,
    MatchedTransaction,
    Party,
    Reason,
    Record,
    ReportedTransfer,
    Score,
    Source,
    Subject,
    Target,
    Terminal,
    Trace,
    Transaction,
    VictimReport,
)
from tests.record_strategies import ANY_RECORD, TOPICS

GOLDEN = Path(__file__).parents[1] / "golden" / "contract"
EXAMPLES = Path(__file__).parents[2] / "deploy" / "schemas" / "examples.jsonl"
BEIJING = timezone(timedelta(hours=8))
AT = datetime(2026, 3, 2, 9, 21, 40, tzinfo=BEIJING)

TRANSFER: dict[str, Any] = {
    "event_id": "e1",
    "event_time": "2026-03-02T09:14:05.123+08:00",
    "kind": "TRANSFER",
    "status": "APPROVED",
    "channel": "MOBILE",
    "amount_minor": 4_980_000,
    "currency": "CNY",
    "payer": {"account": "a-771", "holder_age": 71},
    "payee": {"account": "a-902", "name_match": "MATCH"},
    "session": {"device": "d-4"},
}
REPORT: dict[str, Any] = {
    "report_id": "r1",
    "reported_at": "2026-03-02T09:40:00+08:00",
    "source": "POLICE",
    "transfers": [{"payer_account": "a-771", "payee_account": "a-902", "amount_minor": 1, "paid_at": "2026-03-02T09:14:05+08:00"}],
}


TOO_LONG = "x" * (IDENTIFIER_LENGTH_MAX + 1)


def raw(**changes: Any) -> bytes:
    """Return the transfer as bytes, with some members changed; None takes a member out."""
    return json.dumps({name: value for name, value in (TRANSFER | changes).items() if value is not None}).encode()


def refusal(content: bytes | None, topic: str = "transactions") -> DecodeError:
    with pytest.raises(DecodeError) as caught:
        decode(topic, content)
    return caught.value


# There and back


@given(ANY_RECORD)
def test_a_record_comes_back_from_its_bytes(case: tuple[str, Record]) -> None:
    topic, record = case
    assert decode(topic, encode(record)) == record


@given(ANY_RECORD)
def test_encoding_what_was_decoded_gives_the_same_bytes(case: tuple[str, Record]) -> None:
    topic, record = case
    content = encode(record)
    assert encode(decode(topic, content)) == content


@given(st.sampled_from(sorted(TOPICS)), st.binary(max_size=300))
def test_any_bytes_are_a_record_or_a_decode_error(topic: str, content: bytes) -> None:
    assert_record_or_error(topic, content)


@given(ANY_RECORD, st.data())
def test_a_damaged_record_is_a_record_or_a_decode_error(case: tuple[str, Record], data: st.DataObject) -> None:
    topic, record = case
    content = encode(record)
    start = data.draw(st.integers(0, len(content)))
    end = data.draw(st.integers(start, min(len(content), start + 20)))
    assert_record_or_error(topic, content[:start] + data.draw(st.binary(max_size=8)) + content[end:])


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10) | st.just("2026-03-02T09:40:00Z"),
    lambda values: st.lists(values, max_size=3) | st.dictionaries(st.text(max_size=5), values, max_size=3),
    max_leaves=5,
)


@given(st.sampled_from(sorted(TRANSFER)), JSON_VALUES)
@example("amount_minor", 10**400)
@example("amount_minor", float("nan"))
@example("amount_minor", -0.0)
@example("event_time", "2026-03-02T23:59:60Z")
def test_any_value_of_any_field_is_a_record_or_a_decode_error(field: str, value: object) -> None:
    assert_record_or_error("transactions", json.dumps(TRANSFER | {field: value}).encode())


def assert_record_or_error(topic: str, content: bytes) -> None:
    try:
        outcome: object = decode(topic, content)
    except DecodeError as error:
        outcome = error.code
    assert outcome in ERROR_CODES or type(outcome) is TOPICS[topic]


def test_the_fast_way_to_a_transaction_gives_the_same_record() -> None:
    assert decode_transaction(raw()) == decode("transactions", raw())


@pytest.mark.parametrize("line", EXAMPLES.read_bytes().splitlines())
def test_the_examples_of_the_contract_are_read(line: bytes) -> None:
    topic = json.loads(line).get("topic", "transactions")
    assert type(decode(topic, line)) is TOPICS[topic]


# What is accepted


def test_unknown_fields_are_accepted() -> None:
    extended = raw(loyalty={"points": [1, 2, {"tier": "GOLD"}]}, payer={"account": "a-771", "holder_age": 71, "mood": 7})
    assert decode_transaction(extended) == decode_transaction(raw())


def test_an_unknown_number_beyond_a_double_is_accepted() -> None:
    assert decode_transaction(raw(extra=7).replace(b"7}", b"7e999}")) == decode_transaction(raw())


def test_null_is_read_as_left_out() -> None:
    content = json.dumps(TRANSFER | {"card": None, "terminal": None, "payer": {"account": "a-771", "bank": None}}).encode()
    assert decode_transaction(content) == decode_transaction(raw(payer={"account": "a-771"}))


def test_the_order_of_members_white_space_and_escapes_do_not_matter() -> None:
    other = json.dumps(dict(reversed(TRANSFER.items())), indent=2).replace("a-771", "\\u0061-771").encode()
    assert decode_transaction(other) == decode_transaction(raw())


def test_microseconds_are_kept_and_zeros_behind_them_refused_alike() -> None:
    assert decode_transaction(raw(event_time="2026-03-02T09:14:05.123456Z")).event_time.microsecond == 123456
    assert refusal(raw(event_time="2026-03-02T09:14:05.1234560Z")).code == "bad_time"


def test_an_escape_hides_no_fraction() -> None:
    assert refusal(raw().replace(b"05.123", b"05\\u002e1234567")).code == "bad_time"


def test_a_number_with_many_decimals_is_no_time() -> None:
    terminal = {"id": "ATM-12", "lat": 30.27410001, "lon": 120.15510001}
    assert decode_transaction(raw(terminal=terminal)).terminal == Terminal(**terminal)


# What is refused, one bad input each


@pytest.mark.parametrize(
    "content",
    [b"{", b"not json", b'{"event_id":', b"\xff\xfe", b'{"event_id":"\xff"}', b'{"event_id":"\\ud800"}', raw() + b" {}", b"\x00"],
)
def test_bytes_that_are_no_json_are_refused(content: bytes) -> None:
    assert refusal(content).code == "not_json"


def test_not_a_number_is_no_json() -> None:
    assert refusal(raw(amount_minor=float("nan"))).code == "not_json"


@pytest.mark.parametrize(
    ("content", "position"),
    [
        (b'{"event_id":"e1";', 16),
        (raw()[:-1], len(raw()) - 1),
        (b'{"event_id":"e', 14),
        (b"{", 1),
        (b'{"event_id":"\xff"}', 13),
        (b"\xff", 0),
    ],
)
def test_the_place_where_json_breaks_is_given(content: bytes, position: int | None) -> None:
    error = refusal(content)
    assert (error.code, error.position) == ("not_json", position)


@pytest.mark.parametrize(
    ("content", "member"),
    [
        (raw(amount_minor=-1), b'"amount_minor"'),
        (raw(payer={"holder_age": 30, "account": 771}), b'"account": 771'),
        (raw(kind="GIFT"), b'"kind"'),
        (b"  " + raw(kind=None), b"{"),
        (raw(payer={}), b'"payer": {}'),
        (raw(payer=None), b"{"),
        (raw(payee={"account": "a-902", "opened_on": "soon"}), b'"opened_on"'),
        (raw(event_time="2026-03-02T09:14:05.1234567Z"), b'"event_time"'),
        (raw(card='[{\\\\"payer":', currency="CN"), b'"currency"'),
        (raw(extra=[[], {}, [1, {"kind": 2}]], status="DONE"), b'"status"'),
        (raw().replace(b'"kind": "TRANSFER"', b'"kin\\u0064": "GIFT"'), b'"kin\\u0064"'),
        (raw(kind="GIFT")[:-1] + b";", b'"kind"'),
        (raw().replace(b'"holder_age"', b'"account": "a-9", "holder_age"'), b'"account": "a-9"'),
    ],
)
def test_a_refusal_tells_at_which_byte_the_member_to_blame_starts(content: bytes, member: bytes) -> None:
    position = refusal(content).position
    assert position is not None
    assert content[position:].startswith(member)


def test_a_refusal_tells_which_of_several_transfers_is_to_blame() -> None:
    document = REPORT | {"transfers": [REPORT["transfers"][0], REPORT["transfers"][0] | {"paid_at": "then"}]}
    error = refusal(json.dumps(document).encode(), topic="victim-reports")
    assert json.dumps(document).find('"paid_at": "then"') == error.position


@given(st.binary(max_size=60) | st.text('{}[]:,"\\ kindpayerl0', max_size=60).map(str.encode))
def test_any_bytes_have_a_position_within_them_or_none(content: bytes) -> None:
    for position in (position_of(content, "payer.account"), position_of_repeated(content), position_of_no_text(content)):
        assert position is None or 0 <= position <= len(content)


@pytest.mark.parametrize("cut", range(0, len(raw()), 7))
def test_wherever_a_record_is_cut_off_its_end_is_the_place(cut: int) -> None:
    assert refusal(raw()[:cut] or b" ").position == (cut or 1)


@pytest.mark.parametrize("content", [b"", None])
def test_an_empty_record_and_a_tombstone_are_refused(content: bytes | None) -> None:
    assert refusal(content).code == "empty_record"


@pytest.mark.parametrize("member", [b"[" * 30_000 + b"]" * 30_000, b'{"a":' * 9_000 + b"1" + b"}" * 9_000])
def test_deep_nesting_is_refused(member: bytes) -> None:
    assert refusal(raw()[:-1] + b',"extra":' + member + b"}").code == "not_json"


def test_a_record_over_the_limit_is_refused_and_one_at_it_is_read() -> None:
    content = raw()
    assert decode_transaction(content, len(content)).event_id == "e1"
    with pytest.raises(DecodeError) as caught:
        decode("transactions", content, record_bytes_max=len(content) - 1)
    assert caught.value.code == "oversize"


def test_the_usual_limit_applies_unless_another_is_given() -> None:
    assert refusal(b" " * (RECORD_BYTES_MAX + 1)).code == "oversize"


def test_a_topic_outside_the_contract_is_refused() -> None:
    assert refusal(raw(), topic="weather").code == "unknown_topic"


@pytest.mark.parametrize("content", [b"[]", b'"text"', b"1", b"null", b"true"])
def test_a_record_that_is_no_object_is_refused(content: bytes) -> None:
    assert refusal(content).code in {"wrong_type", "missing_field"}


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        # wrong type
        ({"amount_minor": "100"}, "wrong_type", "amount_minor"),
        ({"amount_minor": 100.0}, "wrong_type", "amount_minor"),
        ({"amount_minor": True}, "wrong_type", "amount_minor"),
        ({"event_id": 7}, "wrong_type", "event_id"),
        ({"payer": "a-771"}, "wrong_type", "payer"),
        ({"payer": {"account": 771}}, "wrong_type", "payer.account"),
        ({"payee": {"account": "a-902", "on_us": 1}}, "wrong_type", "payee.on_us"),
        ({"event_time": 1772414045}, "wrong_type", "event_time"),
        # missing
        ({"event_id": None}, "missing_field", "event_id"),
        ({"event_time": None}, "missing_field", "event_time"),
        ({"amount_minor": None}, "missing_field", "amount_minor"),
        ({"payer": {}}, "missing_field", "payer.account"),
        ({"terminal": {"lat": 30.2}}, "missing_field", "terminal.id"),
        ({"channel": "ATM"}, "missing_field", "terminal"),
        ({"status": "REVERSED"}, "missing_field", "original_event_id"),
        ({"payer": None}, "missing_party", "payer"),
        ({"payee": None}, "missing_party", "payee"),
        # outside a closed set
        ({"kind": "GIFT"}, "unknown_value", "kind"),
        ({"status": "approved"}, "unknown_value", "status"),
        ({"channel": ""}, "unknown_value", "channel"),
        ({"payee": {"account": "a-902", "name_match": "MAYBE"}}, "unknown_value", "payee.name_match"),
        # outside a limit
        ({"amount_minor": -1}, "out_of_range", "amount_minor"),
        ({"amount_minor": 10**15 + 1}, "out_of_range", "amount_minor"),
        ({"amount_minor": 10**30}, "out_of_range", "amount_minor"),
        ({"event_id": ""}, "out_of_range", "event_id"),
        ({"event_id": "x" * 65}, "out_of_range", "event_id"),
        ({"currency": "CN"}, "out_of_range", "currency"),
        ({"purpose": "SALARY"}, "out_of_range", "purpose"),
        ({"card": ""}, "out_of_range", "card"),
        ({"card": TOO_LONG}, "out_of_range", "card"),
        ({"payer": {"account": TOO_LONG}}, "out_of_range", "payer.account"),
        ({"payee": {"account": "a-902", "customer": TOO_LONG}}, "out_of_range", "payee.customer"),
        ({"payee": {"account": "a-902", "cohort": TOO_LONG}}, "out_of_range", "payee.cohort"),
        ({"payee": {"account": "a-902", "bank": TOO_LONG}}, "out_of_range", "payee.bank"),
        ({"terminal": {"id": TOO_LONG}}, "out_of_range", "terminal.id"),
        ({"session": {"device": TOO_LONG}}, "out_of_range", "session.device"),
        ({"payer": {"account": ""}}, "out_of_range", "payer.account"),
        ({"payer": {"account": "a-771", "holder_age": -1}}, "out_of_range", "payer.holder_age"),
        ({"payer": {"account": "a-771", "balance_after_minor": 2**63}}, "out_of_range", "payer.balance_after_minor"),
        ({"terminal": {"id": "ATM-12", "lat": 90.1}}, "out_of_range", "terminal.lat"),
        ({"terminal": {"id": "ATM-12", "lon": -180.1}}, "out_of_range", "terminal.lon"),
        # times
        ({"event_time": "2026-03-02T09:14:05"}, "bad_time", "event_time"),
        ({"event_time": "02.03.2026"}, "bad_time", "event_time"),
        ({"event_time": "2026-02-30T09:14:05Z"}, "bad_time", "event_time"),
        ({"event_time": "0001-01-01T00:00:00Z"}, "bad_time", "event_time"),
        ({"event_time": "2026-03-02T09:14:05.123456789+08:00"}, "bad_time", "event_time"),
        ({"payer": {"account": "a-771", "opened_on": "11/05/2009"}}, "bad_time", "payer.opened_on"),
        # an amount that cannot be, and fields that contradict each other
        ({"kind": "CASH_WITHDRAWAL"}, "impossible_amount", "kind"),
        ({"kind": "CASH_DEPOSIT", "channel": "BATCH"}, "impossible_amount", "kind"),
        ({"payer": {"account": "a-771", "name_match": "NO"}}, "conflicting_fields", "payer.name_match"),
    ],
)
def test_a_bad_transaction_is_refused_by_code_and_field(changes: dict[str, Any], code: str, field: str) -> None:
    error = refusal(raw(**changes))
    assert (error.code, error.field) == (code, field)


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"transfers": []}, "out_of_range", "transfers"),
        ({"report_id": TOO_LONG}, "out_of_range", "report_id"),
        ({"transfers": [REPORT["transfers"][0] | {"payer_account": TOO_LONG}]}, "out_of_range", "transfers[0].payer_account"),
        ({"transfers": [REPORT["transfers"][0] | {"terminal": TOO_LONG}]}, "out_of_range", "transfers[0].terminal"),
        ({"transfers": [{"payer_account": "a-771", "amount_minor": 1}]}, "missing_field", "transfers[0].paid_at"),
        (
            {"transfers": [REPORT["transfers"][0] | {"payee_account": None}]},
            "missing_field",
            "transfers[0].payee_account",
        ),
        (
            {"transfers": [REPORT["transfers"][0], REPORT["transfers"][0] | {"paid_at": "2026-03-02T09:14:05.0000001Z"}]},
            "bad_time",
            "transfers[1].paid_at",
        ),
    ],
)
def test_a_bad_victim_report_is_refused_by_code_and_place(changes: dict[str, Any], code: str, field: str) -> None:
    error = refusal(json.dumps(REPORT | changes).encode(), topic="victim-reports")
    assert (error.code, error.field) == (code, field)


@pytest.mark.parametrize(
    ("content", "field"),
    [
        (raw().replace(b'"kind"', b'"amount_minor": 1, "kind"'), "amount_minor"),
        (raw().replace(b'"holder_age"', b'"account": "a-9", "holder_age"'), "account"),
        (raw().replace(b'"device"', b'"device": "d-5", "device"'), "device"),
        (raw(extra={"k": 1}).replace(b'"k"', b'"k": 2, "k"'), None),
        (raw(extra={"k": 7}).replace(b'"k"', b'"k": 7e999, "k"'), None),
        (raw(card="\\").replace(b'"kind"', b'"amount_minor": 1, "kind"'), "amount_minor"),
        (raw(card="?").replace(b"?", b"\\u002c").replace(b'"kind"', b'"amount_minor": 1, "kind"'), "amount_minor"),
        (raw(card=None).replace(b'"kind"', b'"k\\u0069nd": "TRANSFER", "kind"'), "kind"),
    ],
)
def test_a_member_given_twice_is_refused(content: bytes, field: str | None) -> None:
    error = refusal(content)
    assert (error.code, error.field) == ("duplicate_field", field)


@pytest.mark.parametrize("character", ["x", "账", "\U0001f600"])
def test_an_identifier_of_the_longest_length_is_taken(character: str) -> None:
    longest = character * IDENTIFIER_LENGTH_MAX
    assert decode_transaction(raw(card=longest, payer={"account": longest})).card == longest


@pytest.mark.parametrize("topic", INPUT_RECORDS)
def test_every_text_of_an_incoming_record_is_bounded_but_those_for_people(topic: str) -> None:
    """What state and alerts repeat must be; a freeze response is kept as it came, and is no longer than a record may be."""
    assert unbounded_texts(inspect.type_info(INPUT_RECORDS[topic])) <= {"mismatch_fields", "reason"}


def unbounded_texts(kind: Any, name: str = "") -> set[str]:
    match kind:
        case inspect.StrType(max_length=None):
            return {name}
        case inspect.StructType(fields=fields):
            return {found for field in fields for found in unbounded_texts(field.type, field.name)}
        case inspect.UnionType(types=types):
            return {found for part in types for found in unbounded_texts(part, name)}
        case inspect.VarTupleType(item_type=item):
            return unbounded_texts(item, name)
    return set()


def test_a_path_in_a_refused_value_is_not_taken_for_the_field() -> None:
    assert refusal(raw(kind="x' - at `$.a-771.secret`")).field == "kind"


def test_a_refusal_keeps_no_trace_of_the_error_that_quoted_the_value() -> None:
    error = refusal(raw(kind="a-771"))
    assert error.__cause__ is None
    assert error.__context__ is None


# Dead letters


def test_a_dead_letter_says_where_why_and_what_in_masked_form() -> None:
    content = raw(kind="GIFT")
    source = Source(topic="transactions", partition=3, offset=77)
    assert dead_letter(refusal(content), source, content, AT) == DeadLetter(
        source=source,
        failed_at=AT,
        error=DeadLetterCause(code="unknown_value", field="kind", reason="the value is none of those the contract lists"),
        raw_sha256=hashlib.sha256(content).hexdigest(),
        raw_excerpt='{"event_id":"***","event_time":"***","kind":"***","status":"APPROVED","channel":"MOBILE",'
        '"amount_minor":#,"currency":"***","payer":{"account":"***","holder_age":#},"payee":{"account":"***","name_match',
    )


def test_a_tombstone_makes_a_dead_letter_too() -> None:
    letter = dead_letter(refusal(None), Source(topic="transactions", partition=0, offset=0), None, AT)
    assert (letter.error.code, letter.raw_excerpt) == ("empty_record", "")


@pytest.mark.parametrize("failed_at", [datetime(1969, 12, 31, tzinfo=UTC), datetime.max.replace(tzinfo=UTC)])
def test_a_dead_letter_is_made_whatever_the_clock_says(failed_at: datetime) -> None:
    letter = dead_letter(refusal(b"{"), Source(topic="transactions", partition=0, offset=0), b"{", failed_at)
    assert decode("dead-letters", encode(letter)) == letter


@given(st.binary(max_size=100))
def test_every_dead_letter_can_be_published_and_read(content: bytes) -> None:
    error = DecodeError("bad_record", None, None, "the record does not follow the contract")
    letter = dead_letter(error, Source(topic="transactions", partition=0, offset=1), content, AT)
    assert decode("dead-letters", encode(letter)) == letter


# Golden bytes


REASON = Reason(code="OUT_IN_RATIO", zh="进出比", en="out/in ratio", value=0.98, threshold=0.9, window_s=1800)
GOLDEN_RECORDS: dict[str, list[Record]] = {
    "transactions": [
        Transaction(
            event_id="e1",
            event_time=AT,
            kind="CASH_WITHDRAWAL",
            status="REVERSED",
            channel="ATM",
            amount_minor=0,
            currency="CNY",
            payer=Party(account="a-902", on_us=False, holder_age=0, balance_after_minor=-1),
            terminal=Terminal(id="ATM-12", lat=30.2741, lon=120.1551, region="330106"),
            original_event_id="e0",
        ),
        Transaction(
            event_id="e2",
            event_time=AT + timedelta(microseconds=1),
            kind="TRANSFER",
            status="APPROVED",
            channel="WEB",
            amount_minor=10**15,
            currency="CNY",
            payer=Party(account="账户-1"),
            payee=Party(account='quote" back\\slash'),
        ),
    ],
    "victim-reports": [
        VictimReport(
            report_id="r1",
            reported_at=AT,
            source="BRANCH",
            transfers=(
                ReportedTransfer(payer_account="a-771", amount_minor=1, paid_at=AT, payee_account="a-902"),
                ReportedTransfer(payer_account="a-771", amount_minor=2, paid_at=AT.astimezone(UTC), terminal="ATM-12"),
            ),
        )
    ],
    "freeze-responses": [
        FreezeResponse(
            request_id="f1",
            sequence=1,
            responded_at=AT,
            status="MISMATCH",
            ends_at=AT + timedelta(hours=48),
            mismatch_fields=("amount_minor",),
        )
    ],
    "alerts": [
        Alert(
            alert_id="al1",
            revision=1,
            raised_at=AT,
            event_time=AT,
            trigger_event_id="e1",
            typology="M1",
            subject=Subject(role="MULE_SUSPECTED", kind="ACCOUNT", id="a-902"),
            tier=3,
            score=1.0,
            amount_at_risk_minor=4_980_000,
            currency="CNY",
            recommended_action="FREEZE_REQUEST",
            reasons=(REASON,),
            evidence=("e1", "e2"),
            counter_evidence=(CounterEvidence(lookalike="N3", zh="非商户", en="no merchant"),),
            case_id="c1",
            detector=DetectorStamp(name="pass_through", version="1", policy_version="2026-03"),
            source=Source(topic="transactions", partition=0, offset=0),
        )
    ],
    "freeze-requests": [
        FreezeRequest(
            request_id="f1",
            sequence=1,
            state="PROPOSED",
            requested_at=AT,
            case_id="c1",
            case_ref="2026-0302-17",
            measure="STOP_PAYMENT_48H",
            target=Target(account="a-902", on_us=True),
            requested_amount_minor=4_480_000,
            currency="CNY",
            transactions=(
                MatchedTransaction(
                    event_id="e1",
                    booked_at=AT,
                    amount_minor=4_980_000,
                    direction="IN",
                    counterparty_account="a-771",
                    hop=1,
                ),
            ),
            trace=Trace(method="FIFO", hops=1),
            alert_ids=("al1",),
            reasons=(REASON,),
            valid_until=AT + timedelta(hours=48),
        )
    ],
    "scores": [Score(event_id="e1", event_time=AT, score=0.25, tier=0)],
}


@pytest.mark.parametrize("topic", GOLDEN_RECORDS)
def test_a_record_is_written_in_the_golden_bytes(topic: str) -> None:
    """Set GOLDEN=write to write the files anew after a change that is meant."""
    path = GOLDEN / f"{topic}.jsonl"
    content = b"".join(encode(record) + b"\n" for record in GOLDEN_RECORDS[topic])
    if os.environ.get("GOLDEN") == "write":
        path.write_bytes(content)
    assert content == path.read_bytes()


@pytest.mark.parametrize("topic", GOLDEN_RECORDS)
def test_the_golden_bytes_are_read_as_the_record(topic: str) -> None:
    lines = (GOLDEN / f"{topic}.jsonl").read_bytes().splitlines()
    assert [decode(topic, line) for line in lines] == GOLDEN_RECORDS[topic]


def test_the_same_instant_in_another_offset_gives_the_same_bytes() -> None:
    record = decode_transaction(raw())
    in_utc = decode_transaction(raw(event_time="2026-03-02T01:14:05.123Z"))
    assert encode(record) == encode(in_utc)
