"""A partition is a machine over its log: slices, restarts and repeats change neither what it says nor what it keeps."""

import json
from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from models.recency import identifier_hash
from models.records import Transaction
from models.segment import decode_segment
from models.units import instant
from stream.store import position_of
from tests.bank import Event, shipped_rulebook
from tests.properties.bank_day import START_US, days, party
from tests.properties.keyed_log import logs_of, payloads, processor, restarted, said
from tests.scenario import SCENARIOS, events_of

RUNS = settings(max_examples=25, deadline=None, print_blob=True)


@RUNS
@given(days(), st.data())
def test_slices_cut_anywhere_say_and_keep_the_same(events: list[Event], data: st.DataObject) -> None:
    for partition, log in enumerate(logs_of(events)):
        whole, sliced, outputs = processor(partition), processor(partition), []
        first = 0
        while first < len(log):
            size = data.draw(st.integers(1, 5))
            outputs.append(sliced.process(log[first : first + size]))
            sliced.take_changes()
            first += size
        one_by_one = said(whole.process([record]) for record in log)
        assert said(outputs)[:3] == one_by_one[:3]
        assert flat(said(outputs).statements) == flat(one_by_one.statements)
        assert payloads(sliced) == payloads(whole)


def flat(statements: list[tuple[int, list[object]]]) -> dict[int, list[object]]:
    """Return per target partition what is told it, in order."""
    told: dict[int, list[object]] = {}
    for partition, items in statements:
        told.setdefault(partition, []).extend(items)
    return told


@RUNS
@given(days())
def test_a_restart_at_any_point_goes_on_as_if_there_had_been_none(events: list[Event]) -> None:
    for partition, log in enumerate(logs_of(events)):
        steady, restarting = processor(partition), processor(partition)
        for record in log:
            assert said([restarting.process([record])]) == said([steady.process([record])])
            restarting = restarted(restarting)
        assert payloads(restarting) == payloads(steady)
        assert (restarting.position, restarting.watermarks) == (steady.position, steady.watermarks)


@RUNS
@given(days(), st.data())
def test_the_chains_of_what_is_published_do_not_depend_on_slices_and_go_on_after_a_restart(
    events: list[Event], data: st.DataObject
) -> None:
    for partition, log in enumerate(logs_of(events)):
        steady, restarting = processor(partition), processor(partition)
        whole = steady.seal(steady.process(log))
        sealed: tuple[list[bytes], ...] = ([], [], [])
        first = 0
        while first < len(log):
            size = data.draw(st.integers(1, 5))
            for raws, more in zip(sealed, restarting.seal(restarting.process(log[first : first + size])), strict=True):
                raws.extend(more)
            restarting = restarted(restarting)
            first += size
        assert sealed == tuple(whole)
        for raws in sealed:
            chains = [json.loads(raw)["chain"] for raw in raws]
            assert [(chain["partition"], chain["number"]) for chain in chains] == [
                (partition, number + 1) for number in range(len(raws))
            ]


def test_a_day_leaves_chains_of_alerts_and_freeze_requests() -> None:
    """Without this the property above might hold of nothing."""
    events = events_of((SCENARIOS / "m1_with_a_victims_word.txt").read_text("utf-8"))
    counts = Counter[str]()
    for partition, log in enumerate(logs_of(events)):
        running = processor(partition)
        counts += Counter({name: len(raws) for name, raws in running.seal(running.process(log))._asdict().items()})
    assert counts["alerts"] > 1
    assert counts["requests"] > 0


@RUNS
@given(days(), st.data())
def test_records_delivered_again_are_skipped(events: list[Event], data: st.DataObject) -> None:
    for partition, log in enumerate(logs_of(events)):
        running = processor(partition)
        running.process(log)
        before = payloads(running)
        again = running.process(log[data.draw(st.integers(0, len(log))) :])
        assert said([again]) == said([])
        assert (again.repeated, again.outcomes) == (0, {})
        assert not running.take_changes()
        assert payloads(running) == before


@RUNS
@given(days(), st.data())
def test_a_bundle_sent_twice_changes_nothing(events: list[Event], data: st.DataObject) -> None:
    """A sender that died between sending and saving sends again; the copy lies further on in the log."""
    for partition, log in enumerate(logs_of(events)):
        running = processor(partition)
        running.process(log)
        before = payloads(running)
        copies = log[data.draw(st.integers(0, len(log))) :]
        again = running.process([copy._replace(offset=len(log) + number) for number, copy in enumerate(copies)])
        assert said([again]) == said([])
        assert not again.outcomes
        assert payloads(running) == before


@RUNS
@given(days(), st.data())
def test_each_value_carries_the_position_of_its_last_change(events: list[Event], data: st.DataObject) -> None:
    """Of two values of one key the one with the higher position must win, however they were saved."""
    for partition, log in enumerate(logs_of(events)):
        running, cut = processor(partition), data.draw(st.integers(0, len(log)))
        running.process(log[:cut])
        earlier = {key: position_of(value) for key, value in running.take_changes().items() if value is not None}
        running.process(log[cut:])
        for key, value in running.take_changes().items():
            assert value is None or key not in earlier or position_of(value) > earlier[key]


def test_an_event_that_comes_too_late_is_scored_and_counted_as_such() -> None:
    known, newest, straggler = purchase(0), purchase(80), purchase(8)
    logs = logs_of([known, newest, straggler])
    outputs = [processor(partition).process(log) for partition, log in enumerate(logs)]
    outcomes = sum((output.outcomes for output in outputs), Counter())
    assert outcomes == {("transactions", "PURCHASE", "accepted"): 2, ("transactions", "PURCHASE", "too_late"): 1}
    assert {line.event_id for output in outputs for line in output.scores} == {"e0", "e80", "e8"}


def test_what_a_segment_has_learned_survives_a_restart_after_every_record() -> None:
    events = [purchase(number) for number in range(40)]
    lessons = sum(identifier_hash(event.event_id) % shipped_rulebook().segments.sample == 0 for event in events)
    learned = 0
    for partition, log in enumerate(logs_of(events)):
        running = processor(partition)
        for record in log:
            running.process([record])
            running = restarted(running)
        learned += sum(decode_segment(stored).learned for key, stored in payloads(running).items() if key.startswith(b"S:"))
    assert learned == lessons > 0


def purchase(number: int) -> Transaction:
    return Transaction(
        event_id=f"e{number}",
        event_time=instant(START_US + number * 60_000_000),
        kind="PURCHASE",
        status="APPROVED",
        channel="MOBILE",
        amount_minor=2_500,
        currency="CNY",
        payer=party(f"a-{number % 8}"),
        payee=party("shop"),
    )
