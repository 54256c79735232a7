"""Each fraud of a living bank has the properties its typology claims, whatever the tactic, and each look-alike keeps its own."""

from collections import Counter
from datetime import datetime, timedelta, timezone
from itertools import pairwise
from typing import Any

import pytest

from models.records import AccountEvent, Transaction
from tests.stream.simulator.living_bank import records, simulated, transactions

LOCAL = timezone(timedelta(hours=8))


def cases(typology: str) -> list[dict[str, Any]]:
    found = [case for case in simulated().frauds if case["typology"] == typology]
    assert len(found) >= 2
    return found


def booked(case: dict[str, Any], part: str) -> list[Transaction]:
    """The records of the thefts or moves of a case."""
    wanted = {entry["event_id"] for entry in case[part]}
    return [record for record in transactions() if record.event_id in wanted]


def events(account: str) -> list[AccountEvent]:
    return [record for record in records() if isinstance(record, AccountEvent) and record.account == account]


def minutes(earlier: datetime, later: datetime) -> float:
    return (later - earlier).total_seconds() / 60


def by_card(cash: list[Transaction]) -> dict[str, list[Transaction]]:
    cards: dict[str, list[Transaction]] = {}
    for record in cash:
        cards.setdefault(record.card or "", []).append(record)
    return cards


def test_v1_pays_in_stages_to_new_payees() -> None:
    for case in cases("V1"):
        assert len(case["thefts"]) >= 2
        assert len(case["victims"]) == 1


def test_v2_is_a_firm_paying_persons() -> None:
    for case in cases("V2"):
        for record in booked(case, "thefts"):
            assert record.payer is not None
            assert record.payee is not None
            assert record.payer.type == "CORPORATE"
            assert record.payee.type in ("PERSON", None)


def test_v3_fails_once_or_more_at_the_machine_before_an_odd_sum_is_paid_there() -> None:
    for case in cases("V3"):
        paid = booked(case, "thefts")
        assert all(record.channel == "ATM" and record.amount_minor % 10_000 for record in paid)
        assert paid[0].payer is not None
        tries = [
            record
            for record in transactions()
            if record.status == "DECLINED" and record.payer is not None and record.payer.account == case["victims"][0]
        ]
        assert any(0 < minutes(record.event_time, paid[0].event_time) < 10 for record in tries)


def test_v4_is_two_to_five_payments_each_larger_than_the_one_before_within_three_days() -> None:
    for case in cases("V4"):
        sums = [theft["amount_minor"] for theft in case["thefts"]]
        assert 2 <= len(sums) <= 5
        assert all(later > 1.3 * earlier for earlier, later in pairwise(sums))
        assert case["thefts"][-1]["booked_at"] - case["thefts"][0]["booked_at"] < timedelta(hours=84)


def test_v5_is_one_payment_and_hard_to_see() -> None:
    for case in cases("V5"):
        assert (len(case["thefts"]), case["is_hard"]) == (1, True)


def test_v6_is_several_firms_paying_one_person_like_sums_in_office_hours() -> None:
    for case in cases("V6"):
        sums = [theft["amount_minor"] for theft in case["thefts"]]
        assert len({theft["payer_account"] for theft in case["thefts"]}) >= 3
        assert len({theft["payee_account"] for theft in case["thefts"]}) == 1
        assert max(sums) < 1.3 * min(sums)
        assert all(8 <= theft["booked_at"].astimezone(LOCAL).hour < 19 for theft in case["thefts"])


def test_v7_is_small_sums_of_many_persons_to_one_account() -> None:
    for case in cases("V7"):
        assert len({theft["payer_account"] for theft in case["thefts"]}) >= 3
        assert max(theft["amount_minor"] for theft in case["thefts"]) <= 110_000


def test_v8_sends_most_of_a_loan_on_to_a_person_soon_after_it_came() -> None:
    for case in cases("V8"):
        thefts = case["thefts"]
        loans = [
            record
            for record in transactions()
            if record.purpose == "LOAN" and record.payee is not None and record.payee.account == case["victims"][0]
        ]
        loan = [record for record in loans if record.event_time < thefts[0]["booked_at"]][-1]
        assert case["stolen_minor"] > 0.25 * loan.amount_minor


def test_v9_gives_something_back_first_and_then_takes_far_more() -> None:
    for case in cases("V9"):
        victim, thefts = case["victims"][0], case["thefts"]
        back = [move for move in case["moves"] if move.get("payee_account") == victim]
        assert back
        first = max(theft["amount_minor"] for theft in thefts if theft["booked_at"] < back[0]["booked_at"])
        assert max(theft["amount_minor"] for theft in thefts) > 3 * first


def test_v10_draws_near_the_cap_on_two_days_or_more() -> None:
    for case in cases("V10"):
        assert all("payee_account" not in theft for theft in case["thefts"])
        days = Counter(theft["booked_at"].astimezone(LOCAL).date() for theft in case["thefts"])
        assert len(days) >= 2
        assert all(count >= 3 for count in days.values())


@pytest.mark.parametrize("typology", ["X1", "X2"])
def test_takeovers_pay_from_a_device_bound_before(typology: str) -> None:
    for case in cases(typology):
        device, victim = case["devices"][0], case["victims"][0]
        assert [event.type for event in events(victim) if event.device == device and event.type == "DEVICE_BOUND"]
        used = [record.session.device for record in booked(case, "thefts") if record.session is not None]
        assert set(used) <= {device}


def test_x2_begins_with_an_enrolment() -> None:
    for case in cases("X2"):
        enrolled = [event.event_time for event in events(case["victims"][0]) if event.type == "EBANK_ENROLLED"]
        assert enrolled[0] < case["thefts"][0]["booked_at"]


def test_m3_cuts_one_sum_for_three_accounts_or_more() -> None:
    for case in cases("M3"):
        slices = [move for move in case["moves"] if move["hop"] == 1 and "payee_account" in move]
        assert len({move["payee_account"] for move in slices}) >= 3


def test_m4_tries_the_account_with_a_few_yuan_before_the_sum_comes() -> None:
    for case in cases("M4"):
        probe = case["moves"][0]
        assert probe["amount_minor"] <= 1_000
        assert probe["booked_at"] < case["thefts"][0]["booked_at"]
        assert case["thefts"][0]["amount_minor"] > 100 * probe["amount_minor"]


def test_m5_gets_a_large_sum() -> None:
    for case in cases("M5"):
        assert case["stolen_minor"] >= 1_000_000


def test_m6_runs_the_accounts_of_several_people_on_one_device() -> None:
    for case in cases("M6"):
        device = case["devices"][0]
        users = {record.account for record in records() if isinstance(record, AccountEvent) and record.device == device}
        assert users == {mule["account"] for mule in case["mules"] if mule["hop"] == 1}
        assert len(users) >= 2


def test_m7_runs_over_three_accounts_or_more_unless_it_leaves_the_bank_before() -> None:
    for case in cases("M7"):
        hops = max(mule["hop"] for mule in case["mules"])
        left = any(not mule["on_us"] for mule in case["mules"])
        assert hops >= 3 or left


def test_m8_matches_many_payments_in_with_payments_out() -> None:
    for case in cases("M8"):
        mule = next(mule["account"] for mule in case["mules"] if mule["hop"] == 1)
        paid_in = [theft for theft in case["thefts"] if theft["payee_account"] == mule]
        paid_out = [move for move in case["moves"] if move["payer_account"] == mule]
        assert len(paid_in) >= 6
        assert len(paid_out) >= 6


def test_w2_uses_several_cards_at_one_machine_and_w3_the_same_cards_at_two() -> None:
    for typology, machines in (("W2", 1), ("W3", 2)):
        for case in cases(typology):
            cash = [record for record in booked(case, "moves") if record.kind == "CASH_WITHDRAWAL"]
            at = [{record.terminal.id for record in run if record.terminal} for run in by_card(cash).values()]
            assert len(at) >= 2
            assert max(len(places) for places in at) == machines
            assert len(set().union(*at)) == machines


def test_w4_is_online_in_another_province_within_half_an_hour_of_the_cash() -> None:
    for case in cases("W4"):
        mule = next(mule["account"] for mule in case["mules"] if mule["hop"] == 1)
        cash = next(record for record in booked(case, "moves") if record.kind == "CASH_WITHDRAWAL")
        assert cash.terminal is not None
        far = [
            event
            for event in events(mule)
            if event.type == "LOGIN" and event.region is not None and event.region[:2] != (cash.terminal.region or "")[:2]
        ]
        assert any(abs(minutes(event.event_time, cash.event_time)) <= 30 for event in far)


def test_a1_draws_more_than_ten_times_with_a_card_and_beyond_the_cap() -> None:
    for case in cases("A1"):
        runs = by_card(booked(case, "thefts"))
        assert all(len(run) > 10 for run in runs.values())
        assert all(sum(record.amount_minor for record in run) > 2_000_000 for run in runs.values())


def test_a2_is_approved_on_accounts_that_hold_nothing() -> None:
    for case in cases("A2"):
        left = [record.payer.balance_after_minor for record in booked(case, "thefts") if record.payer is not None]
        assert min(balance for balance in left if balance is not None) < 0


def test_a3_abuses_cards_that_were_all_used_at_one_machine_within_an_hour() -> None:
    for case in cases("A3"):
        machine, first_us = case["terminals"][0], case["thefts"][0]["booked_at"]
        used: dict[str, list[datetime]] = {}
        for record in transactions():
            at = record.terminal.id if record.terminal is not None else None
            holder = record.payer.account if record.payer is not None else ""
            if record.kind == "CASH_WITHDRAWAL" and at == machine and holder in case["victims"] and record.event_time < first_us:
                used.setdefault(holder, []).append(record.event_time)
        assert len(used) >= 0.7 * len(case["victims"])
        hours = Counter(moment.replace(minute=0, second=0, microsecond=0) for moments in used.values() for moment in moments)
        assert hours.most_common(1)[0][1] >= len(used)


def test_every_account_of_a_look_alike_stands_in_a_record_without_label() -> None:
    honest = {
        party
        for entry in simulated().booked
        if entry.move is not None and entry.plot is None
        for party in (entry.move.payer, entry.move.payee)
        if party is not None
    }
    names = {account.account for account in honest}
    for case in simulated().cases:
        if case["kind"] == "LOOKALIKE":
            assert len(names & set(case["accounts"])) >= 0.9 * len(case["accounts"]), case["lookalike"]


def test_no_account_of_a_look_alike_takes_part_in_a_fraud() -> None:
    involved = {
        account for case in simulated().frauds for account in (*case["victims"], *(mule["account"] for mule in case["mules"]))
    }
    for case in simulated().cases:
        if case["kind"] == "LOOKALIKE":
            assert not involved & set(case["accounts"])


def test_tenants_have_paid_their_landlord_before_though_the_past_is_short() -> None:
    """N2: the rent of a month ago lies before the eight days that are told; the pair is known all the same."""
    for case in simulated().cases:
        if case.get("lookalike") == "N2":
            paid = Counter(
                record.payer.account
                for record in transactions()
                if record.payer is not None and record.payee is not None and record.payee.account in case["accounts"]
                if record.payer.account in case["accounts"] and record.status == "APPROVED"
            )
            assert sum(count >= 2 for count in paid.values()) >= 10
