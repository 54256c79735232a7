"""The terminal: lines as they come, and below them a status that moves. In a pipe plain lines, the status every ten seconds."""

import time
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Self

from rich.console import Console, RenderableType
from rich.live import Live
from rich.text import Text

from stream.demo.lines import WIDTH, Status, status_line

_STATUS_EVERY_S = 10.0


def demo_console() -> Console:
    """Return a console for standard output: at most as wide as we lay out for, coloured only on a terminal."""
    console = Console()
    return Console(highlight=False, width=min(WIDTH, console.width) if console.is_terminal else WIDTH)


class Screen:
    """Shows lines and the status, for as long as the block lasts."""

    def __init__(self, console: Console, clock: Callable[[], float] = time.monotonic) -> None:
        """Show nothing yet."""
        self.console, self._clock = console, clock
        self._live: Live | None = None
        self._shown: tuple[str, float] | None = None

    @property
    def width(self) -> int:
        """Return the cells of a line."""
        return self.console.width

    def __enter__(self) -> Self:
        if self.console.is_terminal:
            self._live = Live(Text(), console=self.console, transient=True, refresh_per_second=4, redirect_stdout=False)
            self._live.start()
        return self

    def __exit__(self, error_type: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._live is not None:
            self._live.stop()
            self._live = None

    def say(self, *lines: RenderableType) -> None:
        """Print lines, above the status; in a pipe without the blanks that fill tables up."""
        for line in lines:
            if self.console.is_terminal:
                self.console.print(line)
                continue
            with self.console.capture() as printed:
                self.console.print(line)
            for plain in printed.get().splitlines():
                self.console.out(plain.rstrip(), highlight=False)

    def tell(self, lines: Iterable[Text]) -> None:
        """Print lines that are laid out already."""
        for line in lines:
            self.console.print(line, no_wrap=True, overflow="ignore", crop=False)

    def note(self, text: str) -> None:
        """Say on the bottom line what is being waited for; in a pipe not at all, the next line tells that it has come."""
        if self._live is not None:
            self._live.update(Text(f"{text} ...", "dim"))

    def status(self, status: Status) -> None:
        """Show the status: at once on a terminal; in a pipe when the phase changes, and now and then."""
        line = status_line(status)
        if self._live is not None:
            self._live.update(line)
            return
        now_s = self._clock()
        if self._shown is None or self._shown[0] != status.phase or now_s - self._shown[1] >= _STATUS_EVERY_S:
            self._shown = status.phase, now_s
            self.tell([Text(f"-- {line.plain}")])
