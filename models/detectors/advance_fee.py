"""V4, advance fee (中奖手续费): a prize waits, but tax, notary fee and deposit come first, each larger than the one before.

Seen at the second payment of a row, requested or approved. Key: account, debit side; the payee's person through his customer.
Looks at: payments of at least `payment_min_minor` to somebody first met within 30 days, each at least `growth_min` times the
largest before. Pauses beyond `span_s` let a row fade, they do not end it; slices within `merge_s` are one payment; a row over
several new payees counts in part. Two payments alone are a reminder only beside a telling sign (a call, a name that does not match,
a broken deposit, a raised limit) or two of those that daily life has too: a sum far above the own habit, another province, a young
account. Friends who pay each other twice, the second time more, are daily life.
Not to be confused with: N18 saving plan and tuition (standing orders are left out), N10 own-name moves.
Cannot see: what the payments are called, or that two payees pay on to one account.
"""

from typing import Final

import msgspec

from models import entry as e
from models.detector import Detector
from models.history import Relation
from models.records import Reason
from models.signal import MULE, VICTIM, Also, Signal, hours, money_state
from models.signs import above_own, others_credit_minor, strong_signs, weak_signs
from models.view import View
from models.young_relations import in_groups, paid_out, rises

_NOBODYS_DOING: Final = e.SELF_CORPORATE | e.BATCH  # no person is talked into what a company or a standing order pays
_DAILY: Final = ("ABOVE_OWN", "CROSS_REGION", "PAYEE_AGE_D")  # what ordinary transfers to new people often bear as well


class AdvanceFeePolicy(msgspec.Struct, frozen=True, kw_only=True):
    """Thresholds; reasons in the policy file."""

    span_s: int
    fade_s: int
    merge_s: int
    young_s: int
    signs_window_s: int
    payment_min_minor: int
    growth_min: float
    rises_min: float
    rises_remind: float
    rises_hold: float
    spread_share: float
    passed_on_share: float
    history_min: int
    deviations: float
    young_payee_d: int
    weight: float


class AdvanceFee(Detector[AdvanceFeePolicy]):
    """Examines transfers out; suspects that the payer is a victim, and supports a case against the payee."""

    name = "advance_fee"
    typologies = ("V4",)
    keyed_by = "ACCOUNT"
    shapes = (e.TRANSFER,)
    role = VICTIM
    lookalikes = ("N10", "N18")
    Policy = AdvanceFeePolicy

    def examine(self, view: View) -> Signal | None:
        """Return a signal if the event goes on with a row of rising payments to people met lately."""
        now, policy = view.now, self.policy
        if now.amount_minor < policy.payment_min_minor or now.code & _NOBODYS_DOING or not now.code & (e.MONEY | e.REQUESTED):
            return None
        if not view.is_new_payee(now.other, policy.young_s):
            return None
        now_s = now.at_us // 1_000_000
        relations = view.history().relations
        since_s = now_s - policy.span_s - policy.fade_s
        young = [
            relation
            for relation in relations
            if relation.currency == now.currency and relation.out_count and relation.out_minor >= relation.in_minor
        ]
        same = [relation for relation in young if relation.who == now.who]
        if not young:
            return None
        own_row, own_count = self._row(view, same)
        all_row, all_count = self._row(view, young)
        row, count = max((own_row, own_count), (policy.spread_share * all_row, all_count))
        if row < policy.rises_min:
            return None
        if others_credit_minor(view, since_s) >= policy.passed_on_share * now.amount_minor:
            return None  # strangers' money that moves on is a mule's pattern
        return self._signal(view, row, count, young if count > own_count else same)

    def _row(self, view: View, relations: list[Relation]) -> tuple[float, int]:
        """Return how far a row of payments has risen, and of how many it is, the event the last."""
        policy, now = self.policy, view.now
        paid = [payment for payment in paid_out(relations, 0) if payment[1] >= policy.payment_min_minor]
        groups = in_groups([*paid, (now.at_us // 1_000_000, now.amount_minor)], policy.merge_s)
        return rises(groups, policy.growth_min, policy.span_s, policy.fade_s), len(groups)

    def _signal(self, view: View, row: float, count: int, relations: list[Relation]) -> Signal:
        now, policy = view.now, self.policy
        signs = self._signs(view)
        tier = 0
        if row >= policy.rises_hold or (row >= policy.rises_remind and signs):
            tier = 2
        elif row >= policy.rises_remind or (row >= 1.0 and _is_telling(signs)):
            tier = 1
        strength = min(1.0, 0.2 * row + 0.1 * len(signs))
        paid_minor = sum(minor for _, minor in paid_out(relations, 0)) + now.amount_minor
        same = [entry for entry in view.window(policy.signs_window_s) if entry.other == now.other and entry.code & e.MONEY]
        return Signal(
            detector=self.name,
            version=self.version,
            typology="V4",
            role=VICTIM,
            event_id=now.event_id,
            at_us=now.at_us,
            tier=tier,
            strength=strength,
            nats=strength * policy.weight,
            reasons=(self._reason(view, count), *signs),
            evidence=(*(entry.event_id for entry in same if not entry.code & e.CREDIT and entry is not now), now.event_id),
            at_risk_minor=paid_minor,
            also=(Also("ACCOUNT", now.other, MULE, 0, "V4"),) if tier else (),
            money=money_state(now.code),
        )

    def _signs(self, view: View) -> list[Reason]:
        now, policy = view.now, self.policy
        signs = strong_signs(view.window(policy.signs_window_s), [now], policy.young_payee_d, policy.signs_window_s)
        signs += weak_signs([now], 2, policy.signs_window_s)
        return signs + above_own(view, now.amount_minor, policy.history_min, policy.deviations)

    def _reason(self, view: View, count: int) -> Reason:
        policy = self.policy
        is_same = count >= 2 and any(relation.who == view.now.who for relation in view.history().relations)
        whom_zh, whom_en = ("同一新收款人", "the same new payee") if is_same else ("新收款人", "new payees")
        return Reason(
            code="RISING_PAYMENTS",
            zh=f"近日第{count}次向{whom_zh}付款且金额递增。请问款项用途。凡先交税费、公证费、保证金再领奖或放款的都是诈骗。",
            en=f"Payment {count} within days to {whom_en}, each larger. Ask what it is for: "
            "a prize or a loan that needs a fee first is fraud.",
            value=float(count),
            threshold=2.0,
            window_s=hours(policy.span_s) * 3_600,
        )


def _is_telling(signs: list[Reason]) -> bool:
    """Return whether the signs are more than daily life has: one that is rare in it, or two."""
    return len(signs) > 1 or any(sign.code not in _DAILY for sign in signs)
