"""What many accounts tell one machine becomes one signal there, and each of the accounts hears what it came to.

An account knows at which machines it drew, a machine knows who drew at it: only together do they see that a set of cards moved
(W3). So accounts tell the second machine, as support in its case; here that is gathered anew whenever the case or the machine's
own record changes. What comes out is a function of both, whatever the order in which they came. It stands in the case under an
origin of its own, so that it replaces nothing that the machine or an account said, and can be taken back from every account it
was told to.
"""

from typing import Final

from models.case import Case, restate
from models.decision import Decision, Statement
from models.profile import Profile
from models.rulebook import Rulebook
from models.signal import MULE, Signal
from models.view import View
from models.weighing import held_against_lookalikes

_GATHERED: Final = b"S:"


def gather(terminal: str, profile: Profile, rulebook: Rulebook, touched: list[Case], decision: Decision) -> None:
    """Bring what accounts told a machine up to date in its case; state changes of it to the accounts.

    touched: the case is added if it has changed.
    """
    case = next((case for case in profile.cases if case.role == "TERMINAL"), None)
    if case is None:
        return
    origin = _GATHERED + terminal.encode()
    typologies = rulebook.card_sets.typologies
    told = [said for said in case.said if said.origin != origin and not said.signal.tier and said.signal.typology in typologies]
    before = next((said.signal for said in case.said if said.origin == origin), None)
    if not told and before is None:
        return
    signals = [said.signal for said in told]
    if before is not None and _has_left(before, signals, profile, rulebook):
        return
    now = _gathered(terminal, signals, profile, rulebook)
    if now == before:
        return
    currency = told[-1].currency if told else case.currency
    if before is not None:
        restate(case, origin, before.event_id, [], currency, rulebook.cases)
    if now is not None:
        restate(case, origin, now.event_id, [now], currency, rulebook.cases)
    if case not in touched:
        touched.append(case)
    _tell(origin, signals, before, now, currency, decision)


def _has_left(before: Signal, told: list[Signal], profile: Profile, rulebook: Rulebook) -> bool:
    """Return whether the machine no longer keeps who drew beside the set: then what was gathered stands as it is."""
    kept_us = max(profile.truncated_us, profile.mark_us - rulebook.bounds.retention_us)
    return any(signal.at_us <= kept_us for signal in told if signal.event_id in before.evidence)


def _gathered(terminal: str, told: list[Signal], profile: Profile, rulebook: Rulebook) -> Signal | None:
    kept_us = max(profile.truncated_us, profile.mark_us - rulebook.bounds.retention_us)
    detector = rulebook.card_sets
    signal = detector.gathered([signal for signal in told if signal.at_us > kept_us], profile)
    if signal is None:
        return None
    at = next(index for index, entry in enumerate(profile.entries) if entry.event_id == signal.event_id)
    view = View(terminal, profile, profile.entries, at, rulebook.bounds)
    return held_against_lookalikes(view, detector, signal, rulebook)


def _tell(origin: bytes, told: list[Signal], before: Signal | None, now: Signal | None, currency: str, decision: Decision) -> None:
    """State to each account of the set what it was part of, about its own withdrawals; take it back from who no longer is."""
    own = {signal.event_id: signal for signal in told}
    after = _accounts(now)
    for account, event_id in _accounts(before):
        if (account, event_id) not in after:
            decision.statements.append(Statement("ACCOUNT", account, MULE, origin, event_id, currency, None))
    for account, event_id in after:
        assert now is not None
        tier = next(other.tier for other in now.also if other.id == account)
        decision.statements.append(
            Statement("ACCOUNT", account, MULE, origin, event_id, currency, _of_account(now, own[event_id], tier))
        )


def _accounts(signal: Signal | None) -> list[tuple[str, str]]:
    """Return (account, its withdrawal here) of a set, in the order of the withdrawals."""
    return [] if signal is None else [(other.id, event_id) for other, event_id in zip(signal.also, signal.evidence, strict=False)]


def _of_account(gathered: Signal, own: Signal, tier: int) -> Signal:
    """Return what was gathered as said of one account: about its withdrawals at both machines."""
    return Signal(
        detector=gathered.detector,
        version=gathered.version,
        typology=gathered.typology,
        role=MULE,
        event_id=own.event_id,
        at_us=own.at_us,
        tier=tier,
        strength=gathered.strength,
        nats=gathered.nats,
        reasons=gathered.reasons,
        evidence=own.evidence,
        counter=gathered.counter,
        from_place=gathered.from_place,
        from_us=own.from_us,
    )
