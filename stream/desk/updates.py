"""Live updates: server-sent events that say only that something has changed; the page then fetches itself anew."""

import asyncio
from collections.abc import Callable
from typing import Final

from aiohttp import hdrs, web

from stream.desk.guard import put_headers

HEARTBEAT_S: Final = 15.0
SETTLE_S: Final = 1.0
"""Changes within so long are told once: a page is not drawn more often."""


class Updates:
    """Tells the pages that look on. told: what they show, as one value; where it differs from before, they are told."""

    def __init__(self, told: Callable[[], object]) -> None:
        """Start with nobody looking on."""
        self._told = told
        self._changed = asyncio.Event()
        self._is_ending = False

    def wake(self) -> None:
        """Let everybody who looks on look whether something has changed."""
        self._changed.set()
        self._changed = asyncio.Event()

    def end(self) -> None:
        """Let all streams end."""
        self._is_ending = True
        self.wake()

    async def follow(self, request: web.Request, is_signed_in: Callable[[], bool], *, is_secure: bool) -> web.StreamResponse:
        """Tell one page of changes until its session or the desk ends, or the page is left."""
        response = web.StreamResponse(headers={hdrs.CONTENT_TYPE: "text/event-stream", "X-Accel-Buffering": "no"})
        put_headers(response, is_secure=is_secure)
        await response.prepare(request)
        shown = self._told()
        try:
            await response.write(b"retry: 3000\n\n")
            while not self._is_ending:
                if not is_signed_in():
                    await response.write(b"event: ended\ndata: 0\n\n")
                    break
                changed = self._changed
                if (now := self._told()) != shown:
                    shown = now
                    await response.write(b"event: change\ndata: 0\n\n")
                    await asyncio.sleep(SETTLE_S)
                    continue
                try:
                    await asyncio.wait_for(changed.wait(), HEARTBEAT_S)
                except TimeoutError:
                    await response.write(b": still here\n\n")
        except ConnectionResetError:
            pass  # the page was left
        return response
