"""Random days of one key: few counterparties, a coarse clock that meets every boundary, corrections, and any admissible order."""

from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from hypothesis import strategies as st

from models import entry as e
from models.entry import Entry
from models.policy import Bounds
from models.recency import identifier_hash

SECOND_US = 1_000_000
START_US = 1_772_400_000 * SECOND_US
BOUNDS = Bounds(
    lateness_s=600,
    window_max_s=3_600,
    entries_max=1_000,
    evidence_max=1_000,
    counterparties_max=3,
    places_max=2,
    devices_max=2,
    forget_s=4_800,
    relations_max=2,
    relation_s=3_000,
    dormant_s=1_800,
    utc_offset_s=28_800,
    habit_weight=0.05,
    habit_cap_s=2_400,
    habit_cap_deviations=3.0,
    excess_fade_s=1_200,
)
"""Small, so that a short stream drops, forgets and overflows memories; `entries_max` alone is out of reach here."""

_STEP_S = 150  # four steps are the lateness: gaps often equal it, or a window, exactly
NAMES = ("a-1", "a-2", "a-3", "a-4", "a-5")
_PLACES = ["", "", "ATM-1", "ATM-2", "ATM-3"]
_DEVICES = ["", "d-1", "d-2", "d-3"]
_APPROVED = e.MONEY | e.APPROVED

_PAYMENT = st.sampled_from(
    [e.TRANSFER, e.TRANSFER, e.TRANSFER | e.CREDIT, e.TRANSFER | e.CREDIT, e.CASH, e.CASH | e.CREDIT, e.PURCHASE]
)
_STATUS = st.sampled_from([_APPROVED] * 6 + [e.REQUESTED, e.DECLINED])
_FACTS = st.sampled_from([0, 0, 0, e.OWN_NAME, e.PAYROLL, e.PAYROLL | e.CORPORATE, e.PUBLIC, e.SELF_CORPORATE])
_ACCOUNT_EVENT = st.sampled_from([e.LOGIN, e.DEVICE_BOUND, e.PAYEE_ADDED]).map(lambda bit: e.ACCOUNT_EVENT | bit)
_AMOUNTS = st.sampled_from([0, 1, 99, 100, 5_000, 1_000_000])


@st.composite
def times_us(draw: st.DrawFn, size: int) -> list[int]:
    """Return `size` times in order: steps of the clock, now and then a fraction of a second beside one, or a long pause."""
    at_us, times = START_US, []
    for _ in range(size):
        at_us += draw(st.sampled_from([0, 0, 1, 1, 1, 2, 2, 4, 8, 25])) * _STEP_S * SECOND_US
        times.append(at_us + draw(st.sampled_from([0, 0, 0, 1, 400_000, -1])))
    return sorted(times)


@st.composite
def account_streams(draw: st.DrawFn, max_size: int = 28) -> list[Entry]:
    """Return the entries of one account in event order, corrections of earlier ones among them."""
    times = draw(times_us(draw(st.integers(1, max_size))))
    entries: list[Entry] = []
    for number, at_us in enumerate(times):
        payments = [entry for entry in entries if not entry.code & e.ACCOUNT_EVENT]
        if payments and draw(st.integers(0, 2)) == 0:
            entries.append(_correction(draw, payments[-8:], number, at_us))
            continue
        code = draw(_ACCOUNT_EVENT | st.builds(lambda *bits: sum(bits), _PAYMENT, _STATUS, _FACTS))
        is_payment = not code & e.ACCOUNT_EVENT
        entries.append(
            Entry(
                at_us,
                _event_id(draw, number),
                code,
                draw(_AMOUNTS) if is_payment else 0,
                draw(st.sampled_from(NAMES)),
                who=identifier_hash(draw(st.sampled_from(NAMES))),
                device=_device(draw(st.sampled_from(_DEVICES))),
                place=draw(st.sampled_from(_PLACES)) if is_payment else "",
            )
        )
    return sorted(entries, key=order)


def _event_id(draw: st.DrawFn, number: int) -> str:
    """Return an id that does not follow the order of time: simultaneous events are ordered by it alone."""
    return f"{draw(st.sampled_from('zma'))}{number}"


def _device(name: str) -> int:
    return identifier_hash(name) if name else 0


def _correction(draw: st.DrawFn, payments: Sequence[Entry], number: int, at_us: int) -> Entry:
    """Return a reversal, an approval or a refusal of an earlier entry; by a wrong clock it may be dated before it."""
    original = draw(st.sampled_from(payments))
    code = original.code & e.SHAPE | draw(st.sampled_from([e.REVERSAL, e.REVERSAL, _APPROVED, _APPROVED, e.DECLINED]))
    if draw(st.integers(0, 9)) == 0:
        at_us = original.at_us - draw(st.sampled_from([1, _STEP_S * SECOND_US, 4 * _STEP_S * SECOND_US]))
    return Entry(
        at_us, _event_id(draw, number), code, original.amount_minor, original.other, who=original.who, answers=original.event_id
    )


@st.composite
def device_streams(draw: st.DrawFn, max_size: int = 20) -> list[Entry]:
    """Return the entries of one device in event order."""
    times = draw(times_us(draw(st.integers(1, max_size))))
    codes = st.sampled_from([e.ACCOUNT_EVENT | e.LOGIN, e.TRANSFER | _APPROVED, e.TRANSFER | e.REQUESTED])
    found = [
        Entry(at_us, _event_id(draw, number), draw(codes), other=account, who=identifier_hash(account))
        for number, at_us in enumerate(times)
        for account in [draw(st.sampled_from(NAMES))]
    ]
    return sorted(found, key=order)


@st.composite
def arrivals(draw: st.DrawFn, events: Sequence[Any], at_us: Callable[[Any], int], bounds: Bounds = BOUNDS) -> list[Any]:
    """Return events in an order of arrival that keeps each within the lateness, some of them twice.

    Each is held up for at most the lateness; what arrives together is in any order. A copy follows at any time after.
    """
    delays = st.sampled_from([0, 0, 0, bounds.lateness_s // 4, bounds.lateness_s - 1, bounds.lateness_s])
    queue = []
    for event in events:
        arrival_us = at_us(event) + draw(delays) * SECOND_US
        queue.append((arrival_us, draw(st.integers(0, 3)), event))
        if draw(st.integers(0, 5)) == 0:
            pause_us = draw(st.sampled_from([0, 1, bounds.lateness_s, bounds.window_max_s])) * SECOND_US
            queue.append((arrival_us + pause_us, 4, event))
    return [event for _, _, event in sorted(queue, key=lambda waiting: waiting[:2])]


def order(entry: Entry) -> tuple[int, str]:
    """Return the place of an entry in event order."""
    return entry.at_us, entry.event_id


def fresh(entry: Entry) -> Entry:
    """Return an equal entry that shares nothing: a timeline owns its entries and changes their codes."""
    return msgspec.structs.replace(entry)
