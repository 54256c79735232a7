"""What an installation of 0.1.0 left on its broker, byte for byte; `data/state_0_1_0/make.py` says how it was made."""

import base64
import gzip
import json
from pathlib import Path
from typing import NamedTuple

_RECORDS = Path(__file__).parent / "data" / "state_0_1_0" / "records.jsonl.gz"
PARTITIONS = 2


class Record(NamedTuple):
    """One record. headers: as a client takes them."""

    topic: str
    partition: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: list[tuple[str, bytes]]


def left_behind(*topics: str) -> list[Record]:
    """Return the records of some topics, or of all, each partition in log order."""
    lines = map(json.loads, gzip.decompress(_RECORDS.read_bytes()).splitlines())
    return [
        Record(
            line["topic"],
            line["partition"],
            line["timestamp"],
            _bytes(line["key"]),
            _bytes(line["value"]),
            [(name, base64.b64decode(value)) for name, value in line["headers"]],
        )
        for line in lines
        if not topics or line["topic"] in topics
    ]


def _bytes(text: str | None) -> bytes | None:
    return base64.b64decode(text) if text is not None else None
