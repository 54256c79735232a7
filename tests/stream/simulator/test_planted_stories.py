"""Each planted fraud has the properties its typology claims, at the default thresholds of the catalogue."""

from collections import Counter
from datetime import timedelta
from itertools import pairwise

import pytest

from models.records import Transaction
from models.units import instant, time_us
from stream.simulator import Movement
from tests.stream.simulator.simulated import (
    START,
    account_events,
    approved,
    between_s,
    small_day,
    story_named,
    thefts,
    transactions,
    yuan,
)

SEEDS = (1, 2, 3)
ALL_NAMES = ("V1", "M1", "M2", "W1", "W2", "X1", "CHAIN", "V2")


def _accounts(records: list[Transaction]) -> list[tuple[str, str]]:
    return [(record.payer.account, record.payee.account) for record in records if record.payer and record.payee]


def _drain(records: list[Transaction]) -> float:
    first = records[0]
    assert first.payer is not None
    assert first.payer.balance_after_minor is not None
    return sum(record.amount_minor for record in records) / (first.payer.balance_after_minor + first.amount_minor)


def _cash(records: list[Transaction]) -> list[Transaction]:
    return [record for record in records if record.kind == "CASH_WITHDRAWAL"]


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", ALL_NAMES)
def test_everything_a_story_plans_is_approved(seed: int, name: str) -> None:
    day = small_day(seed)
    case = story_named(day, name).story
    own = {row.event_id for row in day.labels if row.case == case}
    assert {record.status for record in transactions(day) if record.event_id in own} <= {"APPROVED", "REQUESTED"}


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", ALL_NAMES)
def test_the_sum_stolen_is_what_victims_paid_and_the_first_credit_is_its_first_moment(seed: int, name: str) -> None:
    day = small_day(seed)
    story = story_named(day, name)
    stolen = thefts(day, story)
    assert story.stolen_minor == sum(record.amount_minor for record in stolen)
    assert story.first_credit_us == time_us(stolen[0].event_time)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", ALL_NAMES)
def test_no_mule_is_ever_a_victim_and_no_victim_ever_paid_a_mule_before(seed: int, name: str) -> None:
    day = small_day(seed)
    story = story_named(day, name)
    assert not set(story.victims) & set(story.mules + story.elsewhere)
    first_us = story.first_credit_us
    earlier = [r for r in transactions(day) if r.kind == "TRANSFER" and time_us(r.event_time) < first_us - 10_000_000]
    assert not set(_accounts(earlier)) & set(_accounts(thefts(day, story)))


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", ALL_NAMES)
def test_the_money_left_with_the_mules_is_never_more_than_what_was_stolen(seed: int, name: str) -> None:
    story = story_named(small_day(seed), name)
    assert story.left_minor(story.first_credit_us - 1) == 0
    for movement in story.movements:
        assert 0 <= story.left_minor(movement.at_us) <= story.stolen_minor


@pytest.mark.parametrize("seed", SEEDS)
def test_v1_takes_over_half_of_large_savings_after_a_deposit_broken_or_a_limit_raised(seed: int) -> None:
    day = small_day(seed)
    story = story_named(day, "V1")
    stolen = thefts(day, story)
    assert 2 <= len(stolen) <= 4
    assert _drain(stolen) > 0.5
    assert stolen[0].payer is not None
    assert yuan(stolen[0].payer.balance_after_minor or 0) + yuan(stolen[0].amount_minor) >= 50_000
    freed = [e for e in account_events(day) if e.account == story.victims[0] and e.type in ("DEPOSIT_BROKEN", "LIMIT_RAISED")]
    assert any(0 < between_s(event.event_time, stolen[0].event_time) < 86_400 for event in freed)


@pytest.mark.parametrize("seed", SEEDS)
def test_m1_sends_four_fifths_on_within_minutes_and_keeps_almost_nothing(seed: int) -> None:
    day = small_day(seed)
    story = story_named(day, "M1")
    credit, first_mule = thefts(day, story)[0], story.mules[0]
    out = [record for record in approved(day, story) if record.payer and record.payer.account == first_mule]
    assert sum(record.amount_minor for record in out) >= 0.8 * credit.amount_minor
    assert between_s(credit.event_time, out[-1].event_time) <= 30 * 60
    assert out[-1].payer is not None
    assert (out[-1].payer.balance_after_minor or 0) < 0.05 * credit.amount_minor


@pytest.mark.parametrize("seed", SEEDS)
def test_m1_ends_in_cash_at_the_second_hop(seed: int) -> None:
    day = small_day(seed)
    story = story_named(day, "M1")
    assert {record.payer.account for record in _cash(approved(day, story)) if record.payer} == {story.mules[1]}


@pytest.mark.parametrize("seed", SEEDS)
def test_m2_gathers_from_eight_strangers_in_an_hour_and_empties_into_one_or_two(seed: int) -> None:
    day = small_day(seed)
    story = story_named(day, "M2")
    stolen, collector = thefts(day, story), story.mules[0]
    assert 8 <= len({record.payer.account for record in stolen if record.payer}) <= 15
    assert between_s(stolen[0].event_time, stolen[-1].event_time) <= 3_600
    out = [record for record in approved(day, story) if record.payer and record.payer.account == collector]
    assert 1 <= len(out) <= 2
    assert sum(record.amount_minor for record in out) >= 0.7 * story.stolen_minor
    assert between_s(stolen[-1].event_time, out[-1].event_time) <= 7_200
    assert stolen[0].payee is not None
    assert stolen[0].payee.opened_on is not None
    assert (START.date() - stolen[0].payee.opened_on).days < 90


@pytest.mark.parametrize("seed", SEEDS)
def test_w1_draws_up_to_the_cap_within_ten_minutes_and_again_after_midnight(seed: int) -> None:
    day = small_day(seed)
    story = story_named(day, "W1")
    credit, cash = thefts(day, story)[0], _cash(approved(day, story))
    assert between_s(credit.event_time, cash[0].event_time) <= 600
    before = [record for record in cash if time_us(record.event_time) < day.end_us]
    after = [record for record in cash if time_us(record.event_time) >= day.end_us]
    for half in (before, after):
        assert 18_000 <= yuan(sum(record.amount_minor for record in half)) <= 20_000
    assert between_s(instant(day.end_us), after[0].event_time) <= 1_800


def _runs(cash: list[Transaction]) -> list[list[Transaction]]:
    runs: list[list[Transaction]] = []
    for record in cash:
        if not runs or runs[-1][-1].card != record.card:
            runs.append([])
        runs[-1].append(record)
    return runs


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", ["W2", "CHAIN"])
def test_w2_empties_four_to_six_cards_in_turn_at_one_machine(seed: int, name: str) -> None:
    day = small_day(seed)
    story = story_named(day, name)
    runs = _runs([r for r in _cash(approved(day, story)) if r.terminal and r.terminal.id == story.terminals[0]])
    assert len({run[0].card for run in runs}) == len(runs)
    assert 4 <= len(runs) <= 6
    for run, following in pairwise(runs):
        assert between_s(run[-1].event_time, following[0].event_time) <= 120
    assert all(sum(record.amount_minor for record in run) >= 0.8 * 2_000_000 for run in runs)
    assert between_s(runs[0][0].event_time, runs[2][-1].event_time) <= 600


@pytest.mark.parametrize("seed", SEEDS)
def test_w2_cards_were_credited_by_strangers_within_a_day(seed: int) -> None:
    day = small_day(seed)
    story = story_named(day, "W2")
    credits = {record.payee.account: record for record in thefts(day, story) if record.payee}
    for record in _cash(approved(day, story)):
        assert record.payer is not None
        assert 0 < between_s(credits[record.payer.account].event_time, record.event_time) < 86_400


@pytest.mark.parametrize("seed", SEEDS)
def test_x1_pays_the_added_payee_from_the_new_device_with_two_codes_or_more(seed: int) -> None:
    day = small_day(seed)
    story = story_named(day, "X1")
    stolen = thefts(day, story)
    own = [event for event in account_events(day) if event.account == story.victims[0]]
    bound = next(event for event in own if event.type == "DEVICE_BOUND")
    added = next(event for event in own if event.type == "PAYEE_ADDED" and event.payee_account == story.mules[0])
    assert bound.event_time < added.event_time < stolen[0].event_time
    assert between_s(bound.event_time, stolen[0].event_time) < 12 * 3_600
    for record in stolen:
        assert record.session is not None
        assert record.session.device == bound.device
        assert (record.session.otp_count_10m or 0) >= 2
    assert _drain(stolen) > 0.5


@pytest.mark.parametrize("seed", SEEDS)
def test_the_chain_is_one_case_from_the_safe_account_to_the_machine(seed: int) -> None:
    day = small_day(seed)
    story = story_named(day, "CHAIN")
    own = {row.event_id: row.typology for row in day.labels if row.case == story.story}
    order = [own[record.event_id] for record in approved(day, story)]
    assert list(dict.fromkeys(order)) == ["V1", "M1", "W2"]
    assert Counter(order)["M1"] == len(story.mules) - 1
    assert story.reported_us is not None


@pytest.mark.parametrize("seed", SEEDS)
def test_v2_is_a_firm_paying_new_private_persons_in_office_hours(seed: int) -> None:
    day = small_day(seed)
    stolen = thefts(day, story_named(day, "V2"))
    assert 2 <= len({record.payee.account for record in stolen if record.payee}) <= 3
    for record in stolen:
        assert record.payer is not None
        assert record.payee is not None
        assert (record.payer.type, record.channel) == ("CORPORATE", "WEB")
        assert record.payee.type in ("PERSON", None)
        assert yuan(record.amount_minor) >= 50_000
        assert record.original_event_id is not None
        assert 9 <= record.event_time.astimezone(START.tzinfo).hour < 18


@pytest.mark.parametrize("seed", SEEDS)
def test_under_thresholds_no_story_crosses_its_line(seed: int) -> None:
    day = small_day(seed, "under_thresholds")
    assert _drain(thefts(day, story_named(day, "V1"))) < 0.5
    passed = story_named(day, "M1")
    out = [r for r in approved(day, passed) if r.payer and r.payer.account == passed.mules[0]]
    assert sum(record.amount_minor for record in out) < 0.8 * thefts(day, passed)[0].amount_minor + 30_000
    assert len({r.payer.account for r in thefts(day, story_named(day, "M2")) if r.payer}) < 5
    cards = story_named(day, "W2")
    assert len({record.card for record in _cash(approved(day, cards))}) == 2
    cash = story_named(day, "W1")
    assert between_s(thefts(day, cash)[0].event_time, _cash(approved(day, cash))[0].event_time) > 600
    assert all(r.session and (r.session.otp_count_10m or 0) < 2 for r in thefts(day, story_named(day, "X1")))
    assert all(yuan(r.amount_minor) < 50_000 for r in thefts(day, story_named(day, "V2")))


@pytest.mark.parametrize("seed", SEEDS)
def test_warmed_up_mules_have_old_accounts_with_a_past(seed: int) -> None:
    day = small_day(seed, "warmed_up")
    mule = story_named(day, "M1").mules[0]
    past = [r for r in transactions(day) if r.payer and r.payer.account == mule and time_us(r.event_time) < day.day_us]
    assert past
    assert past[0].payer is not None
    assert past[0].payer.opened_on is not None
    assert START.date() - past[0].payer.opened_on >= timedelta(days=400)


@pytest.mark.parametrize("seed", SEEDS)
def test_by_day_nothing_is_stolen_at_night(seed: int) -> None:
    day = small_day(seed, "by_day")
    for story in day.stories:
        assert all(6 <= record.event_time.astimezone(START.tzinfo).hour < 19 for record in approved(day, story))


def test_slower_stories_take_longer() -> None:
    plain, slower = (story_named(small_day(1, tactic), "CHAIN") for tactic in ("plain", "slower"))
    assert _length_us(slower.movements) > 1.5 * _length_us(plain.movements)


def _length_us(movements: tuple[Movement, ...]) -> int:
    return movements[-1].at_us - movements[0].at_us
