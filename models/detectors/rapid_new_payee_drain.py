"""V1, rapid new-payee drain (冒充公检法): most of a person's balance leaves to payees never paid before.

A caller who claims to be the police orders all savings into a "safe account", often in stages and to several people. Seen at the
transfer, requested or approved, that crosses the line. Key: account, debit side.
Looks at: transfers of the last `window_s` to payees first paid within `fresh_s`, against all the money that was there to send,
strangers' money left out on both sides. Strong signs raise the tier: a broken deposit, a raised limit, a call in progress, a name
that does not match, a young payee account. Weak ones add strength: another province, several payees. Without a drain (or without
any balance) a sum far above the account's own habit speaks only with strong signs. What went to people met lately on the days
before counts as well, the less the older it is: so neither a day between two stages nor a slice a day hides a drain.
Not to be confused with: N9 large life payment, N10 own-name moves, N14 holidays and migrants.
Cannot see: how large the broken deposit was, what the caller said.
"""

import math
from typing import NamedTuple

import msgspec

from models import entry as e
from models.detector import Detector
from models.entry import Entry
from models.records import Reason
from models.signal import MULE, VICTIM, Also, Signal, hours, money_state, percent, yuan
from models.signs import STRONG_BITS, main_payees, others_credit_minor, strong_signs, weak_signs
from models.stats import ew_deviation
from models.view import View
from models.young_relations import faded_out_minor


class Fresh(NamedTuple):
    """Transfers of the window to payees first paid shortly before, oldest first.

    total_minor: their sum. available_minor: the most there was to send, or None if no record told a balance.
    """

    transfers: list[Entry]
    total_minor: int
    available_minor: int | None


class RapidNewPayeeDrainPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """Thresholds; reasons in the policy file."""

    window_s: int
    fresh_s: int
    stage_s: int
    stage_fade_s: int
    stage_min_minor: int
    stage_share_near: float
    stranger_s: int
    drain_share_min: float
    balance_min_minor: int
    sum_min_minor: int
    young_payee_d: int
    payees_min: int
    payee_share_min: float
    history_min: int
    deviations: float
    weight: float


class RapidNewPayeeDrain(Detector[RapidNewPayeeDrainPolicy]):
    """Examines transfers out; suspects that the payer is a victim, and supports a case against the payees."""

    name = "rapid_new_payee_drain"
    typologies = ("V1",)
    keyed_by = "ACCOUNT"
    shapes = (e.TRANSFER,)
    role = VICTIM
    lookalikes = ("N9", "N10", "N14")
    Policy = RapidNewPayeeDrainPolicy

    def examine(self, view: View) -> Signal | None:
        """Return a signal if the event is a transfer to a fresh payee that crosses the drain line."""
        now = view.now
        if now.code & e.SELF_CORPORATE or not now.code & (e.MONEY | e.REQUESTED):
            return None
        return self._within_the_window(view) or self._in_stages(view)

    def _within_the_window(self, view: View) -> Signal | None:
        """Return a signal if the transfers of the window reach the line: exact, as of this event."""
        now, policy = view.now, self.policy
        if view.totals().out_minor <= policy.drain_share_min * policy.balance_min_minor:
            return None
        if not view.is_new_payee(now.other, policy.fresh_s) or not self._may_speak(view):
            return None
        window = view.window(policy.window_s)
        fresh = self._fresh(view, window)
        strangers_minor = view.strangers_credit_minor(policy.window_s, policy.stranger_s)
        own_minor = fresh.total_minor - strangers_minor
        if own_minor <= 0:
            return None  # only strangers' money moves on: that is a mule's pattern (M1), nobody's savings
        strong = strong_signs(window, fresh.transfers, policy.young_payee_d, policy.window_s)
        weak = weak_signs(fresh.transfers, policy.payees_min, policy.window_s)
        available_minor = (fresh.available_minor or 0) - strangers_minor
        if available_minor >= policy.balance_min_minor and own_minor > policy.drain_share_min * available_minor:
            share = own_minor / available_minor
            reason = _drain_reason(share, policy.drain_share_min, policy.window_s)
            strength, tier = 0.4 + 0.3 * min(1.0, share), 2 if strong else 1
        elif strong and own_minor >= policy.sum_min_minor and self._is_above_own(view, own_minor):
            reason = _sum_reason(own_minor, policy.sum_min_minor, policy.window_s)
            strength, tier = 0.3, 2 if len(strong) > 1 else 1
        else:
            return None
        strength = min(1.0, strength + 0.15 * len(strong) + 0.05 * len(weak))
        return self._signal(now, tier, strength, (reason, *strong, *weak), fresh)

    def _in_stages(self, view: View) -> Signal | None:
        """Return a signal if payments to people met lately, over days, come to most of what was there when they began."""
        now, policy = view.now, self.policy
        if (
            now.code & e.BATCH
            or now.amount_minor < policy.stage_min_minor
            or not view.is_new_payee(now.other, policy.stage_s + policy.stage_fade_s)
        ):
            return None
        before_minor = view.balance_before(view.index)
        if before_minor is None:
            return None
        now_s = now.at_us // 1_000_000
        relations = view.history().relations
        since_s = now_s - policy.stage_s - policy.stage_fade_s
        young = [relation for relation in relations if relation.currency == now.currency and relation.first_s > since_s]
        earlier_minor = faded_out_minor(young, now_s, policy.stage_s, policy.stage_fade_s)
        if not earlier_minor:
            return None
        others_minor = others_credit_minor(view, since_s)
        sent_minor = earlier_minor + now.amount_minor - others_minor
        available_minor = before_minor + sum(relation.out_minor for relation in young) - others_minor
        if available_minor < policy.balance_min_minor or sent_minor <= policy.stage_share_near * available_minor:
            return None
        share = sent_minor / available_minor
        window = view.window(policy.window_s)
        strong = strong_signs(window, [now], policy.young_payee_d, policy.window_s)
        tier = (2 if strong else 1) if share > policy.drain_share_min else 0
        strength = min(1.0, 0.3 + 0.3 * min(1.0, share) + 0.15 * len(strong))
        reason = _stage_reason(share, policy.drain_share_min, policy.stage_s)
        return self._signal(now, tier, strength, (reason, *strong), Fresh([now], sent_minor, available_minor))

    def _may_speak(self, view: View) -> bool:
        """Return False where neither the drain line nor a strong sign can be reached, whatever of the window is fresh: cheap.

        What left is at most all transfers out, and available was at least what stood there before this one and what fresh
        transfers had taken by then; strangers' money, left out on both sides, only lowers the share.
        """
        now, policy = view.now, self.policy
        totals = view.totals()
        if totals.bits & STRONG_BITS or 0 <= now.age_d < policy.young_payee_d:
            return True
        before_minor = view.balance_before(view.index)
        if before_minor is None:
            return True
        share = policy.drain_share_min
        return (1.0 - share) * totals.out_minor > share * (before_minor - now.amount_minor)

    def _fresh(self, view: View, window: list[Entry]) -> Fresh:
        """Return what went to fresh payees; the event itself counts as approved.

        What was available is the largest of (balance before a transfer + what such transfers had taken by then): so savings that
        are gathered between two stages of a drain count, and wages that come later do not hide it.
        """
        known: dict[str, bool] = {}
        transfers: list[Entry] = []
        total_minor, available_minor = 0, None
        for entry in window:
            if entry.code & (e.TRANSFER | e.CREDIT) != e.TRANSFER or not (entry.code & e.MONEY or entry is view.now):
                continue
            if entry.other not in known:
                known[entry.other] = view.is_new_payee(entry.other, self.policy.fresh_s)
            if known[entry.other]:
                before_minor = view.balance_before(view.entries.index(entry, 0, view.index + 1))
                if before_minor is not None:
                    available_minor = max(available_minor or 0, before_minor + total_minor)
                transfers.append(entry)
                total_minor += entry.amount_minor
        return Fresh(transfers, total_minor, available_minor)

    def _is_above_own(self, view: View, sum_minor: int) -> bool:
        habits = view.habits()
        if habits.count < self.policy.history_min:
            return True
        deviation = ew_deviation(habits.amount_mean, habits.amount_square)
        return math.log1p(sum_minor) > habits.amount_mean + self.policy.deviations * deviation

    def _signal(self, now: Entry, tier: int, strength: float, reasons: tuple[Reason, ...], fresh: Fresh) -> Signal:
        payees = main_payees(fresh.transfers, self.policy.payee_share_min) if tier else []
        return Signal(
            detector=self.name,
            version=self.version,
            typology="V1",
            role=VICTIM,
            event_id=now.event_id,
            at_us=now.at_us,
            tier=tier,
            strength=strength,
            nats=strength * self.policy.weight,
            reasons=reasons,
            evidence=tuple(entry.event_id for entry in fresh.transfers),
            at_risk_minor=fresh.total_minor,
            also=tuple(Also("ACCOUNT", payee, MULE, 0, "V1") for payee in payees),
            money=money_state(now.code),
        )


def _drain_reason(share: float, threshold: float, window_s: int) -> Reason:
    return Reason(
        code="DRAIN_24H",
        zh=f"{hours(window_s)}小时内转出余额{percent(share)}%，收款人为新增。请问是否有自称公检法的人要求转入“安全账户”？没有这种账户。",
        en=f"{percent(share)}% of the balance is leaving to a new payee in {hours(window_s)} h. "
        "Ask: did someone claiming to be police, prosecutor or court name a safe account? None exists.",
        value=round(share, 4),
        threshold=threshold,
        window_s=window_s,
    )


def _stage_reason(share: float, threshold: float, stage_s: int) -> Reason:
    days = stage_s // 86_400
    return Reason(
        code="DRAIN_STAGED",
        zh=f"近{days}天内分次向新收款人转出余额{percent(share)}%。请问是否有自称公检法的人要求转入“安全账户”？没有这种账户。",
        en=f"{percent(share)}% of the balance has gone to new payees in parts over {days} d. "
        "Ask: did someone claiming to be police, prosecutor or court name a safe account? None exists.",
        value=round(share, 4),
        threshold=threshold,
        window_s=stage_s,
    )


def _sum_reason(total_minor: int, threshold_minor: int, window_s: int) -> Reason:
    return Reason(
        code="NEW_PAYEE",
        zh=f"{hours(window_s)}小时内向新增收款人转出{yuan(total_minor)}元，远超本人习惯。请先核实收款人身份。",
        en=f"{yuan(total_minor)} left to new payees in {hours(window_s)} h, far above this customer's habit. "
        "Verify who the payee is.",
        value=float(total_minor),
        threshold=float(threshold_minor),
        window_s=window_s,
    )
