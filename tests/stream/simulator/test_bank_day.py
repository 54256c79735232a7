"""The simulated bank day: repeatable, readable, and never wrong about money."""

import os
import subprocess
import sys
from collections import Counter
from datetime import datetime

import pytest

from connectors.contract_json import decode, encode
from connectors.errors import DecodeError
from models.records import InputRecord, Party, Transaction, VictimReport
from models.units import time_us
from stream.simulator import DayOptions, bank_day
from tests.stream.simulator.simulated import HISTORY_DAYS, START, small_day, story_named, transactions


def _messages(seed: int) -> list[tuple[int, str, bytes, bytes]]:
    return list(bank_day(seed, 60, START, 2, DayOptions(malformed=2)).messages())


def test_the_same_arguments_give_the_same_bytes() -> None:
    assert _messages(5) == _messages(5)


def test_another_seed_gives_another_day() -> None:
    assert _messages(5) != _messages(6)


def test_the_bytes_do_not_depend_on_the_order_of_hash_tables() -> None:
    program = (
        "import hashlib, datetime as d; from stream.simulator import bank_day;"
        "day = bank_day(3, 60, d.datetime(2026, 3, 2, tzinfo=d.UTC), 2);"
        "print(hashlib.sha256(b''.join(value for *_, value in day.messages())).hexdigest())"
    )
    digests = {
        subprocess.run(
            [sys.executable, "-c", program], env={**os.environ, "PYTHONHASHSEED": hash_seed}, capture_output=True, check=True
        ).stdout
        for hash_seed in ("1", "2")
    }
    assert len(digests) == 1


def test_reading_a_day_twice_gives_the_same_records() -> None:
    day = small_day(1)
    assert list(day.records) == list(day.records)


def test_every_record_reads_back_from_its_bytes_as_itself() -> None:
    for _, topic, record in small_day(1).records:
        assert decode(topic, encode(record)) == record


def test_records_come_in_the_order_of_their_arrival() -> None:
    arrivals = [arrival_us for arrival_us, _, _ in small_day(1).records]
    assert arrivals == sorted(arrivals)


def _lateness_s(arrival_us: int, record: InputRecord) -> float:
    moment = record.reported_at if isinstance(record, VictimReport) else record.event_time  # type: ignore[union-attr]
    return (arrival_us - time_us(moment)) / 1_000_000


def test_no_record_arrives_before_it_happened_and_first_copies_at_most_nine_minutes_after() -> None:
    seen = set()
    for arrival_us, _, record in small_day(1).records:
        late_s = _lateness_s(arrival_us, record)
        assert late_s >= 0
        if repr(encode(record)) not in seen:
            assert late_s <= 9 * 60
        seen.add(repr(encode(record)))


def test_some_records_are_late_and_some_come_twice() -> None:
    day = bank_day(2, 600, START, 3)
    late = sum(_lateness_s(arrival_us, record) > 10 for arrival_us, _, record in day.records)
    copies = Counter(record.event_id for record in transactions_with_copies(day.deliveries))
    doubled = sum(count > 1 for count in copies.values())
    assert 0.005 < late / len(day.deliveries) < 0.02
    assert 0.001 < doubled / len(copies) < 0.006


def transactions_with_copies(deliveries: tuple[tuple[int, str, InputRecord], ...]) -> list[Transaction]:
    return [record for _, _, record in deliveries if isinstance(record, Transaction)]


def test_exactly_the_asked_number_of_messages_is_unreadable() -> None:
    day, refused = small_day(1), 0
    for _, topic, _, value in day.messages():
        try:
            decode(topic, value)
        except DecodeError:
            refused += 1
    assert refused == day.malformed == 4


def test_messages_carry_the_key_of_the_contract() -> None:
    for (_, _, record), (_, _, key, _) in zip(bank_day(4, 60, START, 1).records, bank_day(4, 60, START, 1).messages(), strict=True):
        if isinstance(record, Transaction):
            assert key.decode() == (record.payer or record.payee).account  # type: ignore[union-attr]


def _changes(record: Transaction) -> list[tuple[Party, int]]:
    """What a settled record does to each own account it names."""
    sign = {"APPROVED": 1, "REVERSED": -1}.get(record.status, 0)
    sides = ((record.payer, -sign), (record.payee, sign))
    return [(party, direction * record.amount_minor) for party, direction in sides if party is not None and party.on_us]


@pytest.mark.parametrize("tactic", ["plain", "slower", "warmed_up", "under_thresholds", "by_day"])
def test_every_balance_is_right_after_each_movement_and_none_is_negative(tactic: str) -> None:
    balances: dict[str, int] = {}
    checked = 0
    for record in transactions(small_day(3, tactic)):
        for party, change in _changes(record):
            known = balances.get(party.account)
            if known is not None:
                balances[party.account] = known + change
            if party.balance_after_minor is not None and change:
                assert party.balance_after_minor == balances.setdefault(party.account, party.balance_after_minor)
                checked += known is not None
            assert balances.get(party.account, 0) >= 0
    assert checked > 1_000


def test_only_settled_records_carry_a_balance() -> None:
    for record in transactions(small_day(1)):
        if record.status in ("REQUESTED", "DECLINED"):
            assert all(party.balance_after_minor is None for party, _ in _changes(record))


def test_a_reversal_gives_back_the_whole_sum_of_an_approved_event() -> None:
    records = {record.event_id: record for record in transactions(small_day(1))}
    reversals = [record for record in records.values() if record.status == "REVERSED"]
    assert reversals
    for reversal in reversals:
        original = records[reversal.original_event_id or ""]
        assert (original.status, original.amount_minor) == ("APPROVED", reversal.amount_minor)


def test_an_announced_transfer_is_answered_within_seconds_for_the_same_sum() -> None:
    records = transactions(small_day(1))
    answers = {record.original_event_id: record for record in records if record.status in ("APPROVED", "DECLINED")}
    asked = [record for record in records if record.status == "REQUESTED"]
    assert asked
    for request in asked:
        answer = answers[request.event_id]
        assert answer.amount_minor == request.amount_minor
        assert 0 < (answer.event_time - request.event_time).total_seconds() < 10


def test_nobody_draws_more_cash_in_a_day_than_the_cap() -> None:
    day = small_day(1)
    drawn: Counter[tuple[str, int]] = Counter()
    for record in transactions(day):
        if record.kind == "CASH_WITHDRAWAL" and record.status == "APPROVED" and record.payer is not None:
            drawn[record.payer.account, (time_us(record.event_time) - day.day_us) // 86_400_000_000] += record.amount_minor
    assert 1_800_000 < max(drawn.values()) <= 2_000_000


def test_the_history_lies_before_the_day_and_is_as_long_as_asked() -> None:
    day = small_day(1)
    first_us = min(time_us(record.event_time) for record in transactions(day))
    assert day.day_us - HISTORY_DAYS * 86_400_000_000 <= first_us < day.day_us - (HISTORY_DAYS - 1) * 86_400_000_000


def test_without_history_the_first_record_is_of_the_day_itself() -> None:
    day = bank_day(1, 60, START, 0, DayOptions(fraud_share=0.0))
    assert min(time_us(record.event_time) for record in transactions(day)) >= day.day_us - 300 * 1_000_000


def test_every_transaction_has_exactly_one_label_and_every_label_an_event() -> None:
    day = small_day(1)
    assert sorted(row.event_id for row in day.labels) == sorted(record.event_id for record in transactions(day))


def test_labels_name_case_and_typology_for_frauds_only() -> None:
    for row in small_day(1).labels:
        assert (row.label == 1) == (row.case is not None) == (row.typology is not None)


def test_the_prevalence_is_the_share_of_frauds_among_all_transactions() -> None:
    day = small_day(1)
    frauds = sum(1 for row in day.labels if row.case is not None)
    assert day.prevalence == frauds / len(transactions(day))


def test_a_wished_share_of_nothing_plants_nothing() -> None:
    day = bank_day(1, 60, START, 2, DayOptions(fraud_share=0.0))
    assert (day.prevalence, day.stories) == (0.0, ())


def test_the_default_day_plants_each_kind_and_comes_near_the_wished_share() -> None:
    day = bank_day(1, 3_000, START, 0)
    assert {row.typology for row in day.labels} >= {"V1", "M1", "M2", "W1", "W2", "X1", "V2"}
    assert 0.012 <= day.prevalence < 0.02


def test_of_the_transfers_of_the_day_five_to_ten_per_cent_go_to_a_new_payee() -> None:
    day, known, new, total = bank_day(7, 1_500, START, 10), set(), 0, 0
    for record in transactions(day):
        is_bill = record.purpose is not None  # once a month, so a shorter past need not know its payee
        if record.kind == "TRANSFER" and record.status == "APPROVED" and not is_bill:
            pair = (record.payer.account, record.payee.account)  # type: ignore[union-attr]
            if time_us(record.event_time) >= day.day_us:
                total, new = total + 1, new + (pair not in known)
            known.add(pair)
    assert 0.05 <= new / total <= 0.11


def test_an_ordinary_day_holds_the_patterns_that_resemble_fraud() -> None:
    records = transactions(small_day(1))
    assert any(record.purpose == "SALA" and record.channel == "BATCH" for record in records)
    assert any(record.kind == "CASH_DEPOSIT" and record.channel == "ATM" for record in records)
    same = [r for r in records if r.payer and r.payee and r.payer.customer and r.payer.customer == r.payee.customer]
    assert any(record.payer is not None and record.payer.type == "MERCHANT" for record in same)
    assert any(record.payee is not None and record.payee.on_us is False for record in same)


def test_a_report_names_the_sums_as_booked_and_arrives_when_it_is_made() -> None:
    day = small_day(1)
    booked = {record.event_id: record for record in transactions(day)}
    reports = [(arrival_us, record) for arrival_us, _, record in day.records if isinstance(record, VictimReport)]
    assert reports
    for arrival_us, report in reports:
        assert 0 <= _lateness_s(arrival_us, report) < 5
        for transfer in report.transfers:
            if transfer.event_id is not None:
                assert transfer.amount_minor == booked[transfer.event_id].amount_minor
                assert transfer.paid_at == booked[transfer.event_id].event_time


def test_reports_can_be_left_out() -> None:
    day = bank_day(1, 60, START, 0, DayOptions(stories=("V1",), reports=False))
    assert not any(isinstance(record, VictimReport) for _, _, record in day.records)
    assert story_named(day, "V1").reported_us is None


@pytest.mark.parametrize(
    ("accounts", "start", "options"),
    [
        (10, START, DayOptions()),
        (60, datetime(2026, 3, 2), DayOptions()),  # noqa: DTZ001 - the fault under test
        (60, START, DayOptions(stories=("V99",))),
        (60, START, DayOptions(tactic="timid")),
    ],
)
def test_impossible_arguments_are_refused(accounts: int, start: datetime, options: DayOptions) -> None:
    with pytest.raises(ValueError, match=r"accounts|offset|unknown"):
        bank_day(1, accounts, start, 0, options)
