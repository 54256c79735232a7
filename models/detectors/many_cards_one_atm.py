"""W2, many cards at one ATM (多卡一机): a runner empties a stack of unrelated cards at one machine, one after the other.

Seen at the third card. Key: terminal. It alerts on the machine, so that someone goes there, and states to each account of the run
that it was part of it. That counts against an account only if strangers' money was drawn there (`models/hearsay.py`).
Looks at: distinct customers in `window_s`, seconds between cards, whether each took near the cap or emptied its account.
Not to be confused with: N6 factory pay-day queue.
Cannot see: the video, the engineer's test cards, what was credited to the accounts (their own keys see that).
"""

import msgspec

from models import entry as e
from models.detector import Detector
from models.entry import Entry
from models.records import Reason
from models.signal import MULE, Also, Signal
from models.view import View


class ManyCardsOneAtmPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """Thresholds; reasons in the policy file."""

    window_s: int
    cards_min: int
    switch_max_s: int
    day_cap_minor: int
    cap_share_min: float
    emptied_share_max: float
    emptied_min_minor: int
    weight: float


class ManyCardsOneAtm(Detector[ManyCardsOneAtmPolicy]):
    """Examines withdrawals at their machine; states to the accounts of the run that they were part of it."""

    name = "many_cards_one_atm"
    typologies = ("W2",)
    keyed_by = "TERMINAL"
    shapes = (e.CASH,)
    role = "TERMINAL"
    lookalikes = ("N6",)
    Policy = ManyCardsOneAtmPolicy

    def examine(self, view: View) -> Signal | None:
        """Return a signal from the k-th unrelated card of an unbroken run on, for the machine and for the accounts."""
        now, policy = view.now, self.policy
        if view.index + 1 < policy.cards_min or not now.code & e.MONEY:
            return None
        run = self._run(view)
        holders: dict[int, list[Entry]] = {}
        for entry in run:
            holders.setdefault(entry.who, []).append(entry)
        spent = {who: taken for who, taken in holders.items() if self._is_spent(taken)}
        if len(spent) < policy.cards_min or now.who not in spent:
            return None
        cards = len(spent)
        drawn = [entry for entry in run if entry.who in spent]
        minutes = max(1, -(-(now.at_us - drawn[0].at_us) // 60_000_000))
        strength = min(1.0, 0.7 + 0.1 * (cards - policy.cards_min))
        accounts = sorted({entry.other for entry in drawn[-view.bounds.evidence_max :]})  # the others were named before
        return Signal(
            detector=self.name,
            version=self.version,
            typology="W2",
            role="TERMINAL",
            event_id=now.event_id,
            at_us=now.at_us,
            tier=3,
            strength=strength,
            nats=strength * policy.weight,
            reasons=(
                Reason(
                    code="DISTINCT_CARDS",
                    zh=f"{minutes}分钟内{cards}张无关卡在同一台机具连续取现，每张接近限额或取空。请立即到现场查看并保留录像。",
                    en=f"{cards} unrelated cards in {minutes} min at one machine, each near its cap or emptied. "
                    "Go there now and keep the video.",
                    value=float(cards),
                    threshold=float(policy.cards_min),
                    window_s=policy.window_s,
                ),
            ),
            evidence=tuple(entry.event_id for entry in drawn),
            at_risk_minor=sum(entry.amount_minor for entry in drawn),
            also=tuple(Also("ACCOUNT", account, MULE, 3, "W2") for account in accounts),
        )

    def _run(self, view: View) -> list[Entry]:
        """Return the unbroken sequence of withdrawals that ends with the event: no gap over `switch_max_s`."""
        window = [entry for entry in view.window(self.policy.window_s) if entry.code & e.MONEY]
        first = len(window) - 1
        while first and window[first].at_us - window[first - 1].at_us <= self.policy.switch_max_s * 1_000_000:
            first -= 1
        return window[first:]

    def _is_spent(self, taken: list[Entry]) -> bool:
        """Return whether one holder took near the cap, or left next to nothing of a sum worth taking."""
        policy = self.policy
        total_minor = sum(entry.amount_minor for entry in taken)
        if total_minor >= policy.cap_share_min * policy.day_cap_minor:
            return True
        left_minor = taken[-1].balance_minor
        return (
            left_minor is not None
            and total_minor >= policy.emptied_min_minor
            and left_minor <= policy.emptied_share_max * (total_minor + left_minor)
        )
