"""A1, unlimited operation (无限取现): intruders lift the limits of a card, and its clones drain machines everywhere.

Seen at the approval that passes the limits. Key: account, by card. Several signs together speak, each growing with what it
sees: withdrawals of one card within an hour (those of the hour before count less and less, so a slower pace hides nothing),
more cash than the day's cap, several currencies in a day, two machines farther apart than anybody travels, a balance below
zero. One sign alone is a reminder at most. Where strangers' money covers the cash the account is a mule's (W1), and this stays
support. Else the account is a victim's; the word goes to the bank's security.
Not to be confused with: N17 the bank's own test cards; tourists, who draw in two or three currencies of a journey: one sign,
and they have no other. A credit line explains a balance below zero, which therefore says less than the others.
Cannot see: countries and card ranges (currencies and distance stand in), or that the limits were changed.
"""

from typing import Final

import msgspec

from models import entry as e
from models.detector import Detector
from models.entry import Entry
from models.records import Reason
from models.signal import VICTIM, Signal, percent
from models.travel import least_km, travel_kmh
from models.view import View

_DAY_US: Final = 86_400_000_000


class UnlimitedOperationPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """Thresholds; reasons in the policy file."""

    window_s: int
    pace_s: int
    draws_max: int
    draws_fade_share: float
    day_cap_minor: int
    currencies_min: int
    speed_max_kmh: float
    speed_fade_share: float
    distance_min_km: float
    below_zero_sign: float
    signs_for_hold: float
    signs_for_reminder: float
    signs_min: float
    stranger_s: int
    covered_share_min: float
    weight: float


class UnlimitedOperation(Detector[UnlimitedOperationPolicy]):
    """Examines withdrawals at machines; suspects that the card is cloned and the account a victim's."""

    name = "unlimited_operation"
    typologies = ("A1",)
    keyed_by = "ACCOUNT"
    shapes = (e.CASH,)
    role = VICTIM
    lookalikes = ("N17",)
    Policy = UnlimitedOperationPolicy

    def examine(self, view: View) -> Signal | None:
        """Return a signal if the card's withdrawals of the day show signs enough."""
        policy, now = self.policy, view.now
        if not _is_drawn(now) and not now.code & e.REQUESTED:
            return None
        is_below_zero = now.balance_minor is not None and now.balance_minor < 0 and bool(now.code & e.MONEY)
        if not view.index and not is_below_zero:
            return None
        drawn = [
            entry
            for entry in view.in_any_currency(policy.window_s)
            if entry is now or (_is_drawn(entry) and entry.card == now.card)
        ]
        signs = [self._pace(drawn, now), self._cap(drawn, view), self._currencies(drawn), self._travel(drawn, view)]
        if is_below_zero:
            signs.append((policy.below_zero_sign, _BELOW_ZERO))
        total = sum(share for share, _ in signs)
        if total < policy.signs_min:
            return None
        tier = (total >= policy.signs_for_reminder) + (total >= policy.signs_for_hold)
        if self._is_strangers_money(drawn, view):
            tier = 0
        strength = min(1.0, 0.3 * total)
        return Signal(
            detector=self.name,
            version=self.version,
            typology="A1",
            role=VICTIM,
            event_id=now.event_id,
            at_us=now.at_us,
            tier=tier,
            strength=strength,
            nats=strength * policy.weight,
            reasons=tuple(reason for share, reason in signs if share > 0.0),
            evidence=tuple(entry.event_id for entry in drawn),
            at_risk_minor=max(0, now.balance_minor or 0) or now.amount_minor,
        )

    def _is_strangers_money(self, drawn: list[Entry], view: View) -> bool:
        """Return whether what is drawn came from strangers within the day: then the account is a mule's, and no victim's."""
        policy, currency = self.policy, view.now.currency
        drawn_minor = sum(entry.amount_minor for entry in drawn if entry.currency == currency)
        return view.strangers_credit_minor(policy.window_s, policy.stranger_s) >= policy.covered_share_min * drawn_minor

    def _pace(self, drawn: list[Entry], now: Entry) -> tuple[float, Reason]:
        """Count the last hour in full and the hour before it less and less."""
        policy = self.policy
        pace_us = policy.pace_s * 1_000_000
        count = sum(min(1.0, max(0.0, 2.0 - (now.at_us - entry.at_us) / pace_us)) for entry in drawn)
        share = _faded(count / (policy.draws_max + 1), policy.draws_fade_share)
        recent = sum(now.at_us - entry.at_us < 2 * pace_us for entry in drawn)
        hours = 2 * policy.pace_s // 3_600
        return share, Reason(
            code="CARD_DRAWS",
            zh=f"{hours}小时内同一张卡取现{recent}次。请立即通知安保并停用该卡。",
            en=f"{recent} withdrawals on one card within {hours} h. Alert security and block the card.",
            value=round(count, 2),
            threshold=float(policy.draws_max),
            window_s=2 * policy.pace_s,
        )

    def _cap(self, drawn: list[Entry], view: View) -> tuple[float, Reason]:
        """Compare the cash of the local day with the cap, which starts anew at local midnight."""
        now, offset_us = view.now, view.bounds.utc_offset_s * 1_000_000
        midnight_us = now.at_us - (now.at_us + offset_us) % _DAY_US
        today = [entry for entry in drawn if entry.at_us >= midnight_us and entry.currency == now.currency]
        ratio = sum(entry.amount_minor for entry in today) / self.policy.day_cap_minor
        return float(ratio > 1.0), Reason(
            code="CAP_RATIO",
            zh=f"当日取现达到每日限额的{percent(ratio)}%。",
            en=f"The day's cash is {percent(ratio)}% of the daily cap.",
            value=round(ratio, 4),
            threshold=1.0,
        )

    def _currencies(self, drawn: list[Entry]) -> tuple[float, Reason]:
        policy = self.policy
        count = len({entry.currency for entry in drawn})
        share = min(1.0, (count - 1) / max(1, policy.currencies_min - 1))
        return share, Reason(
            code="CURRENCIES",
            zh=f"24小时内以{count}种货币取现。持卡人在哪里？",
            en=f"Cash in {count} currencies within 24 h. Where is the holder?",
            value=float(count),
            threshold=float(policy.currencies_min),
            window_s=policy.window_s,
        )

    def _travel(self, drawn: list[Entry], view: View) -> tuple[float, Reason]:
        """Compare the event with the withdrawals before it of the same, known card."""
        policy, now, most, km = self.policy, view.now, 0.0, 0
        for entry in drawn:
            if now.card and entry is not now and entry.where is not None and now.where is not None:
                speed = travel_kmh(now.where, entry.where, (now.at_us - entry.at_us) / 1_000_000, view.bounds)
                if speed > most:
                    most, km = speed, round(least_km(now.where, entry.where, view.bounds))
        share = _faded(most / policy.speed_max_kmh, policy.speed_fade_share) * min(1.0, km / policy.distance_min_km)
        return share, Reason(
            code="TRAVEL_KMH",
            zh=f"同一张卡先后在至少相距{km}公里的两台机具取现。",
            en=f"One card drew at two machines at least {km} km apart.",
            value=float(round(most)),
            threshold=policy.speed_max_kmh,
            window_s=policy.window_s,
        )


_BELOW_ZERO: Final = Reason(
    code="BALANCE_BELOW_ZERO",
    zh="批准额超过账户余额。",
    en="More was approved than the account held.",
    value=1.0,
    threshold=1.0,
)


def _is_drawn(entry: Entry) -> bool:
    wanted = e.CASH | e.ATM | e.MONEY
    return entry.code & (wanted | e.CREDIT) == wanted


def _faded(ratio: float, start: float) -> float:
    """Return 1 from the threshold on, 0 below `start` times it, and in between as far as it is on the way."""
    return min(1.0, max(0.0, (ratio - start) / (1.0 - start)))
