"""The baseline: what a Faust tutorial would write, on Faust's own transport. It decodes as we do and keeps one sum per account.

Runs as `python -m stream.bench.naive_faust BOOTSTRAP TOPIC GROUP EVENTS` until it has seen that many, then says on one line of JSON
how long that took from the first event on, and ends.
"""

import os
import sys
import time
from typing import Any

import faust
import msgspec

from connectors.contract_json import RECORD_BYTES_MAX, decode_transaction
from stream.bench.cluster import PARTITIONS
from stream.bench.machine import waited_seconds


class Naive(msgspec.Struct):
    """How far it is. *_s: clock, processor time and waiting at the first event."""

    wanted: int
    seen: int = 0
    started_s: float = 0.0
    cpu_s: float = 0.0
    waited_s: float = 0.0

    def count(self) -> None:
        """Count one event; after the last one, report and end."""
        if not self.seen:
            self.started_s, self.cpu_s, self.waited_s = time.perf_counter(), time.process_time(), waited_seconds(os.getpid())
        self.seen += 1
        if self.seen == self.wanted:
            wall_s, cpu_s = time.perf_counter() - self.started_s, time.process_time() - self.cpu_s
            waited_s = waited_seconds(os.getpid()) - self.waited_s
            line = msgspec.json.encode({"events": self.seen - 1, "wall_s": wall_s, "cpu_s": cpu_s, "waited_s": waited_s})
            sys.stdout.write(line.decode() + "\n")
            sys.stdout.flush()
            os._exit(0)


def naive_app(bootstrap: str, topic: str, group: str, wanted: int) -> Any:
    """Return the tutorial's application."""
    app = faust.App(
        group,
        broker=f"kafka://{bootstrap}",
        store="memory://",
        web_enabled=False,
        topic_partitions=PARTITIONS,
        topic_replication_factor=1,
    )
    totals = app.Table("totals", default=int, partitions=PARTITIONS)
    source = app.topic(topic, key_type=bytes, value_type=bytes, key_serializer="raw", value_serializer="raw")
    progress = Naive(wanted)

    async def add_up(stream: Any) -> None:
        async for value in stream:
            transaction = decode_transaction(value, RECORD_BYTES_MAX)
            party = transaction.payer if transaction.payer is not None else transaction.payee
            if party is not None:
                totals[party.account] += transaction.amount_minor
            progress.count()

    app.agent(source)(add_up)
    return app


def main() -> None:
    """Run until the wanted number of events."""
    bootstrap, topic, group, wanted = sys.argv[1:]
    faust.Worker(
        naive_app(bootstrap, topic, group, int(wanted)), loglevel="WARNING", redirect_stdouts=False
    ).execute_from_commandline()


if __name__ == "__main__":
    main()
