"""Amounts of a message in minor units of their currency, exactly; nothing is rounded."""

from connectors.currencies import Currency, currency_of
from connectors.iso8583.edition import EDITIONS, is_digits
from connectors.iso8583.faults import fault, need
from connectors.iso8583.layout import Layout
from connectors.iso8583.message import Message

_AVAILABLE, _LEDGER = "02", "01"
"""Amount types of DE 54: what the holder can spend, which goes before what is booked."""
_SET = 20
"""Characters of one additional amount: account type 2, amount type 2, currency 3, C or D, digits 12."""


class Money:
    """Reads the amounts of one layout."""

    def __init__(self, layout: Layout) -> None:
        """Prepare what depends on the layout alone."""
        self._decimals = layout.file.amounts.decimals
        self._default = currency_of(layout.file.amounts.currency or "")
        self._replacement = EDITIONS[layout.file.edition].replacement

    def amount(self, message: Message, known: str | None = None) -> tuple[int, str]:
        """Return amount in minor units, and currency. known: of the request it answers, if any. Errors: DecodeError."""
        code = message.values.get(49)
        currency = currency_of(code) if code is not None else currency_of(known or "") or self._default
        if currency is None:
            missing = code is None
            raise fault("missing_field" if missing else "unknown_value", message, 49, "the currency is none of ISO 4217")
        return self._minor(message, 4, need(message, 4), currency), currency.letters

    def _minor(self, message: Message, number: int, digits: str, currency: Currency) -> int:
        shift = 0 if self._decimals is None else currency.exponent - self._decimals
        if shift >= 0:
            return int(digits) * int(10**shift)
        whole, lost = divmod(int(digits), int(10**-shift))
        if lost:
            raise fault("out_of_range", message, number, "the amount has more decimals than its currency")
        return whole

    def replacement(self, message: Message, letters: str) -> int:
        """Return what a partial reversal leaves of the amount, 0 if nothing. Errors: DecodeError."""
        number, currency = self._replacement, currency_of(letters)
        text = message.values.get(number, "")[:12].strip() if number is not None else ""
        if number is None or currency is None or not text:
            return 0
        if len(text) != 12 or not is_digits(text):
            raise fault("wrong_type", message, number, "replacement amounts start with twelve digits")
        return self._minor(message, number, text, currency)

    def balance(self, message: Message, letters: str) -> int | None:
        """Return the balance in the transaction's currency: what is available, else what is booked. Errors: DecodeError."""
        text = message.values.get(54, "")
        found: dict[str, int] = {}
        for start in range(0, len(text) - _SET + 1, _SET):
            one = text[start : start + _SET]
            sort, code, sign, digits = one[2:4], one[4:7], one[7], one[8:]
            currency = currency_of(code)
            if currency is None or currency.letters != letters or sign not in "CD" or not is_digits(digits):
                continue
            amount_minor = self._minor(message, 54, digits, currency)
            found.setdefault(sort, amount_minor if sign == "C" else -amount_minor)
        return found.get(_AVAILABLE, found.get(_LEDGER))
