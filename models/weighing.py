"""A signal is held against the look-alikes of its detector before anybody hears of it."""

import msgspec

from models.detector import AnyDetector
from models.fuse import explain_away
from models.rulebook import Rulebook
from models.signal import Signal
from models.view import View


def held_against_lookalikes(view: View, detector: AnyDetector, signal: Signal, rulebook: Rulebook) -> Signal:
    """Return a signal weakened by what its look-alikes explain, with their lines, and bounded."""
    left, lines = 1.0, []
    for lookalike_id in detector.lookalikes:
        lookalike = rulebook.lookalikes[lookalike_id]
        explanation = lookalike.explain(view, signal)
        left *= 1.0 - explanation.share
        lines.append(lookalike.counter_evidence(explanation))
    weakened = explain_away(signal, 1.0 - left, rulebook.fusion)
    return _bounded(msgspec.structs.replace(weakened, counter=tuple(lines)), rulebook.bounds.evidence_max)


def _bounded(signal: Signal, evidence_max: int) -> Signal:
    """Return a signal that names its newest events only, the one examined last: every case that hears of it repeats them."""
    if len(signal.evidence) <= evidence_max and len(signal.also) <= evidence_max:
        return signal
    return msgspec.structs.replace(signal, evidence=signal.evidence[-evidence_max:], also=signal.also[:evidence_max])
