"""Suspect money: which movements of an account belong to its case, and how much of what came in is still there.

A freeze may take no more than that: neither the holder's own money nor what has left already.
"""

from collections import deque
from collections.abc import Iterable

from models import entry as e
from models.case import Case, Flow
from models.entry import Entry
from models.hearsay import is_from_terminal, strangers_credits
from models.profile import AccountProfile
from models.rulebook import Rulebook


def gather_flows(case: Case, account: str, profile: AccountProfile, rulebook: Rulebook) -> None:
    """Bring the case's flows up to date from the account's entries.

    Inflows: credits that a signal names; and where a machine named the account, the strangers' credits before it. Outflows: every
    debit after the first inflow. A movement taken back, or no longer named, leaves.
    """
    named = {event_id for said in case.said for event_id in said.signal.evidence}
    for said in case.said:
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
        if not entry.code & e.MONEY:
            continue
        if entry.code & e.CREDIT:
            if entry.event_id in named:
                flows.append(_flow(entry))
                has_inflow = True
        elif has_inflow:
            flows.append(_flow(entry))
    while flows and not flows[0].is_in:
        flows.pop(0)
    case.flows = flows[-rulebook.freeze.transactions_max :]


def _flow(entry: Entry) -> Flow:
    is_in = bool(entry.code & e.CREDIT)
    return Flow(entry.event_id, entry.at_us, entry.amount_minor, is_in, entry.other or entry.place, entry.bank)


class _Lots:
    """The money on an account as a queue of lots, oldest first, each suspect or clean."""

    def __init__(self) -> None:
        self._lots: deque[tuple[int, bool]] = deque()

    def total_minor(self) -> int:
        return sum(minor for minor, _ in self._lots)

    def suspect_minor(self) -> int:
        return sum(minor for minor, is_suspect in self._lots if is_suspect)

    def add(self, minor: int, *, is_suspect: bool) -> None:
        self._lots.append((minor, is_suspect))

    def eat(self, minor: int) -> None:
        while minor > 0 and self._lots:
            lot_minor, is_suspect = self._lots.popleft()
            if lot_minor > minor:
                self._lots.appendleft((lot_minor - minor, is_suspect))
            minor -= lot_minor

    def agree_with(self, balance_minor: int) -> None:
        """Believe a balance told: what we never saw leave ate the oldest lots, what we never saw arrive is clean."""
        unseen_minor = max(0, balance_minor) - self.total_minor()
        if unseen_minor > 0:
            self.add(unseen_minor, is_suspect=False)
        self.eat(-unseen_minor)


def still_there_minor(case: Case, entries: Iterable[Entry]) -> int:
    """Return how much of the suspect inflow is still on the account, minor units.

    First in, first out: each credit is a lot, each debit eats the oldest ones. Wherever a record tells the balance it is believed,
    so that an opening balance is a clean lot in front, later clean credits never raise the result, and it exceeds neither the
    suspect inflow nor the last balance told. Without any balance the account is taken to have been empty.
    """
    entries = list(entries)
    present = {entry.event_id for entry in entries}
    suspect = {flow.event_id for flow in case.flows if flow.is_in}
    lots = _Lots()
    for flow in case.flows:
        if flow.event_id not in present:
            if flow.is_in:
                lots.add(flow.amount_minor, is_suspect=True)
            else:
                lots.eat(flow.amount_minor)
    for entry in entries:
        is_credit, balance_minor = bool(entry.code & e.CREDIT), entry.balance_minor
        if entry.code & e.MONEY:
            if balance_minor is not None:
                lots.agree_with(balance_minor - entry.amount_minor if is_credit else balance_minor + entry.amount_minor)
            if is_credit:
                lots.add(entry.amount_minor, is_suspect=entry.event_id in suspect)
            else:
                lots.eat(entry.amount_minor)
        if balance_minor is not None and entry.code & (e.MONEY | e.REVERSAL):
            lots.agree_with(balance_minor)
    return lots.suspect_minor()
