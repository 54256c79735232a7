"""The money-flow picture of a case: which account paid which, as far as traces and freeze requests say. Pure.

The account of the case stands in the middle column; whom its money came from to the left, where it went to the right, further hops
further out. A movement is drawn once: where a trace knows the reported part of it, that is the amount. Bounded, so that a busy
account gives a picture and not a carpet: the largest movements are drawn, the rest is counted.
"""

from collections.abc import Iterable
from typing import Final

import msgspec

from models.records import TraceRecord
from models.units import time_us
from stream.desk.board import Board
from stream.desk.case_file import CaseFile

EACH_MAX: Final = 5
"""Movements drawn of one account and direction. Ours: what fits a screen of 1024 pixels."""
NODES_MAX: Final = 24
HOPS_MAX: Final = 5
"""Hops drawn; as many as are traced (domain handbook, 9)."""
_NO_ACCOUNT: Final = "\0"
"""Before the key of a node that is no account, so that no account can be taken for one."""
_NAMED: Final = frozenset({"TRANSFER", "ELSEWHERE"})


class Node(msgspec.Struct, gc=False):
    """An end of movements. kind: ACCOUNT, or the way money left unfollowed. still_minor: None where no trace says."""

    key: str
    kind: str
    column: int
    row: int = 0
    account: str = ""
    bank: str = ""
    terminal: str = ""
    still_minor: int | None = None
    is_subject: bool = False


class Movement(msgspec.Struct, frozen=True, gc=False):
    """Money from one node to another. is_reported: the amount is its reported part."""

    event_id: str
    source: str
    sink: str
    amount_minor: int
    at_us: int
    is_reported: bool


class Flow(msgspec.Struct, gc=False):
    """A picture: nodes in columns and rows from 0, arrows between them, and how many movements are not drawn."""

    nodes: list[Node]
    arrows: list[Movement]
    columns: int
    rows: int
    more: int
    currency: str


def flow(board: Board, case: CaseFile) -> Flow:
    """Return the picture of a case; without nodes where nothing is known."""
    known = _movements(board, case)
    drawn, more = _drawn(known)
    nodes = _placed(board, _from_lead(case), drawn)
    arrows = [one for one in drawn if one.source in nodes and one.sink in nodes]
    more += len(drawn) - len(arrows)
    joined = {end for one in arrows for end in (one.source, one.sink)}
    shown = [node for key, node in nodes.items() if key in joined]
    least = min((node.column for node in shown), default=0)
    rows: dict[int, int] = {}
    for node in shown:
        node.column -= least
        node.row = rows.get(node.column, 0)
        rows[node.column] = node.row + 1
    lead = case.lead()
    currency = lead.currency if lead is not None else next((file.last().currency for file in case.requests.values()), "")
    return Flow(shown, arrows, len(rows), max(rows.values(), default=0), more, currency)


def _movements(board: Board, case: CaseFile) -> list[Movement]:
    """Return every movement that is known of the accounts of a case and of those their money went to or came from."""
    found: dict[str, Movement] = {}
    seen: set[str] = set()
    ring = set(case.accounts())
    for _ in range(HOPS_MAX):
        seen |= ring
        after: set[str] = set()
        for account in sorted(ring):
            after |= _of_trace(board, account, found)
        ring = after - seen
    for _ in range(HOPS_MAX):
        if not _upstream(board, seen, found):
            break
    for file in case.requests.values():
        last = file.last()
        for match in last.transactions:
            other = match.counterparty_account
            ends = (f"{_NO_ACCOUNT}CASH:" if other == "CASH" else other, last.target.account)
            source, sink = ends if match.direction == "IN" else ends[::-1]
            movement = Movement(match.event_id, source, sink, match.amount_minor, time_us(match.booked_at), is_reported=False)
            found.setdefault(match.event_id, movement)
    return sorted(found.values(), key=lambda one: (one.at_us, one.event_id))


def _of_trace(board: Board, account: str, found: dict[str, Movement]) -> set[str]:
    """Add what left an account; return the accounts it went to that are followed."""
    trace = board.traces.get(account)
    followed = set()
    for part in trace.left if trace is not None else ():
        sink = part.account if part.way in _NAMED and part.account else f"{_NO_ACCOUNT}{part.way}:{part.terminal or ''}"
        known = found.get(part.event_id)
        amount_minor = part.amount_minor + (known.amount_minor if known is not None else 0)
        found[part.event_id] = Movement(part.event_id, account, sink, amount_minor, time_us(part.booked_at), is_reported=True)
        if part.way == "TRANSFER" and part.account:
            followed.add(part.account)
    return followed


def _upstream(board: Board, seen: set[str], found: dict[str, Movement]) -> bool:
    """Add the movements into the accounts seen so far, by the traces of those who paid; return whether a payer was new."""
    sources = {source: account for account in seen for source in _sources(board.traces.get(account))}
    payers: set[str] = set()
    for account, trace in board.traces.items():
        if account in seen:
            continue
        if any(part.account in seen for part in trace.left):
            _of_trace(board, account, found)
            payers.add(account)
        for report in trace.reported:
            for event_id in report.events if report.finding == "FOUND" else ():
                if event_id in sources and event_id not in found:
                    at_us = time_us(trace.as_of)
                    found[event_id] = Movement(event_id, account, sources[event_id], report.amount_minor, at_us, is_reported=True)
                    payers.add(account)
    seen |= payers
    return bool(payers)


def _sources(trace: TraceRecord | None) -> Iterable[str]:
    """Return the reported payments that went straight to an account."""
    return trace.sources if trace is not None and trace.hop == 1 else ()


def _from_lead(case: CaseFile) -> tuple[str, ...]:
    """Return the accounts of a case, the one of its weightiest alert first."""
    subject = case.subject()
    lead = subject.id if subject is not None else ""
    return tuple(sorted(case.accounts(), key=lambda account: (account != lead, account)))


def _drawn(known: list[Movement]) -> tuple[list[Movement], int]:
    """Return the largest movements of each account and direction, and how many are left out."""
    by_side: dict[tuple[str, str], list[Movement]] = {}
    for one in known:
        by_side.setdefault(("out", one.source), []).append(one)
        by_side.setdefault(("in", one.sink), []).append(one)
    kept = {
        side: {one.event_id for one in sorted(ones, key=lambda one: (-one.amount_minor, one.event_id))[:EACH_MAX]}
        for side, ones in by_side.items()
    }
    drawn = [one for one in known if one.event_id in kept["out", one.source] and one.event_id in kept["in", one.sink]]
    return drawn, len(known) - len(drawn)


def _placed(board: Board, accounts: tuple[str, ...], drawn: list[Movement]) -> dict[str, Node]:
    """Return the nodes that arrows reach from the accounts of the case, each in its column."""
    nodes: dict[str, Node] = {}
    for account in accounts:  # one after the other, because the accounts of a ring are joined by movements as a rule
        if account not in nodes and len(nodes) < NODES_MAX:
            nodes[account] = _node(board, account, 0, is_subject=True)
            _grow(board, accounts, drawn, nodes)
    return nodes


def _grow(board: Board, accounts: tuple[str, ...], drawn: list[Movement], nodes: dict[str, Node]) -> None:
    """Add what arrows join to the nodes there are, downstream one column further, upstream one column before."""
    is_growing = True
    while is_growing:
        is_growing = False
        for one in drawn:
            if len(nodes) >= NODES_MAX:
                return
            if one.source in nodes and one.sink not in nodes:
                nodes[one.sink] = _node(board, one.sink, nodes[one.source].column + 1, is_subject=one.sink in accounts)
                is_growing = True
            elif one.sink in nodes and one.source not in nodes:
                nodes[one.source] = _node(board, one.source, nodes[one.sink].column - 1, is_subject=one.source in accounts)
                is_growing = True


def _node(board: Board, key: str, column: int, *, is_subject: bool = False) -> Node:
    if key.startswith(_NO_ACCOUNT):
        way, _, terminal = key.removeprefix(_NO_ACCOUNT).partition(":")
        return Node(key, way, column, terminal=terminal)
    trace = board.traces.get(key)
    still = trace.still_here_minor if trace is not None and trace.received_minor else None
    return Node(key, "ACCOUNT", column, account=key, bank=_bank_of(board, key), still_minor=still, is_subject=is_subject)


def _bank_of(board: Board, account: str) -> str:
    """Return the other bank that an account is at, "" if it is ours or nobody says."""
    for trace in board.traces.values():
        for part in trace.left:
            if part.account == account and part.way == "ELSEWHERE":
                return part.bank or ""
    return ""
