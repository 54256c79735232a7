"""What a confirmed fraud says about others: the account that a victim paid is a police matter, the one a mule paid goes to review.

The word travels as a statement of its own (origin `X:` and the key), beside what the detectors said of the same event, and is taken
back when its ground goes: another verdict, a reversal.
"""

from typing import Final

from models.case import Case, digest_of
from models.decision import Decision, Statement
from models.keys import KeyKind, key_of
from models.ladder import confirmed_signals, is_about
from models.policy import Ladder
from models.records import Reason
from models.rulebook import Rulebook
from models.signal import MULE, PERSONS_WORD, VICTIM, Also, Role, Signal

_TYPOLOGY: Final = "M7"
_Heard = tuple[KeyKind, str, Role, str]


def tell_confirmed(case: Case, kind: KeyKind, identifier: str, rulebook: Rulebook, decision: Decision) -> None:
    """Add the statements by which the accounts paid in a confirmed fraud hear of it, or hear that it is none.

    As many are told as one signal may tell: those of the newest payments.
    """
    if not case.steps and not case.confirmed:
        return
    before, told = case.confirmed, dict[_Heard, bytes]()
    origin = b"X:" + key_of(kind, identifier)
    found = _paid_by(case, rulebook.bounds.evidence_max)
    for other_kind, other, role, event_id in before:
        if (other_kind, other, role, event_id) not in found:
            decision.statements.append(Statement(other_kind, other, role, origin, event_id, case.currency, None))
    for heard, (also, signal, currency) in found.items():
        other_kind, other, role, event_id = heard
        word = Statement(other_kind, other, role, origin, event_id, currency, _word(case, also, signal, rulebook.ladder))
        told[heard] = digest_of(word)
        if before.get(heard) != told[heard]:
            decision.statements.append(word)
    case.confirmed = told


def _paid_by(case: Case, told_max: int) -> dict[_Heard, tuple[Also, Signal, str]]:
    """Return (kind, id, role, event) -> the mule's side of each confirmed signal that the key itself stated, in a fixed order."""
    if case.role not in (VICTIM, MULE):
        return {}
    currencies = {said.signal.event_id: said.currency for said in case.said if not said.origin}
    own = [said.signal for said in case.said if not said.origin]
    found = {
        (also.kind, also.id, also.role, signal.event_id): (also, signal, currencies[signal.event_id])
        for signal in sorted(confirmed_signals(case, own), key=lambda signal: (signal.at_us, signal.event_id, signal.nats))
        for also in signal.also
        if also.role == MULE and (case.role == MULE or _was_found(case, signal, also))
    }
    newest = sorted(found.items(), key=lambda item: (item[1][1].at_us, item[0]))[-told_max:]
    return dict(sorted(newest, key=lambda item: item[0]))


def _was_found(case: Case, signal: Signal, also: Also) -> bool:
    """Return whether what was found a fraud is this account's credit, and not another payment of the same pattern.

    Of the whole alert found so, every credit is; of one payment, that which it made. Whom else the victim paid on that day may be
    a shop or a builder.
    """
    if len(signal.also) == 1 or any(step.verdict == "FRAUD" and not step.event_id for step in case.steps if is_about(step, signal)):
        return True
    return also.id == signal.paid and any(step.event_id == signal.event_id for step in case.steps if step.verdict == "FRAUD")


def _word(case: Case, also: Also, signal: Signal, policy: Ladder) -> Signal:
    is_victims = case.role == VICTIM
    return Signal(
        PERSONS_WORD,
        1,
        _TYPOLOGY,
        also.role,
        signal.event_id,
        signal.at_us,
        3 if is_victims else 2,
        1.0,
        policy.confirmed_nats,
        (_OF_A_VICTIM if is_victims else _OF_A_MULE,),
        signal.evidence,
        signal.at_risk_minor,
    )


_OF_A_VICTIM = Reason(
    code="PAYMENT_DISPOSED_FRAUD",
    zh="经核实，本账户收到的款项系受害人被骗款。请审核限额止付建议。",
    en="A payment into this account was found to be a victim's. Please assess the limited stop-payment.",
    value=1,
    threshold=1,
)
_OF_A_MULE = Reason(
    code="PAYER_DISPOSED_FRAUD",
    zh="经核实，付款方账户涉案。请人工核查本账户。",
    en="The account that paid was found to be a mule's. Please review this account.",
    value=1,
    threshold=1,
)
