"""A worker that finishes every batch but those of one partition, which it holds. Run as a process by the tests.

holding_worker.py BOOTSTRAP GROUP HELD_TOPIC OTHER_TOPIC HELD_RECORDS_MAX

Both topics come through one channel; partition 0 of HELD_TOPIC is held, in order, and given up at a revocation.
Says HELD records, behind, lag of the held partition, FINISHED records, behind of the others, and at last SEEN.
"""

import signal
import sys
from typing import Any

import faust

from stream.batch_transport import install
from stream.batches import TP, Batch, TransportHooks, TransportOptions, raw_topic
from stream.faust_settings import faust_settings
from stream.faust_worker import App
from tests.integration.counting_worker import KILL_AFTER_S, say


class Holder:
    def __init__(self, bootstrap: str, group: str, held_topic: str, other_topic: str, held_records_max: str) -> None:
        self.app = App(group, **faust_settings(bootstrap), consumer_max_fetch_size=20_000)
        topics = (held_topic, other_topic)
        options = TransportOptions(held_records_max=int(held_records_max), batch_records_max=100)
        self.edge = install(self.app, topics, options, TransportHooks(on_revoked=self.on_revoked))
        self.held_tp = TP(held_topic, 0)
        self.held: list[Batch] = []
        self.finished: dict[TP, int] = {}
        self.app.agent(raw_topic(self.app, *topics))(self.work)

    def on_revoked(self, revoked: frozenset[TP]) -> None:
        for batch in self.held:
            self.edge.give_up(batch)
        self.held.clear()
        say("REVOKED", len(revoked))

    async def work(self, stream: Any) -> None:
        async for batch in self.edge.batches(stream):
            if batch.tp == self.held_tp:
                self.held.append(batch)
            else:
                self.finished[batch.tp] = self.finished.get(batch.tp, 0) + len(batch.records)
                self.edge.finish(batch)

    def report(self) -> None:
        others = [self.edge.behind(tp) for tp in self.finished]
        held = sum(len(batch.records) for batch in self.held)
        say("STANDS", held, self.edge.behind(self.held_tp), self.edge.lag(self.held_tp), sum(self.finished.values()),
            all(behind is False for behind in others))  # fmt: skip


def main() -> None:
    signal.alarm(KILL_AFTER_S)
    holder = Holder(*sys.argv[1:6])

    @holder.app.timer(0.1)
    async def report() -> None:
        holder.report()

    faust.Worker(holder.app, loglevel="ERROR", redirect_stdouts=False).execute_from_commandline()


if __name__ == "__main__":
    main()
