"""What the product logs, and how: set up here and nowhere else, for our own loggers and for those of Faust and the Kafka clients.

A line is an event in words, then `key=value` fields. Formatted as JSON it is one object: `time`, `level`, `component`, `event`,
the fields by name, and `detail` for the lines behind the first (a fault's places). Nothing is logged per record, so a format costs
nothing where it matters. No account, card, person or device is ever a field: a record is named by topic, partition and offset, and
by its hash, which is how a dead letter's `raw_sha256` begins.
"""

import hashlib
import json
import logging
import re
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Literal

from stream.settings import SettingsError, load_settings

LogFormat = Literal["text", "json"]
HASH_CHARACTERS: Final = 16
_FIELD = re.compile(r"(?:^|\s)([a-z_][a-z0-9_]*)=(\S+)")
_CLIENTS = ("aiokafka", "kafka", "faust", "mode", "asyncio")
_SERVICES = ("faust_worker", "batch_transport", "group_member", "stock_transport")
"""Modules of ours whose classes Faust logs for."""


def record_hash(raw: bytes | None) -> str:
    """Return the name of a record in logs: the beginning of its SHA-256.

    >>> record_hash(b"{}")
    '44136fa355b3678a'
    """
    return hashlib.sha256(raw or b"").hexdigest()[:HASH_CHARACTERS]


def log_format_of(environ: Mapping[str, str], file: Path | None) -> LogFormat:
    """Return the format that the settings ask for; text where they cannot be read, which the command then says itself."""
    try:
        return load_settings(environ, file).log_format
    except SettingsError:
        return "text"


def set_up_logs(log_format: LogFormat, *, is_verbose: bool = False) -> None:
    """Let everything log to standard error in this format.

    The Kafka clients are told at most at INFO: at DEBUG kafka-python logs its configuration, the password among it.
    """
    logging.basicConfig(level=logging.DEBUG if is_verbose else logging.INFO, stream=sys.stderr)
    text = logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s")
    for handler in logging.getLogger().handlers:
        handler.setFormatter(JsonLines() if log_format == "json" else text)
        handler.filters = [kept for kept in handler.filters if not isinstance(kept, _QuietClients)]
        handler.addFilter(_QuietClients(logging.INFO if is_verbose else logging.CRITICAL))
    for noisy in _CLIENTS:
        logging.getLogger(noisy).setLevel(logging.INFO if is_verbose else logging.WARNING)
    for service in _SERVICES:
        logging.getLogger(f"stream.{service}").setLevel(logging.INFO if is_verbose else logging.WARNING)


def listen_to(client: str, handler: logging.Handler) -> None:
    """Let a handler hear what a client says from its warnings on, whether that is shown or not."""
    logging.getLogger(client).addHandler(handler)


class _QuietClients(logging.Filter):
    """Does not show what the clients say below a level; who listens to them hears it all the same."""

    def __init__(self, level: int) -> None:
        super().__init__()
        self._level = level

    def filter(self, record: logging.LogRecord) -> bool:
        return record.levelno >= self._level or record.name.partition(".")[0] not in _CLIENTS


class JsonLines(logging.Formatter):
    """Formats a log line as one JSON object."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the object. Whatever stands in the message, it is one line and valid JSON."""
        first, _, detail = record.getMessage().partition("\n")
        found: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "component": component_of(record.name),
            "event": _FIELD.sub("", first).strip(),
        }
        for name, value in _FIELD.findall(first):
            found.setdefault(name, int(value) if re.fullmatch(r"-?\d{1,15}", value) else value)
        if record.exc_info:
            detail = "\n".join(filter(None, (detail, self.formatException(record.exc_info))))
        if detail:
            found["detail"] = detail
        return json.dumps(found, ensure_ascii=False)


def component_of(logger: str) -> str:
    """Return which part of the product speaks.

    >>> component_of("goldenhour.gateway"), component_of("stream.desk.feed"), component_of("aiokafka.conn")
    ('gateway', 'desk.feed', 'aiokafka.conn')
    """
    return logger.removeprefix("goldenhour.").removeprefix("stream.")
