"""Ingested records as a replay file, which a crash neither cuts nor doubles."""

import hashlib
import os
from pathlib import Path

import msgspec

from connectors.pacing import OutboundRecord

LETTERS = "dead-letters"


class _Named(msgspec.Struct):
    """What tells one record from another."""

    topic: str = ""
    event_id: str = ""
    request_id: str = ""
    sequence: int = 0
    raw_sha256: str = ""
    source: dict[str, str | int] | None = None


_named = msgspec.json.Decoder(_Named).decode


class IngestFile:
    """Appends records to a replay file, each once, and dead letters to `<name>.dead_letters.jsonl` beside it.

    What is there already is kept and not written again; a last line that a crash has cut off is removed.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._letters = path.with_name(f"{path.stem}.dead_letters.jsonl")
        path.parent.mkdir(parents=True, exist_ok=True)
        self._seen = _names(path) | _names(self._letters)

    def send(self, records: list[OutboundRecord]) -> None:
        """Write records, and return once the disk has them."""
        for path, letters in ((self._path, False), (self._letters, True)):
            lines = [self._line(topic, raw) for topic, _key, raw, _ms in records if (topic == LETTERS) is letters]
            new = [line for line in lines if line is not None]
            if not new and (letters or path.exists()):
                continue
            with path.open("ab") as file:
                file.writelines(new)
                file.flush()
                os.fsync(file.fileno())

    def _line(self, topic: str, raw: bytes) -> bytes | None:
        line = raw if topic == LETTERS else b'{"topic":"' + topic.encode() + b'",' + raw[1:]
        name = _name(line)
        if name in self._seen:
            return None
        self._seen.add(name)
        return line + b"\n"


def _name(line: bytes) -> bytes:
    found = _named(line)
    text = f"{found.event_id}\x1f{found.request_id}\x1f{found.sequence}\x1f{found.raw_sha256}\x1f{found.source}"
    return hashlib.blake2b(text.encode(), digest_size=12).digest()


def _names(path: Path) -> set[bytes]:
    """Return the names of the records of a file, after removing a last line that is not whole."""
    if not path.exists():
        return set()
    with path.open("rb+") as file:
        names, whole = set(), 0
        for line in file:
            if not line.endswith(b"\n"):
                break
            whole += len(line)
            names.add(_name(line))
        file.truncate(whole)
    return names
