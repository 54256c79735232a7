"""N18, saving plan and tuition (定投、缴费): payments that grow or go on for days, to an institution or by a fixed order.

Separated by: the payee is known to be an institution of some age, and the sums to it are always the same. A firm alone explains
half: frauds use shell firms too. Orders that run by themselves (batch) are not held against it, because nobody is talked into them.
"""

import msgspec

from models import entry as e
from models.detector import Explanation, LookAlike
from models.entry import UNKNOWN_AGE_D
from models.signal import Signal
from models.view import View
from models.young_relations import payments


class SavingPlanPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """How much each mark explains, and what counts as one."""

    young_payee_d: int
    equal_min: int
    public_share: float
    firm_share: float
    equal_share: float


class SavingPlan(LookAlike[SavingPlanPolicy]):
    """Explains payments to a known institution, or always of the same sum."""

    id = "N18"
    name = "saving_plan"
    Policy = SavingPlanPolicy

    def explain(self, view: View, signal: Signal) -> Explanation:
        """Add up the marks of the payee and of the order; a call, a wrong name or a young firm leaves nothing explained."""
        now, policy = view.now, self.policy
        if now.code & (e.COACHED | e.NAME_MISMATCH):
            return Explanation(0.0, "付款时有通话或户名不符。", "A call was active, or the payee's name did not match.")
        if now.age_d != UNKNOWN_AGE_D and now.age_d < policy.young_payee_d:
            return Explanation(0.0, f"收款账户开户仅{now.age_d}天。", f"The payee's account is {now.age_d} days old.")
        share, said = 0.0, []
        if now.code & e.INSTITUTION:
            share += policy.public_share if now.code & e.PUBLIC else policy.firm_share
            said.append(("收款人为已知单位", "the payee is an institution"))
        if self._is_always_the_same(view):
            share += policy.equal_share
            said.append(("每次金额相同", "the sum is always the same"))
        if not said:
            return Explanation(0.0, "收款人不是已知单位，金额也不固定。", "Neither a known institution nor always the same sum.")
        zh, en = "，".join(part for part, _ in said), ", ".join(part for _, part in said)
        return Explanation(min(1.0, share), f"{zh}。", f"{en[0].upper()}{en[1:]}.")

    def _is_always_the_same(self, view: View) -> bool:
        """Return whether enough payments to this payee, the event among them, were of one sum."""
        now = view.now
        for relation in view.history().relations:
            if relation.who == now.who and relation.currency == now.currency:
                sums = [minor for _, minor in payments(relation.outs)]
                return len(sums) + 1 >= self.policy.equal_min and all(minor == now.amount_minor for minor in sums)
        return False
