"""N16, group buying and shared bills (团购、AA): neighbours pay the organiser, who pays the supplier; some get their money back.

Separated by: payers who come again, equal sums, and money that goes to a firm or a shop; N20 sees the refunds. Equal sums alone are
seen in frauds too and explain little.
"""

import msgspec

from models import entry as e
from models.detector import Explanation, LookAlike
from models.lookalike_facts import debits_since, known_share, named_credits
from models.profile import AccountProfile
from models.signal import Signal, percent
from models.strangers import spread
from models.view import View


class GroupBuyingPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """How much each mark explains, and what counts as equal."""

    window_s: int
    known_since_s: int
    spread_max: float
    equal_share: float
    known_share: float
    supplier_share: float


class GroupBuying(LookAlike[GroupBuyingPolicy]):
    """Explains many payers by those who come again and by the supplier who is paid."""

    id = "N16"
    name = "group_buying"
    Policy = GroupBuyingPolicy

    def explain(self, view: View, signal: Signal) -> Explanation:
        """Add up the marks."""
        policy = self.policy
        credits = named_credits(view, signal) if isinstance(view.profile, AccountProfile) else []
        if not credits:
            return Explanation(0.0, "没有可比的入账。", "No credits to compare.")
        known, payers = known_share(view, policy.window_s, policy.known_since_s)
        gathered_minor = max(1, sum(entry.amount_minor for entry in credits))
        to_firms = sum(entry.amount_minor for entry in debits_since(view, credits[0]) if entry.code & (e.CORPORATE | e.MERCHANT))
        supplied = min(1.0, to_firms / gathered_minor)
        is_equal = len(credits) > 1 and spread([entry.amount_minor for entry in credits]) <= policy.spread_max
        share = policy.equal_share * is_equal + policy.known_share * known / max(1, payers) + policy.supplier_share * supplied
        return Explanation(
            min(1.0, share),
            f"当日{payers}名付款人中{known}名以前付过款，{percent(supplied)}%已付给商户或企业。",
            f"{known} of the day's {payers} payers paid before; {percent(supplied)}% went to a shop or a firm.",
        )
