"""The load of the latency measurement: events at a fixed rate, each carrying the time at which it was due.

Runs as `python -m stream.bench.latency_source BOOTSTRAP TOPIC SEED ACCOUNTS RATE SECONDS FIRST`, says one line of JSON at the end.
It never waits for anybody: what is late is sent at once and still carries the time it was due, so a slow worker cannot hide.
"""

import asyncio
import sys
import time

import aiokafka
import msgspec

from stream.partitioning import partition_of
from stream.simulator.load import LoadSource

_TICK_S = 0.002
_LEAD_S = 0.3


class Sent(msgspec.Struct):
    """What was sent. start_s: when the first event was due, seconds since 1970. late_ms_max: most that one was handed over late."""

    events: int
    start_s: float
    late_ms_max: float


async def send(bootstrap: str, topic: str, source: LoadSource, rate: int, seconds: float, first: int) -> Sent:
    """Send `rate` events per second for so long, from number `first` on, each when it is due, and wait for all acknowledgements."""
    producer = aiokafka.AIOKafkaProducer(
        bootstrap_servers=bootstrap,
        acks="all",
        enable_idempotence=True,
        compression_type="zstd",
        linger_ms=0,
        max_batch_size=256 << 10,
    )
    await producer.start()
    try:
        partitions = len(await producer.partitions_for(topic))
        total, sent, late_s = int(rate * seconds), 0, 0.0
        acks = []
        start_s = time.time() + _LEAD_S
        while sent < total:
            now_s = time.time()
            due = min(total, int((now_s - start_s) * rate) + 1)
            if sent < due:
                late_s = max(late_s, now_s - (start_s + sent / rate))
            while sent < due:
                due_us = int((start_s + sent / rate) * 1_000_000)
                key, value = source.event(first + sent, due_us)
                acks.append(await producer.send(topic, value, key, partition_of(key, partitions), due_us // 1_000))
                sent += 1
            await asyncio.sleep(_TICK_S)
        await asyncio.gather(*acks)
        return Sent(total, start_s, late_s * 1_000)
    finally:
        await producer.stop()


def main() -> None:
    """Send, and say how it went."""
    bootstrap, topic, seed, accounts, rate, seconds, first = sys.argv[1:]
    source = LoadSource(int(seed), int(accounts))
    result = asyncio.run(send(bootstrap, topic, source, int(rate), float(seconds), int(first)))
    sys.stdout.write(msgspec.json.encode(result).decode() + "\n")


if __name__ == "__main__":
    main()
