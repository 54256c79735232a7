"""One partition's machine: what it skips, what it keeps, what it tells others, and what a failing detector does to it.

That slices, restarts and repeats change nothing is shown in tests/properties.
"""

import json

import msgspec
import pytest

from models import entry as e
from models.detector import Detector
from models.detectors.unusual_behaviour import UnusualBehaviour
from models.rulebook import Rulebook
from models.signal import Signal
from models.view import View
from stream.batches import LoneRecord
from stream.bundle import Bundle, StatementItem, decode_bundle, encode_bundle
from stream.entry_processor import EntryProcessor, Limits
from stream.keyed_processor import DetectorFaultError, Faults, KeyedOutput, KeyedProcessor, SliceBounds
from stream.partitioning import partition_of
from stream.store import payload_of, position_of
from tests.bank import shipped_rulebook
from tests.parity.days import small_day
from tests.stream.test_entry_processor import AT_MS, KEPT_RECORDS, SNOOZE, log, transfers


def keyed_record(offset: int, *sources: LoneRecord, partition: int = 0, partitions: int = 1) -> LoneRecord:
    """Return one record of `keyed`: what entry makes of some source records for a partition."""
    (value,) = EntryProcessor(partitions, Limits()).process(sources).bundles[partition]
    return LoneRecord("keyed", partition, offset, 0, None, value)


def processor(rulebook: Rulebook | None = None, faults: Faults | None = None, **state: object) -> KeyedProcessor:
    return KeyedProcessor(0, 1, rulebook or shipped_rulebook(), faults or Faults(), **state)  # type: ignore[arg-type]


def taken(output: KeyedOutput) -> int:
    return sum(output.outcomes.values())


def test_what_overlaps_with_an_earlier_bundle_is_taken_in_once() -> None:
    """A sender that died and its successor cut the same records in different ways."""
    sources = log("transactions", *transfers(10))
    running = processor()
    outputs = [
        running.process([keyed_record(0, *sources[:6])]),
        running.process([keyed_record(1, *sources[3:8])]),
        running.process([keyed_record(2, *sources[5:7])]),
        running.process([keyed_record(3, *sources[7:])]),
    ]
    assert [(taken(output), output.repeated) for output in outputs] == [(6, 0), (2, 3), (0, 2), (2, 1)]


def test_source_partitions_and_topics_are_remembered_apart() -> None:
    first, second = log("transactions", *transfers(2))
    running = processor()
    running.process([keyed_record(0, second)])
    elsewhere = first._replace(partition=first.partition + 1)
    login = {"event_id": "l-1", "event_time": "2025-03-03T10:00:00Z", "account": "a-1", "type": "LOGIN"}
    assert taken(running.process([keyed_record(1, elsewhere, *log("account-events", login))])) == 2
    assert taken(running.process([keyed_record(2, first)])) == 0


def test_a_record_of_the_log_is_worked_on_once() -> None:
    running = processor()
    record = keyed_record(5, *log("transactions", *transfers(3)))
    assert [taken(running.process([record])) for _ in range(2)] == [3, 0]
    assert running.position == 5


def test_a_second_copy_of_an_event_changes_nothing_but_the_count() -> None:
    event = transfers(1)[0]
    running = processor()
    running.process([keyed_record(0, *log("transactions", event))])
    running.take_changes()
    output = running.process([keyed_record(1, *log("transactions", event, first=1))])
    assert dict(output.outcomes) == {("transactions", "TRANSFER", "duplicate"): 1}
    assert running.take_changes() == {}


@pytest.mark.parametrize(
    ("topic", "key"), [("victim-reports", b"R:r-1"), ("dispositions", b"X:x-1"), ("freeze-responses", b"F:q-1#2")]
)
def test_what_is_kept_for_later_is_kept_as_it_came(topic: str, key: bytes) -> None:
    running = processor()
    output = running.process([keyed_record(7, *log(topic, KEPT_RECORDS[topic]))])
    value = running.take_changes()[key]
    assert (json.loads(payload_of(value)), position_of(value)) == (KEPT_RECORDS[topic], 7)
    assert output.kept == {topic: 1}


def test_a_disposition_is_counted_once_at_its_home_however_often_it_comes() -> None:
    running, told = processor(), KEPT_RECORDS["dispositions"] | {"stage": "MANAGER", "outcome": "REFUSED"}
    outputs = [running.process([keyed_record(at, *log("dispositions", told, first=at))]) for at in range(2)]
    assert [dict(output.dispositions) for output in outputs] == [{("alert", "FRAUD", "MANAGER", "REFUSED"): 1}, {}]
    assert [output.kept for output in outputs] == [{"dispositions": 1}] * 2


def test_a_disposition_on_an_alert_nobody_knows_waits_at_every_partition() -> None:
    for partition in range(2):
        running = KeyedProcessor(partition, 2, shipped_rulebook(), Faults())
        source = log("dispositions", KEPT_RECORDS["dispositions"])
        running.process([keyed_record(0, *source, partition=partition, partitions=2)])
        assert b"W:L:a-1" in running.take_changes()


def test_a_control_is_kept_with_its_subject_and_a_repeat_changes_nothing() -> None:
    running = processor()
    running.process([keyed_record(0, *log("case-controls", SNOOZE))])
    assert list(running.take_changes()) == [b"T:ATM-1"]
    running.process([keyed_record(1, *log("case-controls", SNOOZE, first=1))])
    assert running.take_changes() == {}


def test_what_has_ended_leaves_the_state_and_its_size_tells() -> None:
    running, told = processor(), KEPT_RECORDS["dispositions"]
    running.process([keyed_record(0, *log("dispositions", told))])
    running.take_changes()
    wait_ms = shipped_rulebook().ladder.disposition_wait_s * 1_000
    later = told | {"disposition_id": "x-2", "alert_id": "a-2"}
    running.process([keyed_record(1, *log("dispositions", later, first=1, log_ms=AT_MS + wait_ms))])
    changed = running.take_changes()
    assert (changed[b"W:L:a-1"], b"W:L:a-1" in running.values) == (None, False)
    assert running.stored_bytes == sum(len(key) + len(value) for key, value in running.values.items())


def statements_of(partition: int) -> list[StatementItem]:
    """Return what one partition of two has to tell the other about a simulated day."""
    running = KeyedProcessor(partition, 2, shipped_rulebook(), Faults())
    entry, found = EntryProcessor(2, Limits()), list[StatementItem]()
    topics = {"transactions": 0, "account-events": 0}
    for offset, (arrival_us, topic, _, value) in enumerate(small_day(7).messages()):
        if topic in topics:
            source = LoneRecord(topic, 0, topics[topic], arrival_us // 1_000, None, value)
            topics[topic] += 1
            for bundle in entry.process([source]).bundles.get(partition, []):
                output = running.process([LoneRecord("keyed", partition, offset, 0, None, bundle)])
                found += [item for items in output.statements.values() for item in items]
    return found


def test_statements_go_to_the_home_of_their_subject_and_name_where_they_come_from() -> None:
    found = statements_of(1)
    assert found
    for item in found:
        letter = {"ACCOUNT": "A", "TERMINAL": "T", "DEVICE": "D"}[item.statement.kind]
        assert partition_of(f"{letter}:{item.statement.id}".encode(), 2) == 0
        assert item.keyed_partition == 1
    assert [item.keyed_offset for item in found] == sorted(item.keyed_offset for item in found)


def test_a_statement_sent_again_is_heard_once() -> None:
    said = statements_of(1)
    first, rest = Bundle([], said[:2]), Bundle([], said)
    running = KeyedProcessor(0, 2, shipped_rulebook(), Faults())
    heard = [
        running.process([LoneRecord("keyed", 0, offset, 0, None, encode_bundle(bundle))])
        for offset, bundle in enumerate((first, rest, first, rest))
    ]
    assert [len(output.alerts) > 0 for output in heard[2:]] == [False, False]
    once = KeyedProcessor(0, 2, shipped_rulebook(), Faults())
    once.process([LoneRecord("keyed", 0, 0, 0, None, encode_bundle(rest))])
    payloads = [{key: payload_of(value) for key, value in each.take_changes().items()} for each in (running, once)]
    assert payloads[0] == payloads[1]


def test_statements_leave_in_small_bundles_those_of_one_position_together() -> None:
    said, output = statements_of(1)[0], KeyedOutput()
    items = [msgspec.structs.replace(said, keyed_offset=number // 20) for number in range(130)]
    output.statements = {0: items, 5: items[:1]}
    bundles = [(partition, decode_bundle(value).statements) for partition, value in output.bundles()]
    assert [(partition, len(statements)) for partition, statements in bundles] == [(0, 40), (0, 40), (0, 40), (0, 10), (5, 1)]
    assert [item for partition, statements in bundles if partition == 0 for item in statements] == items


def test_a_full_slice_ends_behind_the_record_that_filled_it() -> None:
    sources = [log("transactions", event | {"payer": {"account": f"p-{n}"}}, first=n) for n, event in enumerate(transfers(200))]
    records = [keyed_record(offset, *source) for offset, source in enumerate(sources)]
    running, slices = processor(), list[int]()
    while running.position < 199:
        before = running.position
        assert taken(running.process(records, SliceBounds(1, 200))) == running.position - before
        running.take_changes()
        slices.append(running.position)
    assert len(slices) > 1
    whole = processor()
    whole.process(records)
    whole.take_changes()
    assert {key: payload_of(value) for key, value in running.values.items()} == {
        key: payload_of(value) for key, value in whole.values.items()
    }


def test_the_size_of_the_stored_state_is_what_is_stored() -> None:
    running = processor()
    for offset in range(5):
        running.process([keyed_record(offset, *log("transactions", *transfers(20)[offset * 4 :], first=offset * 4))])
        running.take_changes()
        assert running.stored_bytes == sum(len(key) + len(value) for key, value in running.values.items())
    assert processor(values=dict(running.values)).stored_bytes == running.stored_bytes


class Stumbling(Detector):
    """Raises on everything."""

    name = "stumbling"
    typologies = ("M1",)
    keyed_by = "ACCOUNT"
    shapes = (e.TRANSFER,)
    role = "MULE_SUSPECTED"
    Policy = msgspec.Struct

    def examine(self, view: View) -> Signal | None:
        """Fail."""
        raise KeyError("6222020200112233445")


def stumbling_rulebook() -> Rulebook:
    rulebook, stumbling = shipped_rulebook(), Stumbling(msgspec.Struct())
    shapes = {**rulebook.by_shape["ACCOUNT"], e.TRANSFER: (stumbling, *rulebook.by_shape["ACCOUNT"][e.TRANSFER])}
    return msgspec.structs.replace(rulebook, by_shape={**rulebook.by_shape, "ACCOUNT": shapes})


def test_a_failing_detector_stops_everything_and_is_named_without_what_it_said() -> None:
    with pytest.raises(DetectorFaultError, match=r"^detector stumbling failed: KeyError$"):
        processor(stumbling_rulebook()).process([keyed_record(0, *log("transactions", *transfers(1)))])


def with_failing_behaviour() -> Rulebook:
    """Return a rulebook whose detector of behaviour multiplies with nothing."""
    rulebook = shipped_rulebook()
    policy = msgspec.structs.replace(rulebook.behaviour.policy, amount_share=None)
    return msgspec.structs.replace(rulebook, behaviour=UnusualBehaviour(policy))


def test_the_detector_of_behaviour_is_as_any_other_when_it_fails() -> None:
    records = [keyed_record(0, *log("transactions", *transfers(10)))]
    with pytest.raises(DetectorFaultError, match=r"^detector unusual_behaviour failed: TypeError$"):
        processor(with_failing_behaviour(), with_scores=True).process(records)
    faults = Faults(["unusual_behaviour"])
    running, without = processor(with_failing_behaviour(), faults, with_scores=True), processor()
    outputs = [each.process(records) for each in (running, without)]
    assert faults.disabled == {"unusual_behaviour": "TypeError"}
    assert outputs[0].outcomes == outputs[1].outcomes
    assert len({line.event_id for line in outputs[0].scores}) == 10


def test_a_disabled_detector_of_behaviour_is_not_asked_again() -> None:
    faults = Faults(["unusual_behaviour"])
    faults.disabled["unusual_behaviour"] = "KeyError"
    records = [keyed_record(0, *log("transactions", *transfers(10)))]
    processor(with_failing_behaviour(), faults, with_scores=True).process(records)
    assert faults.disabled == {"unusual_behaviour": "KeyError"}


def test_an_isolated_detector_that_fails_is_disabled_and_the_others_judge_on() -> None:
    faults = Faults(["stumbling"])
    running, without = processor(stumbling_rulebook(), faults), processor()
    records = [keyed_record(0, *log("transactions", *transfers(10)))]
    outputs = [each.process(records) for each in (running, without)]
    assert faults.disabled == {"stumbling": "KeyError"}
    assert outputs[0].outcomes == outputs[1].outcomes
    assert running.take_changes() == without.take_changes()
