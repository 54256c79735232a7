"""The alert budget in a partition: kept with its state, let out by log time, emptied when a file ends."""

import io
import json
from collections.abc import Iterable

from connectors.contract_json import encode
from connectors.replay_files import InputRecord
from models.records import Alert, FreezeRequest
from models.rulebook import Rulebook
from models.units import time_us
from stream.batches import LoneRecord
from stream.entry_processor import EntryProcessor, Limits
from stream.keyed_processor import Faults, KeyedOutput, KeyedProcessor
from stream.replay import Replay, Sinks
from tests.bank import Event, rulebook_with, shipped_rulebook
from tests.scenario import events_of

NARROW = rulebook_with("budget", tier_2_per_minute=2, tier_3_per_minute=1, waiting_max=100)


def burst(count: int = 8, then: str = "") -> list[Event]:
    """Return so many guided victims within half a minute, each losing a thousand yuan more than the one before."""
    facts = "".join(f"account v{n} type=PERSON balance=99000.00\n" for n in range(count))
    paid = "".join(
        f"09:00:{3 * n:02} transfer v{n} -> m{n} {60_000 + 1_000 * n}.00 CNY mobile session.call_active=true id=p{n}\n"
        for n in range(count)
    )
    return events_of(facts + paid + then)


LATER = "".join(f"09:{minute:02}:30 purchase x -> shop 9.00 CNY mobile id=later{minute}\n" for minute in range(1, 5))


class Partition:
    """A processor fed event by event, which can be stopped and started from what it saved."""

    def __init__(self, rulebook: Rulebook = NARROW) -> None:
        self._rulebook = rulebook
        self._entry = EntryProcessor(1, Limits())
        self._offset = 0
        self.processor = self._start(None, {}, -1)
        self.alerts: list[Alert] = []
        self.requests: list[FreezeRequest] = []
        self.held_back = 0

    def take(self, events: Iterable[Event], *, restart_each_time: bool = False) -> "Partition":
        for event in events:
            record = LoneRecord("transactions", 0, self._offset, time_us(event.event_time) // 1_000, None, encode(event))
            for bundle in self._entry.process([record]).bundles[0]:
                output = self.processor.process([LoneRecord("keyed", 0, self._offset, record.timestamp, None, bundle)])
                self._note(output)
                self._offset += 1
            if restart_each_time:
                self.restart()
        return self

    def restart(self) -> None:
        """Start anew from the values, the position and the marker alone; deleted keys are gone."""
        running = self.processor
        running.take_changes()
        self.processor = self._start(running.marker(), dict(running.values), running.position)

    def _start(self, marker: bytes | None, values: dict[bytes, bytes], position: int) -> KeyedProcessor:
        return KeyedProcessor(0, 1, self._rulebook, Faults(), values=values, position=position, marker=marker)

    def _note(self, output: KeyedOutput) -> None:
        self.alerts += [raised.alert for raised in output.alerts]
        self.requests += output.requests
        self.held_back += sum(output.held_back.values())


def test_a_burst_goes_out_most_money_first_and_is_counted() -> None:
    partition = Partition().take(burst(then=LATER))

    assert [alert.subject.id for alert in partition.alerts] == ["v0", "v1", "v7", "v6", "v5", "v4", "v3", "v2"]
    assert partition.held_back == 6
    assert partition.processor.waiting_count == 0
    assert [alert.held_back_s for alert in partition.alerts] == [None, None, 39, 42, 105, 108, 171, 174]


def test_what_waits_is_in_the_state_and_leaves_it_when_it_goes_out() -> None:
    partition = Partition().take(burst())
    saved = partition.processor.take_changes()
    waiting = {key for key in saved if key.startswith(b"Q:a-")}
    partition.take(events_of(LATER))
    gone = {key for key, value in partition.processor.take_changes().items() if value is None}

    assert len(waiting) == 6
    assert gone == waiting
    assert waiting.isdisjoint(partition.processor.values)


def test_a_restart_after_every_record_holds_back_and_lets_out_the_same() -> None:
    steady, restarting = Partition().take(burst(then=LATER)), Partition().take(burst(then=LATER), restart_each_time=True)

    assert restarting.alerts == steady.alerts
    assert restarting.held_back == steady.held_back


def test_what_is_taken_back_waits_for_nothing_and_neither_does_what_it_takes_back() -> None:
    reversal = "09:00:40 transfer v7 -> m7 67000.00 CNY mobile status=REVERSED of=p7 id=r7\n"
    partition = Partition().take(burst(then=reversal))
    taken_back = [alert for alert in partition.alerts if alert.reasons[0].code == "WITHDRAWN"]

    assert [alert.subject.id for alert in taken_back] == ["v7"]
    assert partition.processor.waiting_count == 5
    assert b"Q:" + taken_back[0].alert_id.encode() not in partition.processor.values


def test_a_freeze_request_is_never_held_back() -> None:
    passing = "".join(
        f"09:01:{n:02} transfer v{n} -> mule{n} 20000.00 CNY mobile\n"
        f"09:01:{n + 5:02} transfer mule{n} -> boss{n} 19500.00 CNY mobile\n"
        for n in range(4)
    )
    facts = "".join(f"account mule{n} type=PERSON balance=0.00\n" for n in range(4))
    events = burst(then=facts + passing)
    narrow, wide = Partition().take(events), Partition(shipped_rulebook()).take(events)

    assert len({request.target.account for request in wide.requests}) == 4
    assert narrow.requests == wide.requests
    assert narrow.held_back > wide.held_back == 0


def replayed(events: Iterable[Event]) -> tuple[list[dict[str, object]], dict[str, object]]:
    """Return the alerts that a replay of the events writes, and its figures."""
    sinks = Sinks(*(io.BytesIO() for _ in Sinks._fields))
    run = Replay(NARROW, sinks)
    run.run(
        InputRecord("transactions", encode(event), time_us(event.event_time) // 1_000, offset)
        for offset, event in enumerate(events)
    )
    return [json.loads(line) for line in sinks.alerts.getvalue().splitlines()], run.figures()


def test_the_end_of_a_replay_publishes_what_still_waits() -> None:
    alerts, figures = replayed(burst())

    assert [alert["subject"]["id"] for alert in alerts] == ["v0", "v1", "v7", "v6", "v5", "v4", "v3", "v2"]  # type: ignore[index]
    assert figures["alerts_held_back"] == {"tier 2": 6}
