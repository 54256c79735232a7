"""The history of an account equals what a look through all its entries finds, whatever the order of arrival."""

from math import log1p

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models import entry as e
from models.entry import Entry
from models.history import History, Relation
from models.history_after import ATM_PAUSE_S, history_after
from models.profile import AccountProfile
from models.recency import identifier_hash, remember
from models.timeline import place
from models.view import View
from tests.bank import shipped_rulebook

BOUNDS = msgspec.structs.replace(shipped_rulebook().bounds, relations_max=3, relation_s=5 * 86_400, dormant_s=4 * 86_400)
START_S = 1_772_380_800
DAY_S = 86_400
OUT = e.TRANSFER | e.MONEY | e.APPROVED
IN = OUT | e.CREDIT
CASH = e.CASH | e.MONEY | e.APPROVED | e.ATM
LOGIN = e.ACCOUNT_EVENT | e.LOGIN
CODES = (OUT, IN, CASH, LOGIN, OUT | e.ATM, e.ACCOUNT_EVENT | e.EBANK_ENROLLED, OUT | e.BATCH, e.TRANSFER | e.DECLINED)


def entry(at_s: int, code: int, minor: int = 5_000, other: str = "b", **fields: object) -> Entry:
    return Entry(at_s * 1_000_000, f"e{at_s}-{code}", code, minor, other, who=identifier_hash(other), **fields)


def lived(entries: list[Entry], payees: bytes = b"", payers: bytes = b"") -> History:
    history = History()
    for made in entries:
        history = history_after(history, made, payees, payers, BOUNDS)
    return history


@st.composite
def lives(draw: st.DrawFn) -> list[Entry]:
    at_s, entries = START_S, []
    for _ in range(draw(st.integers(1, 40))):
        at_s += draw(st.sampled_from((1, 60, 3_600, 20_000, DAY_S, 3 * DAY_S, 6 * DAY_S)))
        minor = draw(st.sampled_from((100, 10_000, 25_000, 500_000)))
        currency = draw(st.sampled_from(("CNY", "CNY", "CNY", "USD")))
        entries.append(entry(at_s, draw(st.sampled_from(CODES)), minor, draw(st.sampled_from("bcdef")), currency=currency))
    return entries


def moved(entries: list[Entry]) -> list[Entry]:
    return [made for made in entries if made.code & e.APPROVED]


def seconds(made: Entry) -> int:
    return made.at_us // 1_000_000


def day_of(made: Entry) -> int:
    return (seconds(made) + BOUNDS.utc_offset_s) // DAY_S


@given(lives())
@settings(max_examples=150, deadline=None)
def test_day_sums_are_those_of_the_last_four_days_with_movements(entries: list[Entry]) -> None:
    history, own = lived(entries), [made for made in moved(entries) if made.currency == next(iter(moved(entries))).currency]
    days = sorted({day_of(made) for made in own})
    for known, day in zip(history.days, days[-4:], strict=True):
        that = [made for made in own if day_of(made) == day]
        assert known.day == day
        assert known.count == len(that)
        assert known.round_count == sum(made.amount_minor % 10_000 == 0 for made in that)
        assert known.in_minor == sum(made.amount_minor for made in that if made.code & e.CREDIT)
        assert known.out_minor == sum(made.amount_minor for made in that if not made.code & e.CREDIT)
        assert known.cash_minor == sum(made.amount_minor for made in that if made.code & e.CASH)
    counts = [sum(day_of(made) == day for made in own) for day in days[:-4]]
    assert history.day_count == len(counts)
    mean = 0.0
    for number, count in enumerate(counts):
        mean = log1p(count) if number == 0 else BOUNDS.habit_weight * log1p(count) + (1 - BOUNDS.habit_weight) * mean
    assert history.day_mean == pytest.approx(mean)


@given(lives())
@settings(max_examples=150, deadline=None)
def test_the_largest_cash_day_of_each_month_is_kept_once_its_day_is_over(entries: list[Entry]) -> None:
    history, own = lived(entries), [made for made in moved(entries) if made.currency == next(iter(moved(entries))).currency]
    past = sorted({day_of(made) for made in own})[:-4]
    largest: dict[int, int] = {}
    for day in past:
        cash_minor = sum(made.amount_minor for made in own if day_of(made) == day and made.code & e.CASH)
        if cash_minor:
            largest[day // 30] = max(largest.get(day // 30, 0), cash_minor)
    assert history.cash_months == tuple(figure for pair in sorted(largest.items())[-7:] for figure in pair)


@given(lives())
@settings(max_examples=150, deadline=None)
def test_waking_is_the_last_sign_of_life_after_a_long_silence(entries: list[Entry]) -> None:
    history = lived(entries)
    signs = [seconds(made) for made in entries if made.code & e.LOGIN or not made.code & (e.ACCOUNT_EVENT | e.CREDIT | e.BATCH)]
    assert history.first_s == seconds(entries[0])
    assert history.active_s == (signs[-1] if signs else 0)
    before = [seconds(entries[0]), *signs]
    woken = [(after, after - earlier) for earlier, after in zip(before, signs, strict=False) if after - earlier >= BOUNDS.dormant_s]
    assert (history.woke_s, history.slept_s) == (woken[-1] if woken else (0, 0))
    transfers = [seconds(made) for made in entries if made.code == OUT | e.ATM]
    assert history.atm_transfer_s == (transfers[-1] if transfers else 0)
    assert history.atm_since_s == (transfers[0] if transfers else 0)  # no life drawn here is a year long


@given(lives())
@settings(max_examples=150, deadline=None)
def test_a_relation_holds_every_payment_of_its_first_days(entries: list[Entry]) -> None:
    for relation in lived(entries).relations:
        pair = [
            made
            for made in moved(entries)
            if made.code & e.TRANSFER and made.who == relation.who and made.currency == relation.currency
            if seconds(made) >= relation.first_s
        ]
        outs = [made for made in pair if not made.code & e.CREDIT]
        ins = [made for made in pair if made.code & e.CREDIT]
        assert relation.last_s == seconds(pair[-1])
        assert relation.last_s - relation.first_s <= BOUNDS.relation_s
        assert (relation.out_count, relation.out_minor) == (len(outs), sum(made.amount_minor for made in outs))
        assert (relation.in_count, relation.in_minor) == (len(ins), sum(made.amount_minor for made in ins))
        assert relation.out_max_minor == max((made.amount_minor for made in outs), default=0)
        assert relation.outs == tuple(figure for made in outs[-6:] for figure in (seconds(made), made.amount_minor))
        assert relation.ins == tuple(figure for made in ins[-3:] for figure in (seconds(made), made.amount_minor))


@given(lives())
@settings(max_examples=50, deadline=None)
def test_of_too_many_relations_the_least_recent_leaves(entries: list[Entry]) -> None:
    relations = lived(entries).relations
    assert len(relations) <= 3
    assert [relation.last_s for relation in relations] == sorted(relation.last_s for relation in relations)


def test_somebody_known_from_before_is_no_young_relation() -> None:
    known = remember(b"", identifier_hash("b"), START_S - 40 * DAY_S, BOUNDS.forget_s, 8)

    assert lived([entry(START_S, OUT)], payees=known).relations == ()
    assert lived([entry(START_S, OUT)], payers=known).relations == ()
    assert lived([entry(START_S, OUT)]).relations == (
        Relation(identifier_hash("b"), "CNY", START_S, START_S, 1, 5_000, 5_000, outs=(START_S, 5_000)),
    )


@pytest.mark.parametrize("code", [OUT | e.OWN_NAME, OUT | e.PUBLIC, IN | e.OWN_NAME])
def test_neither_the_own_name_nor_a_public_body_is_a_relation(code: int) -> None:
    assert lived([entry(START_S, code)]).relations == ()


def test_what_was_taken_back_in_time_did_not_happen() -> None:
    history = lived([entry(START_S, (OUT | e.TAKEN_BACK) & ~e.MONEY)])

    assert history.days == ()
    assert history.relations == ()
    assert history.active_s == START_S


def test_a_view_sees_the_history_to_the_moment_before_its_event() -> None:
    profile = AccountProfile()
    for at_s in (START_S, START_S + 30, START_S + 2 * 3_600, START_S + 2 * 3_600 + 60):
        placed = place(profile, entry(at_s, OUT), BOUNDS)
    view = View("a", profile, placed.entries, placed.at, BOUNDS)

    (relation,) = view.history().relations
    assert relation.out_count == 3
    assert profile.history.relations[0].out_count == 2
    assert view.history() is view.history()


@pytest.mark.parametrize(("pause_s", "begins"), [(ATM_PAUSE_S, False), (ATM_PAUSE_S + 1, True)])
def test_transfers_at_machines_begin_anew_after_a_year_without_any(pause_s: int, *, begins: bool) -> None:
    again_s = START_S + 60 + pause_s
    history = lived([entry(at_s, OUT | e.ATM) for at_s in (START_S, START_S + 60, again_s)])

    assert history.atm_transfer_s == again_s
    assert history.atm_since_s == (again_s if begins else START_S)
