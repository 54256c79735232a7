"""V6, fake official fee (假公函培训费): firms pay a "training fee" to a private account because a forged notice says so.

A letter in the name of a fire, tax or customs office asks many firms for the same small sum. Seen at the third firm; the fifth is
the manager's. Key: the account paid, credit side.
Looks at: distinct firms that never paid before, within `window_s` and, counting less, in the days before; how alike the sums are;
how fresh the account is (opened or woken a short while ago). An account of a firm or a shop is none: firms pay firms for courses.
Not to be confused with: N3 small merchant, N4 fees, N5 collections, N16 group buying, N20 refunds; regular payers are no strangers.
Cannot see: the letter, or the narration; firms at other banks whose type is not told only support.
"""

from statistics import median_low
from typing import Final

import msgspec

from models import entry as e
from models.closeness import NOTHING, SUPPORT, grade, tier_of
from models.detector import Detector
from models.entry import Entry
from models.freshness import freshness_of
from models.records import Reason
from models.signal import MULE, Signal, hours
from models.strangers import earlier_payers, newcomers_credits, spread
from models.view import View


class FakeOfficialFeePolicy(msgspec.Struct, frozen=True, kw_only=True):
    """Thresholds; reasons in the policy file. near_*, old_d: where a near miss is worth nothing any more."""

    window_s: int
    stranger_s: int
    payers_min: int
    near_payers_min: int
    amount_min_minor: int
    spread_max: float
    near_spread: float
    young_d: int
    old_d: int
    asleep_d: int
    seen_share: float
    not_fresh_share: float
    support_min: float
    remind_min: float
    weight: float


class FakeOfficialFee(Detector[FakeOfficialFeePolicy]):
    """Examines credits from firms; suspects that the private account is a mule's."""

    name = "fake_official_fee"
    typologies = ("V6",)
    keyed_by = "ACCOUNT"
    shapes = (e.TRANSFER | e.CREDIT,)
    role = MULE
    lookalikes = ("N3", "N4", "N5", "N16", "N20")
    Policy = FakeOfficialFeePolicy

    def examine(self, view: View) -> Signal | None:
        """Return a signal from the third unrelated firm on that pays a private account a sum like the others'."""
        policy, now = self.policy, view.now
        if now.code & _NO_FIRM_OR_NOT_PRIVATE or not now.code & (e.MONEY | e.REQUESTED):
            return None
        if now.amount_minor < policy.amount_min_minor or view.totals().in_count < policy.near_payers_min:
            return None
        credits = self._fees(view)
        firms = len({entry.who for entry in credits if entry.code & e.CORPORATE})
        payers = len({entry.who for entry in credits})
        if payers < policy.near_payers_min or now not in credits:
            return None
        usual_minor = median_low(entry.amount_minor for entry in credits)
        before = earlier_payers(view, credits, policy.window_s, policy.stranger_s, usual_minor // 2, 2 * usual_minor)
        unlike = spread([entry.amount_minor for entry in credits])
        fresh = freshness_of(view, policy.young_d, policy.old_d, policy.asleep_d, policy.seen_share)
        closeness = grade(payers + before, 0.0, float(policy.payers_min)) * grade(unlike, policy.near_spread, policy.spread_max)
        closeness *= max(policy.not_fresh_share, fresh.grade)
        tier = tier_of(closeness, policy.support_min, policy.remind_min)
        if tier == NOTHING:
            return None
        if firms < policy.near_payers_min:  # who the payers are is not told: perhaps private persons
            if fresh.grade <= 0.0 or not (fresh.is_told or fresh.slept_d):
                return None
            tier = SUPPORT
        reasons = [self._payers_reason(payers, credits, now, is_told=firms >= policy.near_payers_min)]
        if fresh.grade > 0.0:
            reasons.append(
                Reason(
                    code="OWN_AGE_D",
                    zh=f"收款账户{fresh.zh}。",
                    en=f"The account is {fresh.en}.",
                    value=float(fresh.slept_d or fresh.age_d),
                    threshold=float(policy.asleep_d if fresh.slept_d else policy.young_d),
                )
            )
        return Signal(
            detector=self.name,
            version=self.version,
            typology="V6",
            role=MULE,
            event_id=now.event_id,
            at_us=now.at_us,
            tier=tier,
            strength=closeness,
            nats=closeness * policy.weight,
            reasons=tuple(reasons),
            evidence=tuple(entry.event_id for entry in credits),
            at_risk_minor=sum(entry.amount_minor for entry in credits),
        )

    def _fees(self, view: View) -> list[Entry]:
        """Return what strangers who may be firms paid in within the window: sums worth a fee."""
        return [
            entry
            for entry in newcomers_credits(view, self.policy.window_s, self.policy.stranger_s)
            if not entry.code & _NO_FIRM and entry.amount_minor >= self.policy.amount_min_minor
        ]

    def _payers_reason(self, payers: int, credits: list[Entry], now: Entry, *, is_told: bool) -> Reason:
        span = hours((now.at_us - credits[0].at_us) // 1_000_000)
        who_zh, who_en = (
            ("家互不相关的企业", "unrelated firms") if is_told else ("个类型不明的新付款人", "new payers of unknown type")
        )
        return Reason(
            code="DISTINCT_PAYERS",
            zh=f"{span}小时内{payers}{who_zh}向同一个人账户支付相近金额。请按来函单位官方电话核实后再处理。",
            en=f"{payers} {who_en} paid this personal account similar sums within {span} h. "
            "Call the issuing office on its public number first.",
            value=float(payers),
            threshold=float(self.policy.payers_min),
            window_s=self.policy.window_s,
        )


_NO_FIRM: Final = e.PERSON | e.MERCHANT | e.PUBLIC
_NO_FIRM_OR_NOT_PRIVATE: Final = _NO_FIRM | e.SELF_CORPORATE | e.SELF_MERCHANT | e.SAME_COHORT
