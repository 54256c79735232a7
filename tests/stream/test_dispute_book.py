"""Disputes are kept in state, follow from the log alone, and are forgotten in time."""

import msgspec
import pytest

from models.records import Disposition
from models.units import instant
from stream.card_uses import Use, event_mark
from stream.dispute_book import PREFIX, DisputeBook
from stream.store import payload_of
from tests.bank import Bank, shipped_rulebook
from tests.scenario import read_story
from tests.stream.test_case_index import Values
from tests.stream.test_trace_book import restarted

POLICY, LADDER = shipped_rulebook().skimming, shipped_rulebook().ladder
NOW = 1_772_424_000_000
DAY = 86_400

STORY = """
for n in 1..4 | -10d 09:0{n}:00 withdrawal h{n} 300.00 CNY ATM-A id=own{n}
for n in 1..4 | -9d 09:0{n}:00 withdrawal h{n} 300.00 CNY ATM-B id=more{n}
for n in 1..4 | 02:0{n}:00 purchase h{n} -> shop 900.00 CNY web card=c{n} id=abused{n}
for n in 1..4 | +2d 12:0{n}:00 disposition abused{n} verdict=FRAUD
+3d 12:00:00 disposition abused4 verdict=LEGITIMATE
+4d 12:00:00 disposition more3 verdict=FRAUD
"""


def payloads(bank: Bank) -> dict[bytes, bytes]:
    return {key: payload_of(value) for key, value in bank.state().items()}


def said(verdict: str, number: int = 1, at_s: int = NOW // 1_000, typology: str | None = None) -> Disposition:
    return Disposition(
        disposition_id=f"x{number}",
        decided_at=instant(at_s * 1_000_000),
        verdict=verdict,  # type: ignore[arg-type]
        event_id="abused",
        typology=typology,
    )


def book(storage: Values | None = None) -> DisputeBook:
    return DisputeBook(storage or Values(), POLICY, LADDER)


def with_payments(storage: Values | None = None) -> DisputeBook:
    """Return a book in which one account used its card at two machines, and then a third saw the abuse."""
    told = book(storage)
    for event_id, day, place in (("own", 0, "ATM-A"), ("other", 1, "ATM-B"), ("abused", 9, "ATM-C")):
        told.used(event_id, Use(event_mark(event_id), 1_000_000 + day * DAY, "a-1", place), (), NOW, 0)
    return told


def heard(statements: list) -> list[tuple[str, bool]]:  # type: ignore[type-arg]
    return [(statement.id, statement.signal is not None) for statement in statements]


@pytest.mark.parametrize("partitions", [1, 4])
def test_a_restart_before_every_record_changes_nothing(partitions: int) -> None:
    steps = read_story(STORY)
    undisturbed, bank = Bank(partitions).take(step.event for step in steps), Bank(partitions)
    for step in steps:
        bank.take([step.event])
        restarted(bank)

    assert bank.alerts == undisturbed.alerts
    assert payloads(bank) == payloads(undisturbed)
    assert {alert.subject.id for alert in bank.final_alerts().values()} == {"ATM-A"}


def test_any_number_of_partitions_finds_the_same_points() -> None:
    ends = [
        {
            (alert.alert_id, alert.tier, alert.evidence)
            for alert in Bank(n).take(s.event for s in read_story(STORY)).final_alerts().values()
        }
        for n in (1, 2, 7)
    ]
    assert ends[0] == ends[1] == ends[2]


def test_a_fraud_tells_each_machine_once_and_legitimate_takes_it_back() -> None:
    told = with_payments()

    assert heard(told.rule("abused", [said("FRAUD")], NOW, 0)) == [("ATM-A", True), ("ATM-B", True)]
    assert told.rule("abused", [said("FRAUD")], NOW, 0) == []
    assert told.rule("abused", [said("UNKNOWN", 2, NOW // 1_000 + 5)], NOW, 0) == []
    assert heard(told.rule("abused", [said("LEGITIMATE", 3, NOW // 1_000 + 9)], NOW, 0)) == [("ATM-A", False), ("ATM-B", False)]


def test_of_several_verdicts_the_last_decided_counts_whichever_comes_first() -> None:
    told = with_payments()
    assert told.rule("abused", [said("FRAUD"), said("LEGITIMATE", 2, NOW // 1_000 + 5)], NOW, 0) == []
    assert heard(told.rule("abused", [said("FRAUD", 3, NOW // 1_000 + 6)], NOW, 0)) == [("ATM-A", True), ("ATM-B", True)]


def test_a_verdict_on_what_is_no_card_payment_here_is_not_kept() -> None:
    storage = Values()
    told = with_payments(storage)
    assert told.rule("elsewhere", [said("FRAUD")], NOW, 0) == []
    assert told.rule("abused", [said("LEGITIMATE")], NOW, 0) == []
    assert told.rule("abused", [said("FRAUD", typology="V1")], NOW, 0) == []
    assert not [key for key in storage.values if key.startswith(PREFIX)]


def test_a_verdict_that_names_an_attack_on_cards_counts_and_one_that_names_another_fraud_takes_it_back() -> None:
    told = with_payments()
    assert len(told.rule("abused", [said("FRAUD", typology="A3")], NOW, 0)) == 2
    back = told.rule("abused", [said("FRAUD", 2, NOW // 1_000 + 5, typology="M1")], NOW, 0)
    assert heard(back) == [("ATM-A", False), ("ATM-B", False)]


def test_a_use_that_arrives_after_the_dispute_is_told_too_and_one_that_is_disputed_itself_no_longer() -> None:
    told = with_payments()
    told.rule("abused", [said("FRAUD")], NOW, 0)
    late = Use(event_mark("late"), 1_000_000 + 2 * DAY, "a-1", "ATM-D")

    assert heard(told.used("late", late, (), NOW, 0)) == [("ATM-D", True)]
    own = msgspec.structs.replace(said("FRAUD", 9), event_id="other")
    assert heard(told.rule("other", [own], NOW, 0)) == [("ATM-B", False), ("ATM-A", True)]


def test_a_dispute_is_forgotten_when_there_was_no_news_of_it_for_long() -> None:
    storage = Values()
    told = with_payments(storage)
    told.rule("abused", [said("FRAUD")], NOW, 0)
    told.rule("other", [said("FRAUD", 7)], NOW + POLICY.keep_s * 1_000, 0)

    assert [key for key in storage.values if key.startswith(PREFIX)] == [PREFIX + b"other"]
    assert book(storage).rule("other", [said("FRAUD", 7)], NOW, 0) == []
