"""The length before a message, in every form."""

import pytest

from connectors.errors import DecodeError
from connectors.iso8583.framing import FrameLength
from connectors.iso8583.layout import Framing

FORMS = [
    Framing(bytes=size, length=form, includes_itself=own)  # type: ignore[arg-type]
    for size in (2, 4)
    for form in ("binary", "ascii", "bcd")
    for own in (False, True)
]


@pytest.mark.parametrize("framing", FORMS)
def test_what_is_written_is_read(framing: Framing) -> None:
    length, message = FrameLength(framing), b"x" * 90
    frame = length.write(message)
    assert len(frame) == framing.bytes + 90
    assert length.read(frame[: framing.bytes]) == 90


@pytest.mark.parametrize(
    ("framing", "frame"),
    [
        (Framing(bytes=2), b"\x00\x03abc"),
        (Framing(bytes=4, length="ascii"), b"0003abc"),
        (Framing(bytes=2, length="bcd"), b"\x00\x03abc"),
        (Framing(bytes=2, includes_itself=True), b"\x00\x05abc"),
        (Framing(bytes=4, length="ascii", includes_itself=True), b"0007abc"),
    ],
)
def test_the_bytes_are_those_that_switches_send(framing: Framing, frame: bytes) -> None:
    assert FrameLength(framing).write(b"abc") == frame


def test_a_length_of_nothing_is_a_sign_of_life() -> None:
    assert FrameLength(Framing(bytes=4, length="ascii")).read(b"0000") == 0
    assert FrameLength(Framing(bytes=2, includes_itself=True)).read(b"\0\0") == 0


@pytest.mark.parametrize(
    ("framing", "head", "code"),
    [
        (Framing(bytes=4, length="ascii"), b"GET ", "bad_frame"),
        (Framing(bytes=2, length="bcd"), b"\x0a\x00", "bad_frame"),
        (Framing(bytes=4), b"\x00\x10\x00\x00", "oversize"),
        (Framing(bytes=2), b"\xff\xff", "oversize"),
        (Framing(bytes=2, includes_itself=True), b"\x00\x01", "oversize"),
    ],
)
def test_what_is_no_length_is_refused(framing: Framing, head: bytes, code: str) -> None:
    with pytest.raises(DecodeError) as refused:
        FrameLength(framing).read(head)
    assert (refused.value.code, refused.value.field) == (code, "length")


def test_a_message_its_length_cannot_say_is_not_written() -> None:
    with pytest.raises(ValueError, match="longer"):
        FrameLength(Framing(bytes=2, length="ascii")).write(b"x" * 100)
