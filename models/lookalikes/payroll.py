"""N1, payroll (代发工资): a company pays its people, many of them at once and some for the first time.

Separated by: channel BATCH, a payee of the payer's own cohort, and beside one of them purpose SALA (or a like one). The purpose
alone is but the sender's word.
"""

import msgspec

from models import entry as e
from models.detector import Explanation, LookAlike
from models.signal import Signal
from models.view import View


class PayrollPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """How much each mark explains."""

    purpose_share: float
    batch_share: float
    cohort_share: float


class Payroll(LookAlike[PayrollPolicy]):
    """Explains payments of a company that carry a wage's marks."""

    id = "N1"
    name = "payroll"
    Policy = PayrollPolicy

    def explain(self, view: View, signal: Signal) -> Explanation:
        """Add up the marks; a private payer has no payroll, so they explain nothing there."""
        code, policy = view.now.code, self.policy
        if not code & e.SELF_CORPORATE:
            return Explanation(0.0, "付款人不是单位，不是代发工资。", "The payer is not a company: no payroll.")
        share = (
            policy.purpose_share * bool(code & e.PAYROLL and code & (e.BATCH | e.SAME_COHORT))
            + policy.batch_share * bool(code & e.BATCH)
            + policy.cohort_share * bool(code & e.SAME_COHORT)
        )
        if share == 0.0:
            return Explanation(0.0, "并非批量代发，也非同一单位。", "Neither a batch nor a common employer.")
        return Explanation(min(1.0, share), "带有代发工资标记。", "It carries the marks of a payroll.")
