"""Entry: reads what others wrote, refuses what cannot be, and addresses every record to the keys it concerns.

Stateless and pure: the same source records give the same items, whatever the batch they come in.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Final, NamedTuple

import msgspec

from connectors.contract_json import RECORD_BYTES_MAX, dead_letter, dead_letter_key, decode, decode_transaction, encode
from connectors.errors import DecodeError
from connectors.json_position import position_of
from models.keys import key_of, parties_of, parties_of_account_event
from models.policy import VALID_S_MAX
from models.record_entries import event_time_us
from models.records import (
    TIME_MAX,
    AccountEvent,
    CaseControl,
    Disposition,
    FreezeResponse,
    InputRecord,
    Source,
    Transaction,
    VictimReport,
)
from models.units import instant, time_us
from stream.batches import Record
from stream.bundle import HOME, KEPT, SOURCES, Bundle, EventItem, encode_bundle
from stream.partitioning import partition_of

LOG_MS_MAX: Final = time_us(TIME_MAX) // 1_000 - (86_400 + VALID_S_MAX) * 1_000
"""Latest log time taken: whatever follows from a record, an event dated a little ahead and the longest validity of a freeze request
included, can still be written as a time of the contract."""

BUNDLE_BYTES_MAX: Final = 7_000
"""Content of one bundle. Source: ours; the state behind it has to fit one batch (tests/stream/test_worst_case.py)."""

_SOURCE_NUMBER = {topic: number for number, topic in enumerate(SOURCES)}


class Addressed:
    """A readable record, its event time (0 for what people say) and its (party bit, key) pairs, the home first.

    is_for_all: every partition must hear of it, because it does not tell where its subject lives.
    """

    __slots__ = ("at_us", "is_for_all", "parties", "record")

    def __init__(self, record: InputRecord, at_us: int, parties: list[tuple[int, bytes]], is_for_all: bool = False) -> None:
        self.record = record
        self.at_us = at_us
        self.parties = parties
        self.is_for_all = is_for_all


class Limits(msgspec.Struct, frozen=True):
    """What entry refuses, and whether the terminals of purchases are keys (policy). Defaults: ours."""

    record_bytes_max: int = RECORD_BYTES_MAX
    future_skew_s: int = 300
    with_tills: bool = False


class EntryOutput(NamedTuple):
    """What a slice of source records causes: bundle records per `keyed` partition, dead letters, and how many of which code."""

    bundles: dict[int, list[bytes]]
    dead_letters: list[tuple[bytes, bytes]]
    codes: list[str]


class EntryProcessor:
    """Turns source records into bundles for `keyed`.

    partitions: of `keyed`. bundle_bytes_max: content of one bundle; larger slices give several. A bundle is worked on and saved
    whole, so it must be small: the 30 shortest events may name 90 keys, each with all the state that a key can have.
    """

    def __init__(self, partitions: int, limits: Limits, topic_prefix: str = "", bundle_bytes_max: int = BUNDLE_BYTES_MAX) -> None:
        """Bind the partition count of `keyed` and the limits; topic names are read without the prefix."""
        self.partitions = partitions
        self.limits = limits
        self._prefix = topic_prefix
        self._bundle_bytes_max = bundle_bytes_max

    def contract_topic(self, topic: str) -> str:
        """Return the contract's name of a topic."""
        return topic.removeprefix(self._prefix)

    def read(self, topic: str, raw: bytes | None, log_ms: int) -> Addressed:
        """Return a record of a contract topic with its parties.

        Errors: DecodeError, also for what is said to have happened more than `future_skew_s` after its log time: one broken clock
        must not make everybody else late. A log time that no record of the contract could carry (Kafka's -1 for "none" is one) is
        refused too.
        """
        if not 0 <= log_ms <= LOG_MS_MAX:
            raise DecodeError("bad_time", reason="the time of the Kafka record is missing or outside the contract's limits")
        if topic == "transactions":
            transaction = decode_transaction(raw, self.limits.record_bytes_max)
            at_us = event_time_us(transaction)
            self._check_not_future("event_time", at_us, log_ms, raw)
            return Addressed(transaction, at_us, parties_of(transaction, self.limits.with_tills))
        record = decode(topic, raw, record_bytes_max=self.limits.record_bytes_max)
        if isinstance(record, AccountEvent):
            at_us = event_time_us(record)
            self._check_not_future("event_time", at_us, log_ms, raw)
            return Addressed(record, at_us, parties_of_account_event(record))
        if isinstance(record, Transaction | VictimReport | Disposition | FreezeResponse | CaseControl):
            for field, time in _times_told(record):
                self._check_not_future(field, time_us(time), log_ms, raw)
            if isinstance(record, CaseControl):
                if record.subject is None:
                    return Addressed(record, 0, [(KEPT, kept_key(record))], is_for_all=True)
                return Addressed(record, 0, [(KEPT, key_of(record.subject.kind, record.subject.id))])
            parties = [(KEPT, kept_key(record))]
            if isinstance(record, VictimReport):
                parties += [(KEPT, key_of("ACCOUNT", payer)) for payer in dict.fromkeys(payers_of(record))]
            return Addressed(record, 0, parties, isinstance(record, Disposition | FreezeResponse))
        raise DecodeError("unknown_topic", reason="this is not an input topic")

    def _check_not_future(self, field: str, at_us: int, log_ms: int, raw: bytes | None) -> None:
        if at_us > log_ms * 1_000 + self.limits.future_skew_s * 1_000_000:
            position = position_of(raw or b"", field)
            raise DecodeError("future_time", field, position, "the time lies in the future of the broker's clock")

    def refuse(self, error: DecodeError, topic: str, partition: int, offset: int, log_ms: int, raw: bytes | None) -> bytes:
        """Return the dead letter of an unreadable record.

        Its time is the record's log time, or the nearest that can be written, so that a repeat is equal.
        """
        source = Source(topic=topic, partition=partition, offset=offset)
        return encode(dead_letter(error, source, raw, instant(min(max(log_ms, 0), LOG_MS_MAX) * 1_000)))

    def process(self, records: Iterable[Record]) -> EntryOutput:
        """Return what a slice of source records causes. A record that cannot be read never stops the others."""
        items: dict[int, list[EventItem]] = {}
        output = EntryOutput({}, [], [])
        for record in records:
            topic = self.contract_topic(record.topic)
            try:
                addressed = self.read(topic, record.value, record.timestamp)
            except DecodeError as error:
                letter = self.refuse(error, record.topic, record.partition, record.offset, record.timestamp, record.value)
                output.dead_letters.append((dead_letter_key(record.topic, record.partition, record.offset), letter))
                output.codes.append(error.code)
                continue
            self._address(items, addressed, _SOURCE_NUMBER[topic], record)
        for partition, event_items in items.items():
            output.bundles[partition] = list(self._bundled(event_items))
        return output

    def _address(self, items: dict[int, list[EventItem]], addressed: Addressed, source: int, record: Record) -> None:
        bits: dict[int, int] = {}
        home = HOME
        for party, key in addressed.parties:
            partition = partition_of(key, self.partitions)
            bits[partition] = bits.get(partition, 0) | party | home
            home = 0
        if addressed.is_for_all:
            for partition in range(self.partitions):
                bits.setdefault(partition, KEPT)
        raw = record.value
        assert raw is not None
        for partition, parties in bits.items():
            item = EventItem(parties, source, record.partition, record.offset, record.timestamp, raw)
            items.setdefault(partition, []).append(item)

    def _bundled(self, items: list[EventItem]) -> Iterable[bytes]:
        """Yield the items as few bundles as their size allows, in order."""
        part: list[EventItem] = []
        size = 0
        for item in items:
            size += len(item.raw) + 32
            if part and size > self._bundle_bytes_max:
                yield encode_bundle(Bundle(part))
                part, size = [], len(item.raw) + 32
            part.append(item)
        yield encode_bundle(Bundle(part))


def _times_told(record: InputRecord) -> list[tuple[str, datetime]]:
    """Return the times at which what people say happened, by field."""
    if isinstance(record, VictimReport):
        paid = [(f"transfers[{number}].paid_at", transfer.paid_at) for number, transfer in enumerate(record.transfers)]
        return [("reported_at", record.reported_at), *paid]
    if isinstance(record, Disposition):
        return [("decided_at", record.decided_at)]
    if isinstance(record, CaseControl):
        return [("made_at", record.made_at)]
    if isinstance(record, FreezeResponse):
        return [("responded_at", record.responded_at)]
    return []


def payers_of(record: VictimReport) -> list[str]:
    """Return the accounts that paid what a report tells of, in its order."""
    return [transfer.payer_account for transfer in record.transfers]


def kept_key(record: InputRecord) -> bytes:
    """Return the state key under which a record waits for the part of the product that will read it."""
    if isinstance(record, VictimReport):
        return b"R:" + record.report_id.encode()
    if isinstance(record, Disposition):
        return b"X:" + record.disposition_id.encode()
    if isinstance(record, FreezeResponse):
        return f"F:{record.request_id}#{record.sequence}".encode()
    if isinstance(record, CaseControl):
        return b"Y:" + record.control_id.encode()
    raise TypeError("only reports, dispositions and freeze responses are kept")
