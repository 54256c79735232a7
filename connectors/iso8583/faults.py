"""What is wrong with a message, said by data element and byte, without any value."""

from typing import NoReturn

from connectors.errors import DecodeError, ErrorCode
from connectors.iso8583.message import Message


def fault(code: ErrorCode, message: Message, number: int, reason: str) -> DecodeError:
    """Return the error of a data element, 0 for the message type; the place of one that is not there is where the message starts.

    >>> str(fault("bad_time", Message("0200", {7: "9" * 10}, starts={0: 0, 7: 20}), 7, "the field is no time"))
    'bad_time at DE 7 (byte 20): the field is no time'
    """
    start = message.starts.get(number, message.starts.get(0, 0))
    return DecodeError(code, f"DE {number}" if number else "MTI", start, reason)


def refuse(code: ErrorCode, message: Message, number: int, reason: str) -> NoReturn:
    """Raise the error of a data element: `fault` as an expression."""
    raise fault(code, message, number, reason)


def need(message: Message, number: int) -> str:
    """Return a field. Errors: DecodeError if it is missing or blank."""
    value = message.values.get(number, "")
    if not value.strip():
        raise fault("missing_field", message, number, "a field that is needed is left out")
    return value
