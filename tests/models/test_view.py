"""What one event sees of its key: exact windows, who is new, what is usual. The brute-force search proves the rest."""

from typing import Any

import pytest

from models import entry as e
from models.entry import Entry
from models.profile import AccountProfile, DeviceProfile, Profile, encode_profile
from models.recency import identifier_hash
from models.timeline import place
from models.view import View
from tests.properties.key_stream import BOUNDS, START_US

SECOND_US = 1_000_000
LATENESS_S = BOUNDS.lateness_s
OUT = e.TRANSFER | e.MONEY | e.APPROVED
IN = OUT | e.CREDIT
CASH = e.CASH | e.MONEY | e.APPROVED


def entry(at_s: float, code: int = OUT, other: str = "a-1", **fields: Any) -> Entry:
    at_us = START_US + round(at_s * SECOND_US)
    return Entry(at_us, fields.pop("event_id", f"e{at_us}"), code, **{"amount_minor": 100, "other": other} | fields)


def view_of(*entries: Entry, profile: Profile | None = None, index: int = -1) -> View:
    """Return the view of the last of some entries, or of the one at `index`."""
    profile = profile if profile is not None else AccountProfile()
    for given in entries:
        place(profile, given, BOUNDS)
    return View("a-0", profile, profile.entries, index % len(profile.entries), BOUNDS)


def times_s(entries: list[Entry]) -> list[float]:
    return [(found.at_us - START_US) / SECOND_US for found in entries]


# ---- windows --------------------------------------------------------------------------------------------------------------


def test_the_window_excludes_its_start_and_includes_its_end() -> None:
    view = view_of(entry(0), entry(0.000_001), entry(30), entry(60))
    assert times_s(view.window(60)) == [0.000_001, 30, 60]


def test_the_window_of_an_event_does_not_show_what_came_after_it() -> None:
    view = view_of(entry(0, event_id="a"), entry(10, event_id="b"), entry(10, event_id="c"), entry(20), index=1)
    assert [found.event_id for found in view.window(60)] == ["a", "b"]


def test_what_came_before_is_the_window_without_the_event_newest_first() -> None:
    view = view_of(entry(0), entry(20), entry(40), entry(60))
    assert times_s(list(view.before(60))) == [40, 20]


def test_a_window_is_complete_from_the_first_instant_after_what_was_dropped() -> None:
    profile = AccountProfile(truncated_us=START_US)
    view = view_of(entry(60), profile=profile)
    assert (view.is_complete(60), view.is_complete(61)) == (True, False)


# ---- who is new -----------------------------------------------------------------------------------------------------------


def test_a_payee_is_new_until_it_was_paid() -> None:
    assert view_of(entry(0), entry(10, other="a-2")).is_new_payee("a-2")
    assert not view_of(entry(0, other="a-2"), entry(10, other="a-2")).is_new_payee("a-2")


@pytest.mark.parametrize(
    "code", [IN, CASH, e.TRANSFER | e.REQUESTED, e.TRANSFER | e.DECLINED, OUT | e.FLAGGED, e.ACCOUNT_EVENT | e.PAYEE_ADDED]
)
def test_only_money_transferred_without_suspicion_makes_a_payee_known(code: int) -> None:
    for wait_s in (10, LATENESS_S + 1, 4 * LATENESS_S):
        assert view_of(entry(0, code, "a-2"), entry(wait_s, other="a-2")).is_new_payee("a-2")


@pytest.mark.parametrize("wait_s", [100, LATENESS_S + 100, 4 * LATENESS_S])
def test_a_payee_first_paid_within_the_last_seconds_is_still_new_within_them(wait_s: int) -> None:
    view = view_of(entry(0, other="a-2"), entry(wait_s, other="a-2"))
    assert view.is_new_payee("a-2", since_s=wait_s + 1)
    assert not view.is_new_payee("a-2", since_s=wait_s)


@pytest.mark.parametrize(("silence_s", "is_new"), [(BOUNDS.forget_s, False), (BOUNDS.forget_s + 1, True)])
def test_a_payee_not_paid_for_long_is_new_again(silence_s: int, *, is_new: bool) -> None:
    assert view_of(entry(0, other="a-2"), entry(silence_s)).is_new_payee("a-2") is is_new


def test_payers_and_payees_are_not_confused() -> None:
    view = view_of(entry(0, IN, "a-2"), entry(10))
    assert (view.is_new_payer("a-2"), view.is_new_payee("a-2")) == (False, True)


def test_strangers_money_is_what_new_payers_transferred_in_unless_it_is_the_holders_due() -> None:
    view = view_of(
        entry(0, IN, "friend"),
        entry(2_000, IN, "friend"),
        entry(2_100, IN, "stranger", amount_minor=7_000),
        entry(2_200, IN | e.OWN_NAME, "own", amount_minor=1),
        entry(2_300, IN | e.PAYROLL | e.CORPORATE, "employer", amount_minor=20),
        entry(2_350, IN | e.PUBLIC, "office", amount_minor=50_000),
        entry(2_400, IN | e.PAYROLL | e.PERSON, "pretended employer", amount_minor=300),
        entry(2_450, IN | e.LOAN, "unknown lender", amount_minor=600_000),
        entry(2_460, IN | e.CORPORATE, "company", amount_minor=8_000_000),
        entry(2_500, CASH | e.CREDIT, "", amount_minor=4_000),
        entry(2_600),
    )
    assert view.strangers_credit_minor(window_s=1_000, since_s=1_000) == 8_607_300


def test_the_first_device_of_an_account_is_not_a_new_one() -> None:
    assert not view_of(entry(0, device=1), entry(10, device=2)).is_new_device()


def test_another_device_than_those_used_before_is_new_until_it_was_used() -> None:
    known = entry(0, device=1)
    later_s = LATENESS_S + 1
    assert view_of(known, entry(later_s, device=2)).is_new_device()
    assert not view_of(known, entry(later_s, device=1)).is_new_device()
    assert not view_of(known, entry(later_s, device=0)).is_new_device()
    again = view_of(known, entry(later_s, device=2), entry(later_s + 50, device=2))
    assert not again.is_new_device()
    assert again.is_new_device(since_s=51)


def test_another_terminal_than_those_used_before_is_new_until_it_was_used() -> None:
    known = entry(0, CASH, place="ATM-1")
    later_s = LATENESS_S + 1
    assert not view_of(entry(10, CASH, place="ATM-2")).is_new_place()
    assert view_of(known, entry(later_s, CASH, place="ATM-2")).is_new_place()
    assert not view_of(known, entry(later_s, CASH, place="ATM-1")).is_new_place()
    assert not view_of(known, entry(later_s, CASH, place="ATM-2"), entry(later_s + 50, CASH, place="ATM-2")).is_new_place()


# ---- what is usual --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("wait_s", "count"), [(LATENESS_S, 0), (LATENESS_S + 1, 1), (4 * LATENESS_S, 1)])
def test_habits_hold_what_is_older_than_the_lateness_settled_or_not(wait_s: int, count: int) -> None:
    assert view_of(entry(0), entry(wait_s)).habits().count == count


def test_payers_are_those_older_than_the_lateness() -> None:
    view = view_of(entry(0, IN, "a-2"), entry(LATENESS_S, IN, "a-3"), entry(LATENESS_S + 1))
    assert [payer for payer, _, _ in view.payers()] == [identifier_hash("a-2")]


def test_holders_are_counted_within_their_window_however_long_ago_the_open_zone_ended() -> None:
    logins = [entry(at_s, e.ACCOUNT_EVENT | e.LOGIN, who=who) for at_s, who in ((0, 1), (3_000, 2), (7_000, 3))]
    view = view_of(*logins, profile=DeviceProfile())
    assert set(view.holders(window_s=7_001)) == {1, 2, 3}
    assert set(view.holders(window_s=7_000)) == {2, 3}
    assert set(view.holders(window_s=4_000)) == {3}


def test_a_holder_is_known_since_the_first_time_even_before_the_window() -> None:
    logins = [entry(at_s, e.ACCOUNT_EVENT | e.LOGIN, who=who) for at_s, who in ((0, 1), (3_000, 2), (7_000, 1))]
    view = view_of(*logins, profile=DeviceProfile())
    start_s = logins[0].at_us // 1_000_000
    assert view.holders(window_s=5_000) == {1: (start_s, start_s + 7_000), 2: (start_s + 3_000, start_s + 3_000)}


def test_looking_changes_nothing() -> None:
    view = view_of(entry(0, IN), entry(700, device=1, place="ATM-1"), entry(1_400, device=2, place="ATM-2"))
    before = encode_profile(view.profile)
    for look in (view.habits, view.payers, view.is_new_device, view.is_new_place, view.totals):
        look()
    assert view.is_new_payee("a-9")
    assert encode_profile(view.profile) == before


# ---- balances -------------------------------------------------------------------------------------------------------------


def test_the_balance_before_a_debit_is_what_was_left_and_what_went() -> None:
    assert view_of(entry(0, amount_minor=300, balance_minor=700)).balance_before(0) == 1_000


def test_the_balance_before_a_request_is_the_one_it_tells() -> None:
    assert view_of(entry(0, e.TRANSFER | e.REQUESTED, amount_minor=300, balance_minor=700)).balance_before(0) == 700


def test_a_balance_is_carried_on_from_the_last_record_that_told_one() -> None:
    view = view_of(
        entry(0, IN, amount_minor=500, balance_minor=900),
        entry(10, amount_minor=200),
        entry(20, e.TRANSFER | e.DECLINED, amount_minor=10_000),
        entry(30, IN, amount_minor=50),
        entry(40, amount_minor=1),
    )
    assert view.balance_before(4) == 750


def test_a_balance_of_longer_ago_than_the_longest_window_is_not_carried_on() -> None:
    first = entry(0, IN, balance_minor=900)
    assert view_of(first, entry(BOUNDS.window_max_s - 1)).balance_before(1) == 900
    assert view_of(first, entry(BOUNDS.window_max_s)).balance_before(1) is None


def test_money_of_any_currency_is_shown_to_be_counted_where_a_window_shows_one_only() -> None:
    entries = [entry(0, currency="THB"), entry(10, currency="HKD"), entry(20)]

    assert times_s(view_of(*entries).in_any_currency(20)) == [10, 20]
    assert times_s(view_of(*entries).window(20)) == [20]


# ---- devices ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("pause_s", [60, LATENESS_S * 2, LATENESS_S * 5], ids=["open", "between", "settled"])
def test_the_devices_since_a_second_are_told_in_the_order_in_which_they_were_first_used(pause_s: int) -> None:
    login = e.ACCOUNT_EVENT | e.LOGIN
    view = view_of(
        entry(10, login, device=1),
        entry(20, login, device=2),
        entry(30, login, device=1),
        entry(30 + pause_s, device=3),
    )

    assert view.devices_since(START_US // SECOND_US) == [1, 2, 3]
    assert view.devices_since(START_US // SECOND_US + 25) == [1, 3]
