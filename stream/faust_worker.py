"""Faust's app and its runner, without what they do unasked: make folders, replace the logging, draw on the terminal."""

import asyncio

import faust


class App(faust.App):  # type: ignore[misc] # faust has no types
    """An app that keeps nothing on disk: its state lies on the broker, and a container's file system may be read-only."""

    def _create_directories(self) -> None:
        """Make none of the folders in the current directory that Faust keeps its tables in."""


def run(app: App, loop: asyncio.AbstractEventLoop) -> BaseException | None:
    """Run the app until SIGTERM or Ctrl-C; return what crashed it, None if it ended as it was asked to.

    Logging stays as the command line has set it up.
    """
    worker = faust.Worker(app, loop=loop, quiet=True, redirect_stdouts=False, override_logging=False)
    worker.spinner = None
    crash: BaseException | None = None
    try:
        worker.execute_from_commandline()
    except SystemExit as end:
        crash = worker.crash_reason or app.crash_reason or (end if end.code else None)
    return crash
