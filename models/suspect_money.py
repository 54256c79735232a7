"""Suspect money: which movements of an account belong to its case, and how much of what came in is still there.

A freeze may take no more than that: neither the holder's own money nor what has left already. What leaves the window stays in the
case as lots, so that the sum is the same whether an account still shows its movements or not. Only money of the case's own currency
counts.
"""

from collections import deque
from collections.abc import Iterable

from models import entry as e
from models.case import Case, Flow, Lot
from models.entry import Entry
from models.hearsay import is_from_terminal, strangers_credits
from models.ladder import cleared_events, is_cleared
from models.profile import AccountProfile
from models.rulebook import Rulebook
from models.signal import MULE


def gather_flows(case: Case, account: str, profile: AccountProfile, rulebook: Rulebook) -> None:
    """Bring the case's flows up to date from the account's entries.

    Inflows: credits that a signal names which stands; and where a machine named the account, the strangers' credits before it.
    Outflows: every debit after the first inflow. A movement taken back, or no longer named, leaves. Of too many the smallest leave
    first, so that no flood of trifles hides what matters.
    """
    standing = [said for said in case.said if not is_cleared(case, said.signal)]
    named = {event_id for said in standing for event_id in said.signal.evidence}
    named -= cleared_events(case, (said.signal for said in case.said))
    for said in standing:
        if is_from_terminal(said):
            named |= {
                entry.event_id
                for entry in strangers_credits(account, profile, said.signal.at_us, rulebook.bounds, rulebook.hearsay)
            }
    entries = profile.entries
    present = {entry.event_id for entry in entries}
    taken_back = {entry.answers for entry in entries if entry.code & e.REVERSAL}
    flows = [flow for flow in case.flows if flow.event_id not in present and flow.event_id not in taken_back]
    has_inflow = bool(flows)
    for entry in entries:
        if not entry.code & e.MONEY or entry.currency != case.currency:
            continue
        if entry.code & e.CREDIT:
            if entry.event_id in named:
                flows.append(_flow(entry))
                has_inflow = True
        elif has_inflow:
            flows.append(_flow(entry))
    case.flows = _largest(flows, rulebook.freeze.transactions_max)


def _flow(entry: Entry) -> Flow:
    is_in = bool(entry.code & e.CREDIT)
    return Flow(entry.event_id, entry.at_us, entry.amount_minor, is_in, entry.other or entry.place, entry.bank)


def _largest(flows: list[Flow], flows_max: int) -> list[Flow]:
    """Return the largest movements in order of time, from the first inflow on; of equals the newest."""
    if len(flows) > flows_max:
        kept = sorted(flows, key=lambda flow: (flow.amount_minor, flow.at_us, flow.event_id))[-flows_max:]
        flows = sorted(kept, key=lambda flow: (flow.at_us, flow.event_id))
    first = next((at for at, flow in enumerate(flows) if flow.is_in), len(flows))
    return flows[first:]


class _Lots:
    """The money on an account as a queue of lots, oldest first, each what is left of one credit.

    It goes on from what a case has kept of entries that left the window.
    """

    def __init__(self, case: Case) -> None:
        self._lots: deque[Lot] = deque(case.lots)
        self._currency = case.currency
        self._lost_us = case.lost_us
        self.lost_minor = case.lost_minor

    def take(self, entries: Iterable[Entry]) -> None:
        """Take movements in order: each credit is a lot, each debit eats the oldest ones; a balance told is believed."""
        for entry in entries:
            if entry.currency != self._currency:
                continue
            if self.lost_minor and entry.at_us > self._lost_us:
                self.eat_lost()
            is_credit, minor, balance_minor = bool(entry.code & e.CREDIT), entry.amount_minor, entry.balance_minor
            if entry.code & e.MONEY:
                if balance_minor is not None:
                    self._agree_with(balance_minor - minor if is_credit else balance_minor + minor)
                if is_credit:
                    self._lots.append(Lot(entry.event_id, minor))
                else:
                    self._eat(minor)
            if balance_minor is not None and entry.code & (e.MONEY | e.REVERSAL):
                self._agree_with(balance_minor)

    def eat_lost(self) -> None:
        """Take off the debits that a too busy key no longer shows."""
        self._eat(self.lost_minor)
        self.lost_minor = 0

    def suspect_minor(self, suspect: set[str]) -> int:
        return sum(lot.minor for lot in self._lots if lot.event_id in suspect)

    def kept(self, suspect: set[str]) -> list[Lot]:
        """Return the lots as a case keeps them: neighbours without suspicion are one, so that there are few."""
        kept: list[Lot] = []
        for lot in self._lots:
            if lot.event_id in suspect:
                kept.append(lot)
            elif kept and not kept[-1].event_id:
                kept[-1] = Lot("", kept[-1].minor + lot.minor)
            else:
                kept.append(Lot("", lot.minor))
        return kept

    def _eat(self, minor: int) -> None:
        while minor > 0 and self._lots:
            lot = self._lots.popleft()
            if lot.minor > minor:
                self._lots.appendleft(Lot(lot.event_id, lot.minor - minor))
            minor -= lot.minor

    def _agree_with(self, balance_minor: int) -> None:
        """Believe a balance told: what we never saw leave ate the oldest lots, what we never saw arrive is clean."""
        unseen_minor = max(0, balance_minor) - sum(lot.minor for lot in self._lots)
        if unseen_minor > 0:
            self._lots.append(Lot("", unseen_minor))
        self._eat(-unseen_minor)


def still_there_minor(case: Case, entries: Iterable[Entry]) -> int:
    """Return how much of the suspect inflow is still on the account, minor units.

    First in, first out: each credit is a lot, each debit eats the oldest ones. Wherever a record tells the balance it is believed,
    so that an opening balance is a clean lot in front, later clean credits never raise the result, and it exceeds neither the
    suspect inflow nor the last balance told. Without any balance the account is taken to have been empty.
    """
    lots = _Lots(case)
    lots.take(entries)
    lots.eat_lost()
    return lots.suspect_minor(_suspect(case))


def _suspect(case: Case) -> set[str]:
    return {flow.event_id for flow in case.flows if flow.is_in}


def keep_lots(cases: Iterable[Case], leaving: list[Entry]) -> None:
    """Keep in a mule's case what its account's oldest entries, which are about to leave the window, came to."""
    for case in cases:
        if case.role == MULE:
            lots = _Lots(case)
            lots.take(leaving)
            case.lots, case.lost_minor = lots.kept(_suspect(case)), lots.lost_minor


def keep_lost(cases: Iterable[Case], entry: Entry) -> None:
    """Keep in a mule's case that a debit was made which a too busy key will no longer show among its entries.

    All such debits count as made at the time of the newest, which can only lower what is asked for.
    """
    if entry.code & (e.MONEY | e.CREDIT) != e.MONEY:
        return
    for case in cases:
        if case.role == MULE and entry.currency == case.currency:
            case.lost_minor += entry.amount_minor
            case.lost_us = max(case.lost_us, entry.at_us)
