"""What settles into a profile: only what may count as usual."""

from math import log1p
from typing import Any

import pytest

from models import entry as e
from models.entry import Entry
from models.profile import AccountProfile, DeviceProfile, TerminalProfile, encode_profile
from models.recency import identifier_hash, sightings
from models.settling import local_hour, settle
from tests.properties.key_stream import BOUNDS, START_US

SECOND_US = 1_000_000
APPROVED = e.MONEY | e.APPROVED


def entry(code: int, **fields: Any) -> Entry:
    return Entry(START_US, "e", code, **{"amount_minor": 5_000, "other": "a-1", "who": 1} | fields)


def settled(*entries: Entry) -> AccountProfile:
    profile = AccountProfile()
    for given_entry in entries:
        settle(profile, given_entry, BOUNDS)
    return profile


def test_a_payment_is_learned_with_its_payee_device_and_place() -> None:
    profile = settled(entry(e.TRANSFER | APPROVED, device=7, place="ATM-1"))
    start_s = START_US // SECOND_US
    assert sightings(profile.payees) == [(identifier_hash("a-1"), start_s, start_s)]
    assert sightings(profile.devices) == [(7, start_s, start_s)]
    assert sightings(profile.places) == [(identifier_hash("ATM-1"), start_s, start_s)]
    assert (profile.habits.count, profile.habits.amount_mean) == (1, log1p(5_000))


def test_a_credit_teaches_the_payer_and_no_habit() -> None:
    profile = settled(entry(e.TRANSFER | e.CREDIT | APPROVED))
    assert [who for who, _, _ in sightings(profile.payers)] == [identifier_hash("a-1")]
    assert (profile.payees, profile.habits.count) == (b"", 0)


@pytest.mark.parametrize("code", [e.FLAGGED, e.TAKEN_BACK, e.FLAGGED | e.TAKEN_BACK | e.TAKEN_BACK_LATE])
def test_what_was_flagged_or_taken_back_is_never_usual(code: int) -> None:
    profile = settled(entry(e.TRANSFER | e.APPROVED | code, device=7, place="ATM-1"))
    assert encode_profile(profile) == encode_profile(AccountProfile(history=profile.history))


@pytest.mark.parametrize("status", [e.REQUESTED, e.DECLINED, e.REVERSAL])
def test_what_moved_no_money_teaches_the_device_only(status: int) -> None:
    profile = settled(entry(e.TRANSFER | status, device=7, place="ATM-1"))
    assert [who for who, _, _ in sightings(profile.devices)] == [7]
    assert (profile.payees, profile.places, profile.habits.count) == (b"", b"", 0)


def test_a_payee_is_new_once_and_again_after_a_long_silence() -> None:
    pause_us = (BOUNDS.forget_s + 1) * SECOND_US
    payments = [entry(e.TRANSFER | APPROVED) for _ in range(3)]
    payments[2].at_us += pause_us
    first, second, third = settled(*payments[:1]), settled(*payments[:2]), settled(*payments)
    weight = BOUNDS.habit_weight
    assert first.habits.new_payee_mean == 1.0
    assert second.habits.new_payee_mean == 1.0 - weight
    assert third.habits.new_payee_mean == pytest.approx(weight + (1 - weight) ** 2)


def test_a_new_payee_counts_as_new_although_the_memory_is_full() -> None:
    payments = [entry(e.TRANSFER | APPROVED, other=f"a-{number}") for number in range(BOUNDS.counterparties_max + 2)]
    assert settled(*payments).habits.new_payee_mean == 1.0


def test_a_machine_learns_its_busy_hours_alone_and_a_device_its_holders() -> None:
    machine, device = TerminalProfile(), DeviceProfile()
    settle(machine, entry(e.CASH | APPROVED), BOUNDS)
    settle(machine, entry(e.CASH | e.DECLINED), BOUNDS)
    settle(device, entry(e.ACCOUNT_EVENT | e.LOGIN, who=9), BOUNDS)
    hour = START_US // (3_600 * SECOND_US)
    assert encode_profile(machine) == encode_profile(TerminalProfile(hours=1, draws=1, last_hour=hour))
    assert [who for who, _, _ in sightings(device.holders)] == [9]


def test_a_device_counts_who_came_to_it_and_since_when() -> None:
    device = DeviceProfile()
    for number in (9, 9, *range(20, 20 + BOUNDS.devices_max), 9):
        settle(device, entry(e.ACCOUNT_EVENT | e.LOGIN, who=number), BOUNDS)

    assert device.newcomer_count == BOUNDS.devices_max + 2, "who was forgotten meanwhile comes anew"
    assert device.first_s == entry(0).at_us // SECOND_US


@pytest.mark.parametrize(("at_s", "hour"), [(0, 8), (15 * 3_600 + 3_599, 23), (16 * 3_600, 0)])
def test_the_hour_of_day_is_the_banks(at_s: int, hour: int) -> None:
    assert local_hour(at_s * SECOND_US, 28_800) == hour
