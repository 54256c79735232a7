"""What is usual in a segment: one River model and a few averages for all accounts of one kind of customer and payment.

An account of its own has too few events for a forest, and a forest per account would not fit in memory (24 kB each). So
accounts keep small statistics, and the segment they belong to keeps `river.anomaly.HalfSpaceTrees` over scaled features. A
young account is pulled towards its segment's averages. Score first, learn after; nothing flagged is ever learned.

A segment learns in the order of its partition's log, so it belongs to the supporting evidence only: no alert is raised by it.
Stored as parameters and node masses in our own form, never as a pickle.
"""

import msgspec
from river import anomaly, base

from models.stats import ew_deviation, ew_update
from models.stored import StoredStateError

FEATURES = ("amount", "gap", "hour", "payee", "place")
"""What a payment tells the forest, each scaled to 0..1 by its meaning, not by the data seen so far."""

_AVERAGE_WEIGHT = 0.01
_DEVIATIONS = 4.0
SEGMENT_VERSION = 3


class Segment(base.AnomalyDetector):  # type: ignore[misc]
    """One segment's model, an anomaly detector as River has them: `score_one` and `learn_one` take features from 0 to 1.

    The features are those of the first lesson. A missing one, or one that appears later, is no error.

    trees, height, window, seed: of the half-space trees. Defaults: ours, 5 microseconds for a score and 1 kB stored.
    learned: how many events it has learned from. gap_mean: of ln(1 + seconds since the debit before), over accounts that had one.
    new_payee_mean: share of transfers to a new payee, over accounts that had paid somebody before. Each with its count.
    """

    def __init__(self, trees: int = 5, height: int = 5, window: int = 100, seed: int = 20_260_301) -> None:
        """Start with no knowledge: `score_one` gives 0 until two windows are full."""
        self.trees = trees
        self.height = height
        self.window = window
        self.seed = seed
        self.features: tuple[str, ...] = ()
        self.learned = 0
        self.amount_mean = 0.0
        self.amount_square = 0.0
        self.gap_count = 0
        self.gap_mean = 0.0
        self.new_payee_count = 0
        self.new_payee_mean = 0.0
        self.score_mean = 0.0
        self.score_square = 0.0
        self.forest = anomaly.HalfSpaceTrees(n_trees=trees, height=height, window_size=window, seed=seed)

    @property
    def is_warm(self) -> bool:
        """Return whether the forest has seen enough to say anything."""
        return self.learned > 2 * self.window

    @property
    def amount_deviation(self) -> float:
        """Return the standard deviation of ln(1 + amount_minor) in the segment."""
        return ew_deviation(self.amount_mean, self.amount_square)

    def score_one(self, x: dict[str, float]) -> float:
        """Return 0..1: how far the forest's score of these features lies above the segment's usual score, in four deviations.

        The raw score of half-space trees crowds near 1, so it is read against its own running mean and deviation.
        """
        if not self.is_warm:
            return 0.0
        deviation = ew_deviation(self.score_mean, self.score_square)
        if deviation <= 0.0:
            return 0.0
        above: float = (self.forest.score_one(x) - self.score_mean) / (_DEVIATIONS * deviation)
        return min(1.0, max(0.0, above))

    def learn_one(self, x: dict[str, float]) -> None:
        """Learn the features of one event that nobody flagged. Without any there is nothing to learn."""
        if not x:
            return
        if not self.learned:
            self.features = tuple(sorted(x))
        if self.learned > self.window:
            score = self.forest.score_one(x)
            count = self.learned - self.window - 1
            self.score_mean = ew_update(self.score_mean, score, _AVERAGE_WEIGHT, count)
            self.score_square = ew_update(self.score_square, score * score, _AVERAGE_WEIGHT, count)
        self.forest.learn_one(x)
        self.learned += 1

    def learn(
        self, features: dict[str, float], amount_log: float, gap_log: float | None = None, newness: float | None = None
    ) -> None:
        """Learn one payment that nobody flagged: its features and the figures of which averages are kept.

        amount_log: ln(1 + amount_minor). gap_log: ln(1 + seconds since the account's debit before). newness: 1 if the payee is
        new, 0 if not. None: the account has no history to tell it by.
        """
        if gap_log is not None:
            self.gap_mean = ew_update(self.gap_mean, gap_log, _AVERAGE_WEIGHT, self.gap_count)
            self.gap_count += 1
        if newness is not None:
            self.new_payee_mean = ew_update(self.new_payee_mean, newness, _AVERAGE_WEIGHT, self.new_payee_count)
            self.new_payee_count += 1
        self.amount_mean = ew_update(self.amount_mean, amount_log, _AVERAGE_WEIGHT, self.learned)
        self.amount_square = ew_update(self.amount_square, amount_log * amount_log, _AVERAGE_WEIGHT, self.learned)
        self.learn_one(features)


class StoredSegment(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """The stored form: the forest's parameters and features, averages, and per tree the (reference, latest) masses of all nodes in
    depth-first order."""

    version: int
    trees: int
    height: int
    window: int
    seed: int
    features: tuple[str, ...]
    learned: int
    amount_mean: float
    amount_square: float
    gap_count: int
    gap_mean: float
    new_payee_count: int
    new_payee_mean: float
    score_mean: float
    score_square: float
    counter: int
    is_first_window: bool
    masses: list[list[tuple[int, int]]]


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(StoredSegment).decode


def encode_segment(segment: Segment) -> bytes:
    """Return the stored form of a segment."""
    forest = segment.forest
    return _encode(
        StoredSegment(
            SEGMENT_VERSION,
            segment.trees,
            segment.height,
            segment.window,
            segment.seed,
            segment.features,
            segment.learned,
            segment.amount_mean,
            segment.amount_square,
            segment.gap_count,
            segment.gap_mean,
            segment.new_payee_count,
            segment.new_payee_mean,
            segment.score_mean,
            segment.score_square,
            forest.counter,
            forest._first_window,
            [[(node.r_mass, node.l_mass) for node in nodes] for nodes in forest._tree_nodes],
        )
    )


def decode_segment(stored: bytes | memoryview) -> Segment:
    """Return a segment from its stored form.

    The trees themselves follow from the seed and are grown again; River's private node list is read because its public
    interface has no way to save a forest but a pickle. The pinned River version and a round-trip test guard this.

    Errors: StoredStateError for another version or anything unreadable; the process stops.
    """
    try:
        kept = _decode(stored)
    except msgspec.MsgspecError as error:
        raise StoredStateError(f"stored segment is not readable: {type(error).__name__}") from error
    if kept.version != SEGMENT_VERSION:
        raise StoredStateError(f"stored segment has version {kept.version}, not {SEGMENT_VERSION}")
    segment = Segment(kept.trees, kept.height, kept.window, kept.seed)
    forest = segment.forest
    if kept.features:
        forest.learn_one(dict.fromkeys(kept.features, 0.0))
    for nodes, masses in zip(forest._tree_nodes, kept.masses, strict=True):
        for node, (reference, latest) in zip(nodes, masses, strict=True):
            node.r_mass, node.l_mass = reference, latest
    forest.counter, forest._first_window = kept.counter, kept.is_first_window
    segment.features = kept.features
    segment.learned = kept.learned
    segment.amount_mean, segment.amount_square = kept.amount_mean, kept.amount_square
    segment.gap_count, segment.gap_mean = kept.gap_count, kept.gap_mean
    segment.new_payee_count, segment.new_payee_mean = kept.new_payee_count, kept.new_payee_mean
    segment.score_mean, segment.score_square = kept.score_mean, kept.score_square
    return segment
