"""Measures the product on this machine: speed, latency, memory, recovery, and that a kill loses nothing.

Every figure stands beside a floor and a goal (`targets.py`), and beside a baseline of the same call where there is one. Nothing
here judges time: a slow machine is no fault. What is judged is correctness, and only that makes the exit status.
"""

from typing import Final

SECTIONS: Final = (
    "throughput",
    "replay",
    "latency",
    "recovery",
    "memory",
    "scaling",
    "kill",
    "rolling",
    "sizing",
    "trace",
    "detectors",
    "connectors",
    "hotspots",
)
"""The parts of the benchmark, in the order they run."""
EXTRA: Final = frozenset({"hotspots"})
"""Sections that run only when they are named."""
