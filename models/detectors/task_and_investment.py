"""V9, task and investment fraud (刷单、投资返利): small returns first, then growing payments for days.

Paid tasks, or a "platform", pay back small sums with a gain, so that the next one is larger. Seen at the payment that leaves the
returned sums far behind. Key: account, over its cluster of young relations (30 days): payees change from one payment to the next.
Looks at: returns, each held against a payment before it (by the same other, or by another one with a gain); what was paid in a day
since then against the largest sum that came back, so slices add up; how often that was, to how many larger sums went, how they
grew.
Not to be confused with: N18 saving plan and tuition, N10 own-name moves, N16 group buying (what comes back there is less).
Cannot see: the platform's name, a chat.
"""

from typing import Final, NamedTuple

import msgspec

from models import entry as e
from models.detector import Detector
from models.history import Relation
from models.profile import AccountProfile
from models.records import Reason
from models.signal import MULE, VICTIM, Also, Signal, money_state
from models.signs import above_own, others_credit_minor, strong_signs
from models.view import View
from models.young_relations import fading, in_groups, paid_out, payments, rises

_NOBODYS_DOING: Final = e.SELF_CORPORATE | e.BATCH  # no person is talked into what a company or a standing order pays


class Bait(NamedTuple):
    """Small returns of an episode.

    minor: the largest sum that came back, or was paid for it. last_s: second of the last return. times: how many. quality: 0..1,
    how surely the best of them was a return.
    """

    minor: int
    last_s: int
    times: int
    quality: float


class TaskAndInvestmentPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """Thresholds; reasons in the policy file."""

    young_s: int
    return_s: int
    bait_s: int
    sum_s: int
    merge_s: int
    signs_window_s: int
    payment_min_minor: int
    sum_min_minor: int
    sum_whole_minor: int
    growth_min: float
    growth_whole: float
    same_return_max: float
    gain_max: float
    other_quality: float
    gift_max_minor: int
    gift_quality: float
    returns_min: int
    payees_min: int
    rises_growth: float
    rises_min: float
    passed_on_share: float
    history_min: int
    deviations: float
    young_payee_d: int
    points_support: float
    points_remind: float
    points_hold: float
    weight: float


class TaskAndInvestment(Detector[TaskAndInvestmentPolicy]):
    """Examines transfers out; suspects that the payer is a victim, and supports a case against the payee."""

    name = "task_and_investment"
    typologies = ("V9",)
    keyed_by = "ACCOUNT"
    shapes = (e.TRANSFER,)
    role = VICTIM
    lookalikes = ("N10", "N18")
    Policy = TaskAndInvestmentPolicy

    def examine(self, view: View) -> Signal | None:
        """Return a signal if payments to people met lately leave behind what they returned before."""
        now, policy = view.now, self.policy
        if now.amount_minor < policy.payment_min_minor or now.code & _NOBODYS_DOING or not now.code & (e.MONEY | e.REQUESTED):
            return None
        if not _was_paid(view) or not view.is_new_payee(now.other, policy.young_s):
            return None
        cluster = [relation for relation in view.history().relations if relation.currency == now.currency]
        returned_minor = sum(relation.in_minor for relation in cluster)
        if not returned_minor:
            return None
        bait = self._bait(cluster, now.who)
        if bait is None:
            return None
        now_s = now.at_us // 1_000_000
        row = [*paid_out(cluster, bait.last_s), (now_s, now.amount_minor)]
        paid_minor = sum(minor for at_s, minor in row if at_s > now_s - policy.sum_s)
        before_minor = sum(relation.out_minor for relation in cluster)
        others_minor = max(returned_minor, others_credit_minor(view, now_s - policy.young_s))
        if paid_minor < policy.sum_min_minor or others_minor >= policy.passed_on_share * (before_minor + now.amount_minor):
            return None  # too little, or as much came in as goes out: then it is others' money that moves on, a mule's pattern
        growth = paid_minor / bait.minor
        row_rises = rises(in_groups(row, policy.merge_s), policy.rises_growth, policy.return_s, policy.young_s)
        signs = self._signs(view, cluster, bait, row_rises, paid_minor)
        quality = bait.quality * fading(now_s - bait.last_s, policy.bait_s, policy.young_s - policy.bait_s)
        points = quality * min(policy.growth_whole, growth / policy.growth_min) + 0.5 * len(signs)
        points *= min(1.0, paid_minor / policy.sum_whole_minor)  # friends pay each other such sums as well, but smaller ones
        if points < policy.points_support or growth < policy.points_support * policy.growth_min:
            return None
        tier = 2 if points >= policy.points_hold else 1 if points >= policy.points_remind else 0
        if growth < policy.growth_min:
            tier = min(tier, 1)
        return self._signal(view, points, tier, (self._reason(growth), *signs), paid_minor)

    def _bait(self, cluster: list[Relation], who_now: int) -> Bait | None:
        """Return what the returns of an episode came to, or None if nothing came back for something paid."""
        policy = self.policy
        bait_minor = last_s = count = 0
        quality = 0.0
        outs = [(at_s, minor, relation.who) for relation in cluster for at_s, minor in payments(relation.outs)]
        for relation in cluster:
            for at_s, minor in payments(relation.ins):
                best, paid_minor = 0.0, 0
                for out_s, out_minor, who in outs:
                    if not 0 < at_s - out_s <= policy.return_s:
                        continue
                    if who == relation.who and minor <= policy.same_return_max * out_minor:
                        found = 1.0
                    elif out_minor < minor <= policy.gain_max * out_minor:
                        found = policy.other_quality
                    else:
                        continue
                    if (found, out_minor) > (best, paid_minor):
                        best, paid_minor = found, out_minor
                if not best and relation.who == who_now and at_s == relation.first_s and minor <= policy.gift_max_minor:
                    best = policy.gift_quality  # the first "wage" of a task, before anything was paid
                if best:
                    count += 1
                    bait_minor, last_s, quality = max(bait_minor, minor, paid_minor), max(last_s, at_s), max(quality, best)
        return Bait(bait_minor, last_s, count, quality) if count else None

    def _signs(self, view: View, cluster: list[Relation], bait: Bait, row_rises: float, paid_minor: int) -> list[Reason]:
        policy, now = self.policy, view.now
        signs = strong_signs(view.window(policy.signs_window_s), [now], policy.young_payee_d, policy.signs_window_s)
        if bait.times >= policy.returns_min:
            zh, en = f"此前{bait.times}次小额返款。", f"{bait.times} small returns came before."
            signs.append(_sign("SMALL_RETURNS", zh, en, bait.times, policy.returns_min))
        larger = [relation.who for relation in cluster if relation.out_max_minor > bait.minor and relation.last_s > bait.last_s]
        payees = len({*larger, now.who})
        if payees >= policy.payees_min:
            zh, en = f"先后付给{payees}个新收款人。", f"Paid to {payees} new payees in turn."
            signs.append(_sign("DISTINCT_PAYEES", zh, en, payees, policy.payees_min))
        if row_rises >= policy.rises_min:
            zh, en = "此后付款逐笔加大。", "Each payment since is larger."
            signs.append(_sign("RISING_PAYMENTS", zh, en, row_rises, policy.rises_min))
        return signs + above_own(view, paid_minor, policy.history_min, policy.deviations)

    def _signal(self, view: View, points: float, tier: int, reasons: tuple[Reason, ...], paid_minor: int) -> Signal:
        now, policy = view.now, self.policy
        strength = min(1.0, 0.3 * points)
        same = [entry for entry in view.window(policy.signs_window_s) if entry.other == now.other and entry.code & e.MONEY]
        return Signal(
            detector=self.name,
            version=self.version,
            typology="V9",
            role=VICTIM,
            event_id=now.event_id,
            at_us=now.at_us,
            tier=tier,
            strength=strength,
            nats=strength * policy.weight,
            reasons=reasons,
            evidence=(*(entry.event_id for entry in same if not entry.code & e.CREDIT and entry is not now), now.event_id),
            at_risk_minor=paid_minor,
            also=(Also("ACCOUNT", now.other, MULE, 0, "V9"),) if tier else (),
            money=money_state(now.code),
        )

    def _reason(self, growth: float) -> Reason:
        policy, times = self.policy, round(growth, 1)
        return Reason(
            code="OUT_TO_RETURNS",
            zh=f"先小额返利，后连续加大付款（返利后已付出此前最大额的{times}倍）。请问对方是谁。刷单返利、稳赚投资均为诈骗。",
            en=f"Small returns, then growing payments ({times}x the earlier maximum since). Ask who is behind it: "
            "paid tasks and sure profits are fraud.",
            value=round(growth, 4),
            threshold=policy.growth_min,
            window_s=policy.young_s,
        )


def _was_paid(view: View) -> bool:
    """Return whether anybody met lately paid this account: what has not settled lies within the longest window. Cheap."""
    profile = view.profile
    assert isinstance(profile, AccountProfile)
    return view.totals().in_count > 0 or any(relation.in_count for relation in profile.history.relations)


def _sign(code: str, zh: str, en: str, value: float, threshold: float) -> Reason:
    return Reason(code=code, zh=zh, en=en, value=round(float(value), 4), threshold=float(threshold))
