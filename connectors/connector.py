"""What every connector holds, and how they are found: one Protocol, one walk over this package.

A connector speaks with one outside party in one format: bytes in, records of the contract out. Adding one is adding a
file or a folder here that has a function `connectors(tokens)`; the contract suite
(tests/connectors/test_connector_contract.py), `make fuzz` and `make bench` find it by that. Its golden messages lie
in `tests/golden/connectors/<name>/`.
"""

import importlib
import pkgutil
from collections.abc import Iterable, Sequence
from typing import Any, Final, Protocol, runtime_checkable

from connectors.tokens import Tokens
from models.records import InputRecord

_NO_FORMATS: Final = "kafka_"
"""Modules of this prefix speak with Kafka, in the contract's own JSON."""


@runtime_checkable
class Connector(Protocol):
    """Reads the messages of one outside party.

    name: letters, digits and underscores; the golden folder's and the bench's. Same bytes, same records, whatever came
    before: what joins several messages stands beside the connector, not in it.
    """

    name: str

    def decode(self, raw: bytes) -> Sequence[InputRecord]:
        """Return the records that a message stands for; none for one that moves no money (an echo test, an inquiry).

        Errors: DecodeError and nothing else, whatever the bytes; it names a field in the party's own terms and the byte
        at which it starts, and its text holds no value.
        """
        ...

    def samples(self) -> Sequence[bytes]:
        """Return messages that `decode` reads, made by the connector itself: what its speed is measured with."""
        ...


@runtime_checkable
class WritingConnector(Connector, Protocol):
    """A connector that also writes: `read(write(message)) == message` for every message it can write."""

    def read(self, raw: bytes) -> Any:
        """Return the message in the party's own terms. Errors: DecodeError."""
        ...

    def write(self, message: Any) -> bytes:
        """Return the bytes of a message. Errors: ValueError for one that the format cannot carry, the caller's fault."""
        ...


def find_connectors(tokens: Tokens) -> list[Connector]:
    """Return every connector of this package as it is shipped, by name.

    tokens: makes tokens of card and account numbers, for connectors that meet them in clear.
    """
    found: list[Connector] = []
    for info in pkgutil.iter_modules(importlib.import_module("connectors").__path__):
        if info.name.startswith(_NO_FORMATS):
            continue
        module = importlib.import_module(f"connectors.{info.name}")
        made: Iterable[Connector] = getattr(module, "connectors", lambda _tokens: ())(tokens)
        found += made
    return sorted(found, key=lambda connector: connector.name)
