"""Which payments were asked for, so that an answer finds the one it means. Beside the connector, because it joins messages."""

from collections import OrderedDict
from collections.abc import Iterator
from typing import Final

import msgspec

from connectors.errors import DecodeError
from connectors.iso20022.fields import fault
from connectors.iso20022.payments import Answer, Keys, Payment, answer_id
from models.input_records import Transaction

REQUESTS_MAX: Final = 500_000
"""Payments remembered, some 600 MB at the most; the message heard of longest ago goes first. Source: ours."""


class Requests:
    """The payments of the last messages, by the id of their message."""

    def __init__(self, requests_max: int = REQUESTS_MAX) -> None:
        self._max = requests_max
        self._count = 0
        self._messages: OrderedDict[str, dict[str, tuple[Keys, Transaction]]] = OrderedDict()

    def add(self, payment: Payment) -> None:
        """Remember a payment; one that is known already is not remembered twice."""
        found = self._messages.setdefault(payment.message, {})
        self._messages.move_to_end(payment.message)
        self._count += payment.record.event_id not in found
        found[payment.record.event_id] = (payment.keys, payment.record)
        while self._count > self._max and len(self._messages) > 1:
            self._count -= len(self._messages.popitem(last=False)[1])

    def answered(self, answer: Answer) -> list[Transaction]:
        """Return what an answer makes of the payments it means. Errors: DecodeError where none is known and it says too little."""
        found = [_answered(record, answer) for record in self._meant(answer)]
        if found:
            return found
        if answer.stated is not None:
            return [answer.stated]
        raise _unknown(answer)

    def _meant(self, answer: Answer) -> Iterator[Transaction]:
        for keys, record in self._messages.get(answer.message, {}).values():
            if answer.keys is None:
                yield record
            elif keys.may_mean(answer.keys):
                yield record
                return


def _answered(record: Transaction, answer: Answer) -> Transaction:
    return msgspec.structs.replace(
        record,
        event_id=answer_id(record.event_id, answer.is_approved),
        event_time=answer.moment,
        status="APPROVED" if answer.is_approved else "DECLINED",
        original_event_id=record.event_id,
    )


def _unknown(answer: Answer) -> DecodeError:
    lacks = answer.missing or fault("missing_field", answer.at, "TxInfAndSts", "the payment it answers is not known")
    return DecodeError(lacks.code, lacks.field, lacks.position, f"{lacks.reason}; the payment it answers is not known either")
