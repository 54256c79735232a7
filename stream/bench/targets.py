"""Floors and goals beside the figures: below the floor something is wrong with us or the machine, the goal is where we want to be.

They are shown, never enforced. Where the goal is the smaller number, less is better.
"""

from typing import Final, Literal, NamedTuple

Reached = Literal["goal", "floor", "below floor"]


class Target(NamedTuple):
    """floor, goal: in the figure's unit. reason: where they come from; "ours" where the project was given none."""

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


_WORKER = "a bare two-stage prototype with three more keys did 46,000 to 55,000 per CPU-second"
_REPLAY = "the same decisions without the broker's part of the work"
_RECOVERY = "a million profiles back in 15 s, better 6 s: a restart must not cost the golden hour"
_MEMORY = "a million accounts in 1.5 GB, better 0.8 GB"
_PEER = "ours: an own codec that is slower than the library it was written instead of is not worth its code"
_SCALING = "speed must not depend on it; ours is how much of a difference counts as none"

TARGETS: Final[dict[tuple[str, str], Target]] = {
    ("throughput", "worker_per_s"): Target(20_000, 50_000, _WORKER),
    ("throughput", "worker_per_cpu_s"): Target(20_000, 50_000, f"{_WORKER}; this is it with a core of its own"),
    ("throughput", "worker_to_naive"): Target(5, 12, "a naive Faust app did 4,400 events/s"),
    ("throughput", "worker_to_naive_wall"): Target(5, 12, "a naive Faust app did 4,400 events/s"),
    ("throughput", "batch_to_stock"): Target(1.2, 2, "ours: below that the own transport is not worth its code"),
    ("replay", "per_s"): Target(40_000, 100_000, _REPLAY),
    ("replay", "per_cpu_s"): Target(40_000, 100_000, _REPLAY),
    ("latency", "p99_1000"): Target(100, 50, "ours: at a fifth of the rate not slower than at the full one"),
    ("latency", "p99_5000"): Target(100, 50, "the best rivals had 310 to 700 ms at this rate"),
    ("latency", "p999_5000"): Target(500, 250, "ours: payment systems wait 300 to 500 ms for a score in line"),
    ("recovery", "seconds_1000000"): Target(15, 6, _RECOVERY),
    ("recovery", "keys_per_s"): Target(1_000_000 / 15, 1_000_000 / 6, _RECOVERY),
    ("memory", "mb_1000000"): Target(1_500, 800, _MEMORY),
    ("memory", "bytes_per_account_1000000"): Target(1_500, 800, _MEMORY),
    ("scaling", "accounts_ratio"): Target(0.7, 0.9, _SCALING),
    ("scaling", "window_ratio"): Target(0.7, 0.9, _SCALING),
    ("trace", "p99"): Target(2, 1, "half of the money is gone in 10 to 30 minutes: finding it must take none of them"),
    ("kill", "lost"): Target(0, 0, "no alert may be lost"),
    ("kill", "doubled"): Target(0, 0, "no fraud may be told under two ids"),
    **{("connectors", f"{name}_to_peer"): Target(1, 2, _PEER) for name in ("iso87_ascii", "iso87_binary", "iso93")},
    ("detectors", "all_us"): Target(30, 10, "ours: all detectors of one transfer out, one after the other"),
}
