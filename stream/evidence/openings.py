"""The log of openings: who saw identifiers in clear, of which case, under which reference, and why. Lines are only ever added.

An opening is written and on disk before anything is opened; where it cannot be written, nothing is opened. One from a cluster's
topics goes to its topic `audit` as well, beside those of the desk: a line on somebody's own disk is nobody's witness.
"""

import asyncio
import getpass
import os
import secrets
from datetime import datetime
from pathlib import Path

import msgspec

from connectors.broker_errors import BrokerError
from connectors.cluster import Where
from models.records import AuditRecord
from stream.desk.writer import KafkaWriter, NotWrittenError
from stream.evidence.form import EvidenceError


class OpeningLine(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the log. opened: what the person got to see. by: the user of this machine."""

    opened_at: str
    by: str
    case_id: str
    case_ref: str
    reason: str
    opened: tuple[str, ...]


def note_opening(path: Path, at: datetime, case_id: str, case_ref: str, reason: str, opened: tuple[str, ...]) -> None:
    """Add a line to the log of openings. Errors: EvidenceError if it cannot be written."""
    line = OpeningLine(
        opened_at=at.isoformat(timespec="seconds").replace("+00:00", "Z"),
        by=getpass.getuser(),
        case_id=case_id,
        case_ref=case_ref,
        reason=reason,
        opened=opened,
    )
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        number = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o640)
        try:
            os.write(number, msgspec.json.encode(line) + b"\n")
            os.fsync(number)
        finally:
            os.close(number)
    except OSError as error:
        raise EvidenceError(f"the opening cannot be noted in {path.name}, so nothing is opened: {error.strerror}") from error


def audit_opening(bootstrap: Where, prefix: str, at: datetime, case_id: str, case_ref: str, reason: str) -> None:
    """Tell the topic `audit` of an opening, and wait until it is acknowledged. Errors: EvidenceError, and nothing may be opened."""
    record = AuditRecord(
        audit_id=f"a-{secrets.token_hex(16)}",
        made_at=at,
        actor=getpass.getuser(),
        action="OPEN_IDENTIFIERS",
        outcome="DONE",
        case_id=case_id,
        case_ref=case_ref,
        reason=reason,
    )

    async def tell() -> None:
        writer = KafkaWriter(bootstrap, prefix)
        await writer.start()
        try:
            await writer.audit(record)
        finally:
            await writer.stop()

    try:
        asyncio.run(tell())
    except (BrokerError, NotWrittenError) as error:
        raise EvidenceError(f"the opening cannot be told to the topic audit, so nothing is opened: {error}") from error
