"""How cases hang together: what a case keeps of its neighbours, and what they tell each other. The rules are in `network.py`."""

import msgspec

from models.signal import Role


class Belonging(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """Which network a case belongs to.

    network: its id, "" for none but the case's own. hops: how many ties away the case lies that gave it. via: the neighbour that it
    was heard from, b"" for none. joins: whether the case passes it on. is_suspect: whether the case itself is a matter for people.
    """

    network: str = ""
    hops: int = 0
    via: bytes = b""
    joins: bool = False
    is_suspect: bool = False


ALONE = Belonging()


class Tie(msgspec.Struct, array_like=True, gc=False):
    """A neighbour of a case.

    who: its role and key, see `network.address_of`. stated, heard: highest tier at which this case names it, and it names this
    case; None where it does not. network, hops, is_suspect: what it told last, in which turn of its own. is_told: whether it was
    told what is offered now.
    """

    who: bytes
    stated: int | None = None
    heard: int | None = None
    network: str = ""
    hops: int = 0
    is_suspect: bool = False
    turn: int = 0
    is_told: bool = False


class Link(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """What a case tells a neighbour's of the tie between them.

    role: of the telling case. tier: at which it names the neighbour, None if it does not (any more). turn: grows with all that the
    case tells, so that a link overtaken by a later one is known. network, hops: what it offers, "" for nothing. is_suspect: whether
    people look at it. is_new: the tie is new to it, so that it needs to be told. is_alone: nothing else is said with it.
    """

    role: Role
    tier: int | None
    turn: int = 0
    network: str = ""
    hops: int = 0
    is_suspect: bool = False
    is_new: bool = False
    is_alone: bool = False
