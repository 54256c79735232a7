"""Dispositions and controls at a subject's key: what a person said moves the cases it is about, and what follows is published.

Both may be repeated and arrive in any order: `people` keeps them as said, and all that follows is worked out anew from that.
"""

from models.case import Case, Context
from models.consequences import follow
from models.decision import Decision
from models.keys import KeyKind
from models.people import control_of, step_of, take_control, take_step
from models.profile import Profile
from models.records import CaseControl, Disposition
from models.rulebook import Rulebook


def dispose(
    kind: KeyKind, identifier: str, profile: Profile, disposition: Disposition, rulebook: Rulebook, context: Context
) -> Decision:
    """Apply a disposition to the case whose alert it names, or to every case of the key, if it names an event.

    An event is looked for by the ladder, each time anew: its signal may come later, or go.
    """
    step, decision, touched = step_of(disposition), Decision("accepted"), list[Case]()
    for case in profile.cases:
        if disposition.alert_id is not None and disposition.alert_id != case.alert_id:
            continue
        steps = take_step(case.steps, step, rulebook.ladder.steps_max)
        if steps is not case.steps:
            case.steps = steps
            touched.append(case)
    if touched:
        decision.is_applied = True
        follow(kind, identifier, profile, touched, rulebook, context, decision)
    return decision


def control(kind: KeyKind, identifier: str, profile: Profile, order: CaseControl, rulebook: Rulebook, context: Context) -> Decision:
    """Keep a control with its subject, and say anew what its cases come to."""
    decision = Decision("accepted")
    controls = take_control(profile.controls, control_of(order), rulebook.ladder.controls_max)
    if controls is not profile.controls:
        profile.controls = controls
        decision.is_applied = True
        reconsider(kind, identifier, profile, rulebook, context, decision)
    return decision


def reconsider(kind: KeyKind, identifier: str, profile: Profile, rulebook: Rulebook, context: Context, decision: Decision) -> None:
    """State every case of a key anew, because something beside its signals has changed."""
    if profile.cases:
        follow(kind, identifier, profile, list(profile.cases), rulebook, context, decision)
