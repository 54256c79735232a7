"""The open zone of a profile: entries in event order, inserted late, settled in time, never counted twice.

Order is (event time, event id). An entry stays `retention_us` behind the newest one, so that any event up to `lateness_us` late
still sees its whole longest window. It settles when it is more than `3 * lateness_us` old: a correction may be one lateness late,
what happened one lateness before it is judged again, and that must find unsettled what happened in the lateness before it.
With that, any arrival order within the lateness ends in the same profile.

A reversal or an answer changes an earlier event. What happened up to `lateness_us` before it is judged again, as if it had been
known; what is older stands, because its surroundings have settled. Only the changed event's own conclusions always fall.

A key busier than its bound keeps what matters most: of an account's entries the smallest movements leave first, so that no flood of
trifles hides a large one; a machine's and a device's leave in order of age. Which ones have left then depends on the order of
arrival, and with them what is said: that is the limit of `entries_max`. `View.is_complete` tells, and so does every signal.
"""

from typing import Literal

import msgspec

from models import entry as e
from models.entry import Entry
from models.policy import Bounds
from models.profile import AccountProfile, Profile
from models.settling import settle
from models.suspect_money import keep_lost, keep_lots

Outcome = Literal["accepted", "late", "duplicate", "too_late"]


class Placed:
    """Where an entry went. at: its place; every entry from there on must be examined (again).

    entries: the timeline to examine, which is a copy holding the entry only for now if it came too late.
    fallen: older events that it took back or answered; what was said about them falls, and nothing else.
    """

    __slots__ = ("at", "entries", "fallen", "outcome")

    def __init__(self, outcome: Outcome, at: int, entries: list[Entry], fallen: tuple[Entry, ...] = ()) -> None:
        self.outcome = outcome
        self.at = at
        self.entries = entries
        self.fallen = fallen


def place(profile: Profile, entry: Entry, bounds: Bounds) -> Placed:
    """Insert an entry in its place, apply reversals and answers, settle what is old enough; return where it went.

    A second copy changes nothing while the first is kept (`case.stands` knows older ones). An entry more than the lateness behind
    the mark, or one that a too busy key may have shed, is placed in a copy: it can be examined, but the profile stays as it is.
    """
    entries = profile.entries
    at_us, event_id, answers = entry.at_us, entry.event_id, entry.answers
    is_linked = bool(answers)
    for known in entries:
        if known.event_id == event_id:
            return Placed("duplicate", 0, entries)
        if known.answers and known.answers == event_id:
            is_linked = True
    mark_us = profile.mark_us
    if at_us < mark_us - bounds.lateness_us or (at_us <= mark_us and _is_lost(profile, entry)):
        return _beside(entries, entry, bounds)
    index = _insert(entries, entry)
    fallen: tuple[Entry, ...] = ()
    if is_linked:
        index, fallen = _correct(entries, entry, index, bounds)
    if at_us > mark_us:
        profile.mark_us = at_us
        index -= _settle(profile, bounds)
    if len(entries) > bounds.entries_max:
        index = _shed(profile, entry, index, bounds)
    return Placed("late" if at_us < mark_us else "accepted", max(0, index), entries, fallen)


def as_known(entries: list[Entry], index: int, bounds: Bounds) -> list[Entry]:
    """Return the entries as `entries[index]` is to be judged on: without changes made more than the lateness after it.

    The same list if there are none. Needed only for entries more than the lateness behind the mark.
    """
    until_us = entries[index].at_us + bounds.lateness_us
    if not any(other.answers and other.at_us > until_us for other in entries[index + 1 :]):
        return entries
    known = entries[: index + 1]
    for place_, original in enumerate(known):
        code = original.code
        if code & e.TAKEN_BACK_LATE and not _is_changed(entries, original, e.TAKEN_BACK, until_us, bounds):
            code &= ~(e.TAKEN_BACK | e.TAKEN_BACK_LATE)
            code |= e.MONEY if code & e.APPROVED else 0
        if code & e.ANSWERED and not _is_changed(entries, original, e.ANSWERED, until_us, bounds):
            code &= ~e.ANSWERED
        if code != original.code:
            known[place_] = msgspec.structs.replace(original, code=code)
    return known


def _is_changed(entries: list[Entry], original: Entry, change: int, until_us: int, bounds: Bounds) -> bool:
    return any(answer.at_us <= until_us and _change(original, answer, bounds) == change for answer in entries)


def _change(original: Entry, answer: Entry, bounds: Bounds) -> int:
    """Return what one entry does to another: TAKEN_BACK, ANSWERED or 0.

    It reaches back as far as the longest window. Clocks differ: an answer may be dated up to the lateness before its original.
    """
    if not answer.answers or answer.answers != original.event_id:
        return 0
    if not -bounds.lateness_us <= answer.at_us - original.at_us <= bounds.window_max_s * 1_000_000:
        return 0
    if answer.code & e.REVERSAL:
        return e.TAKEN_BACK
    return e.ANSWERED if original.code & e.REQUESTED and answer.code & e.APPROVED else 0


def _apply(original: Entry, answer: Entry, change: int, bounds: Bounds) -> bool:
    """Change the original; return whether in time, which is before its surroundings settle."""
    is_in_time = answer.at_us <= original.at_us + bounds.lateness_us
    if change == e.TAKEN_BACK:
        if is_in_time:
            original.code &= ~e.TAKEN_BACK_LATE
        elif not original.code & e.TAKEN_BACK:
            original.code |= e.TAKEN_BACK_LATE
        original.code &= ~e.MONEY
    original.code |= change
    return is_in_time


def _correct(entries: list[Entry], entry: Entry, index: int, bounds: Bounds) -> tuple[int, tuple[Entry, ...]]:
    """Link an entry with what it takes back or answers, or is taken back or answered by, whichever of the two came first.

    Return from where to examine again, and the originals that lie before.
    """
    fallen = []
    reach_us = entry.at_us - bounds.lateness_us
    for place_, other in enumerate(entries):
        if change := _change(other, entry, bounds):
            if _apply(other, entry, change, bounds):
                index = min(index, place_)
            else:
                fallen.append(other)
                index = min(index, next(at for at, later in enumerate(entries) if later.at_us >= reach_us))
        if change := _change(entry, other, bounds):
            _apply(entry, other, change, bounds)
    return index, tuple(fallen)


def _is_lost(profile: Profile, entry: Entry) -> bool:
    """Return whether the entry may be a copy of one that a too busy key has shed already: it is as old, and weighs no more.

    A new one that looks like that is not counted either: a trifle beside what the key keeps.
    """
    return entry.at_us <= profile.truncated_us and _weight(profile, entry) <= profile.shed_minor


def _beside(entries: list[Entry], entry: Entry, bounds: Bounds) -> Placed:
    """Place an entry in a copy of the timeline, so that it can be examined but never counts."""
    entries = entries.copy()
    index = _insert(entries, entry)
    for other in entries:
        if change := _change(entry, other, bounds):
            _apply(entry, other, change, bounds)
    return Placed("too_late", index, entries)


def _insert(entries: list[Entry], entry: Entry) -> int:
    index = len(entries)
    at_us = entry.at_us
    while index and ((before := entries[index - 1]).at_us > at_us or (before.at_us == at_us and before.event_id > entry.event_id)):
        index -= 1
    entries.insert(index, entry)
    return index


def _settle(profile: Profile, bounds: Bounds) -> int:
    """Settle and drop what is old enough; return how many entries left the front."""
    entries = profile.entries
    settle_us = profile.mark_us - 3 * bounds.lateness_us
    settled = profile.settled
    while settled < len(entries) and entries[settled].at_us < settle_us:
        settle(profile, entries[settled], bounds)
        settled += 1
    keep_us = profile.mark_us - bounds.retention_us
    dropped = 0
    while dropped < settled and entries[dropped].at_us <= keep_us:
        dropped += 1
    if dropped:
        if profile.cases:
            keep_lots(profile.cases, entries[:dropped])
        del entries[:dropped]
    profile.settled = settled - dropped
    return dropped


def _shed(profile: Profile, entry: Entry, index: int, bounds: Bounds) -> int:
    """Let what matters least leave a too busy key, never the entry just placed; return where to examine from.

    What leaves before it is old enough to settle is learned only if it is the next to settle: memories are kept in order of time.
    """
    entries = profile.entries
    while len(entries) > bounds.entries_max:
        at = _least(profile, entry, bounds)
        shed = entries[at]
        if at < profile.settled:
            profile.settled -= 1
        elif at == profile.settled:
            settle(profile, shed, bounds)
        _note_shed(profile, shed, bounds)
        if at == 0:
            keep_lots(profile.cases, [shed])
        else:
            keep_lost(profile.cases, shed)
        del entries[at]
        if at < index:
            index -= 1
    return index


def _note_shed(profile: Profile, shed: Entry, bounds: Bounds) -> None:
    """Remember up to when and up to which weight entries were shed, as long as one of them may still come again."""
    if profile.truncated_us < profile.mark_us - bounds.lateness_us:
        profile.shed_minor = 0
    profile.shed_minor = max(profile.shed_minor, _weight(profile, shed))
    profile.truncated_us = max(profile.truncated_us, shed.at_us)


def _least(profile: Profile, placed: Entry, bounds: Bounds) -> int:
    """Return the place of the entry that matters least, of equals the oldest; never that of the one just placed.

    Changes of an account (a new device, a higher limit) are few and stay, until they fill half of what is kept.
    """
    others = [at for at, entry in enumerate(profile.entries) if entry is not placed]
    if not isinstance(profile, AccountProfile):
        return others[0]
    changes = [at for at in others if _is_change(profile.entries[at])]
    if changes and len(changes) + int(_is_change(placed)) > bounds.entries_max // 2:
        return changes[0]
    return min(others, key=lambda at: (_is_change(profile.entries[at]), _weight(profile, profile.entries[at]), at))


def _is_change(entry: Entry) -> bool:
    return entry.code & (e.ACCOUNT_EVENT | e.LOGIN) == e.ACCOUNT_EVENT


def _weight(profile: Profile, entry: Entry) -> int:
    """Return how much an entry moved at an account; what moved nothing, and what happens elsewhere, weighs nothing."""
    return entry.amount_minor if entry.code & e.APPROVED and isinstance(profile, AccountProfile) else 0
