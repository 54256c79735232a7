"""N7, market machine (集市存取款机): traders pay the day's takings in at a machine, and some draw from it for the next purchase.

Separated by: many deposits of many depositors at the machine, and drawers who paid cash in themselves within the day. Deposits
of others alone explain only part: a runner may choose a busy machine. A deposit counts for as much as was paid in.
"""

from typing import Final

import msgspec

from models import entry as e
from models.detector import Explanation, LookAlike
from models.entry import Entry
from models.profile import TerminalProfile
from models.signal import Signal, percent
from models.view import View


class MarketMachinePolicy(msgspec.Struct, frozen=True, kw_only=True):
    """How much each mark explains, and what makes a market machine."""

    window_s: int
    depositors_min: int
    machine_share: float
    depositor_share: float
    paid_in_share: float


class MarketMachine(LookAlike[MarketMachinePolicy]):
    """Explains runs at a machine by its deposits, and a withdrawal by the holder's own."""

    id = "N7"
    name = "market_machine"
    Policy = MarketMachinePolicy

    def explain(self, view: View, signal: Signal) -> Explanation:
        """At a terminal look at who paid in there; at an account weigh cash paid in against cash drawn."""
        policy, evidence = self.policy, set(signal.evidence)
        window = view.window(policy.window_s)
        deposits = [entry for entry in window if entry.code & _DEPOSIT == _DEPOSIT]
        drawn = [entry for entry in view.entries[: view.index + 1] if entry.event_id in evidence and not entry.code & e.CREDIT]
        if not deposits:
            return Explanation(0.0, "当日无现金存入。", "No cash was paid in within the day.")
        if not isinstance(view.profile, TerminalProfile):
            part = min(1.0, _sum(deposits) / max(1, _sum(drawn)))
            return Explanation(
                policy.paid_in_share * part,
                f"当日存入的现金可解释所取现金的{percent(part)}%。",
                f"Cash paid in within the day accounts for {percent(part)}% of the cash drawn.",
            )
        depositors = len({entry.who for entry in deposits})
        withdrawals = sum(entry.code & (e.CASH | e.MONEY | e.CREDIT) == e.CASH | e.MONEY for entry in window)
        is_market = depositors >= policy.depositors_min and len(deposits) > withdrawals
        known = _covered(drawn, deposits)
        return Explanation(
            policy.machine_share * is_market + policy.depositor_share * known,
            f"该机具当日{depositors}人存款，所取现金的{percent(known)}%由取款人自己存入。",
            f"{depositors} people paid in here within the day; {percent(known)}% of the cash was the drawers' own deposits.",
        )


_DEPOSIT: Final = e.CASH | e.CREDIT | e.MONEY


def _sum(entries: list[Entry]) -> int:
    return sum(entry.amount_minor for entry in entries)


def _covered(drawn: list[Entry], deposits: list[Entry]) -> float:
    """Return the share of the cash drawn that its drawers paid in before, each counted for himself."""
    paid_in: dict[int, int] = {}
    for entry in deposits:
        paid_in[entry.who] = paid_in.get(entry.who, 0) + entry.amount_minor
    taken: dict[int, int] = {}
    for entry in drawn:
        taken[entry.who] = taken.get(entry.who, 0) + entry.amount_minor
    covered_minor = sum(min(minor, paid_in.get(who, 0)) for who, minor in taken.items())
    return covered_minor / max(1, sum(taken.values()))
