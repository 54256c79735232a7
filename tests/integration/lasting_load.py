"""Load that lasts for as long as a test needs it, however slow the machine: what happens in its block happens at work."""

import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import islice, takewhile
from threading import Event

from stream.simulator.load import load
from tests.integration.worker_tools import Site
from tests.parity.days import MONDAY

RATE = 500.0
TRICKLE = 50.0  # per second: never more than a slow machine works off


@contextmanager
def while_sending(send: Callable[[Event], object]) -> Iterator[None]:
    """Run `send` in a thread; when the block ends, its event asks it to return, and it is waited for.

    Errors: those of `send`, or else a test whose load broke off would pass and show nothing.
    """
    over = Event()
    with ThreadPoolExecutor(1) as pool:
        sending = pool.submit(send, over)
        try:
            yield
        finally:
            over.set()
        sending.result()


@contextmanager
def under_load(site: Site, events: int) -> Iterator[None]:
    """Send so many events at a steady pace, then a trickle until the block ends; leave when all are acknowledged."""

    def send(over: Event) -> None:
        records = load(7, 400, sys.maxsize, 40.0, MONDAY)
        site.send(islice(records, events), rate=RATE)
        site.send(takewhile(lambda _: not over.is_set(), records), rate=TRICKLE)

    with while_sending(send):
        yield
