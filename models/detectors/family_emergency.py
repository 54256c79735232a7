"""V5, family emergency (亲友急事绑架): "guess who I am", an accident, a hospital, a ransom: one urgent payment to somebody new.

Seen at the transfer, requested or approved, with weak evidence only, so it stays a reminder; beside another pattern it adds to the
case. Key: account, debit side.
Looks at: a first payment, in one sum or in slices of a day, far above the account's own habit; another province, an hour at which
the customer never pays, a large part of the balance, and what goes with other payments.
Not to be confused with: N9 large life payment, N10 own-name moves, N14 migrants and night workers.
Cannot see: who is family, what the caller said.
"""

import msgspec

from models import entry as e
from models.detector import Detector
from models.entry import Entry
from models.records import Reason
from models.settling import local_hour
from models.signal import MULE, VICTIM, Also, Signal, money_state, percent, yuan
from models.signs import deviations_above, others_credit_minor, strong_signs
from models.stats import hour_rarity
from models.view import View


class FamilyEmergencyPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """Thresholds; reasons in the policy file."""

    sum_window_s: int
    fresh_s: int
    stranger_s: int
    passed_on_share: float
    amount_min_minor: int
    history_min: int
    deviations: float
    far_deviations: float
    rare_hour_min: float
    balance_share_min: float
    young_payee_d: int
    points_support: float
    points_remind: float
    weight: float


class FamilyEmergency(Detector[FamilyEmergencyPolicy]):
    """Examines transfers out; reminds that the payer may be a victim."""

    name = "family_emergency"
    typologies = ("V5",)
    keyed_by = "ACCOUNT"
    shapes = (e.TRANSFER,)
    role = VICTIM
    lookalikes = ("N9", "N10", "N14")
    Policy = FamilyEmergencyPolicy

    def examine(self, view: View) -> Signal | None:
        """Return a reminder if a first payment is unusual in several ways at once."""
        now, policy = view.now, self.policy
        if now.code & (e.SELF_CORPORATE | e.BATCH) or not now.code & (e.MONEY | e.REQUESTED):
            return None
        if view.totals().out_minor < policy.amount_min_minor or not view.is_new_payee(now.other, policy.fresh_s):
            return None
        paid = [entry for entry in view.window(policy.sum_window_s) if _is_same(entry, now)]
        paid_minor = sum(entry.amount_minor for entry in paid)
        above = deviations_above(view, paid_minor, policy.history_min)
        if paid_minor < policy.amount_min_minor or above < policy.deviations:
            return None
        since_s = now.at_us // 1_000_000 - policy.stranger_s
        if others_credit_minor(view, since_s) >= policy.passed_on_share * paid_minor:
            return None  # strangers' money that moves on is a mule's pattern
        signs = self._signs(view, paid, paid_minor)
        points = (1.5 if above >= policy.far_deviations else 1.0) + len(signs)
        if points < policy.points_support:
            return None
        tier = 1 if points >= policy.points_remind else 0
        strength = min(1.0, 0.15 * points)
        return Signal(
            detector=self.name,
            version=self.version,
            typology="V5",
            role=VICTIM,
            event_id=now.event_id,
            at_us=now.at_us,
            tier=tier,
            strength=strength,
            nats=strength * policy.weight,
            reasons=(self._reason(now, paid_minor), *signs),
            evidence=tuple(entry.event_id for entry in paid),
            at_risk_minor=paid_minor,
            also=(Also("ACCOUNT", now.other, MULE, 0, "V5"),) if tier else (),
            money=money_state(now.code),
        )

    def _signs(self, view: View, paid: list[Entry], paid_minor: int) -> list[Reason]:
        now, policy = view.now, self.policy
        signs = strong_signs(view.window(policy.sum_window_s), paid, policy.young_payee_d, policy.sum_window_s)
        if now.code & e.CROSS_REGION:
            zh, en = "收款人在外省。", "The payee is in another province."
            signs.append(Reason(code="CROSS_REGION", zh=zh, en=en, value=1.0, threshold=1.0))
        rarity = hour_rarity(view.habits().hours, local_hour(now.at_us, view.bounds.utc_offset_s))
        if rarity >= policy.rare_hour_min:
            zh, en = "客户平时不在这个时段付款。", "The customer does not usually pay at this hour."
            signs.append(Reason(code="OUTSIDE_OWN_HOURS", zh=zh, en=en, value=round(rarity, 4), threshold=policy.rare_hour_min))
        before_minor = view.balance_before(view.index)
        available_minor = (before_minor or 0) + paid_minor - now.amount_minor
        if before_minor is not None and available_minor > 0 and paid_minor >= policy.balance_share_min * available_minor:
            share = paid_minor / available_minor
            zh, en = f"占余额{percent(share)}%。", f"It is {percent(share)}% of the balance."
            signs.append(Reason(code="DRAIN_24H", zh=zh, en=en, value=round(share, 4), threshold=policy.balance_share_min))
        return signs

    def _reason(self, now: Entry, paid_minor: int) -> Reason:
        where_zh, where_en = ("外省", "a payee in another province") if now.code & e.CROSS_REGION else ("新", "a new payee")
        return Reason(
            code="NEW_PAYEE",
            zh=f"首次向{where_zh}收款人转账{yuan(paid_minor)}元。请先用您原来的号码联系家人或朋友本人核实。",
            en=f"First transfer to {where_en}, {yuan(paid_minor)}. Call your relative or friend on the number you already had.",
            value=float(paid_minor),
            threshold=float(self.policy.amount_min_minor),
            window_s=self.policy.sum_window_s,
        )


def _is_same(entry: Entry, now: Entry) -> bool:
    """Return whether an entry is the event, or went to the same payee before it."""
    return entry is now or (entry.code & (e.TRANSFER | e.CREDIT | e.MONEY) == e.TRANSFER | e.MONEY and entry.other == now.other)
