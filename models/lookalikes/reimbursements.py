"""N12, reimbursements and bonus (报销、奖金): a company pays persons, some of them for the first time.

Separated by: the payee was opened through the same employer, and the sum is one the company often pays. Those paid before are no
new payees at all.
"""

import msgspec

from models import entry as e
from models.detector import Explanation, LookAlike
from models.entry import UNKNOWN_AGE_D
from models.signal import Signal
from models.signs import deviations_above
from models.view import View


class ReimbursementsPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """How much each mark explains, and what counts as usual."""

    young_payee_d: int
    history_min: int
    deviations: float
    cohort_share: float
    usual_share: float


class Reimbursements(LookAlike[ReimbursementsPolicy]):
    """Explains payments of a company to its own people."""

    id = "N12"
    name = "reimbursements"
    Policy = ReimbursementsPolicy

    def explain(self, view: View, signal: Signal) -> Explanation:
        """Add up the marks; a call, a wrong name or a young account leaves nothing explained."""
        now, policy = view.now, self.policy
        if not now.code & e.SELF_CORPORATE or not now.code & e.SAME_COHORT:
            return Explanation(0.0, "收款人不是本单位员工。", "The payee is not known to be one of the company's people.")
        if now.code & (e.COACHED | e.NAME_MISMATCH):
            return Explanation(0.0, "付款时有通话或户名不符。", "A call was active, or the payee's name did not match.")
        if now.age_d != UNKNOWN_AGE_D and now.age_d < policy.young_payee_d:
            return Explanation(0.0, f"收款账户开户仅{now.age_d}天。", f"The payee's account is {now.age_d} days old.")
        is_known = view.habits().count >= policy.history_min
        is_usual = is_known and deviations_above(view, now.amount_minor, policy.history_min) <= policy.deviations
        if is_usual:
            share = policy.cohort_share + policy.usual_share
            return Explanation(
                share, "收款人为本单位员工，金额符合习惯。", "The payee is one of its own people, the sum a usual one."
            )
        zh, en = "收款人为本单位员工，但金额不常见。", "The payee is one of its own people, but the sum is unusual."
        return Explanation(policy.cohort_share, zh, en)
