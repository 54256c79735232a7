"""N15, public money (公积金、补贴、遗产): a fund, an office or a court pays into an account that nobody used for long.

Separated by: the payer is a public body by its type; the purpose is the sender's word and counts nothing. It explains the part of
the day's money that came from there, and what of it was paid on to public bodies.
"""

import msgspec

from models import entry as e
from models.detector import Explanation, LookAlike
from models.entry import Entry
from models.profile import AccountProfile
from models.signal import Signal, percent
from models.view import View


class PublicMoneyPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """How much each mark explains."""

    window_s: int
    from_public_share: float
    to_public_share: float


class PublicMoney(LookAlike[PublicMoneyPolicy]):
    """Explains money that comes from, or goes to, a public body."""

    id = "N15"
    name = "public_money"
    Policy = PublicMoneyPolicy

    def explain(self, view: View, signal: Signal) -> Explanation:
        """Weigh the public part of what came in, and of what left."""
        policy = self.policy
        if not isinstance(view.profile, AccountProfile):
            return Explanation(0.0, "不是账户。", "Not an account.")
        moved = [entry for entry in view.window(policy.window_s) if entry.code & e.MONEY]
        came = _public_part([entry.amount_minor for entry in moved if entry.code & e.CREDIT], _public(moved, is_credit=True))
        left = _public_part([entry.amount_minor for entry in moved if not entry.code & e.CREDIT], _public(moved, is_credit=False))
        return Explanation(
            min(1.0, policy.from_public_share * came + policy.to_public_share * left),
            f"入账的{percent(came)}%来自公共机构，转出的{percent(left)}%付给公共机构。",
            f"{percent(came)}% of what came in is from public bodies, {percent(left)}% of what left went to them.",
        )


def _public(moved: list[Entry], *, is_credit: bool) -> int:
    return sum(entry.amount_minor for entry in moved if entry.code & e.PUBLIC and bool(entry.code & e.CREDIT) == is_credit)


def _public_part(amounts_minor: list[int], public_minor: int) -> float:
    return public_minor / max(1, sum(amounts_minor))
