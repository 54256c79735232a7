"""The state of one key in its stored form: versioned, bounded, and refused when it is not ours."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models import entry as e
from models.case import Context
from models.decide import decide
from models.entry import Entry
from models.keys import KeyKind
from models.profile import (
    PROFILE_OF_KIND,
    PROFILE_VERSION,
    AccountProfile,
    Profile,
    ProfileVersionError,
    decode_profile,
    encode_profile,
)
from models.recency import identifier_hash
from models.timeline import place
from stream.keyed_processor import Faults
from tests.bank import Bank, shipped_rulebook
from tests.properties.bank_day import days
from tests.properties.key_stream import START_US

SECOND_US = 1_000_000
APPROVED = e.MONEY | e.APPROVED
SHIPPED = shipped_rulebook().bounds
PROFILE_BYTES_MAX = 50_000
"""Of a profile without cases under the shipped bounds, if every identifier is as long as the contract lets an event id be."""
CASE_BYTES_MAX = 50_000
"""Of the worst case of one account: its signals as large as the policy lets them be, and the movements for a freeze request."""
LONG = "x" * 52


# ---- stored form ----------------------------------------------------------------------------------------------------------

KIND_OF_LETTER: dict[bytes, KeyKind] = {b"A": "ACCOUNT", b"T": "TERMINAL", b"D": "DEVICE"}


@settings(max_examples=25, deadline=None, print_blob=True)
@given(days())
def test_any_profile_comes_back_from_its_stored_form(events: list[Any]) -> None:
    for key, value in Bank().take(events).state().items():
        if (kind := KIND_OF_LETTER.get(key[:1])) is not None:
            profile = decode_profile(kind, memoryview(value)[8:])
            assert type(profile) is PROFILE_OF_KIND[kind]
            assert encode_profile(profile) == value[8:]
            assert decode_profile(kind, encode_profile(profile)) == profile


@pytest.mark.parametrize("kind", PROFILE_OF_KIND)
def test_the_stored_form_starts_with_its_version(kind: KeyKind) -> None:
    assert msgspec.msgpack.decode(encode_profile(PROFILE_OF_KIND[kind]()))[0] == PROFILE_VERSION


@pytest.mark.parametrize("kind", PROFILE_OF_KIND)
def test_a_profile_of_another_version_is_refused(kind: KeyKind) -> None:
    stored = encode_profile(PROFILE_OF_KIND[kind](version=PROFILE_VERSION + 1))
    with pytest.raises(ProfileVersionError, match=f"version {PROFILE_VERSION + 1}"):
        decode_profile(kind, stored)


@pytest.mark.parametrize("stored", [b"", b"\xc1", b"{}", msgspec.msgpack.encode(["a-771"])])
def test_an_unreadable_profile_is_refused_without_showing_it(stored: bytes) -> None:
    with pytest.raises(ProfileVersionError, match="not readable") as caught:
        decode_profile("ACCOUNT", stored)
    assert "a-771" not in str(caught.value)


@settings(max_examples=200, deadline=None, print_blob=True)
@given(st.binary(max_size=200), st.sampled_from(list(PROFILE_OF_KIND)))
def test_arbitrary_bytes_are_a_profile_or_refused(stored: bytes, kind: KeyKind) -> None:
    try:
        profile = decode_profile(kind, stored)
    except ProfileVersionError:
        return
    assert isinstance(profile, PROFILE_OF_KIND[kind])


# ---- bounded size ---------------------------------------------------------------------------------------------------------


CODES = (
    e.TRANSFER | APPROVED,
    e.TRANSFER | e.CREDIT | APPROVED,
    e.CASH | APPROVED,
    e.TRANSFER | e.REVERSAL,
    e.ACCOUNT_EVENT | e.LOGIN,
)


def simultaneous(number: int) -> int:
    return 0


def backwards(number: int) -> int:
    return SHIPPED.lateness_us - number * 50_000


def by_the_second(number: int) -> int:
    return number * SECOND_US


def by_the_quarter(number: int) -> int:
    return number * 900 * SECOND_US


@pytest.mark.parametrize("kind", PROFILE_OF_KIND)
@pytest.mark.parametrize("after_us", [simultaneous, backwards, by_the_second, by_the_quarter])
def test_ten_thousand_events_leave_a_profile_below_its_bound(kind: KeyKind, after_us: Callable[[int], int]) -> None:
    profile: Profile = PROFILE_OF_KIND[kind]()
    largest = 0
    for number in range(10_000):
        name = f"{LONG}{number:012}"
        place(profile, widest(START_US + after_us(number), name, CODES[number % len(CODES)], f"{LONG}{number - 5:012}"), SHIPPED)
        if number % 500 == 0:
            largest = max(largest, len(encode_profile(profile)))
    assert len(profile.entries) <= SHIPPED.entries_max
    assert max(largest, len(encode_profile(profile))) < PROFILE_BYTES_MAX


def test_an_account_on_which_every_event_is_suspicious_stays_below_its_bound() -> None:
    """Strangers' money arrives and leaves all day, under the longest identifiers; the case is full long before the end."""
    profile = AccountProfile()
    largest = 0
    for number in range(800):
        code = e.TRANSFER | APPROVED | (e.CREDIT if number % 2 else 0)
        arrived = widest(START_US + number * 20 * SECOND_US, f"{LONG}{number:012}", code, "")
        arrived.amount_minor, arrived.balance_minor = 2_000_000, 100
        decide("ACCOUNT", LONG, profile, arrived, None, shipped_rulebook(), Context("t", 0, 0, 0, "e"), Faults())
        if number % 100 == 99:
            largest = max(largest, len(encode_profile(profile)))
    assert [len(case.said) > 5 for case in profile.cases] == [True]
    assert largest < PROFILE_BYTES_MAX + CASE_BYTES_MAX


def widest(at_us: int, name: str, code: int, before: str) -> Entry:
    """Return an entry with every field set, each as long as it may get."""
    hashed = identifier_hash(name)
    answers = before if code & e.REVERSAL else ""
    return Entry(at_us, name, code, 10**15, name, 2**63 - 1, hashed, 36_500, hashed, hashed, 9, name, name, answers)
