"""XML that is made to hurt is refused, and before it has hurt."""

import tracemalloc

import pytest

from connectors.errors import DecodeError
from connectors.iso20022.samples import pacs008
from connectors.iso20022.xml_units import MESSAGE_BYTES_MAX, pieces
from tests.connectors.iso20022.messages import golden, reader


def refusal(raw: bytes) -> DecodeError:
    with pytest.raises(DecodeError) as refused:
        reader().decode(raw)
    return refused.value


@pytest.mark.parametrize("case", ["entity_bomb", "entity_outside"])
def test_a_document_type_is_refused_where_it_starts_so_no_entity_is_ever_expanded(case: str) -> None:
    error = refusal(golden(case))
    assert error.code == "bad_frame"
    assert "document type" in error.reason
    assert error.position is not None
    assert error.position <= golden(case).index(b"<Document>")


def test_a_billion_laughs_cost_no_memory() -> None:
    entities = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
    bomb = f'<!DOCTYPE a [<!ENTITY l0 "ha">{entities}]><Document>&l11;</Document>'.encode()
    tracemalloc.start()
    try:
        refusal(bomb)
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak_bytes < 1 << 20


def test_nesting_is_refused_at_its_limit_however_deep_it_goes() -> None:
    deep = b"<a>" * 1_000_000
    error = refusal(deep)
    assert error.code == "oversize"
    assert error.position is not None
    assert error.position < 300


@pytest.mark.parametrize(
    "inside",
    [b"<a/>" * 30_000, b"x" * 30_000, b"<a " + b" ".join(b'b%d=""' % number for number in range(40)) + b"/>"],
    ids=["elements", "text", "attributes"],
)
def test_no_element_holds_more_than_a_payment_can(inside: bytes) -> None:
    assert refusal(b"<Document>" + inside + b"</Document>").code == "oversize"


def test_a_message_that_never_ends_is_refused_at_the_limit_of_bytes() -> None:
    def endless() -> object:
        yield b"<Document>"
        while True:
            yield b"<!-- -->" * (1 << 17)

    with pytest.raises(DecodeError) as refused:
        list(reader().parts(endless()))  # type: ignore[arg-type]
    assert (refused.value.code, refused.value.position) == ("oversize", MESSAGE_BYTES_MAX)


@pytest.mark.parametrize("encoding", ["rot13", "no-such", "base64", "utf-7", "idna"])
def test_an_encoding_that_is_none_for_text_is_refused(encoding: str) -> None:
    raw = golden("pacs008_two_payments").replace(b"UTF-8", encoding.encode())
    assert refusal(raw).code == "bad_frame"


@pytest.mark.parametrize("encoding", ["utf-16", "iso-8859-1"])
def test_the_encodings_of_the_standard_are_read(encoding: str) -> None:
    text = golden("pacs008_two_payments").decode().replace("UTF-8", encoding)
    assert reader().decode(text.encode(encoding)) == reader().decode(golden("pacs008_two_payments"))


def test_only_one_payment_of_a_long_message_is_in_memory_at_a_time() -> None:
    raw = pacs008(2_000)
    tracemalloc.start()
    try:
        count = sum(1 for _ in reader().parts(pieces(raw)))
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert count == 2_000
    assert peak_bytes < 1 << 20  # the whole tree takes 15 MB


def test_a_long_message_does_not_add_up_to_the_limit_of_elements() -> None:
    assert len(reader().decode(pacs008(3_000))) == 3_000


def test_many_small_batches_do_not_add_up_to_the_limit_of_elements() -> None:
    batch = (
        "<PmtInf><PmtInfId>B</PmtInfId><DbtrAcct><Id><Othr><Id>1</Id></Othr></Id></DbtrAcct><CdtTrfTxInf><PmtId>"
        '<EndToEndId>E</EndToEndId></PmtId><Amt><InstdAmt Ccy="CNY">1.00</InstdAmt></Amt>'
        "<CdtrAcct><Id><Othr><Id>2</Id></Othr></Id></CdtrAcct></CdtTrfTxInf></PmtInf>"
    )
    head = (
        '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"><CstmrCdtTrfInitn><GrpHdr><MsgId>M</MsgId>'
        "<CreDtTm>2026-03-02T09:20:00Z</CreDtTm></GrpHdr>"
    )
    records = reader().decode((head + batch * 4_000 + "</CstmrCdtTrfInitn></Document>").encode())
    assert len({record.event_id for record in records}) == 4_000  # type: ignore[union-attr]


def test_a_message_within_another_is_refused() -> None:
    inner = b'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.029.001.14"><RsltnOfInvstgtn/></Document>'
    outer = b'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pacs.002.001.10"><FIToFIPmtStsRpt>%s</FIToFIPmtStsRpt></Document>'
    error = refusal(outer % inner)
    assert error.code == "bad_frame"
    assert error.reason == "a message stands within another"
    assert error.position is not None
