"""Credit transfers and the answers to them: pacs.008, pain.001, pacs.002."""

from datetime import datetime
from typing import Final

import msgspec

from connectors.errors import DecodeError
from connectors.iso20022.fields import Setup, amount, digest, fault, id_at, need, needed_party, purpose, text_at, time
from connectors.iso20022.xml_units import Node
from models.input_records import Transaction

REQUEST, APPROVAL, REFUSAL = "iso20022-q-", "iso20022-a-", "iso20022-d-"
"""Start of the event id of a payment asked for, of its approval, of its refusal; the rest is the payment's own."""

_ACCEPTED_SINCE_13: Final = "AddtlDtTm/AccptncDtTm"
"""Where version 13 of pacs.008 tells when a payment was accepted; all before it say so in the payment itself."""

APPROVED: Final = frozenset({"ACSC", "ACCC", "ACSP", "ACCP", "ACWC", "ACWP"})
"""The payment goes on or is settled. ACCP and ACSP are the only yes of some instant schemes. Source: external code set, status."""
DECLINED: Final = frozenset({"RJCT", "CANC", "BLCK"})
PENDING: Final = frozenset({"RCVD", "PDNG", "ACTC", "ACFC", "PART", "PATC", "ACCR", "PRES"})
"""No answer yet, or about a part of a group, whose payments are then told one by one."""


class Keys(msgspec.Struct, frozen=True):
    """What names a payment within its message, "" where not told."""

    instruction: str = ""
    end_to_end: str = ""
    transaction: str = ""
    uetr: str = ""

    def parts(self) -> tuple[str, str, str, str]:
        """Return all four."""
        return self.instruction, self.end_to_end, self.transaction, self.uetr

    def may_mean(self, other: "Keys") -> bool:
        """Return whether both can name one payment: they share an id, and differ in none."""
        pairs = [(mine, theirs) for mine, theirs in zip(self.parts(), other.parts(), strict=True) if mine and theirs]
        return bool(pairs) and all(mine == theirs for mine, theirs in pairs)


class Payment(msgspec.Struct, frozen=True):
    """A payment asked for, with the ids of its message."""

    message: str
    keys: Keys
    record: Transaction


class Answer(msgspec.Struct, frozen=True):
    """A pacs.002's word on one payment, or with `keys` None on every payment of a message.

    stated: the transaction it makes by itself; else missing says what it lacks, and the payment it answers must be known.
    """

    message: str
    keys: Keys | None
    is_approved: bool
    at: Node
    stated: Transaction | None
    missing: DecodeError | None
    moment: datetime


def payment_id(message: str, keys: Keys, occurrence: int = 0) -> str:
    """Return what all messages about one payment share. occurrence: 0, or how many of the same ids stood before it."""
    return digest("payment", message, *keys.parts(), *([str(occurrence)] if occurrence else []))


def keys_of(node: Node | None, prefix: str = "") -> Keys:
    """Return the ids of a payment. prefix: `Orgnl` in answers."""
    return Keys(
        id_at(node, prefix + "InstrId"),
        id_at(node, prefix + "EndToEndId"),
        id_at(node, prefix + "TxId"),
        id_at(node, prefix + "UETR"),
    )


def credit_transfer(setup: Setup, ancestors: tuple[Node, ...], node: Node, unit: str, seen: dict[str, int]) -> Payment | None:
    """Return the payment of a `CdtTrfTxInf` of pacs.008, or of pain.001, where it stands in a `PmtInf`; None for a cheque.

    unit: its path for errors. seen: ids of the message so far. Errors: DecodeError.
    """
    root = ancestors[-1]
    batch = root if root.name == "PmtInf" else None
    if text_at(batch, "PmtMtd") == "CHK":
        return None
    message_node = ancestors[-2] if batch is not None else root
    group = need(message_node, "GrpHdr", "GrpHdr")
    message = need(group, "MsgId", "GrpHdr/MsgId").text
    keys = keys_of(node.child("PmtId"))
    if batch is None:
        minor, currency = amount(need(node, "IntrBkSttlmAmt", f"{unit}/IntrBkSttlmAmt"), f"{unit}/IntrBkSttlmAmt")
        accepted_at = "AccptncDtTm" if node.at(_ACCEPTED_SINCE_13) is None else _ACCEPTED_SINCE_13
        told, field = node.at(accepted_at), f"{unit}/{accepted_at}"
    else:
        equivalent = node.at("Amt/EqvtAmt/Amt")
        found = equivalent if equivalent is not None else need(node, "Amt/InstdAmt", f"{unit}/Amt/InstdAmt")
        minor, currency = amount(found, f"{unit}/Amt")
        told, field = None, ""
    if told is None:
        told, field = need(group, "CreDtTm", "GrpHdr/CreDtTm"), "GrpHdr/CreDtTm"
    sides = (node,) if batch is None else (node, batch)
    own = payment_id(message, keys)
    occurrence = seen.get(own, 0)
    seen[own] = occurrence + 1
    kinds = [text_at(side, f"PmtTpInf/{path}") for side in (node, *sides) for path in ("LclInstrm/Cd", "SvcLvl/Cd")]
    record = Transaction(
        event_id=REQUEST + payment_id(message, keys, occurrence),
        event_time=time(told, field, setup.zone),
        kind="TRANSFER",
        status="APPROVED" if setup.is_settled and batch is None else "REQUESTED",
        channel="API" if batch is None else "BATCH",
        amount_minor=minor,
        currency=currency,
        payer=needed_party(setup, node, sides, "Dbtr", unit),
        payee=needed_party(setup, node, (node,), "Cdtr", unit),
        purpose=purpose(*sides, *((group,) if batch is None else ())),
        arrival_mode="REALTIME" if "INST" in kinds else None,
    )
    return Payment(message, keys, record)


def answer(setup: Setup, ancestors: tuple[Node, ...], node: Node, unit: str) -> Answer | None:
    """Return what a `TxInfAndSts` or, of the whole message, an `OrgnlGrpInfAndSts` says; None while it says neither yes nor no.

    Errors: DecodeError.
    """
    root = ancestors[-1]
    group = need(root, "GrpHdr", "GrpHdr")
    is_group = node.name == "OrgnlGrpInfAndSts"
    code_path = "GrpSts" if is_group else "TxSts"
    code = text_at(node, code_path)
    if not code or code in PENDING:
        return None
    if code not in APPROVED | DECLINED:
        raise fault("unknown_value", node.child(code_path) or node, f"{unit}/{code_path}", "the status is none that is known")
    message = id_at(node, "OrgnlMsgId") or id_at(node, "OrgnlGrpInf/OrgnlMsgId") or id_at(root, "OrgnlGrpInfAndSts/OrgnlMsgId")
    if not message:
        raise fault("missing_field", node, f"{unit}/OrgnlMsgId", "it is not told which message is answered")
    accepted = node.child("AccptncDtTm")
    if accepted is not None:
        moment = time(accepted, f"{unit}/AccptncDtTm", setup.zone)
    else:
        moment = time(need(group, "CreDtTm", "GrpHdr/CreDtTm"), "GrpHdr/CreDtTm", setup.zone)
    is_approved = code in APPROVED
    if is_group:
        lacks = fault("missing_field", node, unit, "it answers a whole message, and that is not known")
        return Answer(message, None, is_approved, node, None, lacks, moment)
    keys = keys_of(node, "Orgnl")
    stated, missing = None, None
    try:
        stated = _stated(setup, node, unit, answered_id(message, keys), is_approved, moment)
    except DecodeError as error:
        missing = error
    return Answer(message, keys, is_approved, node, stated, missing, moment)


def answered_id(message: str, keys: Keys) -> str:
    """Return the event id of the payment that ids name."""
    return REQUEST + payment_id(message, keys)


def _stated(setup: Setup, node: Node, unit: str, original: str, is_approved: bool, moment: datetime) -> Transaction:
    """Return the transaction an answer makes by the copy of the payment it holds.

    Errors: DecodeError where the copy lacks something.
    """
    copy = need(node, "OrgnlTxRef", f"{unit}/OrgnlTxRef")
    found = copy.child("IntrBkSttlmAmt") or copy.at("Amt/InstdAmt")
    if found is None:
        raise fault("missing_field", copy, f"{unit}/OrgnlTxRef/IntrBkSttlmAmt", "the copy of the payment has no amount")
    minor, currency = amount(found, f"{unit}/OrgnlTxRef/IntrBkSttlmAmt")
    return Transaction(
        event_id=answer_id(original, is_approved),
        event_time=moment,
        kind="TRANSFER",
        status="APPROVED" if is_approved else "DECLINED",
        channel="API",
        amount_minor=minor,
        currency=currency,
        payer=needed_party(setup, copy, (copy,), "Dbtr", f"{unit}/OrgnlTxRef"),
        payee=needed_party(setup, copy, (copy,), "Cdtr", f"{unit}/OrgnlTxRef"),
        purpose=purpose(copy),
        original_event_id=original,
    )


def answer_id(original: str, is_approved: bool) -> str:
    """Return the event id of an answer: one for every yes to a payment, so that a first and a final yes count once."""
    return (APPROVAL if is_approved else REFUSAL) + original.removeprefix(REQUEST)
