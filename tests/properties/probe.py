"""A detector that notes all a view tells of each event, and a run of one key through `decide` with it as the only detector."""

import msgspec

from models import entry as e
from models.case import Context
from models.decide import decide
from models.detector import Detector
from models.entry import Entry
from models.keys import KeyKind
from models.policy import Bounds
from models.profile import PROFILE_OF_KIND, Habits, Profile
from models.recency import identifier_hash
from models.rulebook import Rulebook
from models.signal import MULE, Signal
from models.view import View
from stream.keyed_processor import Faults
from tests.bank import shipped_rulebook
from tests.properties.key_stream import BOUNDS, NAMES, fresh
from tests.properties.oracle import SINCE_S, WINDOWS_S, Figures

REAL = shipped_rulebook()
_SHAPES = (e.TRANSFER, e.TRANSFER | e.CREDIT, e.CASH, e.CASH | e.CREDIT, e.PURCHASE, e.ACCOUNT_EVENT)
_CONTEXT = Context("transactions", 0, 0, 1_772_400_000_000, "z0")


def raises(entry: Entry, figures: Figures) -> bool:
    """Return whether the probe flags an event: a whim, but one that hangs on every figure that flags feed back into."""
    window, habits = figures["window_600"], figures["habits"]
    whim = window["in_minor"] + window["count"] + len(figures["new_payees_0"]) + habits["count"] + entry.amount_minor
    return whim % 3 == 0


def figures_of(view: View) -> Figures:
    """Return what a view tells, by the oracle's names."""
    found: Figures = {
        "habits": habit_figures(view.habits()),
        "hours": hours_of(view.habits()),
        "known_payers": {payer for payer, _, _ in view.payers()},
        "new_place": view.is_new_place(),
    }
    for window_s in WINDOWS_S:
        found[f"window_{window_s}"] = _window(view.window(window_s))
    for since_s in SINCE_S:
        found[f"new_payees_{since_s}"] = {name for name in NAMES if view.is_new_payee(name, since_s)}
        found[f"new_payers_{since_s}"] = {name for name in NAMES if view.is_new_payer(name, since_s)}
        found[f"strangers_{since_s}"] = view.strangers_credit_minor(3_600, since_s)
        found[f"new_device_{since_s}"] = view.is_new_device(since_s)
    return found


def habit_figures(habits: Habits) -> Figures:
    """Return habits by the oracle's names."""
    return {
        "count": habits.count,
        "amount_mean": habits.amount_mean,
        "amount_square": habits.amount_square,
        "gap_mean": habits.gap_mean,
        "new_payee_mean": habits.new_payee_mean,
        "last_us": habits.last_us,
    }


def hours_of(habits: Habits) -> list[int]:
    """Return the counters of the hours of the day."""
    return list(habits.hours) or [0] * 24


def _window(entries: list[Entry]) -> Figures:
    moved = [entry for entry in entries if entry.code & e.MONEY]
    transfers = [entry for entry in moved if entry.code & e.TRANSFER]
    return {
        "count": len(entries),
        "in_minor": sum(entry.amount_minor for entry in moved if entry.code & e.CREDIT),
        "out_minor": sum(entry.amount_minor for entry in moved if not entry.code & e.CREDIT),
        "payers": {entry.other for entry in transfers if entry.code & e.CREDIT},
        "payees": {entry.other for entry in transfers if not entry.code & e.CREDIT},
    }


class Probe(Detector):
    """Notes what it was last shown of each event."""

    name = "probe"
    typologies = ("M1",)
    keyed_by = "ACCOUNT"
    shapes = _SHAPES
    role = MULE

    class Policy(msgspec.Struct, frozen=True):
        """Nothing to set."""

    def __init__(self) -> None:
        super().__init__(self.Policy())
        self.noted: dict[str, Figures] = {}
        self.examined = 0

    def examine(self, view: View) -> Signal | None:
        now = view.now
        self.examined += 1
        figures = self.noted[now.event_id] = self.figures(view)
        if not raises(now, figures):
            return None
        return Signal("probe", 1, "M1", MULE, now.event_id, now.at_us, 1, 0.5, 1.0, (), (now.event_id,))

    def figures(self, view: View) -> Figures:
        return figures_of(view)


class HolderProbe(Probe):
    """The same for a device, which knows its holders only; it raises nothing."""

    keyed_by = "DEVICE"

    def figures(self, view: View) -> Figures:
        return {"holders": set(view.holders(7_200)), "window_600": _window(view.window(600))}

    def examine(self, view: View) -> Signal | None:
        self.noted[view.now.event_id] = self.figures(view)
        return None


def rulebook_of(probe: Probe, bounds: Bounds) -> Rulebook:
    """Return the real rulebook with other bounds, and the probe in the place of every detector."""
    shapes = dict.fromkeys(_SHAPES, (probe,))
    cases = msgspec.structs.replace(REAL.cases, episode_gap_s=10**9, signals_max=1_000, signals_bytes_max=10**9)
    return msgspec.structs.replace(
        REAL, bounds=bounds, cases=cases, detectors=(probe,), by_shape={"ACCOUNT": shapes, "TERMINAL": shapes, "DEVICE": shapes}
    )


class Key:
    """One key that takes entries in their order of arrival."""

    def __init__(self, kind: KeyKind = "ACCOUNT", bounds: Bounds = BOUNDS) -> None:
        self.kind = kind
        self.bounds = bounds
        self.probe = HolderProbe() if kind == "DEVICE" else Probe()
        self.profile: Profile = PROFILE_OF_KIND[kind]()
        self._rulebook = rulebook_of(self.probe, bounds)

    def take(self, entry: Entry) -> str:
        """Judge an entry and return its outcome."""
        decision = decide(self.kind, "a-0", self.profile, fresh(entry), None, self._rulebook, _CONTEXT, Faults())
        return decision.outcome

    def says(self) -> set[str]:
        """Return the events about which something is said in the end."""
        return {said.signal.event_id for case in self.profile.cases for said in case.said}

    def without_cases(self) -> Profile:
        """Return the profile as it is, but for its cases, which count their revisions."""
        return msgspec.structs.replace(self.profile, cases=[])


def hashed(names: set[str]) -> set[int]:
    """Return identifiers as memories hold them."""
    return {identifier_hash(name) for name in names}
