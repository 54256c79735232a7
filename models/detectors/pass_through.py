"""M1, pass-through (快进快出): money leaves an account almost as soon as it arrives.

A bought or lent account only hands money on: a stranger pays in, and within minutes nearly all of it has gone to another stranger
or to a cash machine. Seen at the first outflow that brings out/in to the threshold. Key: account, both sides.
Looks at: APPROVED money in from strangers within `window_s`, what left after it in cash or to payees just as new, what is left, and
how often in a day. Purchases do not count: goods are fair trade, and the money is gone. Where more leaves than strangers brought it
is the holder's own money, and no pass-through.
Not to be confused with: N3 small merchant, N10 own-name moves; a wage, a loan or public money is no stranger's.
Cannot see: accounts held at other banks beyond the transactions that touch ours; without balances it is never a police matter.
"""

import msgspec

from models import entry as e
from models.detector import Detector
from models.entry import Entry
from models.records import Reason
from models.signal import MULE, Also, Signal, hours, percent, yuan
from models.view import View


class Cycle(msgspec.Struct):
    """Strangers' money that arrived, and what left after it until it counted as passed on. residual_minor: None = not told."""

    credits: list[Entry]
    debits: list[Entry]

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


class PassThroughPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """Thresholds; reasons in the policy file."""

    window_s: int
    cycles_window_s: int
    stranger_s: int
    credit_min_minor: int
    out_in_min: float
    residual_share_max: float
    residual_max_minor: int
    strangers_share_min: float
    cycles_for_police: int
    weight: float


class PassThrough(Detector[PassThroughPolicy]):
    """Examines debits; suspects that the account is a mule's, and supports a case against those it passed the money to."""

    name = "pass_through"
    typologies = ("M1",)
    keyed_by = "ACCOUNT"
    shapes = (e.TRANSFER, e.CASH)
    role = MULE
    lookalikes = ("N3", "N10")
    Policy = PassThroughPolicy

    def examine(self, view: View) -> Signal | None:
        """Return a signal if this debit completes the passing on of what strangers paid in."""
        now, policy = view.now, self.policy
        if not now.code & (e.MONEY | e.REQUESTED):
            return None
        if view.totals().in_minor < policy.credit_min_minor:
            return None  # cheap, and true of nearly every debit
        before = view.before(policy.window_s)
        if sum(entry.amount_minor for entry in before if entry.code & _TRANSFER_IN == _TRANSFER_IN) < policy.credit_min_minor:
            return None
        cycles = self._cycles(view)
        if not cycles or cycles[-1].debits[-1] is not now:
            return None
        last = cycles[-1]
        told = sum(cycle.residual_minor is not None for cycle in cycles)
        is_told = last.residual_minor is not None
        flows = [entry for cycle in cycles for entry in cycle.credits + cycle.debits]
        strength = min(1.0, (0.8 if is_told else 0.55) + 0.1 * (len(cycles) - 1))
        return Signal(
            detector=self.name,
            version=self.version,
            typology="M1",
            role=MULE,
            event_id=now.event_id,
            at_us=now.at_us,
            tier=3 if is_told and told >= policy.cycles_for_police else 2,
            strength=strength,
            nats=strength * policy.weight,
            reasons=self._reasons(last, told),
            evidence=tuple(entry.event_id for entry in sorted(flows, key=lambda entry: (entry.at_us, entry.event_id))),
            at_risk_minor=max(0, last.in_minor - last.out_minor),
            also=tuple(Also("ACCOUNT", payee, MULE, 0, "M7") for payee in sorted({entry.other for entry in last.debits} - {""})),
        )

    def _cycles(self, view: View) -> list[Cycle]:
        """Return the completed cycles of the long window, oldest first; none if more left in it than strangers brought."""
        policy, now = self.policy, view.now
        completed: list[Cycle] = []
        credits: list[Entry] = []
        debits: list[Entry] = []
        brought_minor = gone_minor = 0
        for entry in view.window(policy.cycles_window_s):
            if not entry.code & e.MONEY and entry is not now:
                continue
            start_us = entry.at_us - policy.window_s * 1_000_000
            credits = [credit for credit in credits if credit.at_us > start_us]
            debits = [debit for debit in debits if credits and debit.at_us >= credits[0].at_us]
            if view.is_from_stranger(entry, policy.stranger_s):
                credits.append(entry)
                brought_minor += entry.amount_minor
            elif brought_minor and self._is_passing_on(view, entry):
                gone_minor += entry.amount_minor
                if credits:
                    debits.append(entry)
                    if self._is_complete(cycle := Cycle(credits, debits)):
                        completed.append(cycle)
                        credits, debits = [], []
        return completed if brought_minor >= policy.strangers_share_min * gone_minor else []

    def _is_passing_on(self, view: View, entry: Entry) -> bool:
        """Return whether a debit is cash, or a transfer to someone as new as the payers."""
        shape = entry.code & e.SHAPE
        return shape == e.CASH or (shape == e.TRANSFER and view.is_new_payee(entry.other, self.policy.stranger_s))

    def _is_complete(self, cycle: Cycle) -> bool:
        """Return whether enough came in, most of it left, and nearly nothing is left, as far as that is told."""
        policy, in_minor, residual_minor = self.policy, cycle.in_minor, cycle.residual_minor
        if in_minor < policy.credit_min_minor or cycle.out_minor < policy.out_in_min * in_minor:
            return False
        residual_max_minor = max(policy.residual_max_minor, round(policy.residual_share_max * in_minor))
        return residual_minor is None or residual_minor <= residual_max_minor

    def _reasons(self, last: Cycle, told: int) -> tuple[Reason, ...]:
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
        if told >= policy.cycles_for_police:
            reasons.append(
                Reason(
                    code="PASS_THROUGH_CYCLES",
                    zh=f"{hours(policy.cycles_window_s)}小时内第{told}次快进快出。",
                    en=f"Pass-through number {told} within {hours(policy.cycles_window_s)} h.",
                    value=float(told),
                    threshold=float(policy.cycles_for_police),
                    window_s=policy.cycles_window_s,
                )
            )
        return tuple(reasons)


_TRANSFER_IN = e.CREDIT | e.TRANSFER | e.MONEY
