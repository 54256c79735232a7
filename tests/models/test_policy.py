"""A policy that cannot be used is refused at once and as a whole: every mistake by its section and key, none repeated."""

import copy
from collections.abc import Mapping
from typing import Any

import pytest

from models.detectors.unusual_behaviour import UnusualBehaviour
from models.policy import VALID_S_MAX, PolicyError
from models.rulebook import build_rulebook
from tests.bank import policy_mapping

SHIPPED = policy_mapping()


def changed(**changes: Any) -> dict[str, Any]:
    """Return the shipped policy with values replaced; `bounds__lateness_s` is a key of a section, None takes it out."""
    policy = copy.deepcopy(SHIPPED)
    for path, value in changes.items():
        *parents, last = path.split("__")
        table = policy
        for parent in parents:
            table = table.setdefault(parent, {})
        if value is None:
            del table[last]
        else:
            table[last] = value
    return policy


def given(value: Any, reason: Any = "for this test") -> dict[str, Any]:
    return {"value": value, "reason": reason}


def problems(policy: Mapping[str, Any]) -> list[str]:
    with pytest.raises(PolicyError) as caught:
        build_rulebook(policy)
    assert str(caught.value) == "; ".join(caught.value.problems)
    return caught.value.problems


def test_the_shipped_policy_is_usable_and_stamped_with_its_version() -> None:
    assert build_rulebook(SHIPPED).version == SHIPPED["version"]


MISTAKES: dict[str, tuple[dict[str, Any], str]] = {
    "no version": ({"version": None}, "version must be a text"),
    "a version that is no text": ({"version": 3}, "version must be a text"),
    "an empty version": ({"version": ""}, "version must be a text"),
    "a value left out": ({"bounds__lateness_s": None}, "[bounds] lacks lateness_s"),
    "a value nobody reads": ({"bounds__latenes_s": given(600)}, "[bounds] latenes_s is not a known key"),
    "a bare value": ({"bounds__lateness_s": 600}, "[bounds] lateness_s must be given as { value = ..., reason = ... }"),
    "a value without its reason": (
        {"bounds__lateness_s": {"value": 600}},
        "[bounds] lateness_s must be given as { value = ..., reason = ... }",
    ),
    "more than a value and its reason": (
        {"bounds__lateness_s": given(600) | {"unit": "s"}},
        "[bounds] lateness_s must be given as { value = ..., reason = ... }",
    ),
    "an empty reason": ({"bounds__lateness_s": given(600, " ")}, "[bounds] lateness_s has no reason"),
    "a reason that is no text": ({"bounds__lateness_s": given(600, 7)}, "[bounds] lateness_s has no reason"),
    "a text for a number": ({"bounds__lateness_s": given("600")}, "[bounds] lateness_s: Expected `int`, got `str`"),
    "a fraction for a whole number": ({"bounds__lateness_s": given(0.5)}, "[bounds] lateness_s: Expected `int`, got `float`"),
    "a truth value for a number": ({"bounds__lateness_s": given(True)}, "[bounds] lateness_s: Expected `int`, got `bool`"),
    "a negative number": ({"bounds__lateness_s": given(-1)}, "[bounds] lateness_s must be a finite number, not below 0"),
    "a number without an end": (
        {"detectors__pass_through__weight": given(float("inf"))},
        "[detectors.pass_through] weight must be a finite number, not below 0",
    ),
    "not a number": (
        {"detectors__pass_through__weight": given(float("nan"))},
        "[detectors.pass_through] weight must be a finite number, not below 0",
    ),
    "no room at all": ({"bounds__entries_max": given(0)}, "[bounds] entries_max: Expected `int` >= 1"),
    "a sample of none": ({"segments__sample": given(0)}, "[segments] sample: Expected `int` >= 1"),
    "a share above the whole": (
        {"fusion__explained_share": given(1.5)},
        "[fusion] explained_share is a share and must not be above 1",
    ),
    "a window longer than what is kept": (
        {"detectors__pass_through__window_s": given(86_401)},
        "[detectors.pass_through] window_s is longer than window_max_s of [bounds]",
    ),
    "a section that is no table": ({"cases": 3}, "[cases] must be a table of values"),
    "a section nobody reads": ({"bound": {}}, "[bound] is not a known section"),
    "a detector that does not exist": ({"detectors__pass_thru": {}}, "[detectors.pass_thru] names nothing in models/detectors"),
    "a look-alike that does not exist": (
        {"lookalikes__payrol": {}},
        "[lookalikes.payrol] names nothing in models/lookalikes",
    ),
}


@pytest.mark.parametrize(("changes", "problem"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_named_by_section_and_key(changes: dict[str, Any], problem: str) -> None:
    assert problems(changed(**changes)) == [problem]


@pytest.mark.parametrize("name", ["bounds", "fusion", "cases", "freeze", "hearsay", "segments"])
def test_a_missing_section_names_each_of_its_keys(name: str) -> None:
    assert problems(changed(**{name: None})) == [f"[{name}] lacks {key}" for key in sorted(SHIPPED[name])]


@pytest.mark.parametrize("folder", ["detectors", "lookalikes"])
def test_every_detector_and_look_alike_needs_its_values(folder: str) -> None:
    expected = [f"[{folder}.{name}] lacks {key}" for name in sorted(SHIPPED[folder]) for key in sorted(SHIPPED[folder][name])]
    assert sorted(problems(changed(**{folder: None}))) == sorted(expected)


@pytest.mark.parametrize("folder", ["detectors", "lookalikes"])
def test_a_folder_that_is_no_table_is_named(folder: str) -> None:
    assert problems(changed(**{folder: 3}))[0] == f"[{folder}] must hold one table for each file of models/{folder}"


def test_all_mistakes_are_reported_together() -> None:
    policy = changed(
        version="",
        bounds__lateness_s=given("600"),
        bounds__places_max=None,
        bounds__devices_max=given(2.5, ""),
        fusion__surprise=given(1),
        detectors__fan_in__short_s=given(-5),
        lookalikes__nobody={},
    )
    assert sorted(problems(policy)) == sorted(
        [
            "version must be a text",
            "[bounds] lateness_s: Expected `int`, got `str`",
            "[bounds] lacks places_max",
            "[bounds] devices_max has no reason",
            "[bounds] devices_max: Expected `int`, got `float`",
            "[fusion] surprise is not a known key",
            "[detectors.fan_in] short_s must be a finite number, not below 0",
            "[lookalikes.nobody] names nothing in models/lookalikes",
        ]
    )


def test_a_freeze_request_may_be_valid_for_thirty_days_and_no_longer() -> None:
    """Entry takes log times up to so long before the last time of the contract."""
    assert build_rulebook(changed(freeze__valid_s=given(VALID_S_MAX))).freeze.valid_s == VALID_S_MAX
    assert problems(changed(freeze__valid_s=given(VALID_S_MAX + 1))) == ["[freeze] valid_s: Expected `int` <= 2592000"]


def test_a_detector_left_out_by_a_setting_examines_nothing() -> None:
    rulebook = build_rulebook(SHIPPED, isolated=frozenset({"pass_through"}))
    asked = {detector.name for shapes in rulebook.by_shape.values() for found in shapes.values() for detector in found}
    assert "pass_through" not in asked | {detector.name for detector in rulebook.detectors}
    assert "fan_in" in asked


def test_how_unusual_an_event_is_belongs_to_every_score_and_is_asked_apart() -> None:
    rulebook = build_rulebook(SHIPPED)
    asked = [detector for shapes in rulebook.by_shape.values() for found in shapes.values() for detector in found]
    assert not any(isinstance(detector, UnusualBehaviour) for detector in asked)
    assert isinstance(rulebook.behaviour, UnusualBehaviour)


def test_the_longest_window_and_the_lateness_say_how_long_an_entry_stays() -> None:
    bounds = build_rulebook(SHIPPED).bounds
    assert bounds.lateness_us == bounds.lateness_s * 1_000_000
    assert bounds.retention_us == (bounds.window_max_s + 2 * bounds.lateness_s) * 1_000_000
