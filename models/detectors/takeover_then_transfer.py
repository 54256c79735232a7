"""X1, account takeover then transfer (验证码、木马盗转): the account changes hands, then pays a payee just added.

A copied page, a trojan or a shared screen takes password and codes. Seen at the transfer, requested or approved. Key: account.
Looks at: a new device, a password reset or a changed phone in `takeover_s`; the payee added in `added_s` or never paid before;
one-time codes in minutes; remote access or a call in progress.
Not to be confused with: N11 new handset (its old payees do not count), the first handset of a fresh enrolment, N10 own-name moves.
Cannot see: the age of the SIM card, what was typed into other pages.
"""

import msgspec

from models import entry as e
from models.detector import Detector
from models.entry import Entry
from models.records import Reason
from models.signal import MULE, VICTIM, Also, Signal, hours, money_state
from models.view import View

_TAKEOVER = e.DEVICE_BOUND | e.PASSWORD_RESET | e.PHONE_CHANGED


class TakeoverThenTransferPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """Thresholds; reasons in the policy file."""

    takeover_s: int
    added_s: int
    stranger_s: int
    amount_min_minor: int
    otp_min: int
    weight: float


class TakeoverThenTransfer(Detector[TakeoverThenTransferPolicy]):
    """Examines transfers out; suspects that someone else is paying from a victim's account."""

    name = "takeover_then_transfer"
    typologies = ("X1",)
    keyed_by = "ACCOUNT"
    shapes = (e.TRANSFER,)
    role = VICTIM
    lookalikes = ("N10", "N11")
    Policy = TakeoverThenTransferPolicy

    def examine(self, view: View) -> Signal | None:
        """Return a signal if a fresh takeover is followed by a transfer to a fresh payee."""
        now, policy = view.now, self.policy
        if now.amount_minor < policy.amount_min_minor or not now.code & (e.MONEY | e.REQUESTED):
            return None
        takeover = []
        if view.totals().bits & _TAKEOVER:
            takeover = [entry for entry in view.window(policy.takeover_s) if entry.code & _TAKEOVER]
        is_new_device = view.is_new_device(policy.takeover_s)
        if not takeover and not is_new_device:
            return None
        if not view.is_new_payee(now.other, policy.added_s):
            return None
        if view.strangers_credit_minor(policy.added_s, policy.stranger_s) >= now.amount_minor:
            return None  # strangers' money moving on is a mule's pattern, whoever holds the device
        added = [entry for entry in view.window(policy.added_s) if entry.code & e.PAYEE_ADDED and entry.other == now.other]
        has_codes = now.otp_count >= policy.otp_min
        is_coached = bool(now.code & e.COACHED)
        signs = bool(added) + has_codes + is_coached
        strength = min(1.0, 0.4 + 0.2 * signs + (0.1 if len(takeover) > 1 else 0.0))
        return Signal(
            detector=self.name,
            version=self.version,
            typology="X1",
            role=VICTIM,
            event_id=now.event_id,
            at_us=now.at_us,
            tier=2 if signs else 1,
            strength=strength,
            nats=strength * policy.weight,
            reasons=self._reasons(now, takeover, is_new_device=is_new_device, is_added=bool(added)),
            evidence=tuple(entry.event_id for entry in [*sorted([*takeover, *added], key=_order), now]),
            at_risk_minor=now.amount_minor,
            also=(Also("ACCOUNT", now.other, MULE, 0, "X1"),),
            money=money_state(now.code),
        )

    def _reasons(self, now: Entry, takeover: list[Entry], *, is_new_device: bool, is_added: bool) -> tuple[Reason, ...]:
        policy = self.policy
        ago = hours((now.at_us - takeover[0].at_us) // 1_000_000) if takeover else hours(policy.takeover_s)
        what_zh, what_en = (
            ("更换设备、密码或手机号", "New device, password or phone") if takeover else ("改用陌生设备", "Unknown device")
        )
        reasons = [
            Reason(
                code="FRESH_TAKEOVER",
                zh=f"{ago}小时内{what_zh}后向新收款人转账。请暂缓付款并回拨旧预留电话。",
                en=f"{what_en} within {ago} h, then a payment to a new payee. Hold and call back on the earlier number.",
                value=float(len(takeover) or is_new_device),
                threshold=1.0,
                window_s=policy.takeover_s,
            )
        ]
        if is_added:
            reasons.append(
                Reason(
                    code="PAYEE_ADDED",
                    zh="收款人为刚刚新增。",
                    en="The payee was added only just before.",
                    value=1.0,
                    threshold=1.0,
                    window_s=policy.added_s,
                )
            )
        if now.otp_count >= policy.otp_min:
            reasons.append(
                Reason(
                    code="OTP_COUNT_10M",
                    zh=f"10分钟内{now.otp_count}个验证码。",
                    en=f"{now.otp_count} one-time codes in 10 min.",
                    value=float(now.otp_count),
                    threshold=float(policy.otp_min),
                    window_s=600,
                )
            )
        if now.code & e.COACHED:
            reasons.append(
                Reason(
                    code="COACHED",
                    zh="转账时正在通话或屏幕共享。",
                    en="A call or remote access was active during the payment.",
                    value=1.0,
                    threshold=1.0,
                )
            )
        return tuple(reasons)


def _order(entry: Entry) -> tuple[int, str]:
    return entry.at_us, entry.event_id
