"""What reaches a terminal, and what a pipe."""

import io

from rich.console import Console
from rich.table import Table
from rich.text import Text

from stream.demo.lines import Status
from stream.demo.screen import Screen


def status(phase: str, sent: int) -> Status:
    return Status(phase, None, sent, 10, 0.0, 0, 0, 0, None, None)


def test_a_pipe_gets_plain_lines_without_colours_or_padding() -> None:
    out = io.StringIO()
    table = Table(box=None, show_header=False, width=40, padding=(0, 1, 0, 0), pad_edge=False)
    table.add_column(style="bold")
    table.add_row("Alerts")
    with Screen(Console(file=out, width=120)) as screen:
        screen.note("making the day")
        screen.say("one", table)
        screen.tell([Text("x" * 130, "bold red")])
    assert out.getvalue() == "one\nAlerts\n" + "x" * 130 + "\n"


def test_a_pipe_gets_the_status_at_a_new_phase_and_then_only_now_and_then() -> None:
    out = io.StringIO()
    moments = iter((0.0, 1.0, 2.0, 10.9, 11.0))
    with Screen(Console(file=out, width=120), clock=lambda: next(moments)) as screen:
        for phase, sent in (("history", 1), ("day", 2), ("day", 3), ("day", 4), ("day", 5)):
            screen.status(status(phase, sent))
    assert [line.split()[:2] for line in out.getvalue().splitlines()] == [
        ["--", "history"],
        ["--", "day"],
        ["--", "day"],
    ]
    assert "     5 of 10" in out.getvalue().splitlines()[-1]


def test_a_terminal_gets_the_status_below_the_lines_and_is_left_without_it() -> None:
    out = io.StringIO()
    with Screen(Console(file=out, width=120, force_terminal=True, _environ={"TERM": "xterm"})) as screen:
        screen.status(status("day", 1))
        screen.say("a line")
    shown = out.getvalue()
    assert "a line" in shown
    assert "1 of 10" in shown
    assert "\x1b[2K" in shown.rsplit("1 of 10", 1)[1], "the status was wiped out at the end"
