"""Elements to values: texts, amounts, times, parties. Every error names the element and its byte, and no value."""

import hashlib
import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Final

import msgspec

from connectors.currencies import currency_of
from connectors.errors import DecodeError, ErrorCode
from connectors.iso20022.xml_units import Node
from connectors.tokens import Tokens
from models.input_records import Party
from models.units import AMOUNT_MAX_MINOR

NOT_PROVIDED: Final = frozenset({"", "NOTPROVIDED", "UNKNOWN", "NONE", "NONREF"})
"""What is written where an id must stand and none is known."""
_AMOUNT: Final = re.compile(r"\+?(\d{0,18})(?:\.(\d{0,17}))?", re.ASCII)
_TIME: Final = re.compile(r"(\d{4})-(\d\d)-(\d\d)(?:T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,12}))?)?(Z|[+-]\d\d:\d\d)?", re.ASCII)
_ZONE: Final = re.compile(r"([+-])(\d\d):(\d\d)", re.ASCII)
_IDENTIFIER_MAX: Final = 128
_BIC: Final = re.compile(r"[A-Z0-9]{8}(?:[A-Z0-9]{3})?", re.ASCII)


class Setup(msgspec.Struct, frozen=True):
    """What no message tells.

    own_bics: this bank's, 8 characters each; empty: unknown. zone: of times without offset. is_settled: a pacs.008 that comes in
    has moved the money (a system that settles each one and sends no pacs.002), so it is APPROVED, not REQUESTED.
    """

    tokens: Tokens
    own_bics: frozenset[str] = frozenset()
    zone: tzinfo = UTC
    is_settled: bool = False


def zone_of(text: str) -> tzinfo:
    """Return a fixed offset: `Z`, `+08:00`. Errors: ValueError.

    >>> zone_of("+08:00").utcoffset(None)
    datetime.timedelta(seconds=28800)
    """
    if text == "Z":
        return UTC
    found = _ZONE.fullmatch(text)
    if found is None or int(found[2]) > 14 or int(found[3]) > 59:
        raise ValueError("an offset is written as +08:00")
    offset = timedelta(hours=int(found[2]), minutes=int(found[3]))
    return timezone(-offset if found[1] == "-" else offset)


def institution(bic: str) -> str:
    """Return the part of a BIC that names the institution, without its branch.

    >>> institution("ITUSUSP1XXX")
    'ITUSUSP1'
    """
    return bic.upper()[:8]


def fault(code: ErrorCode, node: Node, field: str, reason: str) -> DecodeError:
    """Return the error of an element, or of one that is missing in it. field: a path of names of the standard."""
    return DecodeError(code, field, node.position, reason)


def text_at(node: Node | None, path: str) -> str:
    """Return the text at a path, "" where there is none."""
    found = node.at(path) if node is not None else None
    return found.text if found is not None else ""


def id_at(node: Node | None, path: str) -> str:
    """Return an id, "" where there is none or where the text only says so."""
    text = text_at(node, path)
    return "" if text.upper() in NOT_PROVIDED else text


def need(node: Node, path: str, field: str) -> Node:
    """Return the element at a path. Errors: DecodeError."""
    found = node.at(path)
    if found is None or not (found.text or found.children):
        raise fault("missing_field", found or node, field, "an element that is needed is left out")
    return found


def amount(node: Node, field: str) -> tuple[int, str]:
    """Return minor units and currency of an amount, exactly. Errors: DecodeError."""
    currency = currency_of(node.attributes.get("Ccy", ""))
    if currency is None or currency.letters != node.attributes["Ccy"]:
        raise fault("unknown_value", node, field, "the currency is none of ISO 4217")
    found = _AMOUNT.fullmatch(node.text)
    if found is None or not (found[1] or found[2]):
        raise fault("wrong_type", node, field, "the amount is no decimal number")
    decimals = (found[2] or "").rstrip("0")
    if len(decimals) > currency.exponent:
        raise fault("out_of_range", node, field, "the amount has more decimals than its currency")
    minor = int((found[1] or "0") + decimals.ljust(currency.exponent, "0"))
    if minor > AMOUNT_MAX_MINOR:
        raise fault("out_of_range", node, field, "the amount is outside its limits")
    return minor, currency.letters


def amount_text(minor: int, letters: str) -> str:
    """Return an amount as the standard writes it.

    >>> amount_text(500, "USD"), amount_text(500, "JPY"), amount_text(5, "KWD")
    ('5.00', '500', '0.005')
    """
    currency = currency_of(letters)
    if currency is None:
        raise ValueError("the currency is none of ISO 4217")
    digits = str(minor).rjust(currency.exponent + 1, "0")
    if not currency.exponent:
        return digits
    return f"{digits[: -currency.exponent]}.{digits[-currency.exponent :]}"


def time(node: Node, field: str, zone: tzinfo) -> datetime:
    """Return an instant in UTC; a day without an hour is its first instant. Errors: DecodeError."""
    found = _TIME.fullmatch(node.text)
    if found is not None:
        year, month, day, hour, minute, second = (int(part or 0) for part in found.groups()[:6])
        micros = int((found[7] or "")[:6].ljust(6, "0"))
        try:
            here = zone if found[8] is None else zone_of(found[8])
            instant = datetime(year, month, day, hour, minute, second, micros, here).astimezone(UTC)
        except (ValueError, OverflowError):
            instant = None
        if instant is not None and 1970 <= instant.year < 9998:
            return instant
    raise fault("bad_time", node, field, "the text is no time of ISO 8601")


def digest(*parts: str) -> str:
    """Return 32 hexadecimal digits over parts, unambiguous in their boundaries."""
    return hashlib.blake2b("\x1f".join(parts).encode(), digest_size=16).hexdigest()


def account_number(node: Node | None) -> str:
    """Return the number of an account, "" where none is told."""
    number = text_at(node, "Id/IBAN") or text_at(node, "Id/Othr/Id")
    return number.replace(" ", "").upper()


def bank_of(agent: Node | None) -> str:
    """Return the institution of an agent by its BIC, else its clearing number, "" where neither is told."""
    bic = text_at(agent, "FinInstnId/BICFI") or text_at(agent, "FinInstnId/BIC")
    if _BIC.fullmatch(bic.upper()):
        return institution(bic)
    return text_at(agent, "FinInstnId/ClrSysMmbId/MmbId")[:_IDENTIFIER_MAX]


def party(setup: Setup, account: Node | None, agent: Node | None, holder: Node | None) -> Party | None:
    """Return one end of a payment, None where no account is told."""
    number = account_number(account)
    if not number:
        return None
    bank = bank_of(agent)
    identified = (holder.child("Pty") or holder).child("Id") if holder is not None else None
    return Party(
        account=setup.tokens.account(number),
        bank=bank or None,
        on_us=bank in setup.own_bics if bank and setup.own_bics else None,
        type=None if identified is None else "CORPORATE" if identified.child("OrgId") else "PERSON",
    )


def needed_party(setup: Setup, payment: Node, sides: tuple[Node, ...], name: str, unit: str) -> Party:
    """Return payer (`Dbtr`) or payee (`Cdtr`) of a payment, or of what stands around it. Errors: DecodeError."""
    account, agent, holder = (
        next((found for side in sides if (found := side.child(name + suffix)) is not None), None) for suffix in ("Acct", "Agt", "")
    )
    told = party(setup, account, agent, holder)
    if told is None:
        raise fault("missing_party", account or payment, f"{unit}/{name}Acct", "the account is not told")
    return told


def purpose(*nodes: Node) -> str | None:
    """Return the purpose code of a payment, else the category of its batch; None unless it has the four letters of the code set."""
    for node in nodes:
        for path in ("Purp/Cd", "PmtTpInf/CtgyPurp/Cd"):
            text = text_at(node, path)
            if len(text) == 4:
                return text
    return None
