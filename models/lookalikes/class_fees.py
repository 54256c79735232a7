"""N4, school and class fees (学费、班费): parents pay the class representative the same small sum, who pays the school.

Separated by: equal small sums within an hour or two of the call for them, payers who are all of one place or paid last term as
well, and above all where the money goes: to a public body, or a firm. Equal sums alone are seen in frauds too and say little; in
one burst, or from one place, they cost a tier.
"""

from statistics import median_low

import msgspec

from models import entry as e
from models.detector import Explanation, LookAlike
from models.lookalike_facts import debits_since, known_share, named_credits
from models.profile import AccountProfile
from models.signal import Signal, percent
from models.strangers import spread
from models.view import View


class ClassFeesPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """How much each mark explains, and what counts as equal and small."""

    window_s: int
    known_since_s: int
    spread_max: float
    small_minor: int
    burst_s: int
    equal_share: float
    burst_share: float
    local_share_min: float
    local_share: float
    known_share: float
    public_share: float
    firm_share: float


class ClassFees(LookAlike[ClassFeesPolicy]):
    """Explains many equal sums that go to a school."""

    id = "N4"
    name = "class_fees"
    Policy = ClassFeesPolicy

    def explain(self, view: View, signal: Signal) -> Explanation:
        """Add up the marks; without equal small sums it is no collection of fees."""
        policy = self.policy
        credits = named_credits(view, signal) if isinstance(view.profile, AccountProfile) else []
        amounts = [entry.amount_minor for entry in credits]
        if not amounts or spread(amounts) > policy.spread_max or median_low(amounts) > policy.small_minor:
            return Explanation(0.0, "付款金额并非相同的小额。", "The sums are not small and equal.")
        known, payers = known_share(view, policy.window_s, policy.known_since_s)
        sent = debits_since(view, credits[0])
        gathered_minor = max(1, sum(amounts))
        public = min(1.0, sum(entry.amount_minor for entry in sent if entry.code & e.PUBLIC) / gathered_minor)
        firm = min(1.0, sum(entry.amount_minor for entry in sent if entry.code & (e.CORPORATE | e.MERCHANT)) / gathered_minor)
        is_burst = credits[-1].at_us - credits[0].at_us <= policy.burst_s * 1_000_000
        is_local = sum(entry.code & e.SAME_REGION != 0 for entry in credits) >= policy.local_share_min * len(credits)
        share = (
            policy.equal_share
            + policy.burst_share * is_burst
            + policy.local_share * is_local
            + policy.known_share * known / max(1, payers)
        )
        share += policy.public_share * public + policy.firm_share * firm
        return Explanation(
            min(1.0, share),
            f"金额相同，{percent(public)}%已付给公共机构，{payers}名付款人中{known}名以前付过款。",
            f"Equal sums; {percent(public)}% went to a public body; {known} of {payers} payers paid before.",
        )
