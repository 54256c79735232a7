"""W2, many cards at one ATM (多卡一机): a runner empties a stack of unrelated cards at one machine, one after the other.

Seen at the third card. Key: terminal. It alerts on the machine, so that someone goes there, and states to each account of the
run that it was part of it. That counts against an account only if strangers' money was drawn there (`models/hearsay.py`).
Looks at: distinct customers in `window_s`, seconds between cards, how nearly each took the cap or emptied its account. There is
no edge to stay below: a pause or a smaller sum makes a card weigh less, and more cards make up for it.
Not to be confused with: N6 factory pay-day queue, N7 market machine, N8 a carer on pension day, N17 test cards.
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
    pause_max_s: int
    day_cap_minor: int
    cap_share_min: float
    emptied_share_max: float
    emptied_min_minor: int
    spent_share_min: float
    manager_share: float
    reminder_share: float
    weight: float


class ManyCardsOneAtm(Detector[ManyCardsOneAtmPolicy]):
    """Examines withdrawals at their machine; states to the accounts of the run that they were part of it."""

    name = "many_cards_one_atm"
    typologies = ("W2",)
    keyed_by = "TERMINAL"
    shapes = (e.CASH,)
    role = "TERMINAL"
    lookalikes = ("N6", "N7", "N8", "N17")
    Policy = ManyCardsOneAtmPolicy

    def examine(self, view: View) -> Signal | None:
        """Return a signal from the k-th unrelated card of a run on, for the machine and for the accounts.

        Each card weighs by how nearly it was drawn to its cap or emptied and by how soon it followed the one before; as many full
        cards as `cards_min`, or more that are not quite, make a police matter.
        """
        now, policy = view.now, self.policy
        if view.index + 1 < policy.cards_min or not now.code & e.MONEY:
            return None
        run = self._run(view)
        holders: dict[int, list[Entry]] = {}
        for entry in run:
            holders.setdefault(entry.who, []).append(entry)
        weights = {who: self._spent(taken) for who, taken in holders.items()}
        weights = {
            who: spent * self._pace(run, holders[who][0]) for who, spent in weights.items() if spent >= policy.spent_share_min
        }
        cards = len(weights)
        weight = sum(sorted(weights.values()))
        if cards < policy.cards_min or now.who not in weights or weight < policy.reminder_share * policy.cards_min:
            return None
        tier = 1 + (weight >= policy.manager_share * policy.cards_min) + (weight >= policy.cards_min)
        drawn = [entry for entry in run if entry.who in weights]
        minutes = max(1, -(-(now.at_us - drawn[0].at_us) // 60_000_000))
        strength = min(1.0, max(0.2, 0.7 + 0.1 * (weight - policy.cards_min)))
        accounts = sorted({entry.other for entry in drawn[-view.bounds.evidence_max :]})  # the others were named before
        return Signal(
            detector=self.name,
            version=self.version,
            typology="W2",
            role="TERMINAL",
            event_id=now.event_id,
            at_us=now.at_us,
            tier=tier,
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
            also=tuple(Also("ACCOUNT", account, MULE, tier if tier > 1 else 0, "W2") for account in accounts),
        )

    def _run(self, view: View) -> list[Entry]:
        """Return the sequence of withdrawals that ends with the event: no pause in which a card would count nothing."""
        window = [entry for entry in view.window(self.policy.window_s) if entry.code & (e.MONEY | e.CREDIT) == e.MONEY]
        first = len(window) - 1
        while first and window[first].at_us - window[first - 1].at_us < self.policy.pause_max_s * 1_000_000:
            first -= 1
        return window[first:]

    def _pace(self, run: list[Entry], first: Entry) -> float:
        """Return 1 for a card that followed the withdrawal before it within `switch_max_s`, less for a longer pause."""
        policy, at = self.policy, next(index for index, entry in enumerate(run) if entry is first)
        if not at:
            return 1.0
        pause_s = (first.at_us - run[at - 1].at_us) / 1_000_000
        return min(1.0, max(0.0, (policy.pause_max_s - pause_s) / (policy.pause_max_s - policy.switch_max_s)))

    def _spent(self, taken: list[Entry]) -> float:
        """Return how nearly one holder took the cap, or left next to nothing of a sum worth taking: 1 for wholly."""
        policy = self.policy
        total_minor = sum(entry.amount_minor for entry in taken)
        capped = total_minor / (policy.cap_share_min * policy.day_cap_minor)
        left_minor = taken[-1].balance_minor
        emptied = 0.0
        if left_minor is not None:
            left = left_minor / max(1, total_minor + left_minor)
            kept = max(0.0, left - policy.emptied_share_max) / policy.emptied_share_max
            emptied = min(1.0, total_minor / policy.emptied_min_minor) * max(0.0, 1.0 - kept)
        return min(1.0, max(capped, emptied))
