"""What an entry keeps of a record: whole local days, and what the purpose claims apart from what the bank knows."""

import pytest

from models import entry as e
from models.entry import Entry
from tests.models.examine import entries_at
from tests.scenario import events_of


def entry_of(line: str, key: str) -> Entry:
    (event,) = events_of(line)
    (found,) = entries_at(event, key.encode())
    return found


@pytest.mark.parametrize(
    ("time", "opened_on", "age_d"),
    [("00:00:00", "2026-03-02", 0), ("00:00:00", "2026-03-01", 1), ("07:59:59", "2026-03-01", 1), ("23:59:59", "2026-03-01", 1)],
)
def test_the_age_of_an_account_is_counted_in_whole_local_days(time: str, opened_on: str, age_d: int) -> None:
    """Until eight in the morning the day in China is one ahead of the day in UTC."""
    payment = f"{time} transfer a-1 -> a-2 5.00 CNY mobile payee.opened_on={opened_on}"

    assert entry_of(payment, "A:a-1").age_d == age_d


def test_the_age_of_an_account_opened_tomorrow_is_none_and_of_an_unknown_one_unknown() -> None:
    payment = "10:00:00 transfer a-1 -> a-2 5.00 CNY mobile"

    assert entry_of(f"{payment} payee.opened_on=2026-03-03", "A:a-1").age_d == 0
    assert entry_of(payment, "A:a-1").age_d == e.UNKNOWN_AGE_D


@pytest.mark.parametrize("purpose", ["SALA", "PENS", "BONU", "LOAN", "TAXS", "GOVT"])
def test_no_purpose_makes_the_counterparty_an_institution(purpose: str) -> None:
    code = entry_of(f"10:00:00 transfer a-1 -> a-2 5.00 CNY mobile purpose={purpose}", "A:a-1").code

    assert not code & e.INSTITUTION


@pytest.mark.parametrize(
    ("regions", "bits"),
    [
        ("payer.region=330106 payee.region=330200", e.SAME_REGION),
        ("payer.region=330106 payee.region=440100", e.CROSS_REGION),
        ("payer.region=330106", 0),
        ("", 0),
    ],
)
def test_one_province_two_or_unknown(regions: str, bits: int) -> None:
    code = entry_of(f"10:00:00 transfer a-1 -> a-2 5.00 CNY mobile {regions}", "A:a-2").code

    assert code & (e.SAME_REGION | e.CROSS_REGION) == bits


def test_a_device_sees_whose_payment_it_was_and_how_much() -> None:
    line = "10:00:00 transfer a-1 -> a-2 5.00 CNY mobile session.device=d-1 payer.customer=c-1"
    paid, login = entry_of(line, "D:d-1"), entry_of("10:00:00 login a-1 device=d-1 customer=c-1", "D:d-1")

    assert (paid.amount_minor, paid.other, paid.who) == (500, "a-1", login.who)
    assert login.amount_minor == 0
