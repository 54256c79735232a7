"""The log of openings: who saw identifiers in clear, of which case, under which reference, and why. Lines are only ever added.

An opening is written and on disk before anything is opened; where it cannot be written, nothing is opened.
"""

import getpass
import os
from datetime import datetime
from pathlib import Path

import msgspec

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
