"""The running state of one key: fixed in shape, bounded in size, stored in its own versioned binary form.

A profile has an open zone (its newest entries, which late events may still change) and a settled part (counterparties,
habits). The stored form is a msgpack array with the version first; it holds data only, so reading a topic runs no code.
"""

import math

import msgspec

from models import entry as e
from models.case import Case
from models.entry import Entry
from models.keys import KeyKind
from models.policy import Bounds
from models.recency import identifier_hash, remember, seen
from models.stats import count_hour, ew_update

PROFILE_VERSION = 1
_HOUR_US = 3_600_000_000


class Habits(msgspec.Struct, array_like=True, gc=False):
    """How an account usually pays: exponentially weighted figures over its settled debits.

    amount_mean, amount_square: of ln(1 + amount_minor). gap_mean: of ln(1 + seconds between debits).
    new_payee_mean: share of transfers that went to a new payee. hours: see `stats.count_hour`, local hours.
    """

    count: int = 0
    amount_mean: float = 0.0
    amount_square: float = 0.0
    gap_mean: float = 0.0
    last_us: int = 0
    transfer_count: int = 0
    new_payee_mean: float = 0.0
    hours: bytes = b""


class Profile(msgspec.Struct, array_like=True, gc=False):
    """What every key kind has.

    mark_us: newest event time seen. settled: how many of `entries` (oldest first) are in the settled part already.
    truncated_us: entries at or before this time were dropped because the key was too busy; windows reach back no further.
    """

    version: int = PROFILE_VERSION
    mark_us: int = 0
    settled: int = 0
    truncated_us: int = 0
    entries: list[Entry] = []
    cases: list[Case] = []

    def learn(self, entry: Entry, bounds: Bounds) -> None:
        """Take one entry into the settled part. Called once per entry, in (event time, event id) order."""


class AccountProfile(Profile):
    """An account, on its debit side and on its credit side.

    payees, payers, places, devices: memories (`recency.py`) of accounts paid, accounts paid by, terminals and devices used.
    bank, customer, is_on_us: what the newest record told of the account itself; the liaison must find it.
    """

    payees: bytes = b""
    payers: bytes = b""
    places: bytes = b""
    devices: bytes = b""
    bank: str = ""
    customer: str = ""
    is_on_us: bool | None = None
    habits: Habits = msgspec.field(default_factory=Habits)

    def learn(self, entry: Entry, bounds: Bounds) -> None:
        """Take a debit into the habits, and its counterparties into memory, unless it was flagged."""
        if not entry.is_learnable:
            return
        code = entry.code
        at_s = entry.at_us // 1_000_000
        if entry.device:
            self.devices = remember(self.devices, entry.device, at_s, bounds.forget_s, bounds.devices_max)
        if not code & e.APPROVED:
            return
        if code & e.CREDIT:
            if code & e.TRANSFER:
                self.payers = remember(self.payers, identifier_hash(entry.other), at_s, bounds.forget_s, bounds.counterparties_max)
            return
        is_new = False
        if code & e.TRANSFER:
            payee = identifier_hash(entry.other)
            known = seen(self.payees, payee)
            is_new = known is None or at_s - known[1] > bounds.forget_s
            self.payees = remember(self.payees, payee, at_s, bounds.forget_s, bounds.counterparties_max)
        if entry.place:
            self.places = remember(self.places, identifier_hash(entry.place), at_s, bounds.forget_s, bounds.places_max)
        self.habits = learn_debit(self.habits, entry, is_new=is_new, bounds=bounds)


class TerminalProfile(Profile):
    """A cash machine: its withdrawals inside the longest window, nothing settled."""


class DeviceProfile(Profile):
    """A handset or computer. holders: memory of the customers whose accounts it has used."""

    holders: bytes = b""

    def learn(self, entry: Entry, bounds: Bounds) -> None:
        """Remember the holder."""
        self.holders = remember(self.holders, entry.who, entry.at_us // 1_000_000, bounds.forget_s, bounds.devices_max)


def local_hour(at_us: int, utc_offset_s: int) -> int:
    """Return the local hour of day, 0..23.

    >>> local_hour(0, utc_offset_s=28_800)
    8
    """
    return (at_us + utc_offset_s * 1_000_000) // _HOUR_US % 24


def learn_debit(habits: Habits, entry: Entry, *, is_new: bool, bounds: Bounds) -> Habits:
    """Return the habits after one more debit; the argument stays as it was."""
    weight, count = bounds.habit_weight, habits.count
    amount = math.log1p(entry.amount_minor)
    gap_mean, transfer_count, new_payee_mean = habits.gap_mean, habits.transfer_count, habits.new_payee_mean
    if count:
        gap = math.log1p(max(0, entry.at_us - habits.last_us) / 1_000_000)
        gap_mean = ew_update(gap_mean, gap, weight, count - 1)
    if entry.code & e.TRANSFER:
        new_payee_mean = ew_update(new_payee_mean, float(is_new), weight, transfer_count)
        transfer_count += 1
    return Habits(
        count + 1,
        ew_update(habits.amount_mean, amount, weight, count),
        ew_update(habits.amount_square, amount * amount, weight, count),
        gap_mean,
        entry.at_us,
        transfer_count,
        new_payee_mean,
        count_hour(habits.hours, local_hour(entry.at_us, bounds.utc_offset_s)),
    )


PROFILE_OF_KIND: dict[KeyKind, type[Profile]] = {
    "ACCOUNT": AccountProfile,
    "TERMINAL": TerminalProfile,
    "DEVICE": DeviceProfile,
}
_encode = msgspec.msgpack.Encoder().encode
_DECODERS = {kind: msgspec.msgpack.Decoder(profile_type) for kind, profile_type in PROFILE_OF_KIND.items()}


class ProfileVersionError(Exception):
    """Stored state was written by a version that this program cannot read; our own fault, so the process stops."""


def encode_profile(profile: Profile) -> bytes:
    """Return the stored form of a profile."""
    return _encode(profile)


def decode_profile(kind: KeyKind, stored: bytes | memoryview) -> Profile:
    """Return a profile from its stored form.

    Errors: ProfileVersionError if it is not of `PROFILE_VERSION` or not readable as one.
    """
    try:
        profile: Profile = _DECODERS[kind].decode(stored)
    except msgspec.MsgspecError as error:
        raise ProfileVersionError(f"stored {kind.lower()} profile is not readable: {type(error).__name__}") from error
    if profile.version != PROFILE_VERSION:
        raise ProfileVersionError(f"stored {kind.lower()} profile has version {profile.version}, not {PROFILE_VERSION}")
    return profile
