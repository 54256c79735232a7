"""What one set of alerts adds to another, drops from it and changes in it, with the money at risk. Pure.

An alert stands as its last revision says; one that was taken back does not. Two alerts are one and the same if they go by one id,
or else if they are about one subject, the earliest with the earliest. Ids and sums are told, never an account.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from models.records import Alert, FreezeRequest

_GONE = ("WITHDRAWN", "DISPOSED_LEGITIMATE")


class Standing(NamedTuple):
    """What stands in the end. kind: typology and tier of an alert; of a freeze request that it is one."""

    id: str
    subject: tuple[str, str, str]
    first_at: datetime
    kind: str
    minor: int
    currency: str


class Pair(NamedTuple):
    """One thing as it stands live and in the shadow; None where it does not."""

    live: Standing | None
    shadow: Standing | None

    @property
    def way(self) -> str:
        """Return how they differ: added, dropped, changed or same. A sum alone changes a freeze request, and no alert."""
        if self.live is None:
            return "added"
        if self.shadow is None:
            return "dropped"
        is_sum = self.live.kind == _REQUEST and self.live.minor != self.shadow.minor
        return "changed" if is_sum or self.live.kind != self.shadow.kind else "same"

    @property
    def what(self) -> str:
        """Return what it is, or from what to what it changes."""
        kinds = [side.kind for side in self if side is not None]
        return " -> ".join(dict.fromkeys(kinds))


_REQUEST = "freeze request"
WAYS = ("added", "dropped", "changed")


def standing_alerts(alerts: Iterable[Alert]) -> list[Standing]:
    """Return the alerts that stand, from all their revisions in any order."""
    first, last = _ends(alerts, lambda alert: (alert.alert_id, alert.revision))
    return [
        Standing(
            alert_id,
            (alert.subject.role, alert.subject.kind, alert.subject.id),
            first[alert_id].raised_at,
            f"{alert.typology} tier {alert.tier}",
            alert.amount_at_risk_minor,
            alert.currency,
        )
        for alert_id, alert in last.items()
        if alert.reasons[0].code not in _GONE
    ]


def standing_requests(requests: Iterable[FreezeRequest]) -> list[Standing]:
    """Return the freeze requests that are proposed in the end."""
    first, last = _ends(requests, lambda request: (request.request_id, request.sequence))
    return [
        Standing(
            request_id,
            ("", "ACCOUNT", request.target.account),
            first[request_id].requested_at,
            _REQUEST,
            request.requested_amount_minor,
            request.currency,
        )
        for request_id, request in last.items()
        if request.state == "PROPOSED"
    ]


def paired(live: Sequence[Standing], shadow: Sequence[Standing]) -> list[Pair]:
    """Return each thing that stands on either side, once, in a fixed order."""
    ours, theirs = {one.id: one for one in live}, {one.id: one for one in shadow}
    pairs = [Pair(ours[name], theirs[name]) for name in ours.keys() & theirs.keys()]
    sides = defaultdict[tuple[str, str, str], tuple[list[Standing], list[Standing]]](lambda: ([], []))
    for number, (own, other) in enumerate(((ours, theirs), (theirs, ours))):
        for name in own.keys() - other.keys():
            sides[own[name].subject][number].append(own[name])
    for left, right in sides.values():
        left.sort(key=_age)
        right.sort(key=_age)
        longest = max(len(left), len(right))
        pairs += map(Pair, _filled(left, longest), _filled(right, longest))
    return sorted(pairs, key=lambda pair: (pair.way, pair.what, *(side.id if side is not None else "" for side in pair)))


def difference(live: Sequence[Standing], shadow: Sequence[Standing]) -> dict[str, Any]:
    """Return counts and sums, ready for JSON: of both sides, of each way of differing, and every single difference."""
    pairs = paired(live, shadow)
    ways = Counter(pair.way for pair in pairs)
    groups = defaultdict[tuple[int, str, str], list[Pair]](list)
    for pair in pairs:
        if pair.way in WAYS:
            groups[WAYS.index(pair.way), pair.what, _told(pair).currency].append(pair)
    return {
        "live": _total(live),
        "shadow": _total(shadow),
        **{way: ways[way] for way in (*WAYS, "same")},
        "by_kind": [
            {
                "way": WAYS[number],
                "what": what,
                "count": len(group),
                "currency": currency,
                "live_minor": sum(pair.live.minor for pair in group if pair.live is not None),
                "shadow_minor": sum(pair.shadow.minor for pair in group if pair.shadow is not None),
            }
            for (number, what, currency), group in sorted(groups.items())
        ],
        "each": [
            {
                "way": pair.way,
                "what": pair.what,
                **{f"{name}_id": side.id for name, side in pair._asdict().items() if side is not None},
                **{f"{name}_minor": side.minor for name, side in pair._asdict().items() if side is not None},
                "currency": _told(pair).currency,
            }
            for pair in pairs
            if pair.way in WAYS
        ],
    }


def _ends(records: Iterable[Any], name: Callable[[Any], tuple[str, int]]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the first and the last statement of each thing, by id."""
    first: dict[str, Any] = {}
    last: dict[str, Any] = {}
    for record in sorted(records, key=name):
        record_id, _ = name(record)
        first.setdefault(record_id, record)
        last[record_id] = record
    return first, last


def _age(one: Standing) -> tuple[datetime, str]:
    return one.first_at, one.id


def _filled(side: list[Standing], length: int) -> list[Standing | None]:
    return [*side, *([None] * (length - len(side)))]


def _told(pair: Pair) -> Standing:
    side = pair.shadow or pair.live
    assert side is not None
    return side


def _total(side: Sequence[Standing]) -> dict[str, Any]:
    sums: Counter[str] = Counter()
    for one in side:
        sums[one.currency] += one.minor
    return {"count": len(side), "minor": dict(sorted(sums.items()))}
