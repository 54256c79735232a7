"""M1, pass-through (快进快出): money leaves an account almost as soon as it arrives.

A bought or lent account only hands money on: a stranger pays in, and within minutes nearly all of it has gone to another stranger
or to a cash machine. Seen at the first outflow that brings out/in to the threshold. Key: account, both sides.
Looks at: APPROVED money in from strangers within `window_s`, what left after it in cash or to payees just as new, what is left, and
how often in a day. Purchases do not count: goods are fair trade, and the money is gone. Where more leaves than strangers brought it
is the holder's own money, and no pass-through.
A near miss (a smaller sum, a longer pause, a part that stays) counts as far as it is near: alone it reminds or supports, and
several in a day add up. The pause is that of the average yuan, so that a drain in stages does not hide behind its last one.
Not to be confused with: N3 small merchant, N10 own-name moves, N16 group buying, N20 refunds; a wage, a loan or public money is no
stranger's.
Cannot see: accounts held at other banks beyond the transactions that touch ours; without balances it is never a police matter.
"""

from typing import Final

import msgspec

from models import entry as e
from models.closeness import NOTHING, grade, tier_of
from models.detector import Detector
from models.entry import Entry
from models.records import Reason
from models.signal import MULE, Also, Signal, hours, percent, yuan
from models.signs import main_payees
from models.view import View


class Round:
    """Strangers' money that arrived, and what left after it until it counted as passed on. closeness: 1 = in full."""

    __slots__ = ("closeness", "credits", "debits")

    def __init__(self, credits: list[Entry], debits: list[Entry], closeness: float) -> None:
        self.credits = credits
        self.debits = debits
        self.closeness = closeness

    @property
    def in_minor(self) -> int:
        """Return what came in."""
        return sum(entry.amount_minor for entry in self.credits)

    @property
    def out_minor(self) -> int:
        """Return what left."""
        return sum(entry.amount_minor for entry in self.debits)

    @property
    def residual_minor(self) -> int | None:
        """Return the balance after the last debit; a request's is not known, because it has moved nothing yet."""
        last = self.debits[-1]
        return last.balance_minor if last.code & e.MONEY else None

    @property
    def pause_s(self) -> float:
        """Return how long the average yuan stayed."""
        start_us = self.credits[0].at_us
        came = sum((entry.at_us - start_us) * entry.amount_minor for entry in self.credits) / max(1, self.in_minor)
        left = sum((entry.at_us - start_us) * entry.amount_minor for entry in self.debits) / max(1, self.out_minor)
        return (left - came) / 1_000_000


class PassThroughPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """Thresholds; reasons in the policy file. near_*: where a near miss is worth nothing any more."""

    window_s: int
    near_s: int
    cycles_window_s: int
    stranger_s: int
    credit_min_minor: int
    near_credit_minor: int
    out_in_min: float
    near_out_in: float
    residual_share_max: float
    residual_max_minor: int
    near_residual_share: float
    untold_share: float
    strangers_share_min: float
    cycles_for_police: int
    payee_share_min: float
    support_min: float
    remind_min: float
    weight: float


class PassThrough(Detector[PassThroughPolicy]):
    """Examines debits; suspects that the account is a mule's, and supports a case against those it passed the money to."""

    name = "pass_through"
    typologies = ("M1",)
    version = 2
    keyed_by = "ACCOUNT"
    shapes = (e.TRANSFER, e.CASH)
    role = MULE
    lookalikes = ("N3", "N10", "N16", "N20")
    Policy = PassThroughPolicy

    def examine(self, view: View) -> Signal | None:
        """Return a signal if this debit completes the passing on of what strangers paid in, or nearly does."""
        now, policy = view.now, self.policy
        if not now.code & (e.MONEY | e.REQUESTED) or not self._may_pass_on(view):
            return None
        rounds = self._rounds(view)
        if not rounds or rounds[-1].debits[-1] is not now:
            return None
        last = rounds[-1]
        total = sum(found.closeness for found in rounds)
        told = sum(found.closeness for found in rounds if found.residual_minor is not None)
        tier = tier_of(1.0 if total >= 1.0 else last.closeness, policy.support_min, policy.remind_min)
        if tier == NOTHING:
            return None
        is_told = last.residual_minor is not None
        if is_told and told >= policy.cycles_for_police:
            tier = 3
        flows = [entry for found in rounds for entry in found.credits + found.debits]
        strength = min(1.0, (0.8 if is_told else 0.55) * last.closeness + 0.1 * (total - last.closeness))
        return Signal(
            detector=self.name,
            version=self.version,
            typology="M1",
            role=MULE,
            event_id=now.event_id,
            at_us=now.at_us,
            tier=tier,
            strength=strength,
            nats=strength * policy.weight,
            reasons=self._reasons(last, len(rounds)),
            evidence=tuple(entry.event_id for entry in sorted(flows, key=lambda entry: (entry.at_us, entry.event_id))),
            at_risk_minor=max(0, last.in_minor - last.out_minor),
            also=tuple(
                Also("ACCOUNT", payee, MULE, 0, "M7") for payee in main_payees(last.debits, policy.payee_share_min) if payee
            ),
        )

    def _may_pass_on(self, view: View) -> bool:
        """Return whether enough came in and little enough is left: cheap, and false of nearly every debit."""
        now, policy = view.now, self.policy
        in_minor = view.totals().in_minor
        if in_minor < policy.near_credit_minor:
            return False
        if now.balance_minor is not None and now.code & e.MONEY:
            left_max_minor = max(2 * policy.residual_max_minor, policy.near_residual_share * in_minor)
            if now.balance_minor > left_max_minor:
                return False
        fresh_minor = sum(entry.amount_minor for entry in view.before(policy.near_s) if entry.code & _TRANSFER_IN == _TRANSFER_IN)
        return fresh_minor >= policy.near_credit_minor

    def _rounds(self, view: View) -> list[Round]:
        """Return what was passed on in the long window, in full or nearly, in order of time.

        Nothing if more left in it than strangers brought.
        """
        policy, now = self.policy, view.now
        flows: list[Entry] = []
        brought_minor = gone_minor = 0
        for entry in view.window(policy.cycles_window_s):
            if not entry.code & e.MONEY and entry is not now:
                continue
            if view.is_from_stranger(entry, policy.stranger_s):
                brought_minor += entry.amount_minor
                flows.append(entry)
            elif brought_minor and self._is_passing_on(view, entry):
                gone_minor += entry.amount_minor
                flows.append(entry)
        if brought_minor < policy.strangers_share_min * gone_minor:
            return []
        rounds = self._full(flows)
        used = {entry.event_id for found in rounds for entry in found.credits + found.debits}
        rounds += self._near([entry for entry in flows if entry.event_id not in used])
        return sorted(rounds, key=lambda found: (found.debits[-1].at_us, found.debits[-1].event_id))

    def _full(self, flows: list[Entry]) -> list[Round]:
        """Return the rounds that meet every line within `window_s`."""
        completed: list[Round] = []
        credits: list[Entry] = []
        debits: list[Entry] = []
        for entry in flows:
            start_us = entry.at_us - self.policy.window_s * 1_000_000
            credits = [credit for credit in credits if credit.at_us > start_us]
            debits = [debit for debit in debits if credits and debit.at_us >= credits[0].at_us]
            if entry.code & e.CREDIT:
                credits.append(entry)
            elif credits:
                debits.append(entry)
                found = Round(credits, debits, 1.0)
                if self._is_complete(found):
                    completed.append(found)
                    credits, debits = [], []
        return completed

    def _near(self, flows: list[Entry]) -> list[Round]:
        """Return the rounds that come near, each up to the debit that brought it nearest; fresh money begins the next."""
        policy = self.policy
        nearest: list[Round] = []
        best: Round | None = None
        credits: list[Entry] = []
        debits: list[Entry] = []
        for entry in flows:
            if entry.code & e.CREDIT and best is not None:
                nearest.append(best)
                best, credits, debits = None, [], []
            start_us = entry.at_us - policy.near_s * 1_000_000
            credits = [credit for credit in credits if credit.at_us > start_us]
            debits = [debit for debit in debits if credits and debit.at_us >= credits[0].at_us]
            if entry.code & e.CREDIT:
                credits.append(entry)
            elif credits:
                debits.append(entry)
                found = Round(credits, debits.copy(), 0.0)
                found.closeness = self._closeness(found)
                if found.closeness >= policy.support_min and (best is None or found.closeness > best.closeness):
                    best = found
        return nearest if best is None else [*nearest, best]

    def _is_passing_on(self, view: View, entry: Entry) -> bool:
        """Return whether a debit is cash, or a transfer to someone as new as the payers."""
        shape = entry.code & e.SHAPE
        return shape == e.CASH or (shape == e.TRANSFER and view.is_new_payee(entry.other, self.policy.stranger_s))

    def _is_complete(self, found: Round) -> bool:
        """Return whether enough came in, most of it left, and nearly nothing is left, as far as that is told."""
        policy, in_minor, residual_minor = self.policy, found.in_minor, found.residual_minor
        if in_minor < policy.credit_min_minor or found.out_minor < policy.out_in_min * in_minor:
            return False
        return residual_minor is None or residual_minor <= self._left_max_minor(in_minor)

    def _left_max_minor(self, in_minor: int) -> int:
        return max(self.policy.residual_max_minor, round(self.policy.residual_share_max * in_minor))

    def _closeness(self, found: Round) -> float:
        """Return how near a round comes to passing on in full."""
        policy, in_minor, residual_minor = self.policy, found.in_minor, found.residual_minor
        closeness = grade(float(in_minor), float(policy.near_credit_minor), float(policy.credit_min_minor))
        if closeness <= 0.0:
            return 0.0
        closeness *= grade(found.out_minor / in_minor, policy.near_out_in, policy.out_in_min)
        closeness *= grade(found.pause_s, float(policy.near_s), float(policy.window_s))
        if residual_minor is None:
            return closeness * policy.untold_share
        left_max_minor = self._left_max_minor(in_minor)
        none_minor = max(2 * policy.residual_max_minor, policy.near_residual_share * in_minor)
        return closeness * grade(float(residual_minor), none_minor, float(left_max_minor))

    def _reasons(self, last: Round, count: int) -> tuple[Reason, ...]:
        policy = self.policy
        ratio, residual_minor = last.out_minor / last.in_minor, last.residual_minor
        minutes = max(1, (last.debits[-1].at_us - last.credits[0].at_us) // 60_000_000)
        left_zh = "" if residual_minor is None else f"，余额仅{yuan(residual_minor)}元"
        left_en = "" if residual_minor is None else f", {yuan(residual_minor)} remains"
        reasons = [
            Reason(
                code="OUT_IN_RATIO",
                zh=f"到账{minutes}分钟内转出{percent(ratio)}%，收付款双方均为新对手{left_zh}。请先核实，疑为过渡账户。",
                en=f"{percent(ratio)}% left within {minutes} min, both ends new{left_en}. "
                "Likely a pass-through account; verify first.",
                value=round(ratio, 4),
                threshold=policy.out_in_min,
                window_s=policy.window_s,
            )
        ]
        if count >= policy.cycles_for_police:
            reasons.append(
                Reason(
                    code="PASS_THROUGH_CYCLES",
                    zh=f"{hours(policy.cycles_window_s)}小时内第{count}次快进快出。",
                    en=f"Pass-through number {count} within {hours(policy.cycles_window_s)} h.",
                    value=float(count),
                    threshold=float(policy.cycles_for_police),
                    window_s=policy.cycles_window_s,
                )
            )
        return tuple(reasons)


_TRANSFER_IN: Final = e.CREDIT | e.TRANSFER | e.MONEY
