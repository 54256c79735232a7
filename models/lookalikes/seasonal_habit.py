"""N14, holiday, migrant and night worker (春节、返乡、夜班): large sums home, cash for the feast, payments in the night shift.

Separated by: a wage of these days that covers the sum, a relative who has long been paying this account, the customer's own hours
and sums. A call, a name that does not match, a deposit broken or a limit raised leaves nothing explained.
"""

import msgspec

from models import entry as e
from models.detector import Explanation, LookAlike
from models.settling import local_hour
from models.signal import Signal
from models.signs import deviations_above
from models.stats import hour_rarity
from models.view import View

_FORCED = e.DEPOSIT_BROKEN | e.LIMIT_RAISED


class SeasonalHabitPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """How much each mark explains, and what counts as one."""

    wage_window_s: int
    relative_s: int
    history_min: int
    deviations: float
    rare_hour_min: float
    wage_share: float
    relative_share: float
    usual_share: float


class SeasonalHabit(LookAlike[SeasonalHabitPolicy]):
    """Explains sums that the customer's own wage, relatives or habits account for."""

    id = "N14"
    name = "seasonal_habit"
    Policy = SeasonalHabitPolicy

    def explain(self, view: View, signal: Signal) -> Explanation:
        """Add up the marks, at most to the whole."""
        now, policy = view.now, self.policy
        window = view.window(policy.wage_window_s)
        if now.code & (e.COACHED | e.NAME_MISMATCH) or any(entry.code & _FORCED for entry in window):
            zh, en = (
                "付款时有通话、户名不符或刚解除存款、限额。",
                "A call, a wrong name, a broken deposit or a raised limit came with it.",
            )
            return Explanation(0.0, zh, en)
        share, said = 0.0, []
        wanted = e.CREDIT | e.MONEY | e.PAYROLL
        wages_minor = sum(entry.amount_minor for entry in window if entry.code & wanted == wanted and entry.code & e.EMPLOYER)
        if wages_minor:
            share += policy.wage_share * min(1.0, wages_minor / max(1, signal.at_risk_minor))
            said.append(("有工资刚入账", "a wage has just arrived"))
        if now.code & e.TRANSFER and not view.is_new_payer(now.other, policy.relative_s):
            share += policy.relative_share
            said.append(("收款人与客户早有往来", "the payee has long been paying this customer"))
        if self._is_usual(view, signal):
            share += policy.usual_share
            said.append(("金额与时段符合本人习惯", "sum and hour are usual for this customer"))
        if not said:
            return Explanation(
                0.0, "与本人工资、亲友往来和习惯均不符。", "Neither a wage, a relative nor the customer's habit explains it."
            )
        zh, en = "，".join(part for part, _ in said), ", ".join(part for _, part in said)
        return Explanation(min(1.0, share), f"{zh}。", f"{en[0].upper()}{en[1:]}.")

    def _is_usual(self, view: View, signal: Signal) -> bool:
        """Return whether both the sum and the hour are the customer's own; unknown is not usual."""
        policy, habits = self.policy, view.habits()
        if habits.count < policy.history_min:
            return False
        rarity = hour_rarity(habits.hours, local_hour(view.now.at_us, view.bounds.utc_offset_s))
        above = deviations_above(view, signal.at_risk_minor, policy.history_min)
        return rarity < policy.rare_hour_min and above <= policy.deviations
