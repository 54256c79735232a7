"""N13, owner draws (老板账户往来): a company pays its owner, who pays into it as well.

Separated by: the payee is known to have paid the company: lately at least as much as goes back, or for longer than a month. What a
young payer put in explains no more than the part of the draw it covers, so a token payment explains next to nothing.
"""

import msgspec

from models import entry as e
from models.detector import Explanation, LookAlike
from models.signal import Signal, percent
from models.view import View


class OwnerDrawsPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """How much a history in the other direction explains."""

    known_s: int
    known_share: float
    covered_share: float


class OwnerDraws(LookAlike[OwnerDrawsPolicy]):
    """Explains payments of a company to somebody who also pays it."""

    id = "N13"
    name = "owner_draws"
    Policy = OwnerDrawsPolicy

    def explain(self, view: View, signal: Signal) -> Explanation:
        """Look for the payee among those who paid the company before; a call or a wrong name leaves nothing explained."""
        now, policy = view.now, self.policy
        if not now.code & e.SELF_CORPORATE:
            return Explanation(0.0, "付款人不是单位。", "The payer is not a company.")
        if now.code & (e.COACHED | e.NAME_MISMATCH):
            return Explanation(0.0, "付款时有通话或户名不符。", "A call was active, or the payee's name did not match.")
        if not view.is_new_payer(now.other, policy.known_s):
            return Explanation(policy.known_share, "收款人长期向该企业汇款。", "The payee has long been paying into the company.")
        paid_in_minor = sum(
            relation.in_minor
            for relation in view.history().relations
            if relation.who == now.who and relation.currency == now.currency
        )
        if not paid_in_minor:
            return Explanation(0.0, "收款人从未向该企业汇款。", "The payee has never paid into the company.")
        part = min(1.0, paid_in_minor / max(1, signal.at_risk_minor))
        return Explanation(
            policy.covered_share * part,
            f"收款人近期汇入的款项可抵所付的{percent(part)}%。",
            f"What the payee lately put in covers {percent(part)}% of it.",
        )
