"""V3, ATM-guided transfer (诱导ATM转账): a caller dictates the keys at a machine, and the "code" typed is the sum that leaves.

A tax refund or a subsidy is offered. Seen at the confirmation at the machine, else at the approved record. Key: account, debit
side.
Looks at: transfers at a machine to somebody first paid within `fresh_s`, by a customer who did not use machines for that in the
year before (a use begun within `begun_s` is the same story). Signs: an older holder, an odd sum, refused attempts within minutes,
and what goes with other payments. Age is context: it never speaks alone.
Not to be confused with: N9 large life payment, N10 own-name moves, N14 migrants and night workers, and a carer at the machine
(N8).
Cannot see: how long the customer stood there, a telephone at the ear.
"""

from typing import Final

import msgspec

from models import entry as e
from models.detector import Detector
from models.entry import Entry
from models.history_after import ATM_PAUSE_S
from models.records import Reason
from models.signal import MULE, VICTIM, Also, Signal, money_state
from models.signs import others_credit_minor, strong_signs, weak_signs
from models.view import View

_ROUND_MINOR: Final = 10_000  # whole hundreds, the sums people choose


class AtmGuidedTransferPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """Thresholds; reasons in the policy file."""

    signs_window_s: int
    fresh_s: int
    begun_s: int
    watched_s: int
    stranger_s: int
    passed_on_share: float
    amount_min_minor: int
    older_age: int
    declined_window_s: int
    declined_min: int
    young_payee_d: int
    points_remind: float
    points_hold: float
    points_hold_moved: float
    weight: float


class AtmGuidedTransfer(Detector[AtmGuidedTransferPolicy]):
    """Examines transfers at a machine; suspects that the payer is a victim, and supports a case against the payee."""

    name = "atm_guided_transfer"
    typologies = ("V3",)
    keyed_by = "ACCOUNT"
    shapes = (e.TRANSFER,)
    role = VICTIM
    lookalikes = ("N9", "N10", "N14")
    Policy = AtmGuidedTransferPolicy

    def examine(self, view: View) -> Signal | None:
        """Return a signal if somebody who does not use machines for it pays a new payee at one."""
        now, policy = view.now, self.policy
        if not now.code & e.ATM or now.code & e.SELF_CORPORATE or not now.code & (e.MONEY | e.REQUESTED):
            return None
        window = view.window(policy.signs_window_s)
        paid = [entry for entry in window if _is_at_machine(entry) and (entry.code & e.MONEY or entry is now)]
        paid = [entry for entry in paid if view.is_new_payee(entry.other, policy.fresh_s)]
        paid_minor = sum(entry.amount_minor for entry in paid)
        if now not in paid or paid_minor < policy.amount_min_minor:
            return None
        now_s = now.at_us // 1_000_000
        if others_credit_minor(view, now_s - policy.stranger_s) >= policy.passed_on_share * paid_minor:
            return None  # strangers' money that moves on is a mule's pattern
        unused = self._unused(view)
        strong = strong_signs(window, paid, policy.young_payee_d, policy.signs_window_s)
        signs = [*self._own_signs(view, paid), *strong]
        points = unused + len(signs)
        is_open = bool(now.code & (e.REVOCABLE | e.REQUESTED))
        if points >= (policy.points_hold if is_open else policy.points_hold_moved):
            tier = 2
        elif points >= policy.points_remind:
            tier = 1
        elif points > 1.0:
            tier = 0
        else:
            return None
        weak = weak_signs(paid, 2, policy.signs_window_s)
        strength = min(1.0, 0.15 + 0.15 * points + 0.05 * len(weak))
        return Signal(
            detector=self.name,
            version=self.version,
            typology="V3",
            role=VICTIM,
            event_id=now.event_id,
            at_us=now.at_us,
            tier=tier,
            strength=strength,
            nats=strength * policy.weight,
            reasons=(_reason(unused, is_revocable=bool(now.code & e.REVOCABLE)), *signs, *weak),
            evidence=tuple(entry.event_id for entry in paid),
            at_risk_minor=paid_minor,
            also=(Also("ACCOUNT", now.other, MULE, 0, "V3"),) if tier else (),
            money=money_state(now.code),
        )

    def _unused(self, view: View) -> float:
        """Return 1.0 if the customer made no transfer at a machine in the year before, 0.5 if we have not watched for long."""
        policy, history = self.policy, view.history()
        now_s = view.now.at_us // 1_000_000
        last_s, since_s = history.atm_transfer_s, history.atm_since_s
        if last_s and now_s - last_s <= ATM_PAUSE_S and now_s - since_s > policy.begun_s:
            return 0.0
        return 1.0 if history.first_s and now_s - history.first_s >= policy.watched_s else 0.5

    def _own_signs(self, view: View, paid: list[Entry]) -> list[Reason]:
        """Return the signs that belong to a machine: the holder's age, an odd sum, refused attempts."""
        now, policy = view.now, self.policy
        signs = []
        if now.holder_age >= policy.older_age:
            signs.append(
                Reason(
                    code="HOLDER_AGE",
                    zh=f"客户{now.holder_age}岁。",
                    en=f"The customer is {now.holder_age} years old.",
                    value=float(now.holder_age),
                    threshold=float(policy.older_age),
                )
            )
        if any(entry.amount_minor % _ROUND_MINOR for entry in paid):
            signs.append(
                Reason(
                    code="ODD_SUM",
                    zh="金额不是整百，像是照念的“代码”。",
                    en="The sum is no whole hundred, as if a code had been read out.",
                    value=1.0,
                    threshold=1.0,
                )
            )
        wanted = e.ATM | e.TRANSFER | e.DECLINED
        refused = sum(entry.code & wanted == wanted for entry in view.window(policy.declined_window_s))
        if refused >= policy.declined_min:
            signs.append(
                Reason(
                    code="DECLINED_10M",
                    zh=f"此前{policy.declined_window_s // 60}分钟内被拒{refused}次。",
                    en=f"{refused} attempts were refused in the {policy.declined_window_s // 60} min before.",
                    value=float(refused),
                    threshold=float(policy.declined_min),
                    window_s=policy.declined_window_s,
                )
            )
        return signs


def _is_at_machine(entry: Entry) -> bool:
    return entry.code & (e.ATM | e.TRANSFER | e.CREDIT) == e.ATM | e.TRANSFER


def _reason(unused: float, *, is_revocable: bool) -> Reason:
    revoke_zh, revoke_en = ("，到账前可申请撤销", "; until it arrives you can revoke it") if is_revocable else ("", "")
    return Reason(
        code="ATM_NEW_PAYEE",
        zh=f"您正在ATM向新收款人转账。退税、补贴不会要求在ATM操作。请挂断电话{revoke_zh}。",
        en=f"You are paying a new payee at an ATM. No refund or subsidy is paid this way. Hang up{revoke_en}.",
        value=unused,
        threshold=1.0,
        window_s=ATM_PAUSE_S,
    )
