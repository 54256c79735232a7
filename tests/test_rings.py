"""A ring is one case on a human's queue, however many signals it gives; two rings are two."""

import random
from functools import cache
from itertools import pairwise

import pytest

from models.records import Alert
from tests.bank import Bank, Event, rulebook_with, shipped_rulebook
from tests.scenario import events_of

VICTIMS, MULES = 120, 6


def ring(name: str, start_s: int = 0, shop: str = "") -> list[Event]:
    """Return the hour of a ring: guided victims pay six mules, who pass it on to a collector, who sends it abroad.

    shop: to whom each mule pays a little besides.
    """
    facts = [f"account {name}v{n} type=PERSON customer=c-{name}v{n} balance=90000.00\n" for n in range(VICTIMS)]
    facts += [f"account {name}m{n} type=PERSON customer=c-{name}m{n} on_us=true balance=0.00\n" for n in range(MULES)]
    facts += [f"account {name}boss type=PERSON customer=c-{name}boss on_us=true balance=0.00\n"]
    lines = []
    for n in range(VICTIMS):
        mule, at_s = f"{name}m{n % MULES}", start_s + 20 * n
        lines.append(f"{clock(at_s)} transfer {name}v{n} -> {mule} 60000.00 CNY mobile session.call_active=true id={name}p{n:03}\n")
        lines.append(f"{clock(at_s + 70)} transfer {mule} -> {name}boss 59000.00 CNY mobile id={name}q{n:03}\n")
        if shop:
            lines.append(f"{clock(at_s + 80)} transfer {mule} -> {shop} 900.00 CNY mobile payee.type=MERCHANT id={name}s{n:03}\n")
        if n % 10 == 9:
            lines.append(f"{clock(at_s + 90)} transfer {name}boss -> {name}abroad 560000.00 CNY mobile id={name}r{n:03}\n")
    return events_of("".join(facts) + "".join(sorted(lines)))


def clock(at_s: int) -> str:
    return f"{10 + at_s // 3600:02}:{at_s // 60 % 60:02}:{at_s % 60:02}"


@cache
def told(partitions: int) -> Bank:
    return Bank(partitions).take(ring("x"))


def on_a_queue(bank: Bank) -> dict[str, Alert]:
    """Return the last revisions that people look at."""
    return {alert_id: alert for alert_id, alert in bank.final_alerts().items() if alert.tier >= 2}


def test_a_thousand_signals_of_one_ring_are_one_case_on_a_humans_queue() -> None:
    found = on_a_queue(told(1))
    signals = sum(len(alert.evidence) for alert in told(1).alerts)

    assert signals > 1_000
    assert len(found) > VICTIMS
    assert {alert.subject.id for alert in found.values()} >= {"xboss", *(f"xm{n}" for n in range(MULES))}
    assert len({alert.case_id for alert in found.values()}) == 1


def test_the_number_of_partitions_changes_no_case() -> None:
    assert {key: alert.case_id for key, alert in on_a_queue(told(5)).items()} == {
        key: alert.case_id for key, alert in on_a_queue(told(1)).items()
    }


@pytest.mark.parametrize("seed", [1, 2])
def test_a_ring_whose_records_arrive_in_another_order_is_the_same_case(seed: int) -> None:
    chance = random.Random(seed)
    late = sorted(ring("x"), key=lambda event: event.event_time.timestamp() + chance.uniform(0, 500))
    cases = {alert.case_id for alert in on_a_queue(Bank(2).take(late)).values()}

    assert cases == {alert.case_id for alert in on_a_queue(told(1)).values()}


def test_revisions_stay_few_however_many_victims_come() -> None:
    """A mule's is told in full at first; a victim's when it comes, when the network is known, and when that gets another id."""
    revisions = [alert for alert in told(1).alerts if alert.tier >= 2]
    by_mules = [alert for alert in revisions if alert.subject.role == "MULE_SUSPECTED"]

    told_in_full = shipped_rulebook().cases.told_in_full_max
    assert len(by_mules) < (told_in_full + 4) * (MULES + 2)
    assert len(revisions) - len(by_mules) < 4 * VICTIMS


def test_a_freeze_request_names_the_case_of_its_alert_and_is_not_sent_again_for_another_name() -> None:
    last_named = {alert.case_id for alert in on_a_queue(told(1)).values()}
    content = [
        (request.request_id, request.state, request.requested_amount_minor, request.transactions) for request in told(1).requests
    ]

    assert all(before != after for before, after in pairwise(content))
    assert {request.case_id for request in told(1).requests[-5:]} == last_named


def test_two_rings_stay_apart_although_both_pay_one_shop() -> None:
    bank = Bank().take(sorted(ring("x", shop="shop") + ring("y", 7, shop="shop"), key=lambda event: event.event_time))
    cases = {name: {alert.case_id for alert in on_a_queue(bank).values() if alert.subject.id[0] == name} for name in "xy"}

    assert [len(found) for found in cases.values()] == [1, 1]
    assert cases["x"].isdisjoint(cases["y"])


@pytest.mark.parametrize(("payee_type", "cases"), [("PERSON", 1), ("MERCHANT", 2), ("GOVERNMENT", 2)])
def test_two_guided_victims_of_one_person_are_one_case_and_of_one_shop_two(payee_type: str, cases: int) -> None:
    facts = "".join(f"account v{n} type=PERSON customer=c-{n} balance=90000.00\n" for n in range(2))
    paid = "".join(
        f"09:0{n}:00 transfer v{n} -> payee 60000.00 CNY mobile session.call_active=true payee.type={payee_type}\n"
        for n in range(2)
    )
    alerts = Bank().take(events_of(facts + paid)).final_alerts().values()

    assert [(alert.subject.id, alert.tier) for alert in alerts] == [("v0", 2), ("v1", 2)]
    assert len({alert.case_id for alert in alerts}) == cases


def test_two_rings_that_share_a_mule_are_one_case() -> None:
    bridge = "11:30:00 transfer xm0 -> yboss 55000.00 CNY mobile payer.balance_after=10.00\n"
    paid = "11:29:00 transfer z -> xm0 56000.00 CNY mobile payer.type=PERSON payee.type=PERSON\n"
    events = sorted(ring("x") + ring("y", 7) + events_of(paid + bridge), key=lambda event: event.event_time)
    cases = {alert.case_id for alert in on_a_queue(Bank().take(events)).values() if alert.subject.id[0] in "xy"}

    assert len(cases) == 1


def test_reminders_about_a_harmless_account_do_not_make_it_the_middle_of_a_case() -> None:
    landlord = "account landlord type=PERSON balance=0.00\n"
    tenants = "".join(f"account t{n} type=PERSON balance=60000.00\n" for n in range(4))
    rents = "".join(f"09:0{n}:00 transfer t{n} -> landlord 40000.00 CNY mobile\n" for n in range(4))
    alerts = (
        Bank(rulebook=rulebook_with("network", named_min=1)).take(events_of(landlord + tenants + rents)).final_alerts().values()
    )

    assert {alert.tier for alert in alerts} == {1}
    assert len({alert.case_id for alert in alerts}) == len(alerts) == 4
