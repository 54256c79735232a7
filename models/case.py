"""A case: everything said about one subject in one episode.

A case holds signals by (who said it, event, detector); a later statement about the same event replaces the earlier one, so a late
event or a reversal can take a suspicion back. What is published is a function of that set. Ids are hashes of the subject and of
the UTC day of the first trigger: the same log gives the same ids, and a change of order within that day does not change them.
"""

import hashlib
from collections import Counter

import msgspec

from models.keys import KeyKind
from models.policy import CaseBounds
from models.records import Source
from models.signal import Role, Signal

_DAY_US = 86_400_000_000
_encode = msgspec.msgpack.Encoder().encode


class Context(msgspec.Struct, frozen=True, gc=False):
    """Where the item at hand came from, and when: `log_ms` is the broker's time of the source record, our `now`.

    event_id: the event that the item carries.
    """

    topic: str
    partition: int
    offset: int
    log_ms: int
    event_id: str

    @property
    def source(self) -> Source:
        """Return the position as the contract has it."""
        return Source(topic=self.topic, partition=self.partition, offset=self.offset)


class Said(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """One signal and who stated it: b"" for the subject's own key, else the key it came from."""

    origin: bytes
    signal: Signal


class Flow(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """One booked movement of the subject's account that matters to its case, with the fields a bank matches on."""

    event_id: str
    at_us: int
    amount_minor: int
    is_in: bool
    other: str
    bank: str


class Asked(msgspec.Struct, array_like=True, gc=False):
    """The freeze request of a case as last published. digest: of its content, so that only a change is said again."""

    request_id: str
    sequence: int
    is_proposed: bool
    digest: bytes


class Case(msgspec.Struct, array_like=True, gc=False):
    """One subject, one role, one episode. first_us, last_us: span of its triggers. digest, tier, typology: of the last
    published statement."""

    role: Role
    case_id: str
    alert_id: str
    first_us: int
    last_us: int
    said: list[Said] = []
    revision: int = 0
    digest: bytes = b""
    tier: int = 0
    typology: str = ""
    currency: str = ""
    flows: list[Flow] = []
    asked: Asked | None = None


def short_hash(*parts: str) -> str:
    """Return 20 hex digits of BLAKE2b over the parts, unambiguous in their boundaries.

    >>> short_hash("a", "bc") != short_hash("ab", "c")
    True
    """
    return hashlib.blake2b("\x00".join(parts).encode(), digest_size=10).hexdigest()


def find_case(cases: list[Case], kind: KeyKind, identifier: str, role: Role, at_us: int, bounds: CaseBounds) -> Case:
    """Return the case of this role for an event at this time: the open one, or a new one that replaces an ended episode.

    A case with an open freeze proposal does not end: nothing else could withdraw the proposal.
    """
    gap_us = bounds.episode_gap_s * 1_000_000
    for case in cases:
        if case.role == role:
            if at_us <= case.last_us + gap_us or (case.asked is not None and case.asked.is_proposed):
                return case
            cases.remove(case)
            break
    day = str(at_us // _DAY_US)
    case = Case(
        role,
        "c-" + short_hash("case", role, kind, identifier, day),
        "a-" + short_hash("alert", role, kind, identifier, day),
        at_us,
        at_us,
    )
    cases.append(case)
    return case


def restate(case: Case, origin: bytes, event_id: str, signals: list[Signal], bounds: CaseBounds) -> None:
    """Replace all that `origin` said about one event.

    With too many signals, or too large ones, the weakest and oldest of the detector that said most leave: a flood of one pattern
    never drowns another.
    """
    case.said = [said for said in case.said if said.origin != origin or said.signal.event_id != event_id]
    for signal in signals:
        case.said.append(Said(origin, signal))
        case.first_us = min(case.first_us, signal.at_us)
        case.last_us = max(case.last_us, signal.at_us)
    while len(case.said) > bounds.signals_max or (len(case.said) > 1 and _size_bytes(case.said) > bounds.signals_bytes_max):
        counts = Counter(said.signal.detector for said in case.said)
        loudest = max(counts, key=lambda detector: (counts[detector], detector))
        case.said.remove(min((said for said in case.said if said.signal.detector == loudest), key=_weight))


def _size_bytes(said: list[Said]) -> int:
    """Return the size of the stored form."""
    return len(_encode(said))


def _weight(said: Said) -> tuple[int, float, int, str, bytes]:
    signal = said.signal
    return signal.tier, signal.nats, signal.at_us, signal.event_id, said.origin
