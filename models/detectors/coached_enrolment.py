"""X2, coached enrolment (新开网银被套): a victim opens online banking and hands it over; another device drains.

Seen at the first login from a second device, as support only (a mule's handler logs in like that as well), then at the transfer.
Key: account.
Looks at: days since online banking was opened, a second device since then, how much of the balance leaves for new payees in 24 h.
An older holder, a call, a name that does not match, a young payee account raise it to a hold. Age is context: it never speaks
alone.
Not to be confused with: N11 new handset, N10 own-name moves.
Cannot see: who holds the telephone that the codes go to.
"""

import msgspec

from models import entry as e
from models.detector import Detector
from models.entry import Entry
from models.profile import AccountProfile
from models.records import Reason
from models.signal import MULE, VICTIM, Also, Signal, money_state, percent
from models.signs import main_payees, others_credit_minor, strong_signs, weak_signs
from models.view import View
from models.young_relations import fading

_DAY_S = 86_400


class CoachedEnrolmentPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """Thresholds; reasons in the policy file."""

    drain_window_s: int
    enrolled_s: int
    fade_s: int
    fresh_s: int
    stranger_s: int
    passed_on_share: float
    drain_share_min: float
    drain_support: float
    amount_min_minor: int
    older_age: int
    young_payee_d: int
    payee_share_min: float
    weight: float


class CoachedEnrolment(Detector[CoachedEnrolmentPolicy]):
    """Examines logins and transfers out; suspects that somebody else uses a victim's new online banking."""

    name = "coached_enrolment"
    typologies = ("X2",)
    keyed_by = "ACCOUNT"
    shapes = (e.ACCOUNT_EVENT, e.TRANSFER)
    role = VICTIM
    lookalikes = ("N10", "N11")
    Policy = CoachedEnrolmentPolicy

    def examine(self, view: View) -> Signal | None:
        """Return a signal if a second device logs in, or money drains, soon after online banking was opened."""
        now, policy = view.now, self.policy
        is_login = bool(now.code & e.LOGIN)
        if not is_login:
            if now.code & (e.ACCOUNT_EVENT | e.SELF_CORPORATE | e.BATCH) or not now.code & (e.MONEY | e.REQUESTED):
                return None
            if view.totals().out_minor < policy.amount_min_minor or not view.is_new_payee(now.other, policy.fresh_s):
                return None
        elif not now.device:
            return None
        if not _is_enrolled(view):
            return None
        enrolled_s = view.history().enrolled_s
        age_s = now.at_us // 1_000_000 - enrolled_s
        if not enrolled_s or age_s >= policy.enrolled_s + policy.fade_s:
            return None
        devices = view.devices_since(enrolled_s)
        if len(devices) < 2:
            return None
        is_second = now.device != devices[0] and now.device != 0
        if is_login:
            return self._login(view, age_s) if is_second else None
        return self._drain(view, age_s, is_second=is_second)

    def _login(self, view: View, age_s: int) -> Signal | None:
        """Return what a login from a second device is worth: support, and no more, for a bought account changes hands the same way.

        Were it a reminder, it would make a mule's account a suspected victim's, which is not frozen.
        """
        policy = self.policy
        window = view.window(policy.drain_window_s)
        logins = [entry for entry in window if entry.code & e.LOGIN and entry.device == view.now.device]
        older = self._older(window)
        strength = (0.25 + 0.15 * len(older)) * fading(age_s, policy.enrolled_s, policy.fade_s)
        return self._signal(view, 0, strength, (_reason(age_s, policy.enrolled_s, paid=False), *older), logins, ())

    def _drain(self, view: View, age_s: int, *, is_second: bool) -> Signal | None:
        """Return a signal if much of the balance leaves for new payees."""
        now, policy = view.now, self.policy
        window = view.window(policy.drain_window_s)
        fresh = [
            entry
            for entry in window
            if entry.code & (e.TRANSFER | e.CREDIT) == e.TRANSFER
            and (entry is now or (entry.code & e.MONEY and view.is_new_payee(entry.other, policy.fresh_s)))
        ]
        paid_minor = sum(entry.amount_minor for entry in fresh)
        before_minor = view.balance_before(view.index)
        if paid_minor < policy.amount_min_minor:
            return None
        since_s = now.at_us // 1_000_000 - policy.stranger_s
        if others_credit_minor(view, since_s) >= policy.passed_on_share * paid_minor:
            return None  # strangers' money that moves on is a mule's pattern, whoever holds the device
        share = 0.0 if before_minor is None else paid_minor / max(1, before_minor + paid_minor - now.amount_minor)
        young = fading(age_s, policy.enrolled_s, policy.fade_s)
        strong = strong_signs(window, fresh, policy.young_payee_d, policy.drain_window_s)
        signs = [*self._older(window), *strong]
        is_drained = share > policy.drain_share_min
        if is_drained and young >= 1.0 and is_second and signs:
            tier = 2
        elif (is_drained and (is_second or signs)) or (is_second and signs and share >= policy.drain_support):
            tier = 1
        else:
            tier = 0
        strength = min(1.0, 0.3 + 0.3 * min(1.0, share) + 0.15 * len(signs)) * young
        reasons = [_reason(age_s, policy.enrolled_s, paid=is_second)]
        if before_minor is not None:
            zh, en = f"24小时内转出余额{percent(share)}%。", f"{percent(share)}% of the balance is leaving in 24 h."
            reasons.append(
                Reason(
                    code="DRAIN_24H",
                    zh=zh,
                    en=en,
                    value=round(share, 4),
                    threshold=policy.drain_share_min,
                    window_s=policy.drain_window_s,
                )
            )
        weak = weak_signs(fresh, 2, policy.drain_window_s)
        payees = main_payees(fresh, policy.payee_share_min) if tier else []
        also = tuple(Also("ACCOUNT", payee, MULE, 0, "X2") for payee in payees)
        return self._signal(view, tier, strength, (*reasons, *signs, *weak), fresh, also)

    def _older(self, window: list[Entry]) -> list[Reason]:
        """Return the sign that the holder is an older person, if one of the records of the day tells so."""
        policy = self.policy
        age = max(entry.holder_age for entry in window)
        if age < policy.older_age:
            return []
        zh, en = f"客户{age}岁。", f"The customer is {age} years old."
        return [Reason(code="HOLDER_AGE", zh=zh, en=en, value=float(age), threshold=float(policy.older_age))]

    def _signal(
        self,
        view: View,
        tier: int,
        strength: float,
        reasons: tuple[Reason, ...],
        named: list[Entry],
        also: tuple[Also, ...],
    ) -> Signal:
        now = view.now
        return Signal(
            detector=self.name,
            version=self.version,
            typology="X2",
            role=VICTIM,
            event_id=now.event_id,
            at_us=now.at_us,
            tier=tier,
            strength=strength,
            nats=strength * self.policy.weight,
            reasons=reasons,
            evidence=tuple(entry.event_id for entry in named),
            at_risk_minor=sum(entry.amount_minor for entry in named),
            also=also,
            money=money_state(now.code),
        )


def _is_enrolled(view: View) -> bool:
    """Return whether online banking was ever seen opened: what has not settled lies within the longest window. Cheap."""
    profile = view.profile
    assert isinstance(profile, AccountProfile)
    return profile.history.enrolled_s > 0 or bool(view.totals().bits & e.EBANK_ENROLLED)


def _reason(age_s: int, threshold_s: int, *, paid: bool) -> Reason:
    days = age_s // _DAY_S
    what_zh, what_en = ("登录并转出", "login and payment from another device") if paid else ("登录", "login from another device")
    return Reason(
        code="ENROL_AGE_D",
        zh=f"新开网银{days}天即在另一设备{what_zh}。请确认是否本人操作、是否有人索要密码。",
        en=f"Online banking opened {days} d ago; {what_en}. Ask who operates it and who asked for the password.",
        value=float(days),
        threshold=float(threshold_s // _DAY_S),
    )
