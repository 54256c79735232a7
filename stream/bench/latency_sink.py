"""The receiver of the latency measurement: what a liaison's consumer would see, and when.

Runs as `python -m stream.bench.latency_sink BOOTSTRAP TOPIC`, says `ready`, reads alerts from the topic's end until its standard
input ends, and then says one line of JSON: of each alert the log time of the event that caused it and the time it was received.
"""

import asyncio
import sys
import time
from datetime import datetime

import msgspec

from models.units import time_us
from stream.bench.cluster import consumer_of


class _Raised(msgspec.Struct):
    raised_at: datetime


_read = msgspec.json.Decoder(_Raised).decode


async def receive(bootstrap: str, topic: str) -> list[tuple[int, int]]:
    """Return (caused, received) of every alert, microseconds since 1970, until standard input ends."""
    consumer, _ = await consumer_of(bootstrap, topic, from_end=True)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    ended = asyncio.ensure_future(asyncio.to_thread(sys.stdin.read))
    found = []
    try:
        while not ended.done():
            for records in (await consumer.getmany(timeout_ms=100)).values():
                received_us = time.time_ns() // 1_000
                found += [(time_us(_read(record.value).raised_at), received_us) for record in records]
    finally:
        await consumer.stop()
    return found


if __name__ == "__main__":
    sys.stdout.write(msgspec.json.encode(asyncio.run(receive(*sys.argv[1:]))).decode() + "\n")
