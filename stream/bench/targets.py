"""Floors and goals beside the figures: below the floor something is wrong with us or the machine, the goal is where we want to be.

They are shown, never enforced. Where the goal is the smaller number, less is better.
"""

from typing import Final, Literal, NamedTuple

Reached = Literal["goal", "floor", "below floor"]


class Target(NamedTuple):
    """floor, goal: in the figure's unit. reason: where they come from."""

    floor: float
    goal: float
    reason: str

    def reached(self, value: float) -> Reached:
        """Return which of the two a value has reached.

        >>> Target(100, 50, "").reached(70)
        'floor'
        """
        sign = 1 if self.goal > self.floor else -1
        if value * sign >= self.goal * sign:
            return "goal"
        return "floor" if value * sign >= self.floor * sign else "below floor"


TARGETS: Final[dict[tuple[str, str], Target]] = {
    ("throughput", "worker_per_cpu_s"): Target(
        5_000, 20_000, "ours: a large bank's 2,000 transactions/s with room to catch up; one core"
    ),
    ("throughput", "worker_per_s"): Target(2_000, 15_000, "2,000 transactions/s on one node is what detection in line needs"),
    ("throughput", "worker_to_naive"): Target(1, 3, "ours: all detectors, exactly, should not cost more than Faust's own overhead"),
    ("throughput", "batch_to_stock"): Target(1.2, 2, "ours: below that the own transport is not worth its code"),
    ("replay", "per_cpu_s"): Target(5_000, 20_000, "as the worker: the same processors without the broker"),
    ("latency", "p99_1000"): Target(
        500, 100, "published in-line scoring allows 300 to 500 ms; 100 leaves room for the bank's own hops"
    ),
    ("latency", "p99_5000"): Target(500, 100, "the same at 5,000 events/s"),
    ("latency", "p999_5000"): Target(1_000, 250, "well inside the 300 to 500 ms that payment systems wait"),
    ("recovery", "keys_per_s"): Target(50_000, 150_000, "ours: a million accounts back within 20 s, better 7 s"),
    ("memory", "bytes_per_account_1000000"): Target(3_000, 1_500, "ours: a million accounts in 3 GB, better 1.5 GB"),
    ("scaling", "accounts_ratio"): Target(0.4, 0.7, "ours: decoding a profile that was not in use is the only thing that may cost"),
    ("scaling", "window_ratio"): Target(0.4, 0.7, "ours: a longer window keeps more entries of the same account"),
    ("kill", "lost"): Target(0, 0, "no alert may be lost"),
    ("kill", "doubled"): Target(0, 0, "no fraud may be told under two ids"),
    ("detectors", "all_us"): Target(30, 10, "ours: all detectors of one transfer out, one after the other"),
}
