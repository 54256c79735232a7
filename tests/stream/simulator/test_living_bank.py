"""A bank simulated over days: complete, right about money, in the disorder asked for, and no larger the longer it lives."""

import gc
from collections import Counter, defaultdict
from datetime import date, datetime, timedelta, timezone
from random import Random

import pytest

from connectors.contract_json import encode
from models.records import Disposition, Party, Transaction, VictimReport
from models.units import time_us
from stream.simulator.booked import Booked
from stream.simulator.cast import Account, Cast
from stream.simulator.catalogue import CATALOGUE
from stream.simulator.delivery import Disorder
from stream.simulator.lookalikes import LOOKALIKES
from stream.simulator.machines import WEEKEND
from stream.simulator.plan import Happening, Move, Notice
from stream.simulator.population import populate
from stream.simulator.simulation import Simulation, SimulationOptions
from tests.stream.simulator.living_bank import EVERYTHING, copies, records, simulated, transactions

LOCAL = timezone(timedelta(hours=8))
MONTH = SimulationOptions(seed=5, accounts=600, days=28, history_days=0, typologies=(), lookalikes=())


def test_every_typology_of_the_catalogue_can_be_written() -> None:
    victims = {f"V{number}" for number in range(1, 11)} | {"X1", "X2"}
    mules = {f"M{number}" for number in range(1, 9)} | {f"W{number}" for number in range(1, 5)} | {"A1", "A2", "A3"}
    assert set(CATALOGUE) == victims | mules


def test_as_many_cases_of_each_typology_are_planted_as_asked_and_each_one_steals() -> None:
    frauds = simulated().frauds
    assert {name: count >= 2 for name, count in Counter(case["typology"] for case in frauds).items()} == dict.fromkeys(
        CATALOGUE, True
    )
    assert [case["typology"] for case in frauds if not case["thefts"]] == []


def test_as_many_scenes_of_each_look_alike_are_planted_as_asked() -> None:
    told = Counter(case["lookalike"] for case in simulated().cases if case["kind"] == "LOOKALIKE")
    assert {name: count >= 2 for name, count in told.items()} == dict.fromkeys(LOOKALIKES, True)


def test_only_the_typologies_and_look_alikes_asked_for_are_planted() -> None:
    options = SimulationOptions(
        accounts=200, days=3, history_days=0, cases_per_typology=1, typologies=("V1", "M2"), lookalikes=("N6",)
    )
    told = simulated(options)
    assert {case.get("lookalike") or case["typology"] for case in told.cases} == {"V1", "M2", "N6"}


def test_every_record_is_of_the_contract_and_written_as_the_contract_writes_it() -> None:
    """Members in declared order, nothing beside them: hand-made text and canonical encoding agree, so form tells nothing."""
    for booked, record in zip(simulated().booked, records(), strict=True):
        assert encode(record).decode() == booked.text


def _changes(record: Transaction) -> list[tuple[Party, int]]:
    sign = {"APPROVED": 1, "REVERSED": -1}.get(record.status, 0)
    sides = ((record.payer, -sign), (record.payee, sign))
    return [(party, direction * record.amount_minor) for party, direction in sides if party is not None and party.on_us]


def test_the_balances_of_every_account_follow_from_its_movements_without_a_gap() -> None:
    balances: dict[str, int] = {}
    checked = 0
    for record in transactions():
        for party, change in _changes(record):
            known = balances.get(party.account)
            if party.balance_after_minor is not None and change:
                assert known is None or party.balance_after_minor == known + change
                checked += known is not None
                balances[party.account] = party.balance_after_minor
            elif known is not None:
                balances[party.account] = known + change
    assert checked > 20_000


def test_nobody_is_overdrawn_but_by_the_attacks_on_limits_and_switch() -> None:
    told = simulated()
    attacked = {victim for case in told.frauds if case["typology"] in ("A1", "A2") for victim in case["victims"]}
    below = {
        party.account
        for record in transactions()
        for party in (record.payer, record.payee)
        if party is not None and (party.balance_after_minor or 0) < 0
    }
    assert below
    assert below <= attacked


def test_records_arrive_in_order_and_never_before_they_happened() -> None:
    arrived = simulated().arrived
    assert [arrival_us for arrival_us, _ in arrived] == sorted(arrival_us for arrival_us, _ in arrived)
    assert all(arrival_us >= booked.at_us for arrival_us, booked in arrived)


@pytest.mark.parametrize("disorder", [Disorder(), Disorder(0.2, 0.1), Disorder(0.0, 0.0)])
def test_as_many_records_come_late_and_twice_as_asked(disorder: Disorder) -> None:
    told = simulated(SimulationOptions(accounts=800, days=2, history_days=0, disorder=disorder))
    of_events = [(arrival_us - booked.at_us, booked) for arrival_us, booked in told.arrived if booked.event_id]
    counts = copies(told)
    doubled = sum(count == 2 for count in counts.values()) / len(counts)
    late = sum(after_us > 95_000_000 for after_us, _ in of_events) / len(of_events)  # beyond what a duplicate may add
    assert doubled == pytest.approx(disorder.duplicate_share, rel=0.25, abs=0.001)
    assert late == pytest.approx(disorder.late_share * (540 - 95) / 520, rel=0.25, abs=0.002)
    assert max(counts.values()) <= 2


def test_victims_report_what_was_booked_and_only_after_it_was() -> None:
    booked = {record.event_id: record for record in transactions()}
    reports = [record for record in records() if isinstance(record, VictimReport)]
    assert len(reports) > 20
    for report in reports:
        for transfer in report.transfers:
            assert transfer.paid_at < report.reported_at
            if transfer.event_id is not None:
                assert transfer.amount_minor == booked[transfer.event_id].amount_minor


def test_people_find_frauds_days_later_and_clear_honest_transfers_too() -> None:
    labels = {booked.event_id: booked.plot is not None for booked in simulated().booked if booked.move is not None}
    at_us = {booked.event_id: booked.at_us for booked in simulated().booked}
    found = [record for record in records() if isinstance(record, Disposition)]
    assert {record.verdict for record in found} >= {"FRAUD", "LEGITIMATE"}
    for record in found:
        assert record.event_id is not None
        assert record.verdict == "UNKNOWN" or labels[record.event_id] == (record.verdict == "FRAUD")
    delays_d = sorted((time_us(record.decided_at) - at_us[record.event_id or ""]) / 86_400e6 for record in found)
    assert delays_d[0] > 1 / 24
    assert delays_d[len(delays_d) // 2] > 1


def test_the_cases_tell_of_every_approved_move_of_every_fraud_with_its_sum() -> None:
    told = {entry["event_id"]: entry for case in simulated().frauds for entry in (*case["thefts"], *case["moves"])}
    approved = [booked for booked in simulated().booked if booked.plot is not None and booked.status == "APPROVED"]
    assert {booked.event_id: booked.amount_minor for booked in approved} == {
        event_id: entry["amount_minor"] for event_id, entry in told.items()
    }


def test_mules_are_told_with_their_distance_from_the_victim() -> None:
    hops = Counter(mule["hop"] for case in simulated().frauds for mule in case["mules"])
    assert set(hops) >= {1, 2, 3}
    for case in simulated().frauds:
        first = {mule["account"] for mule in case["mules"] if mule["hop"] == 1}
        assert {theft["payee_account"] for theft in case["thefts"] if "payee_account" in theft} <= first


def test_money_is_gone_only_when_all_but_a_rest_of_it_left_the_bank() -> None:
    on_us = {record.payee.account for record in transactions() if record.payee is not None and record.payee.on_us}
    ends = Counter("cash_out_complete_at" in case for case in simulated().frauds)
    assert min(ends[True], ends[False]) > 5
    for case in simulated().frauds:
        inside = sum(theft["amount_minor"] for theft in case["thefts"] if theft.get("payee_account") in on_us)
        left = sum(move["amount_minor"] for move in case["moves"] if move["leaves"])
        assert ("cash_out_complete_at" in case) == (inside - left <= max(10_000, inside * 0.05))


def test_some_frauds_are_hard_and_some_are_not() -> None:
    hard = [case["is_hard"] for case in simulated().frauds]
    assert 0.1 < sum(hard) / len(hard) < 0.7
    assert all(case["is_hard"] for case in simulated().frauds if case["typology"] == "V5")


def test_the_base_rate_is_kept() -> None:
    options = SimulationOptions(seed=3, accounts=2_000, days=6, history_days=0, base_rate=1 / 400)
    told = simulated(options)
    assert len(told.frauds) == pytest.approx(told.simulation.counts["transfers"] / 400, rel=0.1)


def test_by_default_one_transfer_in_eighteen_thousand_begins_a_fraud() -> None:
    expected, planted = 0.0, 0
    for seed in range(6):
        told = simulated(SimulationOptions(seed=seed, accounts=1_500, days=6, history_days=0, lookalikes=()))
        expected += told.simulation.counts["transfers"] / 18_000
        planted += len(told.frauds)
    assert abs(planted - expected) <= 1.5


def test_the_bank_takes_no_more_room_after_many_days_than_after_few() -> None:
    simulation = Simulation(
        SimulationOptions(seed=2, accounts=300, days=40, history_days=0, base_rate=1 / 300), on_case=lambda case: None
    )
    looked_at = {9: 0, 13: 0, 17: 0, 31: 0, 35: 0, 39: 0}

    def look(booked: Booked) -> None:
        day = (booked.at_us - simulation.town.calendar.day_zero_us) // 86_400_000_000
        if looked_at.get(day) == 0:
            gc.collect()
            looked_at[day] = sum(isinstance(thing, (Account, Move, Happening, Notice)) for thing in gc.get_objects())

    for _ in simulation.deliveries(look):
        pass
    early, late = list(looked_at.values())[:3], list(looked_at.values())[3:]
    assert min(early) > 300
    assert max(late) < 1.25 * max(early)
    assert simulation.book.open == {}


def _local_hours(kind: str) -> Counter[int]:
    return Counter(
        record.event_time.astimezone(LOCAL).hour
        for record in transactions(MONTH)
        if record.kind == kind and record.channel in ("ATM", "POS")
    )


@pytest.mark.parametrize("kind", ["CASH_WITHDRAWAL", "PURCHASE"])
def test_days_have_their_hours(kind: str) -> None:
    hours = _local_hours(kind)
    assert hours[12] > 5 * hours[3]
    assert hours[19] > 2 * hours[23]


def test_weeks_have_their_days_and_offices_their_weekends() -> None:
    days: dict[str, Counter[bool]] = defaultdict(Counter)
    for record in transactions(MONTH):
        is_weekend = record.event_time.astimezone(LOCAL).weekday() >= 5
        firm = record.payer is not None and record.payer.type == "CORPORATE" and record.purpose is None
        days["firm" if firm else record.channel][is_weekend] += 1
    assert days["firm"][True] < 0.1 * days["firm"][False]
    assert 1.1 < days["POS"][True] / days["POS"][False] * 5 / 2 < 1.4


def test_machines_at_offices_rest_on_weekends_while_those_at_the_market_do_not() -> None:
    place_of = simulated(MONTH).simulation.town.places
    drawn: dict[str, Counter[bool]] = defaultdict(Counter)
    for record in transactions(MONTH):
        if record.kind == "CASH_WITHDRAWAL" and record.terminal is not None and record.terminal.id in place_of:
            drawn[place_of[record.terminal.id]][record.event_time.astimezone(LOCAL).weekday() >= 5] += 1
    shares = {place: count[True] / count.total() for place, count in drawn.items()}
    assert len(shares) > 1
    ranked = sorted(shares, key=lambda place: shares[place])
    assert WEEKEND[ranked[0]] == min(WEEKEND[place] for place in shares)


def test_offices_are_closed_on_a_public_holiday() -> None:
    options = SimulationOptions(
        seed=5, accounts=400, days=2, history_days=0, start=datetime(2025, 9, 30, tzinfo=LOCAL), typologies=(), lookalikes=()
    )
    firms = Counter(
        record.event_time.astimezone(LOCAL).day
        for record in transactions(options)
        if record.payer is not None and record.payer.type == "CORPORATE" and record.purpose is None
    )
    assert firms[1] < 0.2 * firms[30]  # the first of October is a Wednesday


def test_wages_are_paid_monthly_and_balances_last_for_them() -> None:
    wages = Counter(record.payee.account for record in transactions(MONTH) if record.purpose == "SALA" and record.payee)
    assert max(wages.values()) <= 2
    tried = [record for record in transactions(MONTH) if record.status in ("APPROVED", "DECLINED")]
    assert sum(record.status == "DECLINED" for record in tried) < 0.05 * len(tried)


def test_another_seed_gives_another_bank() -> None:
    texts = [
        [booked.text for booked in simulated(SimulationOptions(seed=seed, accounts=100, days=1, history_days=0)).booked]
        for seed in (1, 2)
    ]
    assert texts[0] != texts[1]


@pytest.mark.parametrize("changes", [{"accounts": 50}, {"typologies": ("V99",)}, {"lookalikes": ("N0",)}])
def test_impossible_options_are_refused(changes: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"accounts|unknown"):
        Simulation(SimulationOptions(**changes), on_case=lambda case: None)  # type: ignore[arg-type]


def test_the_options_shared_by_these_tests_plant_far_more_than_life_has() -> None:
    assert EVERYTHING.cases_per_typology * len(CATALOGUE) > 10 * len(transactions()) * EVERYTHING.base_rate


def test_nobody_lets_rooms_on_an_account_opened_the_other_day() -> None:
    today = date(2025, 9, 1)
    people = populate(Random(3), Cast(Random(3), today), 600)

    assert people.landlord
    assert min(today - landlord.opened_on for landlord in people.landlord.values()).days >= 180
