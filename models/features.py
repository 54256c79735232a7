"""What a scored event tells a scorecard: a few named bins, the same for every party, and the detectors that spoke.

Scales are those of money, time and the account's own habits, never of a data set: amounts in steps of a quarter nat, days and
counts in equal ratios. A bin 0 stands for "nothing known" or for the least.
"""

from math import log, log1p

from models import entry as e
from models.entry import Entry
from models.keys import KeyKind
from models.profile import Habits
from models.risk import Risk, days_since
from models.segment import Segment
from models.signal import Signal
from models.stats import ew_deviation, shrink
from models.view import View

FEATURES = ("amount", "own_level", "own_ratio", "excess", "gap", "new", "run", "run_days", "last_days", "honest", "recent_share")
"""Names of an event's bins, in order.

amount: ln(1 + amount_minor), quarters of a nat. own_level, own_ratio: against the payer's own habits, in half deviations and
quarters of a nat. excess: what the payer's payments of the last weeks lay above its habits. gap: since its debit before. new: payee
or place is new. The others are the confirmed frauds at the key: in a row, days since the first of them and since the last fraud,
honest labels since, share of fraud among the last few.
"""

_AMOUNT_START = 24  # quarter nats: below 4 yuan all is one
_LEVEL_ZERO, _RATIO_ZERO, _OWN_MAX = 7, 9, 26
_LEAST_DEVIATION = 0.25
_YOUNG_COUNT = 5.0  # the segment weighs as much as five own debits, as in the behaviour's policy
_DAY_RATIO, _COUNT_RATIO = log(1.25), log(1.5)


def features_of(view: View, kind: KeyKind, risk: Risk | None) -> tuple[int, ...]:
    """Return the bins of the view's event, in the order of `FEATURES`."""
    now = view.now
    amount = log1p(now.amount_minor)
    own = (0, 0, 0, 0, 0)
    if kind == "ACCOUNT" and not now.code & e.CREDIT:
        own = _own(view, now, amount)
    return (max(0, int(4.0 * amount) - _AMOUNT_START), *own, *_of_risk(risk, now.at_us))


def signs_of(signals: list[Signal]) -> dict[str, int]:
    """Return the detectors that spoke, each with one more than the tier that it asked for."""
    found: dict[str, int] = {}
    for signal in signals:
        found[signal.detector] = max(found.get(signal.detector, 0), signal.tier + 1)
    return dict(sorted(found.items()))


def _own(view: View, now: Entry, amount: float) -> tuple[int, int, int, int, int]:
    habits = view.habits()
    mean, deviation = usual_amount(habits, view.segment, amount)
    level, ratio = (amount - mean) / max(deviation, _LEAST_DEVIATION), amount - mean
    gap_days = days_since(habits.last_us, now.at_us) if habits.count else 0.0
    is_new = view.is_new_payee(now.other) if now.code & e.TRANSFER else view.is_new_place()
    return (
        _clipped(int(2.0 * level + _LEVEL_ZERO + 1.0)),
        _clipped(int(4.0 * ratio + _RATIO_ZERO + 1.0)),
        _steps(view.excess(), 0.1, _COUNT_RATIO, 13),
        _steps(gap_days, 1 / 24, log(2.0), 10),
        2 if is_new else 1,
    )


def usual_amount(habits: Habits, segment: Segment | None, amount: float) -> tuple[float, float]:
    """Return mean and deviation of ln(1 + amount_minor) to hold an amount against; the amount itself where nothing is known."""
    mean, deviation = habits.amount_mean, ew_deviation(habits.amount_mean, habits.amount_square)
    if segment is not None and segment.is_warm:
        mean = shrink(mean, habits.count, segment.amount_mean, _YOUNG_COUNT)
        return mean, shrink(deviation, habits.count, segment.amount_deviation, _YOUNG_COUNT)
    return (mean, deviation) if habits.count else (amount, deviation)


def _of_risk(risk: Risk | None, now_us: int) -> tuple[int, int, int, int, int]:
    if risk is None:
        return 0, 0, 0, 0, 0
    return (
        1 + _steps(risk.run, 1.0, _COUNT_RATIO, 8),
        1 + _steps(days_since(risk.run_us, now_us), 1.0, _DAY_RATIO, 21) if risk.run else 0,
        1 + _steps(days_since(risk.last_us, now_us), 1.0, _DAY_RATIO, 21),
        1 + _steps(risk.honest, 1.0, _COUNT_RATIO, 8),
        1 + min(7, int(8.0 * risk.recent_share)),
    )


def _clipped(step: int) -> int:
    return min(_OWN_MAX, max(1, step))


def _steps(value: float, unit: float, ratio_log: float, steps_max: int) -> int:
    """Return 0 below the unit, then one more for each ratio."""
    return 0 if value < unit else min(steps_max, 1 + int(log(value / unit) / ratio_log + 1e-9))
