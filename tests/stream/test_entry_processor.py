"""Entry: refuses what cannot be, and addresses the rest to every key it concerns, whatever slices it comes in."""

import hashlib
import json
from collections.abc import Iterable

import pytest

from connectors.contract_json import decode
from connectors.errors import DecodeError
from models.keys import DEVICE, HOLDER, PAYEE, PAYER, TERMINAL
from models.records import DeadLetter
from stream.batches import LoneRecord
from stream.bundle import HOME, INPUT_TOPICS, KEPT, EventItem, decode_bundle
from stream.entry_processor import LOG_MS_MAX, EntryOutput, EntryProcessor, Limits
from stream.partitioning import partition_of

AT = "2025-03-03T10:00:00Z"
AT_MS = 1_740_996_000_000
TRANSFER = {
    "event_id": "e-1",
    "event_time": AT,
    "kind": "TRANSFER",
    "status": "APPROVED",
    "channel": "MOBILE",
    "amount_minor": 10_000,
    "currency": "CNY",
    "payer": {"account": "a-1"},
    "payee": {"account": "a-2"},
    "session": {"device": "d-1"},
}
PAID = {"payer_account": "a-1", "payee_account": "a-2", "amount_minor": 1, "paid_at": AT}
KEPT_RECORDS = {
    "victim-reports": {"report_id": "r-1", "reported_at": AT, "source": "POLICE", "transfers": [PAID]},
    "dispositions": {"disposition_id": "x-1", "decided_at": AT, "alert_id": "a-1", "verdict": "FRAUD"},
    "freeze-responses": {"request_id": "q-1", "sequence": 2, "responded_at": AT, "status": "ACKNOWLEDGED"},
}
SNOOZE = {
    "control_id": "k-1",
    "made_at": AT,
    "actor": "desk",
    "subject": {"kind": "TERMINAL", "id": "ATM-1"},
    "action": "SNOOZE",
    "until": "2025-03-04T10:00:00Z",
}


def log(topic: str, *documents: object, prefix: str = "", first: int = 0, log_ms: int = AT_MS) -> list[LoneRecord]:
    """Return documents (bytes as they are) as records of partition 3 of a topic."""
    raws = [each if isinstance(each, bytes) else json.dumps(each).encode() for each in documents]
    return [LoneRecord(prefix + topic, 3, first + number, log_ms, None, raw) for number, raw in enumerate(raws)]


def transfers(count: int, **changes: object) -> list[dict[str, object]]:
    return [TRANSFER | {"event_id": f"e-{n}", "payer": {"account": f"a-{n % 7}"}} | changes for n in range(count)]


def items(output: EntryOutput) -> dict[int, list[EventItem]]:
    """Return the items for each partition, from all its bundles."""
    return {
        partition: [item for value in values for item in decode_bundle(value).events]
        for partition, values in output.bundles.items()
    }


def letters(output: EntryOutput) -> list[DeadLetter]:
    found = [decode("dead-letters", value) for _, value in output.dead_letters]
    return [letter for letter in found if isinstance(letter, DeadLetter)]


def test_an_event_reaches_every_key_it_concerns_with_its_own_bytes_and_place() -> None:
    (record,) = log("transactions", TRANSFER, first=41)
    (only,) = items(EntryProcessor(1, Limits()).process([record]))[0]
    assert only == EventItem(PAYER | PAYEE | DEVICE | HOME, 0, 3, 41, AT_MS, record.value or b"")


@pytest.mark.parametrize(
    ("changes", "parties"),
    [
        ({"session": None}, PAYER | PAYEE),
        ({"kind": "PURCHASE", "payee": {"account": "s-1", "type": "MERCHANT"}}, PAYER),
        ({"kind": "CASH_WITHDRAWAL", "payee": None, "channel": "ATM", "terminal": {"id": "t-1"}}, PAYER | TERMINAL),
        ({"kind": "CASH_DEPOSIT", "payer": None, "channel": "COUNTER"}, PAYEE),
    ],
)
def test_each_kind_of_transaction_concerns_its_own_parties(changes: dict[str, object], parties: int) -> None:
    document = {name: value for name, value in (TRANSFER | changes).items() if value is not None}
    (item,) = items(EntryProcessor(1, Limits()).process(log("transactions", document)))[0]
    assert item.parties == parties | HOME


def test_a_login_concerns_the_account_and_the_device() -> None:
    login = {"event_id": "e-1", "event_time": AT, "account": "a-1", "type": "LOGIN", "device": "d-1"}
    (item,) = items(EntryProcessor(1, Limits()).process(log("account-events", login)))[0]
    assert (item.parties, item.source) == (HOLDER | DEVICE | HOME, INPUT_TOPICS.index("account-events"))


def test_exactly_one_partition_is_home_and_it_is_the_payers() -> None:
    for event in transfers(50):
        found = items(EntryProcessor(8, Limits()).process(log("transactions", event)))
        homes = [partition for partition, (item,) in found.items() if item.parties & HOME]
        account = event["payer"]["account"]  # type: ignore[index]
        assert homes == [partition_of(f"A:{account}".encode(), 8)]
        assert sum(item.parties & ~HOME for (item,) in found.values()) == PAYER | PAYEE | DEVICE


@pytest.mark.parametrize("topic", KEPT_RECORDS)
def test_what_no_detector_reads_yet_is_addressed_to_be_kept(topic: str) -> None:
    (item,) = items(EntryProcessor(1, Limits()).process(log(topic, KEPT_RECORDS[topic])))[0]
    assert (item.parties, item.source) == (KEPT | HOME, INPUT_TOPICS.index(topic))


def test_a_disposition_reaches_every_partition_once_and_is_kept_at_one() -> None:
    found = items(EntryProcessor(8, Limits()).process(log("dispositions", KEPT_RECORDS["dispositions"])))
    assert sorted(found) == list(range(8))
    assert {partition: item.parties for partition, (item,) in found.items()} == {
        partition: KEPT | (HOME if partition == partition_of(b"X:x-1", 8) else 0) for partition in range(8)
    }


def test_a_control_goes_to_the_key_of_its_subject_alone() -> None:
    (found,) = items(EntryProcessor(8, Limits()).process(log("case-controls", SNOOZE))).items()
    assert found[0] == partition_of(b"T:ATM-1", 8)
    assert [item.parties for item in found[1]] == [KEPT | HOME]


def test_a_snooze_may_end_in_the_future_and_must_not_be_made_there() -> None:
    assert EntryProcessor(1, Limits()).process(log("case-controls", SNOOZE)).codes == []
    ahead = SNOOZE | {"made_at": "2025-03-03T10:05:01Z"}
    assert EntryProcessor(1, Limits()).process(log("case-controls", ahead)).codes == ["future_time"]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"until": None}, "missing_field"),
        ({"until": AT}, "conflicting_fields"),
        ({"action": "FORGET"}, "unknown_value"),
    ],
)
def test_a_control_that_cannot_be_is_refused(change: dict[str, object], code: str) -> None:
    document = {name: value for name, value in (SNOOZE | change).items() if value is not None}
    assert EntryProcessor(1, Limits()).process(log("case-controls", document)).codes == [code]


@pytest.mark.parametrize("cuts", [[100], [50, 50], [1] * 100, [7, 90, 3]])
def test_the_items_are_the_same_whatever_slices_the_records_come_in(cuts: list[int]) -> None:
    records = log("transactions", *transfers(100))
    whole = items(EntryProcessor(4, Limits()).process(records))
    found: dict[int, list[EventItem]] = {}
    entry, start = EntryProcessor(4, Limits()), 0
    for cut in cuts:
        for partition, part in items(entry.process(records[start : start + cut])).items():
            found.setdefault(partition, []).extend(part)
        start += cut
    assert found == whole


def test_more_than_a_bundle_holds_is_split_in_order() -> None:
    output = EntryProcessor(1, Limits(), bundle_bytes_max=2_000).process(log("transactions", *transfers(40)))
    sizes = [sum(len(item.raw) + 32 for item in decode_bundle(value).events) for value in output.bundles[0]]
    assert len(sizes) > 1
    assert max(sizes) <= 2_000
    assert [item.offset for item in items(output)[0]] == list(range(40))


def test_a_record_larger_than_a_bundle_travels_alone() -> None:
    output = EntryProcessor(1, Limits(), bundle_bytes_max=10).process(log("transactions", *transfers(3)))
    assert [len(decode_bundle(value).events) for value in output.bundles[0]] == [1, 1, 1]


def test_a_bad_record_stops_neither_those_before_nor_those_behind_it() -> None:
    output = EntryProcessor(1, Limits()).process(log("transactions", TRANSFER, b"{", TRANSFER))
    assert [item.offset for item in items(output)[0]] == [0, 2]
    assert output.codes == ["not_json"]


def test_a_dead_letter_says_where_the_record_lies_and_shows_nothing_of_it() -> None:
    raw = json.dumps(TRANSFER | {"amount_minor": -5, "payer": {"account": "6222020200112233445"}}).encode()
    output = EntryProcessor(1, Limits(), "bank-").process(log("transactions", raw, prefix="bank-", first=9))
    (letter,), ((key, value),) = letters(output), output.dead_letters
    assert key == b"bank-transactions-3-9"
    assert (letter.source.topic, letter.source.partition, letter.source.offset) == ("bank-transactions", 3, 9)
    assert (letter.error.code, letter.error.field) == ("out_of_range", "amount_minor")
    assert letter.raw_sha256 == hashlib.sha256(raw).hexdigest()
    assert b"6222020200112233445" not in value


def test_a_repeat_gives_the_same_dead_letter() -> None:
    bad = log("transactions", b"nonsense")
    assert EntryProcessor(1, Limits()).process(bad) == EntryProcessor(1, Limits()).process(bad)


@pytest.mark.parametrize(("ahead_s", "codes"), [(300, []), (301, ["future_time"])])
def test_an_event_may_be_dated_five_minutes_ahead_and_no_more(ahead_s: int, codes: list[str]) -> None:
    output = EntryProcessor(1, Limits()).process(log("transactions", TRANSFER, log_ms=AT_MS - ahead_s * 1_000))
    assert output.codes == codes


@pytest.mark.parametrize(
    ("topic", "field"),
    [
        ("victim-reports", "reported_at"),
        ("victim-reports", "transfers[1].paid_at"),
        ("dispositions", "decided_at"),
        ("freeze-responses", "responded_at"),
    ],
)
@pytest.mark.parametrize(("at", "codes"), [("2025-03-03T10:05:00Z", []), ("2025-03-03T10:05:00.000001Z", ["future_time"])])
def test_nothing_is_reported_decided_answered_or_paid_in_the_future(topic: str, field: str, at: str, codes: list[str]) -> None:
    document = KEPT_RECORDS[topic] | ({"transfers": [PAID, PAID | {"paid_at": at}]} if "transfers" in field else {field: at})
    output = EntryProcessor(1, Limits()).process(log(topic, document))
    assert output.codes == codes
    assert [letter.error.field for letter in letters(output)] == [field] * len(codes)


def test_the_place_of_a_time_in_the_future_is_given() -> None:
    raw = json.dumps(KEPT_RECORDS["victim-reports"]).encode()
    with pytest.raises(DecodeError) as caught:
        EntryProcessor(1, Limits()).read("victim-reports", raw, AT_MS - 400_000)
    assert (caught.value.field, caught.value.position) == ("reported_at", raw.find(b'"reported_at"'))


def test_an_order_may_end_in_the_future() -> None:
    document = KEPT_RECORDS["freeze-responses"] | {"ends_at": "2099-01-01T00:00:00Z"}
    assert EntryProcessor(1, Limits()).process(log("freeze-responses", document)).codes == []


@pytest.mark.parametrize("topic", ["transactions", *KEPT_RECORDS])
@pytest.mark.parametrize("log_ms", [-1, -(2**63), LOG_MS_MAX + 1, 2**62, 2**63 - 1])
def test_a_record_with_no_usable_log_time_is_refused_with_a_time_that_can_be_written(topic: str, log_ms: int) -> None:
    document = KEPT_RECORDS.get(topic, TRANSFER)
    output = EntryProcessor(1, Limits()).process(log(topic, document, log_ms=log_ms))
    assert (output.codes, output.bundles) == (["bad_time"], {})
    assert letters(output)[0].error.field is None


def test_the_latest_log_time_there_is_is_taken() -> None:
    assert EntryProcessor(1, Limits()).process(log("transactions", TRANSFER, log_ms=LOG_MS_MAX)).codes == []


def test_a_record_longer_than_the_limit_is_refused() -> None:
    size = len(json.dumps(TRANSFER))
    assert codes_of(Limits(record_bytes_max=size), [TRANSFER]) == []
    assert codes_of(Limits(record_bytes_max=size - 1), [TRANSFER]) == ["oversize"]


def codes_of(limits: Limits, documents: Iterable[object]) -> list[str]:
    return EntryProcessor(1, limits).process(log("transactions", *documents)).codes


def test_a_topic_that_is_no_input_is_refused() -> None:
    with pytest.raises(DecodeError, match="unknown_topic"):
        EntryProcessor(1, Limits()).read("weather", b"{}", AT_MS)


def test_an_output_topic_is_no_input() -> None:
    score = {"event_id": "e-1", "event_time": AT, "score": 0.5, "tier": 0}
    with pytest.raises(DecodeError, match="unknown_topic"):
        EntryProcessor(1, Limits()).read("scores", json.dumps(score).encode(), AT_MS)
