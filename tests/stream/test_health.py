import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import msgspec
import pytest

from stream.app import _health_of
from stream.batches import TP
from stream.health import Health, HealthServer
from stream.keyed_agent import KeyedAgent, TopicNames
from stream.keyed_processor import Faults
from stream.metrics import build_metrics
from stream.outbox import Outbox
from stream.policy.document import read_policy
from stream.progress import Progress
from stream.settings import Settings
from stream.store import Loaded

KEYED = TP("keyed", 0)
AT_ONCE_S = 1e-9  # any two looks at the clock are further apart


class FakeOutbox:
    """Fails when it is told to."""

    failure: BaseException | None = None


class FakeKeyed:
    is_recovering = False

    def recovering_s(self) -> float:
        return 0.0


class FakeGroup:
    """The edge, as far as it says when the group heard from us last."""

    def __init__(self, silent_s: float) -> None:
        self.silent_s = silent_s

    def seconds_since_heartbeat(self) -> float:
        return self.silent_s


def health(
    lag: int | None = 0,
    *,
    assigned: bool = True,
    keyed: Any = None,
    outbox: FakeOutbox | None = None,
    silent_s: float = 0.0,
    **settings: float,
) -> Health:
    """Return the health of a worker with this lag on its only partition, whose last heartbeat is so old."""
    progress = Progress(lambda _: lag)
    if assigned:
        progress.assign([KEYED])
    parts: tuple[Any, Any, Any] = FakeGroup(silent_s), outbox or FakeOutbox(), keyed or FakeKeyed()
    return _health_of(msgspec.structs.replace(Settings(), **settings), *parts, progress)


async def answers(health: Health, *paths: str) -> list[tuple[int, str]]:
    """Serve this health; return status and text of each path."""
    server = HealthServer(build_metrics().registry, health, "127.0.0.1", 0)
    address = await server.start()
    try:
        async with aiohttp.ClientSession() as session:
            found = []
            for path in paths:
                async with session.get(f"http://{address}{path}") as response:
                    found.append((response.status, await response.text()))
            return found
    finally:
        await server.stop()


def keyed_agent(load: Callable[[int], Awaitable[Loaded]]) -> KeyedAgent:
    nothing: Any = None
    progress = Progress(lambda _: 0)
    return KeyedAgent(
        nothing,
        read_policy(Settings()),
        Faults(),
        Outbox(lambda: nothing, lambda _: None, lambda: True),
        build_metrics(),
        progress,
        load,
        names=TopicNames(""),
        topic_prefix="",
        partitions=1,
        slice_records_max=100,
        live_max=100,
        with_scores=False,
    )


def test_a_worker_without_partitions_is_healthy_and_not_ready() -> None:
    assert asyncio.run(answers(health(assigned=False), "/ready", "/healthy")) == [
        (503, "no partition is assigned\n"),
        (200, "ok\n"),
    ]


def test_a_worker_is_not_ready_before_the_state_of_its_partitions_is_loaded() -> None:
    async def story() -> list[tuple[int, str]]:
        may_load = asyncio.Event()

        async def load(_: int) -> Loaded:
            await may_load.wait()
            return Loaded()

        agent = keyed_agent(load)
        agent.on_assigned([KEYED], 1)
        loading = list(agent._loading.values())
        during = await answers(health(keyed=agent), "/ready")
        may_load.set()
        await asyncio.gather(*loading)
        return during + await answers(health(keyed=agent), "/ready")

    assert asyncio.run(story()) == [(503, "state is being loaded\n"), (200, "ok\n")]


def test_a_state_that_does_not_come_is_unhealthy_after_a_while() -> None:
    async def story() -> list[tuple[int, str]]:
        async def load(_: int) -> Loaded:
            await asyncio.Event().wait()
            raise AssertionError

        agent = keyed_agent(load)
        agent.on_assigned([KEYED], 1)
        patient, impatient = (health(keyed=agent, recovery_s=seconds) for seconds in (600.0, AT_ONCE_S))
        found = await answers(patient, "/healthy") + await answers(impatient, "/healthy")
        agent.on_revoked()
        return found + await answers(impatient, "/healthy")

    patient, impatient, revoked = asyncio.run(story())
    assert patient == revoked == (200, "ok\n")
    assert impatient[0] == 503
    assert impatient[1].startswith("state has been loading for ")


def test_a_worker_that_the_group_no_longer_hears_is_neither_healthy_nor_ready_though_nothing_seems_to_wait() -> None:
    told = "the group has accepted no heartbeat for 11 s\n"
    assert asyncio.run(answers(health(lag=0, silent_s=11.0), "/healthy", "/ready")) == [(503, told), (503, told)]
    assert asyncio.run(answers(health(lag=0, silent_s=9.0), "/healthy", "/ready")) == [(200, "ok\n"), (200, "ok\n")]


def test_a_worker_that_waits_for_its_partitions_sends_no_heartbeat_and_is_given_the_time_of_a_rebalance() -> None:
    assert asyncio.run(answers(health(assigned=False, silent_s=35.0), "/healthy")) == [(200, "ok\n")]
    ((status, _),) = asyncio.run(answers(health(assigned=False, silent_s=41.0), "/healthy"))
    assert status == 503


def test_lag_without_progress_is_unhealthy() -> None:
    sick = health(5, stall_s=AT_ONCE_S)
    sick.unhealthy()  # the clock starts at the first look
    ((status, text),) = asyncio.run(answers(sick, "/healthy"))
    assert status == 503
    assert text.startswith("there is lag and nothing was done for ")


@pytest.mark.parametrize("lag", [0, None])
def test_quiet_is_no_illness_however_long_it_lasts(lag: int | None) -> None:
    assert asyncio.run(answers(health(lag, stall_s=AT_ONCE_S), "/healthy")) == [(200, "ok\n")]


def test_lag_alone_is_no_illness() -> None:
    assert asyncio.run(answers(health(5), "/healthy")) == [(200, "ok\n")]


def test_a_failed_write_is_unhealthy() -> None:
    outbox = FakeOutbox()
    outbox.failure = OSError("the broker is gone")
    assert asyncio.run(answers(health(outbox=outbox), "/healthy")) == [(503, "a write has failed\n")]


def test_every_problem_is_told_on_a_line_of_its_own() -> None:
    told = Health(lambda: ["no partition is assigned", "state is being loaded"], list)
    assert asyncio.run(answers(told, "/ready")) == [(503, "no partition is assigned\nstate is being loaded\n")]
