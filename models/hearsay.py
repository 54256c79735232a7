"""What another key says about an account counts only as far as the account's own record bears it out.

A run of cards at one machine (W2), or a set of them that moves (W3), makes every card of it suspicious. But a skimmed card's
holder is a victim, and a worker draws a wage: an account is a mule's only if the money drawn there came from strangers shortly
before. The machine cannot know; the account can. What is not borne out stays as support and raises nothing.
"""

import msgspec

from models import entry as e
from models.case import Case, Said
from models.entry import Entry
from models.keys import key_of
from models.policy import Bounds, Hearsay
from models.profile import AccountProfile
from models.records import Reason
from models.signal import Signal
from models.view import View

_ACCOUNT = key_of("ACCOUNT", "")


def is_from_terminal(said: Said) -> bool:
    """Return whether a machine said it of one of the accounts that used it: one of a run, or of a set of cards that moved."""
    return bool(said.origin) and said.signal.typology in ("W2", "W3")


def strangers_credits(account: str, profile: AccountProfile, until_us: int, bounds: Bounds, policy: Hearsay) -> list[Entry]:
    """Return the strangers' transfers in of the policy's window that ends at `until_us`, oldest first."""
    if not profile.entries:
        return []
    view = View(account, profile, profile.entries, len(profile.entries) - 1, bounds)
    since_us = until_us - policy.window_s * 1_000_000
    return [
        entry for entry in profile.entries if since_us < entry.at_us <= until_us and view.is_from_stranger(entry, policy.stranger_s)
    ]


def heard(case: Case, account: str, profile: AccountProfile, bounds: Bounds, policy: Hearsay) -> list[Signal]:
    """Return the case's signals: a machine's no higher than the account's own record bears it out, a payer's worded as such."""
    signals = []
    for said in case.said:
        signal = said.signal
        if said.origin[:2] == _ACCOUNT:
            signal = msgspec.structs.replace(signal, reasons=tuple(map(_of_the_payer, signal.reasons)))
        elif is_from_terminal(said):
            signal = msgspec.structs.replace(signal, tier=min(signal.tier, _tier_borne_out(said, account, profile, bounds, policy)))
        signals.append(signal)
    return signals


def _of_the_payer(reason: Reason) -> Reason:
    """Return a reason that was stated of the payer, so worded and coded that nobody reads it as the payee's."""
    return msgspec.structs.replace(reason, code=f"PAYER_{reason.code}", zh=f"付款方：{reason.zh}", en=f"Of the payer: {reason.en}")


def _tier_borne_out(said: Said, account: str, profile: AccountProfile, bounds: Bounds, policy: Hearsay) -> int:
    """Return 3 if strangers' money was drawn and the account holds nothing else, 2 if it was at least part of it, else 0."""
    signal, currency = said.signal, said.currency
    named = set(signal.evidence)
    drawn = [entry for entry in profile.entries if entry.event_id in named and entry.code & e.MONEY and entry.currency == currency]
    drawn_minor = sum(entry.amount_minor for entry in drawn)
    credits = strangers_credits(account, profile, signal.at_us, bounds, policy)
    credited_minor = sum(entry.amount_minor for entry in credits if entry.currency == currency)
    if not credited_minor or credited_minor < policy.covered_share_min * drawn_minor:
        return 0
    balance_minor = drawn[-1].balance_minor if drawn else None
    if balance_minor is None or credited_minor < policy.covered_share_for_police * drawn_minor:
        return 2
    own_minor = balance_minor - max(0, credited_minor - drawn_minor)
    return 3 if own_minor <= policy.own_share_max * credited_minor else 2
