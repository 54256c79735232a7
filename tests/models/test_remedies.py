"""The table of remedies, row by row: where the money is, and how old the payment."""

import pytest

from models import entry as e
from models.entry import Entry
from models.record_entries import account_entry, event_time_us
from models.remedies import RemedyClock, in_order, remedies_of
from tests.bank import shipped_rulebook
from tests.scenario import ZONE, events_of

CLOCK = RemedyClock(shipped_rulebook().remedies, shipped_rulebook().bounds.utc_offset_s)
MINUTE_US = 60_000_000


def paid(line: str) -> Entry:
    """Return the payer's entry of the one payment of a story."""
    (event,) = events_of(f"account away type=PERSON on_us=false bank=B2\naccount here type=PERSON on_us=true\n{line}")
    return account_entry(event, event_time_us(event), CLOCK.utc_offset_s, credit=False)


ROWS = [
    ("transfer  a -> here  900.00 CNY  mobile  status=REQUESTED", 1, ["HOLD"], None),
    ("transfer  a -> here  900.00 CNY  ATM-1   arrival_mode=REVOCABLE_24H", 23 * 60, ["REVOKE"], "03-03 10:00"),
    ("transfer  a -> here  900.00 CNY  ATM-1   arrival_mode=REVOCABLE_24H", 24 * 60, [], None),
    ("transfer  a -> here  900.00 CNY  mobile  arrival_mode=DELAYED", 119, ["REVOKE"], "03-02 12:00"),
    ("transfer  a -> here  900.00 CNY  mobile  arrival_mode=DELAYED", 120, [], None),
    ("transfer  a -> here  900.00 CNY  mobile  arrival_mode=NEXT_DAY", 13 * 60, ["REVOKE"], "03-03 00:00"),
    ("transfer  a -> here  900.00 CNY  mobile  arrival_mode=NEXT_DAY", 14 * 60, [], None),
    ("transfer  a -> here  900.00 CNY  mobile  arrival_mode=REALTIME", 1, [], None),
    ("transfer  a -> here  900.00 CNY  mobile", 1, [], None),
    ("transfer  a -> away  900.00 CNY  mobile", 1, ["RECALL"], None),
    ("transfer  a -> away  900.00 CNY  mobile  arrival_mode=REVOCABLE_24H", 60, ["REVOKE", "RECALL"], "03-03 10:00"),
    ("withdrawal  a  900.00 CNY  ATM-1", 29, ["PATROL_TERMINAL", "KEEP_PICTURE"], "03-02 10:30"),
    ("withdrawal  a  900.00 CNY  ATM-1", 30, ["KEEP_PICTURE"], None),
    ("purchase  a -> shop  900.00 CNY  POS-1", 1, [], None),
]


@pytest.mark.parametrize(("line", "minutes", "remedies", "closes"), ROWS)
def test_the_row_holds(line: str, minutes: int, remedies: list[str], closes: str | None) -> None:
    entry = paid(f"10:00:00  {line}")
    found = remedies_of(entry, 90_000, entry.at_us + minutes * MINUTE_US, CLOCK)

    assert [remedy.remedy for remedy in found] == remedies
    if closes is not None:
        assert found[0].closes_at is not None
        assert f"{found[0].closes_at.astimezone(ZONE):%m-%d %H:%M}" == closes


def test_an_own_name_move_within_the_bank_has_nothing_to_revoke() -> None:
    entry = paid("10:00:00  transfer  a -> here  900.00 CNY  ATM-1  arrival_mode=REVOCABLE_24H")
    entry.code |= e.OWN_NAME

    assert remedies_of(entry, 90_000, entry.at_us, CLOCK) == []


def test_the_surest_remedy_comes_first_then_the_largest() -> None:
    lines = ("withdrawal  a  1.00 CNY  ATM-1", "transfer  a -> away  5.00 CNY  mobile", "transfer  a -> away  7.00 CNY  mobile")
    entries = [paid(f"10:00:00  {line}") for line in lines]
    found = [remedy for entry in entries for remedy in remedies_of(entry, entry.amount_minor, entry.at_us, CLOCK)]

    assert [(remedy.remedy, remedy.amount_minor) for remedy in in_order(found)] == [
        ("RECALL", 700),
        ("RECALL", 500),
        ("PATROL_TERMINAL", 100),
        ("KEEP_PICTURE", 0),
    ]
