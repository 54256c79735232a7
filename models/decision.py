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
    answers: of the liaison, those that were news.
    held_back: reminders not published, because the subject was reminded of the same not long ago.
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
    answers: list[LiaisonAnswer] = []
