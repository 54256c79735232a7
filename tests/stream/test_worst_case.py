"""However busy and suspicious its keys are and however long their identifiers, what one slice changes fits one batch of states.

Identifiers are of 128 ASCII characters, event ids of 64, here; a bank's tokens are ASCII.
"""

import random
from functools import cache

import msgspec
import pytest

from connectors.contract_json import encode
from models import entry as e
from models.case import Context
from models.contract_types import IDENTIFIER_LENGTH_MAX
from models.decide import decide
from models.entry import Entry
from models.keys import KeyKind
from models.ladder import MOVES
from models.people import Control, Step
from models.profile import PROFILE_OF_KIND, Profile, decode_profile, encode_profile
from models.recency import identifier_hash
from models.records import Transaction
from stream.batches import LoneRecord
from stream.entry_processor import BUNDLE_BYTES_MAX, EntryProcessor, Limits
from stream.faust_settings import STATE_BATCH_BYTES_MAX
from stream.keyed_agent import SLICE_BOUNDS
from stream.keyed_processor import Faults, KeyedProcessor
from stream.store import changes_size_bytes, value_of
from tests.bank import shipped_rulebook
from tests.scenario import events_of

KEY_BYTES_MAX = {"ACCOUNT": 190_000, "TERMINAL": 130_000, "DEVICE": 84_000}
"""Of the stored state of one key under the shipped policy, its cases included. The account's is that of a mule and victim."""
REWRITTEN_BYTES_MAX = 1 << 20
"""What a slice saves again for an earlier owner goes along (keyed_agent.py)."""

RULES = shipped_rulebook()
START_US = 1_772_414_400_000_000  # 09:20 of the stories' day
MOVED = e.MONEY | e.APPROVED
TRAITS = e.COACHED | e.NAME_MISMATCH | e.CROSS_REGION
DAYS: dict[KeyKind, tuple[int, ...]] = {
    "ACCOUNT": (
        e.TRANSFER | e.CREDIT | MOVED,
        e.TRANSFER | e.CREDIT | MOVED,
        e.TRANSFER | MOVED,
        e.TRANSFER | MOVED | TRAITS,
        e.CASH | MOVED,
        e.ACCOUNT_EVENT | e.DEVICE_BOUND,
        e.ACCOUNT_EVENT | e.LIMIT_RAISED,
    ),
    "TERMINAL": (e.CASH | MOVED,),
    "DEVICE": (e.TRANSFER | MOVED,),
}
"""What happens at a key all day long, ten seconds apart: strangers pay, everything leaves again, by somebody who is guided."""


def longest(number: int, length: int = IDENTIFIER_LENGTH_MAX) -> str:
    return f"{number:x>{length}}"


def at_a_device(entry: Entry) -> Entry:
    """Return what a device keeps of an event: the account, and nothing of the money."""
    return msgspec.structs.replace(entry, amount_minor=0, place="", bank="", balance_minor=None)


def event(kind: KeyKind, number: int, chance: random.Random) -> Entry:
    """Return an event whose every field is set, each text as long as it may be."""
    other = longest(chance.randrange(10**6))
    entry = Entry(
        START_US + number * 10_000_000,
        longest(number, 64),
        chance.choice(DAYS[kind]),
        chance.choice((2_000_000, 6_000_000, 40_000_000)),
        other,
        chance.choice((100, 90_000_000)),
        identifier_hash(other),
        20,
        identifier_hash(other),
        1 + chance.randrange(2**30),
        9,
        longest(chance.randrange(9)),
        longest(7),
    )
    return at_a_device(entry) if kind == "DEVICE" else entry


@cache
def worst_day(kind: KeyKind) -> tuple[Profile, int]:
    """Return the state of a key at the end of its worst day, and how large it was at most."""
    chance, profile, largest = random.Random(20_260_302), PROFILE_OF_KIND[kind](), 0
    for number in range(600):
        context = Context("transactions", 0, number, START_US // 1_000 + number * 10_000, longest(number, 64))
        decide(kind, longest(0), profile, event(kind, number, chance), None, RULES, context, Faults())
        if number % 10 == 9:
            largest = max(largest, len(encode_profile(profile)))
    return profile, largest


@pytest.mark.parametrize("kind", DAYS)
def test_the_worst_day_of_a_key_leaves_a_bounded_state(kind: KeyKind) -> None:
    profile, largest = worst_day(kind)

    assert profile.cases
    assert len(profile.entries) == RULES.bounds.entries_max
    assert 0.5 * KEY_BYTES_MAX[kind] < largest < KEY_BYTES_MAX[kind]


def test_what_people_said_of_a_key_at_its_worst_fits_beside_the_rest() -> None:
    profile = decode_profile("ACCOUNT", encode_profile(worst_day("ACCOUNT")[0]))
    text = longest(1)
    for case in profile.cases:
        case.steps = [Step(START_US, text, "LEGITIMATE", "MANAGER", "PROCEEDED", text, longest(1, 64))] * RULES.ladder.steps_max
        case.moves = list(MOVES)
        case.confirmed = {("ACCOUNT", text, "MULE_SUSPECTED", longest(n, 64)): bytes(8) for n in range(RULES.bounds.evidence_max)}
    profile.controls = [Control(START_US, text, "APPROVE_PROTECTED", text, text, START_US)] * RULES.ladder.controls_max

    assert len(profile.cases) == 2
    assert len(encode_profile(profile)) < KEY_BYTES_MAX["ACCOUNT"]


@pytest.mark.parametrize("kind", DAYS)
def test_a_case_is_no_larger_than_the_policy_lets_it_be(kind: KeyKind) -> None:
    for case in worst_day(kind)[0].cases:
        assert 1 < len(case.said) <= RULES.cases.signals_max
        assert len(msgspec.msgpack.encode(case.said)) <= RULES.cases.signals_bytes_max


def test_a_signal_names_its_newest_events_the_one_examined_last_and_as_few_others() -> None:
    for kind in DAYS:
        for case in worst_day(kind)[0].cases:
            for said in case.said:
                assert len(said.signal.evidence) <= RULES.bounds.evidence_max
                assert len(said.signal.also) <= RULES.bounds.evidence_max
                assert said.signal.evidence[-1] == said.signal.event_id


def shortest(number: int) -> Transaction:
    """Return a transfer that names three keys in as few bytes as can be."""
    (found,) = events_of(f"11:05:00 transfer p{number} -> q{number} 9.00 CNY web id={number} session.device=d{number}")
    assert isinstance(found, Transaction)
    return found


EVENTS_MAX = 1 + BUNDLE_BYTES_MAX // (len(encode(shortest(10))) + 32)
"""How many events one bundle can hold."""


def test_the_bound_of_a_slice_a_bundle_behind_it_and_what_is_saved_again_fit_one_batch() -> None:
    behind = EVENTS_MAX * (2 * KEY_BYTES_MAX["ACCOUNT"] + KEY_BYTES_MAX["DEVICE"])

    assert SLICE_BOUNDS.state_bytes_max + behind + REWRITTEN_BYTES_MAX <= STATE_BATCH_BYTES_MAX


def test_a_bundle_that_touches_nothing_but_the_busiest_keys_fits_a_batch_beside_a_full_slice() -> None:
    events = [shortest(number) for number in range(10, 10 + EVENTS_MAX)]
    stored = {kind: encode_profile(worst_day(kind)[0]) for kind in DAYS}
    values = {}
    for number in range(10, 10 + EVENTS_MAX):
        for key, kind in ((f"A:p{number}", "ACCOUNT"), (f"A:q{number}", "ACCOUNT"), (f"D:d{number}", "DEVICE")):
            values[key.encode()] = value_of(0, stored[kind])
    sources = [
        LoneRecord("transactions", 0, at, int(each.event_time.timestamp()) * 1_000, None, encode(each))
        for at, each in enumerate(events)
    ]
    bundle = EntryProcessor(1, Limits()).process(sources).bundles[0][0]
    running = KeyedProcessor(0, 1, RULES, Faults(), values=values, position=0)
    running.process([LoneRecord("keyed", 0, 1, 0, None, bundle)])
    changed = running.take_changes()

    assert len(changed) > 2 * EVENTS_MAX
    size_bytes = changes_size_bytes(dict(changed), running.marker())
    assert SLICE_BOUNDS.state_bytes_max + size_bytes + REWRITTEN_BYTES_MAX <= STATE_BATCH_BYTES_MAX


def test_a_slice_of_busy_mules_ends_before_it_outgrows_its_bound() -> None:
    """However few keys were touched: a megabyte are seven of these accounts."""
    stored = encode_profile(worst_day("ACCOUNT")[0])
    values = {f"A:{side}{number}".encode(): value_of(0, stored) for number in range(10, 60) for side in "pq"}
    running = KeyedProcessor(0, 1, RULES, Faults(), values=values, position=0)
    records = []
    for at in range(50):
        each = shortest(at + 10)
        source = LoneRecord("transactions", 0, at, int(each.event_time.timestamp()) * 1_000, None, encode(each))
        records.append(LoneRecord("keyed", 0, at + 1, 0, None, EntryProcessor(1, Limits()).process([source]).bundles[0][0]))
    running.process(records, SLICE_BOUNDS._replace(state_bytes_max=1_000_000))

    assert 1 < running.position < 50
    assert changes_size_bytes(dict(running.take_changes()), b"") < 1_000_000 + 2 * KEY_BYTES_MAX["ACCOUNT"]
