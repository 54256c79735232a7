"""The bounded memory of counterparties: flat bytes that behave like a dictionary in order of last use."""

import struct
from collections import OrderedDict

from hypothesis import given, settings
from hypothesis import strategies as st

from models.recency import SLOT_BYTES, identifier_hash, remember, seen, sightings

FORGET_S = 500
SLOTS = 3
SIGHTINGS = st.lists(st.tuples(st.integers(1, 6), st.integers(0, 400)), max_size=40)


@settings(max_examples=200, deadline=None, print_blob=True)
@given(SIGHTINGS, st.integers(1, 4))
def test_a_memory_is_a_dictionary_that_forgets_the_least_recent_first(steps: list[tuple[int, int]], slots_max: int) -> None:
    memory, expected, at_s = b"", OrderedDict[int, tuple[int, int]](), 1_000
    for identifier, pause_s in steps:
        at_s += pause_s
        first_s, last_s = expected.pop(identifier, (at_s, at_s))
        if len(expected) == slots_max:
            expected.popitem(last=False)
        expected[identifier] = (first_s if at_s - last_s <= FORGET_S else at_s, at_s)
        memory = remember(memory, identifier, at_s, FORGET_S, slots_max)
        assert sightings(memory) == [(known, *times) for known, times in expected.items()]
        assert [seen(memory, known) for known in range(1, 7)] == [expected.get(known) for known in range(1, 7)]


def test_a_silence_of_exactly_the_limit_is_remembered_and_one_second_more_is_not() -> None:
    memory = remember(b"", 7, 1_000, FORGET_S, SLOTS)
    assert seen(remember(memory, 7, 1_000 + FORGET_S, FORGET_S, SLOTS), 7) == (1_000, 1_000 + FORGET_S)
    assert seen(remember(memory, 7, 1_001 + FORGET_S, FORGET_S, SLOTS), 7) == (1_001 + FORGET_S, 1_001 + FORGET_S)


def test_a_time_is_never_taken_for_an_identifier() -> None:
    """The bytes of a time may equal those of a hash; only the start of a slot counts."""
    memory = remember(b"", 9, 1_234, FORGET_S, SLOTS)
    assert seen(memory, 1_234) is None
    assert seen(remember(memory, 1_234, 1_240, FORGET_S, SLOTS), 1_234) == (1_240, 1_240)


def test_bytes_across_two_fields_are_never_taken_for_an_identifier() -> None:
    memory = remember(b"", 0x01020304, 0x05060708, FORGET_S, SLOTS)
    for offset in range(1, SLOT_BYTES - 3):
        (across,) = struct.unpack_from("<I", memory, offset)
        assert seen(memory, across) is None


def test_a_memory_grows_by_twelve_bytes_and_not_beyond_its_slots() -> None:
    memory = b""
    for number in range(1, 11):
        memory = remember(memory, number, 1_000 + number, FORGET_S, SLOTS)
        assert len(memory) == min(number, SLOTS) * 12


def test_a_time_beyond_the_range_of_a_slot_is_kept_as_the_last_one_it_can_hold() -> None:
    memory = remember(b"", 7, 2**32 + 5, FORGET_S, SLOTS)
    assert seen(memory, 7) == (2**32 - 1, 2**32 - 1)


@given(st.text())
def test_a_hash_fits_a_slot_and_is_never_the_one_that_means_unknown(identifier: str) -> None:
    assert 0 < identifier_hash(identifier) < 2**32


def test_an_identifier_whose_checksum_is_zero_has_a_hash_too() -> None:
    assert identifier_hash("") == 1
