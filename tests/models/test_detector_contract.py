"""What every detector must hold. Detectors are found, not listed: adding a file adds these tests."""

import ast
import importlib
import math
import random
import re
from pathlib import Path
from types import ModuleType

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import models
from models import keys
from models.detector import Detector, find_detectors
from models.entry import SHAPE
from models.profile import PROFILE_OF_KIND, encode_profile
from models.records import AccountEvent, Reason, Transaction
from models.signal import Signal
from models.timeline import place
from models.view import View
from tests.bank import Event, policy_mapping, shipped_rulebook
from tests.models.examine import detector, entries_at, examined, highest, views_at
from tests.record_strategies import records
from tests.scenario import enriched, events_of, optional_fields, with_purpose, without, without_others_type

NAMES = [found.name for found in find_detectors()]
EVERY_DETECTOR = pytest.mark.parametrize("name", NAMES)
MODELS = Path(models.__file__ or next(iter(models.__path__)) + "/x").parent
TESTS = Path(__file__).parent
PURPOSES = ("SALA", "PENS", "BONU", "LOAN", "TAXS", "GOVT", "SUPP", "RENT")


def story_module(name: str) -> ModuleType:
    """Return a detector's own test file; it holds the story that must be caught."""
    return importlib.import_module(f"tests.models.detectors.test_{name}")


def caught(name: str) -> tuple[list[Event], str, int]:
    """Return (events, key, tier) of the story that a detector's test file offers, every usual field filled in."""
    story, key, tier = story_module(name).CAUGHT
    return [enriched(event) for event in events_of(story)], key, tier


def check_reasons(reasons: tuple[Reason, ...]) -> None:
    """Each reason is coded, said in both languages without gaps, and has a value beside its threshold."""
    for reason in reasons:
        assert re.fullmatch(r"[A-Z][A-Z0-9_]*", reason.code)
        assert re.search(r"[一-鿿]", reason.zh)
        assert re.search(r"[A-Za-z]{3}", reason.en)
        assert not re.search(r"[一-鿿]", reason.en)
        assert "{" not in reason.zh + reason.en
        assert "None" not in reason.zh + reason.en.replace("None exists.", "")
        assert math.isfinite(reason.value)
        assert math.isfinite(reason.threshold)


def check_signal(signal: Signal, asked: Detector) -> None:
    """What holds of any signal whatever it was raised on."""
    assert 0.0 <= signal.strength <= 1.0
    assert math.isfinite(signal.nats)
    assert 0 <= signal.tier <= 3
    assert signal.detector == asked.name
    assert signal.typology in (asked.typologies or ("",))
    assert signal.role == asked.role
    assert signal.evidence
    assert signal.event_id == signal.evidence[-1]
    assert len(signal.evidence) == len(set(signal.evidence))
    assert signal.at_risk_minor >= 0
    assert signal.tier == 0 or signal.reasons
    check_reasons(signal.reasons)


# ---- what can be read off the files ----------------------------------------------------------------------------------------


@EVERY_DETECTOR
def test_the_name_is_that_of_the_file_and_of_the_class(name: str) -> None:
    asked = detector(name)

    assert type(asked).__module__ == f"models.detectors.{name}"
    assert type(asked).__name__ == "".join(part.capitalize() for part in name.split("_"))
    assert asked.version >= 1


@EVERY_DETECTOR
def test_it_has_a_test_file_with_a_story(name: str) -> None:
    assert (TESTS / "detectors" / f"test_{name}.py").exists()
    assert caught(name)[0]


@EVERY_DETECTOR
@pytest.mark.parametrize("part", ["Seen", "Key", "Not to be confused with", "Cannot see"])
def test_the_docstring_tells_the_story_and(name: str, part: str) -> None:
    docstring = importlib.import_module(f"models.detectors.{name}").__doc__ or ""

    assert part in docstring
    assert len(docstring.splitlines()[0]) > 20
    for lookalike in detector(name).lookalikes:
        assert re.search(rf"\b{lookalike}\b", docstring), f"{lookalike} is held against it but not told of"


@EVERY_DETECTOR
def test_every_threshold_is_used_and_has_a_reason(name: str) -> None:
    tree = ast.parse((MODELS / "detectors" / f"{name}.py").read_text(encoding="utf-8"))
    used = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    declared = {field.name for field in msgspec.structs.fields(type(detector(name)).Policy)}
    section = policy_mapping()["detectors"][name]

    assert declared <= used
    assert set(section) == declared
    assert all(len(entry["reason"]) >= 4 for entry in section.values())


@EVERY_DETECTOR
def test_its_thresholds_are_of_plain_types(name: str) -> None:
    """The compiler keeps no more of an annotation than its class, so `list[str]` would be read as any list."""
    fields = msgspec.structs.fields(type(detector(name)).Policy)
    assert {field.type for field in fields} <= {int, float, bool, str}


@EVERY_DETECTOR
def test_its_lookalikes_exist(name: str) -> None:
    assert set(detector(name).lookalikes) <= set(shipped_rulebook().lookalikes)


# ---- what can be seen on its own story ---------------------------------------------------------------------------------------


@EVERY_DETECTOR
def test_it_catches_its_story(name: str) -> None:
    events, key, tier = caught(name)
    signals = examined(detector(name), events, key)

    assert signals
    assert highest(signals) == tier
    for signal in signals.values():
        check_signal(signal, detector(name))


@EVERY_DETECTOR
def test_examining_an_event_changes_nothing(name: str) -> None:
    events, key, _ = caught(name)
    for view in views_at(events, key):
        before = (encode_profile(view.profile), msgspec.msgpack.encode(view.entries))
        detector(name).examine(view)
        assert (encode_profile(view.profile), msgspec.msgpack.encode(view.entries)) == before


@EVERY_DETECTOR
def test_the_same_input_gives_the_same_output(name: str) -> None:
    events, key, _ = caught(name)

    assert examined(detector(name), events, key) == examined(detector(name), events, key)


@EVERY_DETECTOR
def test_a_second_copy_of_every_event_changes_nothing(name: str) -> None:
    events, key, _ = caught(name)
    profiles = []
    for story in (events, [event for event in events for _ in range(2)]):
        *_, last = views_at(story, key)
        profiles.append(encode_profile(last.profile))

    assert profiles[0] == profiles[1]


@EVERY_DETECTOR
def test_an_empty_history_is_no_error(name: str) -> None:
    events, key, _ = caught(name)
    for event in events:
        for view in views_at([event], key):
            if view.now.code & SHAPE in detector(name).shapes:
                detector(name).examine(view)


@EVERY_DETECTOR
def test_an_absent_field_lowers_certainty_and_never_raises_it(name: str) -> None:
    events, key, tier = caught(name)
    fields = optional_fields(events)
    assert len(fields) >= 4
    for field in fields:
        everywhere = [without(event, field) for event in events]
        assert highest(examined(detector(name), everywhere, key)) <= tier, field
        for index, event in enumerate(events):
            once = [*events[:index], without(event, field), *events[index + 1 :]]
            assert highest(examined(detector(name), once, key)) <= tier, (field, index)


@EVERY_DETECTOR
@pytest.mark.parametrize("purpose", PURPOSES)
def test_no_purpose_takes_a_signal_away_or_lowers_it(name: str, purpose: str) -> None:
    """Whoever sends the money chooses the purpose."""
    events, key, _ = caught(name)
    claimed = examined(detector(name), [with_purpose(event, purpose) for event in events], key)

    for event_id, signal in examined(detector(name), events, key).items():
        assert claimed[event_id].tier >= signal.tier, event_id


@EVERY_DETECTOR
@pytest.mark.parametrize("purpose", [None, *PURPOSES])
def test_a_counterparty_of_unknown_type_takes_no_signal_away_whatever_the_purpose(name: str, purpose: str | None) -> None:
    events, key, _ = caught(name)
    said = examined(detector(name), events, key)
    unknown = [without_others_type(event, key) for event in events]
    if purpose is not None:
        unknown = [with_purpose(event, purpose) for event in unknown]

    assert said.keys() <= examined(detector(name), unknown, key).keys()


# ---- what holds whatever comes --------------------------------------------------------------------------------------------

_NAMES = st.sampled_from(["ann", "bob", "cleo", "dan"])
_FLOODS = {"ACCOUNT": "A:busy", "TERMINAL": "T:ATM-1", "DEVICE": "D:dev"}


@settings(max_examples=80, deadline=None)
@given(st.lists(records(Transaction, _NAMES) | records(AccountEvent, _NAMES), min_size=1, max_size=6))
def test_any_valid_records_give_a_valid_signal_or_none(events: list[Event]) -> None:
    for event in events:
        parties = keys.parties_of(event) if isinstance(event, Transaction) else keys.parties_of_account_event(event)
        for _, key in parties:
            kind = {b"A": "ACCOUNT", b"T": "TERMINAL", b"D": "DEVICE"}[key[:1]]
            for asked in shipped_rulebook().detectors:
                if asked.keyed_by == kind:
                    for signal in examined(asked, events, key.decode()).values():
                        check_signal(signal, asked)


def _flood(kind: str, count: int) -> list[Event]:
    """Return a very busy key: thousands of strangers paying, being paid, drawing and logging in, seconds apart."""
    rng = random.Random(20_260_302)
    lines = []
    for n in range(count):
        at = f"+{n * 7 // 86_400}d {n * 7 % 86_400 // 3_600:02}:{n * 7 % 3_600 // 60:02}:{n * 7 % 60:02}"
        other, yuan = f"x{rng.randrange(3_000)}", f"{rng.randrange(1, 60_000)}.00"
        if kind == "ACCOUNT":
            lines.append(
                rng.choice(
                    (
                        f"{at} transfer {other} -> busy {yuan} CNY mobile payer.type=PERSON",
                        f"{at} transfer busy -> {other} {yuan} CNY mobile payer.balance_after={rng.randrange(0, 90_000)}.00",
                        f"{at} withdrawal busy {yuan} CNY ATM-1 payer.balance_after={rng.randrange(0, 300)}.00",
                        f"{at} device-bound busy device=d{rng.randrange(50)}",
                    )
                )
            )
        elif kind == "TERMINAL":
            lines.append(f"{at} withdrawal {other} {yuan} CNY ATM-1 payer.balance_after={rng.randrange(0, 9_000)}.00")
        else:
            lines.append(f"{at} login {other} device=dev")
    return events_of("\n".join(lines))


@pytest.mark.parametrize("kind", sorted(_FLOODS))
def test_ten_thousand_events_leave_a_bounded_state_and_valid_signals(kind: str) -> None:
    bounds = shipped_rulebook().bounds
    asked = [found for found in shipped_rulebook().detectors if found.keyed_by == kind]
    profile, said = PROFILE_OF_KIND[kind](), 0  # type: ignore[index]
    sizes = []
    for number, event in enumerate(_flood(kind, 10_000)):
        for entry in entries_at(event, _FLOODS[kind].encode()):
            placed = place(profile, entry, bounds)
            if number % 25:
                continue
            sizes.append(len(encode_profile(profile)))
            view = View(_FLOODS[kind][2:], profile, placed.entries, placed.at, bounds)
            for found in asked:
                if view.now.code & SHAPE in found.shapes and (signal := found.examine(view)) is not None:
                    said += 1
                    check_signal(signal, found)
                    assert len(signal.evidence) <= bounds.entries_max
                    assert len(signal.also) <= bounds.entries_max

    assert said
    assert len(profile.entries) <= bounds.entries_max
    assert max(sizes[len(sizes) // 2 :]) <= 1.2 * max(sizes[: len(sizes) // 2])
