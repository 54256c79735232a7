"""The look-alike scenes: repeatable, valid, and true to what separates them from fraud."""

import pytest

from connectors.contract_json import decode, encode
from models.records import AccountEvent, Transaction
from models.units import time_us
from stream.simulator.lookalikes import LOOKALIKES, scenario
from stream.simulator.scene import DEFAULT_DAY

NAMES = tuple(LOOKALIKES)
TODAY_US = time_us(DEFAULT_DAY)


def _transactions(name: str, seed: int = 1) -> list[Transaction]:
    return [record for record in scenario(name, seed) if isinstance(record, Transaction)]


def _today(records: list[Transaction]) -> list[Transaction]:
    return [record for record in records if time_us(record.event_time) >= TODAY_US]


def test_all_twenty_of_the_catalogue_are_there() -> None:
    assert tuple(f"N{number}" for number in range(1, 21)) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_scene_is_the_same_for_the_same_seed_and_differs_for_another(name: str) -> None:
    assert scenario(name, 1) == scenario(name, 1)
    assert scenario(name, 1) != scenario(name, 2)


@pytest.mark.parametrize("name", NAMES)
def test_a_scene_is_in_order_with_unique_ids_and_readable(name: str) -> None:
    records = scenario(name, 1)
    times = [record.event_time for record in records]
    assert times == sorted(times)
    assert len({record.event_id for record in records}) == len(records)
    for record in records:
        topic = "transactions" if isinstance(record, Transaction) else "account-events"
        assert decode(topic, encode(record)) == record


@pytest.mark.parametrize("name", NAMES)
def test_a_scene_has_a_day_and_a_history_before_it(name: str) -> None:
    records = _transactions(name)
    assert 0 < len(_today(records)) < len(records)


@pytest.mark.parametrize("name", NAMES)
def test_nobody_in_a_scene_overdraws(name: str) -> None:
    for record in _transactions(name):
        for party in (record.payer, record.payee):
            assert party is None or party.balance_after_minor is None or party.balance_after_minor >= 0


def _payees(records: list[Transaction]) -> set[str]:
    return {record.payee.account for record in records if record.payee}


def test_n1_pays_mostly_the_same_people_in_a_batch_as_wages() -> None:
    wages = [record for record in _transactions("N1") if record.purpose == "SALA"]
    now, before = _payees(_today(wages)), _payees([record for record in wages if record not in _today(wages)])
    assert len(now & before) >= 0.8 * len(now)
    assert {record.channel for record in wages} == {"BATCH"}


def test_n3_is_small_sums_for_months_swept_to_the_owner() -> None:
    records = _transactions("N3")
    assert (records[-1].event_time - records[0].event_time).days > 90
    sweeps = [record for record in records if record.payer and record.payer.type == "MERCHANT" and record.status == "APPROVED"]
    assert all(record.payer and record.payee and record.payer.customer == record.payee.customer for record in sweeps)
    assert any(record.status == "REVERSED" for record in records)


def test_n6_is_colleagues_one_after_another_at_one_machine_who_keep_most_of_their_wage() -> None:
    cash = [record for record in _today(_transactions("N6")) if record.kind == "CASH_WITHDRAWAL"]
    assert len({record.terminal.id for record in cash if record.terminal}) == 1
    assert len({record.card for record in cash}) >= 20
    assert len({record.payer.cohort for record in cash if record.payer}) == 1
    for record in cash:
        assert record.payer is not None
        assert record.payer.balance_after_minor is None or record.payer.balance_after_minor > 0


def test_n10_moves_nearly_everything_but_to_the_same_customer_or_known_institutions() -> None:
    out = [record for record in _today(_transactions("N10")) if record.channel == "MOBILE"]
    assert out
    for record in out:
        assert record.payer is not None
        assert record.payee is not None
        assert record.payer.customer == record.payee.customer or record.purpose in ("SECU", "LOAR")


def test_n11_binds_a_new_device_and_then_pays_only_payees_of_old() -> None:
    records = scenario("N11", 1)
    bound = next(record for record in records if isinstance(record, AccountEvent) and record.type == "DEVICE_BOUND")
    payments = [record for record in records if isinstance(record, Transaction)]
    after = [record for record in payments if record.event_time > bound.event_time]
    before = [record for record in payments if record.event_time < bound.event_time]
    assert after
    assert _payees(after) <= _payees(before)
    assert all(record.session is None or record.session.device == bound.device for record in after)
    assert all(record.session is None or record.session.device != bound.device for record in before)
    assert not any(isinstance(record, AccountEvent) and record.type == "PHONE_CHANGED" for record in records)
