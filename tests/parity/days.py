"""Bank days as replay files, and what is compared when one went through the worker and through replay."""

from datetime import UTC, datetime
from pathlib import Path

from click.testing import CliRunner

from models.units import instant
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


def run_cli(*arguments: str) -> str:
    """Run a command of `goldenhour` in this process; return what it printed."""
    result = CliRunner().invoke(cli, arguments, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def produce(site: Site, path: Path) -> None:
    run_cli("produce", str(path), "--bootstrap", site.bootstrap, "--topic-prefix", site.prefix)


def replay(path: Path, out: Path) -> Path:
    run_cli("replay", str(path), "--out", str(out), "--scores")
    return out
