"""Ask one detector or look-alike about a story, without cases, fusion or streams."""

from collections.abc import Iterable
from typing import Any

import msgspec

from models import keys
from models.detector import Detector, Explanation, LookAlike
from models.entry import SHAPE, Entry
from models.profile import PROFILE_OF_KIND, Profile
from models.record_entries import account_entry, account_event_entry, device_entry, event_time_us, terminal_entry
from models.records import AccountEvent, Transaction
from models.signal import Signal
from models.timeline import place
from models.view import View
from tests.bank import Event, shipped_rulebook
from tests.scenario import events_of


def detector(name: str, **changed: Any) -> Detector:
    """Return a detector with the shipped policy, some of its values changed."""
    found = next(found for found in shipped_rulebook().detectors if found.name == name)
    return type(found)(msgspec.structs.replace(found.policy, **changed))


def lookalike(name: str) -> LookAlike:
    """Return a look-alike with the shipped policy."""
    return next(found for found in shipped_rulebook().lookalikes.values() if found.name == name)


def entries_at(event: Event, key: bytes) -> list[Entry]:
    """Return what an event is at one key: nothing, one entry, or both sides of a transfer to oneself."""
    at_us = event_time_us(event)
    parties = keys.parties_of_account_event(event) if isinstance(event, AccountEvent) else keys.parties_of(event)
    return [_entry(event, party, at_us) for party, found in parties if found == key]


def _entry(event: Event, party: int, at_us: int) -> Entry:
    if party == keys.DEVICE:
        return device_entry(event, at_us)
    if isinstance(event, AccountEvent):
        return account_event_entry(event, at_us)
    assert isinstance(event, Transaction)
    if party == keys.TERMINAL:
        return terminal_entry(event, at_us)
    return account_entry(event, at_us, shipped_rulebook().bounds.utc_offset_s, credit=party == keys.PAYEE)


def views_at(story: str | Iterable[Event], key: str) -> Iterable[View]:
    """Yield the view of one key ("A:a-771") as of each of its events, in the order of arrival."""
    events = events_of(story) if isinstance(story, str) else story
    kind = {"A": "ACCOUNT", "T": "TERMINAL", "D": "DEVICE"}[key[0]]
    profile: Profile = PROFILE_OF_KIND[kind]()  # type: ignore[index]
    bounds = shipped_rulebook().bounds
    for event in events:
        for entry in entries_at(event, key.encode()):
            placed = place(profile, entry, bounds)
            if placed.outcome == "duplicate":
                continue
            index = placed.entries.index(entry)
            yield View(key[2:], profile, placed.entries, index, bounds)


def examined(asked: Detector, story: str | Iterable[Event], key: str) -> dict[str, Signal]:
    """Return what a detector says at one key, by event id; only events of its shapes are shown to it, as in `decide`."""
    shapes = set(asked.shapes)
    found = {}
    for view in views_at(story, key):
        if view.now.code & SHAPE in shapes and (signal := asked.examine(view)) is not None:
            found[view.now.event_id] = signal
    return found


def explained(name: str, asked: Detector, story: str | Iterable[Event], key: str) -> Explanation:
    """Return what a look-alike makes of the last signal a detector gives in a story."""
    last = None
    for view in views_at(story, key):
        if view.now.code & SHAPE in set(asked.shapes) and (signal := asked.examine(view)) is not None:
            last = lookalike(name).explain(view, signal)
    assert last is not None, "the detector said nothing"
    return last


def tiers(signals: dict[str, Signal]) -> dict[str, int]:
    """Return event id -> tier."""
    return {event_id: signal.tier for event_id, signal in signals.items()}


def codes(signal: Signal) -> list[str]:
    """Return the reason codes of a signal."""
    return [reason.code for reason in signal.reasons]


def highest(signals: dict[str, Signal]) -> int:
    """Return the highest tier, 0 for none."""
    return max((signal.tier for signal in signals.values()), default=0)
