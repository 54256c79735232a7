import json
from datetime import timedelta

import pytest

from models.profile import AccountProfile, decode_profile
from models.recency import identifier_hash, seen
from models.rulebook import Rulebook
from stream.app import read_rulebook
from stream.bench.known_accounts import Line, account_values, dressed, history_events, history_line, shared_out
from stream.bench.workload import START, events_of, replayed_ids
from stream.settings import Settings
from stream.simulator.load import NEW_PAYEE_SHARE
from stream.store import payload_of, position_of

ACCOUNTS = 100


@pytest.fixture(scope="module")
def rulebook() -> Rulebook:
    return read_rulebook(Settings())


@pytest.fixture(scope="module")
def pool(rulebook: Rulebook) -> list[bytes]:
    return account_values(history_line(rulebook, 5, ACCOUNTS, 2.0, lambda count: None), ACCOUNTS)


def profile_of(value: bytes) -> AccountProfile:
    profile = decode_profile("ACCOUNT", payload_of(value))
    assert isinstance(profile, AccountProfile)
    return profile


def test_the_average_account_has_the_events_of_a_day_in_a_day() -> None:
    events = list(events_of(5, ACCOUNTS, history_events(ACCOUNTS, 1.0)))
    assert events[-1][0] - events[0][0] == pytest.approx(86_400_000, rel=0.01)
    assert 3 * ACCOUNTS < len(events) < 10 * ACCOUNTS


def test_a_history_keeps_what_the_longest_window_needs(pool: list[bytes]) -> None:
    kept = [len(profile_of(value).entries) for value in pool]
    assert len(kept) > 0.9 * ACCOUNTS
    assert 4 < sum(kept) / len(kept) < 12


def test_shared_out_accounts_have_keys_of_their_own_and_histories_in_turn(pool: list[bytes]) -> None:
    made = list(shared_out(pool, 2 * len(pool) + 1))
    assert len({key for key, _ in made}) == len(made)
    assert payload_of(made[0][1]) == payload_of(made[len(pool)][1]) == payload_of(pool[0])
    assert [position_of(value) for _, value in made[:3]] == [0, 1, 2]


def test_dressed_accounts_know_whom_the_load_lets_them_pay(pool: list[bytes], rulebook: Rulebook) -> None:
    count = 1_000
    known = dict(dressed(pool, count, rulebook.bounds))
    transfers = new = 0
    for *_, key, value in events_of(9, count, 3_000, START + timedelta(days=2)):
        event = json.loads(value)
        stored = known.get(b"A:" + key)
        if event["kind"] == "TRANSFER" and stored is not None:
            transfers += 1
            new += seen(profile_of(stored).payees, identifier_hash(event["payee"]["account"])) is None
    assert transfers > 1_000
    assert new / transfers < NEW_PAYEE_SHARE + 0.02


def test_dressed_accounts_know_who_pays_them(pool: list[bytes], rulebook: Rulebook) -> None:
    known = dict(dressed(pool, 1_000, rulebook.bounds))
    for number in (0, 1, 7, 999):
        for payee in (seen_payee for seen_payee in range(1_000) if seen_payee % 5):
            pays = seen(profile_of(known[b"A:a-%d" % number]).payees, identifier_hash(f"a-{payee}"))
            is_paid = seen(profile_of(known[b"A:a-%d" % payee]).payers, identifier_hash(f"a-{number}"))
            assert (pays is None) == (is_paid is None)


def test_a_line_tells_the_same_as_a_replay_of_the_same_events(rulebook: Rulebook) -> None:
    events = list(events_of(3, 20_000, 4_000))
    line = Line(rulebook)
    line.work(events)
    assert line.told
    assert line.told == replayed_ids(rulebook, events)
