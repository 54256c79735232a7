"""The payments that a recall names, found again in the messages that asked for them.

The detection keeps tokens and ids of its own. What the other bank must be told (the ids of the message, the payee's number)
stands in the message alone, so a recall reads it there, and nowhere else is it kept.
"""

from collections.abc import Container, Iterable, Iterator

import msgspec

from connectors.iso20022.fields import amount, id_at, need, text_at
from connectors.iso20022.payments import APPROVAL, REQUEST, Keys, keys_of, payment_id
from connectors.iso20022.xml_units import Node, Places, read_units

_PLACES = Places(units=frozenset({"CdtTrfTxInf"}), passing=frozenset(), whole="Document")
_MESSAGE = "FIToFICstmrCdtTrf"


class Original(msgspec.Struct, frozen=True, kw_only=True):
    """A payment as its pacs.008 has it. from_bic, to_bic: the banks of payer and payee. account: the payee's, in clear."""

    message: str
    name: str
    keys: Keys
    amount_minor: int
    currency: str
    settled_on: str
    from_bic: str
    to_bic: str
    account: str
    is_iban: bool

    def __repr__(self) -> str:
        """Return nothing that names a person's account."""
        return f"Original({self.currency})"


def payment_of(event_id: str) -> str | None:
    """Return what names the payment behind an event, None for an event that no payment message made.

    >>> payment_of("iso20022-a-12ab"), payment_of("iso20022-q-12ab"), payment_of("e-1")
    ('12ab', '12ab', None)
    """
    for prefix in (APPROVAL, REQUEST):
        if event_id.startswith(prefix):
            return event_id.removeprefix(prefix)
    return None


def originals(chunks: Iterable[bytes], wanted: Container[str]) -> Iterator[tuple[str, Original]]:
    """Yield the wanted payments of a message with their names; nothing for a message that holds none.

    Errors: DecodeError where it is no XML that is read, or a wanted payment has no amount.
    """
    seen: dict[str, int] = {}
    for ancestors, node in read_units(chunks, _PLACES):
        if node.name != "CdtTrfTxInf" or ancestors[-1].name != _MESSAGE:
            continue
        message, keys = text_at(ancestors[-1], "GrpHdr/MsgId"), keys_of(node.child("PmtId"))
        own = payment_id(message, keys)
        occurrence = seen.get(own, 0)
        seen[own] = occurrence + 1
        name = payment_id(message, keys, occurrence)
        if name in wanted:
            yield name, _original(ancestors[-1], node, message, keys)


def _original(root: Node, node: Node, message: str, keys: Keys) -> Original:
    minor, currency = amount(need(node, "IntrBkSttlmAmt", "CdtTrfTxInf/IntrBkSttlmAmt"), "CdtTrfTxInf/IntrBkSttlmAmt")
    iban = text_at(node, "CdtrAcct/Id/IBAN")
    return Original(
        message=message,
        name=root.namespace.rpartition(":")[2],
        keys=keys,
        amount_minor=minor,
        currency=currency,
        settled_on=text_at(node, "IntrBkSttlmDt") or text_at(root, "GrpHdr/IntrBkSttlmDt"),
        from_bic=_bic(node, "DbtrAgt"),
        to_bic=_bic(node, "CdtrAgt"),
        account=iban or text_at(node, "CdtrAcct/Id/Othr/Id"),
        is_iban=bool(iban),
    )


def _bic(node: Node, agent: str) -> str:
    return (id_at(node, f"{agent}/FinInstnId/BICFI") or id_at(node, f"{agent}/FinInstnId/BIC")).upper()
