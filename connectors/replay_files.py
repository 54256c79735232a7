"""Replay files: yesterday's records as the stream saw them, merged into one order of arrival.

`.jsonl` and `.jsonl.gz` hold records of any input topic, one per line, with the extra members `topic` (left out:
transactions) and `arrival_time` (left out: the record's own time). `.csv` and `.parquet` hold transactions,
flattened, or somebody else's columns with a mapping. Labels are no part of a replay file: see `labels.py`.

The order of the lines is the order of arrival, so a line whose time steps back stays where it is. Several files are
merged by time of arrival; at the same time the file named first goes first. Nothing is lost on the way: a line that
cannot be read is given out as it is, at the time of the line before it, and the processor makes a dead letter of it.
"""

import gzip
import heapq
import itertools
import zlib
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from operator import itemgetter
from pathlib import Path
from typing import Annotated, BinaryIO, NamedTuple, cast

import msgspec

from connectors.mapping_rules import Mapping
from connectors.table_files import ReplayFileError, parquet_row_count
from connectors.table_rows import Rows, contract_rows, mapped_rows, row_id_prefix
from connectors.tokens import Tokens
from models.units import time_us

DEFAULT_TOPIC = "transactions"
SUFFIXES = (".jsonl", ".jsonl.gz", ".csv", ".parquet")

_CHUNK_LINES = 4_096  # ours: a few MB of lines; times missing at the start of a file are looked for in the first chunk
_SAMPLE_BYTES = 262_144
_UNPACKED_BYTES_MAX = 16 * _SAMPLE_BYTES
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class InputRecord(msgspec.Struct, frozen=True, gc=False):
    """One record as a consumer would get it from the log.

    raw: the value's bytes. arrival_ms: milliseconds since 1970, as a Kafka timestamp. offset: place in its topic,
    from 0, over all files together.
    """

    topic: str
    raw: bytes
    arrival_ms: int
    offset: int


class Total(NamedTuple):
    """How much there is to replay; `records` is exact if all files are parquet, else estimated from the first lines."""

    records: int
    size_bytes: int
    is_exact: bool


def read(
    paths: Iterable[str | Path],
    *,
    mapping: Mapping | None = None,
    warn: Callable[[str], None] = lambda text: None,
    tokens: Tokens | None = None,
) -> Iterator[InputRecord]:
    """Return the records of replay files in order of arrival; bytes are read as the iterator is.

    mapping: how .csv and .parquet files become transactions; .jsonl files always hold records of the contract.
    tokens: for a mapping that makes any.
    warn: called with one sentence per file whose columns are not all used.
    Errors: ReplayFileError at once for a file that is missing, has another suffix or lacks columns; during iteration
    for a file that turns out damaged or does not fit its mapping.
    """
    files = [_checked(path) for path in paths]
    if mapping is not None and mapping.event_id is None:
        _check_made_ids(files)
    return _numbered([_records(path, mapping, warn, tokens) for path in files])


def total(paths: Iterable[str | Path]) -> Total:
    """Return how many records the files hold, for a progress bar; at most the first 256 KB of a text file are read.

    Errors: ReplayFileError for a file that is missing or has another suffix.
    """
    records = 0
    size_bytes = 0
    is_exact = True
    for path in map(_checked, paths):
        size_bytes += path.stat().st_size
        if path.suffix == ".parquet":
            records += parquet_row_count(path)
        else:
            records += _estimated_lines(path)
            is_exact = False
    return Total(records, size_bytes, is_exact)


def _checked(given: str | Path) -> Path:
    path = Path(given)
    if not path.name.endswith(SUFFIXES):
        raise ReplayFileError(f"{path.name}: a replay file ends in {', '.join(SUFFIXES)}")
    if not path.is_file():
        raise ReplayFileError(f"{path.name}: no such file")
    return path


def _check_made_ids(files: list[Path]) -> None:
    """Two tables with the same made ids would swallow each other in silence: a second copy changes nothing."""
    prefixes = [row_id_prefix(path) for path in files if path.suffix in (".csv", ".parquet")]
    twice = sorted({prefix for prefix in prefixes if prefixes.count(prefix) > 1})
    if twice:
        raise ReplayFileError(f"{twice[0]}: two files would make the same event ids; rename one of them")


def _numbered(files: list[Iterator[tuple[int, str, bytes]]]) -> Iterator[InputRecord]:
    merged = files[0] if len(files) == 1 else heapq.merge(*files, key=itemgetter(0))
    offsets: dict[str, int] = {}
    for arrival_ms, topic, raw in merged:
        offset = offsets.get(topic, 0)
        offsets[topic] = offset + 1
        yield InputRecord(topic, raw, arrival_ms, offset)


def _records(
    path: Path, mapping: Mapping | None, warn: Callable[[str], None], tokens: Tokens | None
) -> Iterator[tuple[int, str, bytes]]:
    """Return (arrival in ms, topic, raw) of one file in file order."""
    if path.suffix not in (".csv", ".parquet"):
        return _line_records(path)
    batches = contract_rows(path, warn) if mapping is None else mapped_rows(mapping, path, warn, tokens)
    return itertools.chain.from_iterable(_timed(batches))


def _timed(batches: Iterator[Rows]) -> Iterator[Iterator[tuple[int, str, bytes]]]:
    before_ms: int | None = None
    for rows in batches:
        arrivals_ms = _without_gaps(rows.arrivals_ms, before_ms)
        before_ms = arrivals_ms[-1]
        yield zip(arrivals_ms, itertools.repeat(DEFAULT_TOPIC), rows.raws)


def _line_records(path: Path) -> Iterator[tuple[int, str, bytes]]:
    before_ms: int | None = None
    lines = _lines(path)
    while chunk := list(itertools.islice(lines, _CHUNK_LINES)):
        topics, times_ms = zip(*map(_peek, chunk), strict=True)
        arrivals_ms = _without_gaps(list(times_ms), before_ms)
        before_ms = arrivals_ms[-1]
        yield from zip(arrivals_ms, topics, chunk, strict=True)


def _without_gaps(times_ms: list[int | None], before_ms: int | None) -> list[int]:
    """Give a record without a time that of the one before it, or, at the start, that of the next with one (else 0)."""
    if None not in times_ms:
        return cast(list[int], times_ms)
    if before_ms is None:
        before_ms = next((at for at in times_ms if at is not None), 0)
    filled = []
    for at in times_ms:
        before_ms = before_ms if at is None else at
        filled.append(before_ms)
    return filled


def _lines(path: Path) -> Iterator[bytes]:
    try:
        with _opened(path) as file:
            first = file.readline().removeprefix(_BYTE_ORDER_MARK)
            for line in itertools.chain([first], file):
                raw = line.strip()
                if raw:
                    yield raw
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise ReplayFileError(f"{path.name}: damaged or cut off: {error}") from error


def _opened(path: Path) -> BinaryIO:
    return cast(BinaryIO, gzip.open(path) if path.suffix == ".gz" else path.open("rb"))


_Time = Annotated[datetime, msgspec.Meta(tz=True)]


class _Times(msgspec.Struct, gc=False):
    """The members of a line that say where and when it arrived; the rest is skipped, much faster than decoding it."""

    topic: str = DEFAULT_TOPIC
    arrival_time: _Time | None = None
    event_time: _Time | None = None
    reported_at: _Time | None = None
    decided_at: _Time | None = None
    responded_at: _Time | None = None


class _Topic(msgspec.Struct):
    topic: str = DEFAULT_TOPIC


_decode_times = msgspec.json.Decoder(_Times).decode
_decode_topic = msgspec.json.Decoder(_Topic).decode


def _peek(raw: bytes) -> tuple[str, int | None]:
    """Return topic and arrival in ms of a line, as far as they can be read."""
    try:
        times = _decode_times(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _peek_topic(raw), None
    at = times.arrival_time or times.event_time or times.reported_at or times.decided_at or times.responded_at
    return times.topic, None if at is None else time_us(at) // 1000


def _peek_topic(raw: bytes) -> str:
    try:
        return _decode_topic(raw).topic
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return DEFAULT_TOPIC


def _estimated_lines(path: Path) -> int:
    """Return the file's size over the mean length of its first lines, both as they lie on disk."""
    with path.open("rb") as file:
        head = file.read(_SAMPLE_BYTES)
    text = head
    read_bytes = len(head)
    if path.suffix == ".gz":
        unpacker = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)  # 16: with the gzip header
        try:
            text = unpacker.decompress(head, _UNPACKED_BYTES_MAX)
        except zlib.error as error:
            raise ReplayFileError(f"{path.name}: no gzip file: {error}") from error
        read_bytes -= len(unpacker.unconsumed_tail)
    return round(text.count(b"\n") * path.stat().st_size / read_bytes) if read_bytes else 0
