"""Messages in a stream of bytes: the length before each, read and written. No socket here."""

from typing import Final

from connectors.errors import DecodeError
from connectors.iso8583.codec import MESSAGE_BYTES_MAX
from connectors.iso8583.layout import Framing


class FrameLength:
    """Reads and writes the length in front of a message.

    size: bytes of it. A length of 0 is a sign of life that many switches send; no message follows.
    """

    __slots__ = ("_added", "_form", "size")

    def __init__(self, framing: Framing) -> None:
        self.size: Final = framing.bytes
        self._form = framing.length
        self._added = framing.bytes if framing.includes_itself else 0

    def read(self, head: bytes) -> int:
        """Return how many bytes of message follow. head: exactly `size` bytes.

        Errors: DecodeError for no length, or one of no message: where the next message starts is then unknown.

        >>> FrameLength(Framing(bytes=4, length="ascii")).read(b"0120")
        120
        """
        if self._form == "binary":
            length = int.from_bytes(head, "big")
        else:
            digits = head if self._form == "ascii" else head.hex().encode("ascii")
            if not digits.isdigit():
                raise DecodeError("bad_frame", "length", 0, "the length before a message is not made of digits")
            length = int(digits)
        if length == 0:
            return 0
        if not 0 <= length - self._added <= MESSAGE_BYTES_MAX:
            raise DecodeError("oversize", "length", 0, "the length before a message is that of no message")
        return length - self._added

    def write(self, message: bytes) -> bytes:
        """Return a message with its length in front. Errors: ValueError where the length cannot say it.

        >>> FrameLength(Framing(bytes=2, length="bcd")).write(b"0800")
        b'\\x00\\x040800'
        """
        length = len(message) + self._added
        digits = str(length).zfill(self.size if self._form == "ascii" else 2 * self.size)
        if self._form == "binary":
            return length.to_bytes(self.size, "big") + message
        head = digits.encode("ascii") if self._form == "ascii" else bytes.fromhex(digits)
        if len(head) != self.size:
            raise ValueError("the message is longer than its length can say")
        return head + message
