"""Every event sees exactly what lies before it, whatever the order of arrival: a brute-force search agrees on every figure."""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models import entry as e
from models.entry import Entry
from models.profile import AccountProfile, encode_profile
from models.recency import identifier_hash, sightings
from tests.properties.key_stream import BOUNDS, START_US, account_streams, arrivals, device_streams
from tests.properties.oracle import DeviceOracle, Memory, Oracle
from tests.properties.probe import Key, habit_figures, hashed, hours_of, raises

RUNS = settings(max_examples=60, deadline=None, print_blob=True)


def at_us(entry: Entry) -> int:
    return entry.at_us


@st.composite
def arriving(draw: st.DrawFn, streams: st.SearchStrategy[list[Entry]]) -> tuple[list[Entry], list[Entry]]:
    """Return a stream in event order and in an order of arrival."""
    entries = draw(streams)
    return entries, draw(arrivals(entries, at_us))


def run(entries: Sequence[Entry], kind: Any = "ACCOUNT") -> Key:
    key = Key(kind)
    for entry in entries:
        assert key.take(entry) != "too_late"
    return key


def assert_same(noted: dict[str, Any], expected: dict[str, Any]) -> None:
    for name, value in expected.items():
        if name == "habits":
            assert noted[name] == pytest.approx(value, abs=1e-9)
        elif name == "known_payers":
            assert noted[name] == hashed(value), name
        else:
            assert noted[name] == value, name


@RUNS
@given(arriving(account_streams()))
def test_every_figure_of_every_event_is_that_of_a_brute_force_search(streams: tuple[list[Entry], list[Entry]]) -> None:
    entries, arrived = streams
    key, oracle = run(arrived), Oracle(entries, BOUNDS, raises)
    for entry, is_judged, figures in zip(entries, oracle.is_judged, oracle.figures, strict=True):
        if is_judged:
            assert_same(key.probe.noted[entry.event_id], figures)


@RUNS
@given(arriving(account_streams()))
def test_what_is_said_in_the_end_is_what_a_brute_force_search_says(streams: tuple[list[Entry], list[Entry]]) -> None:
    entries, arrived = streams
    assert run(arrived).says() == Oracle(entries, BOUNDS, raises).says()


def test_a_late_correction_does_not_know_of_one_that_happened_after_it() -> None:
    """The late reversal of `y` has `now` judged again when `x`, too, is taken back already, but only much later."""

    def entry(event_id: str, at_s: int, answers: str = "") -> Entry:
        status = e.REVERSAL if answers else e.MONEY | e.APPROVED
        return Entry(START_US + at_s * 1_000_000, event_id, e.TRANSFER | e.CREDIT | status, 100, "a-1", answers=answers)

    in_order = [entry("x", 0), entry("y", 100), entry("now", 200), entry("s", 300, "y"), entry("r", 900, "x")]
    key = run([*in_order[:3], in_order[4], in_order[3]])
    figures = Oracle(in_order, BOUNDS, raises).figures[2]
    assert figures["window_600"]["in_minor"] == 200
    assert_same(key.probe.noted["now"], figures)


@RUNS
@given(arriving(account_streams()))
def test_what_is_learned_for_good_is_what_a_brute_force_search_learns(streams: tuple[list[Entry], list[Entry]]) -> None:
    entries, arrived = streams
    profile, past = run(arrived).profile, Oracle(entries, BOUNDS, raises).settled()
    assert isinstance(profile, AccountProfile)
    assert sightings(profile.payees) == slots(past.payees)
    assert sightings(profile.payers) == slots(past.payers)
    assert sightings(profile.places) == slots(past.places)
    assert sightings(profile.devices) == [(name, *slot) for name, slot in past.devices.slots.items()]
    assert hours_of(profile.habits) == past.hours()
    assert habit_figures(profile.habits) == pytest.approx(past.figures(), abs=1e-9)


def slots(memory: Memory) -> list[tuple[int, int, int]]:
    return [(identifier_hash(name), first_s, last_s) for name, (first_s, last_s) in memory.slots.items()]


@RUNS
@given(arriving(account_streams()))
def test_any_order_within_the_lateness_and_any_copies_end_in_the_same_bytes(streams: tuple[list[Entry], list[Entry]]) -> None:
    entries, arrived = streams
    assert encode_profile(run(arrived).without_cases()) == encode_profile(run(entries).without_cases())


@RUNS
@given(arriving(device_streams()))
def test_a_device_knows_its_holders_whatever_the_order(streams: tuple[list[Entry], list[Entry]]) -> None:
    entries, arrived = streams
    key, oracle = run(arrived, "DEVICE"), DeviceOracle(entries, BOUNDS)
    for index, entry in enumerate(entries):
        assert_same(key.probe.noted[entry.event_id], {"holders": oracle.holders(index, 7_200)})


@RUNS
@given(account_streams(), st.sampled_from([1, 1_000_000, 3_600_000_000]), st.booleans())
def test_what_comes_too_late_is_examined_and_changes_nothing(entries: list[Entry], behind_us: int, is_reversal: bool) -> None:
    key = run(entries)
    before, said = encode_profile(key.without_cases()), key.says()
    at_us = key.profile.mark_us - BOUNDS.lateness_s * 1_000_000 - behind_us
    straggler = Entry(at_us, "straggler", e.TRANSFER | (e.REVERSAL if is_reversal else e.MONEY | e.APPROVED), 100, "a-1")
    straggler.answers = entries[0].event_id if is_reversal else ""
    assert key.take(straggler) == "too_late"
    assert ("straggler" in key.probe.noted) is not is_reversal
    assert encode_profile(key.without_cases()) == before
    assert key.says() - {"straggler"} == said


@RUNS
@given(arriving(account_streams()), st.data())
def test_a_copy_changes_nothing(streams: tuple[list[Entry], list[Entry]], data: st.DataObject) -> None:
    entries, arrived = streams
    """Not even one that comes when its original has left the window long since: the cases are held against it, too."""
    key = run(arrived)
    kept = {entry.event_id for entry in key.profile.entries}
    before = encode_profile(key.profile)
    copy = data.draw(st.sampled_from(entries))
    assert (key.take(copy) == "duplicate") or copy.event_id not in kept
    assert encode_profile(key.profile) == before
