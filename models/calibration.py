"""From points to a probability: the slope that makes what was said come true, learnt from labels as they arrive.

Platt's scaling with its intercept left out, for the stated prevalence takes that place. The slope stays within fixed bounds, so
that no label can turn a score round or blow it up.
"""

import math

import msgspec

_RATE = 0.05
_FIRST_SQUARE = 10.0
_ERROR_MAX = 3.0
SLOPE_MIN, SLOPE_MAX = 0.5, 1.5


class Calibration(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """slope: by which points are multiplied. square: sum of squared steps so far (AdaGrad)."""

    slope: float = 1.0
    square: float = _FIRST_SQUARE


def calibration_after(calibration: Calibration, points: float, offset: float, *, is_fraud: bool, weight: int) -> Calibration:
    """Return the calibration after one more label.

    points: nats that were said of the event; offset: nats known beside them, the log-odds of fraud among the labels included.
    weight: how many events it stands for.
    """
    nats = max(-700.0, offset + calibration.slope * points)
    probability = 1.0 / (1.0 + math.exp(-nats))
    error = max(-_ERROR_MAX, min(_ERROR_MAX, (probability - float(is_fraud)) * weight))
    step = error * points
    square = calibration.square + step * step
    slope = calibration.slope - _RATE * step / math.sqrt(square)
    return Calibration(min(SLOPE_MAX, max(SLOPE_MIN, slope)), square)
