"""The ladder on one case: which step follows which, what a verdict covers, when a hold ends. No bank, no stream."""

import itertools
from typing import Any, get_args

import msgspec
import pytest

from models.case import Case
from models.contract_types import LadderState, Outcome, Stage
from models.fuse import assess
from models.ladder import MOVES, Judged, climb, judge, standing_signals, verdict_on
from models.people import Control, Step, take_control, take_step
from models.records import Reason
from models.signal import MULE, VICTIM, Role, Signal
from tests.bank import shipped_rulebook

RULES = shipped_rulebook()
NOON = 1_772_424_000_000_000
MINUTE = 60_000_000
DAY = 1_440 * MINUTE


def step(minute: int = 30, verdict: Any = "UNKNOWN", stage: str = "", outcome: str = "", event_id: str = "", by: str = "x") -> Step:
    return Step(NOON + minute * MINUTE, f"x{minute}", verdict, stage, outcome, by, event_id)


def signal(tier: int, minute: int = 0, role: Role = VICTIM, **more: Any) -> Signal:
    event_id = more.pop("event_id", f"e{minute}")
    reason = Reason(code="SUM", zh="和", en="sum", value=1, threshold=1)
    fields: dict[str, Any] = {"typology": "V1", "money": "REQUESTED", "evidence": (event_id,)} | more
    return Signal("some", 1, fields.pop("typology"), role, event_id, NOON + minute * MINUTE, tier, 0.5, 4.0, (reason,), **fields)


def judged(
    signals: list[Signal],
    steps: list[Step],
    *,
    role: Role = VICTIM,
    controls: list[Control] | None = None,
    now: int = 60,
    is_protected: bool = False,
    **policy: Any,
) -> Judged:
    """Return what people make of a case with these signals, an hour after noon unless told otherwise."""
    case = Case(role, "c", "a", NOON, NOON, steps=sorted(steps))
    assessment = assess(role, standing_signals(case, signals), RULES.fusion)
    rules = msgspec.structs.replace(RULES.ladder, **policy)
    return judge(case, signals, assessment, controls or [], NOON + now * MINUTE, rules, is_protected=is_protected)


def codes(found: Judged) -> list[str]:
    return [reason.code for reason in found.reasons]


# ---- the steps ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("steps", "state"),
    [
        ([], "RAISED"),
        ([("REMIND", "PROCEEDED")], "REMINDED"),
        ([("REMIND", "STOPPED")], "CLOSED"),
        ([("REMIND", "REFUSED")], "HELD"),
        ([("REMIND", "REFUSED"), ("MANAGER", "PROCEEDED")], "CLOSED"),
        ([("REMIND", "REFUSED"), ("MANAGER", "STOPPED")], "CLOSED"),
        ([("REMIND", "REFUSED"), ("MANAGER", "REFUSED")], "POLICE"),
        ([("MANAGER", "REFUSED")], "POLICE"),
        ([("MANAGER", "REFUSED"), ("POLICE", "STOPPED")], "CLOSED"),
        ([("MANAGER", "REFUSED"), ("MANAGER", "STOPPED")], "CLOSED"),
        ([("MANAGER", "STOPPED"), ("REMIND", "REFUSED")], "HELD"),
        ([("POLICE", "REFUSED")], "RAISED"),
        ([("REMIND", "REFUSED"), ("POLICE", "REFUSED")], "HELD"),
        ([("MANAGER", "REFUSED"), ("REMIND", "STOPPED")], "POLICE"),
    ],
)
def test_each_step_leads_where_the_three_step_dissuasion_says(steps: list[tuple[str, str]], state: LadderState) -> None:
    assert climb(step(minute, stage=stage, outcome=outcome) for minute, (stage, outcome) in enumerate(steps)) == state


def test_the_police_come_only_behind_a_manager_who_was_refused() -> None:
    said = list(itertools.product(get_args(Stage), get_args(Outcome)))
    for steps in itertools.product(said, repeat=3):
        state = climb(step(minute, stage=stage, outcome=outcome) for minute, (stage, outcome) in enumerate(steps))
        assert state != "POLICE" or ("MANAGER", "REFUSED") in steps


def test_a_stage_without_an_outcome_and_an_unknown_verdict_are_noted_and_move_nothing() -> None:
    found = judged([signal(1)], [step(stage="REMIND"), step(31)])
    assert (found.assessment.tier, codes(found), found.ladder, len(found.steps)) == (1, [], "RAISED", 2)


def test_a_refused_reminder_calls_the_manager() -> None:
    found = judged([signal(1)], [step(stage="REMIND", outcome="REFUSED")])
    assert (found.assessment.tier, codes(found), found.ladder) == (2, ["REMINDER_REFUSED"], "HELD")


def test_a_refused_manager_calls_the_police_to_a_victim_and_not_to_a_mule() -> None:
    refused = [step(stage="MANAGER", outcome="REFUSED")]
    victim, mule = judged([signal(2)], refused), judged([signal(2, role=MULE, typology="M1")], refused, role=MULE)
    assert (victim.assessment.tier, codes(victim), victim.ladder) == (3, ["MANAGER_REFUSED"], "POLICE")
    assert (mule.assessment.tier, codes(mule)) == (2, [])


def test_what_happens_after_a_closed_case_stands_where_its_tier_puts_it() -> None:
    stopped = [step(30, stage="MANAGER", outcome="STOPPED")]
    assert judged([signal(2, 10)], stopped).ladder == "CLOSED"
    assert judged([signal(2, 10), signal(2, 40)], stopped).ladder == "HELD"


# ---- verdicts ----------------------------------------------------------------------------------------------------------------


def test_a_legitimate_case_raises_nothing_and_says_why() -> None:
    found = judged([signal(2), signal(1, 10)], [step(30, "LEGITIMATE")])
    assert (found.assessment.tier, codes(found), found.ladder) == (0, ["DISPOSED_LEGITIMATE"], "CLOSED")
    assert found.cleared is not None
    assert found.cleared.tier == 2


def test_a_verdict_does_not_cover_what_happens_after_it() -> None:
    found = judged([signal(2), signal(2, 31)], [step(30, "LEGITIMATE")])
    assert (found.assessment.tier, found.ladder) == (2, "HELD")
    assert verdict_on([step(30, "LEGITIMATE")], signal(2, 30)) == "LEGITIMATE"


def test_a_refusal_before_the_verdict_counts_no_more_for_what_happens_after_it() -> None:
    steps = [step(5, stage="MANAGER", outcome="REFUSED"), step(30, "LEGITIMATE")]
    assert judged([signal(1), signal(1, 40)], steps).assessment.tier == 1


def test_an_event_found_legitimate_clears_what_was_said_of_it_alone() -> None:
    pattern = signal(2, 10, evidence=("e0", "e10"))
    assert verdict_on([step(30, "LEGITIMATE", event_id="e0")], signal(1, event_id="e0")) == "LEGITIMATE"
    assert verdict_on([step(30, "LEGITIMATE", event_id="e0")], pattern) == ""
    assert verdict_on([step(30, "FRAUD", event_id="e0")], pattern) == "FRAUD"
    assert verdict_on([step(30, "FRAUD", event_id="e0")], signal(1, 10, evidence=("e0", "e10"))) == ""


@pytest.mark.parametrize("verdicts", list(itertools.permutations(["FRAUD", "LEGITIMATE", "UNKNOWN"])))
def test_of_several_verdicts_the_last_but_unknown_counts(verdicts: tuple[str, ...]) -> None:
    steps = [step(minute, verdict) for minute, verdict in enumerate(verdicts, 30)]
    assert verdict_on(steps, signal(2)) == [verdict for verdict in verdicts if verdict != "UNKNOWN"][-1]


def test_a_confirmed_mule_is_a_police_matter_a_confirmed_victim_stays_with_the_manager() -> None:
    mule = judged([signal(1, role=MULE, typology="M1")], [step(30, "FRAUD")], role=MULE)
    victim = judged([signal(2)], [step(30, "FRAUD")])
    assert (mule.assessment.tier, codes(mule), mule.assessment.score) == (3, ["DISPOSED_FRAUD"], 0.99)
    assert (victim.assessment.tier, codes(victim)) == (2, ["DISPOSED_FRAUD"])


def test_a_new_pattern_that_rests_on_cleared_events_is_no_police_matter_alone() -> None:
    old = signal(3, 10, MULE, typology="M1", evidence=("in1", "e10"))
    new, fresh = (signal(3, 40, MULE, typology="M1", evidence=(first, "e40")) for first in ("in1", "in2"))
    tiers = [judged([old, later], [step(30, "LEGITIMATE")], role=MULE).assessment.tier for later in (new, fresh)]
    assert tiers == [2, 3]


# ---- holds -------------------------------------------------------------------------------------------------------------------


def test_a_hold_runs_for_as_long_as_the_policy_says_from_the_newest_pattern() -> None:
    found = judged([signal(2, 10), signal(1, 50), signal(2, 20)], [])
    assert (found.hold_until_us, found.look_us) == (NOON + 20 * MINUTE + DAY, NOON + 20 * MINUTE + DAY)
    assert judged([signal(2, 20)], [], now=20 + 1_439).hold_until_us is not None


@pytest.mark.parametrize(("escalates", "tier"), [(False, 2), (True, 3)])
def test_a_hold_without_an_answer_ends_as_the_policy_says(tier: int, *, escalates: bool) -> None:
    found = judged([signal(2)], [], now=1_440, hold_end_escalates=escalates)
    assert (found.assessment.tier, codes(found), found.hold_until_us, found.look_us) == (tier, ["HOLD_ENDED"], None, 0)
    mule = judged([signal(2, role=MULE, typology="M1")], [], role=MULE, now=1_440, hold_end_escalates=escalates)
    assert (mule.assessment.tier, codes(mule)) == (2, ["HOLD_ENDED"])


def test_an_answer_ends_a_hold_a_later_pattern_begins_another() -> None:
    answered = [step(30, stage="MANAGER", outcome="PROCEEDED")]
    assert judged([signal(2)], answered, now=2_000).hold_until_us is None
    assert codes(judged([signal(2)], answered, now=2_000)) == []
    assert judged([signal(2), signal(2, 40)], answered).hold_until_us == NOON + 40 * MINUTE + DAY


def test_the_hold_of_a_refused_reminder_runs_from_the_refusal() -> None:
    found = judged([signal(1)], [step(30, stage="REMIND", outcome="REFUSED")])
    assert found.hold_until_us == NOON + 30 * MINUTE + DAY


@pytest.mark.parametrize("role", ["TERMINAL", "DEVICE"])
def test_nothing_is_held_at_a_machine(role: Role) -> None:
    assert judged([signal(2, role=role)], [], role=role, now=3_000).reasons == ()


def test_money_that_has_left_a_victim_is_not_held() -> None:
    found = judged([signal(2, money="MOVED")], [], now=3_000)
    assert (found.hold_until_us, codes(found)) == (None, [])


# ---- snoozes and protected accounts ------------------------------------------------------------------------------------------


def control(action: Any, minute: int, *, actor: str = "desk", typology: str = "", until: int = 0) -> Control:
    until_us = NOON + until * MINUTE if until else 0
    return Control(NOON + minute * MINUTE, f"k{minute}", action, actor, typology, until_us)


def test_a_snoozed_pattern_is_a_reminder_until_the_snooze_ends() -> None:
    snooze = [control("SNOOZE", 0, typology="V1", until=120)]
    during, after = judged([signal(2)], [], controls=snooze, now=119), judged([signal(2)], [], controls=snooze, now=120)
    assert (during.assessment.tier, codes(during), during.look_us) == (1, ["SNOOZED"], NOON + 120 * MINUTE)
    assert (after.assessment.tier, codes(after)) == (2, [])


def test_a_snooze_lasts_no_longer_than_the_policy_lets_it() -> None:
    snooze = [control("SNOOZE", 0, until=100_000)]
    assert judged([signal(2)], [], controls=snooze, now=99, snooze_s_max=6_000).assessment.tier == 1
    assert judged([signal(2)], [], controls=snooze, now=100, snooze_s_max=6_000).assessment.tier == 2


def test_another_typology_is_not_snoozed_and_brings_out_what_was_held_back() -> None:
    snooze = [control("SNOOZE", 0, typology="V1", until=120)]
    assert judged([signal(2, typology="V2")], [], controls=snooze).assessment.tier == 2
    both = judged([signal(2), signal(2, 10, typology="V2")], [], controls=snooze)
    assert (both.assessment.tier, codes(both)) == (2, [])


def test_tier_3_is_never_snoozed() -> None:
    snooze = [control("SNOOZE", 0, until=120)]
    assert judged([signal(3, role=MULE, typology="M1")], [], role=MULE, controls=snooze).assessment.tier == 3
    assert judged([signal(2)], [step(stage="MANAGER", outcome="REFUSED")], controls=snooze).assessment.tier == 3
    protected = judged([signal(3, role=MULE, typology="M1")], [], role=MULE, controls=snooze, is_protected=True)
    assert (protected.assessment.tier, codes(protected)) == (2, ["PROTECTED_ACCOUNT"])


def test_the_control_made_last_counts() -> None:
    woken = [control("SNOOZE", 0, until=120), control("UNSNOOZE", 10, typology="V1")]
    assert judged([signal(2)], [], controls=woken).assessment.tier == 2
    assert judged([signal(2)], [], controls=[*woken, control("SNOOZE", 20, until=90)]).assessment.tier == 1


@pytest.mark.parametrize(
    ("approvals", "steps", "tier"),
    [
        ([], [], 2),
        ([("anna", 10)], [], 2),
        ([("anna", 10), ("anna", 20)], [], 2),
        ([("anna", 10), ("bert", 20)], [], 3),
        ([("anna", -10), ("bert", 20)], [], 2),
        ([], [step(5, "FRAUD", by="anna"), step(6, "FRAUD", by="bert")], 2),
        ([("anna", 10)], [step(5, "FRAUD", by="anna")], 2),
        ([("bert", 10)], [step(5, "FRAUD", by="anna")], 3),
        ([("bert", 10)], [step(5, "UNKNOWN", by="anna")], 2),
        ([("bert", 10)], [step(5, "FRAUD", by="")], 2),
    ],
)
def test_a_freeze_request_on_a_protected_account_takes_two_persons(
    approvals: list[tuple[str, int]], steps: list[Step], tier: int
) -> None:
    controls = [control("APPROVE_PROTECTED", minute, actor=actor) for actor, minute in approvals]
    found = judged([signal(3, role=MULE, typology="M1")], steps, role=MULE, controls=controls, is_protected=True)
    assert found.assessment.tier == tier
    assert ("PROTECTED_ACCOUNT" in codes(found)) is (tier == 2)


def test_an_approval_given_to_no_protected_account_changes_nothing() -> None:
    approved = [control("APPROVE_PROTECTED", 10), control("APPROVE_PROTECTED", 20, actor="bert")]
    assert judged([signal(2, role=MULE, typology="M1")], [], role=MULE, controls=approved).assessment.tier == 2


# ---- what is kept ------------------------------------------------------------------------------------------------------------


def test_steps_and_controls_are_kept_in_the_order_of_decision_however_they_arrive() -> None:
    steps = [step(3), step(1, "FRAUD"), step(2, "LEGITIMATE")]
    for order in itertools.permutations(steps):
        kept: list[Step] = []
        for each in (*order, *order):
            kept = take_step(kept, each, 2)
        assert kept == sorted(steps)[1:]
    controls: list[Control] = []
    for each in (control("UNSNOOZE", 9), control("SNOOZE", 1, until=60), control("UNSNOOZE", 9)):
        controls = take_control(controls, each, 16)
    assert [each.at_us for each in controls] == [NOON + MINUTE, NOON + 9 * MINUTE]


def test_of_two_dispositions_under_one_id_the_one_decided_last_counts() -> None:
    first = step(1, "FRAUD")
    corrected = msgspec.structs.replace(first, at_us=first.at_us + 1, verdict="LEGITIMATE")
    for order in ([first, corrected], [corrected, first]):
        kept: list[Step] = []
        for each in order:
            kept = take_step(kept, each, 16)
        assert kept == [corrected]


def test_every_reason_that_people_cause_is_counted_under_its_code() -> None:
    found = {
        *codes(judged([signal(2)], [step(30, "LEGITIMATE")])),
        *codes(judged([signal(1, role=MULE)], [step(30, "FRAUD")], role=MULE, is_protected=True)),
        *codes(judged([signal(1)], [step(stage="REMIND", outcome="REFUSED")])),
        *codes(judged([signal(1)], [step(stage="MANAGER", outcome="REFUSED")])),
        *codes(judged([signal(2)], [], now=2_000)),
        *codes(judged([signal(2)], [], controls=[control("SNOOZE", 0, until=120)])),
    }
    assert found == set(MOVES)
