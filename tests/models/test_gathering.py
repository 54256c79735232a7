"""What accounts told a machine becomes one signal there, is told to each of them, and can be taken back."""

from tests.bank import Bank
from tests.models.detectors.test_card_set_moves import stack
from tests.scenario import events_of

RUN = "".join(f"14:0{n}:00 withdrawal card{n} 500.00 CNY ATM-B\n" for n in range(3))


def test_what_is_gathered_stands_beside_a_run_at_the_same_machine_and_replaces_nothing() -> None:
    """The last card makes both a run (W2) and a set that moved (W3): each account hears of both."""
    story = stack(drawn="7400.00", gap_s=100).replace("10:0", "09:3")  # emptied at the second machine
    bank = Bank(3).take(events_of(story))
    said = [s.signal for case in bank.account("card2").cases for s in case.said]

    assert {signal.typology for signal in said if signal.tier} >= {"W2", "W3"}


def test_the_machines_word_on_an_account_names_its_own_withdrawals_at_both_machines() -> None:
    bank = Bank(3).take(events_of(stack()))
    (heard,) = [s.signal for case in bank.account("card1").cases for s in case.said if s.origin and s.signal.typology == "W3"]

    assert heard.evidence == ("a1", "b1")
    assert heard.role == "MULE_SUSPECTED"


def test_an_account_that_draws_again_is_still_told_of_once() -> None:
    bank = Bank(3).take(events_of(stack() + RUN))
    for n in range(3):
        told = [s for case in bank.account(f"card{n}").cases for s in case.said if s.origin and s.signal.typology == "W3"]
        assert len(told) == 1


def test_what_was_gathered_outlives_the_machines_record_of_who_drew_beside() -> None:
    """A day later the five others have left the machine's record: three cards of eight do not become three of three."""
    others = "".join(f"13:02:{n + 31:02} withdrawal passer{n} 300.00 CNY ATM-B payer.customer=p{n}\n" for n in range(5))
    day_after = "".join(
        f"+1d {hour}:00:00 withdrawal late{hour} 300.00 CNY ATM-B payer.customer=l{hour}\n" for hour in (10, 13, 14)
    )
    lonely = "+1d 13:40:00 withdrawal card0 3000.00 CNY ATM-D\n+1d 13:50:00 withdrawal card0 3000.00 CNY ATM-B\n"
    bank = Bank(3).take(events_of(stack() + others + day_after + lonely))

    assert not [alert for alert in bank.alerts_on("ATM-B") if alert.tier > 1]


def test_a_set_that_moved_is_not_taken_back_when_the_machine_forgets_it() -> None:
    bank = Bank(3).take(events_of(stack() + "+1d 13:50:00 withdrawal late 300.00 CNY ATM-B payer.customer=l\n"))

    assert bank.alerts_on("ATM-B")[-1].tier == 3
    assert bank.requests_on("card1")[-1].state == "PROPOSED"
