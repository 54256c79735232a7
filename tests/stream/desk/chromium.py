"""A real Chromium, spoken to by its own DevTools protocol over aiohttp, which is here anyway: no driver, no further package."""

import asyncio
import base64
import itertools
import re
import shutil
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import aiohttp

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
WAIT_S = 30.0


class Chromium:
    """One page in a headless browser. troubles: what its console complained of, refused scripts and styles included."""

    def __init__(self, width: int = 1100, height: int = 760) -> None:
        self._size = (width, height)
        self._ids = itertools.count(1)
        self._answers: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self.troubles: list[str] = []

    async def __aenter__(self) -> Self:
        program = next(filter(None, map(shutil.which, PROGRAMS)), None)
        assert program is not None, "this test needs Chromium; on Debian: apt-get install chromium"
        self._home = tempfile.TemporaryDirectory(prefix="goldenhour-chromium-", ignore_cleanup_errors=True)
        self._process = await asyncio.create_subprocess_exec(
            program,
            "--headless=new",
            "--no-sandbox",  # tests run as root in a container, where the sandbox cannot
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--hide-scrollbars",
            "--no-first-run",
            "--lang=en",
            "--remote-debugging-port=0",
            f"--user-data-dir={self._home.name}",
            "about:blank",
            stderr=asyncio.subprocess.PIPE,
        )
        address = await asyncio.wait_for(self._address(), WAIT_S)
        self._http = aiohttp.ClientSession()
        async with self._http.get(f"http://{address}/json/list") as listed:
            page = next(target for target in await listed.json() if target["type"] == "page")
        self._socket = await self._http.ws_connect(page["webSocketDebuggerUrl"], max_msg_size=0)
        self._listening = asyncio.create_task(self._listen())
        for command in ("Page.enable", "Runtime.enable", "Log.enable", "Network.enable"):
            await self.do(command)
        await self.resize(*self._size)
        return self

    async def __aexit__(
        self, error_type: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listening.cancel()
        await self._http.close()
        self._process.terminate()
        await self._process.wait()
        self._home.cleanup()

    async def _address(self) -> str:
        assert self._process.stderr is not None
        while line := await self._process.stderr.readline():
            if found := re.search(rb"DevTools listening on ws://([^/]+)/", line):
                self._draining = asyncio.create_task(self._process.stderr.read())
                return found[1].decode()
        raise AssertionError("Chromium ended before it listened")

    async def _listen(self) -> None:
        async for message in self._socket:
            told = message.json()
            if "id" in told:
                self._answers.pop(told["id"]).set_result(told)
            elif told["method"] == "Log.entryAdded" and told["params"]["entry"]["level"] == "error":
                self.troubles.append(told["params"]["entry"]["text"])
            elif told["method"] == "Runtime.exceptionThrown":
                self.troubles.append(told["params"]["exceptionDetails"]["text"])

    async def do(self, command: str, **given: Any) -> dict[str, Any]:
        """Send one command and return its result."""
        number = next(self._ids)
        self._answers[number] = asyncio.get_running_loop().create_future()
        await self._socket.send_json({"id": number, "method": command, "params": given})
        told = await asyncio.wait_for(self._answers[number], WAIT_S)
        assert "error" not in told, told
        result: dict[str, Any] = told["result"]
        return result

    async def resize(self, width: int, height: int) -> None:
        await self.do("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    async def run(self, script: str) -> Any:
        """Return the value of an expression in the page."""
        told = await self.do("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in told, told
        return told["result"].get("value")

    async def until(self, script: str) -> None:
        """Return once an expression is true, across page loads."""
        deadline = asyncio.get_running_loop().time() + WAIT_S
        while True:
            told = await self.do("Runtime.evaluate", expression=script, returnByValue=True)
            if "exceptionDetails" not in told and told["result"].get("value"):
                return
            assert asyncio.get_running_loop().time() < deadline, f"waited in vain for {script}; page: {await self.text()}"
            await asyncio.sleep(0.05)

    async def go(self, address: str) -> None:
        await self.do("Page.navigate", url=address)
        await self.until("document.readyState === 'complete'")

    async def text(self) -> str:
        return str(await self.run("document.body.innerText"))

    async def click(self, selector: str) -> None:
        """Click where a person would, in the middle of an element, once the page stands still."""
        await self.until("document.readyState === 'complete'")
        await self.run(f"document.querySelector({selector!r}).scrollIntoView({{block: 'center'}})")
        middle = await self.run(
            f"(() => {{ const r = document.querySelector({selector!r}).getBoundingClientRect();"
            " return [r.x + r.width / 2, r.y + r.height / 2]; })()"
        )
        for kind in ("mousePressed", "mouseReleased"):
            await self.do("Input.dispatchMouseEvent", type=kind, x=middle[0], y=middle[1], button="left", clickCount=1)

    async def type(self, selector: str, text: str) -> None:
        await self.until(f"document.readyState === 'complete' && document.querySelector({selector!r}) !== null")
        await self.run(f"document.querySelector({selector!r}).focus()")
        await self.do("Input.insertText", text=text)

    async def choose(self, selector: str, value: str) -> None:
        await self.until(f"document.readyState === 'complete' && document.querySelector({selector!r}) !== null")
        await self.run(f"document.querySelector({selector!r}).value = {value!r}")

    async def without_scripts(self) -> None:
        await self.do("Emulation.setScriptExecutionDisabled", value=True)

    async def picture(self, path: Path, *, height: int | None = None) -> None:
        """Save the page as PNG, whole or the upper part of it."""
        full = await self.do("Page.getLayoutMetrics")
        size = full["cssContentSize"]
        clip = {"x": 0, "y": 0, "width": size["width"], "height": min(size["height"], height or size["height"]), "scale": 1}
        shot = await self.do("Page.captureScreenshot", format="png", clip=clip, captureBeyondViewport=True)
        path.write_bytes(base64.b64decode(shot["data"]))
