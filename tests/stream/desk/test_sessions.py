"""Sessions end, by the clock and with their user; sign-ins are limited by name and by address."""

import pytest

from stream.desk.sessions import (
    ATTEMPTS_OVER_S,
    ATTEMPTS_PER_ADDRESS,
    ATTEMPTS_PER_NAME,
    ATTEMPTS_PER_NAME_AND_ADDRESS,
    IDLE_S,
    LIFE_S,
    OPENED_S,
    SESSIONS_MAX,
    Attempts,
    Sessions,
)
from stream.desk.users import User

LI = User("li", "MANAGER", "secret")
USERS = {"li": LI}


def test_a_session_ends_when_nobody_uses_it() -> None:
    sessions = Sessions()
    token = sessions.start(LI, 0)
    assert sessions.get(token, IDLE_S, USERS) is not None
    assert sessions.get(token, 2 * IDLE_S, USERS) is not None
    assert sessions.get(token, 3 * IDLE_S + 1, USERS) is None
    assert sessions.get(token, 3 * IDLE_S, USERS) is None


def test_live_updates_do_not_keep_a_session() -> None:
    sessions = Sessions()
    token = sessions.start(LI, 0)
    assert sessions.get(token, IDLE_S, USERS, is_use=False) is not None
    assert sessions.get(token, IDLE_S + 1, USERS, is_use=False) is None


def test_a_session_ends_after_a_long_shift_however_busy() -> None:
    sessions = Sessions()
    token = sessions.start(LI, 0)
    for moment_s in range(0, int(LIFE_S) + 1, int(IDLE_S)):
        assert sessions.get(token, moment_s, USERS) is not None
    assert sessions.get(token, LIFE_S + 1, USERS) is None


@pytest.mark.parametrize("users", [{}, {"li": User("li", "READ_ONLY", "secret")}, {"li": User("li", "MANAGER", "new")}])
def test_a_session_ends_when_its_user_is_removed_or_changed(users: dict[str, User]) -> None:
    sessions = Sessions()
    token = sessions.start(LI, 0)
    assert sessions.get(token, 1, users) is None


def test_no_token_but_the_one_given_opens_a_session() -> None:
    sessions = Sessions()
    first, second = sessions.start(LI, 0), sessions.start(LI, 0)
    assert first != second
    assert sessions.get("", 0, USERS) is None
    assert sessions.get(first + "x", 0, USERS) is None
    sessions.end(first)
    assert sessions.get(first, 0, USERS) is None
    assert sessions.get(second, 0, USERS) is not None


def test_the_oldest_of_too_many_sessions_ends() -> None:
    sessions = Sessions()
    tokens = [sessions.start(LI, 0) for _ in range(SESSIONS_MAX + 1)]
    assert [sessions.get(token, 0, USERS) is None for token in (tokens[0], tokens[1])] == [True, False]


def test_opened_identifiers_are_masked_again_after_half_an_hour() -> None:
    sessions = Sessions()
    session = sessions.get(sessions.start(LI, 0), 0, USERS)
    assert session is not None
    session.opened["c-1"] = ("17", OPENED_S)
    assert [session.opened_under(case, now) for case, now in (("c-1", OPENED_S - 1), ("c-1", OPENED_S), ("c-2", 0))] == [
        "17",
        "",
        "",
    ]


def failed(times: int, name: str, address: str) -> Attempts:
    attempts = Attempts()
    for number in range(times):
        attempts.fail(name.format(number), address.format(number), 0)
    return attempts


def test_after_five_failures_a_name_at_an_address_waits_a_quarter_of_an_hour() -> None:
    assert failed(ATTEMPTS_PER_NAME_AND_ADDRESS - 1, "li", "a").wait_s("li", "a", 0) == 0
    attempts = failed(ATTEMPTS_PER_NAME_AND_ADDRESS, "li", "a")
    assert attempts.wait_s("li", "a", 1) == ATTEMPTS_OVER_S - 1
    assert attempts.wait_s("li", "a", ATTEMPTS_OVER_S) == 0
    assert attempts.wait_s("li", "b", 1) == attempts.wait_s("wang", "a", 1) == 0


def test_many_names_from_one_address_are_limited_together() -> None:
    assert failed(ATTEMPTS_PER_ADDRESS, "user-{}", "a").wait_s("another", "a", 1) > 0


def test_one_name_from_many_addresses_is_limited_together() -> None:
    assert failed(ATTEMPTS_PER_NAME, "li", "a-{}").wait_s("li", "another", 1) > 0


def test_a_sign_in_clears_the_failures_of_its_own_name_and_address() -> None:
    attempts = failed(ATTEMPTS_PER_NAME_AND_ADDRESS, "li", "a")
    attempts.succeed("li", "a")
    assert attempts.wait_s("li", "a", 1) == 0
