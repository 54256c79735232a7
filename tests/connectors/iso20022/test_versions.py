"""Every version that is read, in the form that its official schema asks for, says the same; of pacs.002 no schema is at hand."""

import importlib
import re
import tarfile
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from connectors.contract_json import encode
from connectors.errors import DecodeError
from connectors.iso20022.messages import FORMS
from connectors.iso20022.samples import pacs008
from tests.connectors.iso20022.messages import golden, reader

SCHEMAS = Path(__file__).parents[2] / "data" / "iso20022_schemas.tar.xz"
GOLDEN = {
    "pacs.008": "pacs008_two_payments",
    "pain.001": "moov_International_payment_USD_naujas_1",
    "camt.053": "camt053_bookings_and_reversals",
    "camt.054": "camt054_same_booking",
}
READ = {form.message: range(form.oldest, form.newest + 1) for form in FORMS.values()}
EVERY_VERSION = pytest.mark.parametrize(("message", "version"), [(name, version) for name in GOLDEN for version in READ[name]])
CHANGED = {"pacs.008": (2, 8, 13), "pain.001": (4, 8), "camt.053": (2, 3, 14), "camt.054": (6, 14)}
"""Versions at the edges of a form; a schema takes half a second to load, so the others are not asked every time."""
FOREIGN = [
    "moov_FI_camt_053_sample",
    "moov_FI_camt_054_sample",
    "moov_International_payment_RUB_naujas_1",
    "moov_sepa_payment_naujas_1",
]


@cache
def schemas() -> dict[str, bytes]:
    with tarfile.open(SCHEMAS) as archive:
        return {part.name.removesuffix(".xsd"): archive.extractfile(part).read() for part in archive}  # type: ignore[union-attr]


def faults(raw: bytes, name: str) -> list[str]:
    """Return what an official schema has against a message."""
    xmlschema: Any = importlib.import_module("xmlschema")
    return [f"{error.path}: {error.reason}" for error in xmlschema.XMLSchema(schemas()[name].decode()).iter_errors(raw)]


def full_name(message: str, version: int) -> str:
    return f"{message}.001.{version:02d}"


def as_version(message: str, version: int) -> bytes:
    """Return the golden message in the form of a version: what was renamed, moved or added between them."""
    raw = re.sub(rb"[a-z]{4}\.\d{3}\.001\.\d\d", full_name(message, version).encode(), golden(GOLDEN[message]))
    match message:
        case "pacs.008":
            if version < 8:
                raw = re.sub(rb"<UETR>.*?</UETR>", b"", raw)
            if version >= 13:
                raw = re.sub(rb"(<AccptncDtTm>.*?</AccptncDtTm>)", rb"<AddtlDtTm>\1</AddtlDtTm>", raw)
        case "pain.001":
            if version > 3:
                raw = raw.replace(b"BIC>", b"BICFI>")
            if version >= 8:
                raw = re.sub(rb"<ReqdExctnDt>(.*?)</ReqdExctnDt>", rb"<ReqdExctnDt><Dt>\1</Dt></ReqdExctnDt>", raw)
        case _:
            if version < 7:
                raw = re.sub(rb"<Sts><Cd>(.*?)</Cd></Sts>", rb"<Sts>\1</Sts>", raw)
                raw = raw.replace(b"<Pty>", b"").replace(b"</Pty>", b"")
            if version <= 2:
                raw = re.sub(
                    rb"(<TxDtls>(?:<Refs>.*?</Refs>)?)(<Amt .*?</Amt>)(?:<CdtDbtInd>.*?</CdtDbtInd>)?",
                    rb"\1<AmtDtls><TxAmt>\2</TxAmt></AmtDtls>",
                    raw,
                )
            elif version < 7:
                raw = re.sub(rb"<Ntry>.*?</Ntry>", with_amounts, raw, flags=re.DOTALL)
    if version <= 2 and message != "pain.001":
        raw = raw.replace(b"BICFI>", b"BIC>")
    return raw


def with_amounts(entry: re.Match[bytes]) -> bytes:
    """Return an entry whose details repeat its amount, as these versions ask for."""
    told = re.search(rb"<Amt Ccy.*?</CdtDbtInd>", entry[0])
    assert told is not None
    return re.sub(
        rb"<TxDtls>(<Refs>.*?</Refs>)?(<Amt .*?</Amt>)?(<CdtDbtInd>.*?</CdtDbtInd>)?",
        lambda found: b"<TxDtls>" + (found[1] or b"") + (found[2] or told[0].partition(b"<CdtDbtInd>")[0])
        + (found[3] or b"<CdtDbtInd>" + told[0].partition(b"<CdtDbtInd>")[2]),
        entry[0],
    )  # fmt: skip


@EVERY_VERSION
def test_a_version_says_what_every_other_says(message: str, version: int) -> None:
    raw = as_version(message, version)
    found = [encode(record) for record in reader().decode(raw)]
    expected = [encode(record) for record in reader().decode(golden(GOLDEN[message]))]
    assert list(map(told, found)) == list(map(told, expected))


@pytest.mark.parametrize(("message", "version"), [(name, version) for name, versions in CHANGED.items() for version in versions])
def test_a_version_is_made_in_the_form_that_its_official_schema_asks_for(message: str, version: int) -> None:
    assert faults(as_version(message, version), full_name(message, version)) == []


def told(raw: bytes) -> bytes:
    """Return a record without its ids, which hold the ids that older versions do not have."""
    return re.sub(rb'"(event_id|original_event_id)":"[^"]*",?', b"", raw)


@pytest.mark.parametrize("message", GOLDEN)
def test_the_versions_before_and_after_are_refused(message: str) -> None:
    newest = READ[message][-1]
    for version in (READ[message][0] - 1, newest + 1):
        raw = as_version(message, newest).replace(full_name(message, newest).encode(), full_name(message, version).encode())
        with pytest.raises(DecodeError, match="version of the message is none that is read"):
            reader().decode(raw)


@pytest.mark.parametrize("case", FOREIGN)
def test_a_message_of_somebody_else_is_what_its_schema_says_and_is_read(case: str) -> None:
    raw = golden(case)
    name = re.search(rb"xsd:([a-z]{4}\.\d{3}\.001\.\d\d)", raw)
    assert name is not None
    assert faults(raw, name[1].decode()) == []
    assert reader().decode(raw)


def test_the_messages_that_the_bench_reads_are_official_ones() -> None:
    assert faults(pacs008(3), "pacs.008.001.08") == []


def test_a_schema_finds_what_is_wrong() -> None:
    assert faults(golden("pacs008_amount_is_no_number"), "pacs.008.001.08") != []
