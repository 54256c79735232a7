"""What deciding on one event at one key gives: a decision, and statements for other keys."""

import msgspec

from models.keys import KeyKind
from models.records import Alert, FreezeRequest, Tier
from models.signal import Role, Signal
from models.timeline import Outcome


class Statement(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """What one key has to say to another key's case about one event; `signal` None takes back what was said before."""

    kind: KeyKind
    id: str
    role: Role
    origin: bytes
    event_id: str
    currency: str
    signal: Signal | None


class Decision(msgspec.Struct, gc=False):
    """What follows from one item. score, tier, typology: of the item's own event, as this key sees it."""

    outcome: Outcome
    score: float = 0.0
    tier: Tier = 0
    typology: str = ""
    alerts: list[Alert] = []
    requests: list[FreezeRequest] = []
    statements: list[Statement] = []
