"""W1, cash-out after credit (到账即取): a stranger's money is drawn as cash as soon as it arrives, to the daily cap.

Seen at the first withdrawal after the credit. Key: account, both sides.
Looks at: time from strangers' credits to a withdrawal, share of them drawn, the local day's sum against the cap, and drawing on
again right after local midnight when the cap starts anew. A police matter only if the balance tells that nothing but strangers'
money was there: somebody who sells a car and draws cash has money of his own. Whoever waits longer, hours within the day, is the
manager's matter at the cap, if little else was there and the account never drew as much before. What comes near is support
(tier 0), growing up to the thresholds, so that a pause or a smaller slice hides nothing from the case.
Not to be confused with: N6 pay day (a wage is no stranger's credit), N7 a trader's own cash paid in, N8 a pension, N10 own-name
moves.
Cannot see: this customer's own cap; the policy's stands in.
"""

import msgspec

from models import entry as e
from models.detector import Detector
from models.entry import Entry
from models.records import Reason
from models.signal import MULE, Signal, percent
from models.view import View

_DAY_US = 86_400_000_000


class CashOutAfterCreditPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """Thresholds; reasons in the policy file."""

    first_withdrawal_s: int
    credit_window_s: int
    stranger_s: int
    credit_min_minor: int
    drawn_share_min: float
    day_cap_minor: int
    cap_share_min: float
    midnight_s: int
    own_share_max: float
    own_share_near: float
    usual_cap_share_max: float
    near_share: float
    weight: float


class CashOutAfterCredit(Detector[CashOutAfterCreditPolicy]):
    """Examines withdrawals; suspects that the account is a mule's."""

    name = "cash_out_after_credit"
    typologies = ("W1",)
    keyed_by = "ACCOUNT"
    shapes = (e.CASH,)
    role = MULE
    lookalikes = ("N6", "N7", "N8", "N10")
    Policy = CashOutAfterCreditPolicy

    def examine(self, view: View) -> Signal | None:
        """Return a signal if strangers' money is being drawn: fast after its arrival, and on from there."""
        policy, now = self.policy, view.now
        if not now.code & (e.MONEY | e.REQUESTED):
            return None
        if view.totals().in_minor < policy.credit_min_minor * policy.near_share:
            return None
        window = view.window(policy.credit_window_s)
        credits = [entry for entry in window if view.is_from_stranger(entry, policy.stranger_s)]
        credited_minor = sum(entry.amount_minor for entry in credits)
        if credited_minor < policy.credit_min_minor * policy.near_share:
            return None
        drawn = [entry for entry in window if _is_cash_out(entry, now) and entry.at_us > credits[0].at_us]
        nearness, quick_s = self._nearest(credits, drawn)
        day_share = self._day_share(drawn, view)
        is_capped = day_share >= policy.cap_share_min
        if nearness < policy.near_share and not is_capped:
            return None
        drawn_minor = sum(entry.amount_minor for entry in drawn)
        share = drawn_minor / credited_minor
        is_again = self._is_again_after_midnight(drawn, view)
        if not (is_capped or is_again):
            nearness *= min(1.0, share / policy.drawn_share_min)
        own_share = self._own_share(now, credited_minor, drawn_minor)
        is_policed = nearness >= 1.0 and (is_capped or is_again) and own_share <= policy.own_share_max
        is_late = nearness < 1.0 and is_capped and own_share <= policy.own_share_near and share <= 1.0
        if is_late and self._is_unlike_before(credits[0], view):
            nearness, quick_s = 1.0, (drawn[0].at_us - credits[0].at_us) // 1_000_000
        if nearness < policy.near_share:
            return None
        capped = min(1.0, day_share / policy.cap_share_min) ** 4
        strength = nearness * min(1.0, 0.55 + 0.2 * capped + 0.2 * is_again + 0.1 * min(1.0, share))
        return Signal(
            detector=self.name,
            version=self.version,
            typology="W1",
            role=MULE,
            event_id=now.event_id,
            at_us=now.at_us,
            tier=3 if is_policed else 2 if nearness >= 1.0 else 0,
            strength=strength,
            nats=strength * policy.weight,
            reasons=self._reasons(quick_s, day_share, is_again=is_again),
            evidence=tuple(entry.event_id for entry in window if entry in credits or entry in drawn),
            at_risk_minor=max(0, credited_minor - drawn_minor),
        )

    def _nearest(self, credits: list[Entry], drawn: list[Entry]) -> tuple[float, int]:
        """Return how near some withdrawal came to enough strangers' money, up to 1, and how many seconds it waited.

        Up to `first_withdrawal_s` a wait is short; a longer one, like a smaller sum, counts for less in proportion.
        """
        policy, nearest, quick_s = self.policy, 0.0, 0
        reach_us = round(policy.first_withdrawal_s * 1_000_000 / policy.near_share)
        for taken in drawn:
            together_minor = 0
            for credit in reversed(credits):
                wait_us = taken.at_us - credit.at_us
                if wait_us <= 0 or wait_us > reach_us:
                    continue
                together_minor += credit.amount_minor
                soon = min(1.0, policy.first_withdrawal_s * 1_000_000 / wait_us)
                near = soon * min(1.0, together_minor / policy.credit_min_minor)
                wait_s = wait_us // 1_000_000
                if near > nearest or (near == nearest and wait_s < quick_s):
                    nearest, quick_s = near, wait_s
        return nearest, quick_s

    def _own_share(self, now: Entry, credited_minor: int, drawn_minor: int) -> float:
        """Return what the balance holds beside the rest of the strangers' money, as a share of it; 1.0 if it is not known."""
        if now.balance_minor is None or not now.code & e.MONEY:
            return 1.0
        return (now.balance_minor - max(0, credited_minor - drawn_minor)) / credited_minor

    def _is_unlike_before(self, first: Entry, view: View) -> bool:
        """Return whether the cash days before the first credit were small: a trader draws what customers paid every week."""
        history, since_day = view.history(), self._local_day(first, view)
        before_minor = [day.cash_minor for day in history.days if day.day < since_day]
        largest_minor = max([*history.cash_months[1::2], *before_minor], default=0)
        return largest_minor <= self.policy.usual_cap_share_max * self.policy.day_cap_minor

    def _local_day(self, entry: Entry, view: View) -> int:
        return (entry.at_us + view.bounds.utc_offset_s * 1_000_000) // _DAY_US

    def _day_share(self, drawn: list[Entry], view: View) -> float:
        today = self._local_day(view.now, view)
        return sum(entry.amount_minor for entry in drawn if self._local_day(entry, view) == today) / (self.policy.day_cap_minor)

    def _is_again_after_midnight(self, drawn: list[Entry], view: View) -> bool:
        """Return whether drawing stopped at most `midnight_s` before local midnight and went on as soon after it."""
        local_us = (view.now.at_us + view.bounds.utc_offset_s * 1_000_000) % _DAY_US
        if local_us > self.policy.midnight_s * 1_000_000:
            return False
        midnight_us = view.now.at_us - local_us
        return any(midnight_us - 2 * self.policy.midnight_s * 1_000_000 <= entry.at_us < midnight_us for entry in drawn)

    def _reasons(self, quick_s: int, day_share: float, *, is_again: bool) -> tuple[Reason, ...]:
        policy = self.policy
        minutes = max(1, round(quick_s / 60))
        reasons = [
            Reason(
                code="CREDIT_TO_CASH_S",
                zh=f"陌生款到账{minutes}分钟即取现。请暂缓该账户ATM取现。",
                en=f"Cash drawn {minutes} min after a stranger's credit. Hold ATM cash on this account.",
                value=float(quick_s),
                threshold=float(policy.first_withdrawal_s),
                window_s=policy.credit_window_s,
            )
        ]
        if day_share >= policy.cap_share_min:
            reasons.append(
                Reason(
                    code="CAP_RATIO",
                    zh=f"当日取现已达限额{percent(day_share)}%。",
                    en=f"{percent(day_share)}% of the daily cash cap is used.",
                    value=round(day_share, 4),
                    threshold=policy.cap_share_min,
                )
            )
        if is_again:
            reasons.append(
                Reason(
                    code="AFTER_MIDNIGHT",
                    zh="零点限额恢复后立即继续取现。",
                    en="Drawing went on right after midnight, when the cap starts anew.",
                    value=1.0,
                    threshold=1.0,
                    window_s=policy.midnight_s,
                )
            )
        return tuple(reasons)


def _is_cash_out(entry: Entry, now: Entry) -> bool:
    return entry.code & (e.CASH | e.CREDIT) == e.CASH and (bool(entry.code & e.MONEY) or entry is now)
