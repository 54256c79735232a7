"""Which payments the detection wants back from other banks, and the recall of each."""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import NamedTuple

from connectors.iso20022.fields import digest, institution
from connectors.iso20022.originals import Original, payment_of
from connectors.iso20022.recall import Recall, RecalledPayment
from models.records import FreezeRequest, TraceRecord

_CASE_DIGITS, _PAYMENT_DIGITS = 20, 10
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


class Wanted(NamedTuple):
    """A payment to be recalled: our case, which a freeze request's answer comes back to, and since when."""

    payment: str
    case: str
    asked_at: datetime


def wanted_of(records: Iterable[FreezeRequest | TraceRecord]) -> tuple[list[Wanted], int]:
    """Return the payments to recall, each once, and how many events come from no payment message.

    Of a freeze request (its last sequence, unless withdrawn) on an account that is not ours: what came into it. Of a trace (its
    last revision): what its remedies name as RECALL.
    """
    requests: dict[str, FreezeRequest] = {}
    traces: dict[str, TraceRecord] = {}
    for record in records:
        if isinstance(record, FreezeRequest):
            if record.request_id not in requests or record.sequence >= requests[record.request_id].sequence:
                requests[record.request_id] = record
        elif record.account not in traces or record.revision >= traces[record.account].revision:
            traces[record.account] = record
    events: dict[str, tuple[str | None, datetime]] = {}
    for request_id in sorted(requests):
        request = requests[request_id]
        if request.state == "PROPOSED" and request.target.on_us is not True:
            for booked in request.transactions:
                if booked.direction == "IN":
                    events.setdefault(booked.event_id, (request.request_id, request.requested_at))
    for account in sorted(traces):
        for remedy in traces[account].remedies:
            if remedy.remedy == "RECALL" and remedy.event_id is not None:
                events.setdefault(remedy.event_id, (None, traces[account].as_of))
    return _wanted(events)


def _wanted(events: Mapping[str, tuple[str | None, datetime]]) -> tuple[list[Wanted], int]:
    found: dict[str, Wanted] = {}
    foreign = 0
    for event_id, (case, asked_at) in events.items():
        payment = payment_of(event_id)
        if payment is None:
            foreign += 1
        else:
            found.setdefault(payment, Wanted(payment, case or f"t-{payment[:_CASE_DIGITS]}", asked_at))
    return list(found.values()), foreign


def recall_of(wanted: Wanted, original: Original, own_bics: frozenset[str], version: str) -> Recall | None:
    """Return the recall of a payment, None for one that this bank did not send to another: whom would it ask.

    The whole payment is recalled, in its own sum; the standard knows no part. Errors: ValueError for what camt.056 cannot carry.
    """
    if institution(original.from_bic) not in own_bics or not original.to_bic or institution(original.to_bic) in own_bics:
        return None
    payment = RecalledPayment(
        cancellation=f"c-{wanted.payment[:_CASE_DIGITS]}",
        amount_minor=original.amount_minor,
        currency=original.currency,
        original_message=original.message,
        original_name=original.name,
        instruction=original.keys.instruction,
        end_to_end=original.keys.end_to_end,
        transaction=original.keys.transaction,
        uetr=original.keys.uetr,
        settled_on=original.settled_on if _DAY.fullmatch(original.settled_on) else "",
        account=original.account,
        is_iban=original.is_iban,
    )
    return Recall(
        assignment=f"{wanted.case}.{digest(wanted.payment)[:_PAYMENT_DIGITS]}",
        case=wanted.case,
        from_bic=original.from_bic,
        to_bic=original.to_bic,
        made_at=wanted.asked_at,
        payments=(payment,),
        version=version,
    )
