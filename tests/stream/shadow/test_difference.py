"""Two sets of alerts: what one adds, drops and changes, and the money in it."""

from datetime import timedelta
from functools import cache
from typing import Any

import msgspec

from models.records import Alert, FreezeRequest
from stream.shadow.difference import difference, standing_alerts, standing_requests
from tests.bank import Bank
from tests.scenario import SCENARIOS, read_story


@cache
def published() -> tuple[Alert, FreezeRequest]:
    bank = Bank().take(step.event for step in read_story((SCENARIOS / "m1_two_cycles.txt").read_text("utf-8")))
    return bank.alerts[0], bank.requests[0]


def alert(alert_id: str, *, tier: int = 2, minor: int = 100, subject: str = "s", hour: int = 0, **changes: Any) -> Alert:
    made = published()[0]
    who = msgspec.structs.replace(made.subject, id=subject)
    at = made.raised_at + timedelta(hours=hour)
    facts = {"typology": "M1", "revision": 1, **changes}
    return msgspec.structs.replace(
        made, alert_id=alert_id, tier=tier, amount_at_risk_minor=minor, subject=who, raised_at=at, **facts
    )


def request(request_id: str, minor: int, *, state: str = "PROPOSED", sequence: int = 1) -> FreezeRequest:
    return msgspec.structs.replace(
        published()[1], request_id=request_id, requested_amount_minor=minor, state=state, sequence=sequence
    )


def taken_back(made: Alert) -> Alert:
    reason = msgspec.structs.replace(made.reasons[0], code="WITHDRAWN")
    return msgspec.structs.replace(made, revision=made.revision + 1, reasons=(reason,))


def compared(live: list[Alert], shadow: list[Alert]) -> dict[str, Any]:
    return difference(standing_alerts(live), standing_alerts(shadow))


def counts(found: dict[str, Any]) -> tuple[int, int, int, int]:
    return found["added"], found["dropped"], found["changed"], found["same"]


def test_what_is_added_dropped_and_changed_is_counted_with_its_money() -> None:
    live = [alert("same"), alert("up", tier=1, minor=70), alert("gone", minor=40, subject="g")]
    shadow = [alert("same"), alert("up", tier=2, minor=80), alert("new", minor=900, subject="n", typology="V1")]
    found = compared(live, shadow)

    assert counts(found) == (1, 1, 1, 1)
    assert found["live"] == {"count": 3, "minor": {"CNY": 210}}
    assert [(row["way"], row["what"], row["count"], row["live_minor"], row["shadow_minor"]) for row in found["by_kind"]] == [
        ("added", "V1 tier 2", 1, 0, 900),
        ("dropped", "M1 tier 2", 1, 40, 0),
        ("changed", "M1 tier 1 -> M1 tier 2", 1, 70, 80),
    ]


def test_equal_sides_differ_in_nothing() -> None:
    live = [alert("a"), alert("b", subject="t")]
    found = compared(live, live[::-1])
    assert (counts(found), found["by_kind"], found["each"]) == ((0, 0, 0, 2), [], [])


def test_the_last_revision_counts_in_whatever_order_they_come_and_what_is_taken_back_does_not_stand() -> None:
    revised = alert("a", tier=3, revision=2)
    assert counts(compared([alert("a")], [revised, alert("a")])) == (0, 0, 1, 0)
    assert counts(compared([alert("a")], [alert("a"), taken_back(alert("a"))])) == (0, 1, 0, 0)


def test_alerts_under_other_ids_are_held_together_by_their_subject_the_earliest_with_the_earliest() -> None:
    live = [alert("l1", hour=1, tier=2), alert("l2", hour=30, tier=3)]
    shadow = [alert("s2", hour=29, tier=3), alert("s1", hour=2, tier=1), alert("s3", hour=60)]
    found = compared(live, shadow)

    assert counts(found) == (1, 0, 1, 1)
    assert {(row["way"], row.get("live_id"), row["shadow_id"]) for row in found["each"]} == {
        ("changed", "l1", "s1"),
        ("added", None, "s3"),
    }


def test_a_sum_that_differs_changes_a_freeze_request_and_not_an_alert() -> None:
    assert counts(compared([alert("a", minor=5)], [alert("a", minor=6)])) == (0, 0, 0, 1)
    live, shadow = [request("r", 500), request("q", 9)], [request("r", 400), request("q", 9, state="WITHDRAWN", sequence=2)]
    found = difference(standing_requests(live), standing_requests([*shadow, request("q", 9)]))

    assert counts(found) == (0, 1, 1, 0)
    assert found["by_kind"][1] == {
        "way": "changed",
        "what": "freeze request",
        "count": 1,
        "currency": "CNY",
        "live_minor": 500,
        "shadow_minor": 400,
    }


def test_no_account_is_told() -> None:
    found = compared([alert("a", subject="secret-account")], [])
    assert "secret-account" not in msgspec.json.encode(found).decode()
