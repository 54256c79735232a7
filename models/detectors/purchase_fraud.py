"""V7, purchase fraud (虚假购物): cheap goods, paid in advance by many people who do not know each other, and never sent.

Seen at the k-th stranger's small payment to a fresh account. Key: the account paid, credit side.
Looks at: distinct strangers, none known to be an institution, who paid small sums within `window_s` and, counting less, in the days
before; how fresh the account is (opened or woken a short while ago); whether anybody got money back. On an account of long standing
it supports a case, and no more.
Not to be confused with: N2 rent day, N3 small merchant, N4 class fees, N5 gifts, N16 group buying, N20 refunds.
Cannot see: what was ordered, or whether it came. Where the age is not told, the time since the account was first seen counts less.
"""

import msgspec

from models import entry as e
from models.closeness import NOTHING, SUPPORT, grade, tier_of
from models.detector import Detector
from models.entry import Entry
from models.freshness import Freshness, freshness_of
from models.records import Reason
from models.signal import MULE, Signal, hours
from models.strangers import earlier_payers, strangers_credits
from models.view import View


class PurchaseFraudPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """Thresholds; reasons in the policy file. near_*, old_d: where a near miss is worth nothing any more."""

    window_s: int
    stranger_s: int
    payers_min: int
    near_payers_min: int
    old_payers_min: int
    amount_min_minor: int
    small_minor: int
    sum_min_minor: int
    near_sum_minor: int
    young_d: int
    old_d: int
    asleep_d: int
    seen_share: float
    support_min: float
    remind_min: float
    weight: float


class PurchaseFraud(Detector[PurchaseFraudPolicy]):
    """Examines small credits; suspects that the account is a mule's."""

    name = "purchase_fraud"
    typologies = ("V7",)
    keyed_by = "ACCOUNT"
    shapes = (e.TRANSFER | e.CREDIT,)
    role = MULE
    lookalikes = ("N2", "N3", "N4", "N5", "N16", "N20")
    Policy = PurchaseFraudPolicy

    def examine(self, view: View) -> Signal | None:
        """Return a signal from the k-th stranger on that pays a fresh account a small sum."""
        policy, now = self.policy, view.now
        if now.code & (e.INSTITUTION | e.SAME_COHORT) or not now.code & (e.MONEY | e.REQUESTED):
            return None
        if not policy.amount_min_minor <= now.amount_minor <= policy.small_minor:
            return None
        totals = view.totals()
        if totals.in_count < policy.near_payers_min or totals.in_minor < policy.near_sum_minor:
            return None
        credits = self._advances(view)
        payers = len({entry.who for entry in credits})
        if payers < policy.near_payers_min or now not in credits:
            return None
        sum_minor = sum(entry.amount_minor for entry in credits)
        before = earlier_payers(view, credits, policy.window_s, policy.stranger_s, policy.amount_min_minor, policy.small_minor)
        fresh = freshness_of(view, policy.young_d, policy.old_d, policy.asleep_d, policy.seen_share)
        closeness = grade(payers + before, 0.0, float(policy.payers_min)) * fresh.grade
        closeness *= grade(float(sum_minor), float(policy.near_sum_minor), float(policy.sum_min_minor))
        tier = tier_of(closeness, policy.support_min, policy.remind_min)
        if tier == NOTHING:
            if payers < policy.old_payers_min:
                return None
            tier, closeness = SUPPORT, policy.support_min
        return Signal(
            detector=self.name,
            version=self.version,
            typology="V7",
            role=MULE,
            event_id=now.event_id,
            at_us=now.at_us,
            tier=tier,
            strength=closeness,
            nats=closeness * policy.weight,
            reasons=(self._reason(payers, credits, now, fresh),),
            evidence=tuple(entry.event_id for entry in credits),
            at_risk_minor=sum_minor,
        )

    def _advances(self, view: View) -> list[Entry]:
        """Return the small sums that strangers, none known to be an institution, paid in within the window."""
        policy = self.policy
        return [
            entry
            for entry in strangers_credits(view, policy.window_s, policy.stranger_s)
            if not entry.code & e.INSTITUTION and policy.amount_min_minor <= entry.amount_minor <= policy.small_minor
        ]

    def _reason(self, payers: int, credits: list[Entry], now: Entry, fresh: Freshness) -> Reason:
        span = hours((now.at_us - credits[0].at_us) // 1_000_000)
        account_zh = f"{fresh.zh}的个人账户" if fresh.grade > 0.0 else "个人账户"
        account_en = f"Account {fresh.en}" if fresh.grade > 0.0 else "Personal account"
        return Reason(
            code="DISTINCT_PAYERS",
            zh=f"{account_zh}{span}小时内收到{payers}名陌生付款人的小额款。请先核实交易真实性。",
            en=f"{account_en}: small sums from {payers} unrelated payers in {span} h. Verify the trade first.",
            value=float(payers),
            threshold=float(self.policy.payers_min),
            window_s=self.policy.window_s,
        )
