"""M2, fan-in (分散转入集中转出): many strangers pay one account, which sends the sum on in one or two payments.

Victims, or mules of the layer below, fill a collecting account. Seen at the k-th unrelated payer; it becomes a matter for the
police with the outflow, if the account holds next to nothing of its own. Key: account, both sides.
Looks at: distinct new payers by customer in a short and a long window, none of them a colleague; how much left, in cash or by
transfer, to how few payees after the first of them; what the balance says of own money.
Not to be confused with: N3 small merchant, N10 own-name moves; N4 class fees, N5 gifts and N16 group buying, whose single sums are
small (one tier less) and which pay an institution (no outflow).
Cannot see: what the payers were told, or how payers at other banks belong together.
"""

from statistics import median_low
from typing import NamedTuple

import msgspec

from models import entry as e
from models.detector import Detector
from models.entry import Entry
from models.records import Reason
from models.signal import MULE, Also, Signal, hours, percent
from models.view import View


class Gathering(NamedTuple):
    """Strangers' credits that count as a fan-in, oldest first, and the line they crossed: payers within a window."""

    credits: list[Entry]
    payers_min: int
    window_s: int

    @property
    def payers(self) -> int:
        """Return how many different customers paid."""
        return len({entry.who for entry in self.credits})


class FanInPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """Thresholds; reasons in the policy file."""

    short_s: int
    short_payers_min: int
    long_s: int
    long_payers_min: int
    stranger_s: int
    sum_min_minor: int
    small_minor: int
    out_s: int
    out_share_min: float
    out_payees_max: int
    own_share_max: float
    weight: float


class FanIn(Detector[FanInPolicy]):
    """Examines credits and debits; suspects that the account is a mule's, and supports a case against those it sent the sum to."""

    name = "fan_in"
    typologies = ("M2",)
    keyed_by = "ACCOUNT"
    shapes = (e.TRANSFER | e.CREDIT, e.TRANSFER, e.CASH)
    role = MULE
    lookalikes = ("N3", "N10")
    Policy = FanInPolicy

    def examine(self, view: View) -> Signal | None:
        """Return a signal at the k-th unrelated new payer and after, or at the outflow that sends the sum on."""
        policy, now = self.policy, view.now
        if view.index + 1 < policy.short_payers_min or not now.code & (e.MONEY | e.REQUESTED):
            return None
        totals = view.totals()
        if totals.in_count < policy.short_payers_min or totals.in_minor < policy.sum_min_minor:
            return None
        window = view.window(policy.long_s)
        if not self._may_reach(window):
            return None
        gathering = self._gathering(self._strangers(view, window), now.at_us)
        if gathering is None:
            return None
        in_minor = sum(entry.amount_minor for entry in gathering.credits)
        if in_minor < policy.sum_min_minor:
            return None
        reasons, evidence, out_minor = [self._payers_reason(gathering, now.at_us)], list(gathering.credits), 0
        tier, payees = 2, set[str]()
        if not now.code & e.CREDIT:
            debits = self._outflow(window, now, gathering.credits)
            out_minor = sum(entry.amount_minor for entry in debits)
            ends = len({entry.other or entry.place for entry in debits})
            if now not in debits or out_minor < policy.out_share_min * in_minor or ends > policy.out_payees_max:
                return None
            reasons.append(self._outflow_reason(out_minor / in_minor, ends))
            evidence += debits
            payees = {entry.other for entry in debits} - {""}
            tier = 3 if self._has_nothing_own(now, in_minor, out_minor) else 2
        if median_low(entry.amount_minor for entry in gathering.credits) <= policy.small_minor:
            tier = 1 if now.code & e.CREDIT else 2
        strength = min(1.0, 0.5 + 0.03 * gathering.payers + 0.2 * (tier == 3)) * (0.6 if tier == 1 else 1.0)
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
            at_risk_minor=max(0, in_minor - out_minor),
            also=tuple(Also("ACCOUNT", payee, MULE, 0, "M7") for payee in sorted(payees)),
        )

    def _may_reach(self, window: list[Entry]) -> bool:
        """Return whether payers and sums allow a signal at all: the cheap first test that nearly every event fails."""
        credits = [entry for entry in window if entry.code & (e.TRANSFER | e.CREDIT) == e.TRANSFER | e.CREDIT]
        return (
            len({entry.who for entry in credits}) >= self.policy.short_payers_min
            and sum(entry.amount_minor for entry in credits) >= self.policy.sum_min_minor
        )

    def _strangers(self, view: View, window: list[Entry]) -> list[Entry]:
        """Return the window's credits from strangers who are no colleagues; a requested one counts while it is examined."""
        return [
            entry
            for entry in window
            if not entry.code & e.SAME_COHORT and view.is_from_stranger(entry, self.policy.stranger_s, is_asked=entry is view.now)
        ]

    def _gathering(self, strangers: list[Entry], at_us: int) -> Gathering | None:
        """Return the strangers' credits if there are enough payers: in a short span not yet over, or in the whole long window."""
        policy = self.policy
        span_us, reach_us = policy.short_s * 1_000_000, at_us - policy.out_s * 1_000_000
        for last in range(len(strangers) - 1, -1, -1):
            end_us = strangers[last].at_us
            if end_us <= reach_us:
                break
            first = next(at for at, entry in enumerate(strangers) if entry.at_us > end_us - span_us)
            short = Gathering(strangers[first:], policy.short_payers_min, policy.short_s)
            if len({entry.who for entry in strangers[first : last + 1]}) >= policy.short_payers_min:
                return short
        long = Gathering(strangers, policy.long_payers_min, policy.long_s)
        return long if long.payers >= policy.long_payers_min else None

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

    def _outflow_reason(self, share: float, ends: int) -> Reason:
        return Reason(
            code="OUT_IN_RATIO",
            zh=f"随后{percent(share)}%集中转出至{ends}个去向。请暂缓转出并核实来源。",
            en=f"Then {percent(share)}% was sent on to {ends} destination(s). Hold the outflow and verify the source.",
            value=round(share, 4),
            threshold=self.policy.out_share_min,
            window_s=self.policy.out_s,
        )
