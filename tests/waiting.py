"""Waiting for another process: no test measures time, it only gives up at last."""

import time
from collections.abc import Callable

GIVE_UP_S = 60.0


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + GIVE_UP_S
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)
