"""Golden messages of the connectors, in `tests/golden/connectors/<name>/`: each file is a message, beside it what it decodes to.

`<case>.<suffix>` holds the bytes, `<case>.json` the records or the error; `clear.txt` the numbers and names, one a line, that must
never come out in clear; `corpus.hex` what fuzzing found worth keeping. `python -m tests.connectors.golden` writes every .json anew:
look at the difference before you keep it.
"""

import json
from pathlib import Path
from typing import Any

import msgspec

from connectors.connector import Connector, find_connectors
from connectors.contract_json import encode
from connectors.errors import DecodeError
from connectors.tokens import Tokens
from models.records import INPUT_RECORDS

FOLDER = Path(__file__).parents[1] / "golden" / "connectors"
TOKENS = Tokens(b"golden hour, a key for tests only")
TOPIC_OF = {record: topic for topic, record in INPUT_RECORDS.items()}


def cases(name: str) -> dict[str, bytes]:
    """Return the golden messages of a connector by case."""
    kept = (path for path in sorted((FOLDER / name).iterdir()) if path.suffix not in (".json", ".txt", ".hex"))
    return {path.stem: path.read_bytes() for path in kept}


def corpus(name: str) -> list[bytes]:
    """Return the messages that a fuzzer found worth keeping."""
    path = FOLDER / name / "corpus.hex"
    return [bytes.fromhex(line) for line in path.read_text("ascii").splitlines()] if path.is_file() else []


def expected(name: str, case: str) -> Any:
    return json.loads((FOLDER / name / f"{case}.json").read_text("utf-8"))


def clear_texts(name: str) -> list[str]:
    """Return what must never come out in clear."""
    return (FOLDER / name / "clear.txt").read_text("utf-8").split("\n")[:-1]


def outcome(connector: Connector, raw: bytes) -> Any:
    """Return what a message decodes to, as JSON."""
    try:
        return {"records": [{"topic": TOPIC_OF[type(found)], **json.loads(encode(found))} for found in connector.decode(raw)]}
    except DecodeError as error:
        return {"error": {"code": error.code, "field": error.field, "position": error.position, "reason": error.reason}}


def main() -> None:
    for connector in find_connectors(TOKENS):
        for case, raw in cases(connector.name).items():
            text = msgspec.json.format(json.dumps(outcome(connector, raw), ensure_ascii=False), indent=2)
            (FOLDER / connector.name / f"{case}.json").write_text(text + "\n", "utf-8")


if __name__ == "__main__":
    main()
