"""Puts a policy in force on a cluster, or the one before it: the audit first, then the record, each acknowledged."""

import secrets
from collections.abc import Callable
from datetime import UTC, datetime

from connectors.broker_errors import BrokerError
from connectors.cluster import Where
from connectors.contract_json import encode
from connectors.kafka_producer import produce
from connectors.pacing import OutboundRecord
from models.contract_types import AuditAction, AuditOutcome, PolicyAction
from models.policy_records import PolicyRecord
from models.records import AuditRecord
from models.units import time_us
from stream.policy.document import Policy, policy_of
from stream.policy.follower import read_log
from stream.policy.log import PolicyLog

_BASELINE = "what the workers' file said before"


class NothingBeforeError(Exception):
    """There is no policy to go back to."""


class OvertakenError(Exception):
    """Somebody else put a policy in force at the same moment; ours counts for nothing."""


class Publisher:
    """The topic of one installation. now: the clock; read it once for each act."""

    def __init__(self, bootstrap: Where, prefix: str, actor: str, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        """actor: who is asked for when somebody wants to know why."""
        self._bootstrap, self._prefix, self._actor, self._now = bootstrap, prefix, actor, now

    def read(self) -> PolicyLog:
        """Return what the topic holds. Errors: BrokerError."""
        return read_log(self._bootstrap, f"{self._prefix}policy")

    def apply(self, policy: Policy, baseline: Policy, reason: str | None) -> PolicyRecord | None:
        """Put a policy in force; None if it is already.

        baseline: what the workers' file says; the first record of an empty topic, so that there is a policy to go back to.
        Errors: BrokerError, OvertakenError.
        """
        known = self.read()
        if known.head is None and policy.digest != baseline.digest:
            self._put(known, "APPLY", baseline.text, baseline.digest, baseline.version, _BASELINE)
            known = self.read()
        if known.head is not None and known.head.digest == policy.digest:
            return None
        return self._put(known, "APPLY", policy.text, policy.digest, policy.version, reason)

    def rollback(self, reason: str | None) -> PolicyRecord:
        """Put the policy in force that was so before the last one applied.

        Errors: BrokerError, OvertakenError, NothingBeforeError, PolicyError.
        """
        known = self.read()
        if not known.before:
            raise NothingBeforeError("there is no policy before the one in force")
        back = known.before[-1]
        policy_of(back.text)  # what this program cannot use, its workers would refuse
        return self._put(known, "ROLLBACK", back.text, back.digest, back.version, reason)

    def _put(
        self, known: PolicyLog, action: PolicyAction, text: str, digest: str, version: str, reason: str | None
    ) -> PolicyRecord:
        head, made_at = known.head, self._now()
        record = PolicyRecord(
            number=head.number + 1 if head is not None else 1,
            version=version,
            digest=digest,
            before=head.digest if head is not None else None,
            action=action,
            actor=self._actor,
            made_at=made_at,
            reason=reason,
            text=text,
        )
        # A key of its own, so that compaction keeps every policy, also the one that a rival overtook.
        key = f"{record.number}-{secrets.token_hex(8)}"
        self._audit(action, "DONE", made_at, key, reason)
        self._send("policy", key, encode(record), made_at)
        if record not in self.read().history:
            self._audit(action, "FAILED", made_at, key, "overtaken by another")
            raise OvertakenError("somebody else put a policy in force at the same moment; look at it and try again")
        return record

    def _audit(self, action: PolicyAction, outcome: AuditOutcome, made_at: datetime, key: str, reason: str | None) -> None:
        what: AuditAction = "POLICY_APPLY" if action == "APPLY" else "POLICY_ROLLBACK"
        entry = AuditRecord(
            audit_id=f"a-{secrets.token_hex(16)}",
            made_at=made_at,
            actor=self._actor,
            action=what,
            outcome=outcome,
            record_id=key,
            reason=reason,
        )
        self._send("audit", self._actor, encode(entry), made_at)

    def _send(self, topic: str, key: str, value: bytes, made_at: datetime) -> None:
        record: OutboundRecord = (f"{self._prefix}{topic}", key.encode(), value, time_us(made_at) // 1_000)
        if not produce(self._bootstrap, [record]):
            raise BrokerError(f"The record for {topic} was not acknowledged.")
