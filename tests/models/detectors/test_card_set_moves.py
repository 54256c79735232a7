"""W3: the cards that were drawn at one machine appear together at a second one."""

import random
from collections.abc import Sequence

import pytest

from models.records import Alert
from tests.bank import Bank, Event
from tests.models.examine import detector, examined, tiers
from tests.scenario import enriched, events_of, shifted

W3 = detector("card_set_moves")


def stack(
    cards: int = 3, gap_s: int = 150, later: str = "13", drawn: str = "7000.00", credit: bool = True, second: str = "ATM-B"
) -> str:
    """Return cards filled by strangers in the morning, drawn in turn at ATM-A from ten, and again elsewhere from one o'clock."""
    lines = []
    for n in range(cards):
        at = f"{n * gap_s // 60:02}:{n * gap_s % 60:02}"
        lines.append(f"account card{n} type=PERSON customer=k{n} balance=40.00")
        if credit:
            lines.append(f"09:{n:02}:00 transfer v{n} -> card{n} 15000.00 CNY mobile id=in{n} payer.type=PERSON")
        lines.append(f"10:{at} withdrawal card{n} {drawn} CNY ATM-A id=a{n}")
        lines.append(f"{later}:{at} withdrawal card{n} {drawn} CNY {second} id=b{n}")
    return "\n".join(lines) + "\n"


CAUGHT = (stack(), "A:card0", 0)
"""What one account must tell the second machine, as support: for the contract suite."""


def ends(story: str | Sequence[Event], subject: str = "ATM-B", partitions: int = 3) -> int:
    """Return the tier of the last W3 alert on a subject, 0 for none."""
    bank = Bank(partitions).take(events_of(story) if isinstance(story, str) else story)
    tiers = [alert.tier for alert in bank.final_alerts().values() if alert.subject.id == subject and alert.typology == "W3"]
    return max(tiers, default=0)


def last(bank: Bank, subject: str) -> Alert:
    return bank.alerts_on(subject)[-1]


def test_an_account_tells_the_second_machine_where_it_drew_before_and_when() -> None:
    signals = examined(W3, stack(), "A:card1")

    assert tiers(signals) == {"b1": 0}
    assert [(also.kind, also.id, also.tier) for also in signals["b1"].also] == [("TERMINAL", "ATM-B", 0)]
    assert (signals["b1"].from_place, signals["b1"].evidence) == ("ATM-A", ("a1", "b1"))


def test_the_third_card_at_the_second_machine_sends_somebody_there() -> None:
    bank = Bank(3).take(events_of(stack()))
    alert = last(bank, "ATM-B")

    assert (alert.typology, alert.tier, alert.recommended_action, alert.subject.role) == ("W3", 3, "PATROL_TERMINAL", "TERMINAL")
    assert "CARD_SET" in [reason.code for reason in alert.reasons]
    assert "ATM-A" in alert.reasons[0].en
    assert {"b0", "b1", "b2"} <= set(alert.evidence)
    assert ends(stack(), "ATM-A") == 0


def test_each_account_hears_of_it_and_a_freeze_is_asked_for_what_is_left() -> None:
    bank = Bank(3).take(events_of(stack()))

    for n in range(3):
        assert last(bank, f"card{n}").tier == 3
        assert [request.requested_amount_minor for request in bank.requests_on(f"card{n}")][-1] == 104_000


def test_a_skimmed_cards_holder_is_left_alone() -> None:
    """His own savings were drawn at two machines he never uses; the machine is worth a patrol, he is a victim."""
    used = "".join(f"-{d}d 12:00:00 withdrawal card{n} 100.00 CNY ATM-home\n" for n in range(3) for d in (9, 6, 3))
    story = used + stack(credit=False).replace("balance=40.00", "balance=90000.00")
    bank = Bank(3).take(events_of(story))

    assert last(bank, "ATM-B").tier == 3
    assert not bank.requests
    assert not any(bank.alerts_on(f"card{n}") for n in range(3))


@pytest.mark.parametrize(
    "story",
    [
        stack(cards=2),
        stack(drawn="1499.99"),
        stack(second="ATM-A"),
        "".join(f"-9d 12:00:00 withdrawal card{n} 100.00 CNY ATM-B\n" for n in range(3))
        + stack(credit=False).replace("=40.00", "=90000.00"),
        stack(gap_s=901),
    ],
    ids=["two cards", "little cash", "one machine", "own money at a machine they know", "each on a visit of its own"],
)
def test_just_under_a_threshold_nothing_is_said(story: str) -> None:
    assert ends(story) == 0


def test_within_the_day_is_together_and_a_day_later_is_not() -> None:
    next_day = stack().replace("\n13:", "\n+1d 09:")
    after_a_day = stack().replace("\n13:", "\n+1d 11:")

    assert ends(next_day) == 3
    assert ends(after_a_day) == 0


def test_among_other_customers_the_set_counts_by_its_share() -> None:
    def others(count: int) -> str:
        return "".join(f"13:02:{n + 31:02} withdrawal passer{n} 300.00 CNY ATM-B payer.customer=p{n}\n" for n in range(count))

    assert [ends(stack() + others(count)) for count in (0, 2, 3, 4, 5, 9)] == [3, 3, 1, 1, 0, 0]


def test_other_customers_who_arrive_late_or_are_reversed_are_weighed_anew() -> None:
    late = "".join(f"13:01:0{n} withdrawal passer{n} 300.00 CNY ATM-B id=p{n} payer.customer=p{n} late=400\n" for n in range(5))
    back = "".join(f"13:08:0{n} withdrawal passer{n} 300.00 CNY ATM-B status=REVERSED of=p{n} late=400\n" for n in range(5))

    bank = Bank(3).take(events_of(stack() + late))
    assert last(bank, "ATM-B").tier == 1
    assert last(bank, "card0").reasons[0].code == "WITHDRAWN" or last(bank, "card0").typology != "W3"
    assert bank.requests_on("card0")[-1].state == "WITHDRAWN"
    assert ends(stack() + late + back) == 3


def test_a_withdrawal_that_is_taken_back_leaves_two_cards_and_no_set() -> None:
    story = stack() + "13:06:00 withdrawal card1 7000.00 CNY ATM-B status=REVERSED of=b1\n"
    bank = Bank(3).take(events_of(story))

    assert ends(story) == 0
    assert bank.requests_on("card0")[-1].state == "WITHDRAWN"


def test_one_holders_three_cards_are_one() -> None:
    story = stack()
    for n in range(3):
        story = story.replace(f"customer=k{n}", "customer=same")

    assert ends(story) == 0


@pytest.mark.parametrize("hours", [0, 5, 9, 14])
def test_the_hour_does_not_matter(hours: int) -> None:
    assert ends(shifted(events_of(stack()), hours)) == 3


def test_the_order_of_the_cards_at_the_second_machine_does_not_matter() -> None:
    story = stack().replace("13:00:00", "13:09:00")

    assert ends(story) == 3


def test_a_third_machine_is_told_of_the_second() -> None:
    third = "".join(f"16:0{n}:00 withdrawal card{n} 900.00 CNY ATM-C\n" for n in range(3))
    bank = Bank(3).take(events_of(stack() + third))

    assert "ATM-B" in last(bank, "ATM-C").reasons[0].en
    assert last(bank, "ATM-C").tier == 3


def test_a_pensioners_carer_at_two_machines_is_explained() -> None:
    facts = "payer.holder_age=77"
    old = "".join(f"{line} {facts}\n" if "withdrawal" in line else f"{line}\n" for line in stack(drawn="2600.00").splitlines())

    assert ends(old) == 1


@pytest.mark.parametrize("seed", range(4))
def test_any_order_of_arrival_ends_in_the_same_alerts(seed: int) -> None:
    """Events up to ten minutes late, and any number of partitions."""
    others = "".join(f"13:02:{n + 31:02} withdrawal passer{n} 300.00 CNY ATM-B payer.customer=p{n}\n" for n in range(2))
    events = [enriched(event) for event in events_of(stack(cards=5) + others)]
    rng = random.Random(seed)
    shuffled = sorted(events, key=lambda event: event.event_time.timestamp() + rng.uniform(0, 590))
    final = []
    for order, partitions in ((events, 1), (shuffled, 4)):
        bank = Bank(partitions).take(order)
        final.append(
            sorted(
                (alert.alert_id, alert.tier, alert.typology, alert.score, alert.evidence, alert.reasons)
                for alert in bank.final_alerts().values()
                if alert.tier >= 2
            )
        )
    assert final[0] == final[1]
    assert any(typology == "W3" for _, _, typology, *_ in final[0])
