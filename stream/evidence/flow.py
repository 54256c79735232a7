"""The way of the money as a graph: who passed how much to whom, in the order of hops from whoever lost it.

Drawn from the booked movements in the bundle; where those are not given, from the match fields and traces, which name them too.
"""

from collections import defaultdict
from typing import NamedTuple

from stream.evidence.facts import Facts

CASH = "CASH"
_NODES_MAX = 22
_SHARE_MIN = 50
"""Flows below a fiftieth of the largest say nothing in a picture; the tables have them. Source: ours."""


class Edge(NamedTuple):
    """Money that went from one account to another in so many movements."""

    source: str
    target: str
    amount_minor: int
    movements: int


class Flow(NamedTuple):
    """Columns of accounts from left to right, and what passed between them. others: edges left out of the picture."""

    columns: list[list[str]]
    edges: list[Edge]
    roles: dict[str, str]
    elsewhere: frozenset[str]
    others: int


def flow_of(facts: Facts) -> Flow:
    """Return the way of the money."""
    moved: dict[tuple[str, str], list[int]] = defaultdict(list)
    elsewhere = set[str]()
    for source, target, amount_minor in _movements(facts, elsewhere).values():
        if source != target:
            moved[source, target].append(amount_minor)
    edges = [Edge(source, target, sum(amounts), len(amounts)) for (source, target), amounts in moved.items()]
    roles = {trace["account"]: "VICTIM_SUSPECTED" for trace in facts.last_traces if trace["hop"] == 0}
    roles |= {row["subject"]["id"]: row["subject"]["role"] for row in reversed(facts.last_alerts)}
    kept = _largest(edges, roles)
    return Flow(_columns(kept, roles), kept, roles, frozenset(elsewhere), len(edges) - len(kept))


def _movements(facts: Facts, elsewhere: set[str]) -> dict[str, tuple[str, str, int]]:
    """Return event id -> (source, target, amount); what a trace or a match field says is taken where no transaction is at hand."""
    found: dict[str, tuple[str, str, int]] = {}
    for row in facts.transactions:
        payer, payee = row.get("payer"), row.get("payee")
        for party in (payer, payee):
            if party is not None and party.get("on_us") is False:
                elsewhere.add(party["account"])
        source = payer["account"] if payer else CASH
        target = payee["account"] if payee and row["kind"] != "CASH_WITHDRAWAL" else CASH
        found[row["event_id"]] = source, target, row["amount_minor"]
    for trace in facts.last_traces:
        for part in trace.get("left", ()):
            target = part.get("account") or (CASH if part["way"] == "CASH" else part.get("bank") or "?")
            if part["way"] == "ELSEWHERE":
                elsewhere.add(target)
            found.setdefault(part["event_id"], (trace["account"], target, part["amount_minor"]))
    for request in facts.last_requests:
        for row in request["transactions"]:
            ends = row["counterparty_account"], request["target"]["account"]
            source, target = ends if row["direction"] == "IN" else ends[::-1]
            found.setdefault(row["event_id"], (source, target, row["amount_minor"]))
    return found


def _largest(edges: list[Edge], roles: dict[str, str]) -> list[Edge]:
    """Return the edges to draw: those between subjects, then the largest, while they count and the accounts fit the picture."""
    ordered = sorted(edges, key=lambda edge: (not (edge.source in roles and edge.target in roles), -edge.amount_minor, edge))
    least_minor = max((edge.amount_minor for edge in edges), default=0) // _SHARE_MIN
    names = set[str]()
    kept = []
    for edge in ordered:
        is_small = edge.amount_minor < least_minor and not (edge.source in roles and edge.target in roles)
        if not is_small and len(names | {edge.source, edge.target}) <= _NODES_MAX:
            names |= {edge.source, edge.target}
            kept.append(edge)
    return kept


def _columns(edges: list[Edge], roles: dict[str, str]) -> list[list[str]]:
    """Return the accounts by their distance from where the money came from, those with most of it first."""
    names = dict.fromkeys(name for edge in edges for name in (edge.source, edge.target))
    paid = {edge.target for edge in edges}
    by_right = sorted(names, key=lambda name: (name in paid, roles.get(name) != "VICTIM_SUSPECTED"))
    place: dict[str, int] = {}
    _reach([name for name in by_right if name not in paid], edges, place)
    for name in by_right:  # money that goes round in a circle has no beginning
        if name not in place:
            _reach([name], edges, place)
    weights: dict[str, int] = defaultdict(int)
    for edge in edges:
        weights[edge.source] += edge.amount_minor
        weights[edge.target] += edge.amount_minor
    columns = [[name for name in names if place[name] == number] for number in range(max(place.values(), default=0) + 1)]
    return [sorted(column, key=lambda name: (-weights[name], name)) for column in columns if column]


def _reach(first: list[str], edges: list[Edge], place: dict[str, int]) -> None:
    """Give every account that can be reached its distance, the nearest first."""
    place.update(dict.fromkeys(first, 0))
    waiting = list(first)
    for name in waiting:  # grows as it goes
        for edge in edges:
            if edge.source == name and edge.target not in place:
                place[edge.target] = place[name] + 1
                waiting.append(edge.target)
