"""What a detector is, what a look-alike is, and how both are found.

A detector is one file in `detectors/` with one class; a look-alike is one file in `lookalikes/`. Nothing registers them: the
folders are walked in sorted order, so adding a file adds a detector, its contract tests and its policy section.
"""

import importlib
import pkgutil
from collections.abc import Iterable
from typing import Any, ClassVar, Generic, TypeVar

import msgspec
from mypy_extensions import mypyc_attr

from models.keys import KeyKind
from models.records import CounterEvidence
from models.signal import Role, Signal
from models.view import View

PolicyT = TypeVar("PolicyT", bound=msgspec.Struct)


@mypyc_attr(allow_interpreted_subclasses=True)
class Detector(Generic[PolicyT]):
    """The code of one fraud pattern, bound to its policy values.

    name: the pattern's plain name, equal to the file's. typologies: catalogue ids it may state. version: goes into every alert.
    keyed_by: the key kind whose view it examines. shapes: the entry shapes (`entry.SHAPE` bits) it is asked about.
    role: whom it suspects. lookalikes: ids of the legitimate patterns that its signals are held against.
    """

    name: ClassVar[str]
    typologies: ClassVar[tuple[str, ...]]
    version: ClassVar[int] = 1
    keyed_by: ClassVar[KeyKind]
    shapes: ClassVar[tuple[int, ...]]
    role: ClassVar[Role]
    lookalikes: ClassVar[tuple[str, ...]] = ()
    Policy: ClassVar[type[msgspec.Struct]]

    def __init__(self, policy: PolicyT) -> None:
        """Bind the detector to an instance of its `Policy`."""
        self.policy = policy

    def examine(self, view: View) -> Signal | None:
        """Return what is suspicious about the view's event, or None. Changes nothing; same view, same answer."""
        raise NotImplementedError


class Explanation(msgspec.Struct, frozen=True):
    """How much of a signal a look-alike explains (0..1), and why it does or does not apply."""

    share: float
    zh: str
    en: str


@mypyc_attr(allow_interpreted_subclasses=True)
class LookAlike(Generic[PolicyT]):
    """The code of one legitimate pattern. `id` is its catalogue number, `name` equals the file's name."""

    id: ClassVar[str]
    name: ClassVar[str]
    Policy: ClassVar[type[msgspec.Struct]]

    def __init__(self, policy: PolicyT) -> None:
        """Bind the look-alike to an instance of its `Policy`."""
        self.policy = policy

    def explain(self, view: View, signal: Signal) -> Explanation:
        """Return how much of the signal this pattern explains. Changes nothing; an unknown field explains nothing."""
        raise NotImplementedError

    def counter_evidence(self, explanation: Explanation) -> CounterEvidence:
        """Return the alert's line about this look-alike."""
        return CounterEvidence(lookalike=self.id, zh=explanation.zh, en=explanation.en)


AnyDetector = Detector[Any]
AnyLookAlike = LookAlike[Any]


def _classes_in(package: str, base: type) -> Iterable[type]:
    folder = importlib.import_module(package)
    for module_info in sorted(pkgutil.iter_modules(folder.__path__), key=lambda found: found.name):
        module = importlib.import_module(f"{package}.{module_info.name}")
        for value in vars(module).values():
            if isinstance(value, type) and issubclass(value, base) and value.__module__ == module.__name__:
                yield value


def find_detectors() -> list[type[AnyDetector]]:
    """Return every detector class in `models/detectors`, in file order."""
    return list(_classes_in("models.detectors", Detector))


def find_lookalikes() -> list[type[AnyLookAlike]]:
    """Return every look-alike class in `models/lookalikes`, in file order."""
    return list(_classes_in("models.lookalikes", LookAlike))
