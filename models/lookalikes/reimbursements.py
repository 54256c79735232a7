"""N12, reimbursements and bonus (报销、奖金): a company pays persons, some of them for the first time.

Separated by: the payee was opened through the same employer, or paying newcomers is what the company does (a lender, an insurer);
and the sum is one it often pays. Those paid before are no new payees at all.
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
    newcomers_min: float
    cohort_share: float
    newcomers_share: float
    usual_share: float


class Reimbursements(LookAlike[ReimbursementsPolicy]):
    """Explains payments of a company to its own people."""

    id = "N12"
    name = "reimbursements"
    Policy = ReimbursementsPolicy

    def explain(self, view: View, signal: Signal) -> Explanation:
        """Add up the marks; a call, a wrong name or a young account leaves nothing explained."""
        now, policy = view.now, self.policy
        habits = view.habits()
        is_known = habits.count >= policy.history_min
        is_own = bool(now.code & e.SAME_COHORT)
        is_newcomer = is_known and habits.new_payee_mean >= policy.newcomers_min
        if not now.code & e.SELF_CORPORATE or not (is_own or is_newcomer):
            zh, en = (
                "收款人不是本单位员工，该单位也不常向新人付款。",
                "Neither one of the company's people, nor does it often pay newcomers.",
            )
            return Explanation(0.0, zh, en)
        if now.code & (e.COACHED | e.NAME_MISMATCH):
            return Explanation(0.0, "付款时有通话或户名不符。", "A call was active, or the payee's name did not match.")
        if now.age_d != UNKNOWN_AGE_D and now.age_d < policy.young_payee_d:
            return Explanation(0.0, f"收款账户开户仅{now.age_d}天。", f"The payee's account is {now.age_d} days old.")
        whom_zh, whom_en, share = "收款人为本单位员工", "The payee is one of its own people", policy.cohort_share
        if not is_own:
            whom_zh, whom_en, share = "该单位经常向新人付款", "The company often pays newcomers", policy.newcomers_share
        is_usual = is_known and deviations_above(view, now.amount_minor, policy.history_min) <= policy.deviations
        if is_usual:
            return Explanation(share + policy.usual_share, f"{whom_zh}，金额符合习惯。", f"{whom_en}, and the sum is a usual one.")
        return Explanation(share, f"{whom_zh}，但金额不常见。", f"{whom_en}, but the sum is unusual.")
