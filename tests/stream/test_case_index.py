"""Where an alert or an event is found, for how long, and what waits for it."""

import msgspec
import pytest

from models.decision import Decision
from models.records import Alert, Disposition
from models.units import instant
from stream.case_index import CaseIndex
from stream.store import payload_of
from tests.bank import Bank, shipped_rulebook
from tests.scenario import SCENARIOS, events_of

POLICY = shipped_rulebook().ladder
WAIT_MS, KEEP_MS = POLICY.disposition_wait_s * 1_000, POLICY.alert_keep_s * 1_000
NOW = 1_772_424_000_000


class Values:
    """State in a dict, with a note of every change."""

    def __init__(self) -> None:
        self.values: dict[bytes, bytes] = {}
        self.changes: list[bytes] = []

    def put(self, key: bytes, value: bytes, position: int) -> None:
        self.values[key] = value
        self.changes.append(key)

    def remove(self, key: bytes, position: int) -> None:
        del self.values[key]
        self.changes.append(key)


def alert(alert_id: str = "a-1", revision: int = 1) -> Alert:
    bank = Bank().take(events_of((SCENARIOS / "v1_safe_account.txt").read_text("utf-8")))
    return msgspec.structs.replace(bank.alerts[0], alert_id=alert_id, revision=revision)


ALERT = alert()


def raising(alert_id: str = "a-1", revision: int = 1, events: tuple[str, ...] = ()) -> Decision:
    return Decision("accepted", alerts=[msgspec.structs.replace(ALERT, alert_id=alert_id, revision=revision)], raised=list(events))


def disposition(number: int, minute: int = 0, **named: str) -> Disposition:
    named = named or {"alert_id": "a-1"}
    return Disposition(disposition_id=f"x{number}", decided_at=instant((NOON_MIN + minute) * 60_000_000), verdict="FRAUD", **named)  # type: ignore[arg-type]


NOON_MIN = NOW // 60_000


def wait(index: CaseIndex, *dispositions: Disposition, now: int = NOW) -> None:
    for each in dispositions:
        index.wait(each, now, 0)


def names(dispositions: list[Disposition]) -> list[str]:
    return [each.disposition_id for each in dispositions]


def test_an_alert_is_found_as_long_as_the_policy_says_after_it_was_stated_last() -> None:
    index = CaseIndex(Values(), POLICY)
    index.note(b"A:a", raising(), NOW, 0)
    assert index.keys_of(disposition(1), NOW + KEEP_MS - 1) == [b"A:a"]
    assert index.keys_of(disposition(1), NOW + KEEP_MS) == []
    index.note(b"A:a", raising(revision=2), NOW + KEEP_MS // 2, 0)
    assert index.keys_of(disposition(1), NOW + KEEP_MS) == [b"A:a"]
    assert index.keys_of(disposition(1, alert_id="a-2"), NOW) == []


def test_an_alert_that_is_stated_again_and_again_is_noted_once_a_day() -> None:
    storage = Values()
    index = CaseIndex(storage, POLICY)
    for hour in range(49):
        index.note(b"A:a", raising(revision=hour + 1), NOW + hour * 3_600_000, 0)
    assert storage.changes == [b"L:a-1"] * 3


def test_an_event_is_found_at_every_key_whose_signals_rest_on_it() -> None:
    index = CaseIndex(Values(), POLICY)
    for key in (b"T:m", b"A:a", b"A:a"):
        index.note(key, Decision("accepted", raised=["e-1"]), NOW, 0)
    assert index.keys_of(disposition(1, event_id="e-1"), NOW) == [b"A:a", b"T:m"]


def test_what_waits_is_handed_out_in_the_order_of_decision_when_the_alert_appears() -> None:
    index = CaseIndex(Values(), POLICY)
    wait(index, disposition(1, 9), disposition(2, 3), disposition(3, 5, alert_id="a-2"), disposition(4, 6, event_id="e-1"))
    assert names(index.note(b"A:a", raising(events=("e-1",)), NOW, 0)) == ["x2", "x4", "x1"]
    assert names(index.note(b"A:a", raising(revision=2), NOW, 0)) == []


@pytest.mark.parametrize(("after_ms", "found"), [(WAIT_MS - 1, ["x1"]), (WAIT_MS, [])])
def test_what_nothing_came_of_waits_no_longer_than_the_policy_says(after_ms: int, found: list[str]) -> None:
    index = CaseIndex(Values(), POLICY)
    wait(index, disposition(1))
    assert names(index.note(b"A:a", raising(), NOW + after_ms, 0)) == found


def test_an_alert_and_an_event_of_one_name_are_told_apart() -> None:
    index = CaseIndex(Values(), POLICY)
    wait(index, disposition(1, alert_id="same"), disposition(2, event_id="same"))
    assert names(index.note(b"A:a", raising("same"), NOW, 0)) == ["x1"]
    assert names(index.note(b"A:a", Decision("accepted", raised=["same"]), NOW, 0)) == ["x2"]


def test_a_flood_of_dispositions_for_one_alert_leaves_the_newest() -> None:
    storage = Values()
    index = CaseIndex(storage, POLICY)
    wait(index, *(disposition(number, number) for number in range(POLICY.steps_max + 9)))
    assert names(index.note(b"A:a", raising(), NOW, 0)) == [f"x{number}" for number in range(9, POLICY.steps_max + 9)]


def test_a_repeat_changes_nothing() -> None:
    storage = Values()
    index = CaseIndex(storage, POLICY)
    wait(index, disposition(1), disposition(1), now=NOW)
    assert storage.changes == [b"W:L:a-1"]


def test_what_has_ended_is_taken_out_a_few_at_a_time_whether_restarted_or_not() -> None:
    steady, restarted = Values(), Values()
    one, other = CaseIndex(steady, POLICY), CaseIndex(restarted, POLICY)
    for number in range(40):
        for index in (one, other):
            index.note(b"A:a", raising(f"a-{number}"), NOW + number, 0)
            index.note(b"A:a", raising(f"a-{number}", 2), NOW + 90_000_000 + number % 7, 0)
    for later in range(3):
        other = CaseIndex(restarted, POLICY)
        for storage, index in ((steady, one), (restarted, other)):
            before = len(storage.values)
            wait(index, disposition(later, alert_id=f"b-{later}"), now=NOW + 2 * KEEP_MS)
            assert 0 < before + 1 - len(storage.values) <= 16
        assert steady.values == restarted.values
    assert not any(key.startswith(b"L:") for key in steady.values)


def test_what_is_stored_is_the_time_and_the_keys_alone() -> None:
    storage = Values()
    CaseIndex(storage, POLICY).note(b"A:a", raising(), NOW, 5)
    assert msgspec.msgpack.decode(payload_of(storage.values[b"L:a-1"])) == [NOW, [b"A:a"]]
