"""The account that a victim paid hears that the payment was found a fraud, and again only when there is something new to say."""

from models.case import Case, Said
from models.confirmed import tell_confirmed
from models.decision import Decision, Statement
from models.people import Step
from models.records import Reason
from models.signal import MULE, VICTIM, Also, Signal
from tests.bank import shipped_rulebook

RULES = shipped_rulebook()
REASON = Reason(code="SUM", zh="和", en="sum", value=1, threshold=1)


def drain(*evidence: str) -> Signal:
    return Signal(
        "some",
        1,
        "V1",
        VICTIM,
        "paid",
        1,
        2,
        0.5,
        4.0,
        (REASON,),
        evidence,
        100,
        (Also("ACCOUNT", "mule", MULE, 2, "V1"),),
        paid="mule",
    )


def case_of(signal: Signal) -> Case:
    return Case(VICTIM, "c", "victim", 1, 1, said=[Said(b"", signal, "CNY")], steps=[Step(2, "d", "FRAUD", "", "", "desk", "")])


def told(case: Case) -> list[Statement]:
    decision = Decision("accepted")
    tell_confirmed(case, "ACCOUNT", "victim", RULES, decision)
    return decision.statements


def test_the_account_paid_hears_of_a_confirmed_fraud_once() -> None:
    case = case_of(drain("first", "paid"))

    (statement,) = told(case)
    assert (statement.id, statement.event_id) == ("mule", "paid")
    assert statement.signal is not None
    assert statement.signal.evidence == ("first", "paid")
    assert told(case) == []


def test_it_hears_again_when_the_evidence_changes() -> None:
    case = case_of(drain("first", "paid"))
    told(case)
    case.said = [Said(b"", drain("paid"), "CNY")]

    (statement,) = told(case)
    assert statement.signal is not None
    assert statement.signal.evidence == ("paid",)


def test_it_is_taken_back_when_the_verdict_is() -> None:
    case = case_of(drain("paid"))
    told(case)
    case.steps.append(Step(3, "e", "LEGITIMATE", "", "", "desk", ""))

    assert [(statement.id, statement.signal) for statement in told(case)] == [("mule", None)]
    assert told(case) == []
