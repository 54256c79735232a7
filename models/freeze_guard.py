"""The blast-radius guard: how many freeze requests may go out by themselves, and the switch that lets none out.

Counted by log time, so that an outage, whose backlog keeps its times, does not trip it. Once tripped it stays so until a person
resumes: what would go out waits for review meanwhile, and nothing is lost. A withdrawal never passes here, nor what asks for less.
"""

from typing import Final, Literal

import msgspec

from models.policy import FreezeGuard
from models.records import CaseControl
from models.units import time_us

HolderClass = Literal["PROTECTED", "CORPORATE", "PERSON"]
_CLASSES: Final[tuple[HolderClass, ...]] = ("PROTECTED", "CORPORATE", "PERSON")
_MINUTE_MS: Final = 60_000
_HOUR_MS: Final = 3_600_000


class Guard(msgspec.Struct, array_like=True, gc=False):
    """What the guard of a partition knows. *_count, hour_minor, by_class: let out in the newest minute and hour of the log.

    switched: (time, id, actor) of the control that counts; is_review_only: what it says.
    """

    minute: int = 0
    hour: int = 0
    minute_count: int = 0
    hour_count: int = 0
    hour_minor: int = 0
    by_class: tuple[int, int, int] = (0, 0, 0)
    is_tripped: bool = False
    is_review_only: bool = False
    switched: tuple[int, str, str] = (0, "", "")


class GuardLimits(msgspec.Struct, frozen=True):
    """The share of one partition."""

    per_minute: int
    per_hour: int
    minor_per_hour: int
    by_class: tuple[int, int, int]
    review_only: bool


def limits_of(policy: FreezeGuard, partitions: int) -> GuardLimits:
    """Return the share of one of so many partitions, at least 1."""

    def share(limit: int) -> int:
        return -(-limit // partitions)

    classes = (share(policy.protected_per_hour), share(policy.corporate_per_hour), share(policy.per_hour))
    return GuardLimits(share(policy.per_minute), share(policy.per_hour), share(policy.minor_per_hour), classes, policy.review_only)


class Gate:
    """The guard as the core meets it: asked before a proposal goes out. held: accounts it refused since it was asked last."""

    def __init__(self, guard: Guard, limits: GuardLimits) -> None:
        """guard: as stored; changed in place. is_changed: whether it is to be stored again."""
        self.guard, self.limits = guard, limits
        self.held: list[str] = []
        self.is_changed = False

    @property
    def is_open(self) -> bool:
        """Return whether requests go out by themselves."""
        return not self.guard.is_tripped and not self.is_review_only

    @property
    def is_review_only(self) -> bool:
        """Return whether policy or a person's order lets nothing out without approval."""
        return self.limits.review_only or self.guard.is_review_only

    def admit(self, account: str, holder: HolderClass, minor: int, log_ms: int, *, is_opening: bool) -> bool:
        """Return whether a proposal goes out, and count it; the one that would break a limit trips the guard.

        minor: what it asks for beyond what is asked already. is_opening: it is not a change of an open one.
        """
        guard, limits, more = self.guard, self.limits, int(is_opening)
        if self.is_open:
            self._advance(log_ms)
            by_class = list(guard.by_class)
            by_class[_CLASSES.index(holder)] += more
            counts = (guard.minute_count + more, guard.hour_count + more, guard.hour_minor + minor)
            self.is_changed = True
            is_within = (
                counts[0] <= limits.per_minute
                and counts[1] <= limits.per_hour
                and counts[2] <= limits.minor_per_hour
                and all(count <= most for count, most in zip(by_class, limits.by_class, strict=True))
            )
            if is_within:
                guard.minute_count, guard.hour_count, guard.hour_minor = counts
                guard.by_class = (by_class[0], by_class[1], by_class[2])
                return True
            guard.is_tripped = True
        self.held.append(account)
        return False

    def _advance(self, log_ms: int) -> None:
        guard = self.guard
        if log_ms // _MINUTE_MS > guard.minute:
            guard.minute, guard.minute_count = log_ms // _MINUTE_MS, 0
        if log_ms // _HOUR_MS > guard.hour:
            guard.hour, guard.hour_count, guard.hour_minor, guard.by_class = log_ms // _HOUR_MS, 0, 0, (0, 0, 0)

    def switch(self, control: CaseControl) -> None:
        """Take a person's order; of several the one made last counts. To resume also sets a tripped guard back, its counts too."""
        order = (time_us(control.made_at), control.control_id, control.actor)
        guard = self.guard
        if order <= guard.switched:
            return
        guard.switched, guard.is_review_only = order, control.action == "FREEZE_REVIEW_ONLY"
        if not guard.is_review_only:
            guard.is_tripped = False
            guard.minute_count = guard.hour_count = guard.hour_minor = 0
            guard.by_class = (0, 0, 0)
        self.is_changed = True


def holder_class(holder_type: str, *, is_protected: bool) -> HolderClass:
    """Return the class of a holder by the type that records tell.

    >>> holder_class("MERCHANT", is_protected=False)
    'CORPORATE'
    """
    if is_protected:
        return "PROTECTED"
    return "CORPORATE" if holder_type in ("CORPORATE", "MERCHANT", "GOVERNMENT") else "PERSON"
