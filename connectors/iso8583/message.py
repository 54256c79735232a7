"""One message as its fields, in the standard's own numbers; a `repr` that is safe to log."""

from collections.abc import Mapping


class Message:
    """A message: its type, its fields as text, and the header before it.

    values: number -> digits, text, or for bytes their hexadecimal digits in capitals. starts: number -> byte at which the
    field starts in the frame it was read from; 0 is the type. Equal by all but `starts`.
    """

    __slots__ = ("header", "mti", "starts", "values")

    def __init__(self, mti: str, values: Mapping[int, str], header: bytes = b"", starts: Mapping[int, int] | None = None) -> None:
        self.mti = mti
        self.values = values
        self.header = header
        self.starts = starts if starts is not None else {}

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Message):
            return NotImplemented
        return (self.mti, self.values, self.header) == (other.mti, other.values, other.header)

    def __hash__(self) -> int:
        return hash((self.mti, tuple(sorted(self.values.items())), self.header))

    def __repr__(self) -> str:
        """Return type and numbers of the fields, no value.

        >>> Message("0200", {2: "6222020200112233445", 4: "000000500000"})
        Message(0200, fields 2 4)
        """
        return f"Message({self.mti}, fields {' '.join(map(str, sorted(self.values)))})"
