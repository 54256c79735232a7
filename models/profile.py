"""The running state of one key: fixed in shape, bounded in size, stored in its own versioned binary form.

A profile has an open zone (its newest entries, which late events may still change) and a settled part (counterparties,
habits). The stored form is a msgpack array with the version first; it holds data only, so reading a topic runs no code.
"""

import msgspec

from models.case import Case
from models.entry import Entry
from models.freeze_life import FreezeLife
from models.history import History
from models.keys import KeyKind
from models.people import Control
from models.stored import StoredStateError

PROFILE_VERSION = 3


class Habits(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """How an account usually pays: exponentially weighted figures over its settled debits.

    amount_mean, amount_square: of ln(1 + amount_minor). gap_mean: of ln(1 + seconds between debits).
    new_payee_mean: share of transfers that went to a new payee. hours: see `stats.count_hour`, local hours.
    amount_cap: above it an amount is learnt as the cap, so that a slow ramp has a known price; set at `cap_us`, 0 = not yet.
    """

    count: int = 0
    amount_mean: float = 0.0
    amount_square: float = 0.0
    gap_mean: float = 0.0
    last_us: int = 0
    transfer_count: int = 0
    new_payee_mean: float = 0.0
    hours: bytes = b""
    amount_cap: float = 0.0
    cap_us: int = 0


class Excess(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """What an account's settled debits lay above its habits, in deviations, flagged or not, fading; as of `at_us`."""

    level: float = 0.0
    at_us: int = 0


class Profile(msgspec.Struct, array_like=True, gc=False):
    """What every key kind has.

    mark_us: newest event time seen. settled: how many of `entries` (oldest first) are in the settled part already.
    truncated_us: entries at or before this time were dropped because the key was too busy; windows reach back no further.
    shed_minor: the largest amount among those of them that may still come again. controls: what people ordered, oldest first.
    """

    version: int = PROFILE_VERSION
    mark_us: int = 0
    settled: int = 0
    truncated_us: int = 0
    shed_minor: int = 0
    entries: list[Entry] = []
    cases: list[Case] = []
    controls: list[Control] = []


class TraceNote(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """What a freeze request must know of the trace of reported money through an account.

    hop: the least of its chains, 1 = paid by the victim. still_minor: of the reported money, by the method. case_ref: "" if none.
    reported_us: when it was reported first.
    """

    method: str
    hop: int
    still_minor: int
    case_ref: str
    reported_us: int = 0


class AccountProfile(Profile):
    """An account, on its debit side and on its credit side.

    payees, payers, places, devices: memories (`recency.py`) of accounts paid, accounts paid by, terminals and devices used.
    bank, customer, is_on_us: what the newest record told of the account itself; the liaison must find it.
    habits: what is usual. excess: what lay above it lately. history: what happened, flagged or not.
    holder_type, cohort, payroll_count: of the holder, and how many wages it has paid out of batches (protection.py).
    trace: of reported money that came in, if any did (trace_ledger.py). freezes: the requests on it, oldest first.
    """

    payees: bytes = b""
    payers: bytes = b""
    places: bytes = b""
    devices: bytes = b""
    bank: str = ""
    customer: str = ""
    is_on_us: bool | None = None
    habits: Habits = msgspec.field(default_factory=Habits)
    excess: Excess = msgspec.field(default_factory=Excess)
    history: History = msgspec.field(default_factory=History)
    holder_type: str = ""
    cohort: str = ""
    payroll_count: int = 0
    trace: TraceNote | None = None
    freezes: list[FreezeLife] = []


class Disputed(msgspec.Struct, array_like=True, frozen=True, order=True, gc=False):
    """An account whose card was used at a machine before its abuse elsewhere was found a fraud. Times in seconds since 1970."""

    used_s: int
    account: str
    event_id: str
    abused_s: int


class TerminalProfile(Profile):
    """A cash machine: its withdrawals and deposits inside the longest window.

    disputed: what accounts told it (skimming.py). hours, draws: how many hours with withdrawals have settled, and how many of them;
    both are halved now and then, so that old habits fade. last_hour: the newest of those hours, since 1970.
    """

    disputed: list[Disputed] = []
    hours: int = 0
    draws: int = 0
    last_hour: int = 0


class DeviceProfile(Profile):
    """A handset or computer.

    holders: memory of the customers whose accounts it has used. first_s: when it was first used, 0 = unknown. newcomer_count: how
    many holders came to it that it did not remember.
    """

    holders: bytes = b""
    first_s: int = 0
    newcomer_count: int = 0


PROFILE_OF_KIND: dict[KeyKind, type[Profile]] = {
    "ACCOUNT": AccountProfile,
    "TERMINAL": TerminalProfile,
    "DEVICE": DeviceProfile,
}
_encode = msgspec.msgpack.Encoder().encode
_DECODERS = {kind: msgspec.msgpack.Decoder(profile_type) for kind, profile_type in PROFILE_OF_KIND.items()}


class ProfileVersionError(StoredStateError):
    """A stored profile was spoilt, or written by a version that this program cannot read; the process stops."""


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
