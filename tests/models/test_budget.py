"""Under a burst people get the most money at risk first, and nothing gets lost."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.budget import Queue, admit, advance, is_reminded, leave, limits_of, next_out
from models.case import Told
from models.policy import Budget
from models.records import Alert
from tests.bank import Bank, shipped_rulebook
from tests.scenario import SCENARIOS, events_of

LIMITS = (2, 1)
MINUTE_MS = 60_000
(SAMPLE,) = Bank().take(events_of("account p balance=100000.00\n09:14:05 transfer p -> m 60000.00 CNY mobile\n")).alerts


def alert(name: str, tier: int = 2, minor: int = 100) -> Alert:
    return msgspec.structs.replace(SAMPLE, alert_id=name, tier=tier, amount_at_risk_minor=minor)


def offered(queue: Queue, *alerts: Alert, limits: tuple[int, int] = LIMITS) -> list[str]:
    """Return which of the alerts go out at once."""
    return [each.alert_id for each in alerts if admit(queue, each, limits)]


def let_out(queue: Queue, waiting_max: int = 99, limits: tuple[int, int] = LIMITS) -> list[str]:
    found = []
    while (waiting := next_out(queue, limits, waiting_max)) is not None:
        found.append(waiting.alert_id)
    return found


def test_a_minute_has_room_for_as_many_as_the_policy_says_of_each_tier() -> None:
    queue = Queue()

    assert offered(queue, alert("a"), alert("b"), alert("c"), alert("p", 3), alert("q", 3)) == ["a", "b", "p"]


def test_the_next_minute_takes_the_police_first_and_then_the_most_money() -> None:
    queue = Queue()
    offered(queue, alert("a"), alert("b"), alert("c", minor=5), alert("d", minor=70), alert("e", minor=9))
    offered(queue, alert("p", 3, 1), alert("q", 3, 2), alert("r", 3, 3))
    assert let_out(queue) == []
    advance(queue, MINUTE_MS)

    assert let_out(queue) == ["r", "d", "e"]


def test_a_new_alert_does_not_overtake_those_that_wait() -> None:
    queue = Queue()
    offered(queue, alert("a"), alert("b"), alert("c"))
    advance(queue, MINUTE_MS)

    assert offered(queue, alert("d", minor=500)) == []
    assert let_out(queue) == ["d", "c"]


def test_a_revision_takes_the_place_of_the_one_that_waits() -> None:
    queue = Queue()
    offered(queue, alert("a"), alert("b"), alert("c", minor=5), alert("d", minor=6))
    advance(queue, MINUTE_MS // 2)
    offered(queue, alert("c", minor=50))

    assert [(waiting.alert_id, -waiting.minus_minor, waiting.since_ms) for waiting in queue.waiting] == [("c", 50, 0), ("d", 6, 0)]


def test_what_was_taken_back_waits_no_more() -> None:
    queue = Queue()
    offered(queue, alert("a"), alert("b"), alert("c"))

    assert leave(queue, "c") == 0
    assert leave(queue, "c") is None
    assert not queue.waiting


def test_too_many_to_wait_let_the_first_of_them_out() -> None:
    queue = Queue()
    offered(queue, alert("a"), alert("b"), *(alert(f"w{n}", minor=n) for n in range(5)))

    assert let_out(queue, waiting_max=3) == ["w4", "w3"]


@given(
    st.lists(
        st.tuples(st.integers(0, 9), st.sampled_from([2, 3]), st.integers(0, 9), st.integers(0, 40_000)), min_size=1, max_size=40
    )
)
def test_nothing_is_lost_and_no_minute_is_overdrawn(steps: list[tuple[int, int, int, int]]) -> None:
    queue, now_ms, out = Queue(), 0, list[str]()
    for name, tier, minor, pause_ms in steps:
        now_ms += pause_ms
        advance(queue, now_ms)
        out += let_out(queue)
        waited = {waiting.alert_id for waiting in queue.waiting}
        each = alert(f"a{name}", tier, minor)
        out += offered(queue, each)
        assert (out[-1:] == [each.alert_id] and each.alert_id not in waited) or each.alert_id in {w.alert_id for w in queue.waiting}
        assert queue.taken[0] <= LIMITS[0]
        assert queue.taken[1] <= LIMITS[1]
    waiting = [waiting.alert_id for waiting in queue.waiting]

    assert len(waiting) == len(set(waiting))
    assert {*waiting, *out} == {f"a{name}" for name, *_ in steps}


def test_partitions_share_the_limits_and_each_has_some() -> None:
    assert limits_of(Budget(remind_s=1, tier_2_per_minute=10, tier_3_per_minute=1, waiting_max=5), 4) == (3, 1)


@pytest.mark.parametrize("story", sorted(path.name for path in SCENARIOS.iterdir()))
def test_the_shipped_limits_hold_nothing_back_in_ordinary_service(story: str) -> None:
    bank = Bank(12).take(events_of((SCENARIOS / story).read_text(encoding="utf-8")))

    assert shipped_rulebook().budget.tier_2_per_minute >= 1_000
    assert all(each.held_back_s is None for each in bank.alerts)


@pytest.mark.parametrize(
    ("later_ms", "remind_s", "expected"),
    [
        (0, 60, True),
        (59_999, 60, True),
        (60_000, 60, False),
        (-1, 60, True),
        (-60_000, 60, False),
        (0, 0, False),
        (-1, 0, False),
    ],
)
def test_a_subject_counts_as_reminded_around_its_last_reminder_whichever_source_is_read_first(
    later_ms: int, remind_s: int, *, expected: bool
) -> None:
    told = Told(b"", 0, 0, False, b"", "c", 10 * MINUTE_MS)
    budget = Budget(remind_s=remind_s, tier_2_per_minute=1, tier_3_per_minute=1, waiting_max=1)

    assert is_reminded(told, 10 * MINUTE_MS + later_ms, budget) is expected
