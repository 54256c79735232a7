"""A worker that hands over no record while the group may have given its partitions away. Run as a process by the tests.

It takes the settings of `goldenhour worker` from the environment.
"""

import asyncio
import logging
import os
import signal

from stream.app import build_worker
from stream.batch_transport import BatchConsumer
from stream.faust_worker import run
from stream.group_member import Fetched
from stream.policy.document import read_policy
from stream.settings import load_settings
from tests.integration.worker_tools import KILL_AFTER_S, SESSION_S


class PatientConsumer(BatchConsumer):
    """Keeps what it has fetched until a heartbeat was accepted, or the assignment it comes from is void.

    A worker that wakes may fetch before it hears that it was expelled. Which of the two comes first is luck.
    """

    async def _fetch(self) -> Fetched | None:
        fetched = await super()._fetch()
        while fetched is not None and self.seconds_since_heartbeat() > SESSION_S / 2:
            await asyncio.sleep(0.01)
        return fetched


def main() -> None:
    signal.alarm(KILL_AFTER_S)
    logging.basicConfig(level=logging.INFO)
    settings = load_settings(os.environ)
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    worker = build_worker(settings, read_policy(settings))
    worker.app.transport.Consumer = PatientConsumer
    if (crash := run(worker.app, loop)) is not None:
        raise crash


if __name__ == "__main__":
    main()
