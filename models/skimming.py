"""A3, skimming point (侧录点): cards copied at one machine are later abused elsewhere. Pure.

Seen at the k-th dispute: a person finds a card payment FRAUD, and three such cards had been used at one machine in one hour within
the thirty days before. No event shows it, so no detector examines it: it is a combination. The account says at which machines its
card was used before (stream/dispute_book.py); the machine keeps what it was told and counts accounts within an hour, held against
its usual withdrawals in an hour. Key: terminal. Not to be confused with: a merely busy machine (N7), at which by chance three of
many are robbed later; their share in its usual hour is small. A verdict LEGITIMATE takes back what its event told.
Cannot see: which of several machines at which all the cards met was the one; cards copied at tills, or online; that the cards of
one gang were used by it at one machine. Source of the pattern: Kunshan, 11 customers; thresholds: ours.
"""

from typing import Final

import msgspec

from models.case import Case, Context, find_case, restate
from models.consequences import follow
from models.decision import Decision, Statement
from models.policy import Skimming
from models.profile import Disputed, Profile, TerminalProfile
from models.records import CounterEvidence, Reason
from models.rulebook import Rulebook
from models.settling import draws_after
from models.signal import SKIMMING, Signal, percent

TYPOLOGY: Final = "A3"
TOLD: Final = b"U:"
_POINT: Final = b"P:"


def statement_of(place: str, disputed: Disputed, *, stands: bool) -> Statement:
    """Return what an account tells a machine: its card was used there, and is disputed since; or that it no longer is."""
    origin = TOLD + f"{disputed.used_s}:{disputed.account}".encode()
    signal = _signal(disputed.event_id, disputed.abused_s * 1_000_000, 0, 0.0, 0.0, (), (disputed.event_id,)) if stands else None
    return Statement("TERMINAL", place, "TERMINAL", origin, disputed.event_id, "", signal)


def hear_dispute(terminal: str, profile: Profile, statement: Statement, rulebook: Rulebook, context: Context) -> Decision:
    """Take what an account told a machine, and publish what the machine comes to. A repeat changes nothing."""
    decision = Decision("accepted")
    assert isinstance(profile, TerminalProfile)
    used, _, account = statement.origin.removeprefix(TOLD).decode().partition(":")
    kept = [
        known
        for known in profile.disputed
        if (known.used_s, known.account, known.event_id) != (int(used), account, statement.event_id)
    ]
    if statement.signal is not None:
        kept.append(Disputed(int(used), account, statement.event_id, statement.signal.at_us // 1_000_000))
    profile.disputed = sorted(kept)[-rulebook.skimming.disputed_max :]
    touched: list[Case] = []
    judge_point(terminal, profile, rulebook, touched)
    if touched:
        follow("TERMINAL", terminal, profile, touched, rulebook, context, decision)
    return decision


def judge_point(terminal: str, profile: Profile, rulebook: Rulebook, touched: list[Case]) -> None:
    """Bring the machine's case up to date with its disputed cards and its usual volume.

    A function of both, whatever the order in which they came. The case that says it already goes on saying it, however much later
    a card was abused.
    touched: the case is added if it has changed.
    """
    if not isinstance(profile, TerminalProfile) or not (profile.disputed or profile.cases):
        return
    origin = _POINT + terminal.encode()
    known = next((case for case in profile.cases if any(said.origin == origin for said in case.said)), None)
    before = None if known is None else next(said.signal for said in known.said if said.origin == origin)
    now = point_of(profile, rulebook.skimming)
    if now == before:
        return
    if before is None and now is not None and now.at_us < profile.mark_us - rulebook.cases.point_gap_s * 1_000_000:
        return  # it was told in an episode that has ended
    at_us = now.at_us if now is not None else profile.mark_us
    case = known or find_case(profile.cases, "TERMINAL", terminal, "TERMINAL", at_us, rulebook.cases)
    currency = case.currency or rulebook.country.currency
    if before is not None:
        restate(case, origin, before.event_id, [], currency, rulebook.cases)
    if now is not None:
        restate(case, origin, now.event_id, [now], currency, rulebook.cases)
    if case not in touched:
        touched.append(case)


def point_of(profile: TerminalProfile, policy: Skimming) -> Signal | None:
    """Return what the hour with the most disputed cards comes to: tier 2, 1, or 0 as support; None if it is nothing.

    Of equal hours the first counts. Each account counts once, however many of its events are disputed.
    """
    found: list[Disputed] = []
    for first in profile.disputed:
        hour = [other for other in profile.disputed if 0 <= other.used_s - first.used_s < policy.window_s]
        if _accounts(hour) > _accounts(found):
            found = hour
    cards = _accounts(found)
    if cards < max(2, policy.cards_min - 1):
        return None
    usual = usual_draws(profile)
    share = min(1.0, cards / usual)
    tier = 0 if cards < policy.cards_min else 1 + (share >= policy.share_min)
    if share < policy.reminder_share:
        return None
    strength = min(1.0, max(0.2, 0.7 + 0.1 * (cards - policy.cards_min))) * min(1.0, share / policy.share_min)
    events = sorted({(disputed.abused_s, disputed.event_id) for disputed in found})
    at_s, event_id = events[-1]
    evidence = tuple(event_id for _, event_id in events[-policy.evidence_max :])
    reasons = _reasons(cards, usual, share, policy)
    signal = _signal(event_id, at_s * 1_000_000, tier, strength, strength * policy.weight, reasons, evidence)
    return msgspec.structs.replace(signal, counter=(_busy(usual, is_chance=share < policy.share_min),))


def usual_draws(profile: TerminalProfile) -> int:
    """Return how many withdrawals an hour with any usually has at a machine, at least 1.

    Rounded ever more coarsely, so that one customer more says nothing new.
    """
    draws, hours, last_hour = profile.draws, profile.hours, profile.last_hour
    for entry in profile.entries[profile.settled :]:
        draws, hours, last_hour = draws_after(entry.at_us, entry.code, draws, hours, last_hour)
    usual = round(draws / hours) if hours else 1
    step = 1 if usual < 10 else 5 if usual < 50 else 10
    return max(1, round(usual / step) * step)


def _accounts(disputed: list[Disputed]) -> int:
    return len({one.account for one in disputed})


def _signal(
    event_id: str, at_us: int, tier: int, strength: float, nats: float, reasons: tuple[Reason, ...], evidence: tuple[str, ...]
) -> Signal:
    return Signal(SKIMMING, 1, TYPOLOGY, "TERMINAL", event_id, at_us, tier, strength, nats, reasons, evidence)


def _busy(usual: int, *, is_chance: bool) -> CounterEvidence:
    """Return the line on the busy machine; of the catalogue's, the market machine is the one that is merely busy."""
    return CounterEvidence(
        lookalike="N7",
        zh=f"平时一小时约{usual}笔取现，{'部分可能是巧合。' if is_chance else '不足以用机具繁忙解释。'}",
        en=f"About {usual} withdrawals in a usual hour: "
        + ("chance may have brought some of these cards together." if is_chance else "too few for chance to explain it."),
    )


def _reasons(cards: int, usual: int, share: float, policy: Skimming) -> tuple[Reason, ...]:
    return (
        Reason(
            code="DISPUTED_CARDS",
            zh=f"{cards}张被盗刷的卡此前在本机具同一小时内用过。请检查设备并保留录像。",
            en=f"{cards} abused cards were used at this machine within one hour before. Inspect it and keep the video.",
            value=float(cards),
            threshold=float(policy.cards_min),
            window_s=policy.window_s,
        ),
        Reason(
            code="USUAL_HOUR_SHARE",
            zh=f"本机具平时一小时约{usual}笔取现，上述卡占{percent(share)}%。",
            en=f"An hour at this machine usually has about {usual} withdrawals; these cards make {percent(share)}% of it.",
            value=round(share, 4),
            threshold=policy.share_min,
        ),
    )
