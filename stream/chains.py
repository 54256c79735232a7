"""The ends of a partition's chains, and the one place where what it says gets its final bytes.

In state: `C:` topic -> number and link of the last record published. A chain goes by topic, because that is what a reader reads
in order; and it follows the order of publishing, so that it does not matter where slices are cut.
"""

from collections.abc import Iterable
from typing import NamedTuple

import msgspec

from connectors.contract_json import encode
from connectors.record_chain import chained
from models.records import Alert, FreezeRequest, TraceRecord
from models.stored import StoredStateError
from stream.case_index import Storage
from stream.store import payload_of, value_of

_PREFIX = b"C:"
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(tuple[int, str]).decode
"""(number, link) of the last record of a chain."""


class ChainStateError(StoredStateError):
    """The stored end of a chain is not readable; the process stops."""


class Sealed(NamedTuple):
    """The records of one output in their final bytes, in order."""

    alerts: list[bytes]
    requests: list[bytes]
    traces: list[bytes]


class Chains:
    """The chains of one partition."""

    def __init__(self, storage: Storage, partition: int) -> None:
        """Go on where the state left off."""
        self._storage = storage
        self._partition = partition

    def seal(
        self, alerts: Iterable[Alert], requests: Iterable[FreezeRequest], traces: Iterable[TraceRecord], position: int
    ) -> Sealed:
        """Return the records as they are published, each chained to the one before it. position: at which the state is saved."""
        return Sealed(
            self._seal("alerts", alerts, position),
            self._seal("freeze-requests", requests, position),
            self._seal("traces", traces, position),
        )

    def _seal(self, topic: str, records: Iterable[Alert | FreezeRequest | TraceRecord], position: int) -> list[bytes]:
        raws = [encode(record) for record in records]
        if not raws:
            return raws
        key = _PREFIX + topic.encode()
        number, link = self._last(key)
        for place, raw in enumerate(raws):
            number += 1
            raws[place], link = chained(topic, raw, self._partition, number, link)
        self._storage.put(key, value_of(position, _encode((number, link))), position)
        return raws

    def _last(self, key: bytes) -> tuple[int, str | None]:
        stored = self._storage.values.get(key)
        if stored is None:
            return 0, None
        try:
            return _decode(payload_of(stored))
        except msgspec.MsgspecError as error:
            raise ChainStateError(f"the stored end of a chain is not readable: {type(error).__name__}") from error
