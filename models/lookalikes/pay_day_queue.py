"""N6, factory pay-day queue (工厂发薪日): many cards at one machine, all of one employer, on the day the wage came.

Separated by: a common employer (cohort), balances that are kept, and at the account a wage among the day's credits. One employer
alone explains only part: cards issued in bulk are also bought in bulk.
"""

import msgspec

from models import entry as e
from models.detector import Explanation, LookAlike
from models.entry import Entry
from models.profile import TerminalProfile
from models.signal import Signal, percent
from models.view import View


class PayDayQueuePolicy(msgspec.Struct, frozen=True, kw_only=True):
    """How much each mark explains, and what counts as kept."""

    wage_window_s: int
    cohort_share: float
    kept_share: float
    kept_balance_share: float
    wage_share: float


class PayDayQueue(LookAlike[PayDayQueuePolicy]):
    """Explains runs at a machine and withdrawals after a wage."""

    id = "N6"
    name = "pay_day_queue"
    Policy = PayDayQueuePolicy

    def explain(self, view: View, signal: Signal) -> Explanation:
        """At a terminal compare employers and balances; at an account look for a wage."""
        evidence = set(signal.evidence)
        named = [entry for entry in view.entries[: view.index + 1] if entry.event_id in evidence]
        if isinstance(view.profile, TerminalProfile):
            return self._at_terminal(named)
        return self._at_account(view, named)

    def _at_terminal(self, named: list[Entry]) -> Explanation:
        """Ask of each card in the run: which employer, and how much of what was there is left."""
        policy = self.policy
        drawn: dict[int, int] = {}
        last_of: dict[int, Entry] = {}
        for entry in named:
            drawn[entry.who] = drawn.get(entry.who, 0) + entry.amount_minor
            last_of[entry.who] = entry
        cohorts = {entry.cohort for entry in named}
        is_one_employer = len(cohorts) == 1 and 0 not in cohorts
        kept = [who for who, entry in last_of.items() if _is_kept(entry, drawn[who], policy.kept_balance_share)]
        share = policy.cohort_share * is_one_employer + policy.kept_share * len(kept) / len(last_of)
        employer_zh = "同一单位" if is_one_employer else "并非同一单位"
        employer_en = "one employer" if is_one_employer else "no common employer"
        return Explanation(
            min(1.0, share),
            f"持卡人{employer_zh}，{len(kept)}/{len(last_of)}张卡留有余额。",
            f"The holders have {employer_en}; {len(kept)} of {len(last_of)} cards kept a balance.",
        )

    def _at_account(self, view: View, named: list[Entry]) -> Explanation:
        """Weigh the wages against the cash drawn: a token wage explains next to nothing."""
        wanted = e.CREDIT | e.MONEY | e.PAYROLL
        wages_minor = sum(
            entry.amount_minor
            for entry in view.window(self.policy.wage_window_s)
            if entry.code & (wanted | e.PENSION) == wanted and entry.code & e.EMPLOYER  # a pension is N8's
        )
        drawn_minor = sum(entry.amount_minor for entry in named if not entry.code & e.CREDIT)
        if not wages_minor:
            return Explanation(0.0, "无工资入账。", "No wage arrived.")
        part = min(1.0, wages_minor / max(1, drawn_minor))
        return Explanation(
            self.policy.wage_share * part,
            f"当日工资入账可解释所取现金的{percent(part)}%。",
            f"A wage of the same day accounts for {percent(part)}% of the cash.",
        )


def _is_kept(last: Entry, drawn_minor: int, kept_share: float) -> bool:
    """Return whether a known part of what a card had before is still there."""
    balance_minor = last.balance_minor
    return balance_minor is not None and balance_minor >= kept_share * (balance_minor + drawn_minor)
