"""Support for X1: one handset pays from the accounts of several unrelated people.

A takeover crew, or a controller of mule accounts, works many people's accounts from one device. Seen at any login or payment from
the device. Key: device. It never raises an alert: it is stated, as support, to the account that was used.
Looks at: distinct customers on the device in `window_s`.
Not to be confused with: N11 new handset (one person), N19 a branch's or family's tablet, hence support only.
Cannot see: phone numbers, or what the device is.
"""

import msgspec

from models import entry as e
from models.detector import Detector
from models.records import Reason
from models.signal import VICTIM, Also, Signal, hours
from models.view import View


class SharedDevicePolicy(msgspec.Struct, frozen=True, kw_only=True):
    """Thresholds; reasons in the policy file."""

    window_s: int
    holders_min: int
    weight: float


class SharedDevice(Detector[SharedDevicePolicy]):
    """Examines logins and payments at their device."""

    name = "shared_device"
    typologies = ("X1",)
    keyed_by = "DEVICE"
    shapes = (e.ACCOUNT_EVENT, e.TRANSFER)
    role = "DEVICE"
    Policy = SharedDevicePolicy

    def examine(self, view: View) -> Signal | None:
        """Return a supporting signal from the k-th holder on."""
        policy, now = self.policy, view.now
        holders = len(view.holders(policy.window_s))
        if holders < policy.holders_min:
            return None
        days = hours(policy.window_s) // 24
        strength = min(1.0, 0.3 + 0.1 * (holders - policy.holders_min))
        return Signal(
            detector=self.name,
            version=self.version,
            typology="X1",
            role="DEVICE",
            event_id=now.event_id,
            at_us=now.at_us,
            tier=0,
            strength=strength,
            nats=strength * policy.weight,
            reasons=(
                Reason(
                    code="DEVICE_HOLDERS",
                    zh=f"同一设备{days}天内登录{holders}名客户的账户。请逐户核实是否本人操作。",
                    en=f"{holders} customers' accounts on one device within {days} d. Verify each holder.",
                    value=float(holders),
                    threshold=float(policy.holders_min),
                    window_s=policy.window_s,
                ),
            ),
            evidence=(now.event_id,),
            also=(Also("ACCOUNT", now.other, VICTIM, 0, "X1"),),
        )
