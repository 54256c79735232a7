"""What deciding on one event at one key gives: a decision, statements for other keys, and scores."""

from typing import NamedTuple

import msgspec

from models.keys import KeyKind
from models.records import Alert, FreezeRequest, SeenAs, Tier
from models.signal import Role, Signal
from models.tie import Link
from models.timeline import Outcome


class Statement(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """What one key has to say to another key's case about one event; `signal` None takes back what was said before.

    link: how the two cases are tied (network.py). One that is alone says nothing of the event, which only caused it.
    """

    kind: KeyKind
    id: str
    role: Role
    origin: bytes
    event_id: str
    currency: str
    signal: Signal | None
    link: Link | None = None


class ScoreLine(NamedTuple):
    """The score of one transaction as one of its keys sees it: the last line of a key counts, and of those the highest.

    seen_as: which party of the transaction the key is; typology: "" if nothing is suspected.
    """

    event_id: str
    at_us: int
    score: float
    tier: Tier
    typology: str
    seen_as: SeenAs


class Row(msgspec.Struct, array_like=True, gc=False):
    """A scored event as one of its keys saw it, kept for the label that may come.

    event: its mark, 0 if the row is not worth keeping. key: of the state. bins: values of `features.FEATURES`. signs: the detectors
    that spoke. evidence: nats it was scored by, what was learnt left out. weight: how many events it stands for. is_doubtful:
    silence on it proves nothing. is_top: its score was among the day's highest. label: what a person found, "" = nothing yet.
    """

    event: int
    key: bytes
    at_us: int
    bins: bytes
    signs: dict[str, int]
    evidence: float
    score: float = 0.0
    tier: int = 0
    weight: int = 1
    is_doubtful: bool = False
    is_top: bool = False
    label: str = ""


class RequestMade(NamedTuple):
    """When a freeze request was made and its alert raised, both log times, and when a victim reported; 0 for never."""

    made_us: int
    alerted_us: int
    reported_us: int


class LiaisonAnswer(NamedTuple):
    """An answer that was news. how: applied or stale. after_s: from the first proposal, None where it is not the first of its kind.

    minor: what is held by it, or was until it, in `currency`. is_wrong: it says that the request was wrong.
    """

    status: str
    how: str
    after_s: float | None
    minor: int
    currency: str
    is_wrong: bool


class Decision(msgspec.Struct, gc=False):
    """What follows from one item. scores: if asked for, of the item's own event and of those examined again because of it.

    raised: events that a raising signal rests on, so that a disposition on one of them concerns this key. moves: what people or
    deadlines changed, by reason code. is_applied: of a disposition or a control, whether it was news.
    held_back: reminders not published, because the subject was reminded of the same not long ago. row: the item's own event for
    the label that may come. answers: of the liaison, those that were news.
    """

    outcome: Outcome
    scores: list[ScoreLine] = []
    alerts: list[Alert] = []
    requests: list[FreezeRequest] = []
    statements: list[Statement] = []
    raised: list[str] = []
    moves: list[str] = []
    is_applied: bool = False
    held_back: int = 0
    row: Row | None = None
    answers: list[LiaisonAnswer] = []
