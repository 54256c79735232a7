"""Whose account needs a second person: facts of the holder count, what a sender claims does not."""

from typing import Any

import msgspec
import pytest

from models.profile import AccountProfile
from models.protection import is_protected, note_holder
from models.records import Transaction
from tests.bank import Bank, shipped_rulebook
from tests.scenario import events_of

POLICY = shipped_rulebook().protection
WAGE = "10:00:00 transfer firm -> w-1 6000.00 CNY batch purpose=SALA payer.type=CORPORATE"


def after(line: str, *, times: int = 1, is_counted: bool = True) -> AccountProfile:
    """Return the payer's profile after so many payments."""
    (event,) = events_of(line)
    assert isinstance(event, Transaction)
    assert event.payer is not None
    profile = AccountProfile()
    for _ in range(times):
        note_holder(profile, event.payer, event, is_payer=True, is_counted=is_counted)
    return profile


def protected(profile: AccountProfile, account: str = "firm", **policy: Any) -> bool:
    return is_protected(account, profile, msgspec.structs.replace(POLICY, **policy))


def test_a_public_body_is_protected_and_a_person_or_firm_is_not() -> None:
    lines = {kind: WAGE.replace("CORPORATE", kind) for kind in ("GOVERNMENT", "CORPORATE", "PERSON", "MERCHANT")}
    assert {kind for kind, line in lines.items() if protected(after(line))} == {"GOVERNMENT"}


def test_who_pays_enough_wages_out_of_batches_is_protected() -> None:
    assert not protected(after(WAGE, times=POLICY.payroll_payments_min - 1))
    assert protected(after(WAGE, times=POLICY.payroll_payments_min))


@pytest.mark.parametrize(
    "line",
    [
        WAGE.replace("batch", "mobile"),
        WAGE.replace("purpose=SALA", "purpose=SUPP"),
        WAGE.replace("CORPORATE", "PERSON"),
        WAGE + " status=DECLINED",
    ],
)
def test_what_a_sender_can_choose_protects_nobody(line: str) -> None:
    assert not protected(after(line, times=100))


def test_a_payment_that_may_come_again_is_not_counted() -> None:
    assert after(WAGE, times=100, is_counted=False).payroll_count == 0


def test_the_policy_names_hospitals_by_account_or_by_employer() -> None:
    profile = after(WAGE + " payer.cohort=hospital-3")
    assert protected(profile, accounts=("firm",))
    assert protected(profile, cohorts=("hospital-3",))
    assert not protected(profile, accounts=("other",), cohorts=("hospital-4",))


def test_only_what_is_new_of_a_holder_is_reported_as_such() -> None:
    (event,) = events_of(WAGE.replace("SALA", "SUPP"))
    assert isinstance(event, Transaction)
    assert event.payer is not None
    profile = AccountProfile()
    assert [note_holder(profile, event.payer, event, is_payer=True, is_counted=True) for _ in range(2)] == [True, False]


HOSPITAL = """
account h-1  type=CORPORATE balance=30.00
10:00:00 transfer x-1 -> h-1 20000.00 CNY mobile
10:09:00 transfer h-1 -> y-1 19500.00 CNY mobile
14:00:00 transfer x-2 -> h-1 31000.00 CNY mobile
14:04:00 transfer h-1 -> y-2 30200.00 CNY mobile
"""


def test_a_named_hospital_is_never_asked_to_be_stopped_without_a_second_person() -> None:
    rules = shipped_rulebook()
    named = msgspec.structs.replace(rules, protection=msgspec.structs.replace(POLICY, accounts=("h-1",)))
    plain, hospital = Bank(rulebook=rules).take(events_of(HOSPITAL)), Bank(rulebook=named).take(events_of(HOSPITAL))
    assert [request.state for request in plain.requests_on("h-1")] == ["PROPOSED"]
    assert hospital.requests_on("h-1") == []
    last = hospital.alerts_on("h-1")[-1]
    assert (last.tier, last.reasons[-1].code) == (2, "PROTECTED_ACCOUNT")
    assert hospital.moves == {"PROTECTED_ACCOUNT": 1}


def test_an_account_found_to_be_protected_later_has_its_request_withdrawn() -> None:
    story = HOSPITAL.replace("type=CORPORATE ", "") + "15:00:00 transfer h-1 -> z 0.01 CNY mobile payer.type=GOVERNMENT\n"
    found = Bank().take(events_of(story)).requests_on("h-1")
    assert [(request.state, request.reasons[0].code) for request in found][-1] == ("WITHDRAWN", "PROTECTED_ACCOUNT")
