"""What is learnt follows from the log alone: wherever slices are cut or a processor is restarted, the same scores and state."""

from collections import deque

from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.contract_json import encode
from models.records import Transaction
from models.units import time_us
from stream.batches import LoneRecord
from stream.entry_processor import EntryProcessor, Limits
from stream.keyed_processor import Faults, KeyedProcessor
from tests.bank import told_at
from tests.properties.keyed_log import payloads, said
from tests.stream.shop_cards import purchases, shop_rulebook, with_findings

PARTITIONS = 2
RULES = shop_rulebook()


def processor(partition: int, **state: object) -> KeyedProcessor:
    return KeyedProcessor(partition, PARTITIONS, RULES, Faults(), with_scores=True, live_max=3, **state)  # type: ignore[arg-type]


def log_of(partition: int) -> list[LoneRecord]:
    """Return the log of one partition after two weeks with labels; its other partition says nothing to it but events."""
    entry, log = EntryProcessor(PARTITIONS, Limits(with_tills=True)), list[LoneRecord]()
    for number, arrival in enumerate(with_findings(purchases(days=14, bad_from=0, a_day=16))):
        topic = "transactions" if isinstance(arrival, Transaction) else "dispositions"
        log_ms = time_us(told_at(arrival)) // 1_000
        source = LoneRecord(topic, 0, number, log_ms, None, encode(arrival))
        for value in deque(entry.process([source]).bundles.get(partition, [])):
            log.append(LoneRecord("keyed", partition, len(log), log_ms, None, value))
    return log


LOGS = [log_of(partition) for partition in range(PARTITIONS)]


@settings(max_examples=8, deadline=None)
@given(st.sampled_from(range(PARTITIONS)), st.lists(st.integers(1, 60), min_size=1, max_size=12), st.booleans())
def test_slices_and_restarts_show_nowhere(partition: int, cuts: list[int], is_restarted: bool) -> None:
    log = LOGS[partition]
    whole = processor(partition)
    expected = said([whole.process(log)])
    running, outputs, at = processor(partition), [], 0
    while at < len(log):
        size = cuts[len(outputs) % len(cuts)]
        outputs.append(running.process(log[at : at + size]))
        running.take_changes()
        at += size
        if is_restarted:
            running = processor(partition, values=dict(running.values), position=running.position, marker=running.marker())
    assert said(outputs) == expected
    assert payloads(running) == payloads(whole)
    assert any(key.startswith(b"G:") for key in running.values)
