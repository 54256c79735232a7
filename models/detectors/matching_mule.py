"""M8, matching mule (跑分): a rented account matches deposits and payouts of a gambling or fraud platform.

Dozens of round payments a day, in and out, with ever other people, unlike the holder's own days. Seen at about the tenth movement
(a reminder) and at the line (the manager's). Key: account, both sides.
Looks at: movements of the last 24 hours, so that midnight is no edge, against a floor and a multiple of the account's own busy
days; the share of whole hundreds; how many counterparties there are and how few come twice; whether as much leaves as comes, in
number and in sum. Of an account too busy to keep all of them, the local day's own sums count.
Not to be confused with: N3 small merchant (many in, one sweep out), N16 group buying, N20 refunds (the same people back and forth).
Cannot see: the occupation of the holder; after a fortnight of it, it is a habit, and M1 and M2 must see it.
"""

import math
from typing import Final

import msgspec

from models import entry as e
from models.closeness import NOTHING, grade, tier_of
from models.detector import Detector
from models.entry import Entry
from models.history import DaySum, History
from models.records import Reason
from models.signal import MULE, Signal, percent
from models.stats import ew_deviation
from models.view import View

_DAY_S: Final = 86_400


class MatchingMulePolicy(msgspec.Struct, frozen=True, kw_only=True):
    """Thresholds; reasons in the policy file. near_*: where a near miss is worth nothing any more."""

    window_s: int
    movements_min: int
    near_movements: int
    habit_times: float
    deviations: float
    history_min: int
    round_share_min: float
    near_round_share: float
    others_share_min: float
    near_others_share: float
    balance_share_min: float
    near_balance_share: float
    sum_min_minor: int
    support_min: float
    remind_min: float
    weight: float


class MatchingMule(Detector[MatchingMulePolicy]):
    """Examines transfers both ways; suspects that the account is a mule's."""

    name = "matching_mule"
    typologies = ("M8",)
    keyed_by = "ACCOUNT"
    shapes = (e.TRANSFER, e.TRANSFER | e.CREDIT)
    role = MULE
    lookalikes = ("N3", "N16", "N20")
    Policy = MatchingMulePolicy

    def examine(self, view: View) -> Signal | None:
        """Return a signal from about the tenth of many round movements with many people in a day on."""
        policy, now = self.policy, view.now
        if view.index + 1 < policy.near_movements or not now.code & (e.MONEY | e.REQUESTED) or now.code & e.OWN_NAME:
            return None
        totals = view.totals()
        if totals.in_count < policy.near_movements // 4 or min(totals.in_minor, totals.out_minor) < policy.sum_min_minor:
            return None
        moved = [entry for entry in view.window(policy.window_s) if self._is_counted(entry, now)]
        if len(moved) < policy.near_movements:
            return None
        history = view.history()
        count, round_count = _of_the_day(history, view, moved)
        line = self._line(history, view)
        others = len({entry.who for entry in moved})
        ins = [entry.amount_minor for entry in moved if entry.code & e.CREDIT]
        outs = [entry.amount_minor for entry in moved if not entry.code & e.CREDIT]
        if not ins or not outs:
            return None
        balanced = min(_lesser_share(len(ins), len(outs)), _lesser_share(sum(ins), sum(outs)))
        closeness = grade(float(count), 0.0, line)
        closeness *= grade(round_count / count, policy.near_round_share, policy.round_share_min)
        closeness *= grade(others / len(moved), policy.near_others_share, policy.others_share_min)
        closeness *= grade(balanced, policy.near_balance_share, policy.balance_share_min)
        tier = tier_of(closeness, policy.support_min, policy.remind_min)
        if tier == NOTHING:
            return None
        return Signal(
            detector=self.name,
            version=self.version,
            typology="M8",
            role=MULE,
            event_id=now.event_id,
            at_us=now.at_us,
            tier=tier,
            strength=closeness,
            nats=closeness * policy.weight,
            reasons=(self._reason(count, others, round_count / count, line),),
            evidence=tuple(entry.event_id for entry in moved),
            at_risk_minor=max(0, sum(ins) - sum(outs)),
        )

    def _is_counted(self, entry: Entry, now: Entry) -> bool:
        """Return whether an entry is a transfer between different people; the event counts as approved."""
        return bool(
            entry.code & e.TRANSFER
            and (entry.code & e.MONEY or entry is now)
            and not entry.code & (e.OWN_NAME | e.PUBLIC | e.BATCH)
        )

    def _line(self, history: History, view: View) -> float:
        """Return how many movements a day are out of the ordinary: a multiple of the account's own busy days, and a floor."""
        policy = self.policy
        floor = float(policy.movements_min)
        if history.day_count < policy.history_min:
            return floor
        deviation = ew_deviation(history.day_mean, history.day_square)
        return max(floor, policy.habit_times * math.expm1(history.day_mean + policy.deviations * deviation))

    def _reason(self, count: int, others: int, round_share: float, line: float) -> Reason:
        return Reason(
            code="DAY_MOVEMENTS",
            zh=f"一日内{count}笔、{others}个对手、整额占{percent(round_share)}%，与平时不符。请回拨核实用途。",
            en=f"{count} transactions with {others} counterparties in a day, {percent(round_share)}% round sums, "
            "unlike this customer. Call back and ask why.",
            value=float(count),
            threshold=round(line, 2),
            window_s=self.policy.window_s,
        )


def _of_the_day(history: History, view: View, moved: list[Entry]) -> tuple[int, int]:
    """Return movements and round ones: of the last 24 h as still kept, or of the local day, whichever are more.

    A busy account sheds its smaller entries, but the sums of its day are whole.
    """
    now = view.now
    today = (now.at_us // 1_000_000 + view.bounds.utc_offset_s) // _DAY_S
    day = history.days[-1] if history.days and history.currency == now.currency else DaySum(0)
    round_count = sum(entry.amount_minor % _ROUND_MINOR == 0 for entry in moved)
    if day.day == today and day.count + 1 > len(moved) and not view.is_complete(_DAY_S):
        return day.count + 1, day.round_count + (now.amount_minor % _ROUND_MINOR == 0)
    return len(moved), round_count


def _lesser_share(one: int, other: int) -> float:
    """Return how much of the greater number the lesser one is."""
    return min(one, other) / max(1, one, other)


_ROUND_MINOR: Final = 10_000
