"""M3, fan-out (集中转入分散转出): one large sum is cut up at once, in slices that stay under limits.

A stranger's money arrives and goes to three or more new payees, each slice just below a cap, or all alike. Seen at the third slice.
Key: account, both sides.
Looks at: strangers' credits within `credit_s`; the payees new to the account that got money after them within `window_s`; which
share of the credits they got; how near each slice is to a cap of transfers, or how alike the slices are. It is a police matter when
the slices are near a cap and the balance tells that nothing else was there. Fewer payees, a smaller credit, less alike slices or a
longer span remind or support as far as they are near.
Not to be confused with: N1 payroll, N10 own-name moves, N20 refunds; where more leaves than strangers brought it is own money.
Cannot see: account classes, so the caps are those of the policy.
"""

import msgspec

from models import entry as e
from models.closeness import MANAGER, NOTHING, grade, tier_of
from models.detector import Detector
from models.entry import Entry
from models.records import Reason
from models.signal import MULE, Also, Signal, yuan
from models.signs import main_payees
from models.strangers import spread
from models.view import View


class FanOutPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """Thresholds; reasons in the policy file. near_*: where a near miss is worth nothing any more."""

    window_s: int
    near_s: int
    credit_s: int
    stranger_s: int
    credit_min_minor: int
    near_credit_minor: int
    payees_min: int
    slice_min_minor: int
    sent_share_min: float
    near_sent_share: float
    strangers_share_min: float
    cap_low_minor: int
    cap_high_minor: int
    cap_share_min: float
    near_cap_share: float
    alike_max: float
    near_alike: float
    police_share_min: float
    own_share_max: float
    payee_share_min: float
    support_min: float
    remind_min: float
    weight: float


class FanOut(Detector[FanOutPolicy]):
    """Examines transfers out; suspects that the account is a mule's, and supports a case against those it paid."""

    name = "fan_out"
    typologies = ("M3",)
    keyed_by = "ACCOUNT"
    shapes = (e.TRANSFER,)
    role = MULE
    lookalikes = ("N1", "N10", "N20")
    Policy = FanOutPolicy

    def examine(self, view: View) -> Signal | None:
        """Return a signal at the third slice of strangers' money and after."""
        policy, now = self.policy, view.now
        if not now.code & (e.MONEY | e.REQUESTED) or now.code & e.INSTITUTION or now.amount_minor < policy.slice_min_minor:
            return None
        totals = view.totals()
        if totals.in_minor < policy.near_credit_minor or totals.out_minor < policy.near_sent_share * policy.near_credit_minor:
            return None
        window = view.window(policy.credit_s)
        credits = [entry for entry in window if view.is_from_stranger(entry, policy.stranger_s)]
        in_minor = sum(entry.amount_minor for entry in credits)
        if in_minor < policy.near_credit_minor:
            return None
        slices = self._slices(view, window, credits[0].at_us)
        payees = len({entry.other for entry in slices})
        if (
            payees < policy.payees_min - 1
            or now not in slices
            or in_minor < policy.strangers_share_min * _gone(window, now, credits[0])
        ):
            return None
        out_minor = sum(entry.amount_minor for entry in slices)
        near_cap = min(self._cap_grade(entry.amount_minor) for entry in slices)
        cut = max(near_cap, grade(spread([entry.amount_minor for entry in slices]), policy.near_alike, policy.alike_max))
        closeness = cut * grade(float(payees), 1.0, float(policy.payees_min))
        closeness *= grade(float(in_minor), float(policy.near_credit_minor), float(policy.credit_min_minor))
        closeness *= grade(out_minor / in_minor, policy.near_sent_share, policy.sent_share_min)
        span_s = (now.at_us - slices[0].at_us) / 1_000_000
        closeness *= grade(span_s, float(policy.near_s), float(policy.window_s))
        tier = tier_of(closeness, policy.support_min, policy.remind_min)
        if tier == NOTHING:
            return None
        if tier == MANAGER and near_cap >= 1.0 and self._has_nothing_own(now, in_minor, out_minor):
            tier = 3
        strength = closeness * (0.9 if near_cap >= 1.0 else 0.7)
        flows = sorted(credits + slices, key=lambda entry: (entry.at_us, entry.event_id))
        return Signal(
            detector=self.name,
            version=self.version,
            typology="M3",
            role=MULE,
            event_id=now.event_id,
            at_us=now.at_us,
            tier=tier,
            strength=strength,
            nats=strength * policy.weight,
            reasons=(self._reason(in_minor, payees, span_s, is_near_cap=near_cap > 0.0),),
            evidence=tuple(entry.event_id for entry in flows),
            at_risk_minor=max(0, in_minor - out_minor),
            also=tuple(Also("ACCOUNT", payee, MULE, 0, "M7") for payee in main_payees(slices, policy.payee_share_min)),
        )

    def _slices(self, view: View, window: list[Entry], start_us: int) -> list[Entry]:
        """Return what went to persons new to the account after the first credit and not too long ago; the event as approved."""
        policy, now = self.policy, view.now
        start_us = max(start_us, now.at_us - policy.near_s * 1_000_000)
        return [
            entry
            for entry in window
            if entry.code & e.SHAPE == e.TRANSFER
            and (entry.code & e.MONEY or entry is now)
            and entry.at_us > start_us
            and entry.amount_minor >= policy.slice_min_minor
            and not entry.code & e.INSTITUTION
            and view.is_new_payee(entry.other, policy.stranger_s)
        ]

    def _cap_grade(self, amount_minor: int) -> float:
        """Return how near a slice is to the next cap above it."""
        policy = self.policy
        cap_minor = policy.cap_low_minor if amount_minor <= policy.cap_low_minor else policy.cap_high_minor
        if amount_minor > cap_minor:
            return 0.0
        return grade(amount_minor / cap_minor, policy.near_cap_share, policy.cap_share_min)

    def _has_nothing_own(self, now: Entry, in_minor: int, out_minor: int) -> bool:
        """Return whether nearly all was sent, and the balance is known to be hardly more than what is left of the credits."""
        policy = self.policy
        if now.balance_minor is None or not now.code & e.MONEY or out_minor < policy.police_share_min * in_minor:
            return False
        return now.balance_minor - max(0, in_minor - out_minor) <= policy.own_share_max * in_minor

    def _reason(self, in_minor: int, payees: int, span_s: float, *, is_near_cap: bool) -> Reason:
        minutes = max(1, round(span_s / 60))
        how_zh, how_en = ("接近限额", "near a limit") if is_near_cap else ("金额相近", "much like the others")
        return Reason(
            code="DISTINCT_PAYEES",
            zh=f"收到{yuan(in_minor)}元后{minutes}分钟内拆分转给{payees}个新收款人，每笔{how_zh}。请暂缓后续转出并回拨核实。",
            en=f"{yuan(in_minor)} came in and was split to {payees} new payees in {minutes} min, each slice {how_en}. "
            "Hold the rest and call back.",
            value=float(payees),
            threshold=float(self.policy.payees_min),
            window_s=self.policy.window_s,
        )


def _gone(window: list[Entry], now: Entry, first: Entry) -> int:
    """Return all that left by transfer or in cash since the first of the credits."""
    return sum(
        entry.amount_minor
        for entry in window
        if entry.code & e.SHAPE in (e.TRANSFER, e.CASH) and (entry.code & e.MONEY or entry is now) and entry.at_us > first.at_us
    )
