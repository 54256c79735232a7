"""Who may do what: the one table. A route names its act; what is not in the table nobody may do."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal, get_args

Role = Literal["BANK_DESK", "MANAGER", "LIAISON", "READ_ONLY"]
Act = Literal["read", "open_identifiers", "approve", "withdraw", "answer", "remind", "manage", "police", "snooze"]
ROLES: Final[tuple[Role, ...]] = get_args(Role)
ACTS: Final[tuple[Act, ...]] = get_args(Act)

MAY: Final[Mapping[Act, frozenset[Role]]] = MappingProxyType(
    {
        "read": frozenset(ROLES),
        "open_identifiers": frozenset({"BANK_DESK", "MANAGER", "LIAISON"}),
        # Two persons of the bank stand behind a request; the police assess it, they do not propose it to themselves.
        "approve": frozenset({"BANK_DESK", "MANAGER"}),
        # Taking a suspicion back frees money, so it is not for the desk alone.
        "withdraw": frozenset({"MANAGER", "LIAISON"}),
        "answer": frozenset({"LIAISON"}),
        # The three steps of the dissuasion, by who takes them.
        "remind": frozenset({"BANK_DESK", "MANAGER"}),
        "manage": frozenset({"BANK_DESK", "MANAGER"}),
        "police": frozenset({"LIAISON"}),
        "snooze": frozenset({"MANAGER"}),
    }
)

ACT_OF_STAGE: Final[Mapping[str, Act]] = MappingProxyType({"REMIND": "remind", "MANAGER": "manage", "POLICE": "police"})


def may(role: str, act: Act) -> bool:
    """Return whether a role may do something.

    >>> may("LIAISON", "answer"), may("READ_ONLY", "answer")
    (True, False)
    """
    return role in MAY[act]
