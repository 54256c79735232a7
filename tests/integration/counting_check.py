"""Compares what counting workers left on a broker with a replay of their source: every key, alert and offset."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from threading import Event
from typing import Any

from stream.store import MARKER_KEY, Winner, load, payload_of, position_of
from tests.integration.counting_worker import ALERT_EVERY, COUNT, STATE
from tests.integration.kafka_tools import COMPACTED, committed, fill, left_over, make_topics, read_all, run
from tests.integration.lasting_load import while_sending

Totals = tuple[int, int, int]  # number, sum and xor of the numbers of a key


@dataclass(frozen=True)
class Ledger:
    """The topics of one group of counting workers."""

    bootstrap: str
    prefix: str
    partitions: int = 4

    @property
    def group(self) -> str:
        return f"{self.prefix}group"

    @property
    def source(self) -> str:
        return f"{self.prefix}source"

    @property
    def state(self) -> str:
        return f"{self.prefix}state"

    @property
    def alerts(self) -> str:
        return f"{self.prefix}alerts"

    @property
    def arguments(self) -> tuple[str, ...]:
        return self.bootstrap, self.group, self.source, self.state, self.alerts

    async def begin(self, events: int, keys: int = 2_000, **configs: dict[str, str]) -> None:
        """Make the topics and fill the source; `state` and `alerts` take configs."""
        every = {self.state: {**COMPACTED, **configs.get("state", {})}, self.alerts: configs.get("alerts", {})}
        await make_topics(self.bootstrap, {self.source: self.partitions, self.state: self.partitions, self.alerts: 4}, every)
        await self.add(0, events, keys)

    async def add(self, first: int, count: int, keys: int = 2_000) -> None:
        scattered = ((number * 7919) % keys for number in range(first, first + count))
        await fill(
            self.bootstrap,
            ((self.source, key % self.partitions, b"key-%d" % key, b"%d" % n) for n, key in enumerate(scattered, first)),
        )

    @contextmanager
    def under_load(self, first: int) -> Iterator[None]:
        """Add events, from number `first` on, until the block ends."""

        def send(over: Event) -> None:
            numbers = count(first, 500)
            while not over.wait(0.1):
                run(self.add(next(numbers), 500))

        with while_sending(send):
            yield

    async def left_over(self) -> int:
        return await left_over(self.bootstrap, self.group, [self.source])

    async def committed(self) -> dict[tuple[str, int], int]:
        return await committed(self.bootstrap, self.group, [self.source])

    async def expected(self) -> tuple[dict[bytes, Totals], dict[int, int], set[int]]:
        """Return totals by key, events by partition, and the numbers that raise alerts, by a replay of the source."""
        totals: dict[bytes, Totals] = {}
        events: dict[int, int] = {}
        raising = set()

        def replay(record: Any) -> None:
            number = int(record.value)
            count, total, mixed = totals.get(record.key, (0, 0, 0))
            totals[record.key] = count + 1, total + number, mixed ^ number
            events[record.partition] = events.get(record.partition, 0) + 1
            if number % ALERT_EVERY == 0:
                raising.add(number)

        await read_all(self.bootstrap, self.source, replay)
        return totals, events, raising

    async def found(self) -> tuple[dict[bytes, Totals], dict[int, int], list[int]]:
        """Return the same as it was left by the workers; the alerts with their repeats."""
        totals: dict[bytes, Totals] = {}
        events = {}
        for partition in range(self.partitions):
            loaded = await load(self.bootstrap, self.state, partition)
            totals.update({key: STATE.unpack_from(payload_of(value)) for key, value in loaded.values.items()})
            if loaded.marker is not None:
                (events[partition],) = COUNT.unpack(loaded.marker)
        raised: list[int] = []
        await read_all(self.bootstrap, self.alerts, lambda record: raised.append(int(record.value)))
        return totals, events, raised

    async def assert_exact(self) -> None:
        """Every event is in the state once, its alert was raised, and everything is committed."""
        expected, events, raising = await self.expected()
        found, markers, raised = await self.found()
        wrong = [key for key, totals in expected.items() if found.get(key) != totals]
        assert (len(wrong), set(found) - set(expected), markers) == (0, set(), events)
        assert set(raised) == raising
        assert await self.left_over() == 0

    async def stale_keys(self) -> int:
        """Count the keys whose last record in the state topic is not their best."""
        return sum([len((await load(self.bootstrap, self.state, n)).stale_last) for n in range(self.partitions)])

    async def torn_batches(self) -> int:
        """Count the markers whose number of events is not the sum of the states as they stand in the log just there."""
        winners = [Winner() for _ in range(self.partitions)]
        torn = 0

        def follow(record: Any) -> None:
            nonlocal torn
            winner = winners[record.partition]
            winner.take(record.key, record.value)
            if record.key == MARKER_KEY:
                marker = winner.values[MARKER_KEY]
                states = [payload_of(value) for key, value in winner.values.items() if key != MARKER_KEY]
                counted = sum(STATE.unpack_from(payload)[0] for payload in states)
                torn += counted != COUNT.unpack(payload_of(marker))[0]
                torn += any(position_of(value) > position_of(marker) for value in winner.values.values())

        await read_all(self.bootstrap, self.state, follow)
        return torn
