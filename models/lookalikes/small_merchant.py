"""N3, small merchant (个体商户收款): many small sums in from ever new customers, swept to the owner's own account.

Separated by: many payers and a history that reaches back months, small sums, sweeps to the same name, a firm's account type. A busy
till forgets its passers-by within days, so the age is that of the oldest counterparty still remembered, on either side.
"""

import msgspec

from models import entry as e
from models.detector import Explanation, LookAlike
from models.profile import AccountProfile
from models.recency import sightings
from models.signal import Signal
from models.view import View


class SmallMerchantPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """How much each mark explains, and what counts as one."""

    steady_d: int
    payers_min: int
    small_minor: int
    window_s: int
    history_share: float
    small_share: float
    sweep_share: float
    type_share: float


class SmallMerchant(LookAlike[SmallMerchantPolicy]):
    """Explains gathering and passing on by an account that has long done so."""

    id = "N3"
    name = "small_merchant"
    Policy = SmallMerchantPolicy

    def explain(self, view: View, signal: Signal) -> Explanation:
        """Add up the marks: long history, small sums, sweeps to the own name, account type."""
        profile, policy, now = view.profile, self.policy, view.now
        if not isinstance(profile, AccountProfile):
            return Explanation(0.0, "不是账户。", "Not an account.")
        payers = sightings(profile.payers)
        oldest_s = min((first_s for _, first_s, _ in payers + sightings(profile.payees)), default=now.at_us // 1_000_000)
        age_d = (now.at_us // 1_000_000 - oldest_s) // 86_400
        window = view.window(policy.window_s)
        credits = sorted(entry.amount_minor for entry in window if entry.code & (e.CREDIT | e.MONEY) == e.CREDIT | e.MONEY)
        debits = [entry for entry in window if entry.code & (e.CREDIT | e.MONEY | e.TRANSFER) == e.MONEY | e.TRANSFER]
        is_steady = age_d >= policy.steady_d and len(payers) >= policy.payers_min
        is_small = bool(credits) and credits[len(credits) // 2] <= policy.small_minor
        is_swept = bool(debits) and all(entry.code & e.OWN_NAME for entry in debits)
        share = (
            policy.history_share * is_steady
            + policy.small_share * (is_steady and is_small)
            + policy.sweep_share * (is_steady and is_swept)
            + policy.type_share * bool(now.code & (e.SELF_MERCHANT | e.SELF_CORPORATE))
        )
        if is_steady:
            return Explanation(
                min(1.0, share),
                f"该账户{age_d}天来持续有{len(payers)}个以上付款人。",
                f"It has been paid by {len(payers)} or more payers over {age_d} days.",
            )
        return Explanation(
            min(1.0, share),
            f"收款历史仅{age_d}天、{len(payers)}个付款人，不是长期经营。",
            f"Only {age_d} days and {len(payers)} payers of history: not a long-standing business.",
        )
