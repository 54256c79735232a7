"""Booked entries of an account: camt.053 (statement) and camt.054 (notification)."""

from datetime import datetime
from typing import Final

from connectors.iso20022.fields import (
    Setup,
    account_number,
    amount,
    digest,
    fault,
    id_at,
    need,
    party,
    purpose,
    text_at,
    time,
)
from connectors.iso20022.payments import keys_of
from connectors.iso20022.xml_units import Node
from models.contract_types import Kind
from models.input_records import Party, Transaction

BOOKING: Final = "iso20022-b-"
"""Start of the event id of a booking. Statements and notifications of payer and payee give the same id for one payment."""
_CASH_AT_COUNTER: Final[dict[str, Kind]] = {"CWDL": "CASH_WITHDRAWAL", "CDPT": "CASH_DEPOSIT"}
"""Bank transaction code, sub-family under PMNT/CNTR -> kind."""


def bookings(setup: Setup, ancestors: tuple[Node, ...], entry: Node, unit: str) -> list[Transaction]:
    """Return the movements of one `Ntry`: each of its details, or itself where it has none.

    None for what is not booked yet, and for what names no account on the other side: fees, interest, batches told as one sum.
    Errors: DecodeError.
    """
    status = text_at(entry, "Sts/Cd") or text_at(entry, "Sts")
    if status != "BOOK":
        return []
    report = ancestors[-1]
    holder = need(report, "Acct", "Acct")
    if not account_number(holder):
        raise fault("missing_party", holder, "Acct/Id", "the account is not told")
    is_credit = _is_credit(entry, unit)
    is_reversal = text_at(entry, "RvslInd") in ("true", "1")
    moment = _moment(setup, entry, unit)
    total = amount(need(entry, "Amt", f"{unit}/Amt"), f"{unit}/Amt")
    details = [found for wrapped in entry.all("NtryDtls") for found in wrapped.all("TxDtls")]
    found = []
    for number, detail in enumerate(details or [entry]):
        field = f"{unit}/TxDtls[{number + 1}]" if details else unit
        sum_minor = _sum(detail, total, field, is_only=len(details) < 2)
        if sum_minor is None:
            continue
        record = _movement(
            setup, report, entry, detail, number, (is_credit, is_reversal), sum_minor, _moment_of(setup, detail, field, moment)
        )
        if record is not None:
            found.append(record)
    return found


def _is_credit(entry: Node, unit: str) -> bool:
    code = need(entry, "CdtDbtInd", f"{unit}/CdtDbtInd")
    if code.text not in ("CRDT", "DBIT"):
        raise fault("unknown_value", code, f"{unit}/CdtDbtInd", "an entry is a credit or a debit")
    return code.text == "CRDT"


def _moment(setup: Setup, entry: Node, unit: str) -> datetime:
    found = entry.at("BookgDt/DtTm") or need(entry, "BookgDt/Dt", f"{unit}/BookgDt")
    return time(found, f"{unit}/BookgDt", setup.zone)


def _moment_of(setup: Setup, detail: Node, unit: str, booked: datetime) -> datetime:
    """Return when a movement was accepted or made, where its details tell; else when it was booked."""
    for name in ("AccptncDtTm", "TxDtTm"):
        found = detail.at(f"RltdDts/{name}")
        if found is not None:
            return time(found, f"{unit}/RltdDts/{name}", setup.zone)
    return booked


def _sum(detail: Node, total: tuple[int, str], unit: str, *, is_only: bool) -> tuple[int, str] | None:
    """Return what a detail moved; None where one of several does not say it."""
    if detail.name == "Ntry" or (is_only and detail.child("Amt") is None and detail.at("AmtDtls/TxAmt/Amt") is None):
        return total
    for path in ("Amt", "AmtDtls/TxAmt/Amt"):
        found = detail.at(path)
        if found is not None:
            return amount(found, f"{unit}/{path}")
    return None


def _movement(
    setup: Setup,
    report: Node,
    entry: Node,
    detail: Node,
    number: int,
    sides: tuple[bool, bool],
    moved: tuple[int, str],
    moment: datetime,
) -> Transaction | None:
    is_credit, is_reversal = sides
    holder = need(report, "Acct", "Acct")
    ours = party(setup, holder, holder.child("Svcr"), holder.child("Ownr"))
    was_credit = is_credit != is_reversal
    theirs = _other(setup, detail, "Dbtr" if was_credit else "Cdtr")
    named = _named(detail, moved)
    if is_reversal and not named:
        # Nothing says which booking it takes back: it is told as what it is all the same, a movement the other way.
        is_reversal, was_credit = False, is_credit
    kind = _cash_kind(entry, detail, was_credit)
    if ours is None or (theirs is None and kind == "TRANSFER"):
        return None
    payer, payee = (theirs, ours) if was_credit else (ours, theirs)
    ends = tuple(side.account if side is not None else "" for side in (payer, payee))
    # By the payment, both of its accounts tell of one event; by a reference of the bank, an account tells only of its own.
    name = named or (ours.account, *_placed(report, entry, detail, number))
    booked = BOOKING + digest(*ends, *name)
    event, original = (BOOKING + digest("reversal", *ends, *name), booked) if is_reversal else (booked, None)
    return Transaction(
        event_id=event,
        event_time=moment,
        kind=kind,
        status="REVERSED" if original else "APPROVED",
        channel="COUNTER" if kind != "TRANSFER" else "BATCH",
        amount_minor=moved[0],
        currency=moved[1],
        payer=payer if kind != "CASH_DEPOSIT" else None,
        payee=payee if kind != "CASH_WITHDRAWAL" else None,
        purpose=purpose(detail),
        original_event_id=original,
    )


def _cash_kind(entry: Node, detail: Node, was_credit: bool) -> Kind:
    for node in (detail, entry):
        family = node.at("BkTxCd/Domn/Fmly")
        if family is not None and text_at(family, "Cd") == "CNTR":
            kind = _CASH_AT_COUNTER.get(text_at(family, "SubFmlyCd"), "TRANSFER")
            if kind != "TRANSFER" and (kind == "CASH_DEPOSIT") == was_credit:
                return kind
    return "TRANSFER"


def _other(setup: Setup, detail: Node, name: str) -> Party | None:
    parties, agents = detail.child("RltdPties"), detail.child("RltdAgts")
    if parties is None:
        return None
    agent = agents.child(name + "Agt") if agents is not None else None
    return party(setup, parties.child(name + "Acct"), agent, parties.child(name))


def _named(detail: Node, moved: tuple[int, str]) -> tuple[str, ...]:
    """Return what names the payment behind a booking, wherever it is told; nothing if its ids may be those of another too."""
    keys, message = keys_of(detail.child("Refs")), id_at(detail, "Refs/MsgId")
    if not (keys.transaction or keys.uetr or (message and (keys.instruction or keys.end_to_end))):
        return ()
    return ("payment", message, *keys.parts(), str(moved[0]), moved[1])


def _placed(report: Node, entry: Node, detail: Node, number: int) -> tuple[str, ...]:
    """Return what names a booking by the bank's own reference, else by its place in this very message."""
    end_to_end = id_at(detail, "Refs/EndToEndId")
    reference = id_at(detail, "Refs/AcctSvcrRef") or id_at(entry, "AcctSvcrRef")
    if reference:
        return ("reference", reference, str(number), end_to_end)
    return ("place", id_at(report, "Id"), id_at(entry, "NtryRef") or str(entry.position), str(number), end_to_end)
