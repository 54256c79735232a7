"""What one partition learns of one kind of party from people's findings, and the score that follows.

A scored event leaves a row: its bins, the detectors that spoke, and the evidence it was scored by. A label, weeks later, finds the
row and teaches the scorecard of that party and the risk of that key. What nobody reports in time counts as honest, except where a
detector spoke or a case stands: nobody learns from victims and the flagged. Without any label nothing moves, and a score is what
the evidence alone gives.

A learner learns in the order of its partition's log, so what it says is support only: it moves a score, it never raises or lifts an
alert.
"""

import heapq
import math
from hashlib import blake2b
from typing import Final, Literal

import msgspec

from models.calibration import Calibration, calibration_after
from models.decision import Row
from models.features import FEATURES, features_of, signs_of
from models.fuse import log_odds, score_of
from models.keys import KeyKind
from models.policy import Learning
from models.recency import identifier_hash
from models.risk import Risk, risk_nats
from models.scorecard import Scorecard, StoredScorecard, restore_scorecard, stored_scorecard
from models.signal import Signal
from models.stored import StoredStateError
from models.view import View

LEARNER_VERSION = 1
SILENCE = ""
"""Source of the labels that nobody gave: an event is taken for honest because no report came."""

SOURCES_MAX: Final = 8
OTHERS: Final = "*"
"""Source of all that come when there are so many already."""

_HAND_OVER: Final = 20.0  # frauds found of a party, by which half of the risk's own evidence is handed over. Source: ours

Label = Literal["FRAUD", "LEGITIMATE"]
_DAY_US: Final = 86_400_000_000


def event_mark(event_id: str) -> int:
    """Return the 63-bit mark by which a row is found again; two events in a hundred million share one with odds of 1 to 2,000."""
    return int.from_bytes(blake2b(event_id.encode(), digest_size=8).digest(), "little") >> 1


class Card:
    """What one source of labels has taught: a scorecard, and the slope by which its points come true."""

    __slots__ = ("calibration", "scorecard")

    def __init__(self, rate: float, prevalence: float) -> None:
        """Start without any label."""
        self.scorecard = Scorecard(rate=rate, prevalence=prevalence)
        self.calibration = Calibration()

    def shift(self, x: dict[str, float], nats_max: float) -> float:
        """Return the nats by which an event is moved, between -nats_max and nats_max, in the order of its points."""
        return _bounded(self.calibration.slope * self.scorecard.points_of(x), nats_max)

    def learn(self, x: dict[str, float], weight: int, offset: float, *, is_fraud: bool) -> None:
        """Learn one label. The calibration first: it looks at what was expected before the lesson."""
        card = self.scorecard
        known = log_odds(card.base_share) + offset
        self.calibration = calibration_after(self.calibration, card.points_of(x), known, is_fraud=is_fraud, weight=weight)
        card.learn_one(x, is_fraud, w=float(weight), offset=offset)


class Learner:
    """What is learnt of one party.

    cards: of each source of labels; all of them hear silence. frauds, labels: of all, with their weights. day, tops:
    today, and its highest scores so far; top_score: the k-th of the day before.
    """

    def __init__(self, policy: Learning, prevalence: float) -> None:
        """Start without any label."""
        self.policy = policy
        self.prevalence = prevalence
        self.cards: dict[str, Card] = {}
        self.frauds = 0.0
        self.labels = 0.0
        self.day = 0
        self.tops: list[float] = []
        self.top_score = 1.0

    def adopt(self, policy: Learning, prevalence: float) -> None:
        """Score and learn by another policy from now on; what the cards have learnt stays."""
        self.policy, self.prevalence = policy, prevalence
        for card in self.cards.values():
            card.scorecard.rate, card.scorecard.prevalence = policy.rate, prevalence

    @property
    def base_share(self) -> float:
        """Return the share of fraud among all labels."""
        return (self.frauds + 1.0) / (self.labels + 1.0 / self.prevalence)

    def new_card(self) -> Card:
        """Return a card that has learnt nothing."""
        return Card(self.policy.rate, self.prevalence)

    def evidence(self, risk: Risk | None, now_us: int, nats: list[float]) -> list[float]:
        """Return the evidence that needs no lesson: what detectors said, and confirmed fraud at the key.

        The latter hands over to the cards, which see the same labels in more detail, as frauds are found.
        """
        policy = self.policy
        of_risk = risk_nats(risk, now_us, self.base_share, policy.risk_prior_count, policy.risk_fade_s, policy.risk_nats_max)
        if not of_risk:
            return nats
        return [*nats, of_risk * _HAND_OVER / (_HAND_OVER + self.frauds)]

    def shift(self, x: dict[str, float]) -> float:
        """Return the nats by which what was learnt moves an event: the mean of the sources, each by the frauds it has found.

        One source among several has half the weight at most, and says less than `source_nats_max`: so whatever one source says, it
        moves no score by more than that.
        """
        cards = list(self.cards.values())
        total = math.fsum(card.scorecard.frauds for card in cards)
        if not total:
            return 0.0
        shares = _capped([card.scorecard.frauds / total for card in cards])
        nats_max = self.policy.source_nats_max
        return math.fsum(share * card.shift(x, nats_max) for share, card in zip(shares, cards, strict=True))

    def score(self, evidence: list[float], x: dict[str, float]) -> float:
        """Return the calibrated probability at the stated prevalence; rounded as `score_of` does before a person's first label."""
        if not self.cards:
            return score_of(self.prevalence, evidence)
        return score_of(self.prevalence, [*evidence, self.shift(x)], digits=9)

    def learn(self, row: Row, label: Label, source: str) -> None:
        """Learn the label of a row. Silence is heard only by the cards that people's labels have begun."""
        x, is_fraud, weight = inputs_of(row), label == "FRAUD", row.weight
        self.labels += weight
        self.frauds += weight * is_fraud
        for card in self._taught_by(source):
            card.learn(x, weight, row.evidence, is_fraud=is_fraud)

    def _taught_by(self, source: str) -> list[Card]:
        if source == SILENCE:
            return list(self.cards.values())
        if source not in self.cards and len(self.cards) >= SOURCES_MAX - 1:
            source = OTHERS
        return [self.cards.setdefault(source, self.new_card())]

    def is_top(self, at_us: int, score: float) -> bool:
        """Return whether a score would have been among the k highest of the day before; note it for the day after."""
        day = at_us // _DAY_US
        if day > self.day:
            self.top_score = self.tops[0] if len(self.tops) == self.policy.top_count else 0.0
            self.day, self.tops = day, []
        if len(self.tops) < self.policy.top_count:
            heapq.heappush(self.tops, score)
        elif score > self.tops[0]:
            heapq.heapreplace(self.tops, score)
        return score > self.top_score


def _bounded(nats: float, nats_max: float) -> float:
    """Return nats brought between -nats_max and nats_max, their order kept."""
    return nats_max * math.tanh(nats / nats_max) if nats_max > 0.0 else 0.0


def _capped(weights: list[float]) -> list[float]:
    """Return weights of which none is above a half, if there are several with any; what is cut off goes to the others.

    >>> _capped([0.75, 0.125, 0.125]), _capped([1.0, 0.0]), _capped([0.4, 0.6])
    ([0.5, 0.25, 0.25], [1.0, 0.0], [0.5, 0.5])
    """
    top = max(weights)
    if top <= 0.5 or top == 1.0:
        return weights
    return [0.5 if weight == top else weight * 0.5 / (1.0 - top) for weight in weights]


def inputs_of(row: Row) -> dict[str, float]:
    """Return a row's features as the scorecard takes them."""
    return {**dict(zip(FEATURES, row.bins, strict=True)), **row.signs}


class Scoring:
    """How to score the events of one party at one key: what `decide` is handed. risk: the key's confirmed frauds, if any."""

    __slots__ = ("key", "learner", "risk")

    def __init__(self, learner: Learner, key: bytes, risk: Risk | None) -> None:
        """Bind the party's learner to the key."""
        self.learner = learner
        self.key = key
        self.risk = risk

    def row_of(
        self, view: View, kind: KeyKind, signals: list[Signal], nats: list[float], *, is_new: bool, is_doubtful: bool
    ) -> Row:
        """Return the view's event as a row, scored; without bins if they are neither learnt from yet nor worth keeping.

        is_new: the event at hand, not one that is scored again. is_doubtful: silence on it proves nothing.
        """
        learner, now = self.learner, view.now
        evidence = learner.evidence(self.risk, now.at_us, nats)
        row = Row(0, self.key, now.at_us, b"", signs_of(signals) if signals else {}, math.fsum(evidence))
        if learner.cards:
            row.bins = bytes(features_of(view, kind, self.risk))
            row.score = learner.score(evidence, inputs_of(row))
        else:
            row.score = learner.score(evidence, {})
        if not is_new:
            return row
        row.is_top = learner.is_top(now.at_us, row.score)
        if not signals and not row.is_top:
            row.weight = learner.policy.sample
            if identifier_hash(now.event_id) % row.weight:
                return row
        row.event = event_mark(now.event_id)
        row.bins = row.bins or bytes(features_of(view, kind, self.risk))
        row.tier = max((signal.tier for signal in signals), default=0)
        row.is_doubtful = is_doubtful or row.tier > 0
        return row


class StoredLearner(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """The stored form of a learner, with the numbers of the next row and of the next that silence speaks on."""

    version: int
    cards: dict[str, tuple[StoredScorecard, Calibration]]
    frauds: float
    labels: float
    day: int
    tops: list[float]
    top_score: float
    rows: int
    silent: int


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(StoredLearner).decode


def encode_learner(learner: Learner, rows: int, silent: int) -> bytes:
    """Return the stored form of a learner and of how far its rows are."""
    cards = {source: (stored_scorecard(card.scorecard), card.calibration) for source, card in learner.cards.items()}
    return _encode(
        StoredLearner(
            LEARNER_VERSION,
            cards,
            learner.frauds,
            learner.labels,
            learner.day,
            learner.tops,
            learner.top_score,
            rows,
            silent,
        )
    )


def restore_learner(learner: Learner, stored: bytes) -> tuple[int, int]:
    """Give a new learner what was learnt; return the numbers of the next row and of the next that silence speaks on.

    Errors: StoredStateError for another version or anything unreadable; the process stops.
    """
    try:
        kept = _decode(stored)
    except msgspec.MsgspecError as error:
        raise StoredStateError(f"stored learner is not readable: {type(error).__name__}") from error
    if kept.version != LEARNER_VERSION:
        raise StoredStateError(f"stored learner has version {kept.version}, not {LEARNER_VERSION}")
    for source, (scorecard, calibration) in kept.cards.items():
        card = learner.cards[source] = learner.new_card()
        restore_scorecard(card.scorecard, scorecard)
        card.calibration = calibration
    learner.frauds, learner.labels = kept.frauds, kept.labels
    learner.day, learner.tops, learner.top_score = kept.day, kept.tops, kept.top_score
    return kept.rows, kept.silent
