"""What people said, as state keeps it: the steps of a case, and the controls of a subject. Data only, bounded by the policy.

Both are kept in the order in which people decided, (time, id), not in that of arrival; of too many the oldest leave. So what is
kept, like what follows from it, depends on what was said alone, however often and in whatever order it arrives.
"""

import msgspec

from models.contract_types import ControlAction, Verdict
from models.records import CaseControl, Disposition, StepTaken
from models.units import instant, time_us


class Step(msgspec.Struct, array_like=True, frozen=True, order=True, gc=False):
    """One disposition on a case. Texts are "" where the record left them out; event_id: "" if it names the alert."""

    at_us: int
    disposition_id: str
    verdict: Verdict
    stage: str
    outcome: str
    by: str
    event_id: str


class Control(msgspec.Struct, array_like=True, frozen=True, order=True, gc=False):
    """One control of a subject. typology: "" for every one; until_us: 0 without an end."""

    at_us: int
    control_id: str
    action: ControlAction
    actor: str
    typology: str
    until_us: int


def step_of(disposition: Disposition) -> Step:
    """Return a disposition as a case keeps it."""
    return Step(
        time_us(disposition.decided_at),
        disposition.disposition_id,
        disposition.verdict,
        disposition.stage or "",
        disposition.outcome or "",
        disposition.decided_by or "",
        disposition.event_id or "",
    )


def control_of(control: CaseControl) -> Control:
    """Return a control as its subject keeps it."""
    until_us = time_us(control.until) if control.until is not None else 0
    return Control(time_us(control.made_at), control.control_id, control.action, control.actor, control.typology or "", until_us)


def take_step(steps: list[Step], step: Step, steps_max: int) -> list[Step]:
    """Return the steps with one more; the same list if it changes nothing. Of two under one id the one decided last counts."""
    same = next((known for known in steps if known.disposition_id == step.disposition_id), None)
    if same is not None and step <= same:
        return steps
    kept = sorted([*(known for known in steps if known is not same), step])[-steps_max:]
    return kept if kept != steps else steps


def take_control(controls: list[Control], control: Control, controls_max: int) -> list[Control]:
    """Return the controls with one more, as `take_step` does."""
    same = next((known for known in controls if known.control_id == control.control_id), None)
    if same is not None and control <= same:
        return controls
    kept = sorted([*(known for known in controls if known is not same), control])[-controls_max:]
    return kept if kept != controls else controls


def step_taken(step: Step) -> StepTaken:
    """Return a step as an alert shows it."""
    return msgspec.convert(
        {
            "disposition_id": step.disposition_id,
            "decided_at": instant(step.at_us),
            "verdict": step.verdict,
            **{name: text for name in ("stage", "outcome", "event_id") if (text := getattr(step, name))},
            **({"decided_by": step.by} if step.by else {}),
        },
        StepTaken,
    )
