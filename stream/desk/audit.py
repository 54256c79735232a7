"""What the audit says: which acts it knows, and one entry of it."""

import secrets
from collections.abc import Mapping
from typing import Final

from models.records import AuditAction, AuditOutcome, AuditRecord
from models.units import instant
from stream.desk.guard import PUBLIC
from stream.desk.sessions import Session

AUDITED: Final[Mapping[str, AuditAction]] = {
    "read": "READ_CASE",
    "open_identifiers": "OPEN_IDENTIFIERS",
    "approve": "APPROVE",
    "withdraw": "WITHDRAW",
    "answer": "ANSWER",
    "remind": "DISSUADE",
    "manage": "DISSUADE",
    "police": "DISSUADE",
    "snooze": "SNOOZE",
    PUBLIC: "SIGN_IN",
    "sign_out": "SIGN_OUT",
}
"""Act of a route -> what the audit calls it."""


def entry(
    at_us: int, session: Session | None, action: AuditAction, outcome: AuditOutcome, details: Mapping[str, str | None]
) -> AuditRecord:
    """Return one entry. details: optional fields of the record, None for unknown, and `actor`, where nobody is signed in yet."""
    given = {name: value for name, value in details.items() if value}
    stranger = given.pop("actor", "unknown")
    return AuditRecord(
        audit_id=f"a-{secrets.token_hex(16)}",
        made_at=instant(at_us),
        actor=session.name if session is not None else stranger,
        role=session.role if session is not None else None,
        action=action,
        outcome=outcome,
        **given,
    )
