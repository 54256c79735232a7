"""Bank days as replay files, and what is compared when one went through the worker and through replay."""

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

from click.testing import CliRunner

from connectors.contract_json import decode, encode
from models.contract_types import Outcome, Stage, Verdict
from models.records import Alert, CaseControl, ControlSubject, Disposition
from models.units import instant, time_us
from stream.cli import cli
from stream.simulator.day import BankDay, DayOptions, bank_day
from tests.integration.worker_tools import Site

MONDAY = datetime(2025, 3, 3, tzinfo=UTC)


def small_day(seed: int, accounts: int = 150, malformed: int = 0) -> BankDay:
    """Return a day of some 600 records in which a tenth of the money moves are frauds."""
    return bank_day(seed, accounts, MONDAY, options=DayOptions(fraud_share=0.08, malformed=malformed))


def line_of(arrival_us: int, topic: str, value: bytes) -> bytes:
    """Return a record as a line of a replay file; what is no JSON object is left as it is."""
    if not value.startswith(b"{"):
        return value
    arrival = instant(arrival_us).isoformat().replace("+00:00", "Z")
    return b'{"topic":"%s","arrival_time":"%s",%s' % (topic.encode(), arrival.encode(), value[1:])


def write_day(path: Path, day: BankDay) -> Path:
    lines = (line_of(arrival_us, topic, value) for arrival_us, topic, _, value in day.messages() if value)
    path.write_bytes(b"".join(line + b"\n" for line in lines))
    return path


def with_words(day: Path, replayed: Path, out: Path) -> Path:
    """Write a day in which people also say something: on its alerts, on the events that raised them, and about their subjects.

    Every verdict and step comes up, on time, twice, and before the alert it is about.
    """
    alerts = [decode("alerts", line) for line in (replayed / "alerts.jsonl").read_bytes().splitlines()]
    first = {alert.alert_id: alert for alert in reversed(alerts) if isinstance(alert, Alert)}
    lines = [(arrival_of(line), line) for line in day.read_bytes().splitlines()]
    steps = [("REMIND", "REFUSED"), ("MANAGER", "REFUSED"), ("POLICE", "STOPPED"), ("MANAGER", "STOPPED"), ("REMIND", "PROCEEDED")]
    start_us = lines[0][0]
    for number, alert in enumerate(sorted(first.values(), key=lambda alert: alert.alert_id)):
        raised_us = time_us(alert.raised_at)
        named = {"alert_id": alert.alert_id} if number % 3 else {"event_id": alert.trigger_event_id}
        for place, (minutes, verdict) in enumerate(
            ((-30, "UNKNOWN"), (5, "UNKNOWN"), (60, ("FRAUD", "LEGITIMATE", "UNKNOWN")[number % 3]))
        ):
            at_us = max(start_us, raised_us + minutes * 60_000_000)
            stage, outcome = steps[(number + place) % len(steps)]
            said = Disposition(
                disposition_id=f"x-{number}-{place}",
                decided_at=instant(at_us),
                verdict=cast(Verdict, verdict),
                stage=cast(Stage, stage),
                outcome=cast(Outcome, outcome),
                decided_by="anna",
                **named,
            )
            lines += [(at_us, line_of(at_us, "dispositions", encode(said)))] * (1 + place // 2)
        if number % 4 == 0:
            subject = ControlSubject(kind=alert.subject.kind, id=alert.subject.id)
            snooze = CaseControl(
                control_id=f"k-{number}",
                made_at=instant(raised_us),
                actor="desk",
                subject=subject,
                action="SNOOZE",
                until=instant(raised_us + 3_600_000_000),
            )
            lines.append((raised_us, line_of(raised_us, "case-controls", encode(snooze))))
    lines.sort(key=lambda line: line[0])
    out.write_bytes(b"".join(line + b"\n" for _, line in lines))
    return out


def arrival_of(line: bytes) -> int:
    """Return the arrival time in a line of a replay file, microseconds; 0 if it is none."""
    match = re.search(rb'"arrival_time":"([^"]+)"', line)
    return time_us(datetime.fromisoformat(match[1].decode())) if match else 0


def run_cli(*arguments: str, topic_prefix: str = "") -> str:
    """Run a command of `goldenhour` in this process; return what it printed."""
    result = CliRunner(env={"GOLDENHOUR_TOPIC_PREFIX": topic_prefix}).invoke(cli, arguments, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def produce(site: Site, path: Path) -> None:
    run_cli("produce", str(path), "--bootstrap", site.bootstrap, "--topic-prefix", site.prefix)


def replay(path: Path, out: Path, topic_prefix: str = "") -> Path:
    run_cli("replay", str(path), "--out", str(out), "--scores", topic_prefix=topic_prefix)
    return out
