"""N8, carer on pension day (家人代取): one relative draws the pensions of two or three old people at one machine.

Separated by: at the account a pension of a public body or a firm that covers the cash; at the machine few cards, all of old
holders, each for no more than a pension. Age alone explains only part: old people's cards are borrowed and bought as well, so a
fourth card or a larger sum takes the rest of it away.
"""

import msgspec

from models import entry as e
from models.detector import Explanation, LookAlike
from models.entry import Entry
from models.profile import TerminalProfile
from models.signal import Signal, percent
from models.view import View


class PensionCarerPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """How much each mark explains, and what is a pensioner, a pension, and few."""

    pension_window_s: int
    age_min: int
    cards_max: int
    pension_max_minor: int
    age_share: float
    few_share: float
    small_share: float
    pension_share: float


class PensionCarer(LookAlike[PensionCarerPolicy]):
    """Explains a few cards of old people at one machine, and withdrawals of a pension."""

    id = "N8"
    name = "pension_carer"
    Policy = PensionCarerPolicy

    def explain(self, view: View, signal: Signal) -> Explanation:
        """At a terminal look at holders and sums; at an account look for a pension."""
        evidence = set(signal.evidence)
        named = [entry for entry in view.entries[: view.index + 1] if entry.event_id in evidence]
        if isinstance(view.profile, TerminalProfile):
            return self._at_terminal(named)
        return self._at_account(view, named)

    def _at_terminal(self, named: list[Entry]) -> Explanation:
        policy = self.policy
        drawn: dict[int, int] = {}
        for entry in named:
            drawn[entry.who] = drawn.get(entry.who, 0) + entry.amount_minor
        if not named or any(entry.holder_age < policy.age_min for entry in named):  # unknown is below any age
            return Explanation(0.0, "持卡人并非都是老人，或年龄未知。", "The holders are not all old, or their age is not known.")
        is_few = len(drawn) <= policy.cards_max
        is_small = max(drawn.values()) <= policy.pension_max_minor
        return Explanation(
            policy.age_share + policy.few_share * is_few + policy.small_share * is_small,
            f"{len(drawn)}名持卡人均满{policy.age_min}岁，取款{'不超过' if is_small else '超过'}养老金水平。",
            f"All {len(drawn)} holders are {policy.age_min} or older, and drew {'no more' if is_small else 'more'} than a pension.",
        )

    def _at_account(self, view: View, named: list[Entry]) -> Explanation:
        """Weigh the pension against the cash drawn: a small one explains next to nothing."""
        wanted = e.CREDIT | e.MONEY | e.PENSION
        pension_minor = sum(
            entry.amount_minor
            for entry in view.window(self.policy.pension_window_s)
            if entry.code & wanted == wanted and entry.code & e.EMPLOYER
        )
        if not pension_minor:
            return Explanation(0.0, "当日无养老金入账。", "No pension arrived within the day.")
        part = min(1.0, pension_minor / max(1, sum(entry.amount_minor for entry in named if not entry.code & e.CREDIT)))
        return Explanation(
            self.policy.pension_share * part,
            f"当日养老金入账可解释所取现金的{percent(part)}%。",
            f"A pension of the same day accounts for {percent(part)}% of the cash.",
        )
