"""What one decision teaches: a segment learns from money that moved and that nobody flagged, once."""

import msgspec
import pytest

from models.case import Context
from models.decide import decide
from models.entry import Entry
from models.profile import AccountProfile
from models.segment import Segment
from stream.keyed_processor import Faults
from tests.bank import shipped_rulebook
from tests.models.examine import entries_at
from tests.scenario import events_of

RULES = msgspec.structs.replace(
    shipped_rulebook(), segments=msgspec.structs.replace(shipped_rulebook().segments, sample=1)
)  # every payment is a lesson


def taught(story: str, copies: int = 1) -> int:
    """Return how many of a customer's payments its segment has learned."""
    profile, segment = AccountProfile(), Segment()
    for event in events_of(story) * copies:
        for entry in entries_at(event, b"A:a-1"):
            fresh: Entry = msgspec.structs.replace(entry)
            decide("ACCOUNT", "a-1", profile, fresh, segment, RULES, Context("transactions", 0, 0, 0, entry.event_id), Faults())
    return segment.learned


PAYMENT = "{at} transfer a-1 -> a-2 80.00 CNY mobile {facts}\n"


def test_a_payment_that_moved_money_teaches_also_when_it_comes_late() -> None:
    assert taught(PAYMENT.format(at="10:00:00", facts="") + PAYMENT.format(at="09:55:00", facts="late=600")) == 2


def test_a_payment_that_came_too_late_teaches_nothing_however_often_it_comes() -> None:
    """Nothing would know it again."""
    story = PAYMENT.format(at="10:00:00", facts="") + PAYMENT.format(at="08:00:00", facts="late=9000")

    assert (taught(story), taught(story, copies=3)) == (1, 1)


@pytest.mark.parametrize("status", ["REQUESTED", "DECLINED", "REVERSED of=earlier"])
def test_what_moved_no_money_teaches_nothing(status: str) -> None:
    assert taught(PAYMENT.format(at="10:00:00", facts=f"status={status}")) == 0


def test_a_request_teaches_once_it_is_approved() -> None:
    story = PAYMENT.format(at="10:00:00", facts="id=asked status=REQUESTED") + PAYMENT.format(at="10:01:00", facts="of=asked")

    assert taught(story) == 1
