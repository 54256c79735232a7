"""A policy bound to its detectors and look-alikes: all that `decide` consults, built once, never changed."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec

from models import entry as e
from models.country import Country
from models.detector import AnyDetector, AnyLookAlike, Detector, find_detectors, find_lookalikes
from models.detectors.card_set_moves import CardSetMoves
from models.detectors.unusual_behaviour import UnusualBehaviour
from models.keys import KeyKind
from models.policy import (
    Bounds,
    Budget,
    CaseBounds,
    FreezeGuard,
    FreezeLimits,
    Fusion,
    Hearsay,
    Ladder,
    Learning,
    NetworkBounds,
    PolicyError,
    Protection,
    Remedies,
    Segments,
    Skimming,
    TraceLimits,
    read_section,
)

SECTIONS: Final[Mapping[str, type[msgspec.Struct]]] = {
    "country": Country,
    "bounds": Bounds,
    "fusion": Fusion,
    "cases": CaseBounds,
    "network": NetworkBounds,
    "budget": Budget,
    "freeze": FreezeLimits,
    "freeze_guard": FreezeGuard,
    "hearsay": Hearsay,
    "ladder": Ladder,
    "protection": Protection,
    "segments": Segments,
    "skimming": Skimming,
    "trace": TraceLimits,
    "remedies": Remedies,
    "learning": Learning,
}
"""The sections of a policy beside those of detectors and look-alikes."""


class Rulebook(msgspec.Struct, frozen=True):
    """One version of the policy, ready to decide.

    by_shape: (key kind, entry shape) -> detectors, in file order. behaviour: the detector whose strength goes into every score.
    card_sets: the detector that gathers at a machine what accounts told it.
    """

    version: str
    country: Country
    bounds: Bounds
    fusion: Fusion
    cases: CaseBounds
    network: NetworkBounds
    budget: Budget
    freeze: FreezeLimits
    freeze_guard: FreezeGuard
    hearsay: Hearsay
    ladder: Ladder
    protection: Protection
    segments: Segments
    skimming: Skimming
    trace: TraceLimits
    remedies: Remedies
    learning: Learning
    detectors: tuple[AnyDetector, ...]
    lookalikes: dict[str, AnyLookAlike]
    by_shape: dict[KeyKind, dict[int, tuple[AnyDetector, ...]]]
    behaviour: UnusualBehaviour
    card_sets: CardSetMoves


def build_rulebook(policy: Mapping[str, Any], isolated: frozenset[str] = frozenset()) -> Rulebook:
    """Return the rulebook of a parsed policy file.

    isolated: names of detectors to leave out (disabled after a fault, by setting).

    Errors: PolicyError with every problem found: missing, unknown or untyped values, values without a reason, sections for
    detectors that do not exist.
    """
    problems: list[str] = []
    version = policy.get("version")
    if not isinstance(version, str) or not version:
        problems.append("version must be a text")
        version = ""
    sections = {name: read_section(policy, name, section, problems) for name, section in SECTIONS.items()}
    detector_types, lookalike_types = find_detectors(), find_lookalikes()
    known = {"version", "detectors", "lookalikes", *sections}
    problems += [f"[{name}] is not a known section" for name in sorted(set(policy) - known)]
    problems += _strangers(policy, "detectors", {found.name for found in detector_types})
    problems += _strangers(policy, "lookalikes", {found.name for found in lookalike_types})
    detectors = [
        detector_type(values)
        for detector_type in detector_types
        if (values := read_section(policy, f"detectors.{detector_type.name}", detector_type.Policy, problems))
    ]
    lookalikes = {
        lookalike_type.id: lookalike_type(values)
        for lookalike_type in lookalike_types
        if (values := read_section(policy, f"lookalikes.{lookalike_type.name}", lookalike_type.Policy, problems))
    }
    problems += _too_long(sections["bounds"], [*detectors, *lookalikes.values()])
    if problems:
        raise PolicyError(problems)
    behaviour = next(detector for detector in detectors if isinstance(detector, UnusualBehaviour))
    card_sets = next(detector for detector in detectors if isinstance(detector, CardSetMoves))
    active = tuple(detector for detector in detectors if detector.name not in isolated)
    return Rulebook(
        version=version,
        detectors=active,
        lookalikes=lookalikes,
        by_shape=_by_shape(active),
        behaviour=behaviour,
        card_sets=card_sets,
        **{name: section for name, section in sections.items() if section is not None},  # type: ignore[arg-type]
    )


def _strangers(policy: Mapping[str, Any], folder: str, known: set[str]) -> list[str]:
    """Return the sections of a folder that nothing reads."""
    given = policy.get(folder, {})
    if not isinstance(given, Mapping):
        return [f"[{folder}] must hold one table for each file of models/{folder}"]
    return [f"[{folder}.{name}] names nothing in models/{folder}" for name in sorted(set(given) - known)]


def _too_long(bounds: msgspec.Struct | None, users: Iterable[AnyDetector | AnyLookAlike]) -> list[str]:
    """Return the windows that reach further back than entries are kept; a device's holders are remembered for longer."""
    if not isinstance(bounds, Bounds):
        return []
    return [
        f"[{'detectors' if isinstance(user, Detector) else 'lookalikes'}.{user.name}] {key} is longer than window_max_s of [bounds]"
        for user in users
        for key, value in msgspec.structs.asdict(user.policy).items()
        if key.endswith("window_s") and getattr(user, "keyed_by", "") != "DEVICE" and value > bounds.window_max_s
    ]


def _by_shape(detectors: tuple[AnyDetector, ...]) -> dict[KeyKind, dict[int, tuple[AnyDetector, ...]]]:
    """Return the dispatch table; `unusual_behaviour` is left out, because `decide` asks it for a strength anyway."""
    table: dict[KeyKind, dict[int, tuple[AnyDetector, ...]]] = {"ACCOUNT": {}, "TERMINAL": {}, "DEVICE": {}}
    for detector in detectors:
        if isinstance(detector, UnusualBehaviour):
            continue
        for shape in detector.shapes:
            found = table[detector.keyed_by].get(shape & e.SHAPE, ())
            table[detector.keyed_by][shape & e.SHAPE] = (*found, detector)
    return table
