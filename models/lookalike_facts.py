"""What several look-alikes ask of an account: the credits a signal names, what was sent since, and who paid before."""

from typing import Final

from models import entry as e
from models.entry import Entry
from models.signal import Signal
from models.view import View

_TRANSFER_IN: Final = e.CREDIT | e.TRANSFER


def named_credits(view: View, signal: Signal) -> list[Entry]:
    """Return the transfers in that a signal names, oldest first."""
    evidence = set(signal.evidence)
    return [
        entry
        for entry in view.entries[: view.index + 1]
        if entry.code & _TRANSFER_IN == _TRANSFER_IN and entry.event_id in evidence
    ]


def debits_since(view: View, first: Entry) -> list[Entry]:
    """Return what left after an entry, in the event's currency; a requested event counts."""
    now = view.now
    return [
        entry
        for entry in view.entries[: view.index + 1]
        if not entry.code & (e.CREDIT | e.ACCOUNT_EVENT)
        and (entry.code & e.MONEY or entry is now)
        and entry.at_us > first.at_us
        and entry.currency == now.currency
    ]


def known_share(view: View, window_s: int, since_s: int) -> tuple[int, int]:
    """Return how many of the payers of the window paid before `since_s` ago as well, and how many payers there are."""
    payers = {entry.other for entry in view.window(window_s) if entry.code & _TRANSFER_IN == _TRANSFER_IN}
    known = [payer for payer in sorted(payers) if not view.is_new_payer(payer, since_s)]
    return len(known), len(payers)
