"""What the records of topic `policy` come to, one after the other: which policy is in force, which came before it, what is refused.

Pure, and the same for every reader: a record that does not follow on the one in front of it was overtaken by another and counts for
nothing; one that follows but does not check takes its number, and the policy before it goes on.
"""

from typing import Final, Literal, NamedTuple

from connectors.contract_json import decode
from connectors.errors import DecodeError
from models.policy import PolicyError
from models.policy_records import PolicyRecord
from stream.policy.document import Policy, digest_of, policy_of

RECORD_BYTES_MAX: Final = 1 << 20
"""What Kafka takes as one record by default."""

Fate = Literal["in_force", "refused", "overtaken", "unreadable"]
FATES: Final[tuple[Fate, ...]] = ("in_force", "refused", "overtaken", "unreadable")


class Taken(NamedTuple):
    """What became of a record. problems: why it is not in force, one sentence each."""

    fate: Fate
    record: PolicyRecord | None
    problems: tuple[str, ...] = ()


class PolicyLog:
    """The topic up to some offset."""

    def __init__(self) -> None:
        """Start with an empty topic."""
        self.next_offset = 0
        self.head: PolicyRecord | None = None
        self.in_force: Policy | None = None
        self.last: Taken | None = None
        self.history: list[PolicyRecord] = []
        self.before: list[PolicyRecord] = []
        """Those that rollbacks lead to, one after the other, the last first."""

    def take(self, offset: int, value: bytes | None) -> Taken:
        """Take the next record of the topic."""
        self.next_offset = offset + 1
        self.last = self._taken(value)
        return self.last

    def _taken(self, value: bytes | None) -> Taken:
        try:
            record = decode("policy", value, record_bytes_max=RECORD_BYTES_MAX)
        except DecodeError as error:
            return Taken("unreadable", None, (f"the record cannot be read: {error.code} {error.field or ''}".rstrip(),))
        assert isinstance(record, PolicyRecord)
        if digest_of(record.text) != record.digest:
            return Taken("unreadable", record, ("its digest is not that of its text",))
        head = self.head
        if record.number != (head.number + 1 if head else 1) or record.before != (head.digest if head else None):
            return Taken("overtaken", record, ("another was put in force in between",))
        self._note(record)
        try:
            policy = policy_of(record.text, record.number)
        except PolicyError as error:
            return Taken("refused", record, tuple(error.problems))
        self.in_force = policy
        return Taken("in_force", record)

    def _note(self, record: PolicyRecord) -> None:
        if record.action == "ROLLBACK":
            if self.before:
                self.before.pop()
        elif self.head is not None:
            self.before.append(self.head)
        self.head = record
        self.history.append(record)
