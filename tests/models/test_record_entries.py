"""What an entry keeps of a record: whole local days, and what the purpose claims apart from what the bank knows."""

import pytest

from models import entry as e
from models.entry import Entry
from models.recency import identifier_hash
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
    ("host", "bits"),
    [
        ("", 0),
        ("host.confirmed=true host.mac=OK", 0),
        ("host.confirmed=false", e.HOST_UNCONFIRMED),
        ("host.mac=BAD", e.MAC_BAD),
        ("host.mac=MISSING", e.MAC_BAD),
    ],
)
def test_what_the_core_system_does_not_stand_behind_is_kept_and_an_unknown_host_tells_nothing(host: str, bits: int) -> None:
    code = entry_of(f"10:00:00 withdrawal a-1 5.00 CNY ATM-1 {host}", "A:a-1").code

    assert code & (e.HOST_UNCONFIRMED | e.MAC_BAD) == bits


def test_a_machine_sees_cash_paid_in_at_it_as_a_credit_of_its_account() -> None:
    deposit = "10:00:00 deposit a-1 5.00 CNY {where} payee.customer=c-1 payee.holder_age=70 card=k-1"
    entry = entry_of(deposit.format(where="ATM-1"), "T:ATM-1")

    assert (entry.other, entry.who, entry.holder_age) == ("a-1", identifier_hash("c-1"), 70)
    assert entry.code & (e.CREDIT | e.CASH | e.MONEY) == e.CREDIT | e.CASH | e.MONEY
    (event,) = events_of(deposit.format(where="counter"))
    assert not entries_at(event, b"T:ATM-1")


def test_a_pension_is_told_from_a_wage() -> None:
    for purpose, is_pension in (("PENS", True), ("SALA", False)):
        code = entry_of(f"10:00:00 transfer a-1 -> a-2 5.00 CNY mobile purpose={purpose}", "A:a-2").code
        assert code & e.PAYROLL
        assert bool(code & e.PENSION) is is_pension


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
