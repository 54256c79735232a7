"""How far a trace looks back is what the policy keeps: a day as shipped, more where a bank pays for it in memory."""

from models.rulebook import Rulebook
from tests.bank import Bank, rulebook_with, shipped_rulebook
from tests.scenario import read_story

STORY = """
account old    type=PERSON customer=c-1 on_us=true balance=90000.00
account mule1  type=PERSON customer=c-m1 on_us=true balance=0.00
account mule2  type=PERSON customer=c-m2 on_us=true balance=0.00
-3d 10:00:00  transfer  old -> mule1    20000.00 CNY  mobile  id=theft
-3d 10:30:00  transfer  mule1 -> mule2  12000.00 CNY  mobile
09:00:00      transfer  old -> shop        30.00 CNY  mobile  payee.type=MERCHANT
09:30:00      transfer  mule1 -> mule2     10.00 CNY  mobile
10:20:00  report  r-1  old -> mule1  20000.00  paid=10:00:00 event=theft
"""


def reached(rulebook: Rulebook) -> dict[str, int]:
    bank = Bank(rulebook=rulebook).take(step.event for step in read_story(STORY))
    return {account: trace.received_minor for account, trace in bank.final_traces().items() if trace.received_minor}


def test_as_shipped_a_report_of_a_payment_three_days_old_finds_nothing_and_says_so() -> None:
    bank = Bank(rulebook=shipped_rulebook()).take(step.event for step in read_story(STORY))
    (told,) = bank.final_traces()["old"].reported
    assert told.finding == "NOT_FOUND"
    assert reached(shipped_rulebook()) == {}


def test_a_policy_that_keeps_a_week_looks_back_a_week() -> None:
    assert reached(rulebook_with("bounds", window_max_s=604_800)) == {"mule1": 2_000_000, "mule2": 1_200_000}
