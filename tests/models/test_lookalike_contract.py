"""What every look-alike must hold. Look-alikes are found, not listed: adding a file adds these tests."""

import ast
import importlib
import math
import re
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import models.lookalikes
from models.detector import Explanation, find_detectors, find_lookalikes
from models.entry import SHAPE
from models.profile import encode_profile
from models.records import AccountEvent, Transaction
from models.signal import Signal
from models.view import View
from tests.bank import Event, policy_mapping, shipped_rulebook
from tests.models.examine import detector, lookalike, views_at
from tests.record_strategies import records
from tests.scenario import enriched, events_of, optional_fields, with_purpose, without, without_others_type

NAMES = [found.name for found in find_lookalikes()]
EVERY_LOOKALIKE = pytest.mark.parametrize("name", NAMES)
FOLDER = Path(next(iter(models.lookalikes.__path__)))


def met(name: str) -> Iterator[tuple[View, Signal]]:
    """Yield every (view, signal) a look-alike meets: the stories of all detectors that hold their signals against it."""
    identifier = lookalike(name).id
    for found in find_detectors():
        if identifier in found.lookalikes:
            story, key, _ = importlib.import_module(f"tests.models.detectors.test_{found.name}").CAUGHT
            yield from raised(found.name, events_of(story), key)
    story, asked, key, _ = importlib.import_module(f"tests.models.lookalikes.test_{name}").EXPLAINED
    yield from raised(asked, events_of(story), key)


def raised(asked: str, events: list[Event], key: str) -> Iterator[tuple[View, Signal]]:
    """Yield what a detector says of a story, with the view it said it of."""
    for view in views_at(events, key):
        if view.now.code & SHAPE in detector(asked).shapes and (signal := detector(asked).examine(view)) is not None:
            yield view, signal


def check_explanation(explanation: Explanation) -> None:
    """A share of the whole, and a sentence in each language."""
    assert math.isfinite(explanation.share)
    assert 0.0 <= explanation.share <= 1.0
    assert re.search(r"[一-鿿]", explanation.zh)
    assert re.search(r"[A-Za-z]{2}", explanation.en)
    assert not re.search(r"[一-鿿]", explanation.en)
    assert "{" not in explanation.zh + explanation.en


@EVERY_LOOKALIKE
def test_the_name_is_that_of_the_file_and_the_id_that_of_the_catalogue(name: str) -> None:
    found = lookalike(name)

    assert type(found).__module__ == f"models.lookalikes.{name}"
    assert type(found).__name__ == "".join(part.capitalize() for part in name.split("_"))
    assert re.fullmatch(r"N([1-9]|1\d|20)", found.id)


def test_no_two_lookalikes_share_an_id() -> None:
    assert len({found.id for found in find_lookalikes()}) == len(NAMES)


@EVERY_LOOKALIKE
def test_the_docstring_names_it_and_what_separates_it(name: str) -> None:
    docstring = importlib.import_module(f"models.lookalikes.{name}").__doc__ or ""

    assert docstring.startswith(f"{lookalike(name).id}, ")
    assert "Separated by" in docstring


@EVERY_LOOKALIKE
def test_some_detector_holds_its_signals_against_it(name: str) -> None:
    assert any(lookalike(name).id in found.lookalikes for found in find_detectors())


@EVERY_LOOKALIKE
def test_every_threshold_is_used_and_has_a_reason(name: str) -> None:
    tree = ast.parse((FOLDER / f"{name}.py").read_text(encoding="utf-8"))
    used = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    declared = {field.name for field in msgspec.structs.fields(type(lookalike(name)).Policy)}
    section = policy_mapping()["lookalikes"][name]

    assert declared <= used
    assert set(section) == declared
    assert all(len(entry["reason"]) >= 4 for entry in section.values())


@EVERY_LOOKALIKE
def test_its_thresholds_are_of_plain_types(name: str) -> None:
    """The compiler keeps no more of an annotation than its class, so `list[str]` would be read as any list."""
    fields = msgspec.structs.fields(type(lookalike(name)).Policy)
    assert {field.type for field in fields} <= {int, float, bool, str}


@EVERY_LOOKALIKE
def test_it_explains_its_own_story_and_says_so(name: str) -> None:
    story, asked, key, least = importlib.import_module(f"tests.models.lookalikes.test_{name}").EXPLAINED
    *_, (view, signal) = raised(asked, events_of(story), key)
    explanation = lookalike(name).explain(view, signal)

    check_explanation(explanation)
    assert explanation.share >= least
    assert lookalike(name).counter_evidence(explanation).lookalike == lookalike(name).id


@EVERY_LOOKALIKE
def test_explaining_changes_nothing_and_is_repeatable(name: str) -> None:
    for view, signal in met(name):
        before = (encode_profile(view.profile), msgspec.msgpack.encode(view.entries), signal)
        first, second = lookalike(name).explain(view, signal), lookalike(name).explain(view, signal)
        assert first == second
        check_explanation(first)
        assert (encode_profile(view.profile), msgspec.msgpack.encode(view.entries), signal) == before


@EVERY_LOOKALIKE
def test_an_absent_field_is_no_error(name: str) -> None:
    story, asked, key, _ = importlib.import_module(f"tests.models.lookalikes.test_{name}").EXPLAINED
    events = [enriched(event) for event in events_of(story)]
    for field in optional_fields(events):
        for view, signal in raised(asked, [without(event, field) for event in events], key):
            check_explanation(lookalike(name).explain(view, signal))


@EVERY_LOOKALIKE
@pytest.mark.parametrize("purpose", ["SALA", "LOAN", "TAXS", "GOVT"])
def test_the_purpose_alone_explains_nothing(name: str, purpose: str) -> None:
    """Whoever sends the money chooses it. Told of the payments of every fraud that is held against this look-alike."""
    for found in find_detectors():
        if lookalike(name).id in found.lookalikes:
            story, key, _ = importlib.import_module(f"tests.models.detectors.test_{found.name}").CAUGHT
            plain = [without_others_type(event, key) for event in events_of(story)]
            claimed = [with_purpose(event, purpose) for event in plain]
            shares = [
                [lookalike(name).explain(view, signal).share for view, signal in raised(found.name, events, key)]
                for events in (plain, claimed)
            ]
            assert shares[0] == shares[1], found.name


_NAMES = st.sampled_from(["ann", "bob", "cleo"])
AT_MACHINES = ("N6", "N7", "N8", "N17")


@settings(max_examples=60, deadline=None)
@given(st.lists(records(Transaction, _NAMES) | records(AccountEvent, _NAMES), min_size=1, max_size=5))
def test_any_valid_records_are_explained_without_error(events: list[Event]) -> None:
    for key in ("A:ann", "A:bob", "T:ann", "D:ann"):
        for view in views_at(events, key):
            signal = Signal(
                "any", 1, "M1", "MULE_SUSPECTED", view.now.event_id, view.now.at_us, 2, 0.5, 1.0, (), (view.now.event_id,)
            )
            for found in shipped_rulebook().lookalikes.values():
                if key[0] == "A" or found.id in AT_MACHINES:
                    check_explanation(found.explain(view, signal))
