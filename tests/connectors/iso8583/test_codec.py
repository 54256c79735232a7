"""Bytes and fields: every encoding there and back, and every fault at its field and byte."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.errors import DecodeError
from connectors.iso8583.codec import MESSAGE_BYTES_MAX, Codec
from connectors.iso8583.layout import Field, Layout, load_layout
from connectors.iso8583.message import Message
from tests.connectors.iso8583.messages import LAYOUTS, adapted

MIXED = {
    **{name: load_layout(name) for name in LAYOUTS},
    "packed, odd digits on the left of F": adapted('[encoding]\nodd = "right"', "iso87_binary"),
    "binary lengths": adapted('[encoding]\nlengths = "binary"', "iso87_binary"),
    "hex bitmap, packed digits": adapted('[encoding]\ndigits = "bcd"\nmti = "bcd"'),
    "binary bitmap, ascii digits, bcd lengths": adapted('[encoding]\nbitmap = "binary"\nlengths = "bcd"'),
    "Chinese texts and a header": adapted('[encoding]\ntext = "gb18030"\n[framing]\nheader_bytes = 5'),
}
ASCII = "".join(map(chr, range(32, 127)))


def values(field: Field, layout: Layout) -> st.SearchStrategy[str]:
    """Return the values that a field can carry."""
    least = 0 if field.prefix else field.length
    match field.kind:
        case "n":
            return st.text("0123456789", min_size=least, max_size=field.length)
        case "x":
            return st.builds(
                str.__add__, st.sampled_from("CD"), st.text("0123456789", min_size=field.length, max_size=field.length)
            )
        case "z":
            return st.text("0123456789=", min_size=least, max_size=field.length)
        case "b":
            return st.binary(min_size=least, max_size=min(field.length, 60)).map(lambda raw: raw.hex().upper())
    if field.prefix and layout.file.encoding.text == "gb18030":
        return st.text("张三abc 0", max_size=min(field.length // 2, 60))
    return st.text(ASCII, min_size=least, max_size=field.length if not field.prefix else min(field.length, 60))


@st.composite
def messages(draw: Any, layout: Layout) -> Message:
    numbers = draw(st.sets(st.sampled_from(sorted(layout.fields)), max_size=12))
    mti = draw(st.text("0123456789", min_size=4, max_size=4))
    header = bytes(layout.file.framing.header_bytes)
    return Message(mti, {number: draw(values(layout.fields[number], layout)) for number in numbers}, header)


@pytest.mark.parametrize("name", MIXED)
@settings(max_examples=150, deadline=None)
@given(drawn=st.data())
def test_what_is_written_reads_the_same(name: str, drawn: st.DataObject) -> None:
    codec = Codec(MIXED[name])
    message = drawn.draw(messages(MIXED[name]))
    assert codec.read(codec.write(message)) == message


def test_the_bytes_are_those_of_the_standard() -> None:
    message = Message("0200", {2: "6222020200112233445", 4: "000000500000", 28: "D00000100", 52: "0123456789ABCDEF", 70: "301"})
    assert Codec(load_layout("iso87_ascii")).write(message) == (
        b"0200D0000010000010000400000000000000196222020200112233445000000500000D000001000123456789ABCDEF301"
    )
    assert Codec(load_layout("iso87_binary")).write(message).hex() == (
        "0200d0000010000010000400000000000000190622202020011223344500000050000044000001000123456789abcdef0301"
    )


def test_an_odd_number_of_packed_digits_is_filled_up_where_the_layout_says() -> None:
    message = Message("0200", {2: "123"})
    assert Codec(load_layout("iso87_binary")).write(message)[-3:].hex() == "030123"
    right = Codec(MIXED["packed, odd digits on the left of F"])
    assert right.write(message)[-3:].hex() == "03123f"
    assert right.read(right.write(message)) == message


ASCII_START = b"0200" + b"4000000000000000"


@pytest.mark.parametrize(
    ("raw", "code", "field", "position"),
    [
        (b"", "empty_record", "frame", 0),
        (b"0" * (MESSAGE_BYTES_MAX + 1), "oversize", "frame", 0),
        (b"02", "bad_frame", "MTI", 0),
        (b"02A0", "bad_frame", "MTI", 0),
        (b"0200400000", "bad_frame", "bitmap", 4),
        (b"0200X000000000000000", "bad_frame", "bitmap", 4),
        (b"0200C000000000000000", "bad_frame", "bitmap", 4),
        (b"0200" + b"8000000000000000" + b"8000000000000000" + b"0", "bad_frame", "DE 65", 4),
        (ASCII_START, "bad_frame", "DE 2", 20),
        (ASCII_START + b"1x1234567890", "bad_frame", "DE 2", 20),
        (ASCII_START + b"20" + b"1" * 20, "out_of_range", "DE 2", 20),
        (ASCII_START + b"16" + b"1" * 15, "bad_frame", "DE 2", 20),
        (ASCII_START + b"16" + b"1" * 15 + b"x", "wrong_type", "DE 2", 20),
        (ASCII_START + b"16" + b"1" * 17, "bad_frame", "frame", 38),
        (b"0200" + b"0000000000800000" + b"ATM\x0012", "bad_frame", "DE 41", 20),
        (b"0200" + b"0000000000800000" + b"ATM\x000012", "wrong_type", "DE 41", 20),
        (b"0200" + b"0000000000800000" + b"ATM\xe90012", "wrong_type", "DE 41", 20),
        (b"0200" + b"0000000020000000" + b"12=x", "bad_frame", "DE 35", 20),
        (b"0200" + b"0000000020000000" + b"04=x12", "wrong_type", "DE 35", 20),
        (b"0200" + b"0000001000000000" + b"E00000100", "wrong_type", "DE 28", 20),
        (b"0200" + b"0000000000000001" + b"0123456789ABCDEG", "wrong_type", "DE 64", 20),
    ],
)
def test_a_fault_names_field_and_byte(raw: bytes, code: str, field: str, position: int) -> None:
    with pytest.raises(DecodeError) as refused:
        Codec(load_layout("iso87_ascii")).read(raw)
    assert (refused.value.code, refused.value.field, refused.value.position) == (code, field, position)


@pytest.mark.parametrize("digits", ["1a", "f1", "1f"])
def test_packed_digits_are_digits(digits: str) -> None:
    raw = bytes.fromhex("0200" + "1000000000000000" + digits + "0000000000")
    with pytest.raises(DecodeError, match="DE 4"):
        Codec(load_layout("iso87_binary")).read(raw)


def test_what_fills_up_odd_packed_digits_is_zero_and_nothing_else() -> None:
    codec = Codec(load_layout("iso87_binary"))
    with pytest.raises(DecodeError, match="DE 2"):
        codec.read(bytes.fromhex("0200" + "4000000000000000" + "03" + "1123"))


@pytest.mark.parametrize(
    "message",
    [
        Message("02A0", {}),
        Message("0200", {65: "1"}),
        Message("0200", {2: "6222x"}),
        Message("0200", {2: "1" * 20}),
        Message("0200", {4: "5"}),
        Message("0200", {28: "00000100"}),
        Message("0200", {41: "ATM\n0012"}),
        Message("0200", {41: "张三张三"}),
        Message("0200", {52: "01"}),
        Message("0200", {52: "zz" * 8}),
        Message("0200", dict.fromkeys(range(105, 120), "x" * 999)),
    ],
)
@pytest.mark.parametrize("layout", LAYOUTS[:2])
def test_what_the_layout_cannot_carry_is_not_written_and_not_shown(layout: str, message: Message) -> None:
    with pytest.raises(ValueError, match=r"^(DE \d+|a message|the message)") as refused:
        Codec(load_layout(layout)).write(message)
    assert refused.value.__cause__ is None
    assert not any(len(value) > 1 and value in str(refused.value) for value in message.values.values())


def test_a_message_shows_its_shape_and_no_value() -> None:
    assert repr(Message("0200", {41: "ATM00012", 2: "6222020200112233445"})) == "Message(0200, fields 2 41)"


def test_any_number_of_different_bitmaps_leaves_the_memory_bounded() -> None:
    codec = Codec(load_layout("iso93"))
    for bits in range(3_000):
        with pytest.raises(DecodeError):
            codec.read(b"1200" + (bits << 20 | 1 << 60).to_bytes(8, "big"))
    assert len(codec._plans) <= 1_024
