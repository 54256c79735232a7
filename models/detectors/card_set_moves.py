"""W3, card set moves (同卡组流动): the stack of cards that was drawn at one machine appears at a second one.

Key: first the account, then the second machine. An account that draws at a second machine within the day, of strangers' money
or at a machine new to it, tells that machine so, as support. There the word of each account is held together (`gathered`):
cards that followed each other at the first machine, follow each other here, and make most of the cards seen here meanwhile.
Seen at the third. Then somebody must go there, and each account hears of it; that counts against it only as its own record
bears out (`hearsay.py`).
Looks at: the last other machine of each account and when, the pause between two cards at both, distinct holders, and the share
of the set in all cards of the second machine from its first to its last (the Jaccard index, as far as the second machine can
know it).
Not to be confused with: N8 a carer's few cards, N17 test cards, N6 colleagues on pay day.
Cannot see: who else drew at the first machine in between; the short pauses stand in for it.
"""

from collections.abc import Sequence
from typing import Final

import msgspec

from models import entry as e
from models.detector import Detector
from models.entry import Entry
from models.profile import Profile
from models.records import Reason
from models.signal import MULE, Also, Signal, hours, percent
from models.view import View


class CardSetMovesPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """Thresholds; reasons in the policy file."""

    window_s: int
    stranger_s: int
    cash_min_minor: int
    covered_share_min: float
    pause_max_s: int
    cards_min: int
    jaccard_share_min: float
    reminder_share: float
    support_weight: float
    weight: float


class CardSetMoves(Detector[CardSetMovesPolicy]):
    """Examines withdrawals at their account for what the second machine must know, and gathers it there."""

    name = "card_set_moves"
    typologies = ("W3",)
    keyed_by = "ACCOUNT"
    shapes = (e.CASH,)
    role = MULE
    lookalikes = ("N6", "N8", "N17")
    Policy = CardSetMovesPolicy

    def examine(self, view: View) -> Signal | None:
        """Return support for the machine if this account drew at another one within the window."""
        policy, now = self.policy, view.now
        if now.code & _CASH_OUT != _WANTED or not now.place or not view.index:
            return None
        drawn = [entry for entry in view.window(policy.window_s) if entry.code & _CASH_OUT == _WANTED and entry.place]
        elsewhere = [entry for entry in drawn if entry.place != now.place]
        if not elsewhere:
            return None
        drawn_minor = sum(entry.amount_minor for entry in drawn)
        if drawn_minor < policy.cash_min_minor:
            return None
        credited_minor = view.strangers_credit_minor(policy.window_s, policy.stranger_s)
        if credited_minor < policy.covered_share_min * drawn_minor and not view.is_new_place():
            return None
        last = elsewhere[-1]
        strength = min(1.0, credited_minor / drawn_minor)
        return Signal(
            detector=self.name,
            version=self.version,
            typology="W3",
            role=MULE,
            event_id=now.event_id,
            at_us=now.at_us,
            tier=0,
            strength=strength,
            nats=strength * policy.support_weight,
            reasons=(
                Reason(
                    code="TERMINALS",
                    zh=f"{hours(policy.window_s)}小时内同一账户在多台机具取现。",
                    en=f"One account drew at several machines within {hours(policy.window_s)} h.",
                    value=float(len({entry.place for entry in drawn})),
                    threshold=2.0,
                    window_s=policy.window_s,
                ),
            ),
            evidence=tuple(entry.event_id for entry in drawn),
            also=(Also("TERMINAL", now.place, "TERMINAL", 0, "W3"),),
            from_place=last.place,
            from_us=last.at_us,
        )

    def gathered(self, told: Sequence[Signal], profile: Profile) -> Signal | None:
        """Return the largest set of cards that moved here together from one other machine, or None.

        told: what accounts told this machine, one signal for each withdrawal here. The result does not depend on their order.
        """
        newest: dict[tuple[str, int], Signal] = {}
        holders = _holders(profile.entries)
        for signal in sorted(told, key=_came):
            if signal.event_id in holders:  # else the withdrawal has not reached this machine's own record yet
                newest[signal.from_place, holders[signal.event_id].who] = signal
        found: list[tuple[int, float, str, list[Signal]]] = []
        for place in sorted({place for place, _ in newest}):
            movers = sorted((signal for (origin, _), signal in newest.items() if origin == place), key=_left)
            for chain in _chains(movers, [signal.from_us for signal in movers], self._pause_us):
                here = sorted(chain, key=_came)
                for members in _chains(here, [signal.at_us for signal in here], self._pause_us):
                    share = self._jaccard(members, profile.entries)
                    if len(members) >= self.policy.cards_min and share >= self.policy.reminder_share:
                        found.append((len(members), share, place, members))
        if not found:
            return None
        _, share, place, members = max(found, key=lambda one: (one[1] >= self.policy.jaccard_share_min, *one[:3]))
        return self._moved(members, place, share, holders)

    @property
    def _pause_us(self) -> int:
        return self.policy.pause_max_s * 1_000_000

    def _jaccard(self, members: list[Signal], entries: list[Entry]) -> float:
        """Return the share of the set in the holders who drew here from its first withdrawal to its last."""
        first_us, last_us = members[0].at_us, members[-1].at_us
        named = {event_id for signal in members for event_id in signal.evidence}
        present = [entry for entry in entries if first_us <= entry.at_us <= last_us and entry.code & _CASH_OUT == _WANTED]
        known = {entry.who for entry in present if entry.event_id in named}
        others = {entry.who for entry in present} - known
        return len(members) / (len(members) + len(others))

    def _moved(self, members: list[Signal], place: str, share: float, holders: dict[str, Entry]) -> Signal:
        policy, cards, last = self.policy, len(members), members[-1]
        is_set = share >= policy.jaccard_share_min
        strength = min(1.0, 0.7 + 0.1 * (cards - policy.cards_min)) * min(1.0, share / policy.jaccard_share_min)
        return Signal(
            detector=self.name,
            version=self.version,
            typology="W3",
            role="TERMINAL",
            event_id=last.event_id,
            at_us=last.at_us,
            tier=3 if is_set else 1,
            strength=strength,
            nats=strength * policy.weight,
            reasons=(
                Reason(
                    code="CARD_SET",
                    zh=f"同一组{cards}张卡在{place}取现后又在本机出现，占期间用卡的{percent(share)}%。请到现场查看并保留两处录像。",
                    en=f"The same {cards} cards used at {place} have appeared here, {percent(share)}% of the cards meanwhile. "
                    "Go there; keep both videos.",
                    value=round(share, 4),
                    threshold=policy.jaccard_share_min,
                    window_s=policy.window_s,
                ),
            ),
            evidence=tuple(signal.event_id for signal in members),
            also=tuple(Also("ACCOUNT", holders[signal.event_id].other, MULE, 3 if is_set else 0, "W3") for signal in members),
            from_place=place,
            from_us=members[0].from_us,
        )


_WANTED: Final = e.CASH | e.MONEY
_CASH_OUT: Final = _WANTED | e.CREDIT


def _left(signal: Signal) -> tuple[int, str]:
    return signal.from_us, signal.event_id


def _came(signal: Signal) -> tuple[int, str]:
    return signal.at_us, signal.event_id


def _holders(entries: list[Entry]) -> dict[str, Entry]:
    """Return, by event id, each withdrawal still kept here; it tells account and holder."""
    return {entry.event_id: entry for entry in entries if entry.code & _CASH_OUT == _WANTED}


def _chains(signals: list[Signal], times_us: list[int], pause_us: int) -> list[list[Signal]]:
    """Cut signals in order of time where two of them lie farther apart than the pause."""
    chains: list[list[Signal]] = []
    for index, signal in enumerate(signals):
        if index and times_us[index] - times_us[index - 1] <= pause_us:
            chains[-1].append(signal)
        else:
            chains.append([signal])
    return chains
