"""N20, marketplace refunds (退款、代购): what came in goes back along the same way, because an article is sold out.

Separated by: the reverse flow is paired, back to the very payer and of about the same sum; and what was ordered is bought at shops.
It explains just the parts that went back and were spent so, and a refund or two buy nobody an excuse.
"""

import msgspec

from models import entry as e
from models.detector import Explanation, LookAlike
from models.lookalike_facts import debits_since, named_credits
from models.profile import AccountProfile
from models.signal import Signal, percent
from models.view import View


class RefundsPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """How much a paired reverse flow explains, and how alike the two sums must be."""

    alike_share_min: float
    returned_share: float
    spent_share: float


class Refunds(LookAlike[RefundsPolicy]):
    """Explains money that went back to those who paid it."""

    id = "N20"
    name = "refunds"
    Policy = RefundsPolicy

    def explain(self, view: View, signal: Signal) -> Explanation:
        """Weigh the part of the named credits that was paid back to its payers."""
        policy = self.policy
        credits = named_credits(view, signal) if isinstance(view.profile, AccountProfile) else []
        if not credits:
            return Explanation(0.0, "没有可比的入账。", "No credits to compare.")
        paid_minor: dict[int, int] = {}
        for entry in credits:
            paid_minor[entry.who] = paid_minor.get(entry.who, 0) + entry.amount_minor
        back_minor: dict[int, int] = {}
        spent_minor = 0
        for entry in debits_since(view, credits[0]):
            if entry.code & e.PURCHASE and entry.code & e.MERCHANT:
                spent_minor += entry.amount_minor
            elif entry.code & e.TRANSFER and entry.who in paid_minor:
                back_minor[entry.who] = back_minor.get(entry.who, 0) + entry.amount_minor
        returned_minor = sum(
            min(minor, paid_minor[who]) for who, minor in back_minor.items() if minor >= policy.alike_share_min * paid_minor[who]
        )
        in_minor = max(1, sum(paid_minor.values()))
        part, spent = returned_minor / in_minor, min(1.0, spent_minor / in_minor)
        return Explanation(
            min(1.0, policy.returned_share * part + policy.spent_share * spent),
            f"入账的{percent(part)}%已退回原付款人，{percent(spent)}%用于商户消费。",
            f"{percent(part)}% of what came in went back to its payers, {percent(spent)}% bought goods at shops.",
        )
