"""N19, shared networks and tablets (共享网络、网点平板): the customers of a branch, or a campus, use one device.

Separated by: the device is on the bank's own list (`bank_devices`), or has served so many different people over such a time that it
must be a public one: a farm works the same few accounts. A shared address (`ip`) is not read at all: every telephone behind it is a
device of its own.
"""

from typing import Final

import msgspec

from models.detector import Explanation, LookAlike
from models.profile import DeviceProfile
from models.signal import Signal
from models.view import View

_DAY_S: Final = 86_400


class SharedTabletPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """bank_devices: ids of the bank's own devices, separated by spaces. How much each mark explains, and what counts as public."""

    bank_devices: str
    listed_share: float
    public_d: int
    public_holders: int
    public_share: float


class SharedTablet(LookAlike[SharedTabletPolicy]):
    """Explains many holders on a device of the bank, or on a public one."""

    id = "N19"
    name = "shared_tablet"
    Policy = SharedTabletPolicy

    def explain(self, view: View, signal: Signal) -> Explanation:
        """Look the device up in the list; else weigh how long and by how many it has been used."""
        policy, profile = self.policy, view.profile
        if not isinstance(profile, DeviceProfile):
            return Explanation(0.0, "不是设备。", "Not a device.")
        if view.identifier in policy.bank_devices.split():
            return Explanation(policy.listed_share, "该设备在本行设备名单内。", "The device is on the bank's own list.")
        used_d = (view.now.at_us // 1_000_000 - profile.first_s) // _DAY_S if profile.first_s else 0
        holders = profile.newcomer_count
        if used_d >= policy.public_d and holders >= policy.public_holders:
            return Explanation(
                policy.public_share,
                f"该设备{used_d}天来已有{holders}人次使用，似为公用设备。",
                f"{holders} people came to it over {used_d} days: a public device, it seems.",
            )
        return Explanation(
            0.0,
            f"该设备不在本行名单内，使用{used_d}天、{holders}人次。",
            f"Not on the bank's list; used for {used_d} days by {holders} people.",
        )
