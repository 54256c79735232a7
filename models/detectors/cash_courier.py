"""V10, cash courier (取现交付): the victim draws the savings as cash, day after day up to the cap, and a courier collects them.

Seen at the second withdrawal that brings a day near the cap. Key: account.
Looks at: the cash of the last local days against the cap of a day, each day as far as it comes near it, older days fading; the
largest cash day of the half year before, whose customers draw as much are left alone. Signs: a broken deposit, a raised limit, most
of the balance gone, an older holder. Age is context: it never speaks alone.
Not to be confused with: N9 large life payment, N14 holidays, migrants and their wages; strangers' cash is W1's business.
Cannot see: what the cash is for, the cap of this customer.
"""

import msgspec

from models import entry as e
from models.detector import Detector
from models.entry import Entry
from models.records import Reason
from models.signal import VICTIM, Signal, percent
from models.signs import others_credit_minor
from models.view import View

_DAY_S = 86_400
_ACCOUNT_EVENTS = (
    ("DEPOSIT_BROKEN", e.DEPOSIT_BROKEN, "此前刚提前支取定期存款。", "A deposit was broken just before."),
    ("LIMIT_RAISED", e.LIMIT_RAISED, "此前刚调高限额。", "The limit was raised just before."),
)


class CashCourierPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """Thresholds; reasons in the policy file."""

    day_window_s: int
    day_cap_minor: int
    near_share: float
    low_share: float
    whole_d: int
    fade_d: int
    own_share_max: float
    own_share_high: float
    watched_s: int
    passed_on_share: float
    balance_share_min: float
    older_age: int
    days_support: float
    days_remind: float
    days_hold: float
    signs_min: int
    weight: float


class CashCourier(Detector[CashCourierPolicy]):
    """Examines withdrawals; suspects that the holder is a victim."""

    name = "cash_courier"
    typologies = ("V10",)
    keyed_by = "ACCOUNT"
    shapes = (e.CASH,)
    role = VICTIM
    lookalikes = ("N9", "N14")
    Policy = CashCourierPolicy

    def examine(self, view: View) -> Signal | None:
        """Return a signal if cash near the cap leaves on a second day, unlike before."""
        now, policy = view.now, self.policy
        if now.code & e.SELF_CORPORATE or not now.code & (e.MONEY | e.REQUESTED):
            return None
        window = view.window(policy.day_window_s)
        drawn = [entry for entry in window if _is_drawn(entry) or entry is now]
        if sum(entry.amount_minor for entry in drawn) <= policy.low_share * policy.day_cap_minor:
            return None  # a day lies within these 24 h, so it is below the lowest line as well
        days = self._cash_days(view)
        total = sum(near * fading for near, fading, _ in days)
        if total < policy.days_support:
            return None
        total *= self._unlike_before(view)
        drawn_minor = sum(minor for _, fading, minor in days if fading)
        if total < policy.days_support or self._is_others_money(view, drawn_minor):
            return None
        signs = self._signs(view, window, drawn_minor)
        tier = 0
        if total >= policy.days_hold or (total >= policy.days_remind and len(signs) >= policy.signs_min):
            tier = 2
        elif total >= policy.days_remind:
            tier = 1
        if not self._is_watched(view):
            tier = min(tier, 1)
        strength = min(1.0, 0.2 * total + 0.1 * len(signs))
        return Signal(
            detector=self.name,
            version=self.version,
            typology="V10",
            role=VICTIM,
            event_id=now.event_id,
            at_us=now.at_us,
            tier=tier,
            strength=strength,
            nats=strength * policy.weight,
            reasons=(self._reason(days), *signs),
            evidence=tuple(entry.event_id for entry in drawn),
            at_risk_minor=drawn_minor,
        )

    def _cash_days(self, view: View) -> list[tuple[float, float, int]]:
        """Return of each of the last days with cash, this one among them: how near the cap, how much it still counts, the sum."""
        policy, now, history = self.policy, view.now, view.history()
        today = (now.at_us // 1_000_000 + view.bounds.utc_offset_s) // _DAY_S
        sums = {today: now.amount_minor}
        if history.currency in ("", now.currency):
            for day in history.days:
                sums[day.day] = sums.get(day.day, 0) + day.cash_minor
        found = []
        for day_number, minor in sorted(sums.items()):
            near = (minor / policy.day_cap_minor - policy.low_share) / (policy.near_share - policy.low_share)
            older_d = max(0, today - day_number - policy.whole_d + 1)
            found.append((min(1.0, max(0.0, near)), max(0.0, 1.0 - older_d / policy.fade_d), minor))
        return found

    def _unlike_before(self, view: View) -> float:
        """Return 1.0 if the largest cash day of the months before was small, falling to 0.0 where such days are usual."""
        policy = self.policy
        own = max(view.history().cash_months[1::2], default=0) / policy.day_cap_minor
        return min(1.0, max(0.0, (policy.own_share_high - own) / (policy.own_share_high - policy.own_share_max)))

    def _is_watched(self, view: View) -> bool:
        """Return whether the account has been seen for long enough to say what is unlike before."""
        first_s = view.history().first_s
        return first_s > 0 and view.now.at_us // 1_000_000 - first_s >= self.policy.watched_s

    def _is_others_money(self, view: View, drawn_minor: int) -> bool:
        """Return whether people first met lately paid in much of the cash: then it is a mule's, not the holder's savings."""
        since_s = view.now.at_us // 1_000_000 - self.policy.watched_s
        return others_credit_minor(view, since_s) >= self.policy.passed_on_share * drawn_minor

    def _signs(self, view: View, window: list[Entry], drawn_minor: int) -> list[Reason]:
        policy, now = self.policy, view.now
        signs = [
            Reason(code=code, zh=zh, en=en, value=1.0, threshold=1.0, window_s=policy.day_window_s)
            for code, bit, zh, en in _ACCOUNT_EVENTS
            if any(entry.code & bit for entry in window)
        ]
        if now.holder_age >= policy.older_age:
            zh, en = f"客户{now.holder_age}岁。", f"The customer is {now.holder_age} years old."
            signs.append(Reason(code="HOLDER_AGE", zh=zh, en=en, value=float(now.holder_age), threshold=float(policy.older_age)))
        before_minor = view.balance_before(view.index)
        if before_minor is not None:
            had_minor = max(1, before_minor + drawn_minor - now.amount_minor)
            share = drawn_minor / had_minor
            if share >= policy.balance_share_min:
                zh, en = f"已取走存款{percent(share)}%。", f"{percent(share)}% of the savings has been drawn."
                signs.append(Reason(code="DRAIN", zh=zh, en=en, value=round(share, 4), threshold=policy.balance_share_min))
        return signs

    def _reason(self, days: list[tuple[float, float, int]]) -> Reason:
        policy = self.policy
        count = sum(near > 0.0 and fading > 0.0 for near, fading, _ in days)
        cap = round(max(minor for _, fading, minor in days if fading) / policy.day_cap_minor, 4)
        return Reason(
            code="CAP_RATIO",
            zh=f"近日已有{count}天取现接近限额，与平时不符。请询问现金用途，是否有人要求交给他人。",
            en=f"Cash near the daily cap on {count} days lately, unlike before. Ask what it is for and who will collect it.",
            value=cap,
            threshold=policy.near_share,
            window_s=policy.whole_d * _DAY_S,
        )


def _is_drawn(entry: Entry) -> bool:
    return entry.code & (e.CASH | e.CREDIT | e.MONEY) == e.CASH | e.MONEY
