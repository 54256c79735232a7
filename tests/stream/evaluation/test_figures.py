"""The small bank, every figure counted by hand; and the whole object kept as a golden file."""

import os
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from models.units import time_us
from stream.evaluation.figures import evaluate
from stream.evaluation.reading import Material, read_material
from stream.replay import report_bytes
from tests.stream.evaluation import small_bank
from tests.stream.evaluation.small_bank import LATE_MULE, MULE, SHOP, VICTIM, alert, at, fraud, lookalike, payment, request, write

GOLDEN = Path(__file__).parents[2] / "golden" / "evaluation" / "small_bank.json"


def material(folder: Path, *, with_cases: bool = True, since_us: int | None = None, **files: Any) -> Material:
    out = write(folder, **files)
    return read_material(out, folder / "labels.csv", folder / "cases.jsonl" if with_cases else None, since_us=since_us)


def evaluated(folder: Path, *, budget: int = 2, **more: Any) -> dict[str, Any]:
    return evaluate(material(folder, **more), budget=budget)


@pytest.fixture
def figures(tmp_path: Path) -> dict[str, Any]:
    return evaluated(tmp_path)


def picked(row: dict[str, Any], *names: str) -> tuple[Any, ...]:
    return tuple(row[name] for name in names)


def test_the_figures_of_the_small_bank_are_those_kept(figures: dict[str, Any]) -> None:
    """Written anew with WRITE_GOLDEN=1, to be read before it is committed."""
    if os.environ.get("WRITE_GOLDEN"):
        GOLDEN.write_bytes(report_bytes(figures))
    assert report_bytes(figures) == GOLDEN.read_bytes()


def test_prevalence_is_told_by_number_and_by_value(figures: dict[str, Any]) -> None:
    assert picked(figures["transactions"], "labelled", "fraud", "prevalence") == (12, 7, round(7 / 12, 9))
    assert figures["transactions"]["value_prevalence"] == 0.44


def test_transactions_at_a_tier(figures: dict[str, Any]) -> None:
    row = figures["transactions"]["by_tier"][1]
    assert picked(row, "tier_min", "alarms", "right", "precision", "recall") == (2, 5, 4, 0.8, round(4 / 7, 6))
    assert picked(row, "value_precision", "value_recall") == (round(1 / 3, 6), round(250 / 440, 6))
    p = 1 / 18_000
    assert row["precision_at_1_in_18000"] == pytest.approx((4 / 7 * p) / (4 / 7 * p + 1 / 5 * (1 - p)), abs=1e-6)


def test_an_alert_counts_once_at_the_revision_that_reached_the_tier(figures: dict[str, Any]) -> None:
    rows = {row["tier_min"]: row for row in figures["alerts"]["by_tier"]}
    assert [picked(rows[tier]["per_alert"], "alarms", "right") for tier in (1, 2, 3)] == [(3, 2), (3, 2), (1, 1)]
    assert rows[2]["per_alert"]["value_precision"] == round(110 / 610, 6)
    assert rows[1]["per_alert"]["value_precision"] == round(150 / 650, 6)
    assert picked(rows[2]["per_account"], "alarms", "right", "precision") == (3, 2, round(2 / 3, 6))


def test_precision_is_also_told_for_one_case_in_18000_transfers(figures: dict[str, Any]) -> None:
    """3 cases and 9 transfers here; 2 alerts of tier 2 right, 1 wrong."""
    factor = 9 / 3 / 18_000
    row = figures["alerts"]["by_tier"][1]["per_alert"]
    assert row["precision_at_1_case_in_18000"] == pytest.approx(2 * factor / (2 * factor + 1), abs=1e-6)
    assert figures["transactions"]["transfers"] == 9
    goal = next(row for row in figures["goals"] if row["goal"].startswith("precision of alerts of tier >= 2"))
    assert goal["basis"].startswith("2 of 3 alerts right, surely above 0.0 %; at 1 case in 18,000 transfers 0.0 %")


def test_precision_is_told_by_typology_of_the_alert(figures: dict[str, Any]) -> None:
    rows = {row["typology"]: picked(row, "alarms", "right") for row in figures["alerts"]["by_typology"]}
    assert rows == {"M1": (2, 2), "M2": (1, 0)}


def test_recall_is_told_by_typology_of_the_label(figures: dict[str, Any]) -> None:
    rows = {row["typology"]: row for row in figures["transactions"]["by_typology"]}
    assert picked(rows["V1"], "fraud", "recall", "value_recall") == (4, 0.75, 0.625)
    assert picked(rows["M1"], "fraud", "recall", "value_recall") == (2, 0.5, 0.5)
    assert picked(rows["V5"], "fraud", "recall", "precision", "prevalence") == (1, 0.0, 0.0, round(1 / 6, 9))


def test_cases_are_caught_late_or_missed(figures: dict[str, Any]) -> None:
    rows = {row["case"]: row for row in figures["cases"]["rows"]}
    assert {name: row["ending"] for name, row in rows.items()} == {"k-1": "in_time", "k-2": "missed", "k-3": "late"}
    assert rows["k-1"]["detect_s"] == 12 * 60
    assert picked(rows["k-1"], "stopped_minor", "alert_after_s", "request_after_s", "gone_after_s") == (
        120_000,
        780.0,
        1_260.0,
        2_460.0,
    )
    assert rows["k-3"]["stopped_minor"] == 0


def test_recall_of_cases_by_number_and_by_value_hard_ones_apart(figures: dict[str, Any]) -> None:
    cases = figures["cases"]
    assert picked(cases["all"], "cases", "caught", "late", "missed", "recall") == (3, 1, 1, 1, round(1 / 3, 6))
    assert picked(cases["all"], "stolen_minor", "stopped_minor", "late_minor") == (230_000, 120_000, 90_000)
    assert cases["all"]["value_recall"] == round(120 / 230, 6)
    assert picked(cases["plain"], "cases", "recall") == (2, 0.5)
    assert picked(cases["hard"], "cases", "recall") == (1, 0.0)


def test_time_to_detect_runs_from_the_mules_credit_to_the_alert(figures: dict[str, Any]) -> None:
    told = figures["cases"]["all"]
    assert picked(told, "detect_s_median", "detect_s_p90", "detected_within_10_min") == (720.0, 3_600.0, 0.0)


def test_the_goals_stand_beside_what_was_measured(figures: dict[str, Any]) -> None:
    told = {row["goal"]: picked(row, "target", "measured", "is_met") for row in figures["goals"]}
    assert told["cases caught at tier >= 2 before the cash-out is complete"] == (0.9, 0.5, False)
    assert told["the same of the hard cases (no goal of their own)"] == (None, 0.0, None)
    assert told["stolen value still reachable at the first right action"] == (0.6, round(120 / 230, 6), False)
    assert told["precision of alerts of tier 3, at 1 in 18,000"] == (0.8, 1.0, True)
    assert told["look-alikes at tier >= 2"] == (0.01, round(1 / 3, 6), False)
    assert told["look-alikes at tier 3"] == (0.0, 0.0, True)
    assert told["victims or innocents as freeze target"] == (0.0, 0, True)


def test_look_alikes_are_counted_by_scene(figures: dict[str, Any]) -> None:
    rows = [picked(row, "lookalike", "scenes", "tier_2", "tier_3", "tier_2_share") for row in figures["lookalikes"]["rows"]]
    assert rows == [("N3", 2, 1, 0, 0.5), ("N10", 1, 0, 0, 0.0)]
    assert picked(figures["lookalikes"]["total"], "scenes", "tier_2") == (3, 1)


def test_wrong_holds_are_told_per_10000_customers(figures: dict[str, Any]) -> None:
    assert figures["alerts"]["wrong_holds"] == {"accounts": 1, "customers": 11, "per_10000_customers": round(10_000 / 11, 6)}


def test_the_money_is_followed_through_the_layers(figures: dict[str, Any]) -> None:
    flow = figures["cases"]["money_flow"]
    assert picked(flow, "stolen_minor", "direct_cash_minor", "direct_off_us_minor") == (230_000, 0, 20_000)
    layer = {"hop": 1, "entered_minor": 210_000, "forward_minor": 0, "cash_minor": 210_000, "off_us_minor": 0, "stayed_minor": 0}
    assert flow["hops"] == [layer]


def test_baselines_are_read_with_the_same_budget(figures: dict[str, Any]) -> None:
    rows = {row["name"]: row for row in figures["baselines"]}
    names = ["ours, as published", "ours, by score", "rules alone (the tier)", "amount alone", "random", "nothing"]
    assert list(rows) == names
    assert [rows[name]["alarms"] for name in names] == [2, 2, 2, 2, 2, 0]
    assert picked(rows["amount alone"], "right", "precision", "recall") == (1, 0.5, round(1 / 7, 6))
    assert picked(rows["amount alone"]["cases"], "caught", "stopped_minor") == (0, 0)
    assert picked(rows["ours, by score"]["cases"], "caught", "stopped_minor") == (1, 160_000)
    assert picked(rows["ours, as published"]["cases"], "caught", "stopped_minor") == (1, 120_000)
    assert picked(rows["nothing"], "precision", "recall", "auc") == (None, 0.0, 0.5)


def test_an_alert_beyond_the_budget_of_its_day_is_not_read(tmp_path: Path) -> None:
    rows = {row["name"]: row for row in evaluated(tmp_path, budget=1)["baselines"]}
    assert picked(rows["ours, as published"], "alarms", "right") == (1, 0)
    assert rows["ours, as published"]["cases"]["caught"] == 0


def test_days_are_local_and_quiet_ones_are_shown(tmp_path: Path) -> None:
    late = alert("a-night", "23:00", 2, SHOP)
    late["raised_at"] = late["event_time"] = "2026-03-04T23:00:00Z"
    told = evaluate(material(tmp_path, alerts=[*small_bank.ALERTS, late]), offset_s=28_800)["alerts"]["per_day"]
    assert [picked(row, "tier_1", "tier_2", "tier_3", "right_tier_2") for row in told] == [
        (3, 3, 1, 2),
        (0, 0, 0, 0),
        (0, 0, 0, 0),
        (1, 1, 0, 0),
    ]


def test_an_alert_before_a_case_began_or_long_after_it_ended_is_about_something_else(tmp_path: Path) -> None:
    early = alert("a-early", "09:58", 2, MULE)
    early["raised_at"] = early["event_time"] = "2026-03-01T21:58:00Z"
    late = alert("a-long-after", "10:41", 2, MULE)
    late["raised_at"] = late["event_time"] = "2026-03-03T10:41:00Z"
    told = evaluated(tmp_path, alerts=[early, late])
    assert picked(told["cases"]["all"], "caught", "late", "missed") == (0, 0, 2), "the freeze request of k-1 stands, no alert does"
    assert told["alerts"]["by_tier"][1]["per_alert"]["right"] == 0


def test_an_alert_on_the_asking_of_a_payment_is_about_the_case_that_begins_with_it(tmp_path: Path) -> None:
    told = evaluated(tmp_path, alerts=[alert("a-asked", "09:58", 2, MULE)])
    assert told["alerts"]["by_tier"][1]["per_alert"]["right"] == 1
    assert told["cases"]["rows"][0]["ending"] == "in_time"


def test_an_alert_raised_by_a_finding_days_later_is_about_what_happened_then(tmp_path: Path) -> None:
    found = alert("a-found", "10:20", 3, MULE)
    found["raised_at"] = "2026-03-05T10:20:00Z"
    told = evaluated(tmp_path, alerts=[found], requests=[])
    assert told["alerts"]["by_tier"][2]["per_alert"]["right"] == 1
    assert told["cases"]["rows"][0]["ending"] == "late", "it comes when the money is gone"


def test_an_alert_at_the_moment_the_last_money_leaves_is_too_late(tmp_path: Path) -> None:
    told = evaluated(tmp_path, alerts=[alert("a-1", "10:40", 2, MULE)], requests=[])
    assert picked(told["cases"]["rows"][0], "ending", "stopped_minor") == ("late", 0)


def test_where_some_money_never_left_any_alert_in_the_story_is_in_time(tmp_path: Path) -> None:
    case = {name: value for name, value in small_bank.CASES[0].items() if name != "cash_out_complete_at"}
    told = evaluated(tmp_path, cases=[case], alerts=[alert("a-1", "20:00", 2, MULE)], requests=[])
    assert picked(told["cases"]["rows"][0], "ending", "stopped_minor", "gone_after_s") == ("in_time", 0, None)


def test_a_reminder_catches_nothing(tmp_path: Path) -> None:
    told = evaluated(tmp_path, alerts=[alert("a-1", "10:01", 1, MULE)], requests=[])
    assert told["cases"]["rows"][0]["ending"] == "missed"


def test_a_case_is_caught_at_its_victim_its_machine_or_its_device(tmp_path: Path) -> None:
    case = {**small_bank.CASES[0], "terminals": ["atm-9"], "devices": ["d-9"]}
    for kind, subject in (("ACCOUNT", VICTIM), ("TERMINAL", "atm-9"), ("DEVICE", "d-9")):
        line = alert("a-1", "10:01", 2, subject)
        line["subject"]["kind"] = kind
        told = evaluated(tmp_path / kind, alerts=[line], cases=[case], requests=[])
        assert told["cases"]["all"]["caught"] == 1
    line = alert("a-1", "10:01", 2, "atm-9")
    assert evaluated(tmp_path / "other", alerts=[line], cases=[case], requests=[])["cases"]["all"]["caught"] == 0


def test_what_is_not_yet_stolen_counts_as_reachable(tmp_path: Path) -> None:
    told = evaluated(tmp_path, alerts=[alert("a-1", "09:59", 2, VICTIM)], requests=[])
    assert told["cases"]["rows"][0]["stopped_minor"] == 160_000
    assert told["cases"]["rows"][0]["detect_s"] == -60.0


def test_cash_handed_over_by_the_victim_is_gone_at_once(tmp_path: Path) -> None:
    courier = payment("t1")
    del courier["payee_account"]
    case = fraud("k-9", "V10", "09:59", MULE, thefts=[courier], stolen_minor=100_000, mules=[])
    told = evaluated(tmp_path, alerts=[alert("a-1", "10:05", 2, VICTIM)], cases=[case], requests=[])
    assert picked(told["cases"]["rows"][0], "stopped_minor", "detect_s") == (0, None)
    assert told["cases"]["money_flow"]["direct_cash_minor"] == 100_000


def test_a_freeze_request_alone_is_a_right_action_but_no_catch(tmp_path: Path) -> None:
    cases = evaluated(tmp_path, alerts=[])["cases"]
    assert cases["all"]["caught"] == 0
    assert picked(cases["rows"][0], "ending", "stopped_minor", "alert_after_s") == ("in_time", 120_000, None)


def wrong_targets(folder: Path, requests: Iterable[dict[str, Any]]) -> dict[str, Any]:
    told: dict[str, Any] = evaluated(folder, requests=list(requests))["freezes"]
    return told


def test_victims_and_innocents_as_freeze_targets_are_counted(tmp_path: Path) -> None:
    requests = [
        request("r-1", "10:20", MULE),
        request("r-2", "10:21", VICTIM),
        request("r-3", "10:22", "c-5"),
        request("r-4", "10:23", "c-6"),
    ]
    told = wrong_targets(tmp_path, requests)
    assert picked(told, "targets", "right", "victims", "innocents", "of_them_in_lookalikes") == (4, 1, 1, 2, 1)
    assert told["wrong_per_10000_customers"] == round(10_000 * 3 / 11, 6)


def test_a_wrong_request_is_repaired_when_it_is_withdrawn(tmp_path: Path) -> None:
    requests = [request("r-3", "10:00", "c-5"), request("r-3", "10:07", "c-5", state="WITHDRAWN", sequence=2)]
    assert picked(wrong_targets(tmp_path, requests), "wrong_withdrawn", "wrong_withdrawn_after_s_median") == (1, 420.0)


def test_a_scene_that_met_a_freeze_request_is_counted_unless_a_fraud_explains_it(tmp_path: Path) -> None:
    cases = [*small_bank.CASES, lookalike("n-9", "N20", MULE)]
    told = evaluated(tmp_path, cases=cases, requests=[request("r-1", "10:20", MULE), request("r-2", "10:20", "c-5")])
    rows = {row["lookalike"]: picked(row, "tier_2", "freeze_requests") for row in told["lookalikes"]["rows"]}
    assert rows == {"N3": (1, 1), "N10": (0, 0), "N20": (0, 0)}


def test_without_cases_an_alert_is_right_if_it_rests_on_a_labelled_fraud(tmp_path: Path) -> None:
    told = evaluated(tmp_path, with_cases=False)
    assert picked(told["alerts"]["by_tier"][1]["per_alert"], "alarms", "right") == (3, 2)
    assert (told["cases"], told["freezes"], told["lookalikes"], told["timelines"]) == (None, None, None, [])


def test_what_happened_before_the_counted_time_is_left_out(tmp_path: Path) -> None:
    told = evaluated(tmp_path, since_us=time_us(datetime.fromisoformat(at("11:30"))))
    assert picked(told["transactions"], "labelled", "fraud") == (2, 2)
    assert told["transactions"]["left_out"]["before_from"] == 10
    assert [row["case"] for row in told["cases"]["rows"]] == ["k-3"]
    assert told["alerts"]["by_tier"][0]["per_alert"]["alarms"] == 1


def test_a_hold_that_ends_in_the_counted_time_is_no_alert_of_that_time(tmp_path: Path) -> None:
    ended = alert("a-old", "12:00", 2, SHOP, revision=2)
    ended["event_time"] = at("10:00")
    told = evaluated(tmp_path, alerts=[ended], since_us=time_us(datetime.fromisoformat(at("11:30"))))
    assert told["alerts"]["by_tier"][0]["per_alert"]["alarms"] == 0


def test_what_moved_no_money_is_not_ranked(tmp_path: Path) -> None:
    out = write(tmp_path)
    table = out / "transactions.csv"
    lines = table.read_text().splitlines()
    lines[1] = lines[1].replace("APPROVED", "REQUESTED")
    lines[3] = lines[3].rstrip(",") + ",t1"
    lines[8] = lines[8].replace("APPROVED", "DECLINED")
    table.write_text("\n".join(lines) + "\n")
    told = evaluate(read_material(out, tmp_path / "labels.csv", None))["transactions"]
    assert (told["labelled"], told["left_out"]["moved_no_money"]) == (10, 2)


def test_value_is_counted_in_one_currency(tmp_path: Path) -> None:
    out = write(tmp_path)
    table = out / "transactions.csv"
    table.write_text(table.read_text().replace("500000,CNY", "500000,JPY"))
    told = evaluate(read_material(out, tmp_path / "labels.csv", None))
    assert (told["currency"], told["transactions"]["value_minor"]) == ("CNY", 500_000)


def test_two_runs_give_the_same_figures_whatever_the_order_of_the_alert_lines(tmp_path: Path) -> None:
    first = evaluated(tmp_path / "one")
    second = evaluated(tmp_path / "two", alerts=small_bank.ALERTS[::-1])
    assert report_bytes(first) == report_bytes(second)


def test_the_timelines_name_nobody(figures: dict[str, Any]) -> None:
    text = report_bytes(figures).decode()
    assert [name for name in small_bank.NAMES if name in text] == []
    told = figures["timelines"]
    assert [row["case"] for row in told] == ["k-2", "k-3", "k-1"], "missed, late, caught"
    assert told[2]["alerts"][0] == {"after_s": 60.0, "tier": 1, "typology": "M1", "subject": "MULE_SUSPECTED ***0001"}
    assert told[2]["departures"] == [[660.0, 40_000], [2_460.0, 120_000]]
    assert LATE_MULE not in text
