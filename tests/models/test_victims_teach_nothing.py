"""What is usual in a segment is not learnt from accounts under suspicion, whatever they do next."""

from models.recency import identifier_hash
from models.segment import decode_segment
from stream.store import payload_of
from tests.bank import Bank, shipped_rulebook
from tests.scenario import SCENARIOS, events_of
from tests.stream.shop_cards import DAY_US, purchase

SAMPLED = [number for number in range(400) if identifier_hash(f"p-{number}") % shipped_rulebook().segments.sample == 0]


def lessons(account: str) -> int:
    """Return how many of an account's purchases after a victim's day the segment of purchases has learnt from."""
    events = events_of((SCENARIOS / "v1_safe_account.txt").read_text("utf-8"))
    last_us = max(round(event.event_time.timestamp() * 1_000_000) for event in events)  # type: ignore[union-attr]
    bank = Bank(with_scores=True).take(events)
    assert bank.alerts
    bank.take([purchase(number, last_us + DAY_US // 24 + number * 1_000_000, account, "T-1", 5_000) for number in SAMPLED])
    stored = bank.state().get(b"S:PERSON/PURCHASE/POS")
    return decode_segment(payload_of(stored)).learned if stored is not None else 0


def test_a_suspected_victim_teaches_no_segment() -> None:
    events = events_of((SCENARIOS / "v1_safe_account.txt").read_text("utf-8"))
    victim = Bank().take(events).alerts[0].subject.id
    assert lessons("a-bystander") == len(SAMPLED)
    assert lessons(victim) == 0
