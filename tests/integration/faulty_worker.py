"""A worker whose rulebook holds one detector more, which fails on marked events. Run as a process by the tests.

It takes the settings of `goldenhour worker` from the environment; with the argument `isolated` it may disable the detector.
"""

import logging
import os
import signal
import sys

import msgspec

from models import entry as e
from models.detector import Detector
from models.rulebook import Rulebook
from models.signal import Signal
from models.view import View
from stream.app import serve
from stream.policy.document import read_policy
from stream.settings import load_settings
from tests.integration.worker_tools import KILL_AFTER_S

MARK_MINOR = 666_66
NAME = "stumbling"


class Stumbling(Detector):
    """Raises on every transfer of the marked amount, at the payer."""

    name = NAME
    typologies = ("M1",)
    keyed_by = "ACCOUNT"
    shapes = (e.TRANSFER,)
    role = "MULE_SUSPECTED"
    Policy = msgspec.Struct

    def examine(self, view: View) -> Signal | None:
        """Fail, or see nothing."""
        if view.now.amount_minor == MARK_MINOR:
            raise ZeroDivisionError("never seen in a log")
        return None


def with_fault(rulebook: Rulebook) -> Rulebook:
    stumbling = Stumbling(msgspec.Struct())
    shapes = dict(rulebook.by_shape["ACCOUNT"])
    shapes[e.TRANSFER] = (*shapes.get(e.TRANSFER, ()), stumbling)
    by_shape = {**rulebook.by_shape, "ACCOUNT": shapes}
    return msgspec.structs.replace(rulebook, detectors=(*rulebook.detectors, stumbling), by_shape=by_shape)


def main() -> None:
    signal.alarm(KILL_AFTER_S)
    logging.basicConfig(level=logging.INFO)
    settings = load_settings(os.environ)
    policy = read_policy(settings)
    policy = policy._replace(rulebook=with_fault(policy.rulebook))
    if sys.argv[1:] == ["isolated"]:
        settings = msgspec.structs.replace(settings, isolate=NAME)
    serve(settings, policy)


if __name__ == "__main__":
    main()
