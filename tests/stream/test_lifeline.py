"""A guarded command lives exactly as long as its caller."""

import os
import signal
import sys
from pathlib import Path

from stream.lifeline import start_guarded, stop_guarded
from tests.waiting import GIVE_UP_S, wait_until


def is_alive(pid: int) -> bool:
    """Say whether a process runs; one that has ended and waits for its parent to notice does not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{pid}/stat")
    return not status.exists() or status.read_text().rpartition(")")[2].split()[0] != "Z"


def test_a_guarded_command_ends_when_told_and_by_force_if_it_will_not_listen(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with log.open("wb") as output:
        guard = start_guarded(["sh", "-c", "trap '' TERM; echo $$; while :; do sleep 0.1; done"], output=output, grace_s=0.3)
    wait_until(lambda: log.read_text().endswith("\n"))
    pid = int(log.read_text())
    stop_guarded(guard, grace_s=0.3)
    assert not is_alive(pid)


def test_a_guard_passes_on_the_end_of_its_command(tmp_path: Path) -> None:
    with (tmp_path / "log").open("wb") as output:
        guard = start_guarded(["sh", "-c", "exit 7"], output=output, grace_s=1)
    assert guard.wait(GIVE_UP_S) == 7


def test_a_command_that_cannot_be_started_is_told_in_its_log(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with log.open("wb") as output:
        guard = start_guarded([str(tmp_path / "nothing")], output=output, grace_s=1)
    assert guard.wait(GIVE_UP_S) == 127
    assert "No such file" in log.read_text()


if sys.platform == "linux":  # elsewhere no process can be tied to the death of its parent

    def test_a_command_dies_with_a_guard_that_is_killed(tmp_path: Path) -> None:
        log = tmp_path / "log"
        with log.open("wb") as output:
            guard = start_guarded(["sh", "-c", "echo $$; exec sleep 600"], output=output, grace_s=1)
        wait_until(lambda: log.read_text().endswith("\n"))
        guard.send_signal(signal.SIGKILL)
        guard.wait(GIVE_UP_S)
        wait_until(lambda: not is_alive(int(log.read_text())))


def test_a_ctrl_c_at_the_terminal_does_not_reach_a_guarded_command(tmp_path: Path) -> None:
    with (tmp_path / "log").open("wb") as output:
        guard = start_guarded(["sleep", "600"], output=output, grace_s=1)
    try:
        assert os.getsid(guard.pid) != os.getsid(0)
    finally:
        stop_guarded(guard, grace_s=1)
