"""`goldenhour bench`."""

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from stream.bench import EXTRA, SECTIONS
from stream.cli.common import settings_from
from stream.cli.progress_bar import progress_bar


@click.command()
@click.argument("sections", nargs=-1, type=click.Choice(SECTIONS))
@click.option("--quick", is_flag=True, help="A small run: shows that all works, its figures say little.")
@click.option("--runs", type=click.IntRange(1), help="How often each measurement is repeated.  [default: 3, with --quick 1]")
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True, help="Of the load and the kills.")
@click.option("--events", type=click.IntRange(1_000), help="Events of the throughput section.  [default: 300000]")
@click.option("--kills", type=click.IntRange(1), help="Kills of the kill section.  [default: 10]")
@click.option("--pin", is_flag=True, help="Worker on core 0; broker, load and receivers on core 1.")
@click.option("--bootstrap", metavar="HOST:PORT", help="A running Kafka; else one is started on this machine.")
@click.option(
    "--out", type=click.Path(file_okay=False, path_type=Path), default=Path("out/bench"), show_default=True, help="Folder."
)
@click.option("--name", help="Of the result file, without .json.  [default: date and time]")
@click.pass_context
def bench(context: click.Context, /, sections: tuple[str, ...], out: Path, name: str | None, **given: Any) -> None:
    """Measure the product on this machine: all SECTIONS but hotspots, or those named.

    Shows every figure beside its floor and goal and the baselines of the same call, and keeps all in a JSON file. Time is never
    judged: the exit status is 1 only if a result is wrong or a measurement could not be made.
    """
    # Here, because other commands need not load what only measuring needs.
    from stream.bench.machine import can_pin
    from stream.bench.report import head_lines, table
    from stream.bench.session import BenchError, Session, options_from
    from stream.bench.suite import header, run
    from stream.brokers import BrokerUnavailable

    if given["pin"] and not can_pin():
        raise click.UsageError("--pin needs Linux and two cores")
    options = options_from(sections or tuple(found for found in SECTIONS if found not in EXTRA), **given)
    settings, started_at = settings_from(context), datetime.now(UTC)
    if settings.security_protocol != "PLAINTEXT":
        raise click.UsageError("bench measures over a plain listener only: set security_protocol to PLAINTEXT for it")
    path = out / f"{name or started_at.strftime('%Y-%m-%dT%H-%M-%SZ')}.json"
    head = header(options, settings, started_at)
    for line in head_lines(head):
        click.echo(line)
    try:
        with Session(options, settings, lambda text: click.echo(f"  .. {text}", err=True), progress_bar) as session:
            done = run(session, head, path, lambda section: click.echo("\n" + "\n".join(table(section))))
    except (BenchError, BrokerUnavailable) as problem:
        raise click.ClickException(str(problem)) from problem
    click.echo(f"\nbroker: {head['broker']}; load average at the end {head['load_average_at_end']}\nwritten to {path}")
    wrong = sum(not check.is_ok for section in done for check in section.checks)
    if wrong:
        click.echo(f"{wrong} checks failed", err=True)
        sys.exit(1)
