"""Who may do what on the cluster: one role per program, with the rights its work needs and no more, as a table.

`goldenhour acls` prints them as commands or applies them. Resources are named whole, never by a pattern, so that a topic added
later is open to nobody. A right to read or write a topic lets its holder look it up; one to write
lets a producer be idempotent.
"""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final, Literal, NamedTuple

from connectors.topics import DIRECTIONS

Kind = Literal["topic", "group"]
Operations = tuple[str, ...]


class Grant(NamedTuple):
    """A right: who may do what on which topic or consumer group. Operations are named as `kafka-acls.sh` does."""

    principal: str
    kind: Kind
    name: str
    operations: Operations


_IN = tuple(topic for topic, direction in DIRECTIONS.items() if direction == "in")
_OUT = tuple(topic for topic, direction in DIRECTIONS.items() if direction == "out" and topic != "audit")
_ALL = tuple(DIRECTIONS)
_BOARD = ("alerts", "freeze-requests", "freeze-responses", "dispositions", "case-controls", "traces")
READ: Final = "Read"
WRITE: Final = "Write"
LOOK: Final = ("Describe", "DescribeConfigs")


def _of(topics: tuple[str, ...], *operations: str) -> dict[str, Operations]:
    return dict.fromkeys(topics, operations)


def _sum(*parts: Mapping[str, Operations]) -> Mapping[str, Operations]:
    found: dict[str, Operations] = {}
    for part in parts:
        for topic, operations in part.items():
            found[topic] = tuple(dict.fromkeys((*found.get(topic, ()), *operations)))
    return MappingProxyType(found)


ROLES: Final[Mapping[str, Mapping[str, Operations]]] = MappingProxyType(
    {
        # Reads the inputs, owns keyed and state, writes the outputs; looks at all settings, for it refuses topics that do not fit.
        "worker": _sum(_of(_IN, READ), _of(_OUT, WRITE), _of(("keyed", "state"), READ, WRITE), _of(_ALL, *LOOK)),
        # The core bank: what happened, never what follows from it.
        "producer": _sum(_of(("transactions", "account-events"), WRITE)),
        # A system that labels cases; victims' reports come with it where no liaison sends them.
        "label-source": _sum(_of(("dispositions", "victim-reports"), WRITE)),
        # A switch's events, and what could not be read of them; reads its own last requests back after a restart.
        "gateway": _sum(
            _of(("transactions",), READ, WRITE), _of(("dead-letters",), WRITE), _of(("transactions", "dead-letters"), *LOOK)
        ),
        # Shows what a board is made of, writes what people decide, and the audit of it.
        "desk": _sum(_of(_BOARD, READ), _of(("dispositions", "case-controls", "freeze-responses", "audit"), WRITE)),
        # The police: alerts, requests, answers and reports. No transaction.
        "liaison": _sum(
            _of(("alerts", "freeze-requests", "freeze-responses"), READ), _of(("freeze-responses", "victim-reports"), WRITE)
        ),
        # Sends its own known fraud, in topics of its own prefix or in these, and looks for the answer.
        "canary": _sum(_of(("transactions", "account-events", "victim-reports"), WRITE), _of(("alerts", "freeze-requests"), READ)),
        # A lag exporter: sees that there are topics and groups and how far they are, never what is in them.
        "metrics": _sum(_of(_ALL, "Describe")),
        # Evidence, recall and comparisons: reads everything that is kept, writes nothing but that it opened identifiers.
        "auditor": _sum(_of((*_IN, *_OUT, "audit"), READ), _of(("audit",), WRITE)),
        # `goldenhour policy`: puts a policy in force for all workers, the audit first.
        "policy-changer": _sum(_of(("policy",), READ, WRITE, *LOOK), _of(("audit",), WRITE)),
        # `goldenhour topics` and `reset`: makes, changes and deletes topics, reads and writes none.
        "operator": _sum(_of(_ALL, "Create", "Delete", "Alter", "AlterConfigs", *LOOK)),
    }
)
"""Role -> topic -> operations."""

_GROUPS: Final[Mapping[str, Operations]] = MappingProxyType(
    {"worker": (READ,), "liaison": (READ,), "metrics": ("Describe",), "operator": ("Describe", "Delete", READ)}
)
"""Role -> operations on consumer groups: a liaison's on its own, all others' on the workers'."""


def grants(principals: Mapping[str, str], *, prefix: str, group: str, liaison_group: str = "liaison") -> Iterator[Grant]:
    """Yield the rights of these roles, sorted by role as in ROLES and topic as in the contract.

    principals: role -> principal, "User:name". prefix: before every topic name. group: the workers' consumer group.
    Errors: KeyError for a role that is none.

    >>> next(grants({"producer": "User:core"}, prefix="gh-", group="goldenhour"))
    Grant(principal='User:core', kind='topic', name='gh-transactions', operations=('Write',))
    """
    for role, principal in principals.items():
        for topic in _ALL:
            if operations := ROLES[role].get(topic):
                yield Grant(principal, "topic", prefix + topic, operations)
        if role in _GROUPS:
            yield Grant(principal, "group", liaison_group if role == "liaison" else group, _GROUPS[role])


def commands(found: Iterator[Grant]) -> Iterator[str]:
    """Yield one `kafka-acls.sh` command per right; a second run changes nothing."""
    for grant in found:
        operations = " ".join(f"--operation {operation}" for operation in grant.operations)
        yield f"$ACLS --add --allow-principal '{grant.principal}' {operations} --{grant.kind} '{grant.name}'"
