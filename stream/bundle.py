"""What travels on the internal topic `keyed`: raw records with the keys they concern, and statements between keys.

One Kafka record is one bundle: everything of one slice of work that goes to one partition. An event item carries the source
record's own bytes, so the log of `keyed` alone rebuilds every decision. Each item names the position it follows from; per source
these positions only grow, which lets the receiver drop what a restarted sender sends twice.
"""

from typing import Final

import msgspec

from models.decision import Statement
from models.trace_ledger import TraceMessage

SOURCES: Final = (
    "transactions",
    "account-events",
    "victim-reports",
    "dispositions",
    "freeze-responses",
    "keyed",
    "case-controls",
)
"""Topics by number, as items and markers name them. Append only: the numbers stand in the log and in the state."""
INPUT_TOPICS: Final = tuple(topic for topic in SOURCES if topic != "keyed")
KEYED: Final = SOURCES.index("keyed")
"""Source number of statements: they follow from records of `keyed` itself."""

KEPT: Final = 64
"""Party bit of a record that no detector judges: what people say. With HOME it is kept there for the parts that will read it."""
HOME: Final = 128
"""Bit of the first party: at its partition the event is counted."""


class EventItem(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """A source record on its way to some of its parties. parties: bits of `models.keys` that live on the target partition."""

    parties: int
    source: int
    partition: int
    offset: int
    log_ms: int
    raw: bytes


class StatementItem(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """A statement between keys, or what an account tells the next of reported money; with the position on `keyed` it follows from
    and the source record that caused it."""

    keyed_partition: int
    keyed_offset: int
    source: int
    partition: int
    offset: int
    log_ms: int
    statement: Statement | None
    trace: TraceMessage | None = None


class Bundle(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """One record on `keyed`. passed_ms: of a tick, which has nothing else: log time has come so far without any record; else 0."""

    events: list[EventItem] = []
    statements: list[StatementItem] = []
    passed_ms: int = 0


encode_bundle = msgspec.msgpack.Encoder().encode
decode_bundle = msgspec.msgpack.Decoder(Bundle).decode
