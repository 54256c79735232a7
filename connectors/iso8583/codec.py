"""Bytes of one message to its fields and back, by a layout. Pure; every fault names field and byte.

Strict where a wrong guess would move money: digits are digits, a length is kept, nothing is left over. Lenient with
texts: any printable character of the encoding.

Our own and not pyiso8583 4.0.1, which `make bench ARGS=connectors` runs beside it: that one takes letters for digits and
control characters for text, so every field would have to be looked at again, has no standard notation for layouts, and
reads a message in about three times the time.
"""

from collections.abc import Callable
from typing import Final

from connectors.errors import DecodeError
from connectors.iso8583.layout import Encoding, Field, Layout
from connectors.iso8583.message import Message

MESSAGE_BYTES_MAX: Final = 9_999
"""Longest message: what a length of four digits can say."""
_PLANS_MAX: Final = 1_024
"""Different bitmaps remembered; a switch uses some dozens."""
_HEX: Final = frozenset(b"0123456789abcdefABCDEF")
_TRACK: Final = frozenset("0123456789=D")

Step = tuple[Field, int, int, int, Callable[[bytes, int], str | None]]
"""(field, bytes of its length prefix, units it has or has at most, units in a byte, bytes and unit count to the value or None).

Units are what a length counts: packed digits two in a byte, else bytes."""


class Codec:
    """Reads and writes the messages of one layout."""

    def __init__(self, layout: Layout) -> None:
        """Prepare the steps of every field once."""
        self.layout = layout
        self._encoding = layout.file.encoding
        self._header = layout.file.framing.header_bytes
        self._bitmap_bytes = 16 if self._encoding.bitmap == "hex" else 8
        self._mti_bytes = 4 if self._encoding.mti == "ascii" else 2
        self._length_of = _length_reader(self._encoding)
        self._steps = {number: _step(field, self._encoding) for number, field in layout.fields.items()}
        self._plans: dict[bytes, tuple[Step, ...]] = {}

    def read(self, raw: bytes) -> Message:
        """Return the message that stands in a frame. Errors: DecodeError."""
        if not raw:
            raise DecodeError("empty_record", "frame", 0, "the frame has no content")
        if len(raw) > MESSAGE_BYTES_MAX:
            raise DecodeError("oversize", "frame", 0, "the frame is longer than a message can be")
        at = self._header
        mti = self._read_mti(raw, at)
        starts = {0: at}
        at += self._mti_bytes
        steps, at = self._plan(raw, at)
        values: dict[int, str] = {}
        for field, prefix_bytes, most, units, value_of in steps:
            number = field.number
            starts[number] = at
            count = most
            if prefix_bytes:
                count = self._length_of(raw, at, prefix_bytes, field, most)
                at += prefix_bytes
            end = at + (count + units - 1) // units
            part = raw[at:end]
            if end > len(raw):
                raise DecodeError("bad_frame", field.name, starts[number], "the frame ends within the field")
            value = value_of(part, count)
            if value is None:
                raise DecodeError("wrong_type", field.name, starts[number], _REASONS[field.kind])
            values[number] = value
            at = end
        if at != len(raw):
            raise DecodeError("bad_frame", "frame", at, "bytes are left over behind the last field")
        return Message(mti, values, raw[: self._header], starts)

    def _read_mti(self, raw: bytes, at: int) -> str:
        part = raw[at : at + self._mti_bytes]
        mti = part.hex() if self._encoding.mti == "bcd" else part.decode("ascii", errors="replace")
        if len(mti) != 4 or not (mti.isascii() and mti.isdigit()):
            raise DecodeError("bad_frame", "MTI", min(at, len(raw)), "a message starts with four digits that tell its type")
        return mti

    def _plan(self, raw: bytes, at: int) -> tuple[tuple[Step, ...], int]:
        """Return the steps of the fields that the bitmaps announce, and where the first field starts."""
        size = self._bitmap_bytes
        first = raw[at : at + size]
        has_second = first[:1] and (first[0] & 0x80 if size == 8 else first[:1] in b"89abcdefABCDEF")
        end = at + (2 * size if has_second else size)
        bitmap = raw[at:end]
        steps = self._plans.get(bitmap)
        if steps is None:
            steps = self._plan_of(bitmap, at, 2 * size if has_second else size)
            if len(self._plans) < _PLANS_MAX:
                self._plans[bitmap] = steps
        return steps, end

    def _plan_of(self, bitmap: bytes, at: int, size: int) -> tuple[Step, ...]:
        is_hex = self._encoding.bitmap == "hex"
        if len(bitmap) != size or (is_hex and not _HEX.issuperset(bitmap)):
            raise DecodeError("bad_frame", "bitmap", at, "the bitmap is cut off or not made of hexadecimal digits")
        octets = bytes.fromhex(bitmap.decode("ascii")) if is_hex else bitmap
        numbers = [8 * place + bit + 1 for place, octet in enumerate(octets) for bit in range(8) if octet & 0x80 >> bit]
        unknown = [number for number in numbers if number != 1 and number not in self._steps]
        if unknown:
            raise DecodeError("bad_frame", f"DE {unknown[0]}", at, "the bitmap announces a field that the layout does not know")
        return tuple(self._steps[number] for number in numbers if number != 1)

    def write(self, message: Message) -> bytes:
        """Return the bytes of a message. Errors: ValueError for what the layout cannot carry; the text holds no value."""
        encoding = self._encoding
        numbers = sorted(message.values)
        if len(message.mti) != 4 or not message.mti.isdigit() or len(message.header) != self._header:
            raise ValueError("a message needs a type of four digits and the layout's header")
        if unknown := [number for number in numbers if number not in self._steps]:
            raise ValueError(f"DE {unknown[0]} is not in the layout")
        bits = sum(1 << (128 - number) for number in numbers)
        octets = (bits | 1 << 127).to_bytes(16, "big") if bits & ((1 << 64) - 1) else (bits >> 64).to_bytes(8, "big")
        parts = [
            message.header,
            message.mti.encode("ascii") if encoding.mti == "ascii" else bytes.fromhex(message.mti),
            octets.hex().upper().encode("ascii") if encoding.bitmap == "hex" else octets,
        ]
        parts += [self._written(self._steps[number], message.values[number]) for number in numbers]
        whole = b"".join(parts)
        if len(whole) > MESSAGE_BYTES_MAX:
            raise ValueError("the message is longer than a message can be")
        return whole

    def _written(self, step: Step, value: str) -> bytes:
        field, prefix_bytes, most, _, value_of = step
        part, count = _bytes_of(field, value, self._encoding)
        fits = count <= most if prefix_bytes else count == most
        if not fits or value_of(part, count) != value:
            raise ValueError(f"{field.name} cannot carry such a value")
        if not prefix_bytes:
            return part
        match self._encoding.lengths:
            case "ascii":
                return str(count).zfill(prefix_bytes).encode("ascii") + part
            case "bcd":
                return bytes.fromhex(str(count).zfill(2 * prefix_bytes)) + part
        return count.to_bytes(prefix_bytes, "big") + part


_REASONS: Final = {
    "n": "the field is not made of digits",
    "x": "the field is not C or D and digits",
    "z": "the field is no track data",
    "b": "the field is not made of hexadecimal digits",
    "t": "the field is no printable text of the layout's encoding",
}


def _length_reader(encoding: Encoding) -> Callable[[bytes, int, int, Field, int], int]:
    """Return the function that reads a field's length at a byte and holds it to the field's most."""

    def read(raw: bytes, at: int, size: int, field: Field, most: int) -> int:
        part = raw[at : at + size]
        if len(part) != size:
            raise DecodeError("bad_frame", field.name, at, "the frame ends within the field's length")
        if encoding.lengths == "binary":
            count = int.from_bytes(part, "big")
        else:
            digits = part if encoding.lengths == "ascii" else part.hex()
            if not digits.isdigit():
                raise DecodeError("bad_frame", field.name, at, "the field's length is not made of digits")
            count = int(digits)
        if count > most:
            raise DecodeError("out_of_range", field.name, at, "the field is longer than the layout allows")
        return count

    return read


def _step(field: Field, encoding: Encoding) -> Step:
    prefix_bytes = field.prefix
    if field.prefix and encoding.lengths != "ascii":
        prefix_bytes = (field.prefix + 1) // 2
    packed = encoding.digits == "bcd"
    most = field.length
    if field.kind == "x":
        most = 1 + (field.length // 2 if packed else field.length)
    elif field.kind == "b" and encoding.binary == "hex":
        most = 2 * field.length
    return field, prefix_bytes, most, 2 if packed and field.kind in "nz" else 1, _value_reader(field, encoding)


def _value_reader(field: Field, encoding: Encoding) -> Callable[[bytes, int], str | None]:
    match field.kind:
        case "n" if encoding.digits == "bcd":
            return lambda part, count: digits if (digits := _unpacked(part, count, encoding.odd)).isdigit() or not count else None
        case "n":
            return lambda part, count: part.decode("ascii") if part.isdigit() or not count else None
        case "x":
            return _signed_packed if encoding.digits == "bcd" else _signed
        case "z" if encoding.digits == "bcd":
            return lambda part, count: _track(_unpacked(part, count, encoding.odd).upper())
        case "z":
            return lambda part, count: _track(part.decode("ascii", errors="replace"))
        case "b" if encoding.binary == "hex":
            return _bytes_in_hex
        case "b":
            return lambda part, count: part.hex().upper()
    return lambda part, count: _text(part, encoding.text)


def _unpacked(part: bytes, count: int, odd: str) -> str:
    """Return packed digits without what fills them up; "?" where that is neither 0 nor, on the right, F."""
    digits = part.hex()
    if count % 2 == 0:
        return digits
    if odd == "left":
        return digits[1:] if digits[0] == "0" else "?"
    return digits[:-1] if digits[-1] in "0f" else "?"


def _track(text: str) -> str | None:
    return text.replace("D", "=") if _TRACK.issuperset(text) else None


def _text(part: bytes, encoding: str) -> str | None:
    try:
        text = part.decode(encoding)
    except UnicodeDecodeError:
        return None
    return text if text.isprintable() else None


def _bytes_in_hex(part: bytes, count: int) -> str | None:
    return part.decode("ascii").upper() if count % 2 == 0 and _HEX.issuperset(part) else None


def _signed(part: bytes, count: int) -> str | None:
    return part.decode("ascii") if part[:1] in (b"C", b"D") and part[1:].isdigit() else None


def _signed_packed(part: bytes, count: int) -> str | None:
    digits = part[1:].hex()
    return part[:1].decode("ascii") + digits if part[:1] in (b"C", b"D") and digits.isdigit() else None


def _bytes_of(field: Field, value: str, encoding: Encoding) -> tuple[bytes, int]:
    """Return a value as bytes and the count that its length states. Errors: ValueError without the value."""
    try:
        if field.kind in "nz" and encoding.digits == "bcd":
            digits = value.replace("=", "D")
            odd = len(digits) % 2
            filled = digits + "F" * odd if encoding.odd == "right" else "0" * odd + digits
            return bytes.fromhex(filled), len(digits)
        if field.kind == "x" and encoding.digits == "bcd":
            part = value[:1].encode("ascii") + bytes.fromhex(value[1:])
            return part, len(part)
        if field.kind == "b" and encoding.binary == "binary":
            return bytes.fromhex(value), len(value) // 2
        part = value.encode("ascii" if field.kind in "nxzb" else encoding.text)
    except ValueError:
        raise ValueError(f"{field.name} cannot carry such a value") from None
    return part, len(part)
