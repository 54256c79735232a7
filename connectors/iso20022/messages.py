"""Which messages are read, by the element that holds them, and the walk over one of them."""

import re
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from connectors.errors import DecodeError
from connectors.iso20022.bookings import bookings
from connectors.iso20022.fields import Setup, fault
from connectors.iso20022.investigation import resolution
from connectors.iso20022.payments import Answer, Payment, answer, credit_transfer
from connectors.iso20022.recall import ROOT, Recall, read_recall
from connectors.iso20022.xml_units import Node, Places, read_units
from models.input_records import FreezeResponse, Transaction
from models.records import RecordError

Part = Payment | Answer | Transaction | FreezeResponse | Recall | DecodeError


class Form(NamedTuple):
    """A message: its id, the versions that are read, and the element that holds one payment, answer or entry."""

    message: str
    oldest: int
    newest: int
    unit: str


FORMS: Final = {
    "FIToFICstmrCdtTrf": Form("pacs.008", 2, 13, "CdtTrfTxInf"),
    "CstmrCdtTrfInitn": Form("pain.001", 3, 13, "CdtTrfTxInf"),
    "FIToFIPmtStsRpt": Form("pacs.002", 3, 15, "TxInfAndSts"),
    "BkToCstmrStmt": Form("camt.053", 2, 14, "Ntry"),
    "BkToCstmrDbtCdtNtfctn": Form("camt.054", 2, 14, "Ntry"),
    "RsltnOfInvstgtn": Form("camt.029", 3, 14, "RsltnOfInvstgtn"),
    ROOT: Form("camt.056", 8, 12, ROOT),
}
_VERSION: Final = re.compile(r"[a-z]{4}\.\d{3}\.\d{3}\.(\d\d)(?!\d)", re.ASCII)
_PLACES: Final = Places(
    units=frozenset({"CdtTrfTxInf", "TxInfAndSts", "Ntry", "RsltnOfInvstgtn", ROOT}),
    passing=frozenset({"PmtInf", "Stmt", "Ntfctn"}),
    whole="Document",
)


def parts_of(setup: Setup, chunks: Iterable[bytes]) -> Iterator[Part]:
    """Yield what a message says, piece by piece; a piece that cannot be read is an error among the others.

    Errors: DecodeError where the message as a whole is none that is read.
    """
    seen: dict[str, int] = {}
    count, is_read, kind = 0, False, None
    for ancestors, node in read_units(chunks, _PLACES):
        form, version = kind = kind or _form(ancestors, node)
        if node.name == form.unit:
            count += 1
            yield from _guarded(setup, form, version, ancestors, node, f"{form.unit}[{count}]", seen)
        elif node.name == "Document":
            if any(found.name == "Document" for found in ancestors):
                raise fault("bad_frame", node, "Document", "a message stands within another")
            is_read = True
            if form.message == "pacs.002" and not count:
                for status in node.children[0].all("OrgnlGrpInfAndSts"):
                    yield from _guarded(setup, form, version, (*ancestors, node, node.children[0]), status, status.name, seen)
            count, kind = 0, None
            seen.clear()
    if not is_read:
        raise DecodeError("bad_frame", "Document", 0, "the message is none that is read")


def _form(ancestors: tuple[Node, ...], node: Node) -> tuple[Form, str]:
    """Return what kind of message an element stands in, and its version. Errors: DecodeError for one that is not read."""
    path = (*ancestors, node)
    start = next((number for number, found in enumerate(path) if found.name == "Document"), None)
    if start is None:
        raise fault("bad_frame", path[0], "Document", "the message is none that is read")
    root = path[start + 1] if len(path) > start + 1 else next(iter(path[start].children), path[start])
    form = FORMS.get(root.name)
    if form is None:
        raise fault("unknown_value", root, "Document", "the message is none that is read")
    version = _VERSION.search(root.namespace)
    if version is None or not root.namespace[: version.end()].endswith(f"{form.message}.001.{version[1]}"):
        raise fault("unknown_value", root, "Document", "the namespace names another message than the element")
    if not form.oldest <= int(version[1]) <= form.newest:
        raise fault("unknown_value", root, "Document", "the version of the message is none that is read")
    return form, version[1]


def _guarded(
    setup: Setup, form: Form, version: str, ancestors: tuple[Node, ...], node: Node, unit: str, seen: dict[str, int]
) -> Iterator[Part]:
    try:
        yield from _parts(setup, form, version, ancestors, node, unit, seen)
    except DecodeError as error:
        yield error
    except RecordError as error:
        yield fault(error.code, node, unit, error.reason)


def _parts(
    setup: Setup, form: Form, version: str, ancestors: tuple[Node, ...], node: Node, unit: str, seen: dict[str, int]
) -> Iterable[Part]:
    match form.message:
        case "pacs.008" | "pain.001":
            payment = credit_transfer(setup, ancestors, node, unit, seen)
            return [payment] if payment is not None else []
        case "pacs.002":
            found = answer(setup, ancestors, node, unit)
            return [found] if found is not None else []
        case "camt.053" | "camt.054":
            return bookings(setup, ancestors, node, unit)
        case "camt.029":
            return resolution(setup, node)
    return [read_recall(node, version)]
