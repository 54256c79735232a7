#!/usr/bin/env python3
"""An example for the liaison's own system: takes freeze requests from Kafka, asks `assess`, and writes the answers.

    pip install 'kafka-python[zstd]==3.0.12'
    python liaison_consumer.py --bootstrap kafka:9092

Replace `assess` by a call to your platform. What to keep:

- Of a request's records the one with the highest `sequence` counts. WITHDRAWN: stop working on it; release what was executed.
- Answers bear a number of your own per request, from 1, rising. It is learnt from `freeze-responses` at the start, so this program
  needs no database. Run one instance only, or keep the numbers in one place: two answers under one number are an error. People who
  answer the same requests at the desk count as another instance.
- An offset is committed after the answer was acknowledged. A crash in between answers once more, under the next number: harmless.
- `target.account` and `transactions` are the fields to match, exactly as booked: one wrong fen or second is a MISMATCH, and stops
  nothing.
"""

import argparse
import json
import logging
import sys
import tomllib
from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from kafka import KafkaConsumer, KafkaProducer, TopicPartition

logger = logging.getLogger("liaison")


def assess(request: dict[str, Any]) -> dict[str, Any]:
    """Return what is answered to a proposal, beside request, number and time. Replace this by your own assessment.

    As an example: what concerns an account of the bank is executed for 48 hours, to the sum asked for; the rest is acknowledged.
    """
    if not request["target"].get("on_us", False):
        return {"status": "ACKNOWLEDGED"}
    return {
        "status": "EXECUTED",
        "held_amount_minor": request["requested_amount_minor"],
        "ends_at": (datetime.now(UTC) + timedelta(hours=48)).isoformat(),
        "authority": "example",
    }


class Liaison:
    """One consumer of freeze requests. answer: what assesses them."""

    def __init__(
        self, bootstrap: str, prefix: str, group: str, answer: Any = assess, client: Mapping[str, Any] | None = None
    ) -> None:
        """Connect, and learn which numbers were given. client: kafka-python's settings of TLS and login."""
        self._requests, self._responses = f"{prefix}freeze-requests", f"{prefix}freeze-responses"
        self._answer = answer
        self._client = {"bootstrap_servers": bootstrap, **(client or {})}
        self._sequences: defaultdict[str, int] = defaultdict(int)
        self._said: defaultdict[str, int] = defaultdict(int)
        self._executed: set[str] = set()
        self._learn()
        self._producer = KafkaProducer(**self._client, acks="all", enable_idempotence=True)
        self._consumer = KafkaConsumer(
            self._requests,
            **self._client,
            group_id=group,
            auto_offset_reset="earliest",
            enable_auto_commit=False,
        )

    def _learn(self) -> None:
        """Read all answers there are: the last number of each request, and whether a stop is in force."""
        reader = KafkaConsumer(**self._client, group_id=None, enable_auto_commit=False)
        places = [TopicPartition(self._responses, number) for number in sorted(reader.partitions_for_topic(self._responses) or ())]
        reader.assign(places)
        reader.seek_to_beginning(*places)
        ends = reader.end_offsets(places)
        while any(reader.position(place) < ends[place] for place in places):
            for records in reader.poll(timeout_ms=500).values():
                for record in records:
                    self._note(json.loads(record.value))
        reader.close()

    def _note(self, response: dict[str, Any]) -> None:
        request_id, sequence = response["request_id"], response["sequence"]
        if sequence > self._sequences[request_id]:
            self._sequences[request_id] = sequence
            (self._executed.add if response["status"] == "EXECUTED" else self._executed.discard)(request_id)

    def step(self, timeout_ms: int = 1_000) -> int:
        """Answer what has come, then commit; return how many answers were acknowledged."""
        count = 0
        for records in self._consumer.poll(timeout_ms=timeout_ms).values():
            for record in records:
                count += self._handle(json.loads(record.value))
        self._consumer.commit()
        return count

    def _handle(self, request: dict[str, Any]) -> int:
        request_id = request["request_id"]
        if request["sequence"] <= self._said[request_id]:
            return 0  # a copy, or overtaken by a later statement
        self._said[request_id] = request["sequence"]
        if request["state"] == "PROPOSED":
            self._say(request_id, self._answer(request))
        elif request_id in self._executed:
            self._say(request_id, {"status": "RELEASED", "reason": "the bank has withdrawn its request"})
        else:
            return 0
        return 1

    def _say(self, request_id: str, answer: dict[str, Any]) -> None:
        response = {
            "request_id": request_id,
            "sequence": self._sequences[request_id] + 1,
            "responded_at": datetime.now(UTC).isoformat(),
            **answer,
        }
        value = json.dumps(response, ensure_ascii=False).encode()
        self._producer.send(self._responses, key=request_id.encode(), value=value).get(timeout=30)
        self._note(response)
        logger.info("answered request_id=%s sequence=%d status=%s", request_id, response["sequence"], response["status"])

    def close(self) -> None:
        """Leave the group."""
        self._consumer.close()
        self._producer.close()


def main() -> None:
    """Answer until Ctrl-C."""
    parser = argparse.ArgumentParser(description="Answer the freeze requests of Golden Hour.")
    parser.add_argument("--bootstrap", default="127.0.0.1:9092", help="Kafka brokers, joined by commas")
    parser.add_argument("--topic-prefix", default="", help="before every topic name")
    parser.add_argument("--group", default="liaison", help="consumer group")
    parser.add_argument("--client", metavar="FILE.toml", help="security_protocol, sasl_mechanism, ... as kafka-python names them")
    given = parser.parse_args()
    client = tomllib.loads(Path(given.client).read_text("utf-8")) if given.client else {}
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr)
    logging.getLogger("kafka").setLevel(logging.WARNING)
    liaison = Liaison(given.bootstrap, given.topic_prefix, given.group, client=client)
    try:
        while True:
            liaison.step()
    except KeyboardInterrupt:
        pass
    finally:
        liaison.close()


if __name__ == "__main__":
    main()
