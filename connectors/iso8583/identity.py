"""What makes all messages about one transaction one: trace number, time, acquirer and terminal.

A repeat, the response, and the original data elements of a reversal all give them again. So a frame that is sent twice gives
the same event ids, and an answer or a reversal names what it belongs to with nothing remembered.
"""

import hashlib
from datetime import datetime

from connectors.iso8583.edition import EDITIONS, Original, at, latest, original_of
from connectors.iso8583.faults import fault, need
from connectors.iso8583.layout import Layout, Use, offset_of
from connectors.iso8583.message import Message


class Identity:
    """Names the transactions of one layout."""

    def __init__(self, layout: Layout) -> None:
        """Prepare what depends on the layout alone."""
        self._year = layout.file.edition
        self._edition = EDITIONS[layout.file.edition]
        self._local = offset_of(layout.file.times.local)
        self._transmission = offset_of(layout.file.times.transmission)

    def digest(self, message: Message, use: Use, now: datetime) -> str:
        """Return what all messages about one transaction share, as 32 hexadecimal digits.

        A reversal shares it with its original, and so does an advice that names one. Errors: DecodeError.
        """
        is_reversal = use == "reversal"
        named = message.values.get(self._edition.original, "") if is_reversal or use == "advice" else ""
        original = original_of(self._year, named)
        if original is None and is_reversal:
            raise fault("missing_field", message, self._edition.original, "a reversal names its original")
        if original is None:
            original = Original(need(message, 11), need(message, self._edition.key_time), "")
        instant = self._instant(original.time, now)
        if instant is None:
            blamed = self._edition.original if is_reversal else self._edition.key_time
            raise fault("bad_time", message, blamed, "the time of the transaction is none")
        acquirer = original.acquirer or message.values.get(32, "").lstrip("0")
        terminal = message.values.get(41, "").strip()
        whole = "\x1f".join((original.trace, instant.isoformat(), acquirer, terminal))
        return hashlib.blake2b(whole.encode(), digest_size=16).hexdigest()

    def _instant(self, text: str, now: datetime) -> datetime | None:
        return latest(text, self._transmission, now) if self._year == 1987 else at("20" + text, self._local)

    def event_time(self, message: Message, now: datetime) -> datetime:
        """Return when the customer acted: the terminal's local time, else the transmission time. Errors: DecodeError."""
        local = message.values.get(12)
        if local is None:
            instant = latest(need(message, 7), self._transmission, now)
        elif self._year == 1993:
            instant = at("20" + local, self._local)
        else:
            instant = latest(need(message, 13) + local, self._local, now)
        if instant is None:
            raise fault("bad_time", message, 7 if local is None else 12, "date and time are none")
        return instant
