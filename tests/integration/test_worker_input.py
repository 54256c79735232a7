"""What others write: bad records become dead letters one by one, and everything good around them is worked on."""

import hashlib
import json
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

import aiokafka
import pytest

from connectors.contract_json import decode
from models.records import DeadLetter
from stream.brokers import KafkaBroker
from stream.entry_processor import LOG_MS_MAX
from stream.store import payload_of
from tests.bank import shipped_rulebook
from tests.integration.kafka_tools import run
from tests.integration.worker_tools import Site
from tests.parity.exactness import assert_exact

pytestmark = pytest.mark.broker

AT = "2025-03-03T10:00:00Z"
AT_MS = 1_740_996_000_000
ACCOUNT = "6222020200112233445"
TRANSFER = {
    "event_id": "e-1",
    "event_time": AT,
    "kind": "TRANSFER",
    "status": "APPROVED",
    "channel": "MOBILE",
    "amount_minor": 10_000,
    "currency": "CNY",
    "payer": {"account": ACCOUNT, "type": "PERSON"},
    "payee": {"account": "6222020200998877665", "type": "PERSON"},
}


def changed(event_id: str, **changes: object) -> bytes:
    """Return the transfer with some members changed; None takes one out."""
    members = TRANSFER | {"event_id": event_id} | changes
    return json.dumps({name: value for name, value in members.items() if value is not None}).encode()


class Bad(NamedTuple):
    raw: bytes | None
    code: str
    field: str | None = None
    log_ms: int = AT_MS


CASH = {"kind": "CASH_WITHDRAWAL", "channel": "MOBILE", "payee": None}
BAD = [
    Bad(b"\xff\xfe no JSON at all", "not_json"),
    Bad(changed("b-2")[:-40], "not_json"),
    Bad(b"", "empty_record"),
    Bad(None, "empty_record"),
    Bad(b"[1, 2]", "wrong_type"),
    Bad(changed("b-4", amount_minor="100"), "wrong_type", "amount_minor"),
    Bad(changed("b-5", currency=None), "missing_field", "currency"),
    Bad(changed("b-6", status="REVERSED"), "missing_field", "original_event_id"),
    Bad(changed("b-7", kind="GIFT"), "unknown_value", "kind"),
    Bad(changed("b-8", amount_minor=-1), "out_of_range", "amount_minor"),
    Bad(changed("b-9", amount_minor=10**15 + 1), "out_of_range", "amount_minor"),
    Bad(changed("b-10", event_time="2025-03-03T10:00:00"), "bad_time", "event_time"),
    Bad(changed("b-11", payee=None), "missing_party", "payee"),
    Bad(changed("b-12", **CASH), "impossible_amount", "kind"),
    Bad(changed("b-13", event_time="2025-03-03T10:06:00Z"), "future_time", "event_time"),
    Bad(changed("b-14", purpose="x" * 70_000), "oversize"),
    Bad(changed("b-15")[:-1] + b',"kind":"PURCHASE"}', "duplicate_field", "kind"),
    Bad(changed("b-16"), "bad_time", None, LOG_MS_MAX + 1),
    Bad(changed("b-17"), "bad_time", None, 2**62),
    Bad(changed("b-18"), "bad_time", None, -1),
]


async def send_raw(site: Site, records: list[tuple[str, bytes | None, int]]) -> None:
    """Write (contract topic, value, log time in ms) one by one, whatever they are, to partition 0."""
    async with aiokafka.AIOKafkaProducer(bootstrap_servers=site.bootstrap, acks="all") as producer:
        for topic, value, log_ms in records:
            await producer.partitions_for(site.name(topic))
            batch = producer.create_batch()
            batch.append(key=b"k", value=value, timestamp=log_ms)
            batch.close()
            await (await producer.send_batch(batch, site.name(topic), partition=0))


@pytest.fixture
def site(kafka: KafkaBroker, topic_prefix: str, tmp_path: Path) -> Site:
    """A site whose transactions may claim any time, as on a cluster that does not check them."""
    site = Site(kafka.bootstrap, topic_prefix, tmp_path).make_topics()
    site.change("transactions", "message.timestamp.after.max.ms", str(2**63 - 1))
    return site


def counts(site: Site, name: str, label: str) -> dict[str, int]:
    """Let a worker work off what is there; return a counter by one of its labels, without zeros."""
    with site.worker() as worker:
        site.wait_until_done()
        found = worker.metrics(name, label)
        assert worker.terminate() == 0, worker.said()
    return {value: round(count) for value, count in found.items() if count}


def test_every_bad_record_becomes_one_dead_letter_and_the_good_ones_around_it_are_worked_on(site: Site) -> None:
    records: list[tuple[str, bytes | None, int]] = []
    for number, bad in enumerate(BAD):
        records += [("transactions", changed(f"g-{number}"), AT_MS), ("transactions", bad.raw, bad.log_ms)]
    run(send_raw(site, [*records, ("account-events", b'{"event_id":"b-19"}', AT_MS)]))
    codes = [bad.code for bad in BAD] + ["missing_field"]
    assert counts(site, "dead_letters_total", "reason") == Counter(codes)
    letters = {(letter.source.topic, letter.source.offset): letter for letter in dead_letters(site)}
    assert len(site.read("dead-letters")) == len(letters) == len(BAD) + 1
    for number, bad in enumerate(BAD):
        letter = letters["transactions", 2 * number + 1]
        assert (letter.error.code, letter.error.field, letter.source.partition) == (bad.code, bad.field, 0), bad
        assert letter.raw_sha256 == hashlib.sha256(bad.raw or b"").hexdigest()
    assert letters["account-events", 0].error.field == "event_time"
    everything = b"".join(record.value for record in site.read("dead-letters"))
    assert ACCOUNT.encode() not in everything
    assert b"TRANSFER" in everything, "the excerpt shows what cannot harm"
    assert_exact(site, shipped_rulebook())


def dead_letters(site: Site) -> list[DeadLetter]:
    letters: list[Any] = [decode("dead-letters", value) for value in site.values("dead-letters")]
    return letters


def test_reports_dispositions_and_freeze_responses_are_kept_as_they_came(site: Site) -> None:
    paid = {"payer_account": ACCOUNT, "payee_account": "a-902", "amount_minor": 1, "paid_at": AT}
    kept: dict[bytes, tuple[str, dict[str, object]]] = {
        b"R:r-1": (
            "victim-reports",
            {"report_id": "r-1", "reported_at": AT, "source": "POLICE", "transfers": [paid]},
        ),
        b"X:x-1": ("dispositions", {"disposition_id": "x-1", "decided_at": AT, "alert_id": "a-1", "verdict": "FRAUD"}),
        b"F:q-1#2": (
            "freeze-responses",
            {"request_id": "q-1", "sequence": 2, "responded_at": AT, "status": "ACKNOWLEDGED"},
        ),
    }
    run(send_raw(site, [(topic, json.dumps(record).encode(), AT_MS) for topic, record in kept.values()]))
    assert counts(site, "kept_records_total", "topic") == {topic: 1 for topic, _ in kept.values()}
    (state,) = site.loaded()
    assert {key: json.loads(payload_of(state.values[key])) for key in kept} == {key: record for key, (_, record) in kept.items()}


def test_late_too_late_and_second_copies_are_counted_as_such(site: Site) -> None:
    times = {"o-1": "10:00:00", "o-2": "10:15:00", "late": "10:06:00", "too-late": "10:04:00"}
    records = [changed(event_id, event_time=f"2025-03-03T{time}Z") for event_id, time in times.items()]
    run(send_raw(site, [("transactions", raw, AT_MS + 900_000) for raw in [*records, *records[:2]]]))
    assert counts(site, "events_total", "outcome") == {"accepted": 2, "late": 1, "too_late": 1, "duplicate": 2}
    assert_exact(site, shipped_rulebook())
