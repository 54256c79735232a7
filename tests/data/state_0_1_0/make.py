"""How `records.jsonl.gz` beside this was made: what an installation of 0.1.0 left on its broker.

Run in a checkout of 0.1.0 (commit a5df639), with the packages of its own requirements.lock, Java and Maven:

    PYTHONPATH=. GOLDENHOUR_NATIVE=0 python /path/to/make.py records.jsonl.gz

One line is one record: topic, partition, timestamp, key and value in base64 (null: none), headers. All topics of the installation
but the group's offsets; the group had committed everything.
"""

import base64
import gzip
import json
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from connectors.contract_json import encode
from models.records import Transaction
from stream.brokers import local_kafka
from stream.bundle import INPUT_TOPICS
from stream.simulator.load import load
from tests.integration.kafka_tools import read_all, run
from tests.integration.worker_tools import Site
from tests.scenario import DAY, SCENARIOS, events_of

STORIES = ("m1_with_a_victims_word", "w2_run_of_cards")
Sent = tuple[int, str, bytes, bytes]


def records() -> Iterator[Sent]:
    yield from load(5, 100, 60, 0.01, DAY)
    for story in STORIES:
        for event in events_of((SCENARIOS / f"{story}.txt").read_text(encoding="utf-8")):
            is_transaction = isinstance(event, Transaction)
            party = (event.payer or event.payee) if isinstance(event, Transaction) else None
            key = party.account if party is not None else event.account
            topic = "transactions" if is_transaction else "account-events"
            yield int(event.event_time.timestamp() * 1_000), topic, key.encode(), encode(event)


def line(topic: str, record: Any) -> bytes:
    def text(raw: bytes | None) -> str | None:
        return base64.b64encode(raw).decode() if raw is not None else None

    told = {
        "topic": topic,
        "partition": record.partition,
        "timestamp": record.timestamp,
        "key": text(record.key),
        "value": text(record.value),
        "headers": [[name, text(value)] for name, value in record.headers],
    }
    return json.dumps(told).encode() + b"\n"


def main(out: Path) -> None:
    with tempfile.TemporaryDirectory() as folder, local_kafka(Path(folder) / "kafka") as broker:
        site = Site(broker.bootstrap, "", Path(folder), partitions=2).make_topics()
        site.send(sorted(records(), key=lambda record: record[0]))
        site.work_to_the_end()
        lines: list[bytes] = []
        for topic in (*INPUT_TOPICS, "keyed", "state", "alerts", "freeze-requests", "dead-letters"):
            found: list[Any] = []
            run(read_all(broker.bootstrap, topic, found.append))
            found.sort(key=lambda record: (record.partition, record.offset))
            lines += [line(topic, record) for record in found]
        out.write_bytes(gzip.compress(b"".join(lines), mtime=0))


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
