"""What one switch and we say to each other: responses joined to their requests, network management answered. No socket here.

Only requests of the last `keep_s` seconds are remembered, `count_max` at most, and they are a convenience: they fill in
what a response or a reversal leaves out. The link itself stands in the event ids (mapping.py), so what is forgotten, or
was known to another process, is never mislinked.
"""

from collections import OrderedDict
from datetime import datetime, timedelta
from typing import NamedTuple

from connectors.iso8583.codec import Codec
from connectors.iso8583.edition import EDITIONS
from connectors.iso8583.layout import Layout, Use
from connectors.iso8583.mapping import PREFIX, REQUEST, TransactionMapping
from connectors.iso8583.message import Message
from connectors.tokens import Tokens
from models.records import Transaction

KEEP_S = 180.0
"""How long a request waits for its response. Source: ours; switches give up after 30 to 60 s and reverse soon after."""
COUNT_MAX = 200_000
"""Requests remembered at most, some 300 MB: 180 s at 1,000 a second. Source: ours."""
_NEVER_ECHOED = frozenset((52, 64, 128))
"""PIN block and message authentication: not ours to make."""


class Taken(NamedTuple):
    """What a message comes to: records to publish, or an answer to send back."""

    message: Message
    use: Use
    records: list[Transaction]
    answer: bytes | None


class _Waiting(NamedTuple):
    record: Transaction
    since: datetime


class Exchange:
    """The conversation with one switch.

    unanswered: requests that were forgotten without an answer, so far. evicted: requests forgotten for want of room.
    """

    def __init__(self, layout: Layout, tokens: Tokens, *, keep_s: float = KEEP_S, count_max: int = COUNT_MAX) -> None:
        self.codec = Codec(layout)
        self._mapping = TransactionMapping(layout, tokens)
        self._edition = EDITIONS[layout.file.edition]
        self._keep, self._count_max = timedelta(seconds=keep_s), count_max
        self._requests: OrderedDict[str, _Waiting] = OrderedDict()
        self._answered: set[str] = set()
        self.unanswered = 0
        self.evicted = 0

    def take(self, raw: bytes, now: datetime) -> Taken:
        """Return what a frame comes to, and remember it if it is a request. Errors: DecodeError; nothing changes then."""
        message = self.codec.read(raw)
        use = self._mapping.use_of(message)
        if use == "network":
            return Taken(message, use, [], self.codec.write(self._accepted(message)))
        digest = self._mapping.digest(message, use, now)
        if digest is None:
            return Taken(message, use, [], None)
        asked = f"{PREFIX}{REQUEST}-{digest}"
        waiting = self._requests.get(asked) if use in ("response", "reversal") else None
        records = self._mapping.records(message, use, now, digest, waiting.record if waiting else None)
        if use == "request":
            self._remember(asked, records[0], now)
        elif waiting is not None:
            self._answered.add(asked)
        return Taken(message, use, records, None)

    def restore(self, record: Transaction, now: datetime) -> bool:
        """Remember a request that an earlier process published; return whether the record is one of ours."""
        is_ours = record.status == "REQUESTED" and record.event_id.startswith(f"{PREFIX}{REQUEST}-")
        if is_ours:
            self._remember(record.event_id, record, now)
        return is_ours

    def forget_old(self, now: datetime) -> None:
        """Forget the requests whose time is over."""
        while self._requests and next(iter(self._requests.values())).since < now - self._keep:
            self._forget_first()

    def _remember(self, event_id: str, record: Transaction, now: datetime) -> None:
        self.forget_old(now)
        if event_id in self._requests:  # a repeat of what is known already
            return
        self._requests[event_id] = _Waiting(record, now)
        if len(self._requests) > self._count_max:
            self.evicted += 1
            self._forget_first()

    def _forget_first(self) -> None:
        event_id, _ = self._requests.popitem(last=False)
        if event_id in self._answered:
            self._answered.remove(event_id)
        else:
            self.unanswered += 1

    @property
    def waiting_count(self) -> int:
        """Return how many requests are remembered."""
        return len(self._requests)

    # ---- what we send ------------------------------------------------------------------------------------------------------

    def _accepted(self, message: Message) -> Message:
        """Return the answer to network management: the same fields, and that it is well."""
        values = {number: value for number, value in message.values.items() if number not in _NEVER_ECHOED}
        values[39] = self._edition.network_accepted
        function = str(int(message.mti[2]) + 1)
        return Message(message.mti[:2] + function + message.mti[3], values, message.header)

    def acknowledgement(self, message: Message | None, header: bytes = b"") -> bytes:
        """Return the frame that says a mirrored message is safe with the broker, or (None) that an unreadable one was put aside.

        Its type has the first digit 9, private use: nobody can take it for a response to the customer's request. It repeats
        what identifies the message, and says 00 (1993: 000), or format error for an unreadable one.
        """
        if message is None:
            return self.codec.write(Message("9000", {39: self._edition.format_error}, header))
        values = {number: message.values[number] for number in (7, 11, 12, 13, 32, 37, 41) if number in message.values}
        return self.codec.write(Message("9" + message.mti[1:], {**values, 39: self._edition.accepted}, message.header))
