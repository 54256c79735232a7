"""N11, new handset (换手机): a customer binds a new phone and goes on living, now and then paying someone new.

Separated by: no password reset, no changed phone number, no codes or call, and a sum within the customer's habit. Whoever enrols
in online banking binds a handset for the first time; that costs one tier, not two, because victims are talked into enrolling.
Where the second device after an enrolment is what is held against it (X2), the enrolment explains nothing.
"""

import math

import msgspec

from models import entry as e
from models.detector import Explanation, LookAlike
from models.signal import Signal
from models.stats import ew_deviation
from models.view import View


class NewHandsetPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """How much each mark explains, and what counts as usual."""

    window_s: int
    history_min: int
    deviations: float
    otp_max: int
    usual_share: float
    first_share: float
    quiet_share: float


class NewHandset(LookAlike[NewHandsetPolicy]):
    """Explains a changed device without any other sign of a takeover."""

    id = "N11"
    name = "new_handset"
    Policy = NewHandsetPolicy

    def explain(self, view: View, signal: Signal) -> Explanation:
        """Require a bound device and nothing worse; then a usual sum explains more than a quiet session alone."""
        policy, now = self.policy, view.now
        window = view.window(policy.window_s)
        is_bound = any(entry.code & e.DEVICE_BOUND for entry in window) or view.is_new_device(policy.window_s)
        if not is_bound:
            return Explanation(0.0, "近期没有更换设备。", "No device was changed lately.")
        if any(entry.code & (e.PASSWORD_RESET | e.PHONE_CHANGED) for entry in window):
            return Explanation(0.0, "同时重置了密码或更换了手机号。", "The password or the phone number was changed as well.")
        if now.otp_count > policy.otp_max or now.code & e.COACHED:
            return Explanation(0.0, "付款时有多个验证码或通话。", "Several codes, or a call in progress, came with the payment.")
        if signal.typology != "X2" and any(entry.code & e.EBANK_ENROLLED for entry in window):
            return Explanation(policy.first_share, "刚开通网银，首次绑定设备。", "Online banking was just opened: a first handset.")
        habits = view.habits()
        if habits.count < policy.history_min:
            return Explanation(policy.quiet_share, "仅更换设备，历史不足。", "Only the device changed; little history.")
        usual = habits.amount_mean + policy.deviations * ew_deviation(habits.amount_mean, habits.amount_square)
        if math.log1p(now.amount_minor) <= usual:
            return Explanation(policy.usual_share, "仅更换设备，金额符合习惯。", "Only the device changed; the sum is usual.")
        return Explanation(policy.quiet_share, "仅更换设备，但金额超出习惯。", "Only the device changed, but the sum is unusual.")
