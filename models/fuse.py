"""Signals of one case become one score and one tier, whatever the order in which they came.

The score is a probability in the sense of Bayes: the log-odds of the stated prevalence plus the log-likelihood ratio (nats) of each
detector's strongest signal. The weights are the policy's judgement until dispositions calibrate them. The tier follows rules a
person can check: the highest tier stated, raised to the police by corroboration, capped for victims.

Signs fade instead of falling off a cliff at a window's edge: what a sign weighs halves with every `half_life_s` that it is older
than the newest one of its case, in event time. And weak signs add up: what stays just under the threshold of one detector, pauses
just beyond a window or is split among payees leaves a reminder here and a supporting sign there, none of which is a matter for
people by itself. Where the faded signs of several detectors reach a score together, counter-evidence taken off, it is.
"""

import math
from collections.abc import Iterable, Sequence

import msgspec

from models.policy import Fusion
from models.records import Tier
from models.signal import MULE, VICTIM, Also, Role, Signal


class Assessment(msgspec.Struct, frozen=True):
    """What a case amounts to.

    leading: the weightiest signal of the highest tier stated, the newest of equals; it gives typology and trigger. None when
    nothing reaches tier 1.
    """

    tier: Tier
    score: float
    leading: Signal | None


_TIERS: tuple[Tier, Tier, Tier, Tier] = (0, 1, 2, 3)


def log_odds(probability: float) -> float:
    """Return ln(p / (1 - p)).

    >>> log_odds(0.5)
    0.0
    """
    return math.log(probability / (1.0 - probability))


def score_of(prevalence: float, nats: Iterable[float], digits: int = 6) -> float:
    """Return the probability after independent pieces of evidence, rounded to so many digits.

    `math.fsum` is exact, so the order of the evidence cannot show.

    >>> score_of(1 / 18_000, [])
    5.6e-05
    >>> score_of(1 / 18_000, [9.8])
    0.500482
    """
    total = math.fsum([log_odds(prevalence), *nats])
    return round(1.0 / (1.0 + math.exp(-total)), digits)


def explain_away(signal: Signal, explained: float, fusion: Fusion) -> Signal:
    """Return a signal weakened by counter-evidence: less strength, fewer nats, a lower tier, for its other subjects too.

    explained: 0..1, the part that look-alikes explain. Never a hard exemption: beyond `explained_max` something always stays.
    What raises nothing here any more says nothing elsewhere, nor does support mostly explained.
    """
    if explained <= 0.0:
        return signal
    explained = min(explained, fusion.explained_max)
    steps = (explained >= fusion.explained_share) + (explained >= fusion.doubly_explained_share)
    keep = 1.0 - explained
    tier = max(0, signal.tier - steps)
    also = tuple(Also(other.kind, other.id, other.role, max(0, other.tier - steps), other.typology) for other in signal.also)
    return msgspec.structs.replace(
        signal,
        tier=tier,
        strength=signal.strength * keep,
        nats=signal.nats * keep,
        also=also if tier or not (signal.tier or steps) else (),
    )


def assess(role: Role, signals: list[Signal], fusion: Fusion) -> Assessment:
    """Return tier, score and leading signal of a case.

    A reminder becomes tier 2 when weak signs of several detectors add up (`adds_up`). Mule side: a near miss after a probe is the
    manager's, and tier 2 becomes 3 when enough independent facts agree (`independent_facts`). Victim side: never above
    `victim_tier_max` by itself.
    """
    score = score_of(fusion.prevalence, strongest_faded(signals, fusion).values())
    raising = [signal for signal in signals if signal.tier >= 1]
    if not raising:
        return Assessment(0, score, None)
    tier = _TIERS[max(signal.tier for signal in raising)]
    if role == MULE and tier == 1 and _is_probed(signals):
        tier = 2
    if role == MULE and tier == 2 and independent_facts(signals) > fusion.corroborations_for_police:
        tier = 3
    if tier == 1 and role in (MULE, VICTIM) and adds_up(role, signals, fusion):
        tier = 2
    if role == VICTIM:
        tier = _TIERS[min(tier, fusion.victim_tier_max)]
    return Assessment(tier, score, leading_of(raising))


def leading_of(raising: list[Signal]) -> Signal:
    """Return the weightiest of the highest tier, the newest of equals; `raising` must not be empty."""
    return min(raising, key=_leading_order)


def _leading_order(signal: Signal) -> tuple[int, bool, float, str, int, str]:
    """Return what a signal is ordered by; a victim's report (M7) leads only where no pattern tells the story."""
    is_report = signal.role == VICTIM and signal.typology == "M7"
    return -signal.tier, is_report, -signal.nats, signal.typology, -signal.at_us, signal.event_id


def strongest_faded(signals: Sequence[Signal], fusion: Fusion) -> dict[str, float]:
    """Return each detector's heaviest signal in nats, faded by its age against the newest signal."""
    newest_us = max((signal.at_us for signal in signals), default=0)
    strongest: dict[str, float] = {}
    for signal in signals:
        nats = signal.nats * 0.5 ** ((newest_us - signal.at_us) / (fusion.half_life_s * 1_000_000))
        strongest[signal.detector] = max(strongest.get(signal.detector, 0.0), nats)
    return strongest


def adds_up(role: Role, signals: Sequence[Signal], fusion: Fusion) -> bool:
    """Return whether weak signs of several detectors together are a matter for people.

    Signs of one fact count once (`_SAME_FACT`). On the mule side it takes one fact more: who collects from many and pays it on,
    as a class representative does, shows two already.

    Only what was seen of the subject's own doing counts. What a payer's or a machine's key says of it is support of patterns that
    it shows itself (`independent_facts`, hearsay); unusual behaviour hangs on the order in which a segment learned, and may raise
    nothing.
    """
    own = [signal for signal in signals if signal.tier or not (_is_hearsay(signal) or signal.typology in _SUPPORT_ONLY)]
    facts = len({_SAME_FACT.get(signal.typology, signal.typology) for signal in own})
    facts_min = fusion.accumulated_facts_min + (role == MULE)
    return facts >= facts_min and (
        score_of(fusion.prevalence, strongest_faded(own, fusion).values()) >= fusion.accumulated_score_min
    )


def _is_hearsay(signal: Signal) -> bool:
    return signal.role == MULE and _is_payers(signal)


_SUPPORT_ONLY = ("", "W2")
"""Typologies of tier 0 that are no sign of one's own: unusual behaviour has none, W2 is a machine's word that was not borne out."""

_SAME_FACT = {"W1": "M1", "M3": "M1", "M5": "M1", "M8": "M1", "V6": "M2", "V7": "M2", "W3": "W2"}
"""Typologies that see one fact twice: strangers' money that leaves at once does so in cash, in slices, from a fresh account or in
many rounds; many strangers pay whether for fees, for goods or for nothing told; a stack of cards at two machines is one stack."""
_PROBED = ("M1", "M5")
"""A near miss of these after a probe (M4) is the manager's."""
_PAYEES = ("V6", "V7")
"""Typologies of the V series that are about the account paid, and stated by itself."""


def independent_facts(signals: Iterable[Signal]) -> int:
    """Return how many independent facts speak against a mule's account.

    Each tier-2 pattern is one fact, those of `_SAME_FACT` together. What the payer's own alert says (a victim's V or X, M7 of a
    mule one step earlier) is one more, provided it is about the same money: a payment that one of the patterns names, or any
    where cards were emptied at a machine (W2), which names withdrawals only. A payer confirmed as a mule (M7 at tier 2) is no
    second fact beside the payer's own pattern. That the account is worked from a device with those of others (M6) is one more
    beside a pattern of money.
    """
    signals = list(signals)
    patterns = [signal for signal in signals if signal.tier >= 2]
    is_farmed = bool(patterns) and any(signal.typology == "M6" and signal.tier == 1 for signal in signals)
    facts = {_SAME_FACT.get(signal.typology, signal.typology) for signal in patterns}
    named = {event_id for signal in patterns for event_id in signal.evidence}
    is_upheld = any(
        _is_payers(signal) and signal.typology not in facts and ("W2" in facts or not named.isdisjoint(signal.evidence))
        for signal in signals
    )
    return len(facts) + is_upheld + is_farmed


def _is_probed(signals: Iterable[Signal]) -> bool:
    """Return whether the account was tried with a few yuan, loaded, and comes near a pass-through or a wakened sleeper."""
    found = {signal.typology for signal in signals if signal.tier >= (signal.typology != "M4")}
    return "M4" in found and not found.isdisjoint(_PROBED)


def _is_payers(signal: Signal) -> bool:
    """Return whether a signal is what the payer's key says about this payee."""
    typology = signal.typology
    return signal.tier == 0 and typology not in _PAYEES and (typology[:1] in ("V", "X") or typology == "M7")
