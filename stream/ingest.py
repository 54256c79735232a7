"""From files of ISO 20022 messages to records: what one look at the files finds, and what becomes of each file."""

from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from connectors.contract_json import dead_letter, dead_letter_key, encode
from connectors.errors import DecodeError
from connectors.iso20022 import Iso20022
from connectors.iso20022.payments import Answer, Payment
from connectors.iso20022.requests import Requests
from connectors.pacing import OutboundRecord
from models.input_records import FreezeResponse, Transaction
from models.records import DeadLetter, Source
from models.units import time_us
from stream.message_folder import BAD, DONE, chunks_of, digest_of_file, messages_in, settle

TRANSACTIONS, RESPONSES, LETTERS = "transactions", "freeze-responses", "dead-letters"
BATCH_RECORDS: Final = 100_000
"""Records of so many are sent together, then their files moved; some 200 MB. Source: ours."""
EXCERPT_BYTES: Final = 4_096

Send = Callable[[list[OutboundRecord]], None]


class Reading(NamedTuple):
    """A file as read. owed: answers whose payment may come in a file read later. fault: of the message as a whole."""

    path: Path
    records: list[Transaction | FreezeResponse]
    owed: list[Answer]
    errors: list[DecodeError]


class Counts(msgspec.Struct):
    """What was done so far."""

    files: int = 0
    bad_files: int = 0
    waiting_files: int = 0
    transactions: int = 0
    responses: int = 0
    errors: int = 0


class Ingest:
    """Reads files and gives what they say to `send`, which returns once it is taken down; then moves them.

    now: of dead letters. known: folders whose `done` files are read when an answer means a payment that nobody has seen.
    """

    def __init__(self, connector: Iso20022, send: Send, now: Callable[[], datetime], known: Iterable[Path] = ()) -> None:
        self.counts = Counts()
        self._connector = connector
        self._send = send
        self._now = now
        self._requests = Requests()
        self._unread = [folder / DONE for folder in known]

    def run(self, paths: Iterable[Path], *, moves: bool, waits: Callable[[Path], bool] = lambda path: False) -> None:
        """Read files, all of one call before answers are matched, in batches that fit memory.

        moves: into `done` and `bad` beside them. waits: whether a file may wait for a payment that its answer means.
        """
        batch: list[Reading] = []
        held: list[Reading] = []
        size = 0
        for path in paths:
            if not path.exists():
                continue  # somebody took it away since it was listed
            reading = self._read(path)
            batch.append(reading)
            size += len(reading.records) + len(reading.owed)
            if size >= BATCH_RECORDS:
                held += self._finish(batch, moves, lambda path: True)
                batch, size = [], 0
        self.counts.waiting_files = len(self._finish(held + batch, moves, waits))

    def _read(self, path: Path) -> Reading:
        """Return what a file says; a message that breaks off or is none says nothing at all."""
        found = Reading(path, [], [], [])
        payments: list[Payment] = []
        try:
            for part in self._connector.parts(chunks_of(path)):
                match part:
                    case Payment():
                        payments.append(part)
                        found.records.append(part.record)
                    case Answer():
                        found.owed.append(part)
                    case DecodeError():
                        found.errors.append(part)
                    case Transaction() | FreezeResponse():
                        found.records.append(part)
        except DecodeError as error:
            return Reading(path, [], [], [error])
        for payment in payments:
            self._requests.add(payment)
        return found

    def _finish(self, batch: list[Reading], moves: bool, waits: Callable[[Path], bool]) -> list[Reading]:
        """Take down what files say, then move them; return those that still wait for a payment."""
        done: list[Reading] = []
        held: list[Reading] = []
        for reading in batch:
            found = self._matched(reading)
            if found is None and waits(reading.path):
                held.append(reading)
            else:
                done.append(found or self._refused(reading))
        records = sorted((record for reading in done for record in reading.records), key=time_of_us)
        letters = [letter for reading in done for letter in self._letters(reading)]
        self._send([outbound(record) for record in records] + letters)
        for reading in done:
            self._count(reading)
            if moves:
                settle(reading.path, BAD if reading.errors else DONE, error_text(reading.errors))
        return held

    def _matched(self, reading: Reading) -> Reading | None:
        """Return a reading whose answers have become records, None where one means a payment that is not known."""
        try:
            return self._answered(reading)
        except DecodeError:
            pass
        if not self._unread:
            return None
        self._remember()
        try:
            return self._answered(reading)
        except DecodeError:
            return None

    def _answered(self, reading: Reading) -> Reading:
        made = [record for answer in reading.owed for record in self._requests.answered(answer)]
        return Reading(reading.path, [*reading.records, *made], [], reading.errors)

    def _refused(self, reading: Reading) -> Reading:
        """Return a reading in which every answer to an unknown payment is an error."""
        records, errors = list(reading.records), list(reading.errors)
        for answer in reading.owed:
            try:
                records += self._requests.answered(answer)
            except DecodeError as error:
                errors.append(error)
        return Reading(reading.path, records, [], errors)

    def _remember(self) -> None:
        """Read the payments of earlier files again, the newest last, so that they are the ones kept."""
        for folder in self._unread:
            files = messages_in(folder) if folder.is_dir() else []
            for path in sorted(files, key=lambda path: path.stat().st_mtime_ns):
                self._read(path)
        self._unread = []

    def _letters(self, reading: Reading) -> list[OutboundRecord]:
        """Return a dead letter for each error; its offset is the byte."""
        if not reading.errors:
            return []
        return letters_of_file(reading.errors, reading.path, digest_of_file(reading.path), "iso20022", self._now())

    def _count(self, reading: Reading) -> None:
        transactions = sum(isinstance(record, Transaction) for record in reading.records)
        self.counts.files += 1
        self.counts.bad_files += bool(reading.errors)
        self.counts.transactions += transactions
        self.counts.responses += len(reading.records) - transactions
        self.counts.errors += len(reading.errors)


def time_of_us(record: Transaction | FreezeResponse) -> int:
    """Return the instant of a record, which is its Kafka timestamp too."""
    return time_us(record.event_time if isinstance(record, Transaction) else record.responded_at)


def outbound(record: Transaction | FreezeResponse) -> OutboundRecord:
    """Return a record as it is sent: with the contract's key, at its own time."""
    at_ms = time_of_us(record) // 1_000
    if isinstance(record, FreezeResponse):
        return RESPONSES, record.request_id.encode(), encode(record), at_ms
    party = record.payer or record.payee
    return TRANSACTIONS, party.account.encode() if party is not None else b"", encode(record), at_ms


def outbound_letter(letter: DeadLetter, now: datetime) -> OutboundRecord:
    """Return a dead letter as it is sent."""
    source = letter.source
    return LETTERS, dead_letter_key(source.topic, source.partition, source.offset), encode(letter), time_us(now) // 1_000


def letters_of_file(errors: Iterable[DecodeError], path: Path, content: str, form: str, now: datetime) -> list[OutboundRecord]:
    """Return the dead letters of what is wrong in a file: their source is the file by its content, their offset the place in it.

    content: SHA-256 of the file. form: what kind of file it is.
    """
    with path.open("rb") as file:
        head = file.read(EXCERPT_BYTES)
    found = []
    for error in errors:
        source = Source(topic=f"{form}-{content[:32]}", partition=0, offset=error.position or 0)
        found.append(outbound_letter(msgspec.structs.replace(dead_letter(error, source, head, now), raw_sha256=content), now))
    return found


def error_text(errors: list[DecodeError]) -> str:
    """Return what was wrong, a line for each error: code, field, byte, reason."""
    return "".join(f"{error}\n" for error in errors)
