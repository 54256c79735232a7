"""ISO 4217: numeric code to letters, and how many decimals a currency's minor unit has. The table is data beside this."""

import tomllib
from importlib import resources
from typing import Final, NamedTuple


class Currency(NamedTuple):
    """A currency that money is kept in. exponent: decimals of its minor unit, 2 for CNY, 0 for JPY."""

    letters: str
    exponent: int


def _table() -> dict[str, Currency]:
    raw = tomllib.loads((resources.files("connectors") / "currencies.toml").read_text(encoding="utf-8"))
    return {
        digits: Currency(letters, int(exponent))
        for exponent, codes in raw["exponents"].items()
        for letters, digits in codes.items()
    }


BY_DIGITS: Final = _table()
"""Three digits -> currency: `"156"` -> CNY."""
BY_LETTERS: Final = {currency.letters: currency for currency in BY_DIGITS.values()}
"""Three letters -> currency."""


def currency_of(code: str) -> Currency | None:
    """Return the currency of a numeric or alphabetic code, None if ISO 4217 knows none.

    >>> currency_of("156"), currency_of("JPY"), currency_of("000")
    (Currency(letters='CNY', exponent=2), Currency(letters='JPY', exponent=0), None)
    """
    return BY_DIGITS.get(code) or BY_LETTERS.get(code)
