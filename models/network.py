"""One case per network: cases that share money, a machine or a device go by one `case_id`.

Every case has an id of its own. A network goes by the id that sorts first among its cases: a mule's before a machine's, a device's
and a victim's, then the older day, then the hash. So a mule's network keeps its id however many victims come to it. Neighbours tell
each other the first id they know of and how many ties away it lies, and each takes the first it hears; what has come `hops_max`
ties is not passed on. That is routing by distance with a horizon. It ends, because only changes are told; it ends in the same ids
in whatever order messages come; and where a tie is taken back, an id that nobody stands behind any more dies out at the horizon.

Who joins. A case that people look at (`tier_min`) passes ids on. A reminder takes the id of its neighbours and passes nothing on: a
harmless account that many customers were reminded of makes no network of them. What is only named joins those who name it in two
cases: an account that `named_min` suspected victims pay, and a machine or device at which as many suspects meet. A shop or a public
body ties nobody to anybody. A case with `ties_max` neighbours gets no more.
"""

from collections.abc import Iterable, Iterator

import msgspec

from models.case import Case
from models.decision import Statement
from models.keys import key_of, subject_of
from models.policy import NetworkBounds
from models.signal import MULE, VICTIM, Also, Role
from models.tie import ALONE, Belonging, Link, Tie

_OWN_KEY = b""
_RANK: dict[Role, bytes] = {MULE: b"0", "TERMINAL": b"1", "DEVICE": b"2", VICTIM: b"3"}
_ROLE: dict[bytes, Role] = {rank: role for role, rank in _RANK.items()}
_ID_AT = 7  # a rank and six digits of the day stand before the id


def address_of(role: Role, key: bytes) -> bytes:
    """Return where a case is found, role and key, as its neighbours keep it.

    >>> address_of("MULE_SUSPECTED", b"A:a-902")
    b'0A:a-902'
    """
    return _RANK[role] + key


def case_id_of(case: Case) -> str:
    """Return the `case_id` that a case goes by: that of its network."""
    return case.belongs.network[_ID_AT:] or case.case_id


def settle(case: Case, tier: int, bounds: NetworkBounds) -> None:
    """Find which network a case at this tier belongs to, after what its neighbours told.

    A case that says nothing stays where it was: what is taken back is taken back under the id that it was told under.
    """
    joins = _joins(case, tier, bounds)
    if tier == 0 and not joins:
        case.belongs = msgspec.structs.replace(case.belongs, joins=False, is_suspect=False)
        return
    heard = [(tie.network, tie.hops + 1, tie.who) for tie in case.ties if tie.network and tie.hops < bounds.hops_max]
    if joins:
        heard.append((_own_network(case), 0, b""))
    case.belongs = Belonging(*min(heard), joins, tier >= bounds.tier_min) if heard else ALONE


def _own_network(case: Case) -> str:
    """Return the id of the network that a case is by itself; such ids compare as texts."""
    return f"{_RANK[case.role].decode()}{case.day:06d}{case.case_id}"


def _joins(case: Case, tier: int, bounds: NetworkBounds) -> bool:
    """Return whether a case passes ids on: people look at it, or suspects meet at it."""
    if tier >= bounds.tier_min:
        return True
    suspects = [tie for tie in case.ties if tie.is_suspect]
    if case.role == MULE:
        suspects = [tie for tie in suspects if _ROLE[tie.who[:1]] == VICTIM and (tie.heard or 0) >= bounds.tier_min]
    return case.role != VICTIM and len(suspects) >= bounds.named_min


def hear(case: Case, origin: bytes, link: Link, bounds: NetworkBounds) -> None:
    """Take in what a neighbour tells, unless something told later was here before.

    A tie begins and ends with what one says of the other, never with a link alone.
    """
    who = address_of(link.role, origin)
    tie = _tie_to(case, who)
    if tie is None:
        if link.is_alone or link.tier is None or len(case.ties) >= bounds.ties_max:
            return
        case.ties.append(tie := Tie(who))
    elif link.turn < tie.turn:
        return
    tie.heard, tie.turn = link.tier, link.turn
    tie.network, tie.hops, tie.is_suspect = link.network, link.hops, link.is_suspect
    if link.is_new:
        tie.is_told = False
    if tie.stated is None and tie.heard is None:
        case.ties.remove(tie)


def tie_up(cases: list[Case], statements: Iterable[Statement], bounds: NetworkBounds) -> set[tuple[Role, bytes]]:
    """Tie a key's cases to those its statements go to, or loosen ties with the last thing said; return which ties are new.

    statements: each with a link of which role and tier are set. A tie is named by the role of the case and the neighbour's address.
    """
    new = set()
    for case, who, statement in _addressed(cases, statements):
        if _name(case, who, statement, bounds):
            new.add((case.role, who))
        case.ties = [tie for tie in case.ties if tie.stated is not None or tie.heard is not None]
    return new


def tell(
    origin: bytes, cases: list[Case], statements: Iterable[Statement], new: set[tuple[Role, bytes]], event_id: str
) -> list[Statement]:
    """Return a key's statements with what they tell of ties and networks, and what other neighbours must hear.

    origin: the key. To be asked when all its cases are settled, `new` being the ties that are. Remembers in them what was offered.
    """
    statements = list(statements)
    told = [statement for statement in statements if statement.link is None or statement.link.is_alone]
    reached = set()
    for case in cases:
        case.turn += 1
    for case, who, statement in _addressed(cases, statements):
        is_new = (case.role, who) in new or (statement.link is not None and statement.link.is_new)
        link = msgspec.structs.replace(_link(case, _tie_to(case, who)), is_new=is_new)
        told.append(msgspec.structs.replace(statement, link=link))
        reached.add((case.role, who))
    for case in cases:
        offer = _offer(case)
        for tie in case.ties:
            before = _heard_by(tie, case.offered) if tie.is_told else ALONE
            if _heard_by(tie, offer) != before and (case.role, tie.who) not in reached:
                told.append(_alone(origin, case, tie, event_id))
            tie.is_told = True
        case.offered = offer
    return told


def _addressed(cases: list[Case], statements: Iterable[Statement]) -> Iterator[tuple[Case, bytes, Statement]]:
    """Yield statements of detectors with the case that makes them and the address of the one they go to."""
    by_role = {case.role: case for case in cases}
    for statement in statements:
        if statement.link is not None and not statement.link.is_alone:
            yield by_role[statement.link.role], address_of(statement.role, key_of(statement.kind, statement.id)), statement


def _tie_to(case: Case, who: bytes) -> Tie | None:
    return next((tie for tie in case.ties if tie.who == who), None)


def _name(case: Case, who: bytes, statement: Statement, bounds: NetworkBounds) -> bool:
    """Tie a case to whom a statement goes to, or loosen the tie with the last thing said; return whether the tie is new."""
    assert statement.link is not None
    tie, is_new = _tie_to(case, who), False
    if statement.signal is not None and tie is None:
        if statement.link.tier is None or len(case.ties) >= bounds.ties_max:
            return False
        case.ties.append(tie := Tie(who))
        is_new = True
    if tie is not None and (statement.signal is None or statement.link.tier is not None):
        tiers = [said.signal.tier for said in case.said if said.origin == _OWN_KEY and _names(said.signal.also, statement)]
        if statement.signal is not None and statement.link.tier is not None:
            tiers.append(statement.link.tier)
        tie.stated = max(tiers, default=None)
    return is_new


def _names(also: Iterable[Also], statement: Statement) -> bool:
    return any(other.id == statement.id and other.kind == statement.kind and other.role == statement.role for other in also)


def _offer(case: Case) -> Belonging:
    """Return what a case tells its neighbours."""
    return case.belongs if case.belongs.joins else ALONE


def _heard_by(tie: Tie, offer: Belonging) -> Belonging:
    """Return what one neighbour hears of an offer: not the id that it gave itself, which would come back to it without end."""
    return Belonging("", 0, b"", offer.joins, offer.is_suspect) if offer.via == tie.who else msgspec.structs.replace(offer, via=b"")


def _link(case: Case, tie: Tie | None) -> Link:
    if tie is None:
        return Link(case.role, None, case.turn)
    heard = _heard_by(tie, _offer(case))
    return Link(case.role, tie.stated, case.turn, heard.network, heard.hops, heard.is_suspect)


def _alone(origin: bytes, case: Case, tie: Tie, event_id: str) -> Statement:
    """Return a statement that says nothing but how two cases are tied."""
    kind, identifier = subject_of(tie.who[1:])
    link = msgspec.structs.replace(_link(case, tie), is_alone=True)
    return Statement(kind, identifier, _ROLE[tie.who[:1]], origin, event_id, "", None, link)
