"""A worker as a process of its own: started, hurt and ended by a test, and never left behind."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Self

from tests.waiting import GIVE_UP_S, wait_until

ROOT = Path(__file__).parents[2]


class WorkerProcess:
    """Runs `python -m tests.integration.<module>` from entering to leaving; its output goes to a file."""

    def __init__(self, log: Path, module: str, *arguments: str) -> None:
        self.log = log
        self._command = [sys.executable, "-m", f"tests.integration.{module}", *arguments]

    def __enter__(self) -> Self:
        with self.log.open("ab") as out:
            self.process = subprocess.Popen(self._command, cwd=ROOT, stdout=out, stderr=subprocess.STDOUT)
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def lines(self, word: str) -> list[list[str]]:
        """Return what it said under this word so far, split into words without it."""
        said = [line.split() for line in self.log.read_text(errors="replace").splitlines()]
        return [words[2:] for words in said if words[1:2] == [word]]

    def wait_for(self, word: str, count: int = 1) -> list[str]:
        """Return the count-th line it says under this word."""
        deadline_s = time.monotonic() + GIVE_UP_S
        while len(found := self.lines(word)) < count:
            assert self.process.poll() is None, self.log.read_text(errors="replace")
            assert time.monotonic() < deadline_s, self.log.read_text(errors="replace")
            time.sleep(0.02)
        return found[count - 1]

    def wait_for_stop(self, word: str) -> list[str]:
        """Return the line it says under this word when it has stopped itself behind it: no signal to go on comes too early."""
        line = self.wait_for(word)
        wait_until(lambda: os.waitid(os.P_PID, self.process.pid, os.WSTOPPED | os.WNOHANG) is not None)
        return line

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def resume(self) -> None:
        self.process.send_signal(signal.SIGCONT)

    def terminate(self) -> int:
        """Ask it to end, waking it for that if it was stopped; return its exit status."""
        self.process.terminate()
        self.resume()
        return self.process.wait(30)

    def wait(self) -> int:
        return self.process.wait(GIVE_UP_S)
