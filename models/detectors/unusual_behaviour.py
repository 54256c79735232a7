"""Behavioural anomaly (support only): a debit unlike this account and unlike its segment.

No fraud story by itself: it adds to the score of a transaction and to a case that other signs have opened. Seen at every debit.
Key: account, debit side. Looks at: amount, gap since the last debit, local hour, new payee, new terminal, each against the
account's own habits; amount, gap and payee shrunk to a warm segment while the account is young; and the segment's half-space
trees where that looks odd already.
Not to be confused with: N14 holidays and night work, which shift everything a little; hence it never raises an alert.
Cannot see: why a person does something new.
"""

from math import log1p

import msgspec

from models import entry as e
from models.detector import Detector
from models.entry import Entry
from models.profile import Habits
from models.records import Reason
from models.segment import FEATURES
from models.settling import local_hour
from models.signal import VICTIM, Signal
from models.stats import ew_deviation, hour_rarity, shrink
from models.view import View

_LEAST_DEVIATION = 0.25


class UnusualBehaviourPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """Thresholds; reasons in the policy file."""

    signal_min: float
    gate: float
    segment_prior_count: float
    amount_share: float
    gap_share: float
    hour_share: float
    payee_share: float
    place_share: float
    weight: float


class UnusualBehaviour(Detector[UnusualBehaviourPolicy]):
    """Examines every debit; gives a strength for the score and, above a threshold, a supporting signal."""

    name = "unusual_behaviour"
    typologies = ()
    keyed_by = "ACCOUNT"
    shapes = (e.TRANSFER, e.CASH, e.PURCHASE)
    role = VICTIM
    Policy = UnusualBehaviourPolicy

    def examine(self, view: View) -> Signal | None:
        """Return a supporting signal if the event is clearly unlike the account and its segment."""
        now = view.now
        if not now.code & (e.MONEY | e.REQUESTED):
            return None
        return self.support(view, self.assess(view)[0])

    def support(self, view: View, strength: float) -> Signal | None:
        """Return the supporting signal of an assessed debit, if the strength is worth saying."""
        if strength < self.policy.signal_min:
            return None
        now = view.now
        return Signal(
            detector=self.name,
            version=self.version,
            typology="",
            role=VICTIM,
            event_id=now.event_id,
            at_us=now.at_us,
            tier=0,
            strength=strength,
            nats=strength * self.policy.weight,
            reasons=(
                Reason(
                    code="UNUSUAL_FOR_SELF",
                    zh="金额、时间或对手与本人习惯明显不同。",
                    en="Amount, time or counterparty is clearly unlike this customer's habits.",
                    value=round(strength, 4),
                    threshold=self.policy.signal_min,
                ),
            ),
            evidence=(now.event_id,),
        )

    def assess(self, view: View) -> tuple[float, tuple[float, ...]]:
        """Return the strength 0..1 and the features 0..1 it rests on, in the order of `segment.FEATURES`.

        The forest is asked only about what looks odd already: it costs more than all the rest.
        """
        policy = self.policy
        features = amount, gap, hour, payee, place = self.features(view)
        strength = (
            policy.amount_share * amount
            + policy.gap_share * gap
            + policy.hour_share * hour
            + policy.payee_share * payee
            + policy.place_share * place
        )
        if strength >= policy.gate and view.segment is not None:
            strength = 1.0 - (1.0 - strength) * (1.0 - 0.5 * view.segment.score_one(dict(zip(FEATURES, features, strict=True))))
        return min(1.0, strength), features

    def teach(self, view: View, features: tuple[float, ...]) -> None:
        """Let the view's segment learn its event, which nobody flagged, and these features of it."""
        now, habits, segment = view.now, view.habits(), view.segment
        if segment is None:
            return
        gap_log = _gap_log(now, habits) if habits.count else None
        newness = float(view.is_new_payee(now.other)) if now.code & e.TRANSFER and habits.transfer_count else None
        segment.learn(dict(zip(FEATURES, features, strict=True)), log1p(now.amount_minor), gap_log, newness)

    def features(self, view: View) -> tuple[float, float, float, float, float]:
        """Return how unusual amount, gap, hour, payee and place are for the account, 0 (usual, or unknown) to 1.

        Amount, gap and payee are held against figures that a warm segment shares while the account is young; an hour that a young
        account has not seen yet says less. For an account's first debit, or first transfer, what it does is unknown.
        """
        now, habits = view.now, view.habits()
        segment = view.segment if view.segment is not None and view.segment.is_warm else None
        count, prior = habits.count, self.policy.segment_prior_count
        amount_log = log1p(now.amount_minor)
        mean, deviation = habits.amount_mean, ew_deviation(habits.amount_mean, habits.amount_square)
        gap_mean, gap_count, new_payee_mean = habits.gap_mean, count - 1, habits.new_payee_mean
        if segment is not None:
            mean = shrink(mean, count, segment.amount_mean, prior)
            deviation = shrink(deviation, count, segment.amount_deviation, prior)
            if count and segment.gap_count:
                gap_mean, gap_count = shrink(gap_mean, gap_count, segment.gap_mean, prior), count
            if segment.new_payee_count:
                new_payee_mean = shrink(new_payee_mean, habits.transfer_count, segment.new_payee_mean, prior)
        elif not count:
            mean = amount_log
        amount = (amount_log - mean) / (3.0 * (deviation if deviation > _LEAST_DEVIATION else _LEAST_DEVIATION))
        gap = hour = payee = 0.0
        if gap_count > 0:
            gap = (gap_mean - _gap_log(now, habits)) / 6.0
        if count > 1:
            hour = shrink(hour_rarity(habits.hours, local_hour(now.at_us, view.bounds.utc_offset_s)), count, 0.0, prior)
        if now.code & e.TRANSFER and habits.transfer_count and new_payee_mean < 1.0 and view.is_new_payee(now.other):
            payee = 1.0 - new_payee_mean
        place = 1.0 if now.place and view.is_new_place() else 0.0
        return _unit(amount), _unit(gap), hour, payee, place


def _gap_log(now: Entry, habits: Habits) -> float:
    """Return ln(1 + seconds since the last settled debit)."""
    return log1p(max(0, now.at_us - habits.last_us) / 1_000_000)


def _unit(value: float) -> float:
    return 0.0 if value < 0.0 else 1.0 if value > 1.0 else value
