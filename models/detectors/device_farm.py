"""M6, device farm (多账户同设备): one handset or emulator runs the accounts of many people.

A controller of mule accounts, or a crew that takes accounts over, works them from one device. Seen at the third unrelated holder's
login, before any money. Key: device. It alerts on the device, and tells the accounts used: a reminder to ask the holder, which
beside a pattern of money makes a police matter (M6), and support for the suspicion that one was taken over (X1).
Looks at: distinct customers on the device within `window_s` and, counting less, in the week before, those left out that have used
it for a month; an account whose customer is not told counts less, too; and, as a sign of money, how many of them sent larger sums
from it within a day.
Not to be confused with: N19 a branch's tablet; a family shares a device for months, so its members are no newcomers.
Cannot see: phone numbers, or what the device is; an address shared by several devices is no device.
"""

from typing import Final

import msgspec

from models import entry as e
from models.closeness import MANAGER, NOTHING, SUPPORT, grade, tier_of
from models.detector import Detector
from models.profile import DeviceProfile
from models.recency import SLOT_BYTES
from models.records import Reason
from models.signal import MULE, VICTIM, Also, Signal, hours
from models.view import View

_SENT: Final = e.TRANSFER | e.MONEY


class DeviceFarmPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """Thresholds; reasons in the policy file."""

    window_s: int
    near_s: int
    steady_s: int
    holders_min: int
    untold_share: float
    money_s: int
    money_min_minor: int
    support_min: float
    remind_min: float
    weight: float


class DeviceFarm(Detector[DeviceFarmPolicy]):
    """Examines logins and payments at their device; suspects the device, and supports a case against the accounts used."""

    name = "device_farm"
    typologies = ("M6",)
    keyed_by = "DEVICE"
    shapes = (e.ACCOUNT_EVENT, e.TRANSFER)
    role = "DEVICE"
    lookalikes = ("N19",)
    Policy = DeviceFarmPolicy

    def examine(self, view: View) -> Signal | None:
        """Return a signal from about the third unrelated holder on."""
        policy, now = self.policy, view.now
        if self._is_personal(view):
            return None
        seen = view.holders(policy.near_s)
        if len(seen) < policy.holders_min:
            return None
        now_s = now.at_us // 1_000_000
        twice = self._told_twice(view)
        newcomers = {who for who, (first_s, _) in seen.items() if now_s - first_s < policy.steady_s and who not in twice}
        closeness = sum(self._count(who, now_s - seen[who][1]) for who in sorted(newcomers)) / policy.holders_min
        tier = tier_of(closeness, policy.support_min, policy.remind_min)
        holders = sum(last_s > now_s - policy.window_s for who, (_, last_s) in seen.items() if who not in twice)
        if tier == NOTHING:
            if holders < policy.holders_min:
                return None
            tier = SUPPORT  # many, but mostly people who have long used it
        senders = self._senders(view, newcomers)
        if tier == MANAGER and senders >= policy.holders_min:
            tier = 3
        strength = min(1.0, min(1.0, closeness) * 0.5 + 0.1 * max(0, holders - policy.holders_min) + 0.2 * (tier == 3))
        return Signal(
            detector=self.name,
            version=self.version,
            typology="M6",
            role="DEVICE",
            event_id=now.event_id,
            at_us=now.at_us,
            tier=tier,
            strength=strength,
            nats=strength * policy.weight,
            reasons=self._reasons(len(newcomers) if tier else holders, senders),
            evidence=tuple(self._evidence(view, newcomers)),
            also=tuple(self._also(view, tier)),
        )

    def _is_personal(self, view: View) -> bool:
        """Return whether at most two people can have used the device: cheap, and true of nearly every telephone."""
        profile, who = view.profile, view.now.who
        assert isinstance(profile, DeviceProfile)
        if self.policy.holders_min <= 2 or len(profile.holders) > SLOT_BYTES:
            return False
        return all(entry.who == who for entry in view.entries[profile.settled : view.index])

    def _count(self, who: int, age_s: int) -> float:
        """Return how much a holder counts: less as time goes by, and less where an account stands for its customer."""
        policy = self.policy
        return grade(float(age_s), float(policy.near_s), float(policy.window_s)) * (policy.untold_share if who & 1 else 1.0)

    def _told_twice(self, view: View) -> set[int]:
        """Return the accounts that stand for a customer whom another event of the same account tells."""
        told = {entry.other for entry in view.entries[: view.index + 1] if not entry.who & 1}
        return {entry.who for entry in view.entries[: view.index + 1] if entry.who & 1 and entry.other in told}

    def _senders(self, view: View, newcomers: set[int]) -> int:
        """Return how many of the newcomers sent larger sums from the device within a day."""
        sent_minor: dict[int, int] = {}
        for entry in view.window(self.policy.money_s):
            if entry.code & _SENT == _SENT and entry.who in newcomers:
                sent_minor[entry.who] = sent_minor.get(entry.who, 0) + entry.amount_minor
        return sum(minor >= self.policy.money_min_minor for minor in sent_minor.values())

    def _evidence(self, view: View, newcomers: set[int]) -> list[str]:
        """Return the first event still kept of each newcomer, the event itself last."""
        firsts: dict[int, str] = {}
        for entry in view.entries[: view.index]:
            if entry.who in newcomers:
                firsts.setdefault(entry.who, entry.event_id)
        return [*firsts.values(), view.now.event_id]

    def _also(self, view: View, tier: int) -> list[Also]:
        """Return what the accounts are told: support of a takeover, and of a farm that each holder be asked."""
        told = []
        for account in self._to_tell(view):
            told.append(Also("ACCOUNT", account, VICTIM, 0, "X1"))
            if tier >= MANAGER:
                told.append(Also("ACCOUNT", account, MULE, 1, "M6"))
        return told

    def _to_tell(self, view: View) -> list[str]:
        """Return the account used now; at a holder's first event of the day the others of the day as well."""
        now = view.now
        earlier = view.window(self.policy.money_s)[:-1]
        if any(entry.who == now.who for entry in earlier):
            return [now.other]
        others = sorted({entry.other for entry in earlier} - {now.other, ""})
        return [now.other, *others][: view.bounds.evidence_max // 2]

    def _reasons(self, holders: int, senders: int) -> tuple[Reason, ...]:
        policy = self.policy
        days = hours(policy.window_s) // 24
        reasons = [
            Reason(
                code="DEVICE_HOLDERS",
                zh=f"同一设备{days}天内登录{holders}名无关客户的账户。请逐户核实是否本人操作。",
                en=f"{holders} unrelated customers' accounts on one device within {days} d. Verify each holder.",
                value=float(holders),
                threshold=float(policy.holders_min),
                window_s=policy.window_s,
            )
        ]
        if senders:
            reasons.append(
                Reason(
                    code="DEVICE_SENDERS",
                    zh=f"其中{senders}户{hours(policy.money_s)}小时内从该设备转出较大金额。",
                    en=f"{senders} of them sent larger sums from it within {hours(policy.money_s)} h.",
                    value=float(senders),
                    threshold=float(policy.holders_min),
                    window_s=policy.money_s,
                )
            )
        return tuple(reasons)
