"""`goldenhour size`."""

from pathlib import Path

import click
import msgspec

from connectors.topics import load_topics
from stream.cli.common import settings_from
from stream.settings import read_toml
from stream.sizing import MEASURED, Measured, read_measured
from stream.sizing import size as size_of


@click.command()
@click.option("--events-per-second", type=click.FloatRange(0, min_open=True), required=True, help="Transactions, over a day.")
@click.option("--accounts", type=click.IntRange(1), required=True, help="That are seen: your own, and those they deal with.")
@click.option(
    "--peak-factor", type=click.FloatRange(1), default=4.0, show_default=True, help="The busiest minute over the day's mean."
)
@click.option("--replication", type=click.IntRange(1), default=3, show_default=True, help="Copies of every partition.")
@click.option(
    "--measured",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    default=MEASURED,
    help="Constants of your own machine: a result file of `goldenhour bench sizing`.  [default: those shipped]",
)
@click.pass_context
def size(
    context: click.Context, events_per_second: float, accounts: int, peak_factor: float, replication: int, measured: Path
) -> None:
    """Say how many partitions and workers a load needs, how much memory each, and how much disk each topic, for its retention.

    The numbers are measured (`goldenhour bench sizing`), the formulas stand in stream/sizing.py and below the table.
    """
    constants, settings = _constants(measured), settings_from(context)
    specs = load_topics(read_toml(settings.topics_file))
    needed = size_of(
        constants, specs, events_per_s=events_per_second, accounts=accounts, peak_factor=peak_factor, replication=replication
    )
    click.echo(f"workers         {needed.workers}, one of them to spare; a core each")
    click.echo(f"partitions      {needed.partitions} of keyed and state")
    click.echo(f"memory          {needed.worker_memory_bytes / 1e9:.1f} GB each worker")
    for name, size_bytes in needed.disk_bytes.items():
        click.echo(f"disk            {size_bytes / 1e9:>12,.1f} GB  {name}")
    click.echo(f"disk            {sum(needed.disk_bytes.values()) / 1e9:>12,.1f} GB  in all, {replication} copies")
    click.echo(f"\nmeasured by     {constants.source}")
    click.echo(
        "formulas        workers = peak / (half of what a core does) + 1; partitions = 2 for each worker\n"
        "                memory = 1.5 x (a worker + its share of the accounts with one worker down)\n"
        "                disk = events x bytes of an event x retention x copies\n"
        "                disk of state = (2 x accounts x bytes of one + two hours of what is written) x copies"
    )
    click.echo("Not counted: dead-letters, audit, what people write, and scores, which are off by default.")


def _constants(path: Path) -> Measured:
    from stream.bench.sizing import constants_of

    try:
        return read_measured(path) if path == MEASURED else constants_of(path)
    except (msgspec.MsgspecError, KeyError, StopIteration) as error:
        raise click.BadParameter(f"{path} is no result of goldenhour bench sizing", param_hint="--measured") from error
