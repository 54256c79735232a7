"""Benchmark load: contract records at the asked rate and size, the same for the same seed."""

import json
from collections import Counter
from datetime import datetime

import pytest

from connectors.contract_json import decode_transaction, encode
from models.keys import parties_of
from stream.simulator.load import LoadSource, Parties, load, template
from stream.simulator.load_bursts import BURST_EVERY

START = datetime.fromisoformat("2026-03-02T09:00:00+08:00")
START_MS = 1_772_413_200_000
EVENTS = 20_000


def _load(seed: int = 7, accounts: int = 10_000, parties: Parties = "two") -> list[tuple[int, str, bytes, bytes]]:
    return list(load(seed, accounts, EVENTS, 2_000, START, parties))


def test_the_same_arguments_give_the_same_bytes_and_another_seed_others() -> None:
    assert _load() == _load()
    assert _load() != _load(seed=8)


def test_every_event_is_a_contract_transaction_without_a_misspelt_field() -> None:
    for _, topic, _, value in _load():
        assert topic == "transactions"
        record = decode_transaction(value)
        assert {**json.loads(encode(record)), "event_time": 0} == {**json.loads(value), "event_time": 0}


def test_event_ids_are_unique() -> None:
    assert len({decode_transaction(value).event_id for *_, value in _load()}) == EVENTS


def test_events_are_spaced_by_the_rate() -> None:
    made = _load()
    assert [timestamp_ms for timestamp_ms, *_ in made[:5]] == [START_MS, START_MS, START_MS + 1, START_MS + 1, START_MS + 2]
    assert made[-1][0] == START_MS + (EVENTS - 1) * 1_000 // 2_000
    assert decode_transaction(made[3][3]).event_time.microsecond == 1_500


def test_the_key_is_the_account_the_contract_names() -> None:
    for _, _, key, value in _load():
        record = decode_transaction(value)
        assert key.decode() == (record.payer or record.payee).account  # type: ignore[union-attr]


def test_records_have_the_size_of_real_ones() -> None:
    sizes = [len(value) for *_, value in _load()]
    assert 450 <= sum(sizes) / len(sizes) <= 600


@pytest.mark.parametrize(("parties", "mean"), [("one", 1.0), ("two", 2.0), ("three", 3.0)])
def test_an_event_concerns_the_asked_number_of_keys_on_average(parties: Parties, mean: float) -> None:
    counts = [len(parties_of(decode_transaction(value))) for *_, value in _load(parties=parties)]
    assert sum(counts) / len(counts) == pytest.approx(mean, abs=0.05)


def test_activity_is_uneven_but_no_account_is_more_than_a_hundredth_of_it() -> None:
    busiest = Counter(key for _, _, key, _ in _load()).most_common(500)
    assert busiest[0][1] < EVENTS / 100
    assert busiest[0][1] > 5 * busiest[-1][1]


def test_one_event_in_a_hundred_belongs_to_a_fraud_whose_balances_add_up() -> None:
    source = LoadSource(7, 10_000)
    balances: dict[str, int] = {}
    checked = 0
    for i in range(BURST_EVERY - 1, 64 * BURST_EVERY, BURST_EVERY):
        record = decode_transaction(source.event(i, START_MS * 1_000 + i)[1])
        for party, change in ((record.payer, -record.amount_minor), (record.payee, record.amount_minor)):
            if party is not None and party.balance_after_minor is not None:
                if party.account in balances:
                    checked += 1
                    assert party.balance_after_minor == balances[party.account] + change
                balances[party.account] = party.balance_after_minor
    assert checked > 20


def test_apart_from_the_bursts_no_sum_is_large_enough_to_alarm() -> None:
    ordinary = [decode_transaction(value) for i, (*_, value) in enumerate(_load()) if i % BURST_EVERY != BURST_EVERY - 1]
    assert max(record.amount_minor for record in ordinary) < 500_000


def test_a_template_is_the_same_event_at_the_time_it_is_sent() -> None:
    made = decode_transaction(_load()[123][3])
    sent = decode_transaction(template(7, 123, 1_772_500_000_123_456, accounts=10_000))
    assert sent.event_time.isoformat() == "2026-03-03T01:06:40.123456+00:00"
    assert (sent.event_id, sent.payer, sent.payee, sent.amount_minor) == (
        made.event_id,
        made.payer,
        made.payee,
        made.amount_minor,
    )


def test_events_may_be_asked_for_in_any_order() -> None:
    forward, backward = LoadSource(7, 10_000), LoadSource(7, 10_000)
    places = [5, 9_000, 17_000, 17_001, 99]
    made = {i: forward.event(i, 1_772_500_000_000_000 + i) for i in places}
    assert {i: backward.event(i, 1_772_500_000_000_000 + i) for i in reversed(places)} == made


def test_too_few_accounts_are_refused() -> None:
    with pytest.raises(ValueError, match="100 accounts"):
        LoadSource(1, 99)
