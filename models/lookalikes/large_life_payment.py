"""N9, large life payment (购房首付、手术费): savings broken up for a flat or an operation, most of the balance to somebody new.

Separated by: the payee is known to be an institution of some age, and nobody was on the line. A firm explains half: frauds use
shell firms too.
"""

import msgspec

from models import entry as e
from models.detector import Explanation, LookAlike
from models.entry import UNKNOWN_AGE_D
from models.signal import Signal
from models.view import View


class LargeLifePaymentPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """How much each kind of payee explains."""

    young_payee_d: int
    firm_share: float
    public_share: float


class LargeLifePayment(LookAlike[LargeLifePaymentPolicy]):
    """Explains a drain that ends at a firm, a hospital or an office."""

    id = "N9"
    name = "large_life_payment"
    Policy = LargeLifePaymentPolicy

    def explain(self, view: View, signal: Signal) -> Explanation:
        """Judge the event's payee; a call, a wrong name or a young account leaves nothing explained."""
        now, policy = view.now, self.policy
        if not now.code & e.INSTITUTION:
            return Explanation(0.0, "收款人并非已知单位。", "The payee is not known to be an institution.")
        if now.code & (e.COACHED | e.NAME_MISMATCH):
            return Explanation(0.0, "付款时有通话或户名不符。", "A call was active, or the payee's name did not match.")
        if now.age_d != UNKNOWN_AGE_D and now.age_d < policy.young_payee_d:
            return Explanation(0.0, f"收款单位开户仅{now.age_d}天。", f"The institution's account is {now.age_d} days old.")
        if now.code & e.PUBLIC:
            return Explanation(policy.public_share, "收款人为公共机构。", "The payee is a public body.")
        return Explanation(policy.firm_share, "收款人为企业或商户。", "The payee is a firm or a merchant.")
