"""N5, collections and wedding gifts (众筹、份子钱): many people give, each what they can, to one of them.

Separated by: very uneven small sums, money that stays for hours and days, and where it goes then: a hospital or the like.
Money that stays explains only after a while, because every fraud's money lies there for some minutes.
"""

from statistics import median_low

import msgspec

from models import entry as e
from models.detector import Explanation, LookAlike
from models.lookalike_facts import debits_since, named_credits
from models.profile import AccountProfile
from models.signal import Signal, hours, percent
from models.strangers import spread
from models.view import View


class CollectionPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """How much each mark explains, and what counts as uneven and as staying."""

    spread_min: float
    small_minor: int
    uneven_share: float
    dwell_s: int
    gone_share_max: float
    stays_share: float
    institution_share: float


class Collection(LookAlike[CollectionPolicy]):
    """Explains uneven gifts that stay, or go to an institution."""

    id = "N5"
    name = "collection"
    Policy = CollectionPolicy

    def explain(self, view: View, signal: Signal) -> Explanation:
        """Add up the marks."""
        policy = self.policy
        credits = named_credits(view, signal) if isinstance(view.profile, AccountProfile) else []
        if not credits:
            return Explanation(0.0, "没有可比的入账。", "No credits to compare.")
        gathered_minor = max(1, sum(entry.amount_minor for entry in credits))
        sent = debits_since(view, credits[0])
        to_institutions = sum(entry.amount_minor for entry in sent if entry.code & e.INSTITUTION) / gathered_minor
        gone = sum(entry.amount_minor for entry in sent if not entry.code & e.INSTITUTION) / gathered_minor
        age_s = (view.now.at_us - credits[0].at_us) // 1_000_000
        amounts = [entry.amount_minor for entry in credits]
        is_uneven = median_low(amounts) <= policy.small_minor and spread(amounts) >= policy.spread_min
        is_staying = age_s >= policy.dwell_s and gone <= policy.gone_share_max
        share = policy.uneven_share * is_uneven + policy.stays_share * is_staying
        share += policy.institution_share * min(1.0, to_institutions)
        how_zh, how_en = ("小而不均", "small and uneven") if is_uneven else ("并非小而不均", "not small and uneven")
        return Explanation(
            min(1.0, share),
            f"金额{how_zh}，{hours(age_s)}小时内非机构去向{percent(gone)}%。",
            f"The sums are {how_en}; within {hours(age_s)} h {percent(gone)}% went to others than institutions.",
        )
