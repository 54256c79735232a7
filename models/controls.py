"""Controls: what a person orders about a subject's alerts. A snooze with an end, and consent to act on a protected account.

Of the controls that concern a typology (those that name it, and those that name none) the one made last counts. A snooze never
reaches tier 3, and the policy bounds how long it lasts, whatever end it names.
"""

from collections.abc import Iterable

from models.people import Control, Step

_SNOOZES = ("SNOOZE", "UNSNOOZE")


def snoozed_until_us(controls: Iterable[Control], typology: str, snooze_s_max: int) -> int:
    """Return when the snooze of a typology ends, microseconds since 1970; 0 if it is not snoozed."""
    found = [control for control in controls if control.action in _SNOOZES and control.typology in ("", typology)]
    if not found or (last := max(found)).action != "SNOOZE":
        return 0
    return min(last.until_us, last.at_us + snooze_s_max * 1_000_000)


def is_approved(controls: Iterable[Control], steps: Iterable[Step], since_us: int) -> bool:
    """Return whether two persons stand behind a freeze request on a protected account.

    One has approved it since `since_us`, the first sign of the case. The other is whoever found it a fraud, or has approved it too.
    """
    approvers = {control.actor for control in controls if control.action == "APPROVE_PROTECTED" and control.at_us >= since_us}
    deciders = {step.by for step in steps if step.verdict == "FRAUD" and step.by}
    return bool(approvers) and len(approvers | deciders) >= 2
