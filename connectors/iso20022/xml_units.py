"""XML as a stream of small trees, and nothing else that XML can be.

A message may hold a hundred thousand payments; only one of them, with what stands before it, is in memory at a time. Refused at
once, before anything grows: a document type (so no entity of anybody's own, inside or outside), nesting, length, and trees beyond
their limits. Nothing is ever fetched. The parser is expat (in Python's own library), which tells the byte of every element.
"""

from collections.abc import Iterable, Iterator
from typing import Any, Final, NamedTuple
from xml.parsers import expat

from connectors.errors import DecodeError

MESSAGE_BYTES_MAX: Final = 64 << 20
"""Some 50,000 payments; clearing houses cap files below that. Source: ours."""
DEPTH_MAX: Final = 64
"""The deepest path of the messages we read is 19. Source: the schemas."""
UNIT_ELEMENTS_MAX: Final = 20_000
"""Elements held at a time: one payment and what stands before it. The largest payment the schemas allow has some hundreds."""
TEXT_CHARACTERS_MAX: Final = 20_000
"""Of one element. The longest text of the schemas has 20,000 (supplementary envelope apart)."""
_ATTRIBUTES_MAX: Final = 32
_CHUNK_BYTES: Final = 16_384


class Node:
    """An element: its name without namespace, where it starts, its text with blanks as one, its children in order."""

    __slots__ = ("attributes", "children", "name", "namespace", "position", "text")

    def __init__(self, name: str, namespace: str, attributes: dict[str, str], position: int) -> None:
        self.name = name
        self.namespace = namespace
        self.attributes = attributes
        self.position = position
        self.text = ""
        self.children: list[Node] = []

    def __repr__(self) -> str:
        """Return nothing that the sender wrote."""
        return f"Node(byte {self.position}, {len(self.children)} children)"

    def child(self, name: str) -> "Node | None":
        """Return the first child of a name."""
        for child in self.children:
            if child.name == name:
                return child
        return None

    def at(self, path: str) -> "Node | None":
        """Return the first element at a path of names, joined by `/`."""
        node: Node | None = self
        for name in path.split("/"):
            node = node.child(name) if node is not None else None
        return node

    def all(self, name: str) -> "list[Node]":
        """Return the children of a name."""
        return [child for child in self.children if child.name == name]


Unit = tuple[tuple[Node, ...], Node]
"""Ancestors, outermost first, with what stood in them before; and one element, complete."""


class Places(NamedTuple):
    """Where to stop in a document, by name. units: handed over when complete, outermost only, and forgotten.

    passing: forgotten when they end, with what stands around units in them. whole: handed over at its end with what is left in it.
    """

    units: frozenset[str]
    passing: frozenset[str]
    whole: str


class _Builder:
    """Hears expat's events and keeps what is needed of them."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self._open: list[Node] = []
        self._texts: list[list[str]] = []
        self._inside = 0
        self._held = 0
        self._characters = 0
        self.done: list[Unit] = []
        self.parser: Any = expat.ParserCreate(namespace_separator=" ")
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self.parser.StartDoctypeDeclHandler = self._doctype

    def _fault(self, code: Any, reason: str) -> DecodeError:
        return DecodeError(code, "Document", max(self.parser.CurrentByteIndex, 0), reason)

    def _doctype(self, *_declared: object) -> None:
        raise self._fault("bad_frame", "a document type is refused: messages have none, and entities come with it")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._held += 1
        if len(self._open) >= DEPTH_MAX:
            raise self._fault("oversize", "the elements are nested too deeply")
        if self._held > UNIT_ELEMENTS_MAX or len(attributes) > _ATTRIBUTES_MAX:
            raise self._fault("oversize", "an element holds more than a payment can")
        namespace, _, local = name.rpartition(" ")
        node = Node(local, namespace, attributes, self.parser.CurrentByteIndex)
        if self._open:
            self._open[-1].children.append(node)
        self._open.append(node)
        self._texts.append([])
        self._characters = 0
        if local in self._places.units:
            self._inside += 1

    def _text(self, text: str) -> None:
        if self._texts:
            self._characters += len(text)
            if self._characters > TEXT_CHARACTERS_MAX:
                raise self._fault("oversize", "a text is longer than any of the messages'")
            self._texts[-1].append(text)

    def _end(self, _name: str) -> None:
        node = self._open.pop()
        texts = self._texts.pop()
        if not node.children:
            node.text = " ".join("".join(texts).split())
        self._characters = 0
        is_unit = node.name in self._places.units
        self._inside -= is_unit
        if self._inside:
            return
        if is_unit or node.name == self._places.whole:
            self.done.append((tuple(self._open), node))
        if is_unit or node.name in self._places.passing:
            if self._open:
                self._open[-1].children.pop()
            self._held -= _size(node)


def _size(node: Node) -> int:
    return 1 + sum(map(_size, node.children))


def read_units(chunks: Iterable[bytes], places: Places) -> Iterator[Unit]:
    """Yield every unit as soon as it is complete, with what stands before it; the whole document last, with what is left of it.

    Errors: DecodeError for anything that is no plain, well-formed XML within the limits.
    """
    builder = _Builder(places)
    size = 0
    for chunk in chunks:
        size += len(chunk)
        if size > MESSAGE_BYTES_MAX:
            raise DecodeError("oversize", "Document", MESSAGE_BYTES_MAX, "the message is longer than the limit")
        _feed(builder, chunk, size, is_last=False)
        yield from builder.done
        builder.done.clear()
    _feed(builder, b"", size, is_last=True)
    yield from builder.done


def _feed(builder: _Builder, chunk: bytes, size: int, *, is_last: bool) -> None:
    failure = None
    try:
        builder.parser.Parse(chunk, is_last)
    except expat.ExpatError:
        position = min(max(builder.parser.ErrorByteIndex, 0), size)
        failure = DecodeError("bad_frame", "Document", position, "the message is not well-formed XML")
    except (LookupError, ValueError):
        # An encoding that Python does not know, or that is none for text: expat asks Python for all but its own four.
        failure = DecodeError("bad_frame", "Document", 0, "the message is in no encoding that is read")
    if failure is not None:
        raise failure  # outside the handlers: expat's own text may quote the message


def pieces(raw: bytes) -> Iterator[bytes]:
    """Yield bytes in chunks, so that the units of a long message are handed over one by one."""
    for start in range(0, len(raw), _CHUNK_BYTES):
        yield raw[start : start + _CHUNK_BYTES]
