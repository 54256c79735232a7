"""M2, fan-in (分散转入集中转出): many strangers pay one account, which sends the sum on in one or two payments.

Victims, or mules of the layer below, fill a collecting account. Seen at the k-th unrelated payer; it becomes a matter for the
police with the outflow, if the account holds next to nothing of its own. Key: account, both sides.
Looks at: distinct new payers by customer in a short and a long window, none of them a colleague; how much left, in cash or by
transfer, after the first of them, and whether the largest few destinations got most of it; what the balance says of own money.
A near miss (a payer too few, a span between the two windows, days before, a smaller sum) supports or reminds as far as it is near;
with the outflow it is one tier more.
Not to be confused with: N2 rent day, N3 small merchant, N10 own-name moves, N20 refunds; N4 class fees, N5 gifts and N16 group
buying, whose single sums are small (one tier less) and which pay an institution (no outflow).
Cannot see: what the payers were told, or how payers at other banks belong together.
"""

from statistics import median_low
from typing import Final

import msgspec

from models import entry as e
from models.closeness import MANAGER, NOTHING, SUPPORT, grade, tier_of
from models.detector import Detector
from models.entry import Entry
from models.records import Reason
from models.signal import MULE, Also, Signal, hours, percent
from models.signs import main_payees
from models.strangers import earlier_payers, strangers_credits
from models.view import View

_NEARLY: Final = 0.99  # what meets no line in full stays a near miss, however many small parts of it are good


class Gathering:
    """Strangers' credits that count as a fan-in, oldest first, and the line they crossed: payers within a window.

    closeness: 1 = in full.
    """

    __slots__ = ("closeness", "credits", "in_minor", "payers", "payers_min", "window_s")

    def __init__(self, credits: list[Entry], payers_min: int, window_s: int, closeness: float = 1.0) -> None:
        self.credits = credits
        self.payers_min = payers_min
        self.window_s = window_s
        self.closeness = closeness
        self.payers = len({entry.who for entry in credits})
        self.in_minor = sum(entry.amount_minor for entry in credits)


class FanInPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """Thresholds; reasons in the policy file. near_*: where a near miss is worth nothing any more."""

    short_s: int
    short_payers_min: int
    long_s: int
    long_payers_min: int
    near_payers_min: int
    stranger_s: int
    sum_min_minor: int
    near_sum_minor: int
    small_minor: int
    out_s: int
    near_out_s: int
    out_share_min: float
    near_out_share: float
    out_payees_max: int
    payee_share_min: float
    own_share_max: float
    support_min: float
    remind_min: float
    credit_remind_min: float
    weight: float


class FanIn(Detector[FanInPolicy]):
    """Examines credits and debits; suspects that the account is a mule's, and supports a case against those it sent the sum to."""

    name = "fan_in"
    typologies = ("M2",)
    version = 2
    keyed_by = "ACCOUNT"
    shapes = (e.TRANSFER | e.CREDIT, e.TRANSFER, e.CASH)
    role = MULE
    lookalikes = ("N2", "N3", "N4", "N5", "N10", "N16", "N20")
    Policy = FanInPolicy

    def examine(self, view: View) -> Signal | None:
        """Return a signal at the k-th unrelated new payer and after, or at the outflow that sends the sum on."""
        policy, now = self.policy, view.now
        if view.index + 1 < policy.near_payers_min or not now.code & (e.MONEY | e.REQUESTED):
            return None
        totals = view.totals()
        if totals.in_count < policy.near_payers_min or totals.in_minor < policy.near_sum_minor:
            return None
        window = view.window(policy.long_s)
        if not self._may_reach(window):
            return None
        strangers = strangers_credits(view, policy.long_s, policy.stranger_s)
        gathering = self._gathering(strangers, now.at_us) or self._near(view, strangers)
        if gathering is None:
            return None
        reasons, evidence = [self._payers_reason(gathering, now.at_us)], list(gathering.credits)
        tier = tier_of(gathering.closeness, policy.support_min, policy.remind_min)
        out_minor, payees = 0, list[str]()
        is_small = median_low(entry.amount_minor for entry in gathering.credits) <= policy.small_minor
        if is_small:
            tier = max(SUPPORT, tier - 1)
        if now.code & e.CREDIT and gathering.closeness < policy.credit_remind_min:
            tier = SUPPORT
        if not now.code & e.CREDIT:
            debits = self._outflow(window, now, gathering.credits)
            out_minor = sum(entry.amount_minor for entry in debits)
            if now not in debits or out_minor < policy.near_out_share * gathering.in_minor:
                return None
            ends, is_together = self._ends(debits, gathering.in_minor)
            if is_together:
                tier = self._tier_with_outflow(gathering, tier, now, out_minor, is_small=is_small)
            reasons.append(self._outflow_reason(out_minor / gathering.in_minor, ends, is_together=is_together))
            evidence += debits
            payees = [payee for payee in main_payees(debits, policy.payee_share_min) if payee]
        strength = min(1.0, 0.5 + 0.03 * gathering.payers + 0.2 * (tier == 3)) * gathering.closeness
        if is_small and tier < MANAGER:
            strength *= 0.6
        return Signal(
            detector=self.name,
            version=self.version,
            typology="M2",
            role=MULE,
            event_id=now.event_id,
            at_us=now.at_us,
            tier=tier,
            strength=strength,
            nats=strength * policy.weight,
            reasons=tuple(reasons),
            evidence=tuple(entry.event_id for entry in sorted(evidence, key=lambda entry: (entry.at_us, entry.event_id))),
            at_risk_minor=max(0, gathering.in_minor - out_minor),
            also=tuple(Also("ACCOUNT", payee, MULE, 0, "M7") for payee in payees),
        )

    def _may_reach(self, window: list[Entry]) -> bool:
        """Return whether payers and sums allow a signal at all: the cheap first test that nearly every event fails."""
        credits = [entry for entry in window if entry.code & (e.TRANSFER | e.CREDIT) == e.TRANSFER | e.CREDIT]
        return (
            len({entry.who for entry in credits}) >= self.policy.near_payers_min
            and sum(entry.amount_minor for entry in credits) >= self.policy.near_sum_minor
        )

    def _gathering(self, strangers: list[Entry], at_us: int) -> Gathering | None:
        """Return the strangers' credits if there are enough payers: in a short span not yet over, or in the whole long window."""
        policy = self.policy
        span_us, reach_us = policy.short_s * 1_000_000, at_us - policy.out_s * 1_000_000
        for last in range(len(strangers) - 1, -1, -1):
            end_us = strangers[last].at_us
            if end_us <= reach_us:
                break
            first = next(at for at, entry in enumerate(strangers) if entry.at_us > end_us - span_us)
            if len({entry.who for entry in strangers[first : last + 1]}) >= policy.short_payers_min:
                short = Gathering(strangers[first:], policy.short_payers_min, policy.short_s)
                if short.in_minor >= policy.sum_min_minor:
                    return short
        long = Gathering(strangers, policy.long_payers_min, policy.long_s)
        return long if long.payers >= policy.long_payers_min and long.in_minor >= policy.sum_min_minor else None

    def _near(self, view: View, strangers: list[Entry]) -> Gathering | None:
        """Return the strangers' credits that come nearest to a fan-in, or None.

        Between the short and the long window the number of payers wanted rises in a straight line. What is nearest is weakened by
        what the sum lacks, and by the time since the last of them beyond `out_s`.
        """
        policy = self.policy
        if len(strangers) < policy.near_payers_min:
            return None
        end_us = strangers[-1].at_us
        payers, first, nearest = set[int](), 0, 0.0
        for at in range(len(strangers) - 1, -1, -1):
            payers.add(strangers[at].who)
            share = len(payers) / self._wanted((end_us - strangers[at].at_us) // 1_000_000)
            if share > nearest and len(payers) >= policy.near_payers_min:
                nearest, first = share, at
        if nearest < policy.support_min:
            before = earlier_payers(view, strangers, policy.long_s, policy.stranger_s)
            nearest, first = max(nearest, (len(payers) + before) / policy.long_payers_min), 0
        found = Gathering(strangers[first:], policy.long_payers_min, policy.long_s)
        pause_s = (view.now.at_us - end_us) // 1_000_000
        closeness = min(_NEARLY, nearest)
        closeness *= grade(float(found.in_minor), float(policy.near_sum_minor), float(policy.sum_min_minor))
        closeness *= grade(float(pause_s), float(policy.near_out_s), float(policy.out_s))
        if tier_of(closeness, policy.support_min, policy.remind_min) == NOTHING:
            return None
        found.closeness = closeness
        if end_us - found.credits[0].at_us < policy.short_s * 1_000_000:
            found.payers_min, found.window_s = policy.short_payers_min, policy.short_s
        return found

    def _wanted(self, span_s: int) -> float:
        """Return how many payers a span wants: those of the short window, rising to those of the long one."""
        policy = self.policy
        rise = grade(float(span_s), float(policy.short_s), float(policy.long_s))
        return policy.short_payers_min + rise * (policy.long_payers_min - policy.short_payers_min)

    def _outflow(self, window: list[Entry], now: Entry, credits: list[Entry]) -> list[Entry]:
        """Return cash and transfers to no institution after the first credit and within `out_s`; the event counts as approved."""
        start_us = max(credits[0].at_us, now.at_us - self.policy.out_s * 1_000_000)
        return [
            entry
            for entry in window
            if entry.code & e.SHAPE in (e.TRANSFER, e.CASH)
            and (entry.code & e.MONEY or entry is now)
            and not entry.code & e.INSTITUTION
            and entry.at_us > start_us
        ]

    def _ends(self, debits: list[Entry], in_minor: int) -> tuple[int, bool]:
        """Return how many destinations it takes to reach the share of the money, and whether they are few.

        The largest come first: a third, tiny payment hides nothing. If all together do not reach it, all are counted, and they are
        not few.
        """
        sent_minor: dict[str, int] = {}
        for entry in debits:
            end = entry.other or entry.place
            sent_minor[end] = sent_minor.get(end, 0) + entry.amount_minor
        reached_minor, ends = 0, 0
        for minor in sorted(sent_minor.values(), reverse=True):
            reached_minor += minor
            ends += 1
            if reached_minor >= self.policy.out_share_min * in_minor:
                return ends, ends <= self.policy.out_payees_max
        return ends, False

    def _tier_with_outflow(self, gathering: Gathering, tier: int, now: Entry, out_minor: int, *, is_small: bool) -> int:
        """Return the tier when the sum has been sent on together."""
        if gathering.closeness < 1.0:
            return min(MANAGER, tier + 1)
        return 3 if not is_small and self._has_nothing_own(now, gathering.in_minor, out_minor) else MANAGER

    def _has_nothing_own(self, now: Entry, in_minor: int, out_minor: int) -> bool:
        """Return whether the balance is known to be hardly more than what is left of the strangers' money."""
        if now.balance_minor is None or not now.code & e.MONEY:
            return False
        own_minor = now.balance_minor - max(0, in_minor - out_minor)
        return own_minor <= self.policy.own_share_max * in_minor

    def _payers_reason(self, gathering: Gathering, at_us: int) -> Reason:
        payers, span = gathering.payers, hours((at_us - gathering.credits[0].at_us) // 1_000_000)
        return Reason(
            code="DISTINCT_PAYERS",
            zh=f"{span}小时内{payers}个互不相关的新付款人汇入。请核实来源。",
            en=f"{payers} unrelated new payers within {span} h. Verify where the money comes from.",
            value=float(payers),
            threshold=float(gathering.payers_min),
            window_s=gathering.window_s,
        )

    def _outflow_reason(self, share: float, ends: int, *, is_together: bool) -> Reason:
        how_zh, how_en = ("集中转出", "was sent on together") if is_together else ("转出", "was sent on")
        return Reason(
            code="OUT_IN_RATIO",
            zh=f"随后{percent(share)}%{how_zh}，主要去向{ends}个。请暂缓转出并核实来源。",
            en=f"Then {percent(share)}% {how_en}, most of it to {ends} destination(s). Hold the outflow and verify the source.",
            value=round(share, 4),
            threshold=self.policy.out_share_min,
            window_s=self.policy.out_s,
        )
