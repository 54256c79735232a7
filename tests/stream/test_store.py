"""What a reader of the state topic believes, and what a worker keeps at an assignment."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from stream.store import (
    MARKER_KEY,
    Loaded,
    Ownership,
    Winner,
    changes_size_bytes,
    payload_of,
    position_of,
    state_batch,
    value_of,
)


def loaded(*writes: tuple[bytes, int, bytes | None]) -> Loaded:
    """Read (key, position, payload) records, None for a tombstone, in log order."""
    winner = Winner()
    for key, position, payload in writes:
        if payload is None:
            winner.take_tombstone(key, position)
        else:
            winner.take(key, value_of(position, payload))
    return winner.loaded(len(writes), 0.0)


def payloads(state: Loaded) -> dict[bytes, bytes]:
    return {key: payload_of(value) for key, value in state.values.items()}


@given(st.integers(-(2**63), 2**63 - 1), st.binary())
def test_a_value_gives_back_its_position_and_its_payload(position: int, payload: bytes) -> None:
    value = value_of(position, payload)
    assert (position_of(value), payload_of(value)) == (position, payload)


def test_the_highest_position_wins_over_the_last_record() -> None:
    state = loaded((b"k", 5, b"new"), (b"k", 3, b"a zombie's"))
    assert payloads(state) == {b"k": b"new"}


def test_a_key_whose_last_record_is_not_its_winner_is_named() -> None:
    state = loaded((b"k", 5, b"new"), (b"k", 3, b"old"), (b"other", 1, b"v"))
    assert state.stale_last == {b"k"}


def test_a_key_rewritten_after_a_zombies_write_is_not_named() -> None:
    state = loaded((b"k", 5, b"new"), (b"k", 3, b"old"), (b"k", 5, b"new"))
    assert state.stale_last == set()


def test_of_equal_positions_the_later_record_wins() -> None:
    assert payloads(loaded((b"k", 5, b"first"), (b"k", 5, b"second"))) == {b"k": b"second"}


def test_a_tombstone_deletes() -> None:
    assert payloads(loaded((b"k", 5, b"v"), (b"k", 6, None))) == {}


def test_a_key_may_come_back_after_its_tombstone() -> None:
    assert payloads(loaded((b"k", 5, b"v"), (b"k", 6, None), (b"k", 7, b"again"))) == {b"k": b"again"}


def test_a_zombies_value_does_not_undo_a_deletion() -> None:
    state = loaded((b"k", 5, b"v"), (b"k", 9, None), (b"k", 7, b"a zombie's"))
    assert (payloads(state), state.stale_last) == ({}, {b"k"})


def test_a_zombies_tombstone_does_not_delete_a_newer_value() -> None:
    state = loaded((b"k", 9, b"v"), (b"k", 7, None))
    assert (payloads(state), state.stale_last) == ({b"k": b"v"}, {b"k"})


def test_a_tombstone_without_a_position_deletes() -> None:
    winner = Winner()
    winner.take(b"k", value_of(5, b"v"))
    winner.take_tombstone(b"k", None)
    assert winner.loaded(2, 0.0).values == {}


def test_the_marker_says_what_the_state_stands_for() -> None:
    state = loaded((b"k", 5, b"v"), (MARKER_KEY, 8, b"watermarks"))
    assert (state.position, state.marker, set(state.values)) == (8, b"watermarks", {b"k"})


def test_a_zombies_marker_does_not_set_the_position_back() -> None:
    assert loaded((MARKER_KEY, 8, b"new"), (MARKER_KEY, 6, b"old")).position == 8


def test_an_empty_topic_stands_for_nothing() -> None:
    state = loaded()
    assert (state.values, state.marker, state.position) == ({}, None, -1)


write = st.tuples(st.sampled_from([b"a", b"b", b"c"]), st.integers(0, 20), st.none() | st.binary(max_size=3))


@given(st.lists(write, max_size=40))
def test_what_is_believed_is_the_last_of_the_highest_writes_of_each_key(writes: list[Any]) -> None:
    expected: dict[bytes, tuple[int, bytes | None]] = {}
    for key, position, payload in writes:
        if position >= expected.get(key, (-1, None))[0]:
            expected[key] = (position, payload)
    assert payloads(loaded(*writes)) == {k: payload for k, (_, payload) in expected.items() if payload is not None}


@given(st.lists(write, max_size=40))
def test_rewriting_the_named_keys_leaves_a_log_whose_last_records_are_the_winners(writes: list[Any]) -> None:
    state = loaded(*writes)
    repairs = [
        (key, position_of(state.values[key]), payload_of(state.values[key])) if key in state.values else (key, 99, None)
        for key in state.stale_last
    ]
    last = {key: payload for key, _, payload in [*writes, *repairs]}
    assert payloads(state) == {key: payload for key, payload in last.items() if payload is not None}


@given(st.dictionaries(st.binary(min_size=1, max_size=40), st.none() | st.binary(max_size=100), max_size=30))
def test_the_size_of_a_batch_is_never_underestimated(changed: dict[bytes, bytes | None]) -> None:
    from aiokafka.record.default_records import DefaultRecordBatchBuilder

    builder = DefaultRecordBatchBuilder(2, 0, 0, -1, -1, 0, 1 << 20)
    for offset, (key, value, headers) in enumerate(state_batch(changed, 2**62, b"marker")):
        builder.append(offset, 1_700_000_000_000, key, value, headers)
    assert len(builder.build()) <= changes_size_bytes(changed, b"marker")


def test_at_first_everything_must_be_loaded() -> None:
    assert Ownership().on_assigned([0, 1], 4) == {0, 1}


def test_a_partition_kept_from_one_generation_to_the_next_is_not_loaded_again() -> None:
    ownership = Ownership()
    ownership.on_assigned([0, 1, 2], 4)
    assert ownership.on_assigned([1, 2, 3], 5) == {3}


def test_a_partition_that_went_away_and_came_back_is_loaded_again() -> None:
    ownership = Ownership()
    ownership.on_assigned([0, 1], 4)
    ownership.on_assigned([1], 5)
    assert ownership.on_assigned([0, 1], 6) == {0}


def test_after_a_generation_without_us_everything_is_loaded_again() -> None:
    ownership = Ownership()
    ownership.on_assigned([0, 1], 4)
    assert ownership.on_assigned([0, 1], 6) == {0, 1}


def test_after_the_group_began_anew_everything_is_loaded_again() -> None:
    ownership = Ownership()
    ownership.on_assigned([0, 1], 4)
    assert ownership.on_assigned([0, 1], 1) == {0, 1}


def test_rejoining_the_same_generation_keeps_what_is_ours() -> None:
    ownership = Ownership()
    ownership.on_assigned([0, 1], 4)
    assert ownership.on_assigned([0, 1], 4) == frozenset()
