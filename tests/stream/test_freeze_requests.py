"""The life of freeze requests through the whole worker: answers, clocks, approvals, the guard and its switch, over restarts."""

from itertools import permutations

import msgspec
import pytest

from models.freeze_guard import Gate, Guard, GuardLimits
from models.policy import PolicyError
from models.records import CaseControl, FreezeResponse
from models.rulebook import Rulebook, build_rulebook
from stream.freeze_figures import note_freezes, note_watch
from stream.keyed_processor import Faults, KeyedOutput, KeyedProcessor
from stream.metrics import Metrics, build_metrics
from stream.store import payload_of
from tests.bank import Arrival, Bank, policy_mapping, rulebook_with, shipped_rulebook
from tests.scenario import SCENARIOS, Step, read_story

STORIES = sorted(path.stem for path in SCENARIOS.glob("f_*.txt"))
MULE = (SCENARIOS / "f_mismatch_corrected.txt").read_text("utf-8").partition("14:05:00")[0]
MULES = """
for n in 1..{count} | account m-{{n}} type={type} balance=30.00
for n in 1..{count} | 10:00:00 transfer w-{{n}} -> m-{{n}} 20000.00 CNY mobile
for n in 1..{count} | 10:09:00 transfer m-{{n}} -> y-{{n}} 19500.00 CNY mobile
for n in 1..{count} | 14:00:00 transfer x-{{n}} -> m-{{n}} 31000.00 CNY mobile
for n in 1..{count} | 14:04:00 transfer m-{{n}} -> z-{{n}} 30200.00 CNY mobile
"""


def story(name: str) -> list[Step]:
    return read_story((SCENARIOS / f"{name}.txt").read_text("utf-8"))


def told(text: str) -> list[Arrival]:
    return [step.event for step in read_story(text)]


def mules(count: int, type_: str = "PERSON") -> str:
    return MULES.format(count=count, type=type_)


def restarted(bank: Bank, rulebook: Rulebook) -> None:
    """Let every partition be taken over by a worker that knows only what was saved."""
    for number, keyed in enumerate(bank._keyed):
        keyed.take_changes()
        bank._keyed[number] = KeyedProcessor(
            number,
            keyed.partitions,
            rulebook,
            Faults(),
            values=dict(keyed.values),
            position=keyed.position,
            marker=keyed.marker(),
        )


def payloads(bank: Bank) -> dict[bytes, bytes]:
    return {key: payload_of(value) for key, value in bank.state().items()}


def reasons(bank: Bank, account: str = "a-902") -> list[str]:
    return [reason.code for reason in bank.alerts_on(account)[-1].reasons]


# ---- restarts, partitions, orders ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", STORIES)
@pytest.mark.parametrize("partitions", [1, 4])
def test_a_restart_before_every_record_loses_and_doubles_nothing(name: str, partitions: int) -> None:
    steady, restarting = Bank(partitions), Bank(partitions)
    for step in story(name):
        steady.take_one(step.event)
        restarting.take_one(step.event)
        restarted(restarting, shipped_rulebook())

    assert restarting.requests == steady.requests
    assert restarting.alerts == steady.alerts
    assert restarting.state() == steady.state()


def answers(*statuses: str, first: str = "14:05") -> list[Arrival]:
    lines = [
        f"{first}:{number:02} response a-902 {status} sequence={number}"
        + (" held=1330.00 ends=+2d14:10:00" if status == "EXECUTED" else "")
        for number, status in enumerate(statuses, 1)
    ]
    return told("\n".join(lines))


@pytest.mark.parametrize("partitions", [1, 5])
def test_answers_in_any_order_and_twice_end_in_the_same_life(partitions: int) -> None:
    given = answers("ACKNOWLEDGED", "EXECUTED", "EXECUTED", "RELEASED")
    lives = []
    for order in permutations(given):
        bank = Bank(partitions).take([*told(MULE), *order, *order[:2]])
        (life,) = bank.account("a-902").freezes
        lives.append(msgspec.structs.replace(life, odd=()))
        assert len(bank.requests) == 1

    assert lives[0].state == "RELEASED"
    assert all(life == lives[0] for life in lives)


def test_an_answer_that_comes_before_its_request_waits_for_it() -> None:
    early = Bank(3).take([*answers("ACKNOWLEDGED", "EXECUTED")[::-1], *told(MULE)])
    late = Bank(3).take([*told(MULE), *answers("ACKNOWLEDGED", "EXECUTED")])

    assert early.account("a-902").freezes[0].state == "EXECUTED"
    assert [request.sequence for request in early.requests] == [request.sequence for request in late.requests] == [1]


def test_an_answer_to_nobody_changes_no_account() -> None:
    bank = Bank().take(told(MULE))
    before, said = bank.account("a-902"), len(bank.alerts)
    stranger = answers("ACKNOWLEDGED")[0]
    assert isinstance(stranger, FreezeResponse)
    bank.take([msgspec.structs.replace(stranger, request_id="r-nobody")])

    assert bank.account("a-902") == before
    assert len(bank.alerts) == said


# ---- clocks --------------------------------------------------------------------------------------------------------------------


def test_a_missing_acknowledgement_is_said_with_the_next_record_after_half_an_hour_and_once() -> None:
    bank = Bank().take(told(MULE + "14:33:59 transfer q-1 -> q-2 1.00 CNY mobile\n"))
    assert "ACKNOWLEDGEMENT_OVERDUE" not in reasons(bank)
    bank.take(told("14:34:00 transfer q-1 -> q-2 1.00 CNY mobile\n14:50:00 transfer q-1 -> q-2 1.00 CNY mobile\n"))

    assert reasons(bank).count("ACKNOWLEDGEMENT_OVERDUE") == 1
    assert bank.moves["ACKNOWLEDGEMENT_OVERDUE"] == 1
    assert len(bank.requests) == 1


def test_a_late_acknowledgement_takes_the_reminder_back() -> None:
    bank = Bank().take(told(MULE + "14:50:00 transfer q-1 -> q-2 1.00 CNY mobile\n"))
    bank.take(answers("ACKNOWLEDGED", first="14:55"))

    assert "ACKNOWLEDGEMENT_OVERDUE" not in reasons(bank)


def test_a_stop_that_ends_soon_is_said_twelve_hours_before() -> None:
    bank = Bank().take([*told(MULE), *answers("EXECUTED")])
    bank.take(told("+2d 02:09:59 transfer q-1 -> q-2 1.00 CNY mobile\n"))
    assert "STOP_ENDS_SOON" not in reasons(bank)
    bank.take(told("+2d 02:10:00 transfer q-1 -> q-2 1.00 CNY mobile\n"))
    assert "STOP_ENDS_SOON" in reasons(bank)


# ---- contradictions ------------------------------------------------------------------------------------------------------------


def test_contradicting_answers_are_shown_in_the_alert() -> None:
    first, second = answers("REJECTED", "EXECUTED")
    bank = Bank().take([*told(MULE), first, second])

    assert "UNEXPECTED_STEP" in reasons(bank)
    assert bank.account("a-902").freezes[0].state == "EXECUTED"


def test_a_mismatch_with_nothing_new_to_say_is_not_proposed_again() -> None:
    bank = Bank().take([*told(MULE), *answers("MISMATCH"), *told("14:20:00 transfer q-1 -> q-2 1.00 CNY mobile\n")])

    assert len(bank.requests) == 1
    assert "REQUEST_MISMATCH" in reasons(bank)


# ---- approval ------------------------------------------------------------------------------------------------------------------


def test_with_four_eyes_every_request_waits_for_a_named_person() -> None:
    bank = Bank(rulebook=rulebook_with("freeze", approvals_min=1)).take(told(MULE))
    assert bank.requests == []
    assert "AWAITS_APPROVAL" in reasons(bank)
    bank.take(told("14:10:00 control a-902 APPROVE_REQUEST actor=anna\n"))

    assert [request.state for request in bank.requests] == ["PROPOSED"]
    assert "AWAITS_APPROVAL" not in reasons(bank)


def test_two_approvals_are_two_persons() -> None:
    bank = Bank(rulebook=rulebook_with("freeze", approvals_min=2)).take(told(MULE))
    bank.take(told("14:10:00 control a-902 APPROVE_REQUEST actor=anna\n14:11:00 control a-902 APPROVE_REQUEST actor=anna\n"))
    assert bank.requests == []
    bank.take(told("14:12:00 control a-902 APPROVE_REQUEST actor=bert\n"))
    assert len(bank.requests) == 1


# ---- the guard -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("partitions", [1, 3])
def test_a_rule_that_fires_on_everyone_proposes_no_more_than_the_limit_and_loses_nothing(partitions: int) -> None:
    rulebook = rulebook_with("freeze_guard", per_minute=6)
    bank = Bank(partitions, rulebook)
    for arrival in told(mules(30)):
        bank.take_one(arrival)
        restarted(bank, rulebook)
    proposed = [request.target.account for request in bank.requests]

    assert 0 < len(proposed) <= 6
    assert sum(len(keyed.watch.held) for keyed in bank._keyed) == 30 - len(proposed)
    held = next(f"m-{n}" for n in range(1, 31) if f"m-{n}" not in proposed)
    assert "REVIEW_ONLY" in reasons(bank, held)


def test_what_the_guard_held_goes_out_after_a_person_resumes_again_within_the_limits() -> None:
    bank = Bank(rulebook=rulebook_with("freeze_guard", per_minute=6)).take(told(mules(10)))
    assert len(bank.requests) == 6
    bank.take(told("14:10:00 control * FREEZE_RESUME actor=chief\n"))

    assert sorted(request.target.account for request in bank.requests) == sorted(f"m-{n}" for n in range(1, 11))
    assert not bank._keyed[0].watch.held


def test_a_person_approves_one_while_the_others_wait() -> None:
    bank = Bank(rulebook=rulebook_with("freeze_guard", per_minute=1)).take(told(mules(3)))
    bank.take(told("14:10:00 control m-3 APPROVE_REQUEST actor=anna\n"))

    assert [request.target.account for request in bank.requests] == ["m-1", "m-3"]


def test_withdrawals_and_smaller_sums_pass_a_tripped_guard() -> None:
    bank = Bank(rulebook=rulebook_with("freeze_guard", per_minute=1)).take(told(mules(2)))
    assert bank._keyed[0].watch.gate.guard.is_tripped
    later = "14:10:00 transfer m-1 -> y-3 30.00 CNY mobile id=l1\n14:11:00 transfer m-1 -> y-3 1290.00 CNY mobile id=l2\n"
    bank.take(told(later))

    assert [(request.target.account, request.state) for request in bank.requests] == [
        ("m-1", "PROPOSED"),
        ("m-1", "PROPOSED"),
        ("m-1", "WITHDRAWN"),
    ]


@pytest.mark.parametrize(
    ("limit", "type_", "value"), [("corporate_per_hour", "CORPORATE", 2), ("minor_per_hour", "PERSON", 2 * 133_000)]
)
def test_classes_and_sums_have_limits_of_their_own(limit: str, type_: str, value: int) -> None:
    text = mules(4, type_)
    bank = Bank(rulebook=rulebook_with("freeze_guard", **{limit: value})).take(told(text))

    assert len(bank.requests) == 2


def test_a_days_ordinary_pay_and_feast_trip_nothing() -> None:
    for name in ("n6_bonus_day", "n6_pay_day_queue", "n16_group_buying", "n5_wedding", "m2_fan_in"):
        bank = Bank().take(step.event for step in story(name))
        assert not bank._keyed[0].watch.gate.guard.is_tripped


def test_a_backlog_after_an_outage_counts_by_the_time_of_its_records() -> None:
    gate = Gate(Guard(), GuardLimits(2, 100, 10**9, (100, 100, 100), review_only=False))

    assert all(gate.admit("a", "PERSON", 1, minute * 60_000 + n, is_opening=True) for minute in range(9) for n in range(2))
    assert not gate.admit("a", "PERSON", 1, 8 * 60_000 + 3, is_opening=True)


def test_policy_can_start_a_worker_that_lets_nothing_out() -> None:
    rulebook = rulebook_with("freeze_guard", review_only=True)
    bank = Bank(rulebook=rulebook).take(told(MULE + "14:10:00 control * FREEZE_RESUME actor=chief\n"))
    assert bank.requests == []
    restarted(bank, shipped_rulebook())
    bank.take(told("14:20:00 transfer q-1 -> q-2 1.00 CNY mobile\n"))

    assert len(bank.requests) == 1


def test_of_two_orders_the_one_made_last_counts_whichever_comes_first() -> None:
    off, on = told("14:01:00 control * FREEZE_REVIEW_ONLY actor=a\n14:02:00 control * FREEZE_RESUME actor=b\n")
    for order in ([off, on], [on, off]):
        assert isinstance(order[0], CaseControl)
        ordered = [msgspec.structs.replace(each, control_id=f"k-{each.action}") for each in order if isinstance(each, CaseControl)]
        bank = Bank(2).take([*ordered, *told(MULE)])
        assert len(bank.requests) == 1


def test_a_guard_without_a_limit_is_refused() -> None:
    mapping = policy_mapping()
    del mapping["freeze_guard"]["per_minute"]
    with pytest.raises(PolicyError, match="per_minute"):
        build_rulebook(mapping)


def test_beside_one_record_so_many_accounts_are_looked_at_and_the_rest_beside_the_next() -> None:
    rulebook = rulebook_with("freeze_guard", per_minute=1)
    bank = Bank(rulebook=rulebook).take(told(mules(20)))
    bank._keyed[0].rulebook = shipped_rulebook()
    watch = bank._keyed[0].watch
    watch.gate.limits = msgspec.structs.replace(watch.gate.limits, per_minute=100)
    counts = []
    for text in ("14:10:00 control * FREEZE_RESUME actor=a", "14:11:00 transfer q-1 -> q-2 1.00 CNY mobile", "14:12:00 login q-3"):
        bank.take(told(text))
        counts.append(len(bank.requests))

    assert counts == [1 + 8, 1 + 16, 20]


def test_a_liaison_that_writes_novels_leaves_the_state_small() -> None:
    (answer,) = answers("MISMATCH")
    assert isinstance(answer, FreezeResponse)
    novel = msgspec.structs.replace(answer, reason="r" * 20_000, mismatch_fields=("f" * 500,) * 30)
    early, late = Bank().take([novel]), Bank().take([*told(MULE), novel])

    assert max(len(value) for key, value in early.state().items() if key.startswith(b"W:")) < 1_000
    assert len(msgspec.msgpack.encode(late.account("a-902").freezes)) < 1_500


# ---- figures -------------------------------------------------------------------------------------------------------------------


def test_the_figures_tell_how_fast_how_much_and_how_often_wrong() -> None:
    metrics = build_metrics()
    bank = Counted(metrics)
    report = "14:03:00 report r-1 x-2 -> a-902 31000.00 paid=14:00:00\n"
    bank.take([*told(report + MULE), *answers("ACKNOWLEDGED", "EXECUTED", "RELEASED")])
    bank.take(told("14:20:00 control * FREEZE_REVIEW_ONLY actor=a\n"))

    def figure(name: str, **labels: str) -> float | None:
        return metrics.registry.get_sample_value(f"goldenhour_freeze_{name}", labels)

    made = bank.requests[0].requested_at.timestamp()
    acknowledged = answers("ACKNOWLEDGED")[0]
    assert isinstance(acknowledged, FreezeResponse)
    assert figure("answer_seconds_sum", status="ACKNOWLEDGED") == acknowledged.responded_at.timestamp() - made
    assert figure("answer_seconds_sum", status="EXECUTED") == acknowledged.responded_at.timestamp() + 1 - made
    assert figure("request_seconds_count", since="alert") == figure("request_seconds_count", since="report") == 1
    assert figure("request_seconds_sum", since="report") == made - told(report)[0].reported_at.timestamp()  # type: ignore[union-attr]
    asked_minor = bank.requests[0].requested_amount_minor
    assert figure("amount_minor_total", step="requested", currency="CNY") == asked_minor
    assert figure("amount_minor_total", step="held", currency="CNY") == 133_000
    assert figure("amount_minor_total", step="released", currency="CNY") == 133_000
    assert figure("wrong_requests_total", reason="RELEASED") == 1
    assert (figure("review_only", partition="0"), figure("guard_tripped", partition="0")) == (1, 0)


class Counted(Bank):
    """A bank whose freeze requests are counted as the worker counts them."""

    def __init__(self, metrics: Metrics) -> None:
        super().__init__()
        self._metrics = metrics

    def _publish(self, output: KeyedOutput) -> None:
        super()._publish(output)
        note_freezes(self._metrics, output)
        note_watch(self._metrics, "0", self._keyed[0].watch)
