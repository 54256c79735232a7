"""How near something is to a threshold, so that nothing falls off an edge.

A criterion that is met counts 1; short of it, it fades in a straight line and is worth nothing from a stated point on. Criteria
multiply to a closeness, and the closeness tells the tier: what is met in full is the manager's, a near miss a reminder or support.
"""

from typing import Final

MANAGER: Final = 2
REMIND: Final = 1
SUPPORT: Final = 0
NOTHING: Final = -1


def grade(value: float, none: float, full: float) -> float:
    """Return how far a criterion is met, 0..1: nothing at `none`, all of it at `full`, straight between.

    `none` may lie above `full`: then less is more. Where a policy sets both alike there is an edge, met from it on.

    >>> grade(4.0, none=0.0, full=5.0), grade(9.0, none=0.0, full=5.0)
    (0.8, 1.0)
    >>> grade(2.5, none=3.0, full=1.0)
    0.25
    >>> grade(5.0, none=5.0, full=5.0), grade(4.9, none=5.0, full=5.0)
    (1.0, 0.0)
    """
    if full == none:
        return 1.0 if value >= full else 0.0
    return min(1.0, max(0.0, (value - none) / (full - none)))


def tier_of(closeness: float, support_min: float, remind_min: float) -> int:
    """Return the tier of a closeness: MANAGER when met in full, REMIND and SUPPORT down to where they begin, else NOTHING.

    >>> [tier_of(closeness, 0.2, 0.5) for closeness in (1.0, 0.99, 0.4, 0.1)]
    [2, 1, 0, -1]
    """
    if closeness >= 1.0:
        return MANAGER
    if closeness >= remind_min:
        return REMIND
    return SUPPORT if closeness >= support_min else NOTHING
