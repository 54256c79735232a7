"""What can still be done about a payment, by where its money is: the way it arrives decides, then its age.

Source of the table: PBoC 2016 No. 261 and 2019 No. 85 on transfers that can be revoked, and the policy's own times.
"""

from collections.abc import Iterable
from typing import Final, NamedTuple

from models import entry as e
from models.entry import Entry
from models.policy import Remedies
from models.records import Remedy
from models.units import instant

_DAY_US: Final = 86_400_000_000
_ORDER: Final = ("HOLD", "REVOKE", "FREEZE_REQUEST", "RECALL", "PATROL_TERMINAL", "KEEP_PICTURE")


class RemedyClock(NamedTuple):
    """The policy's times, and the bank's local zone."""

    policy: Remedies
    utc_offset_s: int


def remedies_of(entry: Entry, minor: int, now_us: int, clock: RemedyClock) -> list[Remedy]:
    """Return what can be done about one movement, seen from the account debited; nothing where it is too late for everything.

    minor: the money in it that is to be saved.
    """
    code = entry.code
    event_id, bank = entry.event_id, entry.bank or None
    if code & e.REQUESTED:
        return [Remedy(remedy="HOLD", amount_minor=minor, event_id=event_id)]
    if code & e.CASH:
        closes_us = entry.at_us + clock.policy.patrol_s * 1_000_000
        found = [Remedy(remedy="KEEP_PICTURE", amount_minor=0, event_id=event_id, terminal=entry.place or None)]
        if now_us < closes_us:
            patrol = Remedy(
                remedy="PATROL_TERMINAL",
                amount_minor=minor,
                event_id=event_id,
                closes_at=instant(closes_us),
                terminal=entry.place or None,
            )
            found.insert(0, patrol)
        return found
    found = []
    closes_us = _revocable_until_us(entry, clock)
    if now_us < closes_us:
        found.append(Remedy(remedy="REVOKE", amount_minor=minor, event_id=event_id, closes_at=instant(closes_us)))
    if code & e.OTHER_ELSEWHERE and code & e.TRANSFER:
        found.append(Remedy(remedy="RECALL", amount_minor=minor, event_id=event_id, account=entry.other, bank=bank))
    return found


def _revocable_until_us(entry: Entry, clock: RemedyClock) -> int:
    """Return until when a transfer can be revoked or cancelled, 0 if it cannot, as an own-name move within the bank."""
    code = entry.code
    if not code & e.REVOCABLE or (code & e.OWN_NAME and not code & e.OTHER_ELSEWHERE):
        return 0
    if code & e.NEXT_DAY:
        offset_us = clock.utc_offset_s * 1_000_000
        return ((entry.at_us + offset_us) // _DAY_US + 1) * _DAY_US - offset_us
    return entry.at_us + (clock.policy.delayed_s if code & e.DELAYED else clock.policy.revocable_s) * 1_000_000


def in_order(remedies: Iterable[Remedy]) -> tuple[Remedy, ...]:
    """Return remedies by how surely they save money, then by how much."""
    return tuple(sorted(remedies, key=lambda remedy: (_ORDER.index(remedy.remedy), -remedy.amount_minor, remedy.event_id or "")))
