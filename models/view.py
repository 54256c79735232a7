"""A read-only picture of one key as of one event, and the named features detectors read from it.

Windows are (t - w, t]: the start is excluded, the event itself included, later entries invisible.
"""

import copy
from bisect import bisect_right
from collections.abc import Iterator
from operator import attrgetter

from models import entry as e
from models.entry import Entry
from models.history import History
from models.history_after import history_after
from models.policy import Bounds
from models.profile import AccountProfile, DeviceProfile, Habits, Profile
from models.recency import SLOT_BYTES, identifier_hash, seen, sightings
from models.segment import Segment
from models.settling import faded_excess, is_learnable, settle

_at_us = attrgetter("at_us")
_TRANSFER_IN = e.CREDIT | e.TRANSFER | e.MONEY
_TRANSFER_DIRECTION = e.APPROVED | e.TRANSFER | e.CREDIT
_DUE = e.PAYROLL | e.LOAN
_NO_STRANGER = e.OWN_NAME | e.PUBLIC


class Totals:
    """Upper bounds over the longest window, whatever the status: sums of transfers out and in, how many came in; and every bit that
    any entry has."""

    __slots__ = ("bits", "in_count", "in_minor", "out_minor")

    def __init__(self, out_minor: int, in_minor: int, in_count: int, bits: int) -> None:
        self.out_minor = out_minor
        self.in_minor = in_minor
        self.in_count = in_count
        self.bits = bits


class View:
    """One key as of `entries[index]`.

    identifier: of the key (account, terminal or device). segment: the River model of the event's segment, if it has one.
    """

    __slots__ = (
        "_complete",
        "_first_in",
        "_first_out",
        "_history",
        "_recent",
        "_totals",
        "_windows",
        "bounds",
        "entries",
        "identifier",
        "index",
        "now",
        "profile",
        "segment",
    )

    def __init__(
        self,
        identifier: str,
        profile: Profile,
        entries: list[Entry],
        index: int,
        bounds: Bounds,
        segment: Segment | None = None,
    ) -> None:
        """Look at `entries[index]`; nothing is copied and nothing will be changed."""
        self.identifier = identifier
        self.profile = profile
        self.entries = entries
        self.index = index
        self.now = entries[index]
        self.bounds = bounds
        self.segment = segment
        self._complete: Profile | None = None
        self._recent = 0
        self._first_out: dict[str, int] | None = None
        self._first_in: dict[str, int] | None = None
        self._history: History | None = None
        self._totals: Totals | None = None
        self._windows: dict[int, list[Entry]] = {}

    def window(self, window_s: int) -> list[Entry]:
        """Return the entries of the last `window_s` seconds, oldest first, the event itself last. Not to be changed.

        Money in another currency than the event's is left out: sums of two currencies mean nothing.
        """
        found = self._windows.get(window_s)
        if found is None:
            index = self.index
            first = bisect_right(self.entries, self.now.at_us - window_s * 1_000_000, 0, index, key=_at_us)
            found = self.entries[first : index + 1]
            currency = self.now.currency
            for entry in found:
                if entry.currency != currency:
                    found = [member for member in found if not self._is_foreign(member)]
                    break
            self._windows[window_s] = found
        return found

    def in_any_currency(self, window_s: int) -> list[Entry]:
        """Return the entries of the last `window_s` seconds whatever their currency, oldest first: to be counted, not added up."""
        first = bisect_right(self.entries, self.now.at_us - window_s * 1_000_000, 0, self.index, key=_at_us)
        return self.entries[first : self.index + 1]

    def _is_foreign(self, entry: Entry) -> bool:
        """Return whether both an entry and the event are money, but not of one currency."""
        return entry.currency != self.now.currency and not (entry.code | self.now.code) & e.ACCOUNT_EVENT

    def totals(self) -> Totals:
        """Return the sums of the longest window: what no shorter window can exceed, for cheap first tests."""
        totals = self._totals
        if totals is None:
            out_minor = in_minor = in_count = bits = 0
            for entry in self.window(self.bounds.window_max_s):
                code = entry.code
                bits |= code
                if code & e.TRANSFER:
                    if code & e.CREDIT:
                        in_minor += entry.amount_minor
                        in_count += 1
                    else:
                        out_minor += entry.amount_minor
            totals = self._totals = Totals(out_minor, in_minor, in_count, bits)
        return totals

    def before(self, window_s: int) -> Iterator[Entry]:
        """Yield the entries of the window before the event, newest first: cheap when the answer is near."""
        start_us = self.now.at_us - window_s * 1_000_000
        for index in range(self.index - 1, -1, -1):
            entry = self.entries[index]
            if entry.at_us <= start_us:
                return
            if not self._is_foreign(entry):
                yield entry

    def is_complete(self, window_s: int) -> bool:
        """Return whether the window is whole: a key too busy for its bound has lost entries."""
        return self.now.at_us - window_s * 1_000_000 >= self.profile.truncated_us

    def _settle_for_now(self) -> Profile:
        """Return the profile with all learned that is older than the lateness, as of the event; the profile itself stays as it is.

        That part is complete when the event arrives and the same for every order of arrival. `_recent` is the first entry after it.
        """
        complete = self._complete
        if complete is None:
            complete, entries = self.profile, self.entries
            recent = complete.settled
            complete_us = self.now.at_us - self.bounds.lateness_us
            if recent < self.index and entries[recent].at_us < complete_us:
                complete = copy.copy(complete)
                while recent < self.index and entries[recent].at_us < complete_us:
                    settle(complete, entries[recent], self.bounds)
                    recent += 1
            self._complete, self._recent = complete, recent
        return complete

    def _account(self) -> AccountProfile:
        profile = self._settle_for_now()
        assert isinstance(profile, AccountProfile)
        return profile

    def _remembers_all(self, memory: bytes, slots_max: int) -> bool:
        """Return whether a memory with the entries behind it tells what settling them for now would tell, without doing so.

        True unless settling might make the memory forget somebody.
        """
        return len(memory) // SLOT_BYTES + self.index - self.profile.settled <= slots_max

    def _firsts(self, direction: int, start: int) -> dict[str, int]:
        """Return, per counterparty, the second of the first learnable transfer in this direction from `entries[start]` on."""
        firsts: dict[str, int] = {}
        for entry in self.entries[start : self.index]:
            if entry.code & _TRANSFER_DIRECTION == direction and is_learnable(entry):
                firsts.setdefault(entry.other, entry.at_us // 1_000_000)
        return firsts

    def _first_seen_s(self, memory: bytes, firsts: dict[str, int], other: str) -> int | None:
        """Return the second in which this counterparty was first seen before the event, by transfer; None if never or forgotten."""
        forget_s = self.bounds.forget_s
        found = seen(memory, identifier_hash(other))
        if found is not None and self.now.at_us // 1_000_000 - found[1] <= forget_s:
            return found[0]
        at_s = firsts.get(other)
        if at_s is None:
            return None
        return found[0] if found is not None and at_s - found[1] <= forget_s else at_s

    def is_new_payee(self, payee: str, since_s: int = 0) -> bool:
        """Return whether this account was never transferred to before the last `since_s` seconds (180 days of memory)."""
        profile = self.profile
        assert isinstance(profile, AccountProfile)
        start = profile.settled
        if not self._remembers_all(profile.payees, self.bounds.counterparties_max):
            profile, start = self._account(), self._recent
        firsts = self._first_out
        if firsts is None:
            firsts = self._first_out = self._firsts(e.APPROVED | e.TRANSFER, start)
        first_s = self._first_seen_s(profile.payees, firsts, payee)
        return first_s is None or first_s > self.now.at_us // 1_000_000 - since_s

    def is_new_payer(self, payer: str, since_s: int = 0) -> bool:
        """Return whether this account never transferred to us before the last `since_s` seconds (180 days of memory)."""
        profile = self.profile
        assert isinstance(profile, AccountProfile)
        start = profile.settled
        if not self._remembers_all(profile.payers, self.bounds.counterparties_max):
            profile, start = self._account(), self._recent
        firsts = self._first_in
        if firsts is None:
            firsts = self._first_in = self._firsts(e.APPROVED | e.TRANSFER | e.CREDIT, start)
        first_s = self._first_seen_s(profile.payers, firsts, payer)
        return first_s is None or first_s > self.now.at_us // 1_000_000 - since_s

    def is_from_stranger(self, entry: Entry, since_s: int, *, is_asked: bool = False) -> bool:
        """Return whether an entry is a transfer in from someone first met less than `since_s` ago, and not the holder's due.

        Due is money of the same customer, of a public body, and a wage or a loan that a company pays. The purpose alone, which
        the sender chooses, is worth nothing. is_asked: take a request as if it were approved.
        """
        code = entry.code | e.MONEY if is_asked else entry.code
        if code & _TRANSFER_IN != _TRANSFER_IN or code & _NO_STRANGER or (code & _DUE and code & e.CORPORATE):
            return False
        return self.is_new_payer(entry.other, since_s)

    def strangers_credit_minor(self, window_s: int, since_s: int) -> int:
        """Return what strangers transferred in within the window: money that is not the holder's own savings."""
        return sum(entry.amount_minor for entry in self.window(window_s) if self.is_from_stranger(entry, since_s))

    def balance_before(self, index: int) -> int | None:
        """Return the balance just before `entries[index]`, minor units; None if no record of the longest window tells.

        From the record itself, else carried on from the last one that told. With a request nothing has moved: its balance is the
        one before.
        """
        entry = self.entries[index]
        if entry.balance_minor is not None:
            return entry.balance_minor - _booked_minor(entry)
        moved_minor = 0
        start_us = self.now.at_us - self.bounds.window_max_s * 1_000_000
        for earlier in reversed(self.entries[:index]):
            if earlier.at_us <= start_us:
                break
            if earlier.currency != entry.currency:
                continue
            if earlier.balance_minor is not None and earlier.code & (e.MONEY | e.REVERSAL):
                return earlier.balance_minor + moved_minor
            moved_minor += _booked_minor(earlier)
        return None

    def is_new_device(self, since_s: int = 0) -> bool:
        """Return whether the session's device was first used less than `since_s` ago, on an account that used another before."""
        device, profile = self.now.device, self.profile
        assert isinstance(profile, AccountProfile)
        if not device or not (profile.devices or self.index):
            return False
        now_s = self.now.at_us // 1_000_000
        start_s = now_s - since_s
        if self._remembers_all(profile.devices, self.bounds.devices_max):  # then two cheap looks answer for nearly every payment
            known = seen(profile.devices, device)
            if known is not None and known[0] <= start_s and now_s - known[1] <= self.bounds.forget_s:
                return False
            # What has not settled lies later than three times the lateness ago.
            if since_s * 1_000_000 >= 3 * self.bounds.lateness_us and not _was_any_by(profile.devices, start_s):
                return False
        profile = self._account()
        if not _was_any_by(profile.devices, start_s):
            return False
        known = seen(profile.devices, device)
        if known is not None:
            return known[0] > start_s
        return not any(
            entry.device == device and entry.at_us // 1_000_000 <= start_s and is_learnable(entry)
            for entry in self.entries[self._recent : self.index]
        )

    def is_new_place(self) -> bool:
        """Return whether the terminal is known to be new to this account, which has paid at others."""
        profile, place = self._account(), self.now.place
        if not place or not profile.places or seen(profile.places, identifier_hash(place)) is not None:
            return False
        return not any(
            entry.place == place and entry.code & (e.APPROVED | e.CREDIT) == e.APPROVED and is_learnable(entry)
            for entry in self.entries[self._recent : self.index]
        )

    def excess(self) -> float:
        """Return what the payments of the last weeks lay above the habits, in deviations, faded to now (see `Excess`)."""
        return faded_excess(self._account().excess, self.now.at_us, self.bounds)

    def habits(self) -> Habits:
        """Return the habits complete for this event: everything older than the lateness, whatever the order of arrival."""
        return self._account().habits

    def history(self) -> History:
        """Return what the account lived through before the event, flagged or not, to the moment."""
        history = self._history
        if history is None:
            profile = self._account()
            history = profile.history
            for entry in self.entries[self._recent : self.index]:
                history = history_after(history, entry, profile.payees, profile.payers, self.bounds)
            self._history = history
        return history

    def payers(self) -> list[tuple[int, int, int]]:
        """Return every payer older than the lateness: (identifier hash, first second, last second), least recent first."""
        return sightings(self._account().payers)

    def devices_since(self, since_s: int) -> list[int]:
        """Return the devices the account used from a second on, the event's among them, first seen first."""
        known = [(first_s, device) for device, first_s, last_s in sightings(self._account().devices) if last_s >= since_s]
        found = [device for _, device in sorted(known)]
        for entry in self.entries[self._recent : self.index + 1]:
            if entry.device and entry.at_us // 1_000_000 >= since_s and entry.device not in found:
                found.append(entry.device)
        return found

    def holders(self, window_s: int) -> dict[int, tuple[int, int]]:
        """Return the customers whose accounts this device has used in the window, to the second: who -> (first, last) second.

        The first may lie before the window.
        """
        profile = self.profile
        assert isinstance(profile, DeviceProfile)
        start = profile.settled
        if not self._remembers_all(profile.holders, self.bounds.devices_max):
            profile, start = self._settle_for_now(), self._recent
            assert isinstance(profile, DeviceProfile)
        found = {who: (first_s, last_s) for who, first_s, last_s in sightings(profile.holders)}
        for entry in self.entries[start : self.index + 1]:
            at_s = entry.at_us // 1_000_000
            found[entry.who] = (found.get(entry.who, (at_s, 0))[0], at_s)
        start_s = self.now.at_us // 1_000_000 - window_s
        return {who: seen_s for who, seen_s in found.items() if seen_s[1] > start_s}


def _was_any_by(memory: bytes, start_s: int) -> bool:
    """Return whether somebody remembered was first seen at `start_s` or before."""
    return any(first_s <= start_s for _, first_s, _ in sightings(memory))


def _booked_minor(entry: Entry) -> int:
    """Return what an entry added to the balance of its account; nothing unless it moved money."""
    if not entry.code & e.MONEY:
        return 0
    return entry.amount_minor if entry.code & e.CREDIT else -entry.amount_minor
