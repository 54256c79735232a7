"""The other bank's answer to a recall: camt.029 to a freeze response, where the recall was made of a freeze request."""

import re
from typing import Final

from connectors.iso20022.fields import Setup, amount, fault, id_at, need, text_at, time
from connectors.iso20022.xml_units import Node
from models.contract_types import FreezeStatus
from models.input_records import FreezeResponse

_OWN_REQUEST: Final = re.compile(r"r-[0-9a-f]{20}", re.ASCII)
"""Form of the request ids that the detection gives. A case of any other form is none of ours to answer here."""

STATUS: Final[dict[str, FreezeStatus]] = {
    "CNCL": "EXECUTED",  # cancelled as asked
    "ACCR": "EXECUTED",  # the same, of one payment
    "PECR": "EXECUTED",  # partly executed
    "ACVA": "EXECUTED",
    "PDCR": "ACKNOWLEDGED",  # pending
    "CWFW": "ACKNOWLEDGED",  # will follow
    "UWFW": "NEED_INFO",  # unable to apply, will follow
    "INFO": "NEED_INFO",
    "RJCR": "REJECTED",
}
"""Investigation or cancellation status -> ours. Source: external code sets, investigation execution and cancellation status."""
REASON: Final[dict[str, FreezeStatus]] = {
    "NOOR": "MISMATCH",  # no original transaction received
    "AM04": "REJECTED",  # nothing left on the account
    "INDM": "NEED_INFO",  # an indemnity is asked for
    "IDRP": "NEED_INFO",
}
"""Reason of a refusal -> ours, where it says more than no. Source: external code set, payment cancellation rejection."""


def resolution(setup: Setup, node: Node) -> list[FreezeResponse]:
    """Return the freeze response that a `RsltnOfInvstgtn` stands for; none if the case is not a freeze request's.

    The sequence is the second at which the answer was made: the other bank keeps no counter for us. Errors: DecodeError.
    """
    field = "RsltnOfInvstgtn"
    made = time(need(node, "Assgnmt/CreDtTm", f"{field}/Assgnmt/CreDtTm"), f"{field}/Assgnmt/CreDtTm", setup.zone)
    payments = [found for details in node.all("CxlDtls") for found in details.all("TxInfAndSts")]
    case = _case(node, payments)
    confirmed = node.at("Sts/Conf")
    codes = [text_at(payment, "TxCxlSts") for payment in payments if payment.child("TxCxlSts")]
    reasons = [
        text_at(given, "Rsn/Cd") or text_at(given, "Rsn/Prtry") for payment in payments for given in payment.all("CxlStsRsnInf")
    ]
    code = confirmed.text if confirmed is not None else next(iter(codes), "")
    if not code:
        raise fault("missing_field", node.child("Sts") or node, f"{field}/Sts", "the answer has no status that is read")
    if code not in STATUS:
        raise fault("unknown_value", confirmed or node, f"{field}/Sts", "the status is none that is known")
    if not _OWN_REQUEST.fullmatch(case):
        return []
    status = STATUS[code]
    known = [reason for reason in reasons if re.fullmatch("[A-Z0-9]{4}", reason)]
    if status == "REJECTED":
        status = next((REASON[reason] for reason in known if reason in REASON), status)
    return [
        FreezeResponse(
            request_id=case,
            sequence=max(1, int(made.timestamp())),
            responded_at=made,
            status=status,
            held_amount_minor=_held(payments) if status == "EXECUTED" else None,
            reason=" ".join(sorted(set(known))) or None,  # codes only: free text may name persons
        )
    ]


def _case(node: Node, payments: list[Node]) -> str:
    """Return the id of our case, as the answer repeats it."""
    for holder in (node, *payments):
        found = id_at(holder, "RslvdCase/Id")
        if found:
            return found
    return id_at(node, "Sts/DplctOf/Id")


def _held(payments: list[Node]) -> int | None:
    """Return the sum that comes back, None where an answer does not tell it for every payment, or tells two currencies."""
    told: list[tuple[int, str]] = []
    for payment in payments:
        if text_at(payment, "TxCxlSts") == "RJCR":
            continue
        found = payment.at("RsltnRltdInf/IntrBkSttlmAmt") or payment.child("OrgnlIntrBkSttlmAmt")
        if found is None:
            return None
        told.append(amount(found, "RsltnOfInvstgtn/CxlDtls/TxInfAndSts/OrgnlIntrBkSttlmAmt"))
    if len({currency for _, currency in told}) != 1:
        return None
    return sum(minor for minor, _ in told)
