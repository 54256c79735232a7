"""Draws deploy/pictures/desk_*.png with Chromium: `python -m tests.stream.desk.draw_pictures`."""

import asyncio
import sys
import tempfile
from pathlib import Path

from tests.stream.desk.chromium import Chromium
from tests.stream.desk.served import NAMES, PASSWORD, Desk, serving
from tests.stream.desk.stories import whole_desk


async def main(folder: Path) -> None:
    with tempfile.TemporaryDirectory() as home:
        async with serving(Desk(Path(home), whole_desk())) as desk, Chromium(1100, 760) as browser:
            await browser.go(f"{desk.address}/sign-in")
            await browser.type("#name", NAMES["LIAISON"])
            await browser.type("#password", PASSWORD)
            await browser.click("button.main")
            await browser.until("document.querySelector('#queue') !== null")
            for language in ("zh", "en"):
                await browser.go(f"{desk.address}/language/{language}?back=/")
                await browser.picture(folder / f"desk_queue_{language}.png")
                await browser.go(f"{desk.address}/case/c-1")
                await browser.picture(folder / f"desk_case_{language}.png")


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1] if len(sys.argv) > 1 else "deploy/pictures")))
