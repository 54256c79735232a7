"""The life of a freeze request on a real broker: kill -9 at each of its steps, and deadlines that pass while nothing arrives."""

import io
import time
from datetime import datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from connectors.contract_json import decode, encode
from connectors.replay_files import InputRecord
from models.records import FreezeResponse, FreezeStatus
from models.units import instant, time_us
from stream.brokers import KafkaBroker
from stream.replay import Replay, Sinks
from tests.bank import Arrival, shipped_rulebook, told_at, topic_of
from tests.integration.worker_tools import Site
from tests.scenario import SCENARIOS, read_story
from tests.waiting import wait_until

pytestmark = pytest.mark.broker

STORY = (SCENARIOS / "f_second_stop_and_no_third.txt").read_text("utf-8").partition("14:05:00")[0]
HELD_S = 2.0
"""How long a stop lasts here: as long as a worker takes to come back."""


class Life:
    """What was written, and the replay of it. Each record has the time at which it happens, to the millisecond."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.written: list[InputRecord] = []
        self._ends: dict[str, int] = {}

    def write(self, *records: Arrival) -> None:
        new = []
        for record in records:
            topic = topic_of(record)
            place = self._ends[topic] = self._ends.get(topic, -1) + 1
            new.append(InputRecord(topic, encode(record), time_us(told_at(record)) // 1_000, place))
        self.site.send((record.arrival_ms, record.topic, b"k", record.raw) for record in new)
        self.written += new

    def replayed(self, until: datetime) -> tuple[list[bytes], list[bytes]]:
        sinks = Sinks(*(io.BytesIO() for _ in Sinks._fields))
        run = Replay(shipped_rulebook(), sinks, topic_prefix=self.site.prefix)
        run.run(self.written, until_ms=time_us(until) // 1_000)
        return sinks.alerts.getvalue().splitlines(), sinks.freeze_requests.getvalue().splitlines()

    def published(self, topic: str) -> list[bytes]:
        """Return what was published, without the copies that a crash may leave."""
        return list(dict.fromkeys(record.value for record in self.site.read(topic)))

    def keyed_end(self) -> int:
        return len(self.site.read("keyed"))


def story(mark: str, minutes_ago: float) -> list[Arrival]:
    """Return how an account becomes a police matter, so that its freeze request was made so long ago."""
    events = [step.event for step in read_story(STORY, mark)]
    shift = now() - timedelta(minutes=minutes_ago) - told_at(events[-1])
    return [msgspec.structs.replace(event, event_time=told_at(event) + shift) for event in events]


def now() -> datetime:
    return instant(round(time.time() * 1_000) * 1_000)


def answer(request_id: str, sequence: int, status: FreezeStatus) -> FreezeResponse:
    ends = now() + timedelta(seconds=HELD_S) if status == "EXECUTED" else None
    return FreezeResponse(request_id=request_id, sequence=sequence, responded_at=now(), status=status, ends_at=ends)


def test_killed_at_each_step_no_request_is_lost_doubled_or_late(kafka: KafkaBroker, topic_prefix: str, tmp_path: Path) -> None:
    site = Site(kafka.bootstrap, topic_prefix, tmp_path, tick_after_s=0.5, instance_id="one").make_topics()
    life = Life(site)
    unanswered, answered = story(".silent", 30.05), story("", 0.1)
    life.write(*sorted([*unanswered, *answered], key=told_at))

    with site.worker("proposed.log") as worker:
        site.wait_until_written("freeze-requests", 2)
        worker.kill()
    (request,) = [one for one in site.requests() if one.target.account == "a-902"]
    with site.worker("silent.log") as worker:  # nothing arrives any more when the other request's time is up
        wait_until(lambda: any(b"ACKNOWLEDGEMENT_OVERDUE" in value for value in site.values("alerts")))
        assert worker.metric("ticks_total") >= 1
        step(life, answer(request.request_id, 1, "ACKNOWLEDGED"))
        worker.kill()
    with site.worker("acknowledged.log") as worker:
        worker.wait_ready()
        step(life, answer(request.request_id, 2, "EXECUTED"))
        worker.kill()
    with site.worker("executed.log") as worker:  # the stop ends while nobody is there, or a moment later; nothing arrives
        wait_until(lambda: len(life.published("freeze-requests")) == 3)
        worker.kill()
    second = next(one for one in site.requests() if one.target.account == "a-902" and one.request_id != request.request_id)
    with site.worker("second_stop.log") as worker:
        worker.wait_ready()
        step(life, answer(second.request_id, 1, "EXECUTED"))
        worker.kill()
    with site.worker("ended.log") as worker:
        alerts, requests = life.replayed(until=now() + timedelta(hours=1))
        wait_until(lambda: set(alerts) <= set(life.published("alerts")))
        assert worker.terminate() == 0

    assert life.published("freeze-requests") == requests
    assert life.published("alerts") == alerts
    asked = [(one.target.account, one.request_id, one.sequence, one.state) for one in site.requests()]
    assert sorted(set(asked)) == sorted(
        [
            ("a-902", request.request_id, 1, "PROPOSED"),
            ("a-902", second.request_id, 1, "PROPOSED"),
            (
                "a-902.silent",
                next(one.request_id for one in site.requests() if one.target.account == "a-902.silent"),
                1,
                "PROPOSED",
            ),
        ]
    )
    assert second.requested_at == next(one.ends_at for one in answers(site) if one.ends_at is not None)


def step(life: Life, said: FreezeResponse) -> None:
    """Let an answer arrive; return when the worker has taken it up, and not a moment later."""
    before = life.keyed_end()
    life.write(said)
    life.site.wait_until_written("keyed", before + 1)


def answers(site: Site) -> list[FreezeResponse]:
    return [decode("freeze-responses", value) for value in site.values("freeze-responses")]  # type: ignore[misc]
