"""A2, switch tampering (交换机篡改): malware on the payment switch approves withdrawals that the core system never saw.

Seen at the approval, seconds after it if the feed compares both sides. Key: account. Looks at: `host.confirmed` false or
`host.mac` bad or missing on a withdrawal approved at a machine, and balances below zero after it, which grow in weight as they
repeat. Without `host` only the balance speaks, and one of it is a reminder. The account is a victim's; the word goes to the
bank's security.
Not to be confused with: N17 the bank's own test cards; stand-in processing while the core is away, which a feed should report
once the core has caught up; a credit line, known by a balance that was below zero before.
Cannot see: the response code, trace numbers, or other accounts of the same switch.
"""

from typing import Final

import msgspec

from models import entry as e
from models.detector import Detector
from models.entry import Entry
from models.records import Reason
from models.signal import VICTIM, Signal, yuan
from models.view import View


class SwitchTamperingPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """Thresholds; reasons in the policy file."""

    window_s: int
    below_zero_min: int
    stranger_s: int
    covered_share_min: float
    weight: float


class SwitchTampering(Detector[SwitchTamperingPolicy]):
    """Examines approved withdrawals at machines; speaks to the bank's security."""

    name = "switch_tampering"
    typologies = ("A2",)
    keyed_by = "ACCOUNT"
    shapes = (e.CASH,)
    role = VICTIM
    lookalikes = ("N17",)
    Policy = SwitchTamperingPolicy

    def examine(self, view: View) -> Signal | None:
        """Return a signal if the core does not stand behind the approval, or the account had not so much."""
        policy, now = self.policy, view.now
        if now.code & _APPROVED_CASH != _WANTED:
            return None
        if not (now.code & _HOST_BITS or _is_below_zero(now)):
            return None
        overdrawn = [
            entry for entry in view.window(policy.window_s) if entry.code & _APPROVED_CASH == _WANTED and _is_below_zero(entry)
        ]
        reasons = _host_reasons(now)
        tier = 2 if reasons else 0
        if overdrawn and _is_below_zero(now):
            before_minor = view.balance_before(view.entries.index(overdrawn[0]))
            had_line = before_minor is not None and before_minor < 0
            if not self._is_strangers_money(overdrawn, view):
                tier = max(tier, (1 + (len(overdrawn) >= policy.below_zero_min)) - had_line)
            reasons.append(self._below_zero(overdrawn))
        evidence = {entry.event_id: None for entry in overdrawn if entry is not now}
        strength = min(1.0, 0.6 * bool(now.code & _HOST_BITS) + 0.1 + 0.1 * min(3, len(overdrawn)) + 0.2 * (len(reasons) - 1))
        return Signal(
            detector=self.name,
            version=self.version,
            typology="A2",
            role=VICTIM,
            event_id=now.event_id,
            at_us=now.at_us,
            tier=tier,
            strength=strength,
            nats=strength * policy.weight,
            reasons=tuple(reasons),
            evidence=(*evidence, now.event_id),
            at_risk_minor=now.amount_minor,
        )

    def _is_strangers_money(self, overdrawn: list[Entry], view: View) -> bool:
        """Return whether strangers' money of the day covers the cash: then a mule drew too much, and nobody tampered."""
        policy = self.policy
        drawn_minor = sum(entry.amount_minor for entry in overdrawn)
        return view.strangers_credit_minor(policy.window_s, policy.stranger_s) >= policy.covered_share_min * drawn_minor

    def _below_zero(self, overdrawn: list[Entry]) -> Reason:
        policy, count = self.policy, len(overdrawn)
        return Reason(
            code="BALANCE_BELOW_ZERO",
            zh=f"ATM批准取现{count}次后余额为负。账户有透支额度吗？",
            en=f"The balance is below zero after {count} ATM approvals. Has the account a credit line?",
            value=float(count),
            threshold=float(policy.below_zero_min),
            window_s=policy.window_s,
        )


_WANTED: Final = e.CASH | e.ATM | e.MONEY
_APPROVED_CASH: Final = _WANTED | e.CREDIT
_HOST_BITS: Final = e.HOST_UNCONFIRMED | e.MAC_BAD


def _is_below_zero(entry: Entry) -> bool:
    return entry.balance_minor is not None and entry.balance_minor < 0


def _host_reasons(now: Entry) -> list[Reason]:
    reasons = []
    if now.code & e.HOST_UNCONFIRMED:
        amount = yuan(now.amount_minor)
        reasons.append(
            Reason(
                code="HOST_CONFIRMED",
                zh=f"ATM批准{amount}元但核心系统无对应记录。请立即通知安保并核对交换机。",
                en=f"ATM approved {amount} with no record in the core system. Alert security and check the switch.",
                value=0.0,
                threshold=1.0,
            )
        )
    if now.code & e.MAC_BAD:
        reasons.append(
            Reason(
                code="HOST_MAC",
                zh="该笔批准的报文鉴别码缺失或不正确。请核对交换机日志。",
                en="The approval's message authentication is missing or bad. Check the switch's log.",
                value=0.0,
                threshold=1.0,
            )
        )
    return reasons
