"""A case: everything said about one subject in one episode.

A case holds signals by (who said it, event, detector); a later statement about the same event replaces the earlier one, so a late
event or a reversal can take a suspicion back. What is published is a function of that set.

What it publishes goes by the `case_id` of the network that it belongs to (network.py); the one it has by itself is `Case.case_id`.

Ids are hashes of subject, role and the UTC day of the trigger that opens the case: the same log gives the same ids, also after a
crash or a repeat. Limit: which trigger opens the case is a matter of arrival. Of two triggers on both sides of UTC midnight (08:00
in Beijing) that arrive in the other order, the other day counts, and the same case has other ids; so it is where an episode ends,
if the sign that would have bridged the gap arrives after the one beyond it. Within one log this cannot be seen: a case keeps its
ids. An id that no order could change would have to count the episodes of a subject, and would name two of them alike once state
is rebuilt from less than the whole log.
"""

import hashlib
from collections import Counter

import msgspec

from models.freeze_guard import Gate
from models.keys import KeyKind
from models.people import Step
from models.policy import CaseBounds
from models.records import Source
from models.signal import SKIMMING, Role, Signal
from models.tie import ALONE, Belonging, Tie

_DAY_US = 86_400_000_000
_encode = msgspec.msgpack.Encoder().encode


class Context(msgspec.Struct, frozen=True, gc=False):
    """Where the item at hand came from, and when: `log_ms` is the broker's time of the source record, our `now`.

    event_id: the event that the item carries. gate: the guard that a freeze request has to pass, None where there is none.
    """

    topic: str
    partition: int
    offset: int
    log_ms: int
    event_id: str
    gate: Gate | None = None

    @property
    def source(self) -> Source:
        """Return the position as the contract has it."""
        return Source(topic=self.topic, partition=self.partition, offset=self.offset)


class Said(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """One signal, who stated it (b"" for the subject's own key, else the key it came from), and in which currency it counts."""

    origin: bytes
    signal: Signal
    currency: str


class Flow(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """One booked movement of the subject's account that matters to its case, with the fields a bank matches on."""

    event_id: str
    at_us: int
    amount_minor: int
    is_in: bool
    other: str
    bank: str


class Lot(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """What is left of one credit; event_id "" where it is not suspect."""

    event_id: str
    minor: int


class Asked(msgspec.Struct, array_like=True, gc=False):
    """The freeze request of a case as last published; its life is in the profile (freeze_life.py).

    is_proposed: a proposal is open or in force. digest: of its content, so that only a change is said again. number: of the case's
    requests.
    """

    request_id: str
    sequence: int
    is_proposed: bool
    digest: bytes
    number: int = 1


class Told(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """What of the last published alert decides whether it is worth repeating.

    digest: of what it said but for sums and action. is_freeze: whether it recommended a freeze request. people: digest of what
    people did about it. case_id: the id it went by. log_ms: when. held_back: digest of the reminder that was held back last since
    then, b"" for none.
    """

    digest: bytes
    at_risk_minor: int
    evidence_count: int
    is_freeze: bool
    people: bytes
    case_id: str
    log_ms: int
    held_back: bytes = b""


class Case(msgspec.Struct, array_like=True, gc=False):
    """One subject, one role, one episode. case_id: its own; see `network.case_id_of`.

    first_us, last_us: span of its triggers. digest, tier, typology: of the last published statement. currency: of the weightiest
    signal; sums of a case count nothing else. lots: what a mule's account held, oldest first, before the oldest entry it still
    shows. lost_minor: debits that a too busy key has dropped from among its entries, the newest at lost_us.
    told: what the last published alert came to. steps: what people said of it, oldest first; moves: what followed from that when
    the case was judged last; look_us: when to look again, because a hold or a snooze ends, 0 for never; confirmed: (kind, id, role,
    event) of what other subjects were told of a confirmed fraud, and its digest.
    day: of the trigger that opened it, days since 1970 UTC. ties, belongs, offered:
    its neighbours, the network it belongs to, and what it told them of that (network.py). turn: grows whenever it tells them; no
    later case of the subject starts below. waits: code of the reason why its freeze request does not go out yet. raised_us: log
    time of its first alert.
    """

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
    lots: list[Lot] = []
    lost_minor: int = 0
    lost_us: int = 0
    told: Told | None = None
    steps: list[Step] = []
    moves: list[str] = []
    look_us: int = 0
    confirmed: dict[tuple[KeyKind, str, Role, str], bytes] = {}
    day: int = 0
    ties: list[Tie] = []
    belongs: Belonging = ALONE
    offered: Belonging = ALONE
    turn: int = 0
    waits: str = ""
    raised_us: int = 0


def short_hash(*parts: str) -> str:
    """Return 20 hex digits of BLAKE2b over the parts, unambiguous in their boundaries.

    >>> short_hash("a", "bc") != short_hash("ab", "c")
    True
    """
    return hashlib.blake2b("\x00".join(parts).encode(), digest_size=10).hexdigest()


def digest_of(content: object) -> bytes:
    """Return 8 bytes by which content of stored structs is known again, so that only a change is said again."""
    return hashlib.blake2b(_encode(content), digest_size=8).digest()


def find_case(cases: list[Case], kind: KeyKind, identifier: str, role: Role, at_us: int, bounds: CaseBounds) -> Case:
    """Return the case of this role for an event at this time: the open one, or a new one that replaces an ended episode.

    A case with an open freeze proposal does not end: nothing else could withdraw the proposal. One of a skimming point ends late:
    its cards are disputed over weeks, and a verdict may turn.
    """
    for case in cases:
        if case.role == role:
            is_point = any(said.signal.detector == SKIMMING for said in case.said)
            gap_us = (bounds.point_gap_s if is_point else bounds.episode_gap_s) * 1_000_000
            if at_us <= case.last_us + gap_us or (case.asked is not None and case.asked.is_proposed):
                return case
            cases.remove(case)
            break
    day = at_us // _DAY_US
    case = Case(
        role,
        "c-" + short_hash("case", role, kind, identifier, str(day)),
        "a-" + short_hash("alert", role, kind, identifier, str(day)),
        at_us,
        at_us,
        day=day,
        turn=at_us,
    )
    cases.append(case)
    return case


def restate(case: Case, origin: bytes, event_id: str, signals: list[Signal], currency: str, bounds: CaseBounds) -> None:
    """Replace all that `origin` said about one event in some currency.

    With too many signals, or too large ones, the weakest and oldest of the detector that said most leave: a flood of one pattern
    never drowns another.
    """
    case.said = [said for said in case.said if said.origin != origin or said.signal.event_id != event_id]
    for signal in signals:
        case.said.append(Said(origin, signal, currency))
        case.first_us = min(case.first_us, signal.at_us)
        case.last_us = max(case.last_us, signal.at_us)
    while len(case.said) > bounds.signals_max or (len(case.said) > 1 and _size_bytes(case.said) > bounds.signals_bytes_max):
        counts = Counter(said.signal.detector for said in case.said)
        loudest = max(counts, key=lambda detector: (counts[detector], detector))
        case.said.remove(min((said for said in case.said if said.signal.detector == loudest), key=_weight))
    if case.said:
        _count_in(case, max(case.said, key=_weight).currency)


def _count_in(case: Case, currency: str) -> None:
    """Let the case's sums count one currency; what was kept of another is of no use for them."""
    if currency != case.currency:
        case.currency, case.flows, case.lots, case.lost_minor = currency, [], [], 0


def stands(cases: list[Case], event_id: str) -> bool:
    """Return whether an event of this key stands in one of its cases already: judged, named as evidence, or booked as a movement.

    Only what the key itself said counts: another key may name an event before it arrives here.
    """
    for case in cases:
        if any(flow.event_id == event_id for flow in case.flows):
            return True
        for said in case.said:
            if not said.origin and (said.signal.event_id == event_id or event_id in said.signal.evidence):
                return True
    return False


def _size_bytes(said: list[Said]) -> int:
    """Return the size of the stored form."""
    return len(_encode(said))


def _weight(said: Said) -> tuple[int, float, int, str, bytes]:
    signal = said.signal
    return signal.tier, signal.nats, signal.at_us, signal.event_id, said.origin
