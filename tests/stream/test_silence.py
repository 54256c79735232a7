"""Clocks run where nothing happens: a tick tells a silent partition that time has passed, and changes nothing else."""

import asyncio
import time
from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest

from connectors.contract_json import encode
from connectors.replay_files import InputRecord
from models.records import Alert
from models.units import time_us
from stream.batches import TP
from stream.bundle import Bundle, decode_bundle, encode_bundle
from stream.entry_processor import EntryProcessor, Limits
from stream.keyed_processor import KeyedOutput
from tests.bank import Arrival, Bank, told_at, topic_of
from tests.scenario import DAY, SCENARIOS
from tests.stream.fake_edge import batch_of
from tests.stream.test_alert_queue import NARROW, burst
from tests.stream.test_entry_agent import run, settle
from tests.stream.test_entry_processor import log
from tests.stream.test_freeze_requests import MULE, told
from tests.stream.test_keyed_agent import KEYED, Desk, bundles
from tests.stream.test_replay import replayed

NOTICED = told("15:00:00 transfer q-1 -> q-2 1.00 CNY mobile\n")


def at(hour: int, minute: int = 0, days: int = 0) -> datetime:
    return DAY + timedelta(days=days, hours=hour, minutes=minute)


def without_places(alerts: list[Alert]) -> list[Alert]:
    return [msgspec.structs.replace(alert, chain=None) for alert in alerts]


@pytest.mark.parametrize("partitions", [1, 5])
def test_a_missing_acknowledgement_is_said_although_nothing_else_arrives(partitions: int) -> None:
    bank = Bank(partitions).take(told(MULE))
    before = len(bank.alerts)
    bank.pass_time(at(14, 33))
    assert len(bank.alerts) == before
    bank.pass_time(at(18))
    (alert,) = bank.alerts[before:]
    assert "ACKNOWLEDGEMENT_OVERDUE" in {reason.code for reason in alert.reasons}
    assert alert.raised_at == at(14, 34) == bank.requests[0].valid_until


def test_who_notices_that_time_has_passed_makes_no_difference_to_what_is_said() -> None:
    silent, busy = Bank().take(told(MULE)).pass_time(at(14, 50)), Bank().take([*told(MULE), *NOTICED])
    assert without_places(silent.alerts) == without_places(busy.alerts)
    assert silent.requests == busy.requests
    assert silent.account("a-902") == busy.account("a-902")


def test_a_tick_that_is_repeated_or_late_changes_nothing() -> None:
    bank = Bank().take(told(MULE)).pass_time(at(15))
    said, before = len(bank.alerts), bank.account("a-902")
    bank.pass_time(at(15)).pass_time(at(14, 40)).pass_time(at(16))
    assert (len(bank.alerts), bank.account("a-902")) == (said, before)


def test_a_stop_that_runs_out_in_silence_is_proposed_once_more_at_that_very_moment() -> None:
    story = (SCENARIOS / "f_second_stop_and_no_third.txt").read_text("utf-8").partition("+2d 14:09:59")[0]
    bank = Bank().take(told(story)).pass_time(at(0, days=30))
    first, second = bank.requests
    assert second.request_id != first.request_id
    assert second.requested_at == at(14, 10, days=2)


def test_alerts_that_wait_for_room_go_out_minute_by_minute_in_a_silent_partition() -> None:
    bank = Bank(rulebook=NARROW).take(burst())
    assert len(bank.alerts) == 2
    bank.pass_time(at(9, 2))
    assert [alert.held_back_s for alert in bank.alerts] == [None, None, 39, 42, 105, 108]
    bank.pass_time(at(12))
    assert len(bank.alerts) == 8


def test_a_tick_counts_as_no_event() -> None:
    bank = Bank().take(told(MULE))
    processor = bank._keyed[0]
    output: KeyedOutput = processor.process(
        batch_of([_record(processor.position + 1, encode_bundle(Bundle(passed_ms=1 << 45)))]).records
    )
    assert (output.ticks, len(output.alerts)) == (1, 1)
    assert not output.outcomes
    assert not output.kept


def _record(offset: int, value: bytes) -> Any:
    return bundles(1)[0]._replace(offset=offset, value=value)


def test_a_bundle_of_a_worker_that_knew_no_ticks_is_read() -> None:
    assert decode_bundle(msgspec.msgpack.encode(([], []))) == Bundle()


def arrivals(records: list[Arrival]) -> Any:
    return [InputRecord(topic_of(one), encode(one), time_us(told_at(one)) // 1_000, n) for n, one in enumerate(records)]


def test_a_replay_lets_time_pass_after_its_last_record_where_it_is_told_to() -> None:
    plain = replayed(arrivals(told(MULE)))
    on = replayed(arrivals(told(MULE)), until_ms=round(at(15).timestamp() * 1_000))
    noticed = replayed(arrivals([*told(MULE), *NOTICED]))
    assert b"ACKNOWLEDGEMENT_OVERDUE" not in plain.alerts
    assert b"ACKNOWLEDGEMENT_OVERDUE" in on.alerts
    assert on.alerts == noticed.alerts


# ---- the worker ----------------------------------------------------------------------------------------------------------------


def ticks_of(desk: Desk) -> list[Bundle]:
    return [decode_bundle(value) for batch in desk.producer.batches("keyed") for _, value in batch.records if value]


def mule_bundles() -> list[Any]:
    entry, found = EntryProcessor(1, Limits()), []
    for number, one in enumerate(told(MULE)):
        raw = msgspec.json.decode(encode(one))
        (value,) = entry.process(log("transactions", raw, first=number, log_ms=round(at(14).timestamp() * 1_000))).bundles[0]
        found.append(bundles(1)[0]._replace(offset=number, value=value))
    return found


async def with_a_mule() -> Desk:
    desk = Desk(slice_records_max=1_000)
    desk.agent.on_assigned([KEYED], 1)
    desk.progress.assign([KEYED])
    batch = batch_of(mule_bundles())
    desk.edge.lags[KEYED] = 0
    await desk.agent.take(batch)
    await settle()
    return desk


def test_a_worker_ticks_where_something_is_due_and_lets_the_log_say_so() -> None:
    async def test() -> None:
        desk = await with_a_mule()
        await desk.agent.tick()
        await settle()
        (tick,) = ticks_of(desk)
        assert 4_000 < time.time() * 1_000 - tick.passed_ms < 60_000
        record = bundles(1)[0]._replace(offset=len(mule_bundles()), value=encode_bundle(tick))
        await desk.agent.take(batch_of([record]))
        await settle()
        assert desk.metrics.registry.get_sample_value("goldenhour_ticks_total") == 1
        await desk.agent.tick()
        assert len(ticks_of(desk)) == 1, "nothing is due any more"

    run(test)


@pytest.mark.parametrize("topic", [KEYED, TP("transactions", 0)])
def test_a_worker_that_has_not_worked_off_what_came_does_not_tick(topic: TP) -> None:
    async def test() -> None:
        desk = await with_a_mule()
        desk.progress.assign([KEYED, topic])
        desk.edge.lags[topic] = 3
        await desk.agent.tick()
        await asyncio.sleep(0)
        assert ticks_of(desk) == []

    run(test)
