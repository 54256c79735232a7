"""What one detector says about one event and one subject, and the counter-evidence it met."""

from typing import Final, Literal

import msgspec

from models import entry as e
from models.keys import KeyKind
from models.records import CounterEvidence, Reason

Role = Literal["VICTIM_SUSPECTED", "MULE_SUSPECTED", "TERMINAL", "DEVICE"]
VICTIM: Role = "VICTIM_SUSPECTED"
MULE: Role = "MULE_SUSPECTED"
ATTACKS = ("A1", "A2")
"""Typologies of attacks on the bank itself: the card is held at once, for what is still there; its holder has no answer."""
MoneyState = Literal["REQUESTED", "REVOCABLE", "MOVED"]


class Also(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """Another subject to whom a signal matters, at a tier of its own (0: supports, raises nothing by itself)."""

    kind: KeyKind
    id: str
    role: Role
    tier: int
    typology: str


class Signal(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """A suspicion with its strength, before it meets the other signals of its case.

    event_id, at_us: the event examined. tier: 0 supports only, 1..3 as in the contract. strength: 0..1, uncalibrated.
    nats: strength times the detector's weight, a log-likelihood ratio; signals add up in it. evidence: event ids, oldest first,
    `event_id` last.
    at_risk_minor: money that can still be lost, as this detector sees it. also: further subjects. money:
    whether the payment waits for release, can be revoked, or has moved. from_place, from_us: the machine at which the account
    drew before, and when, where that matters to the machine it is told to. paid: the account that the event itself paid, where
    `also` names several; "" elsewhere.
    """

    detector: str
    version: int
    typology: str
    role: Role
    event_id: str
    at_us: int
    tier: int
    strength: float
    nats: float
    reasons: tuple[Reason, ...]
    evidence: tuple[str, ...]
    at_risk_minor: int = 0
    also: tuple[Also, ...] = ()
    counter: tuple[CounterEvidence, ...] = ()
    money: MoneyState = "MOVED"
    from_place: str = ""
    from_us: int = 0
    paid: str = ""


PERSONS_WORD: Final = "disposition"
"""Detector name of what a person's verdict on one account says about those it paid."""
SKIMMING: Final = "skimming_point"
"""Detector name of what verdicts on card payments say about a machine at which the cards were used before."""


def raised_by(signal: Signal) -> tuple[str, ...]:
    """Return the events that a raising signal rests on: a pattern (tier 2 or 3) on all its evidence, a weaker sign on its own.

    What follows from people's word rests on none: a verdict on a payment reaches the payee, or the machine, once, and goes no
    further by itself.
    """
    if signal.detector in (PERSONS_WORD, SKIMMING):
        return ()
    if signal.tier >= 2:
        return (signal.event_id, *(event_id for event_id in signal.evidence if event_id != signal.event_id))
    return (signal.event_id,) if signal.tier else ()


def money_state(code: int) -> MoneyState:
    """Return where the money of an entry is, by its status and arrival mode."""
    if code & e.REQUESTED:
        return "REQUESTED"
    return "REVOCABLE" if code & e.REVOCABLE else "MOVED"


def percent(share: float) -> int:
    """Return a share as whole percent, for texts.

    >>> percent(0.834)
    83
    """
    return round(share * 100)


def hours(duration_s: int) -> int:
    """Return a duration as whole hours, at least one, rounded up, for texts.

    >>> hours(86_400), hours(600)
    (24, 1)
    """
    return max(1, -(-duration_s // 3_600))


def yuan(amount_minor: int) -> str:
    """Return an amount for people: two decimals, thousands apart.

    >>> yuan(4_980_000)
    '49,800.00'
    """
    return f"{amount_minor // 100:,}.{amount_minor % 100:02d}"
