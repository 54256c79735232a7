"""W4, split location (网银与取现异地): the account is worked online in one place while cash is drawn far away.

A controller logs in where he is; the runner stands at a machine hundreds of kilometres away. Seen at the second of the two
events.
Key: account. Looks at: logins and other account events with a place against withdrawals at machines with a place, in
`window_s`; how fast one person would have had to travel at the least (`travel.py`), or two cities within `cities_s`; and how
much of the cash strangers' money of the last day covers. Only with that money is it more than support.
Not to be confused with: a card shared in the family, whose relative draws the holder's wage (N6) or pension (N8), or any other
money of the holder's own, which is why strangers' money is asked for; a bank's guess of a place behind a VPN, hence the low
weight. An address in the network is no place.
Cannot see: where within a province an event was that tells no coordinates.
"""

import msgspec

from models import entry as e
from models.detector import Detector
from models.entry import Entry
from models.records import Reason
from models.signal import MULE, Signal, percent
from models.travel import are_other_cities, least_km, travel_kmh
from models.view import View


class SplitLocationPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """Thresholds; reasons in the policy file."""

    window_s: int
    speed_max_kmh: float
    speed_fade_share: float
    distance_min_km: float
    cities_s: int
    cities_strength: float
    credit_window_s: int
    credit_min_minor: int
    stranger_s: int
    covered_share_min: float
    reminder_strength: float
    weight: float


class SplitLocation(Detector[SplitLocationPolicy]):
    """Examines withdrawals and account events; suspects that the account is a mule's."""

    name = "split_location"
    typologies = ("W4",)
    keyed_by = "ACCOUNT"
    shapes = (e.CASH, e.ACCOUNT_EVENT)
    role = MULE
    lookalikes = ("N6", "N8")
    Policy = SplitLocationPolicy

    def examine(self, view: View) -> Signal | None:
        """Return a signal if the event and one before it cannot, or can hardly, be the same person's."""
        policy, now = self.policy, view.now
        if now.where is None or not (now.code & e.ACCOUNT_EVENT or _is_cash_out(now, now)):
            return None
        other, closeness = self._farthest(view)
        if other is None:
            return None
        window = view.window(policy.credit_window_s)
        drawn = [entry for entry in window if _is_cash_out(entry, now) and self._is_counted(entry, view, other)]
        credits = [
            entry for entry in window if self._is_counted(entry, view, other) and view.is_from_stranger(entry, policy.stranger_s)
        ]
        credited_minor = sum(entry.amount_minor for entry in credits)
        drawn_minor = sum(entry.amount_minor for entry in drawn)
        covered = min(1.0, credited_minor / max(1, drawn_minor))
        tier = 0
        if covered >= policy.covered_share_min and credited_minor >= policy.credit_min_minor:
            tier = 2 if closeness >= 1.0 else int(closeness >= policy.reminder_strength)
        strength = closeness * (0.3 + 0.6 * covered)
        named = {entry.event_id for entry in (*credits, *drawn)} | {other.event_id}
        between_s = (now.at_us - other.at_us) // 1_000_000
        return Signal(
            detector=self.name,
            version=self.version,
            typology="W4",
            role=MULE,
            event_id=now.event_id,
            at_us=now.at_us,
            tier=tier,
            strength=strength,
            nats=strength * policy.weight,
            reasons=(self._apart(now, other, between_s, view), self._covered(covered)),
            evidence=(*(entry.event_id for entry in window if entry.event_id in named and entry is not now), now.event_id),
            at_risk_minor=max(0, credited_minor - drawn_minor),
        )

    def _farthest(self, view: View) -> tuple[Entry | None, float]:
        """Return the earlier event of the other kind that is hardest to reach from, and how nearly impossible that is, up to 1."""
        now, found, most = view.now, None, 0.0
        for entry in view.before(self.policy.window_s):
            if entry.where is None or bool(entry.code & e.ACCOUNT_EVENT) == bool(now.code & e.ACCOUNT_EVENT):
                continue
            if entry.code & e.ACCOUNT_EVENT or _is_cash_out(entry, now):
                closeness = self._closeness(entry, view)
                if closeness > most:
                    found, most = entry, closeness
        return found, most

    def _closeness(self, entry: Entry, view: View) -> float:
        policy, now = self.policy, view.now
        here, there = now.where, entry.where
        assert here is not None
        assert there is not None
        between_s = (now.at_us - entry.at_us) / 1_000_000
        speed = travel_kmh(here, there, between_s, view.bounds) / policy.speed_max_kmh
        start = policy.speed_fade_share
        closeness = min(1.0, max(0.0, (speed - start) / (1.0 - start)))
        closeness *= min(1.0, least_km(here, there, view.bounds) / policy.distance_min_km)
        if are_other_cities(here, there):
            # From half an hour on it fades within the next half.
            fade = min(1.0, max(0.0, 2.0 - between_s / policy.cities_s))
            closeness = max(closeness, policy.cities_strength * fade)
        return closeness

    def _is_counted(self, entry: Entry, view: View, other: Entry) -> bool:
        """Return whether money is of the currency that the withdrawal of the two events is in."""
        cash = other if view.now.code & e.ACCOUNT_EVENT else view.now
        return entry.currency == cash.currency

    def _apart(self, now: Entry, other: Entry, between_s: int, view: View) -> Reason:
        policy, minutes = self.policy, max(1, between_s // 60)
        assert now.where is not None
        assert other.where is not None
        km = round(least_km(now.where, other.where, view.bounds))
        if not km:
            return Reason(
                code="TWO_CITIES_S",
                zh=f"{minutes}分钟内在一城登录、在另一城取现。是否本人操作？",
                en=f"Login in one city and cash in another within {minutes} min. Is it one person?",
                value=float(between_s),
                threshold=float(policy.cities_s),
                window_s=policy.window_s,
            )
        kmh = round(travel_kmh(now.where, other.where, float(between_s), view.bounds))
        return Reason(
            code="TRAVEL_KMH",
            zh=f"{minutes}分钟内登录与取现至少相距{km}公里。请暂缓并回拨核实。",
            en=f"Login and cash at least {km} km apart within {minutes} min. Hold and call back.",
            value=float(kmh),
            threshold=policy.speed_max_kmh,
            window_s=policy.window_s,
        )

    def _covered(self, covered: float) -> Reason:
        policy = self.policy
        return Reason(
            code="STRANGERS_SHARE",
            zh=f"所取现金的{percent(covered)}%来自新付款方当日转入。",
            en=f"Transfers of new payers within the day cover {percent(covered)}% of the cash.",
            value=round(covered, 4),
            threshold=policy.covered_share_min,
            window_s=policy.credit_window_s,
        )


def _is_cash_out(entry: Entry, now: Entry) -> bool:
    return entry.code & (e.CASH | e.CREDIT) == e.CASH and bool(entry.code & e.MONEY or (entry is now and entry.code & e.REQUESTED))
