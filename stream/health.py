"""What the worker says of itself over HTTP: /metrics, /healthy, /ready. They tell the truth, or they are of no use.

Ready: partitions are assigned and their state is loaded. Healthy: no write has failed, and where there is lag there is progress.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from aiohttp import web
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.openmetrics import exposition as openmetrics


@dataclass(frozen=True, slots=True)
class Health:
    """Answers of this moment. problems: sentences without any identifier; empty means yes."""

    unready: Callable[[], Sequence[str]]
    unhealthy: Callable[[], Sequence[str]]


class HealthServer:
    """A small HTTP server in the worker's own event loop: if the loop is stuck, it does not answer, which is true as well."""

    def __init__(self, registry: CollectorRegistry, health: Health, host: str, port: int) -> None:
        """Bind what is served; nothing listens before `start`."""
        self._registry, self._health, self._host, self._port = registry, health, host, port
        self._runner: web.AppRunner | None = None
        self.address = ""

    async def start(self) -> str:
        """Listen, and return the address as host:port."""
        app = web.Application()
        app.add_routes(
            [
                web.get("/metrics", self._metrics),
                web.get("/healthy", self._healthy),
                web.get("/ready", self._ready),
            ]
        )
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, self._host, self._port)
        await site.start()
        assert site._server is not None
        port = site._server.sockets[0].getsockname()[1]  # type: ignore[attr-defined]
        self.address = f"{self._host}:{port}"
        return self.address

    async def stop(self) -> None:
        """Stop listening."""
        if self._runner is not None:
            await asyncio.wait_for(self._runner.cleanup(), timeout=5)

    async def _metrics(self, request: web.Request) -> web.Response:
        if "application/openmetrics-text" in request.headers.get("Accept", ""):
            body, kind = openmetrics.generate_latest(self._registry), openmetrics.CONTENT_TYPE_LATEST  # type: ignore[no-untyped-call]
        else:
            body, kind = generate_latest(self._registry), "text/plain; version=0.0.4; charset=utf-8"
        return web.Response(body=body, headers={"Content-Type": kind})

    async def _healthy(self, request: web.Request) -> web.Response:
        return _answer(self._health.unhealthy())

    async def _ready(self, request: web.Request) -> web.Response:
        return _answer(self._health.unready())


def _answer(problems: Sequence[str]) -> web.Response:
    if problems:
        return web.Response(status=503, text="\n".join(problems) + "\n")
    return web.Response(text="ok\n")
