"""Runs a command for exactly as long as its caller lives, whatever ends the caller.

A broker that outlives a killed test run holds memory and ports until someone finds it. So it runs below a small guard:

    caller --pipe--> guard --> command

The guard reads its standard input. The pipe closes when the caller closes it or dies, kill -9 included; the guard
then sends the command SIGTERM and, after a grace period, SIGKILL. On Linux the command also dies with the guard. (The
kernel's "die with your parent" would not do for the caller: it follows the *thread* that started the command.) Both
run in a session of their own, so a Ctrl-C at the terminal stops nobody before the caller says so.

This file is also the guard's program, and needs only the standard library.
"""

import ctypes
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from typing import IO

PR_SET_PDEATHSIG = 1  # linux/prctl.h


def start_guarded(command: Sequence[str], *, output: IO[bytes], grace_s: float) -> "subprocess.Popen[bytes]":
    """Start `command` below a guard and return the guard, which ends, with the command's exit status, when that ends.

    output: where the command's standard output and error go.
    grace_s: seconds between SIGTERM and SIGKILL once the caller is gone.
    Errors: `OSError` if Python cannot be started; a command that cannot be started shows in `output` and as status 127.
    """
    guard = [sys.executable, "-I", "-S", __file__, str(grace_s), *command]
    return subprocess.Popen(guard, stdin=subprocess.PIPE, stdout=output, stderr=output, start_new_session=True)


def stop_guarded(guard: "subprocess.Popen[bytes]", *, grace_s: float) -> None:
    """Let the guard end its command and wait for both; `grace_s` is the one given to `start_guarded`."""
    if guard.stdin is not None:
        guard.stdin.close()
    try:
        guard.wait(timeout=grace_s + 5)
    except subprocess.TimeoutExpired:
        guard.kill()
        guard.wait()


def _die_with_guard() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def _guard(grace_s: float, command: Sequence[str]) -> int:
    try:
        # The guard has one thread so far, which makes preexec_fn safe and the death signal follow the guard itself.
        child = subprocess.Popen(command, stdin=subprocess.DEVNULL, preexec_fn=_die_with_guard)
    except OSError as error:
        sys.stderr.write(f"cannot start {command[0]}: {error.strerror}\n")
        return 127

    def end_child() -> None:
        os.read(0, 1)  # returns at end of file: nobody ever writes
        child.terminate()
        try:
            child.wait(timeout=grace_s)
        except subprocess.TimeoutExpired:
            child.kill()

    threading.Thread(target=end_child, daemon=True).start()
    return child.wait()


if __name__ == "__main__":
    sys.exit(_guard(float(sys.argv[1]), sys.argv[2:]))
