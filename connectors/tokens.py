"""Tokens in place of card and account numbers: a keyed hash, so that equal numbers stay equal and none can be read back.

Not a plain hash: card numbers are few enough to try them all. Every feed that shall meet in one detector needs the same
key and these functions; a new key is a new world, in which nobody has a history.
"""

import hashlib
import hmac
from pathlib import Path
from typing import Final

KEY_BYTES_MIN: Final = 32
"""As long as the hash's own output; shorter keys are the only way to guess a token. Source: RFC 2104, section 3."""
_HEX_DIGITS: Final = 32
"""128 bits: no two of a billion numbers share a token, but for odds of 1 in 10^20."""


class TokenKeyError(ValueError):
    """The key for tokens cannot be used. Says why, never what it is."""


class Tokens:
    """Makes tokens with one key. Its `repr` shows nothing of it.

    key: at least 32 bytes. Errors: TokenKeyError.
    """

    __slots__ = ("_account", "_card", "_customer")

    def __init__(self, key: bytes) -> None:
        if len(key) < KEY_BYTES_MIN:
            raise TokenKeyError(f"the key for tokens must have at least {KEY_BYTES_MIN} bytes")
        # Each purpose its own hash: a card's token must not be its account's, or one would tell the other.
        self._card = hmac.new(key, b"card\0", hashlib.sha256)
        self._account = hmac.new(key, b"account\0", hashlib.sha256)
        self._customer = hmac.new(key, b"customer\0", hashlib.sha256)

    def __repr__(self) -> str:
        """Return nothing but the class."""
        return "Tokens()"

    def card(self, number: str) -> str:
        """Return the token of a card number.

        >>> Tokens(b"k" * 32).card("6222020200112233445") == Tokens(b"k" * 32).card("6222020200112233445")
        True
        """
        return "k-" + _digest(self._card, number)

    def account(self, number: str) -> str:
        """Return the token of an account number; where a card number stands for its account, that of the number.

        >>> Tokens(b"k" * 32).account("6222020200112233445")[:2]
        'a-'
        """
        return "a-" + _digest(self._account, number)

    def customer(self, number: str) -> str:
        """Return the token of a customer's number.

        >>> Tokens(b"k" * 32).customer("8812345")[:2]
        'c-'
        """
        return "c-" + _digest(self._customer, number)


def _digest(keyed: hmac.HMAC, text: str) -> str:
    started = keyed.copy()
    started.update(text.encode())
    return started.hexdigest()[:_HEX_DIGITS]


def read_key(path: str) -> Tokens:
    """Return tokens by the key in a file, whose bytes are the key, a line end at its end left out.

    Errors: TokenKeyError naming the file.
    """
    if not path:
        raise TokenKeyError("no key for tokens is given: set token_key_file to a file of at least 32 random bytes")
    try:
        return Tokens(Path(path).read_bytes().rstrip(b"\r\n"))
    except (OSError, TokenKeyError) as error:
        raise TokenKeyError(f"{path}: {error}") from error
