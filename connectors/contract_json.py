"""The contract's JSON for every topic: bytes to record, record to bytes, and a bad record to a dead letter.

`decode` gives a valid record or raises `DecodeError`, for any bytes whatever. `encode` is canonical: fields in
declared order, times in UTC with `Z`, absent fields left out, so the same record always gives the same bytes.
"""

import hashlib
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final, TypeVar

import msgspec

from connectors.errors import DecodeError, ErrorCode
from connectors.json_members import is_plain, members
from connectors.json_position import position_of, position_of_no_text, position_of_repeated
from connectors.masking import FIELD_NAMES, excerpt
from connectors.record_times import check_precision, in_utc
from models.records import (
    INPUT_RECORDS,
    OUTPUT_RECORDS,
    TIME_MAX,
    TIME_MIN,
    DeadLetter,
    DeadLetterCause,
    InputRecord,
    OutputRecord,
    ReadAgain,
    Record,
    RecordError,
    Source,
    Transaction,
)

RECORD_BYTES_MAX: Final = 65_536
"""Default limit of one record: some 400 transfers in one victim report. Source: ours; no transaction comes near it."""

_RecordT = TypeVar("_RecordT", bound=Record)

_DECODERS: Final[Mapping[str, Callable[[bytes], InputRecord | OutputRecord]]] = {
    topic: msgspec.json.Decoder(record).decode for topic, record in {**INPUT_RECORDS, **OUTPUT_RECORDS}.items()
}
_decode_transaction: Final = msgspec.json.Decoder(Transaction).decode
_decode_again: Final = msgspec.json.Decoder(ReadAgain).decode


def decode(topic: str, raw: bytes | None, *, record_bytes_max: int = RECORD_BYTES_MAX) -> InputRecord | OutputRecord:
    """Return the record that stands in `raw`, of the class that belongs to the topic (by its default name).

    raw: the value of a Kafka record; None is a tombstone, which no topic of the contract knows.
    Errors: DecodeError, the sender's fault, and nothing else.
    """
    decoder = _DECODERS.get(topic)
    if decoder is None:
        raise DecodeError("unknown_topic", reason="the contract knows no topic of this name")
    return _decoded(decoder, raw, record_bytes_max)


def decode_transaction(raw: bytes | None, record_bytes_max: int = RECORD_BYTES_MAX) -> Transaction:
    """Return the transaction that stands in `raw`: `decode("transactions", raw)` without the lookup."""
    return _decoded(_decode_transaction, raw, record_bytes_max)


def read_again(topic: str, raw: bytes) -> InputRecord | OutputRecord:
    """Return the record in bytes that `decode` has accepted before: the same record, without the checks made then.

    Errors: msgspec's, for any other bytes: our own fault.
    """
    return _decode_again(raw) if topic == "transactions" else _DECODERS[topic](raw)


def _decoded(decoder: Callable[[bytes], _RecordT], raw: bytes | None, record_bytes_max: int) -> _RecordT:
    if not raw:
        raise DecodeError("empty_record", reason="the record has no content")
    if len(raw) > record_bytes_max:
        raise DecodeError("oversize", reason="the record is longer than the limit")
    try:
        record = decoder(raw)
        if not is_plain(raw, record):
            check_precision(members(raw), type(record))
        return record
    except DecodeError as error:
        failure = error
    except (ValueError, RecursionError) as error:
        failure = _failure(error, raw)
    raise _placed(failure, raw)  # outside the handler, or the traceback would show the error that may quote a value


def _placed(failure: DecodeError, raw: bytes) -> DecodeError:
    """Return a failure with the byte at which the member to blame starts, or else at which the text breaks off."""
    position = failure.position
    if failure.code == "duplicate_field":
        position = position_of_repeated(raw)
    elif failure.field is not None:
        position = position_of(raw, failure.field)
    return DecodeError(failure.code, failure.field, position, failure.reason)


_SENTENCES: Final[tuple[tuple[str, ErrorCode, str], ...]] = (
    ("Object missing required field", "missing_field", "a required field is left out"),
    ("Invalid enum value", "unknown_value", "the value is none of those the contract lists"),
    ("Invalid RFC3339", "bad_time", "the time is not RFC 3339"),
    ("Expected `datetime` with a timezone", "bad_time", "the time has no offset"),
    ("Number out of range", "out_of_range", "the number is outside its limits"),
)
"""Start of msgspec's message -> our code and sentence. Its own text may quote the value and is never passed on."""

_WRONG_TYPE: Final = re.compile(r"Expected `[^`]*`, got `(\w+)`")
_LIMIT: Final = re.compile(r"Expected `\w+` (?:of length )?[<>=]+ |Expected `\w+` matching ")
_PATH: Final = re.compile(r" - at `\$([^`]*)`$")
_MISSING: Final = re.compile(r"Object missing required field `(\w+)`")
_TRUNCATED: Final = "Input data was truncated"
_BYTE: Final = re.compile(r"\(byte (\d+)\)$")


def _failure(error: Exception, raw: bytes) -> DecodeError:
    """Return our words for what msgspec, or a rule of the record, says."""
    message = str(error)
    if isinstance(error, RecursionError):
        return DecodeError("not_json", reason="the record is nested too deeply")
    if not isinstance(error, msgspec.ValidationError):
        return DecodeError("not_json", None, _break_of(message, raw), "the record is not valid UTF-8 JSON")
    path = _PATH.search(message)
    parent = path[1].lstrip(".") if path else ""
    if isinstance(error.__cause__, RecordError):
        cause = error.__cause__
        return DecodeError(cause.code, _field(parent, cause.field), None, cause.reason)
    missing = _MISSING.match(message)
    code, reason = _code(message)
    return DecodeError(code, _field(parent, missing[1] if missing else ""), None, reason)


def _break_of(message: str, raw: bytes) -> int | None:
    """Return the byte at which a text stops being JSON, for which msgspec had this message, or being UTF-8."""
    if message == _TRUNCATED:
        return len(raw)
    byte = _BYTE.search(message)
    return int(byte[1]) if byte is not None else position_of_no_text(raw)


def _code(message: str) -> tuple[ErrorCode, str]:
    for start, code, reason in _SENTENCES:
        if message.startswith(start):
            return code, reason
    wrong_type = _WRONG_TYPE.match(message)
    if wrong_type:
        if wrong_type[1] == "null":
            return "missing_field", "a required field is null, which means unknown"
        return "wrong_type", "the value has another JSON type than the contract says"
    if _LIMIT.match(message):
        return "out_of_range", "the value is outside its limits"
    return "bad_record", "the record does not follow the contract"


def _field(parent: str, name: str) -> str | None:
    """Join a path, and drop it if any part is not a field of the contract: a path must never carry a value."""
    path = f"{parent}.{name}".strip(".")
    parts = [re.sub(r"\[(\d+|\.\.\.)\]", "", part) for part in path.split(".")]
    return path if all(part in FIELD_NAMES for part in parts) else None


_encode: Final = msgspec.json.Encoder().encode


def encode(record: Record) -> bytes:
    """Return the one canonical JSON text of a record.

    Errors: none for a record that was decoded or built within its declared types.
    """
    return _encode(in_utc(record))


def dead_letter_key(topic: str, partition: int, offset: int) -> bytes:
    """Return the Kafka key of a dead letter: the place of what could not be read, so that a repeat has the same one."""
    return f"{topic}-{partition}-{offset}".encode()


def dead_letter(error: DecodeError, source: Source, raw: bytes | None, failed_at: datetime) -> DeadLetter:
    """Return the dead letter of an unreadable record: where it lies, why, its SHA-256 and a masked excerpt.

    failed_at: with offset; a time outside the contract's limits (a sender's clock may say anything) becomes the nearest
    one within, because a dead letter must never fail in its turn.
    """
    content = raw or b""
    return DeadLetter(
        source=source,
        failed_at=min(max(failed_at, TIME_MIN), TIME_MAX),
        error=DeadLetterCause(code=error.code, reason=error.reason, field=error.field),
        raw_sha256=hashlib.sha256(content).hexdigest(),
        raw_excerpt=excerpt(content),
    )
