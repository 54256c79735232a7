"""`goldenhour simulate`."""

import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import click

from stream.cli.common import collect_seldom
from stream.cli.progress_bar import progress_bar
from stream.simulation_folder import Form, write_simulation
from stream.simulator.delivery import USUAL, Disorder
from stream.simulator.simulation import BASE_RATE, RATE, START, SimulationOptions

_SHARE = click.FloatRange(0, 1)


def _names(context: click.Context, parameter: click.Parameter, given: str | None) -> tuple[str, ...] | None:
    return tuple(name.strip() for name in given.split(",") if name.strip()) if given is not None else None


def _moment(context: click.Context, parameter: click.Parameter, given: str) -> datetime:
    if given == "yesterday":  # the bank's, at its midnight
        return datetime.now(START.tzinfo).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=1)
    try:
        moment = datetime.fromisoformat(given)
    except ValueError:
        raise click.BadParameter("not a date with time and offset") from None
    if moment.tzinfo is None:
        raise click.BadParameter("the offset is missing")
    return moment


@click.command()
@click.option("--out", required=True, type=click.Path(file_okay=False, path_type=Path), help="Folder for the files.")
@click.option("--seed", type=int, default=7, show_default=True, help="Another seed, another bank.")
@click.option("--accounts", type=click.IntRange(100), default=5_000, show_default=True, help="Accounts at this bank.")
@click.option("--days", type=click.IntRange(1), default=7, show_default=True, help="Full days.")
@click.option("--history-days", type=click.IntRange(0), default=60, show_default=True, help="Days of a thin past before them.")
@click.option(
    "--start",
    callback=_moment,
    default=START.isoformat(),
    show_default=True,
    help="First day, with the bank's offset, or: yesterday.",
)
@click.option("--rate", type=click.FloatRange(0.1, 50), default=RATE, show_default=True, help="Transactions per account and day.")
@click.option("--base-rate", type=_SHARE, default=BASE_RATE, show_default="1/18000", help="Fraud cases per transfer.")
@click.option("--cases-per-typology", type=click.IntRange(0), default=0, help="At least so many of each fraud and look-alike.")
@click.option("--typologies", callback=_names, metavar="V1,M2", help="Only these frauds.  [default: all]")
@click.option("--lookalikes", callback=_names, metavar="N1,N6", help="Only these planted look-alikes.  [default: all]")
@click.option("--lateness", type=_SHARE, default=USUAL.late_share, show_default=True, help="Share of records up to 9 min late.")
@click.option("--duplicates", type=_SHARE, default=USUAL.duplicate_share, show_default=True, help="Share of records sent twice.")
@click.option("--form", type=click.Choice(["jsonl", "jsonl.gz"]), default="jsonl.gz", show_default=True, help="Of the events.")
@click.option("--json", "as_json", is_flag=True, help="Print simulation.json instead of a summary.")
def simulate(out: Path, form: Form, as_json: bool, lateness: float, duplicates: float, **given: Any) -> None:
    """Make the records of a living bank: daily life, frauds at a realistic rate, and the honest patterns that resemble them.

    Writes events.jsonl.gz (a replay file), labels.csv, cases.jsonl and simulation.json to the folder; nothing in a record tells
    whether it is part of a fraud. The same options give the same bytes.
    """
    options = SimulationOptions(disorder=Disorder(lateness, duplicates), **given)
    collect_seldom()
    started_s = time.monotonic()
    expected = int(options.accounts * options.days * options.rate * 1.35 + options.accounts * 12)
    try:
        with progress_bar("simulate", expected) as show:
            told = write_simulation(options, out, form, show)
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    if as_json:
        click.echo((out / "simulation.json").read_text("utf-8"), nl=False)
        return
    _summarise(told, time.monotonic() - started_s, out)


def _summarise(told: dict[str, Any], seconds: float, out: Path) -> None:
    counts = told["counts"]
    transactions, cases = counts["transactions"], sum(counts["cases"].values())
    click.echo(f"{transactions:,} transactions in {seconds:.1f} s ({transactions / max(seconds, 1e-9):,.0f}/s)")
    if cases:
        click.echo(f"{cases:,} frauds, one in {round(counts['transfers'] / cases):,} transfers; ", nl=False)
        click.echo(f"{counts['fraud_transactions']:,} of the transactions are part of one")
    click.echo(f"{sum(counts['lookalikes'].values()):,} scenes that resemble fraud")
    click.echo(f"written to {out}")
