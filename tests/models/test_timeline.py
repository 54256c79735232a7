"""Where an entry goes: in order, once, as far as its key can still tell; and what its reversal or answer does to it."""

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models import entry as e
from models.entry import Entry
from models.policy import Bounds
from models.profile import AccountProfile, TerminalProfile, encode_profile
from models.recency import identifier_hash, seen
from models.timeline import Placed, as_known, place
from models.view import View
from tests.properties.key_stream import BOUNDS, START_US, account_streams, arrivals, fresh

SECOND_US = 1_000_000
LATENESS_S = BOUNDS.lateness_s
WINDOW_S = BOUNDS.window_max_s
APPROVED = e.TRANSFER | e.MONEY | e.APPROVED
REQUESTED = e.TRANSFER | e.REQUESTED
REVERSAL = e.TRANSFER | e.REVERSAL


def entry(event_id: str, at_s: float, code: int = APPROVED, **fields: Any) -> Entry:
    return Entry(START_US + round(at_s * SECOND_US), event_id, code, 100, **{"other": "a-1"} | fields)


def placed(*entries: Entry, bounds: Bounds = BOUNDS) -> tuple[AccountProfile, list[Placed]]:
    profile = AccountProfile()
    return profile, [place(profile, fresh(given), bounds) for given in entries]


def ids(entries: list[Entry]) -> list[str]:
    return [kept.event_id for kept in entries]


def kept(profile: AccountProfile, event_id: str) -> Entry:
    return next(entry for entry in profile.entries if entry.event_id == event_id)


def test_entries_stand_in_the_order_of_time_and_the_simultaneous_ones_of_their_ids() -> None:
    profile, _ = placed(entry("b", 10), entry("a", 10), entry("d", 5), entry("c", 10))
    assert ids(profile.entries) == ["d", "a", "b", "c"]


def test_everything_from_a_late_event_on_is_to_be_examined_again() -> None:
    profile, outcomes = placed(entry("a", 0), entry("b", 300), entry("late", 100))
    assert (outcomes[2].outcome, outcomes[2].at) == ("late", 1)
    assert ids(outcomes[2].entries) == ["a", "late", "b"] == ids(profile.entries)


@pytest.mark.parametrize(
    ("behind_s", "outcome"),
    [(-1, "accepted"), (0, "accepted"), (1, "late"), (LATENESS_S, "late"), (LATENESS_S + 0.000_001, "too_late")],
)
def test_an_event_is_late_up_to_the_lateness_behind_the_newest(behind_s: float, outcome: str) -> None:
    assert placed(entry("a", 0), entry("b", -behind_s))[1][1].outcome == outcome


def test_what_comes_too_late_is_to_be_examined_among_its_neighbours_but_is_not_kept() -> None:
    profile, outcomes = placed(entry("a", -1_000), entry("b", 0), entry("straggler", -700))
    assert (outcomes[2].outcome, outcomes[2].at, ids(outcomes[2].entries)) == ("too_late", 1, ["a", "straggler", "b"])
    assert ids(profile.entries) == ["a", "b"]


def test_what_comes_too_late_but_was_taken_back_in_the_meantime_does_not_count_as_money() -> None:
    _, outcomes = placed(entry("reversal", -200, REVERSAL, answers="x"), entry("b", 0), entry("x", -700))
    assert outcomes[2].entries[0].code & (e.TAKEN_BACK | e.MONEY) == e.TAKEN_BACK


def test_a_reversal_that_comes_too_late_takes_nothing_back() -> None:
    profile, _ = placed(entry("x", -900), entry("b", 0), entry("reversal", -700, REVERSAL, answers="x"))
    assert kept(profile, "x").code == APPROVED


def test_a_copy_changes_nothing_whatever_it_says() -> None:
    profile, _ = placed(entry("a", 0), entry("b", 50))
    before = encode_profile(profile)
    assert place(profile, entry("a", 400, e.CASH), BOUNDS).outcome == "duplicate"
    assert encode_profile(profile) == before


# ---- reversals and answers ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("order", [("x", "r"), ("r", "x")])
@pytest.mark.parametrize("after_s", [-LATENESS_S, 0, 30, LATENESS_S])
def test_a_reversal_takes_the_money_back_whichever_of_the_two_comes_first(order: tuple[str, str], after_s: int) -> None:
    events = {"x": entry("x", 0), "r": entry("r", after_s, REVERSAL, answers="x")}
    profile, _ = placed(*(events[name] for name in order))
    assert kept(profile, "x").code & (e.MONEY | e.TAKEN_BACK | e.TAKEN_BACK_LATE) == e.TAKEN_BACK


@pytest.mark.parametrize("order", [("x", "a"), ("a", "x")])
def test_an_approval_answers_its_request_whichever_of_the_two_comes_first(order: tuple[str, str]) -> None:
    events = {"x": entry("x", 0, REQUESTED), "a": entry("a", 60, answers="x")}
    profile, outcomes = placed(*(events[name] for name in order))
    assert kept(profile, "x").code & e.ANSWERED
    assert kept(profile, "a").code == APPROVED
    assert outcomes[1].at == 0


def test_an_approval_that_is_itself_taken_back_has_answered_its_request_all_the_same() -> None:
    asked, approved, reversal = entry("x", 0, REQUESTED), entry("a", 60, answers="x"), entry("r", 90, REVERSAL, answers="a")
    in_order, shuffled = placed(asked, approved, reversal)[0], placed(approved, reversal, asked)[0]
    assert encode_profile(in_order) == encode_profile(shuffled)
    assert kept(shuffled, "x").code & e.ANSWERED


def test_both_ends_of_a_chain_are_examined_again_when_its_middle_comes_last() -> None:
    """The approval both answers the request before it and is taken back by the reversal after it."""
    _, outcomes = placed(entry("x", 0, REQUESTED), entry("r", 90, REVERSAL, answers="a"), entry("a", 60, answers="x"))
    assert outcomes[2].at == 0


@pytest.mark.parametrize("code", [e.TRANSFER | e.DECLINED, REQUESTED])
def test_a_refusal_leaves_its_request_as_it_was(code: int) -> None:
    profile, _ = placed(entry("x", 0, REQUESTED), entry("refusal", 60, code, answers="x"))
    assert kept(profile, "x").code == REQUESTED


@pytest.mark.parametrize(("after_s", "is_taken_back"), [(WINDOW_S, True), (WINDOW_S + 1, False)])
def test_a_reversal_reaches_back_as_far_as_the_longest_window(after_s: int, *, is_taken_back: bool) -> None:
    profile, _ = placed(entry("x", 0), entry("r", after_s, REVERSAL, answers="x"))
    assert bool(kept(profile, "x").code & e.TAKEN_BACK) is is_taken_back


def test_a_reversal_after_the_lateness_lets_fall_its_original_only_and_what_came_shortly_before() -> None:
    steps = [entry("x", 0), entry("old", 100), entry("edge", 700), entry("young", 800)]
    _, outcomes = placed(*steps, entry("r", 1_300, REVERSAL, answers="x"))
    assert ids(list(outcomes[-1].fallen)) == ["x"]
    assert ids(outcomes[-1].entries[outcomes[-1].at :]) == ["edge", "young", "r"]


@pytest.mark.parametrize(("after_s", "is_learned"), [(LATENESS_S, False), (LATENESS_S + 1, True)])
def test_what_was_taken_back_within_the_lateness_is_never_learned(after_s: int, *, is_learned: bool) -> None:
    profile, _ = placed(entry("x", 0), entry("r", after_s, REVERSAL, answers="x"), entry("later", 3 * LATENESS_S + 1))
    assert (seen(profile.payees, identifier_hash("a-1")) is not None) is is_learned
    assert profile.habits.count == is_learned


def test_an_event_is_judged_on_what_was_known_within_the_lateness_after_it() -> None:
    """A correction that is itself late meets one that came in time but happened later."""
    profile, _ = placed(entry("x", 0), entry("y", 100), entry("now", 200), entry("r", 900, REVERSAL, answers="x"))
    place(profile, entry("s", 300, REVERSAL, answers="y"), BOUNDS)
    known = as_known(profile.entries, 2, BOUNDS)
    assert [bool(before.code & e.MONEY) for before in known] == [True, False, True]
    assert [bool(before.code & e.MONEY) for before in profile.entries[:3]] == [False, False, True]


def test_without_later_corrections_what_is_known_is_the_timeline_itself() -> None:
    profile, _ = placed(entry("x", 0), entry("r", 30, REVERSAL, answers="x"), entry("b", 2_000))
    assert as_known(profile.entries, 1, BOUNDS) is profile.entries


# ---- settling -------------------------------------------------------------------------------------------------------------


def test_an_entry_settles_when_it_is_more_than_three_times_the_lateness_old() -> None:
    profile, _ = placed(entry("x", 0), entry("b", 3 * LATENESS_S))
    assert (profile.settled, profile.habits.count) == (0, 0)
    place(profile, entry("c", 3 * LATENESS_S + 0.000_001), BOUNDS)
    assert (profile.settled, profile.habits.count) == (1, 1)


def test_an_entry_leaves_when_no_admissible_event_can_see_it_any_more() -> None:
    stay_s = WINDOW_S + 2 * LATENESS_S
    profile, _ = placed(entry("x", 0), entry("b", stay_s - 0.000_001))
    assert ids(profile.entries) == ["x", "b"]
    place(profile, entry("c", stay_s), BOUNDS)
    assert ids(profile.entries) == ["b", "c"]


# ---- too busy a key -------------------------------------------------------------------------------------------------------

BUSY = msgspec.structs.replace(BOUNDS, entries_max=4)


def test_a_busy_key_loses_its_oldest_entries_and_says_since_when() -> None:
    profile, _ = placed(*(entry(f"e{number}", number) for number in range(6)), bounds=BUSY)
    assert ids(profile.entries) == ["e2", "e3", "e4", "e5"]
    assert profile.truncated_us == START_US + SECOND_US
    assert profile.habits.count == 2


def test_of_an_accounts_entries_the_smallest_movements_leave_first() -> None:
    large, bound = entry("large", 0), entry("bound", 1, e.ACCOUNT_EVENT | e.DEVICE_BOUND)
    large.amount_minor = 6_000_000
    refused = entry("refused", 2, e.TRANSFER | e.DECLINED)
    profile, _ = placed(large, bound, refused, *(entry(f"e{number}", 10 + number) for number in range(9)), bounds=BUSY)
    assert ids(profile.entries) == ["large", "bound", "e7", "e8"]
    assert profile.truncated_us == START_US + 16 * SECOND_US


def test_a_flood_of_account_events_leaves_half_of_the_room_to_movements() -> None:
    events = [entry(f"b{number}", 10 + number, e.ACCOUNT_EVENT | e.PAYEE_ADDED) for number in range(9)]
    profile, _ = placed(entry("x", 0), entry("y", 1), *events, bounds=BUSY)
    assert ids(profile.entries) == ["x", "y", "b7", "b8"]


def test_logins_leave_before_what_changes_an_account() -> None:
    bound, logins = entry("bound", 0, e.ACCOUNT_EVENT | e.DEVICE_BOUND), e.ACCOUNT_EVENT | e.LOGIN
    profile, _ = placed(bound, entry("x", 1), *(entry(f"l{number}", 10 + number, logins) for number in range(9)), bounds=BUSY)
    assert ids(profile.entries) == ["bound", "x", "l7", "l8"]


def test_a_machines_entries_leave_in_order_of_age_whatever_they_moved() -> None:
    profile = TerminalProfile()
    for number, minor in enumerate([900, 800, 700, 600, 500, 400]):
        given = entry(f"e{number}", number, e.CASH | e.MONEY | e.APPROVED)
        given.amount_minor = minor
        place(profile, given, BUSY)
    assert ids(profile.entries) == ["e2", "e3", "e4", "e5"]


def test_what_arrives_is_kept_until_it_has_been_examined_however_small() -> None:
    profile, _ = placed(*(entry(f"e{number}", number) for number in range(4)), bounds=BUSY)
    trifle = entry("trifle", 9)
    trifle.amount_minor = 1
    found = place(profile, trifle, BUSY)
    assert (found.outcome, ids(found.entries)[found.at]) == ("accepted", "trifle")


@pytest.mark.parametrize("late_s", [2.5, 8.5])
def test_a_large_late_movement_takes_its_place_in_a_busy_key(late_s: float) -> None:
    large = entry("large", late_s)
    large.amount_minor = 6_000_000
    profile, outcomes = placed(*(entry(f"e{number}", number) for number in range(10)), large, bounds=BUSY)
    assert outcomes[-1].outcome == "late"
    assert ids(outcomes[-1].entries)[outcomes[-1].at] == "large"
    assert len(profile.entries) == BUSY.entries_max


def test_a_burst_of_late_or_simultaneous_events_is_bounded_too() -> None:
    profile, _ = placed(entry("newest", 500), *(entry(f"e{number}", number % 3) for number in range(50)), bounds=BUSY)
    assert len(profile.entries) == 4
    assert profile.truncated_us == START_US + 2 * SECOND_US


def test_what_a_busy_key_has_lost_is_not_taken_in_again() -> None:
    profile, _ = placed(*(entry(f"e{number}", number) for number in range(6)), bounds=BUSY)
    before = encode_profile(profile)
    assert place(profile, entry("e1", 1), BUSY).outcome == "too_late"
    assert encode_profile(profile) == before


def test_a_late_event_is_examined_in_its_place_even_where_it_will_be_the_next_to_leave() -> None:
    profile, outcomes = placed(*(entry(f"e{number}", number) for number in range(4)), entry("before", -1), bounds=BUSY)
    assert (outcomes[-1].outcome, ids(outcomes[-1].entries)[outcomes[-1].at]) == ("late", "before")
    assert ids(profile.entries) == ["before", "e1", "e2", "e3"]
    place(profile, entry("next", 9), BUSY)
    assert ids(profile.entries) == ["e1", "e2", "e3", "next"]


@settings(max_examples=80, deadline=None, print_blob=True)
@given(account_streams(), st.data())
def test_a_window_that_calls_itself_complete_is_complete(entries: list[Entry], data: st.DataObject) -> None:
    """The key is too busy for its bound; what it still claims to know whole equals a count over all that has arrived."""
    profile, arrived = AccountProfile(), dict[str, Entry]()
    for given_entry in data.draw(arrivals(entries, lambda found: found.at_us)):
        arrived[given_entry.event_id] = given_entry
        found = place(profile, fresh(given_entry), BUSY)
        assert len(profile.entries) <= BUSY.entries_max
        view = View("a-0", profile, profile.entries, len(profile.entries) - 1, BUSY)
        now = view.now
        for window_s in (60, 600, 3_600):
            if view.is_complete(window_s):
                start_us = now.at_us - window_s * SECOND_US
                members = [known for known in arrived.values() if start_us < known.at_us]
                assert sorted(ids(view.window(window_s))) == sorted(ids(members)), found.outcome


@settings(max_examples=60, deadline=None, print_blob=True)
@given(account_streams(), st.data())
def test_no_entry_is_learned_twice_however_busy_the_key(entries: list[Entry], data: st.DataObject) -> None:
    profile = Counting()
    for given_entry in data.draw(arrivals(entries, lambda found: found.at_us)):
        place(profile, fresh(given_entry), BUSY)
        place(profile, fresh(given_entry), BUSY)
    assert len(profile.noted) == len(set(profile.noted))
    assert set(profile.noted) <= set(ids(entries))


class Counting(AccountProfile):
    """An account that notes what it learns."""

    noted: list[str] = msgspec.field(default_factory=list)

    def learn(self, entry: Entry, bounds: Bounds) -> None:
        self.noted.append(entry.event_id)
