"""Alerts, freeze requests and the status as lines for a terminal: at most so many cells wide, identifiers masked.

Whom a line is about shows only as role and mask. The first digits of the case let an eye follow one account from its alert to its
freeze request; they are a hash and name nobody.
"""

from dataclasses import dataclass
from datetime import timedelta, timezone, tzinfo
from typing import Final

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from connectors.masking import mask
from models.records import Alert, FreezeRequest
from models.units import instant, time_us
from stream.demo.words import ACTIONS, ROLES, TIERS, counted, milliseconds, money, typology_name

ZONE: Final[tzinfo] = timezone(timedelta(hours=8))
"""The simulated bank's."""

WIDTH: Final = 120
_INDENT: Final = 10
_STYLES: Final = {3: "bold red", 2: "yellow", 1: "cyan"}
_MEASURER: Final = Console(width=WIDTH, color_system=None, file=None, force_terminal=False)


def clock(moment_us: int) -> str:
    """Return a moment as the bank's local time of day."""
    return instant(moment_us).astimezone(ZONE).strftime("%H:%M:%S")


def case_mark(case_id: str) -> str:
    """Return the first digits of a case's hash.

    >>> case_mark("c-1f384f088290d38e4f63")
    '#1f384f'
    """
    return f"#{case_id.rpartition('-')[2][:6]}"


def alert_lines(alert: Alert, moment_us: int, *, before: int | None, with_reason: bool, width: int = WIDTH) -> list[Text]:
    """Return a statement of an alert: what, whom, how much, how sure; then what to do and the strongest reason in both languages.

    moment_us: simulated time to show. before: tier of the statement shown last of the same alert, None for the first.
    with_reason: say why; not for a reminder, nor where the lines above have just said it.
    """
    is_withdrawn = is_taken_back(alert)
    style = "dim" if is_withdrawn else _STYLES[alert.tier]
    head = Text(f"{clock(moment_us)}  ")
    head.append("GONE    " if is_withdrawn else TIERS[alert.tier], style)
    _column(head, f"  {typology_name(alert.typology)}", 34)
    _column(head, f"{ROLES[alert.subject.role]} {mask(alert.subject.id)}", 13)
    head.append(f"{money(alert.amount_at_risk_minor, alert.currency):>18} at risk  score {alert.score:.3f}  ")
    head.append(case_mark(alert.case_id), "dim")
    if before and not is_withdrawn:
        head.append(f", was {before}")
    lines = [head]
    if with_reason and not is_withdrawn:
        what = Text(f"→ {ACTIONS[alert.recommended_action]}", "bold")
        reason = alert.reasons[0] if alert.reasons else None
        lines += _indented(what if reason is None else Text.assemble(what, f": {reason.en}"), width)
        lines += [] if reason is None else _indented(Text(reason.zh, "dim"), width)
    return lines


def is_taken_back(alert: Alert) -> bool:
    """Return whether a statement says that the alert's ground is gone."""
    return any(reason.code in ("WITHDRAWN", "DISPOSED_LEGITIMATE") for reason in alert.reasons)


def request_lines(request: FreezeRequest, moment_us: int, *, width: int = WIDTH) -> list[Text]:
    """Return a freeze request: what is asked for, on whose account, for how much, until when."""
    target = request.target
    where = "this bank" if target.on_us else f"bank {target.bank}" if target.bank else "another bank"
    whom = f"mule {mask(target.account)} at {where}"
    is_withdrawn = request.state == "WITHDRAWN"
    head = Text(f"{clock(moment_us)}  ")
    head.append("UNFREEZE" if is_withdrawn else "FREEZE  ", "bold magenta" if request.sequence == 1 else "magenta")
    if is_withdrawn:
        head.append(f"  the request to stop payments of {whom} is withdrawn")
    else:
        again = f", again (no. {request.sequence})" if request.sequence > 1 else ""
        head.append(f"  stop {money(request.requested_amount_minor, request.currency)} on {whom}{again}")
        head.append(f", {counted(len(request.transactions), 'match', 'matches')}, until {clock(time_us(request.valid_until))}")
    head.append(f"  {case_mark(request.case_id)}", "dim")
    return _wrapped(head, width)


@dataclass(frozen=True, slots=True)
class Status:
    """What the bottom line says. phase: a word. at_us: simulated time; None before anything was sent.

    latency_*: of the day's alerts so far, from handing the source record to Kafka's client until the alert was read.
    """

    phase: str
    at_us: int | None
    sent_count: int
    total_count: int
    events_per_s: float
    lag_records: int
    alert_count: int
    request_count: int
    latency_p50_s: float | None
    latency_p99_s: float | None


def status_line(status: Status) -> Text:
    """Return the bottom line; its numbers keep their places."""
    at = "" if status.at_us is None else f" {instant(status.at_us).astimezone(ZONE):%a %H:%M:%S}"
    parts = [
        f"{status.phase}{at}",
        f"{status.sent_count:>6,} of {status.total_count:,}",
        f"{status.events_per_s:>5,.0f} events/s",
        f"lag {status.lag_records:>5,}",
        counted(status.alert_count, "alert"),
        counted(status.request_count, "freeze"),
        f"latency p50 {milliseconds(status.latency_p50_s)}, p99 {milliseconds(status.latency_p99_s)}",
    ]
    return Text("  ".join(parts), "bold", no_wrap=True, overflow="ellipsis")


def _column(line: Text, text: str, width: int) -> None:
    """Append a text and fill up to a width in cells: a Chinese character takes two."""
    line.append(text + " " * max(1, width - cell_len(text)))


def _wrapped(text: Text, width: int) -> list[Text]:
    first, *rest = text.wrap(_MEASURER, width)
    first.rstrip()
    return [first, *(piece for line in rest for piece in _indented(line, width))]


def _indented(text: Text, width: int) -> list[Text]:
    lines = [Text.assemble(" " * _INDENT, line) for line in text.wrap(_MEASURER, width - _INDENT)]
    for line in lines:
        line.rstrip()
    return lines
