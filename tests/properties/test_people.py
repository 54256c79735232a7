"""What people say ends in the same alerts and freeze requests, whenever it arrives, however often, and wherever a subject lives."""

from datetime import datetime
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from models.records import CaseControl, Disposition
from models.units import instant
from tests.bank import Arrival, Bank, Event, told_at
from tests.properties.bank_day import START_US, arriving_days, days
from tests.properties.keyed_log import logs_of, processor, restarted
from tests.properties.keyed_log import payloads as stored
from tests.properties.keyed_log import said as given_out
from tests.properties.test_arrival_order import RULEBOOK, asked, payloads

RUNS = settings(max_examples=25, deadline=None, print_blob=True)
_PEOPLE = ["anna", "bert", "carl"]
_HOURS_US = 3_600 * 1_000_000


def _time(draw: st.DrawFn) -> datetime:
    return instant(START_US + draw(st.integers(0, 40)) * 300 * 1_000_000)


@st.composite
def words(draw: st.DrawFn, events: list[Event]) -> list[Arrival]:
    """Return what people say of a day: on its alerts, on its events, and on their subjects. Some of it contradicts other parts."""
    bank = Bank(rulebook=RULEBOOK).take(events)
    alerts = sorted({alert.alert_id for alert in bank.alerts}) or ["a-none"]
    subjects = sorted({(alert.subject.kind, alert.subject.id) for alert in bank.alerts}) or [("ACCOUNT", "a-1")]
    event_ids = sorted({event.event_id for event in events})
    said: list[Arrival] = []
    for number in range(draw(st.integers(1, 8))):
        names: dict[str, Any] = (
            {"alert_id": draw(st.sampled_from(alerts))} if draw(st.booleans()) else {"event_id": draw(st.sampled_from(event_ids))}
        )
        if draw(st.booleans()):
            names |= {
                "stage": draw(st.sampled_from(["REMIND", "MANAGER", "POLICE"])),
                "outcome": draw(st.sampled_from(["REFUSED", "REFUSED", "STOPPED", "PROCEEDED"])),
            }
        verdict = draw(st.sampled_from(["FRAUD", "LEGITIMATE", "UNKNOWN"]))
        by = draw(st.sampled_from(_PEOPLE))
        said.append(Disposition(disposition_id=f"x{number}", decided_at=_time(draw), verdict=verdict, decided_by=by, **names))
    for number in range(draw(st.integers(0, 3))):
        kind, subject = draw(st.sampled_from(subjects))
        made_at = _time(draw)
        until = made_at + (instant(draw(st.integers(1, 4)) * _HOURS_US) - instant(0))
        fields = {"subject": {"kind": kind, "id": subject}, "actor": draw(st.sampled_from(_PEOPLE)), "until": until}
        action = draw(st.sampled_from(["SNOOZE", "SNOOZE", "UNSNOOZE"]))
        said.append(_control(f"k{number}", made_at, action, fields))
    return said


def _control(control_id: str, made_at: datetime, action: Any, fields: dict[str, Any]) -> CaseControl:
    return msgspec.convert({"control_id": control_id, "made_at": made_at, "action": action, **fields}, CaseControl)


@st.composite
def days_with_words(draw: st.DrawFn) -> tuple[list[Arrival], list[Arrival]]:
    """Return a day with what people say at its end, and the same in another order, what people say at any place and twice."""
    in_order, arrived = draw(arriving_days(max_scenes=6))
    said = draw(words(in_order))
    mixed: list[Arrival] = list(arrived)
    for word in [*draw(st.permutations(said)), *draw(st.lists(st.sampled_from(said), max_size=2))]:
        mixed.insert(draw(st.integers(0, len(mixed))), word)
    return [*in_order, *said], mixed


def ends(bank: Bank) -> dict[str, Any]:
    """Return the last revision of every alert that has ground, or had it until a person found it legitimate.

    The evidence of a reminder is left out: it is not repeated for a little more. So is that an acknowledgement is overdue, which
    the log's own clock says at the next record of the partition.
    """
    final = {alert.alert_id: alert for alert in bank.alerts}
    return {
        alert_id: (
            alert.typology,
            alert.tier,
            alert.recommended_action,
            alert.hold_until,
            alert.ladder,
            alert.steps,
            [reason.code for reason in alert.reasons if reason.code != "ACKNOWLEDGEMENT_OVERDUE"],
            sorted(alert.evidence) if alert.tier > 1 else [],
        )
        for alert_id, alert in final.items()
        if alert.reasons[0].code != "WITHDRAWN"
    }


@RUNS
@given(days_with_words())
def test_whenever_people_speak_the_alerts_end_the_same(streams: tuple[list[Arrival], list[Arrival]]) -> None:
    late, mixed = (Bank(rulebook=RULEBOOK).take(stream) for stream in streams)
    assert ends(mixed) == ends(late)


@RUNS
@given(days_with_words())
def test_whenever_people_speak_the_freeze_requests_end_the_same(streams: tuple[list[Arrival], list[Arrival]]) -> None:
    late, mixed = (Bank(rulebook=RULEBOOK).take(stream) for stream in streams)
    assert asked(mixed) == asked(late)


@RUNS
@given(days_with_words())
def test_the_number_of_partitions_changes_nothing_that_people_bring_about(streams: tuple[list[Arrival], list[Arrival]]) -> None:
    one, five = Bank(1, RULEBOOK).take(streams[1]), Bank(5, RULEBOOK).take(streams[1])
    assert (ends(five), asked(five)) == (ends(one), asked(one))


@RUNS
@given(days_with_words())
def test_a_restart_at_any_point_loses_nothing_that_people_said(streams: tuple[list[Arrival], list[Arrival]]) -> None:
    for partition, log in enumerate(logs_of(streams[1])):
        steady, restarting = processor(partition), processor(partition)
        for record in log:
            assert given_out([restarting.process([record])]) == given_out([steady.process([record])])
            restarting = restarted(restarting)
        assert stored(restarting) == stored(steady)


@RUNS
@given(days(max_scenes=4), st.data())
def test_a_word_said_again_changes_nothing(events: list[Event], data: st.DataObject) -> None:
    """In the order of the log's clock: else the copy of a late word would tell it a later time than it knew."""
    said = data.draw(words(events))
    bank = Bank(rulebook=RULEBOOK).take(sorted([*events, *said], key=told_at))
    before, alerts, requests = payloads(bank), len(bank.alerts), len(bank.requests)
    bank.take(data.draw(st.lists(st.sampled_from(said), min_size=1, max_size=5)))
    assert payloads(bank) == before
    assert (len(bank.alerts), len(bank.requests)) == (alerts, requests)
