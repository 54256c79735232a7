"""camt.056, the request to cancel a payment as fraud: written for the other bank, and read.

The elements used are the same, in the same order, from version 08 (2019) to 12; the tests hold the text against the schema of 12.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final
from xml.sax.saxutils import escape

import msgspec

from connectors.iso20022.fields import amount, amount_text, fault, id_at, need, text_at, time
from connectors.iso20022.xml_units import Node

VERSIONS: Final = ("08", "09", "10", "11", "12")
ROOT: Final = "FIToFIPmtCxlReq"
REASON: Final = "FRAD"
"""Fraudulent origin. Source: external code set, payment cancellation reason."""
ID_CHARACTERS_MAX: Final = 35
_BIC: Final = re.compile(r"[A-Z0-9]{4}[A-Z]{2}[A-Z0-9]{2}([A-Z0-9]{3})?", re.ASCII)
_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


class RecalledPayment(msgspec.Struct, frozen=True, kw_only=True):
    """A payment to be sent back, in the words of its own message; "" where one is not known.

    original_message, original_name: id and kind (`pacs.008.001.08`) of that message. account: the payee's number in clear, for
    the other bank alone; `is_iban` says which of the two forms it has.
    """

    cancellation: str
    amount_minor: int
    currency: str
    original_message: str = ""
    original_name: str = ""
    instruction: str = ""
    end_to_end: str = ""
    transaction: str = ""
    uetr: str = ""
    settled_on: str = ""
    account: str = ""
    is_iban: bool = False

    def __repr__(self) -> str:
        """Return nothing that names a person's account."""
        return f"RecalledPayment({len(self.cancellation)} characters)"


class Recall(msgspec.Struct, frozen=True, kw_only=True):
    """One camt.056. case: what the other bank's answer repeats. from_bic, to_bic: who asks whom."""

    assignment: str
    case: str
    from_bic: str
    to_bic: str
    made_at: datetime
    payments: tuple[RecalledPayment, ...]
    reason: str = REASON
    version: str = "12"

    def __repr__(self) -> str:
        """Return nothing that names a person's account."""
        return f"Recall({len(self.payments)} payments)"


def write_recall(recall: Recall) -> bytes:
    """Return the XML of a recall. Errors: ValueError for what the message cannot carry."""
    _check(recall)
    asks, asked = _agent("Agt", recall.from_bic), _agent("Agt", recall.to_bic)
    made = recall.made_at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"
    case = f"<Case>{_tag('Id', recall.case)}<Cretr>{asks}</Cretr></Case>" if recall.case else ""
    body = "".join(_payment(payment, recall.reason) for payment in recall.payments)
    text = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.056.001.{recall.version}"><{ROOT}>'
        f"<Assgnmt>{_tag('Id', recall.assignment)}<Assgnr>{asks}</Assgnr><Assgne>{asked}</Assgne>{_tag('CreDtTm', made)}</Assgnmt>"
        f"{case}<CtrlData>{_tag('NbOfTxs', str(len(recall.payments)))}</CtrlData>"
        f"<Undrlyg>{body}</Undrlyg></{ROOT}></Document>\n"
    )
    return text.encode()


def _check(recall: Recall) -> None:
    ids = [recall.assignment, recall.case]
    for payment in recall.payments:
        ids += [payment.cancellation, payment.original_message, payment.instruction, payment.end_to_end, payment.transaction]
        if payment.settled_on and not _DAY.fullmatch(payment.settled_on):
            raise ValueError("the day of settlement is no day")
        if bool(payment.original_message) != bool(payment.original_name):
            raise ValueError("the original message is named by id and kind, or not at all")
    if any(len(text) > ID_CHARACTERS_MAX for text in ids):
        raise ValueError("an id is longer than 35 characters")
    if not recall.assignment or not recall.payments:
        raise ValueError("a recall has an id and a payment")
    if not _BIC.fullmatch(recall.from_bic) or not _BIC.fullmatch(recall.to_bic):
        raise ValueError("banks are named by their BIC")
    if recall.version not in VERSIONS:
        raise ValueError("the version of the message is not one that is written")


def _tag(name: str, text: str) -> str:
    return f"<{name}>{escape(text)}</{name}>" if text else ""


def _agent(name: str, bic: str) -> str:
    return f"<{name}><FinInstnId>{_tag('BICFI', bic)}</FinInstnId></{name}>"


def _payment(payment: RecalledPayment, reason: str) -> str:
    group = _tag("OrgnlMsgId", payment.original_message) + _tag("OrgnlMsgNmId", payment.original_name)
    number = _tag("IBAN", payment.account) if payment.is_iban else f"<Othr>{_tag('Id', payment.account)}</Othr>"
    copy = f"<OrgnlTxRef><CdtrAcct><Id>{number}</Id></CdtrAcct></OrgnlTxRef>" if payment.account else ""
    total = amount_text(payment.amount_minor, payment.currency)
    return (
        "<TxInf>"
        + _tag("CxlId", payment.cancellation)
        + (f"<OrgnlGrpInf>{group}</OrgnlGrpInf>" if group else "")
        + _tag("OrgnlInstrId", payment.instruction)
        + _tag("OrgnlEndToEndId", payment.end_to_end)
        + _tag("OrgnlTxId", payment.transaction)
        + _tag("OrgnlUETR", payment.uetr)
        + f'<OrgnlIntrBkSttlmAmt Ccy="{payment.currency}">{total}</OrgnlIntrBkSttlmAmt>'
        + _tag("OrgnlIntrBkSttlmDt", payment.settled_on)
        + f"<CxlRsnInf><Rsn>{_tag('Cd', reason)}</Rsn></CxlRsnInf>"
        + copy
        + "</TxInf>"
    )


def read_recall(node: Node, version: str) -> Recall:
    """Return what a `FIToFIPmtCxlReq` says, as far as `write_recall` says it. Errors: DecodeError."""
    underlying = [found for wrapped in node.all("Undrlyg") for found in wrapped.all("TxInf")]
    if not underlying:
        raise fault("missing_field", node, f"{ROOT}/Undrlyg/TxInf", "no payment is named")
    payments = tuple(_read_payment(found, f"{ROOT}/TxInf[{number}]") for number, found in enumerate(underlying, 1))
    reason = text_at(underlying[0], "CxlRsnInf/Rsn/Cd")
    if not re.fullmatch("[A-Z0-9]{4}", reason):
        raise fault("missing_field", underlying[0], f"{ROOT}/TxInf[1]/CxlRsnInf", "the reason is no code")
    if any(text_at(found, "CxlRsnInf/Rsn/Cd") != reason for found in underlying):
        raise fault("conflicting_fields", node, f"{ROOT}/TxInf/CxlRsnInf", "the payments are recalled for several reasons")
    return Recall(
        assignment=_text(node, "Assgnmt/Id", ROOT, is_needed=True),
        case=_text(node, "Case/Id", ROOT),
        from_bic=_bic(node, "Assgnmt/Assgnr/Agt"),
        to_bic=_bic(node, "Assgnmt/Assgne/Agt"),
        made_at=time(need(node, "Assgnmt/CreDtTm", f"{ROOT}/Assgnmt/CreDtTm"), f"{ROOT}/Assgnmt/CreDtTm", UTC),
        payments=payments,
        reason=reason,
        version=version,
    )


def _text(node: Node, path: str, unit: str, *, is_needed: bool = False, fits: Callable[[str], object] = bool) -> str:
    """Return an id of at most 35 characters. Errors: DecodeError."""
    text = text_at(node, path)
    if not text and not is_needed:
        return ""
    if not text or len(text) > ID_CHARACTERS_MAX or not fits(text):
        raise fault("out_of_range", node.at(path) or node, f"{unit}/{path}", "the text is none that may stand here")
    return text


def _bic(node: Node, path: str) -> str:
    return _text(node, f"{path}/FinInstnId/BICFI", ROOT, is_needed=True, fits=_BIC.fullmatch)


def _read_payment(node: Node, unit: str) -> RecalledPayment:
    sum_path = "OrgnlIntrBkSttlmAmt"
    minor, currency = amount(need(node, sum_path, f"{unit}/{sum_path}"), f"{unit}/{sum_path}")
    account = node.at("OrgnlTxRef/CdtrAcct/Id")
    message = id_at(node, "OrgnlGrpInf/OrgnlMsgId")
    return RecalledPayment(
        cancellation=_text(node, "CxlId", unit),
        amount_minor=minor,
        currency=currency,
        original_message=_text(node, "OrgnlGrpInf/OrgnlMsgId", unit) if message else "",
        original_name=_text(node, "OrgnlGrpInf/OrgnlMsgNmId", unit, is_needed=True) if message else "",
        instruction=_text(node, "OrgnlInstrId", unit),
        end_to_end=_text(node, "OrgnlEndToEndId", unit),
        transaction=_text(node, "OrgnlTxId", unit),
        uetr=text_at(node, "OrgnlUETR"),
        settled_on=_text(node, "OrgnlIntrBkSttlmDt", unit, fits=_DAY.fullmatch),
        account=text_at(account, "IBAN") or text_at(account, "Othr/Id"),
        is_iban=bool(text_at(account, "IBAN")),
    )
