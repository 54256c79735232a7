"""N2, rent day (房租日): tenants pay their landlord, all on the same day of the month, and some of them are new.

Separated by: most of the day's payers have paid for longer than a month's distance, and the account is no young one. The purpose
RENT is the payer's word, and counts nothing.
"""

import msgspec

from models.detector import Explanation, LookAlike
from models.lookalike_facts import known_share
from models.profile import AccountProfile
from models.signal import Signal
from models.view import View


class RentDayPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """How much each mark explains, and what counts as old."""

    window_s: int
    known_since_s: int
    payers_min: int
    old_d: int
    known_share: float
    old_share: float


class RentDay(LookAlike[RentDayPolicy]):
    """Explains many payers on one day by those who come every month."""

    id = "N2"
    name = "rent_day"
    Policy = RentDayPolicy

    def explain(self, view: View, signal: Signal) -> Explanation:
        """Weigh the part of the day's payers that is known from the month before or longer."""
        policy = self.policy
        if not isinstance(view.profile, AccountProfile):
            return Explanation(0.0, "不是账户。", "Not an account.")
        known, payers = known_share(view, policy.window_s, policy.known_since_s)
        if known < policy.payers_min:
            return Explanation(0.0, f"当日仅{known}名付款人上月也付过款。", f"Only {known} of the day's payers paid a month ago.")
        is_old = view.now.own_age_d >= policy.old_d
        share = (policy.known_share + policy.old_share * is_old) * known / payers
        return Explanation(
            min(1.0, share),
            f"当日{payers}名付款人中{known}名一个月前已在付款。",
            f"{known} of the day's {payers} payers have paid for a month or longer.",
        )
