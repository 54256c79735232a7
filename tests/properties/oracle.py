"""What every event of a key must see, found by brute force: all events at hand, sorted, looked through from the start each time.

Shares no code with the core but the bits of an entry and the names of the figures.
"""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from math import log1p
from typing import Any

from models import entry as e
from models.entry import Entry
from models.policy import Bounds
from tests.properties.key_stream import NAMES

SECOND_US = 1_000_000
WINDOWS_S = (60, 600, 1_500, 3_600)
SINCE_S = (0, 600, 3_600)
JUDGED = ("MONEY", "REQUESTED", "ACCOUNT_EVENT")
Figures = dict[str, Any]


@dataclass
class Memory:
    """Whom a key remembers: name -> [first second, last second], least recently seen first."""

    bounds: Bounds
    slots_max: int
    slots: "OrderedDict[Any, list[int]]" = field(default_factory=OrderedDict)

    def is_known(self, name: Any, at_s: int) -> bool:
        return name in self.slots and at_s - self.slots[name][1] <= self.bounds.forget_s

    def remember(self, name: Any, at_s: int) -> None:
        first_s = self.slots[name][0] if self.is_known(name, at_s) else at_s
        if name not in self.slots and len(self.slots) == self.slots_max:
            self.slots.popitem(last=False)
        self.slots[name] = [first_s, at_s]
        self.slots.move_to_end(name)


class Past:
    """What is usual at a key, learned event by event."""

    def __init__(self, bounds: Bounds) -> None:
        self.bounds = bounds
        self.payees = Memory(bounds, bounds.counterparties_max)
        self.payers = Memory(bounds, bounds.counterparties_max)
        self.places = Memory(bounds, bounds.places_max)
        self.devices = Memory(bounds, bounds.devices_max)
        self.holders = Memory(bounds, bounds.devices_max)
        self.amounts: list[float] = []
        self.gaps: list[float] = []
        self.is_new: list[float] = []
        self.hours_used: list[int] = []
        self.last_us = 0

    def learn(self, entry: Entry) -> None:
        at_s = entry.at_us // SECOND_US
        self.holders.remember(entry.who, at_s)
        if entry.device:
            self.devices.remember(entry.device, at_s)
        if not entry.code & e.APPROVED:
            return
        if entry.code & e.CREDIT:
            if entry.code & e.TRANSFER:
                self.payers.remember(entry.other, at_s)
            return
        if entry.code & e.TRANSFER:
            self.is_new.append(float(not self.payees.is_known(entry.other, at_s)))
            self.payees.remember(entry.other, at_s)
        if entry.place:
            self.places.remember(entry.place, at_s)
        if self.amounts:
            self.gaps.append(log1p(max(0, entry.at_us - self.last_us) / SECOND_US))
        self.amounts.append(log1p(entry.amount_minor))
        self.hours_used.append((entry.at_us // SECOND_US + self.bounds.utc_offset_s) // 3_600 % 24)
        self.last_us = entry.at_us

    def figures(self) -> Figures:
        return {
            "count": len(self.amounts),
            "amount_mean": self._mean(self.amounts),
            "amount_square": self._mean([amount * amount for amount in self.amounts]),
            "gap_mean": self._mean(self.gaps),
            "new_payee_mean": self._mean(self.is_new),
            "last_us": self.last_us,
        }

    def _mean(self, values: list[float]) -> float:
        """Return the exponentially weighted mean as a plain weighted sum, the first value weighing what is left."""
        weight, total = self.bounds.habit_weight, 0.0
        for back, value in enumerate(reversed(values)):
            share = (1 - weight) ** back
            total += value * (share if back == len(values) - 1 else weight * share)
        return total

    def hours(self) -> list[int]:
        counters = [0] * 24
        for hour in self.hours_used:
            counters[hour] += 8
            if counters[hour] >= 240:
                counters = [counter // 2 for counter in counters]
        return counters


class Oracle:
    """All events of one key, sorted. raises: whether figures make a detector flag the event."""

    def __init__(self, entries: list[Entry], bounds: Bounds, raises: Callable[[Entry, Figures], bool]) -> None:
        self.bounds = bounds
        self.entries = entries
        self.lateness_us = bounds.lateness_s * SECOND_US
        self._changes = {entry.event_id: self._changes_of(entry) for entry in entries}
        self.is_judged: list[bool] = []
        self.is_flagged: list[bool] = []
        self.figures: list[Figures] = []
        for index, entry in enumerate(entries):
            seen = self._figures(index)
            self.figures.append(seen)
            self.is_judged.append(self._status(entry, entry.at_us + self.lateness_us) in JUDGED)
            self.is_flagged.append(self.is_judged[index] and raises(entry, seen))

    def says(self) -> set[str]:
        """Return the events about which something is said in the end: what was changed, however late, says nothing."""
        never_us = self.entries[-1].at_us + self.lateness_us
        return {
            entry.event_id
            for entry, is_flagged in zip(self.entries, self.is_flagged, strict=True)
            if is_flagged and self._status(entry, never_us) in JUDGED
        }

    def settled(self) -> Past:
        """Return what is learned for good at the end."""
        return self._past(self.entries[-1].at_us - 3 * self.lateness_us, len(self.entries))

    def _status(self, entry: Entry, until_us: int) -> str:
        """Return what an event counts as, with all changes until a time."""
        changes = [change for at_us, change in self._changes[entry.event_id] if at_us <= until_us]
        if changes:
            return max(changes)
        for status, bit in (("MONEY", e.APPROVED), ("REQUESTED", e.REQUESTED), ("ACCOUNT_EVENT", e.ACCOUNT_EVENT)):
            if entry.code & bit:
                return status
        return "NOTHING"

    def _changes_of(self, entry: Entry) -> list[tuple[int, str]]:
        """Return when an event was taken back or answered: at most a window's length after it, or slightly before by the clock."""
        return [
            (other.at_us, "TAKEN_BACK" if other.code & e.REVERSAL else "ANSWERED")
            for other in self.entries
            if other.answers == entry.event_id
            and -self.lateness_us <= other.at_us - entry.at_us <= self.bounds.window_max_s * SECOND_US
            and (other.code & e.REVERSAL or (entry.code & e.REQUESTED and other.code & e.APPROVED))
        ]

    def _is_learnable(self, index: int) -> bool:
        entry = self.entries[index]
        return not self.is_flagged[index] and self._status(entry, entry.at_us + self.lateness_us) != "TAKEN_BACK"

    def _past(self, before_us: int, count: int) -> Past:
        past = Past(self.bounds)
        for index, entry in enumerate(self.entries[:count]):
            if entry.at_us < before_us and self._is_learnable(index):
                past.learn(entry)
        return past

    def _figures(self, index: int) -> Figures:
        now = self.entries[index]
        now_s = now.at_us // SECOND_US
        complete_us = now.at_us - self.lateness_us
        past = self._past(complete_us, index)
        recent = [
            entry for number, entry in enumerate(self.entries[:index]) if entry.at_us >= complete_us and self._is_learnable(number)
        ]
        found: Figures = {"habits": past.figures(), "hours": past.hours(), "known_payers": set(past.payers.slots)}
        for window_s in WINDOWS_S:
            found[f"window_{window_s}"] = self._window(index, window_s)
        for since_s in SINCE_S:
            payees = {name: self._is_new(past.payees, recent, 0, name, now_s, since_s) for name in NAMES}
            payers = {name: self._is_new(past.payers, recent, e.CREDIT, name, now_s, since_s) for name in NAMES}
            found[f"new_payees_{since_s}"] = {name for name, is_new in payees.items() if is_new}
            found[f"new_payers_{since_s}"] = {name for name, is_new in payers.items() if is_new}
            found[f"strangers_{since_s}"] = sum(
                entry.amount_minor
                for entry in self._members(index, 3_600)
                if entry.code & (e.CREDIT | e.TRANSFER) == e.CREDIT | e.TRANSFER
                and not entry.code & e.OWN_NAME
                and not entry.code & e.PUBLIC
                and not (entry.code & (e.PAYROLL | e.LOAN) and entry.code & e.CORPORATE)
                and payers[entry.other]
            )
            found[f"new_device_{since_s}"] = self._is_new_device(past, recent, now, since_s)
        found["new_place"] = self._is_new_place(past, recent, now)
        return found

    def _members(self, index: int, window_s: int) -> list[Entry]:
        """Return the events of the window that moved money, as known at most the lateness after the event."""
        now = self.entries[index]
        start_us, until_us = now.at_us - window_s * SECOND_US, now.at_us + self.lateness_us
        return [entry for entry in self.entries[: index + 1] if entry.at_us > start_us and self._status(entry, until_us) == "MONEY"]

    def _window(self, index: int, window_s: int) -> Figures:
        members = self._members(index, window_s)
        transfers = [entry for entry in members if entry.code & e.TRANSFER]
        start_us = self.entries[index].at_us - window_s * SECOND_US
        return {
            "count": sum(entry.at_us > start_us for entry in self.entries[: index + 1]),
            "in_minor": sum(entry.amount_minor for entry in members if entry.code & e.CREDIT),
            "out_minor": sum(entry.amount_minor for entry in members if not entry.code & e.CREDIT),
            "payers": {entry.other for entry in transfers if entry.code & e.CREDIT},
            "payees": {entry.other for entry in transfers if not entry.code & e.CREDIT},
        }

    def _is_new(self, memory: Memory, recent: list[Entry], direction: int, name: str, now_s: int, since_s: int) -> bool:
        sightings = [
            entry.at_us // SECOND_US
            for entry in recent
            if entry.other == name and entry.code & (e.TRANSFER | e.CREDIT | e.APPROVED) == e.TRANSFER | e.APPROVED | direction
        ]
        at_s = sightings[0] if sightings else now_s
        first_s = memory.slots[name][0] if memory.is_known(name, at_s) else sightings[0] if sightings else None
        return first_s is None or first_s > now_s - since_s

    def _is_new_device(self, past: Past, recent: list[Entry], now: Entry, since_s: int) -> bool:
        start_s = now.at_us // SECOND_US - since_s
        firsts = {name: slot[0] for name, slot in past.devices.slots.items()}
        if not now.device or not any(first_s <= start_s for first_s in firsts.values()):
            return False
        if now.device in firsts:
            return firsts[now.device] > start_s
        return not any(entry.device == now.device and entry.at_us // SECOND_US <= start_s for entry in recent)

    def _is_new_place(self, past: Past, recent: list[Entry], now: Entry) -> bool:
        used = {entry.place for entry in recent if entry.code & (e.APPROVED | e.CREDIT) == e.APPROVED}
        return bool(now.place and past.places.slots and now.place not in past.places.slots and now.place not in used)


class DeviceOracle:
    """All events of one device, sorted."""

    def __init__(self, entries: list[Entry], bounds: Bounds) -> None:
        self.entries = entries
        self.bounds = bounds

    def holders(self, index: int, window_s: int) -> set[int]:
        """Return whose accounts were used in the window, as far as the memory of what is older than the lateness reaches."""
        now = self.entries[index]
        complete_us = now.at_us - self.bounds.lateness_s * SECOND_US
        start_s = now.at_us // SECOND_US - window_s
        past, recent = Past(self.bounds), set()
        for entry in self.entries[: index + 1]:
            if entry.at_us < complete_us:
                past.learn(entry)
            else:
                recent.add(entry.who)
        return recent | {who for who, (_, last_s) in past.holders.slots.items() if last_s > start_s}
