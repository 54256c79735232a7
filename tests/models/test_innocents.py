"""An account that people found in order ends the trace: what it passes on is its own, until reported money comes anew."""

import pytest

from models.records import TraceRecord
from tests.bank import Bank
from tests.scenario import SCENARIOS, read_story

STORY = (SCENARIOS / "r_innocent_seller.txt").read_text("utf-8")
FOUND, LATER = "10:50:00", "12:00:00"
PAID_ON = "10:30:00  transfer  seller -> landlord  9000.00 CNY  mobile\n"


def bank(text: str, partitions: int = 1) -> Bank:
    return Bank(partitions).take(step.event for step in read_story(text))


def trace(found: Bank, account: str) -> TraceRecord:
    return found.final_traces()[account]


@pytest.mark.parametrize("partitions", [1, 5])
def test_what_an_innocent_passed_on_before_is_taken_back_from_whoever_got_it(partitions: int) -> None:
    head, tail = STORY.split(FOUND)
    before = bank(head + PAID_ON, partitions)
    assert trace(before, "landlord").received_minor == 600_000
    after = bank(head + PAID_ON + FOUND + tail.partition(LATER)[0], partitions)
    assert trace(after, "landlord").received_minor == 0
    assert {part.way for part in trace(after, "seller").left} == {"FAIR_TRADE"}


def test_no_freeze_is_shown_as_a_remedy_at_an_innocent() -> None:
    head = STORY.split(FOUND)[0]
    assert "FREEZE_REQUEST" in {one.remedy for one in trace(bank(head), "seller").remedies}
    assert trace(bank(STORY), "seller").remedies == ()


def test_money_that_comes_after_the_finding_is_followed_again() -> None:
    again = (
        "13:00:00  transfer  mule1 -> seller  5000.00 CNY  mobile\n14:00:00  transfer  seller -> landlord  9000.00 CNY  mobile\n"
    )
    assert "landlord" in bank(STORY + again).final_traces()
    assert "landlord" not in bank(STORY).final_traces()


def test_a_finding_is_taken_back_by_a_later_one() -> None:
    fraud = "11:30:00  disposition  seller MULE_SUSPECTED  verdict=FRAUD by=manager\n"
    assert trace(bank(STORY + fraud), "landlord").received_minor == 600_000
